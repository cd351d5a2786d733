//! The reply codes in use, named as in <https://modern.ircdocs.horse/#numerics>.

macro_rules! numerics {
    ($($name:ident = $code:literal, $what:literal;)*) => {
        $(#[doc = $what] pub const $name: u16 = $code;)*

        /// The name of a code that is used here.
        pub fn name(code: u16) -> Option<&'static str> {
            match code {
                $($code => Some(stringify!($name)),)*
                _ => None,
            }
        }
    };
}

numerics! {
    RPL_WELCOME = 1, "Registration is complete; the first parameter is the nick that was given.";
    RPL_YOURHOST = 2, "The server's name and version.";
    RPL_CREATED = 3, "Since when the server runs.";
    RPL_MYINFO = 4, "Server, version and mode letters.";
    RPL_ISUPPORT = 5, "What this server supports, as tokens.";
    RPL_UMODEIS = 221, "A user's own modes.";
    RPL_LUSERCLIENT = 251, "How many users there are.";
    RPL_LUSEROP = 252, "How many operators there are.";
    RPL_LUSERUNKNOWN = 253, "How many connections have not registered.";
    RPL_LUSERCHANNELS = 254, "How many rooms there are.";
    RPL_LUSERME = 255, "How many users and servers there are.";
    RPL_LOCALUSERS = 265, "How many users this server has, and has had at most.";
    RPL_GLOBALUSERS = 266, "How many users the network has, and has had at most.";
    RPL_AWAY = 301, "The one spoken to, or asked about, is away.";
    RPL_USERHOST = 302, "Addresses of users.";
    RPL_ISON = 303, "Those of the named who are here.";
    RPL_UNAWAY = 305, "Not marked as away any more.";
    RPL_NOWAWAY = 306, "Marked as away.";
    RPL_WHOISUSER = 311, "A user's address and real name.";
    RPL_WHOISSERVER = 312, "A user's server.";
    RPL_WHOWASUSER = 314, "The address and real name of a user who has left.";
    RPL_WHOISOPERATOR = 313, "The user is a server operator.";
    RPL_ENDOFWHO = 315, "The answer to WHO is complete.";
    RPL_WHOISIDLE = 317, "How long a user has been silent, and since when it is here.";
    RPL_ENDOFWHOIS = 318, "The answer to WHOIS is complete.";
    RPL_WHOISCHANNELS = 319, "Rooms that a user is in.";
    RPL_LIST = 322, "A room, its number of people, its topic.";
    RPL_LISTEND = 323, "The list of rooms is complete.";
    RPL_CHANNELMODEIS = 324, "A room's modes.";
    RPL_CREATIONTIME = 329, "Since when a room exists.";
    RPL_NOTOPIC = 331, "The room has no topic.";
    RPL_TOPIC = 332, "The room's topic.";
    RPL_TOPICWHOTIME = 333, "Who set the topic, and when.";
    RPL_WHOISBOT = 335, "The user is a bot.";
    RPL_INVITING = 341, "The invitation was sent.";
    RPL_INVEXLIST = 346, "One who needs no invitation.";
    RPL_ENDOFINVEXLIST = 347, "The list of those who need no invitation is complete.";
    RPL_EXCEPTLIST = 348, "One whom no ban concerns.";
    RPL_ENDOFEXCEPTLIST = 349, "The list of those whom no ban concerns is complete.";
    RPL_VERSION = 351, "The server's program and version.";
    RPL_WHOREPLY = 352, "A user, as WHO tells of it.";
    RPL_NAMREPLY = 353, "Some of the people in a room.";
    RPL_ENDOFNAMES = 366, "The list of people is complete.";
    RPL_BANLIST = 367, "One who is banned.";
    RPL_ENDOFBANLIST = 368, "The list of those who are banned is complete.";
    RPL_ENDOFWHOWAS = 369, "The answer to WHOWAS is complete.";
    RPL_INFO = 371, "A line about the program.";
    RPL_MOTD = 372, "A line of the message of the day.";
    RPL_ENDOFINFO = 374, "That was all about the program.";
    RPL_MOTDSTART = 375, "The message of the day begins.";
    RPL_ENDOFMOTD = 376, "The message of the day is over.";
    RPL_TIME = 391, "The server's time.";
    ERR_UNKNOWNERROR = 400, "A command failed for a reason that no other code names.";
    ERR_NOSUCHNICK = 401, "Nobody and nothing is called that.";
    ERR_NOSUCHCHANNEL = 403, "There is no such room.";
    ERR_CANNOTSENDTOCHAN = 404, "The message was not let into the room.";
    ERR_TOOMANYCHANNELS = 405, "In as many rooms as is allowed.";
    ERR_WASNOSUCHNICK = 406, "Nobody of that nick has left lately.";
    ERR_TOOMANYTARGETS = 407, "More targets than one command may name.";
    ERR_NOORIGIN = 409, "PING or PONG without its parameter.";
    ERR_INVALIDCAPCMD = 410, "CAP with a subcommand that does not exist.";
    ERR_NORECIPIENT = 411, "A message to nobody.";
    ERR_NOTEXTTOSEND = 412, "A message without text.";
    ERR_INPUTTOOLONG = 417, "The line is longer than a line may be.";
    ERR_UNKNOWNCOMMAND = 421, "There is no such command.";
    ERR_NOMOTD = 422, "There is no message of the day.";
    ERR_NONICKNAMEGIVEN = 431, "NICK without a nick.";
    ERR_ERRONEUSNICKNAME = 432, "Nobody may be called that.";
    ERR_NICKNAMEINUSE = 433, "Somebody is called that already.";
    ERR_USERNOTINCHANNEL = 441, "That user is not in the room.";
    ERR_NOTONCHANNEL = 442, "The sender is not in the room.";
    ERR_USERONCHANNEL = 443, "That user is in the room already.";
    ERR_NOTREGISTERED = 451, "The command needs a finished registration.";
    ERR_NEEDMOREPARAMS = 461, "The command needs more parameters.";
    ERR_ALREADYREGISTERED = 462, "Registration happens once.";
    ERR_PASSWDMISMATCH = 464, "The server's password is another.";
    ERR_CHANNELISFULL = 471, "The room has as many people as its limit allows.";
    ERR_UNKNOWNMODE = 472, "There is no such channel mode.";
    ERR_INVITEONLYCHAN = 473, "The room opens to the invited only.";
    ERR_BANNEDFROMCHAN = 474, "The one who would come in is banned.";
    ERR_BADCHANNELKEY = 475, "The room's key is another.";
    ERR_BADCHANMASK = 476, "No room may be called that.";
    ERR_BANLISTFULL = 478, "A room's list holds no more.";
    ERR_CHANOPRIVSNEEDED = 482, "It takes a higher rank in the room.";
    ERR_UMODEUNKNOWNFLAG = 501, "There is no such user mode.";
    ERR_USERSDONTMATCH = 502, "Another's modes are its own affair.";
    ERR_HELPNOTFOUND = 524, "There is no help on that.";
    ERR_INVALIDKEY = 525, "That cannot be a key.";
    ERR_INVALIDMODEPARAM = 696, "The mode's parameter is none, or missing.";
    RPL_HELPSTART = 704, "Help begins.";
    RPL_HELPTXT = 705, "A line of help.";
    RPL_ENDOFHELP = 706, "Help is over.";
    RPL_KNOCK = 710, "Somebody asks to be let in.";
    RPL_KNOCKDLVR = 711, "Those inside have heard the knock.";
    ERR_TOOMANYKNOCK = 712, "That was knocked at just now.";
    ERR_CHANOPEN = 713, "The room is open: no need to knock.";
    ERR_KNOCKONCHAN = 714, "Whoever is inside does not knock.";
    RPL_MONONLINE = 730, "Those monitored who are here.";
    RPL_MONOFFLINE = 731, "Those monitored who are not here.";
    RPL_MONLIST = 732, "Those who are monitored.";
    RPL_ENDOFMONLIST = 733, "The list of those who are monitored is complete.";
    ERR_MONLISTFULL = 734, "As many are monitored as one may.";
}

//! The reply codes in use, named as in <https://modern.ircdocs.horse/#numerics>.

macro_rules! numerics {
    ($($name:ident = $code:literal, $what:literal;)*) => {
        $(#[doc = $what] pub const $name: u16 = $code;)*
    };
}

numerics! {
    RPL_WELCOME = 1, "Registration is complete; the first parameter is the nick that was given.";
    RPL_YOURHOST = 2, "The server's name and version.";
    RPL_CREATED = 3, "Since when the server runs.";
    RPL_MYINFO = 4, "Server, version and mode letters.";
    RPL_ISUPPORT = 5, "What this server supports, as tokens.";
    RPL_NOTOPIC = 331, "The room has no topic.";
    RPL_TOPIC = 332, "The room's topic.";
    RPL_TOPICWHOTIME = 333, "Who set the topic, and when.";
    RPL_NAMREPLY = 353, "Some of the people in a room.";
    RPL_ENDOFNAMES = 366, "The list of people is complete.";
    RPL_MOTD = 372, "A line of the message of the day.";
    RPL_MOTDSTART = 375, "The message of the day begins.";
    RPL_ENDOFMOTD = 376, "The message of the day is over.";
    ERR_NOSUCHNICK = 401, "Nobody and nothing is called that.";
    ERR_NOSUCHCHANNEL = 403, "There is no such room.";
    ERR_CANNOTSENDTOCHAN = 404, "The message was not let into the room.";
    ERR_TOOMANYCHANNELS = 405, "In as many rooms as is allowed.";
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
    ERR_NOTREGISTERED = 451, "The command needs a finished registration.";
    ERR_NEEDMOREPARAMS = 461, "The command needs more parameters.";
    ERR_ALREADYREGISTERED = 462, "Registration happens once.";
    ERR_PASSWDMISMATCH = 464, "The server's password is another.";
}

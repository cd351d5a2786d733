# What people read, on the page and in the windows. Ids without a prefix are for both.

app-name = Teahouse
tagline = Come in, sit down, talk.
language = Language

## Coming in

your-name = Your name
name-placeholder = What shall we call you?
enter = Come in
password = Password of this teahouse
password-needed = This teahouse asks for a password.

## A name of one's own

keep-name = Keep this name
keep-name-explained = With a password the name { $name } is yours: nobody else can take it, and you can come in with it from any device, to the same rooms.
new-password = Choose a password
own-password = Your password
password-rule = At least 6 characters, and not your name.
show-password = Show
stay-logged-in = Stay logged in on this device
stay-explained = Only where nobody else uses this browser. Your password itself is not kept.
not-private = This connection is not private: others in the same network could read what you type here. Use a password that you use nowhere else.
log-in = Log in
log-out = Log out
come-as-owner = I have a password
come-as-guest = Come in without a password
come-with-new-name = Come in with a name of your own
have-a-name = Do you have a name of your own already?
your-account = Your account
name-is-yours = The name { $name } is yours. Log in with it and your password on any device.
account-made = The name { $name } is yours now. Log in with it and your password on any device.
name-taken = The name { $name } is somebody else’s, so here you are { $nick }. If it is yours, log in.
change-password = Change your password
current-password = Your current password
next-password = Your new password
password-changed = Your password is changed. Your other devices ask for the new one when they connect next.
end-account = End your account
end-account-explained = The name { $name } is free for others then, and your rooms belong to nobody. What you have said to one person alone is deleted, and so is what they have said to you; what you have said in rooms stays there. There is no way back.
end-account-go = End it for ever
account-ended = Your account { $name } is gone, and this browser has forgotten it.
one-moment = One moment…
profile = What others see of you
display-name = Name to show beside it
pronouns = Pronouns
own-colour = A colour of my own
colour = Colour
is-own-name = This name is their own
you-run-it = You run this teahouse.
invite = Invite somebody
invitation = Link to hand on
invitation-explained = Whoever opens it first, within 7 days, can keep a name here, also where that takes an invitation.
link-claim = This link lets you run this teahouse. It needs a name of your own: keep yours with a password, or log in.
link-invite = You are invited: choose a name and a password, and the name is yours.
claimed = You run this teahouse now.
close = Close

## Rooms and people

rooms = Rooms
talks = Conversations
join-room = Join a room
room-placeholder = Name of a room
join = Join
join-this = Join { $place }
leave-room = Leave this room
close-talk = Close this conversation
people = People
people-count =
    { $count ->
        [one] { $count } person
       *[other] { $count } people
    }
talk-to = Talk to { $name }
you = you
unread =
    { $count ->
        [one] { $count } new message
       *[other] { $count } new messages
    }
unsent =
    { $count ->
        [one] { $count } message not sent
       *[other] { $count } messages not sent
    }
no-room = You are in no room. Join one to begin.
topic = Topic
no-topic = No topic yet
change-topic = Change the topic
change-name = Change your name
save = Save
cancel = Cancel
leave = Leave
leave-teahouse = Leave the teahouse

## Messages

messages = Messages
message-to = Message to { $place }
write-here = Write to { $place }
send = Send
pending = on its way…
failed-refused = not taken by the teahouse
failed-unknown = the connection broke: whether it arrived is not known
failed-held = kept here from before this name’s password changed: send it only if it is yours
send-again = Send again
discard = Discard
fate-waiting = Waiting to be sent
fate-sent = Sent, not stored yet
fate-stored = Stored
sent-later = Not connected: what you write now is sent when the connection is back.
outbox-full = So much waits to be sent already that nothing more can be kept. Your text is still in the field: send it when the connection is back.
message-actions = What to do with this message
react-with = React with { $reaction }
reaction = { $reaction } by { $people }
answer = Answer
answering = Answering { $name }:
answer-not = Do not answer
answered-elsewhere = answers a message that is not loaded
take-back = Take back
take-back-sure = Take this message back?
take-back-explained = Nobody will find it here any more, and there is no way to get it back.
edit = Edit
edited = (edited)
editing = Editing:
edit-not = Do not edit
pin = Pin
unpin = Unpin
pins = Pinned messages
pins-count =
    { $count ->
        [one] { $count } pinned message
       *[other] { $count } pinned messages
    }
pins-fetching = Fetching…
pins-not-now = It cannot be fetched now.
pins-full = { $count } messages are pinned here, and no more can be: unpin one first.
pins-back = Back to the pinned messages
search = Search
search-words = Words, or "a phrase"
search-go = Find
search-here = only in { $place }
search-from = by
search-after = since
search-before = until
search-links = with a link
search-found = What was found
search-around = Show in the conversation
search-running = Looking…
search-nothing = Nothing was found
search-older = Older ones
search-back = Back to what was found
search-go-to = Go to { $place }
search-context = The conversation around it
nothing-said = Nothing has been said here yet.
beginning = This is where it began.
loading-older = Looking further back…
new-messages = New
new-below =
    { $count ->
        [one] { $count } new message below
       *[other] { $count } new messages below
    }
to-newest = Go to the newest
today = Today
yesterday = Yesterday
notice-from = notice
not-here = Whoever this was with is not here any more.
not-joined = You are not in this room now.

## The connection

state-offline = Not connected
state-connecting = Connecting…
state-registering = Being shown to your seat…
state-online = Connected
retry-in =
    { $seconds ->
        [0] Trying again now
        [one] Trying again in { $seconds } second
       *[other] Trying again in { $seconds } seconds
    }
retry-now = Try now
not-sent = Not connected: that could not be done. Try again when the connection is back.
caught-up =
    You were away { $away }; { $count ->
        [0] nothing was said meanwhile
        [one] { $count } message caught up
       *[other] { $count } messages caught up
    }.
away-seconds = { $n } s
away-minutes = { $n } min
away-hours = { $n } h
dismiss = Dismiss
connection = Connection
notes = Notes

## What the server says, by its code; $about is the name it is about, $by who did it, $why their words

server-401 = Nobody here is called { $about }.
server-403 = There is no room { $about }.
server-404 = You cannot write in { $about }: you are not in it.
server-404-accounts = Only those with a name of their own can write in { $about }. Make yours your own with a password, or log in.
server-404-banned = You are banned from { $about }: you can read there, but not write.
server-404-inside = { $about } does not take what you write at present.
server-404-moderated = { $about } is moderated: only those may write there whom the people who keep order in it let speak.
server-405 = You are in as many rooms as one may be: leave one to enter { $about }.
server-417 = That was too long for one message.
server-421 = The server does not know the command { $about }.
server-432 = “{ $about }” cannot be used as a name.
server-433 = The name “{ $about }” is taken.
server-442 = You are not in { $about }.
server-464 = The password is not right.
server-471 = { $about } is full.
server-473 = { $about } is for those who are invited: ask somebody in it.
server-474 = You are banned from { $about }.
server-475 = { $about } needs its key.
server-477 = Only those with a name of their own come into { $about }. Make yours your own with a password, or log in.
server-482 = Your rank in { $about } is too low for that.
server-902 = Somebody else has to log you in.
server-904 = That name and password do not belong together.
server-905 = The password is too long.
server-906 = Logging in did not work: the password has been changed, or the account has another name now, or is gone. Log in with what holds now, or ask those who run the teahouse.
server-908 = This teahouse knows no names of one’s own.
server-not-private = Others could read your password on its way to this server. Use an address that begins with ircs:// or wss://.
server-not-the-server = The server did not prove that it is the one that knows your password.
server-registration-unknown = The connection broke before the answer came: perhaps the name { $about } is yours now. Log in to see.
server-suspended = This name has been suspended: ask those who run the teahouse.
server-account-exists = The name { $about } is somebody else’s: choose another.
server-account-name-must-be-nick = Only the name you go by here can become yours.
server-account-required = Keep your name with a password first, or log in.
server-already-authenticated = You are logged in already.
server-answer-lost = The connection broke before the answer came, so it is not known whether that is done. Look again when the connection is back.
server-bad-account-name = “{ $about }” cannot be used as a name.
server-claim-used = That link has been used, or is older than a day. Whoever hosts the teahouse can make another.
server-guests-not-admitted = Only those with a name of their own come in here: log in, or choose a new name and a password.
server-invalid-code = The invitation has been used, or is too old. Ask for a new one.
server-invalid-credentials = That is not your current password.
server-invitation-required = One keeps a name here by invitation only: open the link that you were sent, or ask for one.
server-need-nick = Choose a name first.
server-nickname-is-account = You are logged in: only the capitals of your name may change.
server-not-connected = Not connected just now. Try again when the connection is back.
server-not-done = The connection broke before that was done, so nothing has changed. Try again.
server-owned-elsewhere = You have kept this name in another tab: log in with its password.
server-password-no-word = A new password can have no spaces in it here, nor begin with a colon.
server-password-not-changed = Your password was not changed: the connection broke first. Try again.
server-registration-closed = Nobody new can keep a name here; those who run the teahouse can give you one.
server-unacceptable-email = The teahouse does not want an address.
server-unacceptable-password = This cannot be a password: it is too long, or has signs in it that nobody can type.
server-weak-password = That password is too easy: take at least 6 characters, and not your name.
server-invite = { $by } invites you to { $about }.
server-shutting-down = The teahouse is closing.
server-kick = { $by } put you out of { $about }.
server-kick-why = { $by } put you out of { $about }: { $why }
server-pins-unknown = The server has not said yet what is pinned here. Try again in a moment.
server-temporarily-unavailable = The server cannot keep anything just now. Try again later.
server-invalid-token = You were not known here any more: you are a new guest.
server-redact-forbidden = You may not take back this message.
server-edit-forbidden = You may not edit this message.
server-unknown-msgid = This message is not there any more.
server-invalid-edit = A message cannot be edited like that.
server-invalid-reaction = One cannot react like that.
server-too-many-reactions = This message can take no more reactions.
server-key-no-permission = Your rank in { $about } is too low for that.
server-rate-limited = That was too often: wait a little.
server-invalid-target = That cannot be done in { $about }.

## What is typed after a slash

command-unknown = There is no command /{ $command }. Type /help to see those there are.
command-missing = /{ $command } needs something after it. Type /help to see how it goes.
command-only-room = /{ $command } works in a room only.
command-help = Commands:
command-help-me = /me smiles – say what you do
command-help-join = /join room – join a room
command-help-leave = /leave – leave this room, or close this conversation
command-help-msg = /msg name text – talk to one person
command-help-topic = /topic text – change the topic of this room
command-help-rename = /rename name – give this room another name
command-help-name = /name new-name – change your name
command-help-slash = //text – say something that begins with a slash

## The page alone

page-skip = Skip to the messages
page-menu-rooms = Show rooms
page-menu-people = Show people
page-title-unread = ({ $count }) { app-name }

## The socket panel, where one can watch what happens on the wire

socket-panel = Socket panel
socket-toggle = Socket
socket-show = Show the socket panel
socket-hide = Hide the socket panel
socket-url = Address
socket-ready-state = readyState
socket-buffered = bufferedAmount
socket-counts = { $out } lines out, { $in } lines in
socket-close = Close the socket
socket-close-hint = Calls close(). The page connects again by itself.
socket-open = Connect
socket-line = Line to send
socket-line-placeholder = for example: PING hello
socket-send = Send line
socket-clear = Clear
socket-not-open = The socket is not open: the line was not sent.
socket-log = Socket log
socket-direction-in = in
socket-direction-out = out
socket-bytes =
    { $bytes ->
        [one] { $bytes } byte
       *[other] { $bytes } bytes
    }
socket-event-connecting = new WebSocket({ $url })
socket-event-open = open – the connection stands
socket-event-open-protocol = open – the connection stands, subprotocol { $protocol }
socket-event-error = error – the browser tells no more than that; close says why
socket-event-close = close { $code } – { $why }
socket-event-close-reason = close { $code } – { $why }: “{ $reason }”
socket-code-1000 = ended normally
socket-code-1001 = the other side goes away
socket-code-1002 = the protocol was broken
socket-code-1003 = a kind of data that is not taken
socket-code-1005 = ended without a code
socket-code-1006 = lost without a goodbye
socket-code-1007 = data that is not what it says it is
socket-code-1008 = against the rules of the server
socket-code-1009 = a message too big
socket-code-1010 = an extension was missing
socket-code-1011 = the server had an error
socket-code-1012 = the server restarts
socket-code-1013 = the server is too busy, try later
socket-code-1015 = the TLS handshake failed
socket-code-other = a code of the program's own

## The client window alone

desktop-server = Server
desktop-host-here = Host a teahouse here
desktop-offline = No connection: { $reason }
desktop-nobody-listens = nothing listens at { $address }: is the server running?
desktop-no-answer = no answer from { $address }
desktop-no-way-there = cannot connect to { $address } ({ $why })
desktop-closed = the server closed the connection
desktop-lost = the connection was lost ({ $why })
desktop-silent = the server does not answer
desktop-earlier = Earlier messages
desktop-help-keys = Keys: Alt+↑ leads to the last message, ↑ and ↓ to the others, Enter opens what can be done with it.
desktop-light = Light colours
desktop-dark = Dark colours
desktop-copy = Copy the text
desktop-talk = Talk
desktop-talk-person = Talk to one person
desktop-talk-hint = Name
desktop-bad-server = “{ $server }” is not the address of a server: write one such as irc://127.0.0.1:8667 or wss://chat.example.org.
desktop-name-too-long = “{ $name }” is too long for a name: at most 32 letters, or 10 Chinese characters.
desktop-name-forbidden = “{ $name }” cannot be a name: leave out spaces and signs such as , * ? ! @ . and do not begin with # or &.
desktop-host-failed = The host window could not be opened: { $why }
desktop-account-ended = Your account { $name } is gone, and this window has forgotten it.
desktop-held =
    { $count ->
        [one] { $count } message to look at
       *[other] { $count } messages to look at
    }
desktop-held-title = Written here, and not sent
desktop-held-explained = They wait for long, or were written under this name before its password was changed. Send only what is yours.
desktop-held-to = To { $place }

## The host window alone

host-title = Host a teahouse
host-address = Address
host-port = Port
host-start = Start
host-stop = Stop
host-state-stopped = Not running
host-state-starting = Starting …
host-state-running = Running
host-state-stopping = Saying goodbye …
host-page-at = Open in a browser:
host-or-irc = or connect an IRC program to
host-data = Kept in { $directory }
host-bad-address = “{ $address }” is not an address: write an IP address such as 127.0.0.1, or 0.0.0.0 for all.
host-bad-port = “{ $port }” is not a port: write a number from 0 to 65535.
host-port-taken = Port { $port } at { $address } is taken: another program listens there, perhaps another teahouse. Stop that one, or choose another port.
host-not-our-address = This machine has no address { $address }: write one that it has, such as 127.0.0.1, or 0.0.0.0 for all.
host-port-forbidden = The system does not allow port { $port }: choose one of 1024 or above.
host-announcement-too-long = That is too long to announce in one line: say it in fewer words, or in several lines.
host-clients = { $count ->
    [0] Connected
   *[other] Connected ({ $count })
  }
host-no-clients = Nobody yet. Whoever connects by the page, a WebSocket or a raw socket is listed here.
host-no-name = no name yet
host-since = since { $time }
host-door-socket = raw socket
host-door-websocket = WebSocket
host-door-page = page (HTTP)
host-door-unknown = not known yet
host-doors-any = every door
host-doors-irc = raw sockets only
host-doors-web = page and WebSocket only
host-log = Live log
host-log-hold = Hold still
host-log-go-on = { $count ->
    [0] Go on
    [one] Go on (1 new line)
   *[other] Go on ({ $count } new lines)
  }
host-log-listening = listen: { $address }, { $doors }
host-log-accepted = accept: { $address } at { $listener }
host-log-door = came in by: { $door }
host-log-request = HTTP: { $method } { $path } → { $status }
host-log-upgraded = upgrade to WebSocket: Key { $key } → Accept { $accept }, subprotocol { $subprotocol }
host-log-no-subprotocol = none
host-log-registered = is now called { $name }
host-log-renamed = is now called { $name }
host-log-line-in = in { $count ->
    [one] 1 byte
   *[other] { $count } bytes
  }
host-log-line-out = out { $count ->
    [one] 1 byte
   *[other] { $count } bytes
  }
host-log-frame = opcode { $opcode }, { $mask }
host-log-masked = masked
host-log-unmasked = not masked
host-log-closed = close: { $reason }
host-log-announced = announced to everybody: { $text }
host-log-stopping = goodbye to everybody, the doors close
host-log-missed = { $count ->
    [one] 1 event came too fast and is not shown
   *[other] { $count } events came too fast and are not shown
  }
host-announce = Announce
host-announce-line = Announcement
host-announce-hint = Say something to everybody who is connected

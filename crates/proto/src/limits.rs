//! Every length that is checked anywhere, in bytes of UTF-8 unless the name says otherwise.

/// Longest nick; told in 005 as `NICKLEN`. Ten Chinese characters fit.
pub const NICK_BYTES_MAX: usize = 32;

/// Longest room name, its `#` included; told in 005 as `CHANNELLEN`.
pub const ROOM_NAME_BYTES_MAX: usize = 64;

/// Longest topic; told in 005 as `TOPICLEN`. With the longest names around it, less fits on a line.
pub const TOPIC_BYTES_MAX: usize = 390;

/// Longest user name shown in `nick!user@host`; what USER brings beyond it is cut.
pub const USER_BYTES_MAX: usize = 16;

/// Longest real name kept from USER.
pub const REALNAME_BYTES_MAX: usize = 128;

/// One message without its tags, CR LF included (RFC 1459 section 2.3).
pub const MESSAGE_BYTES_MAX: usize = 512;

/// One message without its tags and without CR LF: what is left to write on.
pub const MESSAGE_BODY_BYTES_MAX: usize = MESSAGE_BYTES_MAX - 2;

/// The tags of a line that a client sends, `@` and the closing space included: 4094 of data
/// (<https://ircv3.net/specs/extensions/message-tags#size-limit>).
pub const TAG_BYTES_MAX_CLIENT: usize = 4096;

/// The tags of any line, `@` and the closing space included: 4094 from the client, 4094 from the
/// server, and what stands around them (same section).
pub const TAG_BYTES_MAX: usize = 8191;

/// A whole line with tags and CR LF. What is longer is thrown away unread, and answered by 417.
pub const LINE_BYTES_MAX: usize = TAG_BYTES_MAX + MESSAGE_BYTES_MAX;

/// A WebSocket message carries one line, so nothing longer than a line can be meant.
pub const WS_MESSAGE_BYTES_MAX: usize = LINE_BYTES_MAX;

/// Payload of a WebSocket control frame (RFC 6455 section 5.5).
pub const WS_CONTROL_BYTES_MAX: usize = 125;

/// Parameters of one message (RFC 2812 section 2.3.1), a count.
pub const PARAMS_MAX: usize = 15;

/// Longest label (<https://ircv3.net/specs/extensions/labeled-response>).
pub const LABEL_BYTES_MAX: usize = 64;

/// Rows that one CHATHISTORY may ask for, a count; told in 005.
pub const HISTORY_ROWS_MAX: usize = 500;

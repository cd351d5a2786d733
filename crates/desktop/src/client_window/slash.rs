//! What a person means by a line that begins with a slash.
//!
//! In: the text as written. Out: a [`Said`].

/// What is meant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Said {
    /// Something to say.
    Text(String),
    /// Something that one does: `/me`.
    Action(String),
    /// `/join room`
    Join(String),
    /// `/leave`
    Leave,
    /// `/msg name text`
    ToOne { name: String, text: String },
    /// `/topic text`
    Topic(String),
    /// `/rename room`
    RenameRoom(String),
    /// `/name new-name`
    Name(String),
    /// `/help`
    Help,
    /// A command that lacks what it is about.
    Missing(String),
    /// No command of ours.
    Unknown(String),
}

/// Reads a line; two slashes at the start say one.
pub(crate) fn read(text: &str) -> Said {
    let Some(line) = text.strip_prefix('/') else { return Said::Text(text.to_owned()) };
    if line.starts_with('/') {
        return Said::Text(line.to_owned());
    }
    let (command, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let rest = rest.trim();
    let (first, after) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    match command.to_ascii_lowercase().as_str() {
        "leave" | "part" => Said::Leave,
        "help" => Said::Help,
        "me" | "join" | "topic" | "rename" | "name" | "nick" if rest.is_empty() => Said::Missing(command.to_owned()),
        "me" => Said::Action(rest.to_owned()),
        "join" => Said::Join(room(first)),
        "topic" => Said::Topic(rest.to_owned()),
        "rename" => Said::RenameRoom(room(first)),
        "name" | "nick" => Said::Name(first.to_owned()),
        "msg" if after.trim().is_empty() => Said::Missing(command.to_owned()),
        "msg" => Said::ToOne { name: first.to_owned(), text: after.trim().to_owned() },
        _ => Said::Unknown(command.to_owned()),
    }
}

/// A room's name as people write it, with the sign that the wire wants.
pub(crate) fn room(name: &str) -> String {
    if name.starts_with('#') { name.to_owned() } else { format!("#{name}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_mean_what_they_say() {
        for (text, means) in [
            ("hi", Said::Text("hi".into())),
            ("//etc is a folder", Said::Text("/etc is a folder".into())),
            ("/me 喝茶", Said::Action("喝茶".into())),
            ("/join 茶", Said::Join("#茶".into())),
            ("/JOIN #tea", Said::Join("#tea".into())),
            ("/leave", Said::Leave),
            ("/msg bob  hello there", Said::ToOne { name: "bob".into(), text: "hello there".into() }),
            ("/msg bob", Said::Missing("msg".into())),
            ("/topic of tea", Said::Topic("of tea".into())),
            ("/rename 茶", Said::RenameRoom("#茶".into())),
            ("/rename", Said::Missing("rename".into())),
            ("/name 茶客", Said::Name("茶客".into())),
            ("/me", Said::Missing("me".into())),
            ("/dance", Said::Unknown("dance".into())),
            ("/", Said::Unknown(String::new())),
            ("/help", Said::Help),
        ] {
            assert_eq!(read(text), means, "{text}");
        }
    }
}

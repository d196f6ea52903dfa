//! serde's sentences, made fit to be shown: where, what, and never the value itself, which may be a secret.

/// The name that serde's sentence quotes when a field is unknown, missing or given twice.
pub(crate) fn named_field(message: &str) -> Option<&str> {
    ["unknown field `", "missing field `", "duplicate field `"]
        .iter()
        .find_map(|start| message.strip_prefix(start)?.split('`').next())
}

/// The dotted path of a field, from serde's path and sentence.
pub(crate) fn field_of(path: &str, message: &str) -> String {
    let path = path.trim_matches('.').replace(".?", "").replace('?', "");
    match named_field(message) {
        Some(name) if path.rsplit('.').next() != Some(name) => {
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            }
        }
        _ => path,
    }
}

/// serde's sentence without the value that it quotes and without the place, which is said apart.
pub(crate) fn without_value(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or(message);
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let expected = rest.rsplit_once(", expected ").map_or("something else", |(_, expected)| expected);
        return format!("expected {expected}");
    }
    for start in ["invalid type: ", "invalid value: "] {
        if let Some((found, expected)) = message.strip_prefix(start).and_then(|rest| rest.rsplit_once(", expected ")) {
            let kind = found.split(['"', '`']).next().unwrap_or_default().trim();
            return format!("expected {expected}, found {kind}");
        }
    }
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_keeps_its_sense_and_loses_the_value() {
        for (message, expected) in [
            (r#"invalid type: string "canary", expected i64"#, "expected i64, found string"),
            ("invalid type: integer `5`, expected a string at line 1 column 9", "expected a string, found integer"),
            ("invalid value: integer `70000`, expected u16", "expected u16, found integer"),
            ("unknown variant `canary`, expected `a` or `b`", "expected `a` or `b`"),
            ("missing field `to` at line 1 column 2", "missing field `to`"),
        ] {
            assert_eq!(without_value(message), expected);
        }
    }

    #[test]
    fn the_field_is_named_even_where_the_path_stops_short_of_it() {
        assert_eq!(field_of(".", "missing field `to`"), "to");
        assert_eq!(field_of("to[0].phone", "unknown field `phone`, expected …"), "to[0].phone");
        assert_eq!(field_of("to[0]", "unknown field `phone`, expected …"), "to[0].phone");
        assert_eq!(field_of("content.text", "invalid type"), "content.text");
    }
}

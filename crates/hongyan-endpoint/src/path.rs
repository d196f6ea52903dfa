//! Fields in `{braces}` of a path: written there and found there again.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// What a URL shows as it is (RFC 3986 §2.3); everything else is percent-encoded.
pub const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The name of a segment in braces.
pub(crate) fn field(segment: &str) -> Option<&str> {
    segment.strip_prefix('{')?.strip_suffix('}')
}

/// Whether a template has fields.
pub(crate) fn has_fields(template: &str) -> bool {
    template.contains('{')
}

/// One value as a segment; `None` for what a URL would not carry as one (nothing, and the two dots).
pub(crate) fn segment(value: &str) -> Option<String> {
    if matches!(value, "" | "." | "..") {
        return None;
    }
    Some(utf8_percent_encode(value, UNRESERVED).to_string())
}

/// The fields of a path as it stands on the request line; `None` when it is not of this template.
pub(crate) fn fields<'t>(template: &'t str, path: &str) -> Option<Vec<(&'t str, String)>> {
    let mut found = Vec::new();
    let mut given = path.split('/');
    for expected in template.split('/') {
        let given = given.next()?;
        match field(expected) {
            Some(_) if given.is_empty() => return None,
            Some(name) => found.push((name, percent_decode_str(given).decode_utf8().ok()?.into_owned())),
            None if expected == given => {}
            None => return None,
        }
    }
    given.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_found_again() {
        for value in ["chat1", "cid6+/K==", "a b", "鸿雁", "...", "%2F"] {
            let path = format!("/v1.0/chat/{}/convert", segment(value).unwrap());
            assert_eq!(path.split('/').count(), 5, "{path}");
            assert_eq!(fields("/v1.0/chat/{chatId}/convert", &path).unwrap(), [("chatId", value.to_owned())]);
        }
    }

    #[test]
    fn what_is_no_segment_is_not_written() {
        for value in ["", ".", ".."] {
            assert_eq!(segment(value), None, "{value:?}");
        }
    }

    #[test]
    fn another_path_is_not_of_the_template() {
        for path in ["/a/1", "/a/1/b/c", "/a//b", "/x/1/b", "/a/%ff/b", "a/1/b", "/a/1/b/"] {
            assert_eq!(fields("/a/{id}/b", path), None, "{path}");
        }
        assert_eq!(fields("/a/b", "/a/b"), Some(Vec::new()));
    }
}

//! What goes over the wire, as bytes: commands' parameters and the dot-stuffed message.
//!
//! Nothing here touches a socket.

use base64::{Engine, engine::general_purpose::STANDARD};

/// Whether a name can stand in `EHLO`.
pub(crate) fn check_hello(name: &str) -> Result<(), &'static str> {
    if name.is_empty() || name.len() > 255 || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("hello is not a host name");
    }
    Ok(())
}

/// The message with its dots stuffed, its lines ended by CRLF and the terminator behind it, for one write.
///
/// A bare CR or LF becomes CRLF: servers that read one of them as a line's end would otherwise see another
/// message than those that do not (SMTP smuggling).
pub(crate) fn stuff(mime: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(mime.len() + mime.len() / 64 + 8);
    let mut rest = mime;
    while !rest.is_empty() {
        if rest[0] == b'.' {
            out.push(b'.');
        }
        let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
        let Some(end) = end else {
            out.extend_from_slice(rest);
            out.extend_from_slice(b"\r\n");
            break;
        };
        out.extend_from_slice(&rest[..end]);
        out.extend_from_slice(b"\r\n");
        let crlf = rest[end..].starts_with(b"\r\n");
        rest = &rest[end + if crlf { 2 } else { 1 }..];
    }
    out.extend_from_slice(b".\r\n");
    out
}

/// The initial response of `AUTH PLAIN` (RFC 4616).
pub(crate) fn plain(username: &str, password: &str) -> String {
    STANDARD.encode(format!("\0{username}\0{password}"))
}

/// One answer of `AUTH LOGIN`.
pub(crate) fn login(word: &str) -> String {
    STANDARD.encode(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_message_is_stuffed_and_ended_in_one_piece() {
        for (message, wire) in [
            ("", ".\r\n"),
            ("a", "a\r\n.\r\n"),
            ("a\r\n", "a\r\n.\r\n"),
            (".\r\n..x\r\na.\r\n", "..\r\n...x\r\na.\r\n.\r\n"),
            ("a\n.\nb\rc", "a\r\n..\r\nb\r\nc\r\n.\r\n"),
            ("a\r\r\nb", "a\r\n\r\nb\r\n.\r\n"),
        ] {
            assert_eq!(String::from_utf8(stuff(message.as_bytes())).unwrap(), wire, "{message:?}");
        }
    }

    proptest! {
        #[test]
        fn the_terminator_occurs_once_and_no_line_end_is_bare(message in "[a.\r\n]{0,60}") {
            let wire = String::from_utf8(stuff(message.as_bytes())).unwrap();
            let framed = format!("\r\n{wire}");
            prop_assert_eq!(framed.find("\r\n.\r\n"), Some(framed.len() - 5));
            prop_assert!(!wire.replace("\r\n", "").contains(['\r', '\n']));
        }
    }
}

//! A bare line feed in a request's head is refused: what stands behind it is a line of its own to one reader and a part
//! of the same to another, and whoever sits in front of a server may be the other.
//!
//! The parser above takes both ends of a line. Here the bytes are looked at on their way up to it, and a line feed that
//! has no carriage return before it reaches the parser as NUL, which it refuses with `400` wherever it stands in a head.
//! In the line of a chunk's length it passes as it is: there the parser refuses a line feed itself, and takes NUL for
//! part of an extension.

use crate::watched::{Watch, Watched};

/// A stream whose requests are looked at.
pub type Heads<T> = Watched<T, Requests>;

/// Who looks at the heads of a connection's requests.
#[derive(Debug, Default)]
pub struct Requests {
    place: Place,
    upgrades: bool,
}

impl Requests {
    /// For a server that may go on with another protocol: nothing is looked at after a request that asks for one. The
    /// default is for a server that speaks HTTP alone.
    #[must_use]
    pub fn with_upgrades() -> Self {
        Self { upgrades: true, ..Self::default() }
    }
}

impl Watch for Requests {
    fn inspect(&mut self, bytes: &mut [u8]) {
        self.place.walk(bytes, self.upgrades);
    }
}

/// Where in a request the next byte stands.
#[derive(Debug)]
enum Place {
    /// In its head, or before it.
    Head(Line),
    /// In a body of a known length.
    Body(u64),
    /// In the line with a chunk's length.
    ChunkSize(Line),
    /// In a chunk, or in the two bytes behind it.
    Chunk(u64),
    /// In what follows the last chunk.
    Trailers(Line),
    /// What comes now is not looked at: the parser refuses it, or has refused.
    Over,
}

/// A line so far, and what the lines before it said of the body.
#[derive(Debug, Default)]
struct Line {
    text: Vec<u8>,
    /// Whether a line came before it: an empty one then ends the head.
    begun: bool,
    length: u64,
    chunked: bool,
    /// Another protocol is asked for.
    upgrade: bool,
}

/// More of a line is not kept; no header that matters here is longer.
const KEPT: usize = 256;

impl Default for Place {
    fn default() -> Self {
        Self::Head(Line::default())
    }
}

impl Place {
    /// Moves over bytes as they come, and changes those that must not pass.
    fn walk(&mut self, mut bytes: &mut [u8], upgrades: bool) {
        while !bytes.is_empty() {
            let in_chunk_size = matches!(self, Self::ChunkSize(_));
            match self {
                Self::Over => return,
                Self::Body(left) | Self::Chunk(left) => {
                    let step = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len());
                    *left -= step as u64;
                    bytes = &mut bytes[step..];
                    if *left == 0 {
                        *self = match self {
                            Self::Chunk(_) => Self::ChunkSize(Line::default()),
                            _ => Self::Head(Line::default()),
                        };
                    }
                }
                Self::Head(line) | Self::ChunkSize(line) | Self::Trailers(line) => {
                    let byte = bytes[0];
                    if byte == b'\n' && line.text.last() != Some(&b'\r') {
                        if !in_chunk_size {
                            bytes[0] = 0;
                        }
                        *self = Self::Over;
                        return;
                    }
                    bytes = &mut bytes[1..];
                    if byte == b'\n' {
                        self.end_of_line(upgrades);
                    } else if line.text.len() < KEPT {
                        line.text.push(byte);
                    } else {
                        // The last one is always known.
                        line.text[KEPT - 1] = byte;
                    }
                }
            }
        }
    }

    fn end_of_line(&mut self, upgrades: bool) {
        let next = match self {
            Self::Head(line) => {
                let text = line.text.strip_suffix(b"\r").unwrap_or(&line.text).to_ascii_lowercase();
                if !text.is_empty() {
                    line.note(&text);
                    line.text.clear();
                    return;
                }
                match line {
                    // Empty lines before a request are skipped.
                    Line { begun: false, .. } => Self::Head(Line::default()),
                    Line { upgrade: true, .. } if upgrades => Self::Over,
                    Line { chunked: true, .. } => Self::ChunkSize(Line::default()),
                    Line { length: 0, .. } => Self::Head(Line::default()),
                    Line { length, .. } => Self::Body(*length),
                }
            }
            Self::ChunkSize(line) => {
                let digits: Vec<u8> = line.text.iter().copied().take_while(u8::is_ascii_hexdigit).collect();
                let size = std::str::from_utf8(&digits).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok());
                match size {
                    Some(0) => Self::Trailers(Line::default()),
                    Some(size) => Self::Chunk(size.saturating_add(2)),
                    None => Self::Over,
                }
            }
            Self::Trailers(line) => {
                if line.text != b"\r" {
                    line.text.clear();
                    return;
                }
                Self::Head(Line::default())
            }
            Self::Body(_) | Self::Chunk(_) | Self::Over => return,
        };
        *self = next;
    }
}

impl Line {
    /// What a line of the head says of the body. The parser refuses lengths that differ and codings it does not know.
    fn note(&mut self, text: &[u8]) {
        if !std::mem::replace(&mut self.begun, true) {
            return;
        }
        let Some(colon) = text.iter().position(|byte| *byte == b':') else { return };
        let (name, value) = (&text[..colon], text[colon + 1..].trim_ascii());
        match name {
            b"content-length" => {
                let length = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok());
                self.length = length.unwrap_or_default();
            }
            b"upgrade" => self.upgrade = true,
            b"transfer-encoding" => self.chunked = value.ends_with(b"chunked"),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes as the parser gets them, read in pieces of this size.
    fn walked(wire: &str, size: usize) -> Vec<u8> {
        walked_by(Requests::default(), wire, size)
    }

    fn walked_by(mut requests: Requests, wire: &str, size: usize) -> Vec<u8> {
        let mut bytes = wire.as_bytes().to_vec();
        for piece in bytes.chunks_mut(size) {
            requests.inspect(piece);
        }
        bytes
    }

    #[test]
    fn what_is_well_written_passes_as_it_is() {
        let long = "x".repeat(1_000);
        for wire in [
            "GET / HTTP/1.1\r\nhost: a\r\n\r\n",
            "\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\nGET /b HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\na\nb\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3;x=y\r\na\nb\r\nA\r\n0\n2345678\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            "POST / HTTP/1.1\r\ntransfer-encoding: gzip, Chunked\r\ncontent-length: 9\r\n\r\n1\r\n\n\r\n0\r\nx: y\r\n\r\nGET / HTTP/1.1\r\n\r\n",
            &format!("GET /{long} HTTP/1.1\r\nx: {long}\r\n\r\n"),
        ] {
            for size in [1, 2, 7, 10_000] {
                assert_eq!(String::from_utf8(walked(wire, size)).unwrap(), wire, "by {size}");
            }
        }
    }

    #[test]
    fn a_bare_line_feed_in_the_line_of_a_chunks_length_is_left_to_the_parser() {
        let chunked = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n";
        for wire in [format!("{chunked}1\na\r\n0\r\n\r\n"), format!("{chunked}1;x\ny\r\na\r\n0\r\n\r\n")] {
            for size in [1, 2, 7, 10_000] {
                assert_eq!(String::from_utf8(walked(&wire, size)).unwrap(), wire, "by {size}");
            }
        }
    }

    #[test]
    fn a_bare_line_feed_is_found_in_the_first_head_and_in_every_further_one() {
        let body = "POST / HTTP/1.1\r\ncontent-length: 2\r\n\r\n\n\n";
        let chunked = "POST / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n1\r\n\n\r\n0\r\n";
        let long = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(1_000));
        for (before, behind) in [
            ("GET / HTTP/1.1", "host: a\r\n\r\n"),
            ("GET / HTTP/1.1\r\nhost: a", "x: 1\r\n\r\n"),
            ("GET / HTTP/1.1\r\nhost: a\r\n", "rest"),
            ("", "GET / HTTP/1.1\r\n\r\n"),
            (&format!("{body}GET / HTTP/1.1"), "\r\n"),
            (&format!("{chunked}\r\nGET / HTTP/1.1"), "\r\n"),
            (&format!("{chunked}x: 1"), "\r\n"),
            (&long, "\r\n\r\n"),
        ] {
            for size in [1, 2, 7, 10_000] {
                let walked = String::from_utf8(walked(&format!("{before}\n{behind}"), size)).unwrap();
                assert_eq!(walked, format!("{before}\0{behind}"), "by {size}");
            }
        }
    }

    #[test]
    fn nothing_is_looked_at_after_an_upgrade_where_there_are_any() {
        let wire = "GET /connect HTTP/1.1\r\nUpgrade: websocket\r\n\r\na\nb";
        for size in [1, 2, 7, 10_000] {
            assert_eq!(walked_by(Requests::with_upgrades(), wire, size), wire.as_bytes());
            assert_eq!(walked(wire, size), wire.replace("a\n", "a\0").as_bytes());
        }
    }
}

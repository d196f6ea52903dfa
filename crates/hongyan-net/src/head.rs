//! An answer's head as it came, byte for byte: names in their own spelling and order, the reason's words too.
//!
//! The parser above gives names in lower case and no order; what must be shown as received is copied on its way up.

use crate::Watch;
use std::sync::{Arc, Mutex, PoisonError};

/// Most bytes of a head that are kept; the parser refuses longer ones.
const MAX_HEAD: usize = 512 << 10;

/// The head of the answer under way.
#[derive(Debug, Default)]
struct Copied {
    bytes: Vec<u8>,
    complete: bool,
    /// Whether a line ended without a carriage return, in a 1xx before the answer too.
    has_bare_line_feed: bool,
}

/// A head as it came.
pub(crate) struct HeadText {
    /// With its empty line. Bytes outside UTF-8 become U+FFFD.
    pub(crate) text: String,
    /// Whether a line ended without a carriage return.
    pub(crate) has_bare_line_feed: bool,
}

impl Copied {
    fn take(&mut self, piece: &[u8]) {
        // From where an end could begin that the last piece left unfinished.
        let mut from = self.bytes.len().saturating_sub(3);
        self.bytes.extend_from_slice(piece);
        while let Some(end) = end_of_head(&self.bytes, from) {
            self.has_bare_line_feed |= has_bare_line_feed(&self.bytes[..end]);
            // 1xx is not yet the answer.
            if self.bytes.get(9) == Some(&b'1') {
                self.bytes.drain(..end);
                from = 0;
                continue;
            }
            self.bytes.truncate(end);
            self.complete = true;
            return;
        }
        self.complete = self.bytes.len() > MAX_HEAD;
    }
}

/// Behind the empty line, if it has come; `from` is where to look.
fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(found) = bytes.get(at..)?.iter().position(|byte| *byte == b'\n') {
        at += found + 1;
        match bytes.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
    None
}

fn has_bare_line_feed(head: &[u8]) -> bool {
    let mut before = 0;
    head.iter().any(|byte| std::mem::replace(&mut before, *byte) != b'\r' && *byte == b'\n')
}

/// Where the copy is found.
#[derive(Clone, Default)]
pub(crate) struct Head(Arc<Mutex<Copied>>);

impl Head {
    /// Begins a new answer.
    pub(crate) fn expect(&self) {
        self.with(|copied| {
            copied.bytes.clear();
            copied.complete = false;
            copied.has_bare_line_feed = false;
        });
    }

    /// The head, once it has come.
    pub(crate) fn text(&self) -> HeadText {
        self.with(|copied| HeadText {
            text: match String::from_utf8(std::mem::take(&mut copied.bytes)) {
                Ok(text) => text,
                Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
            },
            has_bare_line_feed: copied.has_bare_line_feed,
        })
    }

    // A std mutex: never held across await; it is contended by nobody, for connection and reader are one task.
    fn with<T>(&self, work: impl FnOnce(&mut Copied) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Watch for Head {
    fn inspect(&mut self, bytes: &mut [u8]) {
        self.with(|copied| {
            if !copied.complete {
                copied.take(bytes);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::Copied;

    #[test]
    fn a_head_is_the_same_in_whatever_pieces_it_comes() {
        let wire = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 299 So So\r\nX-ODD: 1\r\netag: a\r\n\r\nbody\r\n\r\n";
        for size in 1..wire.len() {
            let mut copied = Copied::default();
            for piece in wire.chunks(size) {
                if !copied.complete {
                    copied.take(piece);
                }
            }
            assert!(copied.complete);
            assert_eq!(copied.bytes, b"HTTP/1.1 299 So So\r\nX-ODD: 1\r\netag: a\r\n\r\n", "{size}");
        }
    }

    #[test]
    fn a_bare_line_feed_is_seen_wherever_it_stands() {
        for (wire, bare) in [
            ("HTTP/1.1 200 OK\r\nA: b\r\n\r\n", false),
            ("HTTP/1.1 200 OK\nA: b\n\nrest", true),
            ("HTTP/1.1 200 OK\r\nA: b\nC: d\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\nA: b\r\n\n", true),
            ("HTTP/1.1 100 Continue\n\r\nHTTP/1.1 200 OK\r\n\r\n", true),
            ("HTTP/1.1 200 OK\r\n\r\na\nb", false),
        ] {
            for size in [1, 7, 1_000] {
                let mut copied = Copied::default();
                for piece in wire.as_bytes().chunks(size) {
                    if !copied.complete {
                        copied.take(piece);
                    }
                }
                assert_eq!((copied.complete, copied.has_bare_line_feed), (true, bare), "{wire:?} by {size}");
            }
        }
    }
}

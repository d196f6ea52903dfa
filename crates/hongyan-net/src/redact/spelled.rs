//! Secrets as others spell them.
//!
//! A text is searched as it stands, then with its escapes undone, then with those undone that came to light, always
//! with the place that each byte had at first. Base64 needs no undoing: what stands inside a longer text has three
//! spellings, by its distance from the beginning, and only its outermost letters depend on its neighbours.

use aho_corasick::{AhoCorasick, MatchKind};
use base64::{Engine, engine::general_purpose};
use std::ops::Range;

/// Escapes inside escapes that are undone.
const LAYERS: usize = 3;
/// A long text is searched in pieces, so that its places fit into little memory.
const PIECE: usize = 64 << 10;
/// The most bytes that one byte of a secret takes in any spelling: `\\u0025` and two digits, and some more.
const LONGEST_UNIT: usize = 16;

/// One secret.
pub(super) struct Spelled<'a> {
    pub(super) secret: &'a str,
    pub(super) token: bool,
}

/// All of them, to be found at once.
pub(super) struct Patterns {
    /// `None` where there is nothing to find.
    search: Option<AhoCorasick>,
    /// Of each pattern: whether it is base64, and whether it is a token's.
    rows: Vec<(bool, bool)>,
    longest: usize,
}

impl Patterns {
    pub(super) fn of<'a>(secrets: impl Iterator<Item = Spelled<'a>>) -> Self {
        let mut texts: Vec<Vec<u8>> = Vec::new();
        let mut rows = Vec::new();
        for Spelled { secret, token } in secrets {
            let mut enter = |text: Vec<u8>, encoded: bool| {
                if !text.is_empty() && !texts.contains(&text) {
                    texts.push(text);
                    rows.push((encoded, token));
                }
            };
            enter(secret.as_bytes().to_vec(), false);
            if secret.contains(' ') {
                // As forms write it.
                enter(secret.replace(' ', "+").into_bytes(), false);
            }
            for distance in 0..3 {
                let core = base64_core(secret.as_bytes(), distance);
                enter(core.replace(['+'], "-").replace('/', "_").into_bytes(), true);
                enter(core.into_bytes(), true);
            }
        }
        let longest = texts.iter().map(Vec::len).max().unwrap_or_default();
        let build =
            || AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(&texts);
        // It is refused for billions of patterns alone.
        let search = if texts.is_empty() { None } else { build().ok() };
        Self { search, rows, longest }
    }

    pub(super) fn find(&self, text: &[u8], but_tokens: bool) -> Vec<Range<usize>> {
        let Some(search) = &self.search else { return Vec::new() };
        let mut spans = Vec::new();
        self.collect(search, text, but_tokens, |span| spans.push(span));
        if text.iter().any(|byte| matches!(byte, b'%' | b'\\' | b'&')) {
            let overlap = self.longest * LONGEST_UNIT;
            for from in (0..text.len()).step_by(PIECE) {
                let piece = &text[from..text.len().min(from + PIECE + overlap)];
                let mut layer = Layer::whole(piece);
                for _ in 0..LAYERS {
                    match layer.undone() {
                        Some(next) => layer = next,
                        None => break,
                    }
                    self.collect(search, &layer.bytes, but_tokens, |span| {
                        let span = layer.origin(&span);
                        spans.push(from + span.start..from + span.end);
                    });
                }
            }
        }
        merged(spans)
    }

    fn collect(&self, search: &AhoCorasick, text: &[u8], but_tokens: bool, mut take: impl FnMut(Range<usize>)) {
        for found in search.find_overlapping_iter(text) {
            let (encoded, token) = self.rows[found.pattern().as_usize()];
            if but_tokens && token {
                continue;
            }
            let mut span = found.range();
            if encoded {
                // The letters beside it hold some of its bits, and what it was encoded with: a user's name.
                let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(&byte);
                let before = text[..span.start].iter().rev().take_while(|byte| letter(**byte)).count();
                let behind = text[span.end..].iter().take_while(|byte| letter(**byte)).count();
                span = span.start - before..span.end + behind;
            }
            take(span);
        }
    }
}

/// The letters of base64 that hold nothing but bits of `secret`, which stands `distance` bytes behind a multiple of
/// three.
fn base64_core(secret: &[u8], distance: usize) -> String {
    let mut padded = vec![0; distance];
    padded.extend_from_slice(secret);
    let text = general_purpose::STANDARD_NO_PAD.encode(&padded);
    let (first, last) = ((distance * 8).div_ceil(6), padded.len() * 8 / 6);
    text.get(first..last).unwrap_or_default().to_owned()
}

/// A text whose escapes were undone, and where each of its bytes comes from.
struct Layer {
    bytes: Vec<u8>,
    /// Of each byte: the first and the last place, in the text as it was.
    places: Vec<(u32, u32)>,
}

impl Layer {
    fn whole(text: &[u8]) -> Self {
        // A piece is some ten thousand bytes long.
        let places = (0..).zip(text).map(|(place, _)| (place, place)).collect();
        Self { bytes: text.to_vec(), places }
    }

    fn origin(&self, span: &Range<usize>) -> Range<usize> {
        let first = self.places.get(span.start).map_or(0, |(first, _)| *first as usize);
        let last = span.end.checked_sub(1).and_then(|end| self.places.get(end)).map_or(0, |(_, last)| *last as usize);
        first..last + 1
    }

    /// One layer of escapes less; `None` where there is none.
    fn undone(&self) -> Option<Self> {
        let mut next = Self { bytes: Vec::with_capacity(self.bytes.len()), places: Vec::new() };
        let mut at = 0;
        let mut changed = false;
        while let Some(byte) = self.bytes.get(at) {
            let mut buffer = [0; 4];
            let (taken, unit): (usize, &[u8]) = match escape(&self.bytes[at..]) {
                Some((taken, Unit::Byte(one))) => {
                    buffer[0] = one;
                    (taken, &buffer[..1])
                }
                Some((taken, Unit::Char(c))) => (taken, c.encode_utf8(&mut buffer).as_bytes()),
                None => {
                    buffer[0] = *byte;
                    (1, &buffer[..1])
                }
            };
            changed |= taken > 1;
            let place = (self.places[at].0, self.places[at + taken - 1].1);
            next.bytes.extend_from_slice(unit);
            next.places.extend(unit.iter().map(|_| place));
            at += taken;
        }
        changed.then_some(next)
    }
}

enum Unit {
    Byte(u8),
    Char(char),
}

/// The escape that a text begins with, and how long it is.
fn escape(text: &[u8]) -> Option<(usize, Unit)> {
    match text {
        [b'%', high, low, ..] => Some((3, Unit::Byte(hex(*high)? << 4 | hex(*low)?))),
        [b'\\', b'u' | b'U', rest @ ..] => {
            let first = code_unit(rest)?;
            if let Some(c) = char::from_u32(first) {
                return Some((6, Unit::Char(c)));
            }
            let [b'\\', b'u' | b'U', second @ ..] = rest.get(4..)? else { return None };
            let both = [u16::try_from(first).ok()?, u16::try_from(code_unit(second)?).ok()?];
            char::decode_utf16(both).next()?.ok().map(|c| (12, Unit::Char(c)))
        }
        [b'\\', b'x', high, low, ..] => Some((4, Unit::Byte(hex(*high)? << 4 | hex(*low)?))),
        [b'\\', letter, ..] => {
            let byte = match letter {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'b' => 8,
                b'f' => 12,
                b'/' | b'\\' | b'"' | b'\'' => *letter,
                _ => return None,
            };
            Some((2, Unit::Byte(byte)))
        }
        [b'&', rest @ ..] => {
            let end = rest.iter().take(9).position(|byte| *byte == b';')?;
            let unit = match &rest[..end] {
                b"amp" => Unit::Byte(b'&'),
                b"lt" => Unit::Byte(b'<'),
                b"gt" => Unit::Byte(b'>'),
                b"quot" => Unit::Byte(b'"'),
                b"apos" => Unit::Byte(b'\''),
                [b'#', number @ ..] => {
                    let number = std::str::from_utf8(number).ok()?;
                    let code = match number.strip_prefix(['x', 'X']) {
                        Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                        None => number.parse().ok()?,
                    };
                    Unit::Char(char::from_u32(code)?)
                }
                _ => return None,
            };
            Some((end + 2, unit))
        }
        _ => None,
    }
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn code_unit(digits: &[u8]) -> Option<u32> {
    digits.get(..4)?.iter().try_fold(0, |code, digit| Some(code << 4 | u32::from(hex(*digit)?)))
}

/// In order, with those made one that touch or overlap.
fn merged(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    let mut out: Vec<Range<usize>> = Vec::new();
    for span in spans {
        match out.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => out.push(span),
        }
    }
    out
}

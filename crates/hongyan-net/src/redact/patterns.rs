//! Secrets as others spell them.
//!
//! A text is searched as it stands, then with its escapes undone, then with those undone that came to light, always
//! with the place that each byte had at first, and each time once more with its line ends taken out. Base64 needs no
//! undoing: what stands inside a longer text has three spellings, by its distance from the beginning, and only its
//! outermost letters depend on its neighbours; a secret is searched for in base64 as it stands and as a query writes it.
//! Whoever quotes a request often cuts it at some length: the first or the last half of a long secret is found as well,
//! as far as it goes on.

use aho_corasick::{AhoCorasick, MatchKind};
use base64::{Engine, engine::general_purpose};
use std::{collections::HashSet, ops::Range};

/// Escapes inside escapes that are undone.
const LAYERS: usize = 3;
/// A long text is searched in pieces, so that its places fit into little memory.
const PIECE: usize = 64 << 10;
/// The most bytes that one byte of a secret takes in any spelling: `\\u0025` and two digits, and some more.
const LONGEST_UNIT: usize = 16;

/// Of secrets from this length on, in bytes, a half is found too. The half of a shorter one may be a common word.
const HALVED_FROM: usize = 16;

/// One secret.
pub(super) struct SecretText<'a> {
    pub(super) secret: &'a str,
    pub(super) token: bool,
}

/// What a pattern found says of the bytes beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// Nothing: it is all of the secret.
    Entire,
    /// Base64: the letters beside it hold some of its bits, and what it was encoded with, such as a user's name.
    Base64,
    /// The secret's first half, of the pattern with this number: it may go on behind.
    Start(usize),
    /// The secret's last half, of the pattern with this number: more of it may stand before.
    End(usize),
}

/// All of them, to be found at once.
pub(super) struct Patterns {
    /// `None` where there is nothing to find.
    search: Option<AhoCorasick>,
    texts: Vec<Vec<u8>>,
    /// Of each text: what it is, and whether it is a token's.
    rows: Vec<(Found, bool)>,
    longest: usize,
}

impl Patterns {
    pub(super) fn of<'a>(secrets: impl Iterator<Item = SecretText<'a>>) -> Self {
        let mut all = Self { search: None, texts: Vec::new(), rows: Vec::new(), longest: 0 };
        let mut known = HashSet::new();
        for SecretText { secret, token } in secrets {
            all.enter(&mut known, secret, token);
        }
        all.longest = all.texts.iter().map(Vec::len).max().unwrap_or_default();
        let build =
            || AhoCorasick::builder().ascii_case_insensitive(true).match_kind(MatchKind::Standard).build(&all.texts);
        // It is refused for billions of patterns alone.
        all.search = if all.texts.is_empty() { None } else { build().ok() };
        all
    }

    /// Enters one secret in all its spellings.
    fn enter(&mut self, known: &mut HashSet<Vec<u8>>, secret: &str, token: bool) {
        let mut enter = |text: Vec<u8>, found: Found| {
            if !text.is_empty() && known.insert(text.clone()) {
                self.texts.push(text);
                self.rows.push((found, token));
            }
            self.texts.len() - 1
        };
        let entire = enter(secret.as_bytes().to_vec(), Found::Entire);
        if secret.contains(' ') {
            // As forms write it.
            enter(secret.replace(' ', "+").into_bytes(), Found::Entire);
        }
        let in_query = in_query(secret);
        let mut encoded = vec![secret.as_bytes(), in_query.as_bytes()];
        let lower = in_query.to_ascii_lowercase();
        if in_query != secret && !secret.bytes().any(|byte| byte.is_ascii_uppercase()) {
            encoded.push(lower.as_bytes());
        }
        if let Some((start, end)) = halves(secret) {
            enter(start.as_bytes().to_vec(), Found::Start(entire));
            enter(end.as_bytes().to_vec(), Found::End(entire));
            encoded.extend([start.as_bytes(), end.as_bytes()]);
        }
        for spelling in encoded {
            for distance in 0..3 {
                let core = base64_core(spelling, distance);
                enter(core.replace('+', "-").replace('/', "_").into_bytes(), Found::Base64);
                enter(core.into_bytes(), Found::Base64);
            }
        }
    }

    pub(super) fn find(&self, text: &[u8], but_tokens: bool) -> Vec<Range<usize>> {
        let Some(search) = &self.search else { return Vec::new() };
        let mut spans = Vec::new();
        self.collect(search, text, but_tokens, |span| spans.push(span));
        if text.iter().any(|byte| matches!(byte, b'%' | b'\\' | b'&' | b'\n')) {
            let overlap = self.longest * LONGEST_UNIT;
            for from in (0..text.len()).step_by(PIECE) {
                let piece = &text[from..text.len().min(from + PIECE + overlap)];
                let mut collect = |layer: &Layer| {
                    self.collect(search, &layer.bytes, but_tokens, |span| {
                        let span = layer.origin(&span);
                        spans.push(from + span.start..from + span.end);
                    });
                };
                let mut layer = Layer::entire(piece);
                layer.unwrapped().iter().for_each(&mut collect);
                for _ in 0..LAYERS {
                    match layer.undone() {
                        Some(next) => layer = next,
                        None => break,
                    }
                    collect(&layer);
                    layer.unwrapped().iter().for_each(&mut collect);
                }
            }
        }
        merged(spans)
    }

    fn collect(&self, search: &AhoCorasick, text: &[u8], but_tokens: bool, mut take: impl FnMut(Range<usize>)) {
        for found in search.find_overlapping_iter(text) {
            let (kind, token) = self.rows[found.pattern().as_usize()];
            if but_tokens && token {
                continue;
            }
            let span = found.range();
            let (before, behind) = (&text[..span.start], &text[span.end..]);
            let same = |(one, other): &(&u8, &u8)| one.eq_ignore_ascii_case(other);
            take(match kind {
                Found::Entire => span,
                Found::Base64 => {
                    let letter = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+/-_=".contains(byte);
                    let before = before.iter().rev().take_while(letter).count();
                    span.start - before..span.end + behind.iter().take_while(letter).count()
                }
                Found::Start(entire) => {
                    let rest = &self.texts[entire][span.len()..];
                    span.start..span.end + behind.iter().zip(rest).take_while(same).count()
                }
                Found::End(entire) => {
                    let rest = &self.texts[entire][..self.texts[entire].len() - span.len()];
                    span.start - before.iter().rev().zip(rest.iter().rev()).take_while(same).count()..span.end
                }
            });
        }
    }
}

/// A secret as the query of an address holds it.
fn in_query(secret: &str) -> String {
    form_urlencoded::byte_serialize(secret.as_bytes()).collect()
}

/// The first and the last half of a long secret, each a little more than half where a character would be cut.
fn halves(secret: &str) -> Option<(&str, &str)> {
    let middle = secret.len() / 2;
    let behind = (middle..secret.len()).find(|at| secret.is_char_boundary(*at))?;
    let before = (0..=middle).rev().find(|at| secret.is_char_boundary(*at))?;
    (secret.len() >= HALVED_FROM).then(|| (&secret[..behind], &secret[before..]))
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
    fn entire(text: &[u8]) -> Self {
        // A piece is some ten thousand bytes long.
        let places = (0..).zip(text).map(|(place, _)| (place, place)).collect();
        Self { bytes: text.to_vec(), places }
    }

    fn origin(&self, span: &Range<usize>) -> Range<usize> {
        let first = self.places.get(span.start).map_or(0, |(first, _)| *first as usize);
        let last = span.end.checked_sub(1).and_then(|end| self.places.get(end)).map_or(0, |(_, last)| *last as usize);
        first..last + 1
    }

    /// The text without its line ends; `None` where it has none.
    fn unwrapped(&self) -> Option<Self> {
        let is_end = |byte: u8| matches!(byte, b'\r' | b'\n');
        self.bytes.iter().any(|byte| is_end(*byte)).then(|| {
            let kept = self.bytes.iter().zip(&self.places).filter(|(byte, _)| !is_end(**byte));
            let (bytes, places) = kept.map(|(byte, place)| (*byte, *place)).unzip();
            Self { bytes, places }
        })
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

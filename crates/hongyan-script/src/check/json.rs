//! What is wrong with a text that wants to be JSON: the four mistakes of the tutorials by name, the rest as the reader
//! of JSON says it.

use super::{
    Findings,
    placeholder::is_placeholder,
    rule,
    value::{HOLE, Piece, place_in},
};
use crate::span::Span;

/// Full-width punctuation and what was meant.
const FULL_WIDTH: [(char, char); 12] = [
    ('，', ','),
    ('、', ','),
    ('：', ':'),
    ('；', ';'),
    ('“', '"'),
    ('”', '"'),
    ('＂', '"'),
    ('｛', '{'),
    ('｝', '}'),
    ('［', '['),
    ('］', ']'),
    ('\u{3000}', ' '),
];

/// A text put together, each byte with where it came from.
struct Joined {
    text: String,
    /// For each piece: where it begins in `text`, and its literal.
    origins: Vec<(usize, Option<Span>)>,
    /// Holes that are numbers, by their byte in `text`.
    numbers: Vec<usize>,
}

impl Joined {
    fn new(pieces: &[Piece]) -> Self {
        let mut joined = Self { text: String::new(), origins: Vec::new(), numbers: Vec::new() };
        for piece in pieces {
            let start = joined.text.len();
            match piece {
                Piece::Literal { text, at } => {
                    joined.origins.push((start, Some(*at)));
                    joined.text.push_str(text);
                }
                Piece::Hole { number } => {
                    joined.origins.push((start, None));
                    if *number {
                        joined.numbers.push(start);
                    }
                    joined.text.push(HOLE);
                }
            }
        }
        joined
    }

    /// The stretch of the source that a byte of the text came from, so many characters of it.
    fn place(&self, source: &str, at: usize, chars: usize) -> Span {
        let before = self.origins.partition_point(|(start, _)| *start <= at);
        let known = self.origins[..before].iter().rev().find_map(|(start, span)| span.map(|span| (*start, span)));
        let Some((start, literal)) = known else { return Span::default() };
        let from = place_in(source, literal, at - start);
        let length: usize = source.get(from..).unwrap_or_default().chars().take(chars).map(char::len_utf8).sum();
        Span::new(from, (from + length).min(literal.end()).max(from))
    }
}

/// Whether a text sets out to be a JSON object or a list of them.
pub(super) fn begins(text: &str) -> bool {
    let text = text.trim_start();
    let rest = text.strip_prefix(['{', '｛']).or_else(|| text.strip_prefix('[')).unwrap_or("none").trim_start();
    rest.starts_with(['"', '“', '”', '＂', '{', '}']) && text.len() > 1
}

/// Looks through a text, and says every mistake that can be told.
pub(super) fn check(pieces: &[Piece], sent: bool, source: &str, findings: &mut Findings) {
    let joined = Joined::new(pieces);
    let Reading { mended, open, in_string, guesses } = read(&joined, source, findings);
    let mut mended = mended;
    // A hole outside the quotes may hold braces of its own.
    let certain = !guesses;
    if in_string && certain && sent {
        let at = joined.place(source, joined.text.len(), 0);
        findings.add(
            &rule::JSON_INVALID,
            at,
            "the JSON text ends within a string",
            "JSON 文本在字符串中途结束",
            "close the string with \"",
        );
        return;
    }
    if !open.is_empty() && !in_string {
        if certain {
            let closers: String = open.iter().rev().collect();
            let at = joined.place(source, joined.text.len(), 0);
            findings.add(
                &rule::JSON_MISSING_BRACE,
                at,
                format!("the JSON text ends with {} bracket(s) still open", open.len()),
                format!("JSON 文本结束时还有 {} 个括号未闭合", open.len()),
                format!("end it with {closers}"),
            );
            mended.push_str(&closers);
        } else {
            return;
        }
    }
    // What is in a hole decides, and what a pattern is filled with: nothing can be said of them.
    if !certain || !sent {
        return;
    }
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&mended) {
        let at = (error.column().saturating_sub(1)).min(joined.text.len());
        let words = error.to_string();
        let words = words.split(" at line ").next().unwrap_or_default().to_owned();
        // Mending keeps every byte in its place where each full-width mark was the only trouble; else the start is told.
        let place = if mended.len() == joined.text.len() && error.line() == 1 { at } else { 0 };
        findings.add(
            &rule::JSON_INVALID,
            joined.place(source, place, 1),
            format!("the body is not JSON: {words}"),
            format!("正文不是合法的 JSON:{words}"),
            "quote names and texts with \", separate members with one comma, write a line break as \\\\n",
        );
    }
}

/// What a first pass makes of a text.
struct Reading {
    /// With full-width marks and placeholders replaced.
    mended: String,
    /// The closers that are still wanted.
    open: Vec<char>,
    in_string: bool,
    /// Whether something unknown stands outside the quotes.
    guesses: bool,
}

fn read(joined: &Joined, source: &str, findings: &mut Findings) -> Reading {
    let mut reading = Reading { mended: String::new(), open: Vec::new(), in_string: false, guesses: false };
    let mut said = false;
    let mut chars = joined.text.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        if reading.in_string {
            match char {
                '\\' => {
                    reading.mended.push('\\');
                    if let Some((_, next)) = chars.next() {
                        reading.mended.push(next);
                    }
                    continue;
                }
                '"' => reading.in_string = false,
                HOLE => {
                    reading.mended.push('h');
                    continue;
                }
                _ => {}
            }
            reading.mended.push(char);
            continue;
        }
        let char = match FULL_WIDTH.iter().find(|(wide, _)| *wide == char) {
            Some((wide, narrow)) => {
                if !said {
                    said = true;
                    findings.add(
                        &rule::JSON_FULL_WIDTH,
                        joined.place(source, at, 1),
                        format!("{wide} is full-width: JSON does not know it here, and the platform refuses the body"),
                        format!("{wide} 是全角标点，此处 JSON 不认，平台会拒绝整个正文"),
                        format!("write {narrow}"),
                    );
                }
                *narrow
            }
            None => char,
        };
        match char {
            '"' => reading.in_string = true,
            '{' => reading.open.push('}'),
            '[' => reading.open.push(']'),
            '}' | ']' if reading.open.last() == Some(&char) => {
                reading.open.pop();
            }
            HOLE => {
                let number = joined.numbers.contains(&at);
                reading.guesses |= !number;
                reading.mended.push(if number { '0' } else { HOLE });
                continue;
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let mut word = String::from(char);
                while let Some((_, next)) = chars.next_if(|(_, c)| c.is_ascii_alphanumeric() || *c == '_') {
                    word.push(next);
                }
                if is_placeholder(&word) {
                    findings.add(
                        &rule::JSON_PLACEHOLDER,
                        joined.place(source, at, word.chars().count()),
                        format!("{word} stands where a value belongs: it is not JSON"),
                        format!("{word} 处应填实际的值，这样不是合法的 JSON"),
                        "put the value there, such as 1000002, or join it: '…:'+string(AGENT_ID)+',…'",
                    );
                    reading.mended.push('0');
                } else {
                    reading.mended.push_str(&word);
                }
                continue;
            }
            _ => {}
        }
        reading.mended.push(char);
    }
    reading
}

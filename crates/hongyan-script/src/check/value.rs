//! What the checker knows of a value without running the script: texts in pieces, dictionaries by their keys, and
//! which operation an answer is of.

use super::endpoint::Operation;
use crate::span::Span;
use std::{collections::BTreeMap, sync::Arc};

/// Stands in a rendered text for what is not known.
pub(super) const HOLE: char = '\u{fffc}';

/// The most that is kept of a text: what grows further is no longer followed.
const MAX_PIECES: usize = 256;
const MAX_BYTES: usize = 64 << 10;

/// A value, as far as it is known.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum KnownValue {
    /// Anything.
    Nothing,
    /// A number or a truth value.
    Number,
    /// A text, partly known.
    Text(Vec<Piece>),
    /// A dictionary; `complete` while every key is known.
    Dict { entries: BTreeMap<String, KnownValue>, complete: bool },
    /// What an HTTP function gave.
    Reply(Option<&'static Operation>),
    /// Its `text`.
    ReplyText(Option<&'static Operation>),
    /// `parseExpr` of that.
    Code(Option<&'static Operation>),
    /// The answer, read.
    Body(Option<&'static Operation>),
    /// A field of the answer.
    Field,
}

/// A stretch of a text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Piece {
    /// As the script has it, and where the literal stands.
    Literal { text: Arc<str>, at: Span },
    /// Not known; whether it is a number.
    Hole { number: bool },
}

impl KnownValue {
    pub(super) fn literal(text: &Arc<str>, at: Span) -> Self {
        Self::Text(vec![Piece::Literal { text: Arc::clone(text), at }])
    }

    /// As pieces of a text that it is joined into.
    pub(super) fn pieces(&self) -> Vec<Piece> {
        match self {
            Self::Text(pieces) => pieces.clone(),
            other => vec![Piece::Hole { number: *other == Self::Number }],
        }
    }

    /// The text, with [`HOLE`] for what is not known.
    pub(super) fn render(&self) -> Option<String> {
        let Self::Text(pieces) = self else { return None };
        Some(pieces.iter().fold(String::new(), |mut text, piece| {
            match piece {
                Piece::Literal { text: known, .. } => text.push_str(known),
                Piece::Hole { .. } => text.push(HOLE),
            }
            text
        }))
    }

    /// The text, where all of it is known.
    pub(super) fn whole_text(&self) -> Option<String> {
        self.render().filter(|text| !text.contains(HOLE))
    }

    /// Two joined by `+`.
    pub(super) fn join(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Text(_), _) | (_, Self::Text(_)) => {
                let mut pieces = self.pieces();
                pieces.extend(other.pieces());
                let bytes: usize = pieces.iter().map(Piece::len).sum();
                if pieces.len() > MAX_PIECES || bytes > MAX_BYTES { Self::Nothing } else { Self::Text(pieces) }
            }
            (Self::Number, Self::Number) => Self::Number,
            _ => Self::Nothing,
        }
    }
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Literal { text, .. } => text.len(),
            Self::Hole { .. } => 1,
        }
    }
}

/// Where a byte of a literal's text stands in the source: the quote and the escapes before it counted.
pub(super) fn place_in(source: &str, literal: Span, offset: usize) -> usize {
    let text = source.get(literal.range()).unwrap_or_default();
    // Parentheses belong to an expression's span.
    let Some(open) = text.find(['\'', '"', '`']) else { return literal.start() };
    let mut content = 0;
    let mut chars = text[open + 1..].char_indices();
    while let Some((at, char)) = chars.next() {
        if content >= offset {
            return literal.start() + open + 1 + at;
        }
        // A known escape is one byte of text for two of source; another is kept as it is, backslash and all.
        if char == '\\' {
            content += match chars.next() {
                Some((_, 'n' | 'r' | 't' | '\\' | '\'' | '"')) | None => 1,
                Some((_, other)) => 1 + other.len_utf8(),
            };
        } else {
            content += char.len_utf8();
        }
    }
    literal.end().saturating_sub(1)
}

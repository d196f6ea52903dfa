//! Where something stands in a script: byte spans, and what line and column they are.

use std::ops::Range;

/// A stretch of the source, in bytes; always on character boundaries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    /// From `start` to before `end`, in bytes. A source is at most 4 GiB by its limit, far below in practice.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        let short = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: short(start), end: short(end.max(start)) }
    }

    /// The first byte.
    #[must_use]
    pub const fn start(self) -> usize {
        self.start as usize
    }

    /// The byte after the last.
    #[must_use]
    pub const fn end(self) -> usize {
        self.end as usize
    }

    /// As a range, to slice the source with.
    #[must_use]
    pub const fn range(self) -> Range<usize> {
        self.start()..self.end()
    }

    /// From the start of this to the end of the other.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { start: self.start, end: self.end.max(other.end) }
    }

    /// The first bytes of it.
    #[must_use]
    pub(crate) fn first(self, bytes: u32) -> Self {
        Self { start: self.start, end: self.end.min(self.start + bytes) }
    }
}

/// A script's text under its name, with its lines.
#[derive(Clone, Debug)]
pub struct Source {
    name: String,
    text: String,
    /// The byte at which each line begins.
    lines: Vec<u32>,
}

/// A span in words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// In bytes.
    pub span: Span,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// The line without its end; of a very long one, the part around the column.
    pub source_line: String,
}

/// How much of a line is shown, in characters either side.
const SHOWN_CHARS: usize = 160;

impl Source {
    /// Takes a text; the name is what diagnostics call it, a file's path for example.
    #[must_use]
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        let text = text.into();
        let breaks = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n').map(|(at, _)| at + 1);
        let lines = std::iter::once(0).chain(breaks).map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect();
        Self { name: name.into(), text, lines }
    }

    /// What diagnostics call it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text at a span; empty where the span is not of this source.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The line of a byte, from 1.
    #[must_use]
    pub fn line(&self, at: usize) -> usize {
        self.lines.partition_point(|&start| start as usize <= at).max(1)
    }

    /// The bytes of a line, counted from 1, without its end.
    pub(crate) fn line_range(&self, line: usize) -> Range<usize> {
        let start = self.lines.get(line.saturating_sub(1)).map_or(self.text.len(), |&at| at as usize);
        let end = self.lines.get(line).map_or(self.text.len(), |&at| at as usize);
        let line = self.text.get(start..end).unwrap_or_default();
        start..start + line.trim_end_matches(['\n', '\r']).len()
    }

    /// Line, column and the line itself.
    #[must_use]
    pub fn place(&self, span: Span) -> Place {
        let line = self.line(span.start());
        let range = self.line_range(line);
        let before = self.text.get(range.start..span.start().max(range.start)).unwrap_or_default();
        let column = before.chars().count() + 1;
        let source_line: String =
            self.text[range].chars().skip(column.saturating_sub(SHOWN_CHARS)).take(2 * SHOWN_CHARS).collect();
        Place { span, line, column, source_line }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_lines_and_characters_from_one() {
        let source = Source::new("s", "a='中文'+b\r\nc\n");
        let at = source.text().find('b').unwrap();
        let place = source.place(Span::new(at, at + 1));
        assert_eq!((place.line, place.column, place.source_line.as_str()), (1, 8, "a='中文'+b"));
        let end = source.place(Span::new(source.text().len(), source.text().len()));
        assert_eq!((end.line, end.column, end.source_line.as_str()), (3, 1, ""));
        assert_eq!(Source::new("s", "").place(Span::default()).line, 1);
    }
}

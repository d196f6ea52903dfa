//! A long text in parts that fit a limit in bytes.
//!
//! A part ends between paragraphs, else lines, else sentences, else words, else graphemes; never inside a link, an
//! inline code span or a table's row. A code fence that must be cut is closed and opened again, a table that must be
//! cut repeats its header. Joined, the parts are the source, but for these repairs and for numbers.

use crate::{address, source::Source, tree::options};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};
use std::ops::Range;
use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

/// What a text is, which decides what must stay whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// Plain text: addresses (`https://…`) stay whole.
    Text,
    /// Markdown: links, images, inline code and table rows stay whole too.
    Markdown,
}

/// A piece that can neither be split nor fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a piece that cannot be split takes {size} bytes of UTF-8, at most {limit} are allowed")]
pub struct TooLong {
    /// Its size in bytes, with what must stand beside it: number, code fence, table header.
    pub size: usize,
    /// What was allowed.
    pub limit: usize,
}

/// Splits a text into parts of at most `limit` bytes. One that fits is given back as it is. With `numbered`, each of
/// several parts begins with a line like `(1/3)`, white space at their ends goes, and blank parts are left out. O(n).
///
/// # Errors
/// [`TooLong`] with the size of the piece that stands in the way.
pub fn split(source: &str, form: Form, limit: usize, numbered: bool) -> Result<Vec<String>, TooLong> {
    if source.len() <= limit {
        return Ok(vec![source.to_owned()]);
    }
    let shape = Shape::of(source, form);
    if !numbered {
        return shape.cut(limit, 0);
    }
    // How many digits the numbers have is known once it is known how many parts there are.
    let mut digits = 1;
    loop {
        let reserved = 2 * digits + "(/)\n\n".len();
        let mut parts = shape.cut(limit, reserved)?;
        parts.retain(|part| !part.trim().is_empty());
        let of = parts.len();
        if of <= 1 {
            return Ok(parts);
        }
        if of.to_string().len() <= digits {
            // Markdown needs an empty line, or the number would join the paragraph or spoil a table.
            let gap = if form == Form::Text { "\n" } else { "\n\n" };
            let number = |(part, n): (String, usize)| format!("({n}/{of}){gap}{}", part.trim_end());
            return Ok(parts.into_iter().zip(1..).map(number).collect());
        }
        digits += 1;
    }
}

/// Splits like [`split`], numbered, where not the text itself is limited but what becomes of it: `measure` gives the
/// size in bytes of what would be sent for a text.
///
/// # Errors
/// [`TooLong`] when there is a piece that cannot be made to fit.
pub fn split_measured(
    source: &str,
    form: Form,
    limit: usize,
    measure: impl Fn(&str) -> usize,
) -> Result<Vec<String>, TooLong> {
    let mut worst = measure(source);
    if worst <= limit {
        return Ok(vec![source.to_owned()]);
    }
    let mut budget = limit.min(source.len().saturating_sub(1));
    loop {
        // What fits as it stands and yet does not fit has grown on its way: the size is that of what it became.
        let grown = |e: TooLong| TooLong { size: if e.size > limit { e.size } else { worst.max(limit + 1) }, limit };
        let parts = split(source, form, budget, true).map_err(grown)?;
        worst = parts.iter().map(|part| measure(part)).max().unwrap_or_default();
        if worst <= limit {
            return Ok(parts);
        }
        // In proportion, a little less, and always less: it ends with parts that fit or a piece that is too long.
        let next = (budget.saturating_mul(limit) / worst).saturating_sub(budget / 64 + 1);
        budget = next.max(budget / 2).min(budget.saturating_sub(1));
    }
}

/// Where a source can be cut and what a cut has to repair.
struct Shape<'a> {
    source: &'a str,
    /// Ranges without a cut inside; sorted, apart from each other.
    unbroken: Vec<Range<usize>>,
    /// Fences and tables; sorted, apart from each other.
    frames: Vec<Frame>,
}

/// A block that cannot go on in another part by itself.
struct Frame {
    /// Where a cut needs a repair: strictly inside.
    range: Range<usize>,
    /// Goes before what follows a cut.
    reopen: String,
    /// Goes after what precedes a cut.
    close: String,
}

impl<'a> Shape<'a> {
    fn of(source: &'a str, form: Form) -> Self {
        let mut shape = Self { source, unbroken: address::with_scheme(source), frames: Vec::new() };
        if form == Form::Markdown {
            // As it is read when it is rendered, so that both see the same code and links.
            let read = Source::new(source);
            for (event, range) in Parser::new_ext(&read.text, options()).into_offset_iter() {
                shape.note(&event, read.original(range.start)..read.original(range.end));
            }
        }
        shape.unbroken.sort_by_key(|range| range.start);
        let mut joined: Vec<Range<usize>> = Vec::with_capacity(shape.unbroken.len());
        for range in shape.unbroken {
            match joined.last_mut() {
                Some(last) if range.start < last.end => last.end = last.end.max(range.end),
                _ => joined.push(range),
            }
        }
        shape.unbroken = joined;
        shape
    }

    fn note(&mut self, event: &Event<'_>, range: Range<usize>) {
        match event {
            Event::Code(_) | Event::InlineHtml(_) | Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                self.unbroken.push(range);
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => self.note_fence(range),
            Event::Start(Tag::Table(_)) => self.note_table(range),
            _ => {}
        }
    }

    fn line_start(&self, at: usize) -> usize {
        self.source[..at].rfind('\n').map_or(0, |end| end + 1)
    }

    /// The end of the line that `at` is in, after its line break.
    fn line_end(&self, at: usize) -> usize {
        self.source[at..].find('\n').map_or(self.source.len(), |end| at + end + 1)
    }

    fn note_fence(&mut self, range: Range<usize>) {
        let block = &self.source[range.clone()];
        let mark = block.chars().next().unwrap_or('`');
        let fence = &block[..block.len() - block.trim_start_matches(mark).len()];
        let before = &self.source[self.line_start(range.start)..range.start];
        let quoted = before.chars().all(|c| matches!(c, '>' | ' '));
        if !quoted {
            // Inside a list: it cannot be opened again outside of it.
            self.unbroken.push(range);
            return;
        }
        let body = self.line_end(range.start);
        let first_line = self.source[range.start..body].trim_end();
        let reopen = format!("{before}{first_line}\n");
        let close = format!("{before}{fence}\n");
        // The opening line stays with the first line of code, the closing line with the last.
        self.unbroken.push(range.start..self.line_end(body.min(self.source.len())).min(range.end));
        let last = self.line_start(range.start + block.trim_end().len());
        if last > body && self.source[last..range.end].trim_start_matches(['>', ' ']).starts_with(fence) {
            self.unbroken.push(last - 1..range.end);
            self.frames.push(Frame { range: body..last, reopen, close });
        } else {
            self.frames.push(Frame { range: body.min(range.end)..range.end, reopen, close });
        }
    }

    fn note_table(&mut self, range: Range<usize>) {
        let start = self.line_start(range.start);
        let header = self.line_end(self.line_end(start).min(self.source.len()));
        let end = range.end.max(header).min(self.source.len());
        let first_row = self.line_end(header.min(self.source.len())).min(end.max(header));
        self.unbroken.push(start..first_row);
        let mut row = first_row;
        while row < end {
            let next = self.line_end(row);
            self.unbroken.push(row..next.min(end));
            row = next;
        }
        let reopen = self.source[start..header].to_owned();
        self.frames.push(Frame { range: header..end, reopen, close: String::new() });
    }

    /// The frame that a cut here would be inside of.
    fn frame_at(&self, at: usize) -> Option<&Frame> {
        let i = self.frames.partition_point(|frame| frame.range.end <= at);
        self.frames.get(i).filter(|frame| frame.range.start < at && at < frame.range.end)
    }

    /// The range that a cut here would break.
    fn whole_at(&self, at: usize) -> Option<&Range<usize>> {
        let i = self.unbroken.partition_point(|range| range.end <= at);
        self.unbroken.get(i).filter(|range| range.start < at)
    }

    /// The parts, each with `reserved` bytes left free.
    fn cut(&self, limit: usize, reserved: usize) -> Result<Vec<String>, TooLong> {
        let mut parts = Vec::new();
        let mut start = 0;
        while start < self.source.len() {
            let open = self.frame_at(start).map_or("", |frame| frame.reopen.as_str());
            let room = limit.saturating_sub(reserved + open.len());
            let mut end = self.best_end(start, room);
            let mut close = String::new();
            // The mark that closes a fence takes room too; with less room the end may leave the fence.
            if let Some(frame) = end.and_then(|end| self.frame_at(end)) {
                let tail = |end: usize| if self.source[..end].ends_with('\n') { 0 } else { 1 } + frame.close.len();
                end = self.best_end(start, room.saturating_sub(frame.close.len() + 1));
                if let Some(at) = end
                    && !frame.close.is_empty()
                    && self.frame_at(at).is_some()
                {
                    close =
                        if tail(at) > frame.close.len() { format!("\n{}", frame.close) } else { frame.close.clone() };
                }
            }
            let Some(end) = end else {
                let close = self.frame_at(start).map_or(0, |frame| frame.close.len() + 1);
                let size = self.smallest(start) + reserved + open.len() + close;
                return Err(TooLong { size: size.max(limit + 1), limit });
            };
            parts.push(format!("{open}{}{close}", &self.source[start..end]));
            start = end;
        }
        Ok(parts)
    }

    /// The size of the first piece after `start` that cannot be split.
    fn smallest(&self, start: usize) -> usize {
        let next = self.source[start..].grapheme_indices(true).nth(1).map_or(self.source.len(), |(i, _)| start + i);
        self.whole_at(next).map_or(next, |range| range.end) - start
    }

    /// The best place to end a part that begins at `start` and has `room` bytes; `None` when there is no place.
    fn best_end(&self, start: usize, room: usize) -> Option<usize> {
        let source = self.source;
        let farthest = start.saturating_add(room);
        if farthest >= source.len() {
            return Some(source.len());
        }
        let mut farthest = farthest;
        while !source.is_char_boundary(farthest) {
            farthest -= 1;
        }
        let window = &source[start..farthest];
        let allowed = |at: usize| at > start && self.whole_at(at).is_none();
        // The latest place of each kind, best kind first: paragraph, line, sentence, space.
        let mut latest: [Option<usize>; 4] = [None; 4];
        let mut before = ' ';
        for (i, c) in window.char_indices() {
            let end = start + i + c.len_utf8();
            let kind = match c {
                // A line that has nothing but a line break ends a paragraph; not so in code.
                '\n' if is_blank_line(&source[..end]) && self.frame_at(end).is_none() => Some(0),
                '\n' => Some(1),
                '。' | '！' | '？' | '；' | '…' => Some(2),
                ' ' | '\t' if matches!(before, '.' | '!' | '?' | ';') => Some(2),
                ' ' | '\t' | '　' => Some(3),
                _ => None,
            };
            before = c;
            if let Some(kind) = kind
                && allowed(end)
            {
                latest[kind] = Some(end);
            }
        }
        let latest = latest.map(|at| at.filter(|at| is_boundary(source, *at)));
        // A good place that leaves most of the room unused is worth less than the next kind's.
        let floor = start + room / 3;
        let filled = latest.iter().flatten().find(|at| **at >= floor);
        let word = || self.latest_word(start, farthest).filter(|at| *at >= floor);
        let any = || latest.iter().flatten().max().copied();
        filled.copied().or_else(word).or_else(any).or_else(|| self.latest_grapheme(start, farthest))
    }

    /// Between words as Unicode sees them: what has no spaces, such as Chinese, has these.
    fn latest_word(&self, start: usize, farthest: usize) -> Option<usize> {
        let mut ahead = farthest.saturating_add(64).min(self.source.len());
        while !self.source.is_char_boundary(ahead) {
            ahead -= 1;
        }
        // Only the tail is looked at: a word as long as that is not looked for.
        let mut from = farthest.saturating_sub(512).max(start);
        while !self.source.is_char_boundary(from) {
            from += 1;
        }
        let fits = |at: &usize| *at > start && *at > from && *at <= farthest && *at < ahead;
        let places = self.source[from..ahead].split_word_bound_indices().map(|(i, _)| from + i);
        let good = |at: &usize| {
            // Closing punctuation stays with its word.
            let next = self.source[*at..].chars().next();
            !next.is_some_and(|c| matches!(c, ',' | '.' | ')' | ']' | '，' | '。' | '、' | '）' | '」' | '”' | '：'))
        };
        let fitting: Vec<usize> = places.filter(fits).filter(good).collect();
        fitting.into_iter().rev().find(|at| self.whole_at(*at).is_none() && is_boundary(self.source, *at))
    }

    fn latest_grapheme(&self, start: usize, farthest: usize) -> Option<usize> {
        let mut at = farthest;
        loop {
            if at <= start {
                break;
            }
            if let Some(range) = self.whole_at(at) {
                at = range.start;
                continue;
            }
            if is_boundary(self.source, at) {
                return Some(at);
            }
            at = previous_char(self.source, at);
        }
        // A grapheme longer than the room: between its characters, which is the least that must hold.
        let mut at = farthest;
        while at > start {
            match self.whole_at(at) {
                None => return Some(at),
                Some(range) => at = range.start,
            }
        }
        None
    }
}

fn previous_char(source: &str, at: usize) -> usize {
    source[..at].char_indices().next_back().map_or(0, |(i, _)| i)
}

fn is_boundary(source: &str, at: usize) -> bool {
    GraphemeCursor::new(at, source.len(), true).is_boundary(source, 0).unwrap_or(true)
}

/// Whether a text that ends with a line break ends with an empty line.
fn is_blank_line(text: &str) -> bool {
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.trim_end_matches([' ', '\t', '\r']);
    line.ends_with('\n') || line.is_empty()
}

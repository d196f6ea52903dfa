//! A source as the parser is to read it, so that it reads what its writer means.
//!
//! CommonMark's rules on where emphasis begins and ends are made for words between spaces. Which runs mark something is
//! decided in `marks.rs`, what is an address in `address.rs`; here a character that is none of the text is put where the
//! parser would read it otherwise, and taken out again where the parser's events are read.

use crate::{
    address,
    marks::{self, Role},
};
use pulldown_cmark::{Event, LinkType, Parser, Tag};
use std::{borrow::Cow, ops::Range};

/// Characters that can stand in for a letter: private ones, of which a text rarely has any.
const LETTERS: [char; 4] = ['\u{f8f0}', '\u{f8f1}', '\u{f8f2}', '\u{f8f3}'];
/// Characters that can stand in for a space, likewise.
const SPACES: [char; 4] = ['\u{2005}', '\u{2004}', '\u{2006}', '\u{205f}'];

/// A source with what was put into it.
pub(crate) struct Source<'a> {
    /// What the parser reads.
    pub(crate) text: Cow<'a, str>,
    /// What is taken out again.
    helpers: [char; 2],
    /// Where something was put, in `text`, and how many bytes up to there.
    put: Vec<(usize, usize)>,
}

impl<'a> Source<'a> {
    /// Prepares a source. O(n).
    pub(crate) fn new(source: &'a str) -> Self {
        let free = |choice: [char; 4]| choice.into_iter().find(|c| !source.contains(*c)).unwrap_or(choice[0]);
        let helpers = [free(LETTERS), free(SPACES)];
        let mut wanted: Vec<(usize, char)> = Vec::new();
        let verbatim = verbatim(source);
        let addresses = addresses(source, &verbatim);
        for range in &addresses {
            wanted.extend(escapes(source, range.clone()).map(|at| (at, '\\')));
        }
        marks::roles(source, &verbatim, &addresses, |run, role| {
            // A run after white space closes nothing, one before it opens nothing.
            let (before, after) = (source[..run.start].chars().next_back(), source[run.end..].chars().next());
            if role != Role::Closes && before.is_some_and(|c| !c.is_whitespace()) {
                wanted.push((run.start, helpers[1]));
            }
            if role != Role::Opens && after.is_some_and(|c| !c.is_whitespace()) {
                wanted.push((run.end, helpers[1]));
            }
        });
        // Alone on its line a colour would begin a block of HTML.
        wanted.extend(fonts(source).map(|at| (at, helpers[0])));
        let mut prepared = Self { text: Cow::Borrowed(source), helpers, put: Vec::new() };
        if wanted.is_empty() {
            return prepared;
        }
        // An escape stays with what it escapes.
        wanted.sort_by_key(|(at, c)| (*at, *c == '\\'));
        let mut text = String::with_capacity(source.len() + wanted.len() * 3);
        let mut from = 0;
        let mut bytes = 0;
        for (at, c) in wanted {
            text.push_str(&source[from..at]);
            bytes += c.len_utf8();
            prepared.put.push((text.len(), bytes));
            text.push(c);
            from = at;
        }
        text.push_str(&source[from..]);
        prepared.text = Cow::Owned(text);
        prepared
    }

    /// A place in `text` as a place in the source.
    pub(crate) fn original(&self, at: usize) -> usize {
        let before = self.put.partition_point(|(place, _)| *place < at);
        at - before.checked_sub(1).map_or(0, |last| self.put[last].1)
    }

    /// A text of the parser's without what was put into it.
    pub(crate) fn cleaned<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.put.is_empty() || !text.contains(self.helpers) {
            return Cow::Borrowed(text);
        }
        Cow::Owned(text.replace(self.helpers, ""))
    }
}

/// Code, HTML, addresses in angle brackets and the targets of links: what holds no marks. Sorted, apart from each other.
fn verbatim(source: &str) -> Vec<Range<usize>> {
    if !["`", "<", "](", "~~~", "    ", "\t"].iter().any(|piece| source.contains(piece)) {
        return Vec::new();
    }
    let mut read = Cow::Borrowed(source);
    for at in fonts(source) {
        read.to_mut().replace_range(at..=at, "x");
    }
    let mut found: Vec<Range<usize>> = Vec::new();
    for (event, range) in Parser::new_ext(&read, crate::tree::options()).into_offset_iter() {
        match event {
            Event::Code(_) | Event::InlineHtml(_) | Event::Html(_) => found.push(range),
            Event::Start(
                Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::Link { link_type: LinkType::Autolink | LinkType::Email, .. },
            ) => found.push(range),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                found.extend(target(source, &range));
            }
            _ => {}
        }
    }
    found.sort_by_key(|range| range.start);
    found.dedup_by(|inner, outer| inner.start < outer.end);
    found
}

/// Where a link or picture has its target, brackets included.
pub(crate) fn target(source: &str, link: &Range<usize>) -> Option<Range<usize>> {
    source[link.clone()].rfind("](").map(|at| link.start + at + 1..link.end)
}

/// Addresses and paths outside of what holds no marks anyhow.
fn addresses(source: &str, verbatim: &[Range<usize>]) -> Vec<Range<usize>> {
    if !source.contains(['\\', '/']) {
        return Vec::new();
    }
    let mut found = address::bare(source);
    found.retain(|address| {
        let next = verbatim.partition_point(|range| range.end <= address.start);
        verbatim.get(next).is_none_or(|range| range.start >= address.end)
    });
    for range in &mut found {
        range.end -= closing(source, range);
    }
    found
}

/// How far before an address an emphasis is looked for, in bytes.
const FARTHEST: usize = 500;

/// How many marks at the end of an address close an emphasis that was opened before it.
fn closing(source: &str, address: &Range<usize>) -> usize {
    let text = &source[address.clone()];
    let Some(mark) = text.chars().next_back().filter(|c| matches!(c, '*' | '_' | '~')) else { return 0 };
    let trailing = text.len() - text.trim_end_matches(mark).len();
    // Emphasis spans no paragraphs, and rarely more than a line: no more is looked at than that.
    let mut from = address.start.saturating_sub(FARTHEST);
    while !source.is_char_boundary(from) {
        from += 1;
    }
    let before = &source[from..address.start];
    let before = before.rfind("\n\n").map_or(before, |end| &before[end + 2..]);
    // Of runs of one, two and three marks, whether an odd number stands there: the last one waits for its end.
    let mut open = [false; 3];
    let mut run = 0;
    for byte in before.bytes().chain([0]) {
        if byte == mark as u8 {
            run += 1;
        } else if run > 0 {
            if let Some(open) = open.get_mut(run - 1) {
                *open = !*open;
            }
            run = 0;
        }
    }
    (1..=trailing.min(3)).rev().find(|length| open[length - 1]).unwrap_or(0)
}

/// Before what in an address an escape goes: what would be a mark or an entity, or an escape itself.
fn escapes(source: &str, range: Range<usize>) -> impl Iterator<Item = usize> {
    let windows = address::is_windows(&source[range.clone()]);
    let mut escaped = false;
    let start = range.start;
    let bytes = source.as_bytes();
    let at = move |(i, c): (usize, char)| {
        let next = bytes.get(start + i + 1).copied().unwrap_or(b' ');
        if escaped {
            escaped = false;
            return None;
        }
        if c == '\\' && !windows && next.is_ascii_punctuation() {
            // Somebody has escaped it already.
            escaped = true;
            return None;
        }
        let special = matches!(c, '*' | '_' | '~' | '&') || (c == '\\' && next.is_ascii_punctuation());
        special.then_some(start + i)
    };
    source[range].char_indices().filter_map(at)
}

/// Where a tag of a colour begins a line.
fn fonts(source: &str) -> impl Iterator<Item = usize> {
    source.match_indices('<').map(|(at, _)| at).filter(|at| is_font(&source[*at..]) && starts_line(&source[..*at]))
}

/// Whether nothing but a quote's marks stands before it in its line.
fn starts_line(before: &str) -> bool {
    let marks = before.bytes().rev().take(64).take_while(|b| matches!(b, b' ' | b'>')).count();
    matches!(before.as_bytes()[..before.len() - marks].last(), None | Some(b'\n'))
}

fn is_font(tag: &str) -> bool {
    let name = tag[1..].trim_start_matches('/');
    name.get(..4).is_some_and(|name| name.eq_ignore_ascii_case("font")) && !name[4..].starts_with(char::is_alphanumeric)
}

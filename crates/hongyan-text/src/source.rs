//! A source as the parser is to read it, so that it reads what its writer means.
//!
//! CommonMark's rules on where emphasis begins and ends are made for words between spaces. Beside Chinese punctuation,
//! `**告警级别：**严重` is no emphasis to them; `https://es/_cat?h=*&s=*` and `3*4*5` are. Here a character that is none
//! of the text is put where such a rule would go wrong, and taken out again where the parser's events are read.

use crate::address;
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
        let literal = literal(source);
        for range in &literal {
            wanted.extend(escapes(source, range.clone()).map(|at| (at, '\\')));
        }
        marks(source, &literal, |at, what| wanted.push((at, helpers[what as usize])));
        let mut prepared = Self { text: Cow::Borrowed(source), helpers, put: Vec::new() };
        if wanted.is_empty() {
            return prepared;
        }
        wanted.sort_by_key(|(at, _)| *at);
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

/// What is put before a character.
#[derive(Clone, Copy)]
enum Put {
    /// As if a letter stood there.
    Letter,
    /// As if a space stood there.
    Space,
}

/// Addresses and paths outside of code and HTML.
fn literal(source: &str) -> Vec<Range<usize>> {
    if !source.contains("://") && !source.contains('\\') && !source.contains('/') {
        return Vec::new();
    }
    let mut found = address::bare(source);
    if found.is_empty() {
        return found;
    }
    let mut verbatim: Vec<Range<usize>> = Vec::new();
    for (event, range) in Parser::new_ext(source, crate::tree::options()).into_offset_iter() {
        match event {
            Event::Code(_) | Event::InlineHtml(_) | Event::Html(_) => verbatim.push(range),
            Event::Start(
                Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::Link { link_type: LinkType::Autolink | LinkType::Email, .. },
            ) => verbatim.push(range),
            _ => {}
        }
    }
    verbatim.sort_by_key(|range| range.start);
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

/// Finds where a run of marks, a product or a colour needs help.
fn marks(source: &str, literal: &[Range<usize>], mut put: impl FnMut(usize, Put)) {
    let bytes = source.as_bytes();
    let mut addresses = literal.iter().peekable();
    let mut at = 0;
    while at < bytes.len() {
        while addresses.next_if(|range| range.end <= at).is_some() {}
        if let Some(range) = addresses.peek().filter(|range| range.start <= at) {
            at = range.end.max(at + 1);
            continue;
        }
        match bytes[at] {
            b'\\' if bytes.get(at + 1).is_some_and(u8::is_ascii_punctuation) => at += 2,
            mark @ (b'*' | b'~') => {
                let length = bytes[at..].iter().take_while(|b| **b == mark).count();
                let end = at + length;
                let (before, after) = (source[..at].chars().next_back(), source[end..].chars().next());
                let alone = before.is_none_or(char::is_whitespace) && after.is_none_or(char::is_whitespace);
                let hides = || length > 3 || is_product(before, after) || (length == 1 && is_name(source, at));
                if !alone && (mark == b'~' && length == 1 || mark == b'*' && hides()) {
                    // Between spaces it is no mark.
                    put(at, Put::Space);
                    put(end, Put::Space);
                } else if mark == b'*' || length == 2 {
                    match joint(before, after) {
                        Some(Beside::Before) => put(at, Put::Letter),
                        Some(Beside::After) => put(end, Put::Letter),
                        None => {}
                    }
                }
                at = end;
            }
            b'<' if is_font(&source[at..]) && starts_line(&source[..at]) => {
                // Alone on its line it would begin a block of HTML.
                put(at, Put::Letter);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Between two numbers or brackets there is a product and no mark: `rate(x[5m])*100*8`, `2**10`.
fn is_product(before: Option<char>, after: Option<char>) -> bool {
    let (Some(before), Some(after)) = (before, after) else { return false };
    let closed = matches!(before, ')' | ']');
    (before.is_ascii_digit() || closed)
        && (after.is_ascii_digit() || after == '(' || (closed && after.is_ascii_alphabetic()))
}

/// Whether a star stands for a character of somebody's name: `王*明`.
fn is_name(source: &str, at: usize) -> bool {
    let is_han = |c: Option<char>| c.is_some_and(|c| c.is_alphabetic() && is_wide(c));
    let (mut before, mut after) = (source[..at].chars().rev(), source[at + 1..].chars());
    is_han(before.next()) && !is_han(before.next()) && is_han(after.next()) && !is_han(after.next())
}

/// What no emphasis ends with.
const OPENING: &str = "([{<“‘《〈「『【〔〖（［｛＜";
/// What none begins with.
const CLOSING: &str = ")]}>”’》〉」』】〕〗）］｝＞,.;:!?%，。、；：！？…—％";

/// On which side of a run of marks a letter goes.
enum Beside {
    Before,
    After,
}

/// A run between punctuation and a letter can only open or only close; where one of both is Chinese it is to do either.
fn joint(before: Option<char>, after: Option<char>) -> Option<Beside> {
    let (before, after) = (before?, after?);
    if before.is_whitespace() || after.is_whitespace() || before == '|' || after == '|' {
        return None;
    }
    match (is_punctuation(before), is_punctuation(after)) {
        (true, false) if !OPENING.contains(before) && (is_wide(before) || is_wide(after)) => Some(Beside::Before),
        (false, true) if !CLOSING.contains(after) && (is_wide(before) || is_wide(after)) => Some(Beside::After),
        _ => None,
    }
}

fn is_punctuation(c: char) -> bool {
    !c.is_alphanumeric() && !c.is_whitespace()
}

/// Whether it is written without spaces around it: Chinese, Japanese, Korean, their punctuation, emoji.
fn is_wide(c: char) -> bool {
    // Those are as wide as others and yet Chinese: “ ” ‘ ’ … — ·
    unicode_width::UnicodeWidthChar::width(c) == Some(2) || matches!(c, '\u{2010}'..='\u{2027}' | '\u{b7}' | '\u{2030}')
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

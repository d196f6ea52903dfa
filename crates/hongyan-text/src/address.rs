//! Addresses that stand in a text as they are: whatever they hold is theirs, and no mark of Markdown.
//!
//! `https://es/_cat/indices?h=*`, `\\nas\backup`, `D:\logs\*.log` and `/var/log/*.log` are found; where an address ends
//! that a mark follows (`**https://example.com**`) is decided by [`bare`].

use std::ops::Range;

/// Addresses with a scheme, whole: up to what cannot be in one. Sorted, apart from each other.
pub(crate) fn with_scheme(source: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some(at) = source[from..].find("://").map(|at| from + at) {
        let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let before = &source[from..at];
        let scheme = before.len() - before.trim_end_matches(is_scheme).len();
        let end = at + 3 + reach(&source[at + 3..]);
        // Of a link's label the rest is the link's.
        let end = source[at..end].find("](").map_or(end, |length| at + length);
        if scheme > 0 && end > at + 3 {
            found.push(at - scheme..end);
        }
        from = end.max(at + 3);
    }
    found
}

/// How far an address goes, of which this follows the scheme: over all that is ASCII but white space, quotes and angle
/// brackets, and over Chinese where it is a part of the address (see [`belongs`]).
fn reach(text: &str) -> usize {
    let mut end = 0;
    loop {
        let ascii = end_of(&text[end..], |c| !c.is_ascii_graphic() || matches!(c, '<' | '>' | '"' | '`'));
        end += ascii;
        match foreign(&text[end..]) {
            0 => return end,
            length if belongs(&text[..end], &text[end + length..]) => end += length,
            _ => {
                // What marks the words after an address is none of it.
                let address = text[..end].trim_end_matches('*');
                return if end - address.len() > 1 { address.len() } else { end };
            }
        }
    }
}

/// The longest piece of Chinese that an address may hold, in bytes: more is a sentence.
const LONGEST_PIECE: usize = 192;

/// The length of the words that a text begins with that are not ASCII, in brackets or not: `中文`, `《三体》`.
fn foreign(text: &str) -> usize {
    const PAIRS: [(char, char); 6] = [('《', '》'), ('「', '」'), ('『', '』'), ('【', '】'), ('（', '）'), ('“', '”')];
    let words = |text: &str| end_of(text, |c| c.is_ascii() || !c.is_alphanumeric());
    let length = match text.chars().next().and_then(|c| PAIRS.iter().find(|(open, _)| *open == c)) {
        Some((open, close)) => {
            let inside = end_of(&text[open.len_utf8()..], |c| c.is_whitespace() || !c.is_alphanumeric());
            let end = open.len_utf8() + inside;
            if text[end..].starts_with(*close) { end + close.len_utf8() } else { 0 }
        }
        None => words(text),
    };
    if length > LONGEST_PIECE { 0 } else { length }
}

/// Whether words that are not ASCII are a part of the address around them and not of the sentence after it: they are a
/// part of its own (`/中文`, `?q=中文`), or it goes on behind them (`x中文/y`, `x中文*&h=1`).
fn belongs(before: &str, after: &str) -> bool {
    let parts =
        |c: char| matches!(c, '/' | '=' | '?' | '&' | '#' | '.' | '-' | '_' | '%' | '+' | ':' | '@' | ',' | '~');
    let stars = after.len() - after.trim_start_matches('*').len();
    let goes_on = after[stars..].starts_with(['/', '=', '?', '&', '#', '%', '-', '_']);
    // Two stars after Chinese mark what is written there.
    let own = before.is_empty() || before.strip_suffix('*').unwrap_or(before).ends_with(parts);
    goes_on || (own && stars < 2)
}

/// Addresses and paths in a line of words, without what ends a sentence after them. Sorted, apart from each other.
pub(crate) fn bare(source: &str) -> Vec<Range<usize>> {
    let mut found = with_scheme(source);
    for range in &mut found {
        range.end = range.start + without_tail(&source[range.clone()]).len();
    }
    let mut taken = found.clone().into_iter().peekable();
    let mut before = ' ';
    let mut past = 0;
    for (at, c) in source.char_indices() {
        while taken.next_if(|range| range.end <= at).is_some() {}
        let free = at >= past && taken.peek().is_none_or(|range| at < range.start);
        if free
            && begins_a_word(before)
            && let Some(length) = path(&source[at..])
        {
            found.push(at..at + length);
            past = at + length;
        }
        before = c;
    }
    found.sort_by_key(|range| range.start);
    found
}

/// Where a path may begin: after white space, a bracket, or what is written in Chinese.
fn begins_a_word(before: char) -> bool {
    before.is_whitespace() || matches!(before, '(' | '=' | ',' | ':' | '"' | '\'') || !before.is_ascii()
}

/// Whether it is a path as Windows writes it, in which a backslash is no escape.
pub(crate) fn is_windows(path: &str) -> bool {
    path.starts_with("\\\\") || path.get(1..).is_some_and(|rest| rest.starts_with(":\\"))
}

/// The length of the path that a text begins with: `\\host\…`, `C:\…`, `/dir/…`.
fn path(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let name = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_'));
    let goes_on = |rest: &str| rest.starts_with(char::is_alphanumeric);
    // Whoever writes two backslashes for one, or one before a mark, has escaped them.
    let windows = match bytes {
        [b'\\', b'\\', host @ ..] => {
            let length =
                host.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')).count();
            length > 0 && host.get(length) == Some(&b'\\') && goes_on(&text[length + 3..])
        }
        [drive, b':', b'\\', ..] => drive.is_ascii_alphabetic() && goes_on(&text[3..]),
        _ => false,
    };
    let unix = bytes.first() == Some(&b'/') && name(1);
    if !windows && !unix {
        return None;
    }
    let ends = |c: char| {
        c.is_whitespace()
            || c.is_control()
            || "<>\"`|[]()，。；：、（）！？".contains(c)
            // In a path with slashes it is an escape of what follows.
            || (unix && c == '\\')
    };
    let mut end = end_of(text, ends);
    // What marks the words after a path is none of it.
    if let Some(at) = text[..end].find("**").filter(|at| text[at + 2..].starts_with(|c: char| !c.is_ascii())) {
        end = at;
    }
    let length = without_tail(&text[..end]).len();
    // One name after one slash is as often a fraction, a switch or a closing tag.
    let deep = text[1..length].contains(if unix { '/' } else { '\\' });
    deep.then_some(length)
}

fn end_of(text: &str, ends: impl Fn(char) -> bool) -> usize {
    text.find(ends).unwrap_or(text.len())
}

/// Without what ends a sentence or a bracket that began before it.
fn without_tail(address: &str) -> &str {
    let count = |wanted: char| address.chars().filter(|c| *c == wanted).count();
    let (mut round, mut square) = (count(')').saturating_sub(count('(')), count(']').saturating_sub(count('[')));
    let more = |c: char| match c {
        '.' | ',' | ':' | ';' | '!' | '?' | '\'' => true,
        ')' if round > 0 => {
            round -= 1;
            true
        }
        ']' if square > 0 => {
            square -= 1;
            true
        }
        _ => false,
    };
    address.trim_end_matches(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_whole_and_without_what_follows_them() {
        for (source, found) in [
            ("见 https://es:9200/_cat/indices?v&h=* 。", &["https://es:9200/_cat/indices?v&h=*"][..]),
            ("(https://a.cn/b_(c)), next", &["https://a.cn/b_(c)"]),
            ("详情：http://a.cn/x?y=1&copy=2，请看", &["http://a.cn/x?y=1&copy=2"]),
            ("查询 https://es/x?q=中文*&h=a*b 结束", &["https://es/x?q=中文*&h=a*b"]),
            ("https://例子.cn/搜索?q=*错误*&n=1。", &["https://例子.cn/搜索?q=*错误*&n=1"]),
            ("https://a.cn/v2接口/x_*；", &["https://a.cn/v2接口/x_*"]),
            ("https://a.cn/?q=《三体》*&n=*1*）", &["https://a.cn/?q=《三体》*&n=*1*"]),
            ("见https://a.cn/x请**立即**看", &["https://a.cn/x"]),
            ("见https://a.cn/x**重要**", &["https://a.cn/x"]),
            ("见https://a.cn/查看**详情**", &["https://a.cn/"]),
            ("https://a.cn/x（备注）https://b.cn/「甲", &["https://a.cn/x", "https://b.cn/"]),
            ("目录 /data/logs/**已满", &["/data/logs/"]),
            ("[a](https://a.cn/_x_) b", &["https://a.cn/_x_"]),
            ("[https://a.cn/_x](https://a.cn/_y)", &["https://a.cn/_x", "https://a.cn/_y"]),
            ("a `https://a.cn` <https://b.cn>", &["https://a.cn", "https://b.cn"]),
            ("rm /var/log/*.log /tmp/a_*.gz.", &["/var/log/*.log", "/tmp/a_*.gz"]),
            (r"备份到 \\nas01\backup\_db 与 D:\data\*.csv", &[r"\\nas01\backup\_db", r"D:\data\*.csv"]),
            ("1/2 与 3/4, km/h, and/or, /help", &[]),
            ("://x and a://", &[]),
        ] {
            let ranges = bare(source);
            let words: Vec<&str> = ranges.into_iter().map(|range| &source[range]).collect();
            assert_eq!(words, found, "{source}");
        }
    }
}

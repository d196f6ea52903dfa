//! Data inside of Markdown: what a template is filled with means itself, wherever in the source it comes to stand.
//!
//! Whether a character is a mark depends on where it stands: a backslash before it helps in a line of words and is read
//! as one in code. So data is marked first ([`mark`]), and once the source is whole, [`settle`] writes each of its
//! characters as its place wants it.
//!
//! ```
//! use hongyan_text::data::{mark, settle};
//! let value = mark("rate(x[5m])*100*8");
//! assert_eq!(settle(&format!("**now** {value}, `{value}`")), r"**now** rate(x\[5m\])\*100\*8, `rate(x[5m])*100*8`");
//! ```

use crate::{source::Source, tree::options};
use pulldown_cmark::{Event, LinkType, Parser, Tag};
use std::ops::Range;

/// What is added to an ASCII punctuation mark of data: private characters, of which a text rarely has any.
const SHIFT: u32 = 0xf_0000;

/// Marks what came from outside.
#[must_use]
pub fn mark(value: &str) -> String {
    let shift = |c: char| if c.is_ascii_punctuation() { shifted(c) } else { c };
    value.chars().map(shift).collect()
}

fn shifted(c: char) -> char {
    char::from_u32(SHIFT + u32::from(c)).unwrap_or(c)
}

/// The punctuation mark that was marked.
fn marked(c: char) -> Option<char> {
    let code = u32::from(c).checked_sub(SHIFT)?;
    char::from_u32(code).filter(char::is_ascii_punctuation)
}

/// Writes the whole as Markdown in which what was marked means itself. O(n).
#[must_use]
pub fn settle(source: &str) -> String {
    if !source.chars().any(|c| marked(c).is_some()) {
        return source.to_owned();
    }
    let (code, links) = places(source);
    let (mut code, mut links) = (code.into_iter().peekable(), links.into_iter().peekable());
    let mut out = String::with_capacity(source.len());
    let mut line = Line::Empty;
    for (at, c) in source.char_indices() {
        while code.next_if(|range| range.end <= at).is_some() {}
        while links.next_if(|range| range.end <= at).is_some() {}
        let Some(own) = marked(c) else {
            out.push(c);
            line = line.then(c);
            continue;
        };
        let next = source[at + c.len_utf8()..].chars().next();
        if code.peek().is_some_and(|range| range.start <= at) {
            // It would end the code that it stands in.
            out.push(if own == '`' { '\u{2cb}' } else { own });
            continue;
        }
        let linked = links.peek().is_some_and(|range| range.start <= at);
        if linked || is_special(own, line, out.chars().next_back(), next) {
            out.push('\\');
        }
        out.push(own);
        line = Line::Words;
    }
    out
}

/// What a line has come to hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Nothing but spaces and a quote's marks.
    Empty,
    /// After them, a number.
    Number,
    /// More.
    Words,
}

impl Line {
    fn then(self, c: char) -> Self {
        match (self, c) {
            (_, '\n') => Self::Empty,
            (Self::Empty, '>') => Self::Empty,
            (Self::Empty, c) if c.is_whitespace() => Self::Empty,
            (Self::Empty | Self::Number, '0'..='9') => Self::Number,
            _ => Self::Words,
        }
    }
}

/// Where code stands, and where links and pictures do. Sorted, each apart from its like.
fn places(source: &str) -> (Vec<Range<usize>>, Vec<Range<usize>>) {
    let read = Source::new(source);
    let (mut code, mut links) = (Vec::new(), Vec::new());
    for (event, range) in Parser::new_ext(&read.text, options()).into_offset_iter() {
        let range = read.original(range.start)..read.original(range.end);
        match event {
            Event::Code(_)
            | Event::InlineHtml(_)
            | Event::Start(
                Tag::CodeBlock(_) | Tag::HtmlBlock | Tag::Link { link_type: LinkType::Autolink | LinkType::Email, .. },
            ) => code.push(range),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => links.push(range),
            _ => {}
        }
    }
    for list in [&mut code, &mut links] {
        list.sort_by_key(|range| range.start);
        list.dedup_by(|inner, outer| inner.start < outer.end);
    }
    (code, links)
}

/// Whether a character would be read as a mark after what its line holds, between these two characters.
fn is_special(c: char, line: Line, before: Option<char>, next: Option<char>) -> bool {
    let wordy = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    match c {
        '\\' | '`' | '*' | '[' | ']' | '<' | '~' | '|' => true,
        '_' => !(wordy(before) && wordy(next)),
        // A name of a character goes on in letters or a number.
        '&' => next.is_some_and(|n| n.is_ascii_alphabetic() || n == '#' || n == shifted('#')),
        '!' => next == Some('['),
        '(' => before == Some(']'),
        '#' | '+' | '-' | '=' | '>' => line == Line::Empty,
        '.' | ')' => line == Line::Number && next.is_none_or(char::is_whitespace),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Dialect, render};
    use proptest::prelude::*;

    fn filled(template: &str, value: &str) -> String {
        settle(&template.replace("{}", &mark(value)))
    }

    #[test]
    fn a_value_is_written_as_its_place_wants_it() {
        for (template, value, written) in [
            ("{}", "91 %", "91 %"),
            ("值 {}", "rate(x[5m])*100*8", r"值 rate(x\[5m\])\*100\*8"),
            ("`{}`", "a_*b*", "`a_*b*`"),
            ("`{}`", "a`b", "`aˋb`"),
            ("```\n{}\n```", "[a](b)", "```\n[a](b)\n```"),
            ("[看板]({})", "https://a.cn/x_y?a=1&b=(2)", r"[看板](https\:\/\/a\.cn\/x\_y\?a\=1\&b\=\(2\))"),
            ("<https://a.cn/{}>", "a_b*c", "<https://a.cn/a_b*c>"),
            ("{}", "# a", r"\# a"),
            ("> {}", "- a", r"> \- a"),
            ("{}", "1. a", r"1\. a"),
            ("v{}", "1.5-2", "v1.5-2"),
            ("{}", "snake_case _x_", r"snake_case \_x\_"),
            ("| {} |\n| --- |", "a|b", "| a\\|b |\n| --- |"),
            ("[x]{}", "(http://a.cn)", r"[x]\(http://a.cn)"),
            ("AT{}T", "&", r"AT\&T"),
        ] {
            assert_eq!(filled(template, value), written, "{template} {value}");
        }
    }

    #[test]
    fn a_value_is_read_as_itself_in_every_place() {
        for value in
            ["rate(x[5m])*100*8", "**a** _b_ ~~c~~", "[点此](http://a.cn)", "https://es/_cat?h=*&s=*", "a&lt;b"]
        {
            for (template, shown) in [("x {} y", "x {} y"), ("**{}**", "{}"), ("- {}", "- {}"), ("`{}`", "{}")] {
                let text = render(&filled(template, value), Dialect::Plain);
                assert_eq!(text, shown.replace("{}", value), "{template}");
            }
            let address = "https://a.cn/(x)_y*";
            let link = render(&filled("[{}](https://a.cn)", value), Dialect::Plain);
            assert_eq!(link, format!("{value} (https://a.cn)"));
            assert!(render(&filled("[a]({})", address), Dialect::Plain).ends_with(&format!("({address})")));
        }
    }

    proptest! {
        #[test]
        fn any_line_is_read_as_itself(value in "[a-z0-9 中。!-/:-@\\[-`{-~]{0,40}") {
            // Spaces at the ends of lines and in rows are the dialect's.
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            let text = render(&filled("值 {} 完", &value), Dialect::Plain);
            prop_assert_eq!(text, format!("值 {value} 完").replace("值  完", "值  完"));
        }
    }
}

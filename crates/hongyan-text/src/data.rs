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

use crate::{
    source::{Source, target},
    tree::options,
};
use pulldown_cmark::{Event, LinkType, Parser, Tag};
use std::{iter::Peekable, ops::Range, vec::IntoIter};

/// What is added to an ASCII punctuation mark or white space of data: private characters, of which a text rarely has any.
const SHIFT: u32 = 0xf_0000;

/// Marks what came from outside.
#[must_use]
pub fn mark(value: &str) -> String {
    value.replace("\r\n", "\n").chars().map(|c| if is_shifted(c) { shifted(c) } else { c }).collect()
}

fn is_shifted(c: char) -> bool {
    c.is_ascii_punctuation() || c.is_ascii_whitespace()
}

fn shifted(c: char) -> char {
    char::from_u32(SHIFT + u32::from(c)).unwrap_or(c)
}

/// The character that was marked.
fn marked(c: char) -> Option<char> {
    let code = u32::from(c).checked_sub(SHIFT)?;
    char::from_u32(code).filter(|c| is_shifted(*c))
}

/// Writes the whole as Markdown in which what was marked means itself. O(n).
#[must_use]
pub fn settle(source: &str) -> String {
    if !source.chars().any(|c| marked(c).is_some()) {
        return source.to_owned();
    }
    let mut places = Places::of(source);
    let mut out = String::with_capacity(source.len());
    let mut line = Line::Empty;
    // Where the template's line began, and whether it has a mark right before.
    let mut line_start = 0;
    let mut after_mark = false;
    for (at, c) in source.char_indices() {
        let Some(own) = marked(c) else {
            if c == '\n' {
                line_start = at + 1;
            }
            after_mark = is_mark(c) && !out.ends_with('\\');
            out.push(c);
            line = line.then(c);
            continue;
        };
        let place = places.at(at);
        let next = source[at + c.len_utf8()..].chars().next();
        let beside = std::mem::take(&mut after_mark) || next.is_some_and(is_mark);
        if own.is_ascii_whitespace() {
            line = place.white_space(own, line, &source[line_start..at], &mut out);
            continue;
        }
        match place.kind {
            Kind::Address if matches!(own, '<' | '>') => out.push_str(if own == '<' { "%3C" } else { "%3E" }),
            // It would end the code that it stands in, or the cell around that.
            Kind::Span | Kind::Block if own == '`' => out.push('\u{2cb}'),
            Kind::Span if own == '|' && place.row => out.push_str("\\|"),
            Kind::Address | Kind::Span | Kind::Block => out.push(own),
            Kind::Label | Kind::Target => out.extend(['\\', own]),
            Kind::Words if beside || is_special(own, line, out.chars().next_back(), next) => out.extend(['\\', own]),
            Kind::Words => out.push(own),
        }
        line = Line::Words;
    }
    out
}

/// What a line has come to hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Nothing but spaces, a quote's marks and those of a list's item.
    Empty,
    /// After them, a number.
    Number,
    /// After them, what is an item's mark if white space follows.
    Bullet,
    /// More.
    Words,
}

impl Line {
    fn then(self, c: char) -> Self {
        match (self, c) {
            (_, '\n') => Self::Empty,
            (Self::Empty, '>') => Self::Empty,
            (Self::Empty | Self::Bullet, c) if c.is_whitespace() => Self::Empty,
            (Self::Empty, '-' | '+' | '*') | (Self::Number, '.' | ')') => Self::Bullet,
            (Self::Empty | Self::Number, '0'..='9') => Self::Number,
            _ => Self::Words,
        }
    }
}

/// How a further line of a value begins, so that it stays in the quotes and items of the template's line.
fn container(line: &str) -> String {
    let mut out = String::new();
    let mut kept = 0;
    let mut state = Line::Empty;
    for c in line.chars() {
        state = state.then(c);
        if state == Line::Words {
            break;
        }
        out.push(if c == '>' { c } else { ' ' });
        if state == Line::Empty {
            kept = out.len();
        }
    }
    out.truncate(kept);
    out
}

/// What a value stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Words,
    /// Code in a line, or HTML.
    Span,
    /// Lines of code.
    Block,
    /// An address in angle brackets.
    Address,
    Label,
    /// A link's or picture's.
    Target,
}

#[derive(Clone, Copy)]
struct Place {
    kind: Kind,
    /// In a table.
    row: bool,
    /// In a heading.
    heading: bool,
    /// Within an emphasis, which ends with its paragraph.
    marked: bool,
}

impl Place {
    /// Writes white space of a value; gives what the line holds then. `before` is the template's line up to here.
    fn white_space(self, c: char, line: Line, before: &str, out: &mut String) -> Line {
        match (self.kind, c) {
            (Kind::Target | Kind::Address, '\n') => {}
            (Kind::Target | Kind::Address, _) => out.push_str("%20"),
            (Kind::Block | Kind::Words, '\n') if !self.row && !self.heading => {
                if self.kind == Kind::Block || !self.marked || line != Line::Empty {
                    out.push('\n');
                    out.push_str(&container(before));
                }
                return Line::Empty;
            }
            (Kind::Words, '\n') if self.row => out.push_str("<br>"),
            (Kind::Block, c) => out.push(c),
            // It would begin a block of code, or an item.
            (Kind::Words, _) if line == Line::Empty => return line,
            (Kind::Words, _) if line == Line::Bullet => out.push('\u{a0}'),
            _ => out.push(' '),
        }
        Line::Words
    }
}

/// Ranges that are asked for from the first character on; sorted, apart from each other.
struct Ranges<T>(Peekable<IntoIter<(Range<usize>, T)>>);

impl<T: Copy> Ranges<T> {
    fn new(mut ranges: Vec<(Range<usize>, T)>) -> Self {
        ranges.sort_by_key(|(range, _)| range.start);
        ranges.dedup_by(|(inner, _), (outer, _)| inner.start < outer.end);
        Self(ranges.into_iter().peekable())
    }

    fn at(&mut self, at: usize) -> Option<T> {
        while self.0.next_if(|(range, _)| range.end <= at).is_some() {}
        self.0.peek().filter(|(range, _)| range.start <= at).map(|(_, what)| *what)
    }
}

/// What stands where in a template with its values.
struct Places {
    verbatim: Ranges<Kind>,
    labels: Ranges<()>,
    rows: Ranges<()>,
    headings: Ranges<()>,
    emphases: Ranges<()>,
}

impl Places {
    fn of(source: &str) -> Self {
        let read = Source::new(source);
        let mut verbatim = Vec::new();
        let (mut labels, mut rows, mut headings, mut emphases) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (event, range) in Parser::new_ext(&read.text, options()).into_offset_iter() {
            let range = read.original(range.start)..read.original(range.end);
            match event {
                Event::Code(_) | Event::InlineHtml(_) | Event::Start(Tag::HtmlBlock) => {
                    verbatim.push((range, Kind::Span));
                }
                Event::Start(Tag::CodeBlock(_)) => verbatim.push((range, Kind::Block)),
                Event::Start(Tag::Link { link_type: LinkType::Autolink | LinkType::Email, .. }) => {
                    verbatim.push((range, Kind::Address));
                }
                Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                    verbatim.extend(target(source, &range).map(|range| (range, Kind::Target)));
                    labels.push((range, ()));
                }
                Event::Start(Tag::Table(_)) => rows.push((range, ())),
                Event::Start(Tag::Heading { .. }) => headings.push((range, ())),
                Event::Start(Tag::Strong | Tag::Emphasis | Tag::Strikethrough) => emphases.push((range, ())),
                _ => {}
            }
        }
        let mut known = Ranges::new(verbatim.clone());
        let addresses = addresses(source).filter(|range| known.at(range.start).is_none());
        verbatim.extend(addresses.map(|range| (range, Kind::Address)).collect::<Vec<_>>());
        Self {
            verbatim: Ranges::new(verbatim),
            labels: Ranges::new(labels),
            rows: Ranges::new(rows),
            headings: Ranges::new(headings),
            emphases: Ranges::new(emphases),
        }
    }

    fn at(&mut self, at: usize) -> Place {
        let label = self.labels.at(at).map(|()| Kind::Label);
        Place {
            kind: self.verbatim.at(at).or(label).unwrap_or(Kind::Words),
            row: self.rows.at(at).is_some(),
            heading: self.headings.at(at).is_some(),
            marked: self.emphases.at(at).is_some(),
        }
    }
}

/// What the template has in angle brackets and is an address once its values stand there.
fn addresses(source: &str) -> impl Iterator<Item = Range<usize>> {
    source.match_indices('<').filter_map(|(at, _)| {
        let inside = &source[at + 1..];
        let end = inside.find(|c: char| matches!(c, '<' | '>') || c.is_whitespace())?;
        let plain: String = inside[..end].chars().map(|c| marked(c).unwrap_or(c)).collect();
        let (scheme, _) = plain.split_once(':')?;
        let is_scheme = (2..=32).contains(&scheme.len())
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
        (is_scheme && inside[end..].starts_with('>')).then_some(at..at + end + 2)
    })
}

fn is_mark(c: char) -> bool {
    matches!(c, '*' | '_' | '~')
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
        '#' | '+' | '-' | '=' | '>' | ':' => line == Line::Empty,
        '.' | ')' => line == Line::Number && next.is_none_or(|n| marked(n).unwrap_or(n).is_whitespace()),
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
            ("<{}>", "http://x/a_b?h=*", "<http://x/a_b?h=*>"),
            ("<{}>", "http://x/a b>c", "<http://x/a%20b%3Ec>"),
            ("<{}>", "a*b", r"<a\*b>"),
            ("[a]({})", "http://x/a b\nc", r"[a](http\:\/\/x\/a%20bc)"),
            ("`{}` b", "# h\n- l\n> q", "`# h - l > q` b"),
            ("# {} b", "a\nb", "# a b b"),
            ("| a |\n| --- |\n| {} |\nx", "c\nd|e", "| a |\n| --- |\n| c<br>d\\|e |\nx"),
            ("| a |\n| --- |\n| `{}` |\nx", "c\nd|e", "| a |\n| --- |\n| `c d\\|e` |\nx"),
            ("> - {}", "a\nb\n\n    c", "> - a\n>   b\n>   \n>   c"),
            ("> ```\n> {}\n> ```", "a\n  b", "> ```\n> a\n>   b\n> ```"),
            ("**{}**", "a\n\n- b", "**a\n\\- b**"),
            ("**{}**中", "/x/", r"**\/x\/**中"),
            ("- {}", "---", r"- \---"),
            ("> 1. {}", "# x", r"> 1. \# x"),
            ("{}", "    x", "x"),
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

    #[test]
    fn lines_of_a_value_stay_in_its_place() {
        let log = "# h\n- l\n> q\n\n    code\n```\n---";
        let table = render(&filled("| a | b |\n|---|---|\n| {} | x |\n\ny", log), Dialect::Html);
        assert!(
            table.contains("># h<br>\n- l<br>\n&gt; q<br>\n<br>\n") && table.contains(">x</td></tr>\n</table>\n<p>y")
        );
        for template in ["`{}` y", "# {} y", "| a |\n|---|\n| `{}` |\n\ny"] {
            let text = render(&filled(template, log), Dialect::Plain);
            assert!(text.contains("# h - l > q ") && text.ends_with('y'), "{text}");
        }
        let list = render(&filled("- {}\n- y", log), Dialect::Html);
        assert!(!list.contains("<h") && !list.contains("<blockquote") && !list.contains("<pre"), "{list}");
        assert_eq!(list.matches("<li>").count(), 2, "{list}");
        assert_eq!(render(&filled("- {}\n- y", "---"), Dialect::Plain), "- ---\n- y");
        let address = "http://x/a_b?h=*&c=(1)";
        assert_eq!(render(&filled("<{}>", address), Dialect::Plain), address);
        let link = render(&filled("见 <{}>。", address), Dialect::Html);
        assert!(link.contains("<a href=\"http://x/a_b?h=*&amp;c=(1)\">"), "{link}");
    }

    proptest! {
        #[test]
        fn any_line_is_read_as_itself(value in "[a-z0-9 中。!-/:-@\\[-`{-~]{0,40}") {
            // Spaces at the ends of lines and in rows are the dialect's.
            let value = value.split_whitespace().collect::<Vec<_>>().join(" ");
            let text = render(&filled("值 {} 完", &value), Dialect::Plain);
            prop_assert_eq!(text, format!("值 {value} 完").replace("值  完", "值  完"));
        }

        #[test]
        fn any_lines_are_read_as_themselves(lines in prop::collection::vec("[a-z0-9 中。!-/:-@\\[-`{-~]{0,9}", 1..5)) {
            let lines = lines.iter().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
            let lines: Vec<String> = lines.filter(|line| !line.is_empty()).collect();
            for (before, next) in [("值 ", "\n"), ("- 值 ", "\n  "), ("> ", "\n> ")] {
                let text = render(&filled(&format!("{before}{{}}完"), &lines.join("\n")), Dialect::Plain);
                prop_assert_eq!(text, format!("{before}{}完", lines.join(next)));
            }
        }
    }
}

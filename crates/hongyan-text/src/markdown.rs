//! One Markdown source, the dialects that the platforms read.
//!
//! The source is CommonMark with tables and strikethrough, read as people who write Chinese mean it (see
//! `source.rs`), and WeCom's `<font color="info|comment|warning">` with other colours beside. What a dialect has no mark
//! for is written as text: the words, the address of a link and the lines always arrive. Raw HTML is text everywhere.
//!
//! Text is escaped only where it would be read as a mark: not every client takes an escape back, and an address is to
//! be copied as it stands.

use crate::{
    address, html, table_lines,
    tree::{Block, Inline, MarkdownTable, is_harmless, parse, words},
};
use pulldown_cmark::{Alignment, Event, Parser};
use std::ops::Range;

/// Who is to read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// DingTalk: headings, quotes, bold, italics, links, images, lists.
    DingTalk,
    /// WeCom's `markdown`: headings, bold, links, one-line code, quotes, colours.
    WeCom,
    /// WeCom's `markdown_v2`: all of CommonMark and tables, no colours.
    WeComV2,
    /// The HTML part of a mail.
    Html,
    /// The words of WeCom's text card: text without marks, in which only a few tags of HTML are any.
    WeComCard,
    /// Text without marks.
    Plain,
}

/// Puts a source into a dialect. Lines of the source stay lines. O(n); takes every source.
#[must_use]
pub fn render(source: &str, dialect: Dialect) -> String {
    let blocks = parse(source);
    let lines = |dialect| Writer { dialect }.blocks(&blocks, false);
    match dialect {
        Dialect::Html => html::write(&blocks),
        // What looks like a mark of HTML is read as one.
        Dialect::WeComCard => lines(Dialect::Plain).join("\n").replace('<', "\u{ff1c}").replace('\n', "<br>"),
        _ => lines(dialect).join("\n"),
    }
}

/// What in the text of a paragraph could be taken for a mark.
#[derive(Debug, Clone, Copy, Default)]
struct Care {
    /// Several of these, which could pair.
    stars: usize,
    /// Runs of two stars and more.
    bolds: usize,
    scores: usize,
    ticks: usize,
    waves: usize,
    /// What could end a tag.
    tags: bool,
}

impl Care {
    fn of<'a>(lines: impl IntoIterator<Item = &'a [Inline]>) -> Self {
        let mut care = Self::default();
        for line in lines {
            care.line(line, false);
        }
        care
    }

    fn line(&mut self, line: &[Inline], marked: bool) {
        let is_mark = |i: Option<usize>| {
            let inline = i.and_then(|i| line.get(i));
            matches!(inline, Some(Inline::Strong(_) | Inline::Emphasis(_) | Inline::Link(..) | Inline::Image(..)))
        };
        for (i, inline) in line.iter().enumerate() {
            match inline {
                Inline::Text(text) | Inline::Code(text) => {
                    let before = self.stars + self.scores;
                    self.text(text);
                    let touches = is_mark(i.checked_sub(1)) && text.starts_with(['*', '_'])
                        || is_mark(Some(i + 1)) && text.ends_with(['*', '_']);
                    // Beside or inside of real marks one alone could pair with one of those.
                    if touches || (marked && self.stars + self.scores > before) {
                        self.stars += 2;
                        self.scores += 2;
                    }
                }
                Inline::Break => {}
                Inline::Strong(inner) | Inline::Emphasis(inner) => self.line(inner, true),
                Inline::Strike(inner) | Inline::Colour(_, inner) | Inline::Link(_, inner) | Inline::Image(_, inner) => {
                    self.line(inner, marked);
                }
            }
        }
    }

    fn text(&mut self, text: &str) {
        let mut literal = Literal::of(text);
        let mut before: Option<char> = None;
        for (at, c) in text.char_indices() {
            let next = text[at + c.len_utf8()..].chars().next();
            match c {
                _ if literal.holds(at) => {}
                '*' if before == Some('*') => self.bolds += usize::from(!text[..at - 1].ends_with('*')),
                '*' if !is_between_spaces(before, after_run(&text[at..], '*')) => self.stars += 1,
                '_' if before != Some('_') && !is_inside_word(before, next) => self.scores += 1,
                '`' if before != Some('`') => self.ticks += 1,
                '~' if before == Some('~') => self.waves += 1,
                '>' => self.tags = true,
                _ => {}
            }
            before = Some(c);
        }
    }
}

/// Addresses that go out as they stand, asked for from the first character on.
struct Literal {
    ranges: std::iter::Peekable<std::vec::IntoIter<Range<usize>>>,
}

impl Literal {
    fn of(text: &str) -> Self {
        let mut found = if text.contains('/') { address::bare(text) } else { Vec::new() };
        // What Windows writes holds backslashes, which are marks themselves.
        found.retain(|range| !text[range.clone()].contains('\\'));
        Self { ranges: found.into_iter().peekable() }
    }

    fn holds(&mut self, at: usize) -> bool {
        while self.ranges.next_if(|range| range.end <= at).is_some() {}
        self.ranges.peek().is_some_and(|range| range.start <= at)
    }
}

struct Writer {
    dialect: Dialect,
}

impl Writer {
    /// Lines of blocks, an empty one between two; none in a `tight` list item.
    fn blocks(&self, blocks: &[Block], tight: bool) -> Vec<String> {
        let mut out = Vec::new();
        for (i, block) in blocks.iter().enumerate() {
            if i > 0 && !(tight && matches!(block, Block::List(..))) {
                out.push(String::new());
            }
            out.extend(self.block(block));
        }
        out
    }

    fn block(&self, block: &Block) -> Vec<String> {
        match block {
            Block::Heading(level, line) => {
                let title = self.inlines(line, Care::of([line.as_slice()])).replace('\n', " ");
                vec![if self.dialect == Dialect::Plain { title } else { format!("{} {title}", "#".repeat(*level)) }]
            }
            Block::Paragraph(line) => self.paragraph(line),
            Block::Quote(inner) => self.quote(inner),
            Block::List(start, items) => self.list(*start, items),
            Block::Code(text) => self.code(text),
            Block::Table(table) => self.table(table),
            Block::Rule => vec![if self.dialect == Dialect::WeCom { "——————" } else { "---" }.into()],
        }
    }

    fn paragraph(&self, line: &[Inline]) -> Vec<String> {
        let text = self.inlines(line, Care::of([line]));
        let lines: Vec<String> = text.split('\n').map(|line| self.guard_start(line.trim())).collect();
        self.broken(lines)
    }

    /// Lines of one paragraph, with the marks that keep them apart.
    fn broken(&self, mut lines: Vec<String>) -> Vec<String> {
        if self.dialect != Dialect::DingTalk && self.dialect != Dialect::WeComV2 {
            return lines;
        }
        let last = lines.len().saturating_sub(1);
        for (i, line) in lines.iter_mut().enumerate() {
            if i > 0 && self.dialect == Dialect::DingTalk {
                line.insert_str(0, "  ");
            }
            if i < last {
                line.push_str("  ");
            }
        }
        lines
    }

    fn quote(&self, inner: &[Block]) -> Vec<String> {
        let nested = self.dialect != Dialect::WeCom;
        let lines = self.blocks(inner, false).into_iter();
        lines
            .map(|line| match line.as_str() {
                "" => ">".to_owned(),
                // WeCom's own has one level.
                _ if !nested && line.starts_with('>') => line,
                _ => format!("> {line}"),
            })
            .collect()
    }

    fn list(&self, start: Option<u64>, items: &[Vec<Block>]) -> Vec<String> {
        let mut out = Vec::new();
        for (i, item) in (0_u64..).zip(items) {
            let mark = start.map_or_else(|| "- ".to_owned(), |first| format!("{}. ", first.saturating_add(i)));
            let indent = " ".repeat(mark.len());
            let lines = self.blocks(item, true);
            if lines.is_empty() {
                out.push(mark.trim_end().to_owned());
            }
            for (n, line) in lines.into_iter().enumerate() {
                out.push(match (n, line.as_str()) {
                    (0, _) => format!("{mark}{line}"),
                    (_, "") => line,
                    _ => format!("{indent}{line}"),
                });
            }
        }
        out
    }

    fn code(&self, text: &str) -> Vec<String> {
        match self.dialect {
            Dialect::WeComV2 => {
                let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or_default();
                let fence = "`".repeat(longest.max(2) + 1);
                let mut lines = vec![fence.clone()];
                lines.extend(text.split('\n').map(str::to_owned));
                lines.push(fence);
                lines
            }
            // Each line is code of its own, where it can be.
            Dialect::WeCom => {
                let care = Care::of([[Inline::Text(text.to_owned())].as_slice()]);
                let line = |line: &str| match line {
                    _ if line.trim().is_empty() => String::new(),
                    _ if line.contains('`') => self.escape(line, care),
                    _ => format!("`{line}`"),
                };
                text.split('\n').map(line).collect()
            }
            Dialect::DingTalk => {
                let care = Care::of([[Inline::Text(text.to_owned())].as_slice()]);
                let lines: Vec<String> = text.split('\n').map(|line| self.verbatim(line, care)).collect();
                self.broken(lines).into_iter().map(|line| format!("> {line}")).collect()
            }
            Dialect::Html | Dialect::WeComCard | Dialect::Plain => {
                text.split('\n').map(|line| format!("    {line}")).collect()
            }
        }
    }

    /// A line of code or of a table where the dialect has neither: marks mean nothing and its indent stays.
    fn verbatim(&self, line: &str, care: Care) -> String {
        let words = line.trim_start_matches([' ', '\t']);
        let indent: usize = line[..line.len() - words.len()].chars().map(|c| if c == '\t' { 4 } else { 1 }).sum();
        // Spaces at a line's start are dropped by the platform; these are not.
        format!("{}{}", "\u{a0}".repeat(indent.min(80)), self.guard_start(&self.escape(words, care)))
    }

    fn table(&self, table: &MarkdownTable) -> Vec<String> {
        let care = Care::of(table.rows.iter().flatten().map(Vec::as_slice));
        if self.dialect != Dialect::WeComV2 {
            let lines = table_lines::lines(table, |cell| self.inlines(cell, care).replace('\n', " "));
            return self.broken(lines);
        }
        let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
        let mut out = Vec::new();
        for (i, cells) in table.rows.iter().enumerate() {
            let cells = cells.iter().map(|cell| self.inlines(cell, care).replace('\n', " ").replace('|', "\\|"));
            out.push(row(cells.collect()));
            if i == 0 {
                let rule = |alignment: &Alignment| match alignment {
                    Alignment::None => "---",
                    Alignment::Left => ":--",
                    Alignment::Center => ":-:",
                    Alignment::Right => "--:",
                };
                out.push(row(table.columns.iter().map(|alignment| rule(alignment).to_owned()).collect()));
            }
        }
        out
    }

    fn inlines(&self, line: &[Inline], care: Care) -> String {
        let mut out = String::new();
        for inline in line {
            match inline {
                Inline::Text(text) => out.push_str(&self.escape(text, care)),
                Inline::Break => out.push('\n'),
                Inline::Code(text) => out.push_str(&self.code_span(text, care)),
                Inline::Strong(inner) if self.dialect != Dialect::Plain => self.mark("**", inner, care, &mut out),
                Inline::Emphasis(inner) if matches!(self.dialect, Dialect::DingTalk | Dialect::WeComV2) => {
                    self.mark("*", inner, care, &mut out);
                }
                Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Strike(inner) => {
                    out.push_str(&self.inlines(inner, care));
                }
                Inline::Colour(colour, inner) => {
                    let inner = self.inlines(inner, care);
                    match colour.tone.filter(|_| self.dialect == Dialect::WeCom) {
                        Some(tone) => out.push_str(&format!("<font color=\"{}\">{inner}</font>", tone.name())),
                        None => out.push_str(&inner),
                    }
                }
                Inline::Link(url, inner) => {
                    self.link(url, &self.inlines(inner, care).replace('\n', " "), &mut out);
                }
                Inline::Image(url, alt) => self.image(url, &words(alt), care, &mut out),
            }
        }
        out
    }

    fn mark(&self, mark: &str, inner: &[Inline], care: Care, out: &mut String) {
        let inner = self.inlines(inner, care);
        if !inner.trim().is_empty() {
            out.push_str(&format!("{mark}{inner}{mark}"));
        }
    }

    fn code_span(&self, text: &str, care: Care) -> String {
        match self.dialect {
            Dialect::WeCom | Dialect::WeComV2 if !text.contains('`') => format!("`{text}`"),
            Dialect::WeComV2 => format!("`` {text} ``"),
            _ => self.escape(text, care),
        }
    }

    fn link(&self, url: &str, label: &str, out: &mut String) {
        if !is_harmless(url) {
            out.push_str(label);
        } else if self.dialect == Dialect::Plain {
            let address = url.strip_prefix("mailto:").unwrap_or(url);
            match label {
                _ if url.is_empty() => out.push_str(label),
                "" => out.push_str(url),
                _ if label == url || label == address => out.push_str(label),
                _ => out.push_str(&format!("{label} ({url})")),
            }
        } else if url.is_empty() {
            out.push_str(label);
        } else {
            // An exclamation mark right before would make a picture of it.
            if out.ends_with('!') {
                out.push(' ');
            }
            let target = target(url);
            let label = if label.is_empty() { target.as_str() } else { label };
            out.push_str(&format!("[{label}]({target})"));
        }
    }

    fn image(&self, url: &str, alt: &str, care: Care, out: &mut String) {
        match self.dialect {
            Dialect::DingTalk | Dialect::WeComV2 if is_harmless(url) && !url.is_empty() => {
                out.push_str(&format!("![{}]({})", self.escape(alt, care), target(url)));
            }
            Dialect::Plain => self.link(url, alt, out),
            _ => self.link(url, &self.escape(alt, care), out),
        }
    }

    /// Text such that it means itself. WeCom's own dialect knows no escapes: a character without width breaks its marks.
    fn escape(&self, text: &str, care: Care) -> String {
        if self.dialect == Dialect::Plain {
            return text.to_owned();
        }
        let slashes = self.dialect != Dialect::WeCom;
        let mut literal = Literal::of(text);
        let mut out = String::with_capacity(text.len());
        let mut before: Option<char> = None;
        // Whether the run of stars that is being written could mark something.
        let mut stars = false;
        for (at, c) in text.char_indices() {
            let next = text[at + c.len_utf8()..].chars().next();
            if c == '*' && before != Some('*') {
                stars = care.stars > 1 && !is_between_spaces(before, after_run(&text[at..], '*'));
            }
            match c {
                _ if literal.holds(at) => out.push(c),
                '<' if runs(&text[at..]) => out.push_str("&lt;"),
                '<' if care.tags && next.is_some_and(|n| n.is_ascii_alphabetic() || matches!(n, '/' | '!' | '?')) => {
                    out.push_str("&lt;");
                }
                '&' if is_entity(&text[at..]) => out.push_str("&amp;"),
                '*' if slashes && stars => out.push_str("\\*"),
                '*' if !slashes && care.bolds > 1 && before == Some('*') => out.push_str("\u{200b}*"),
                '_' if slashes && care.scores > 1 && !is_inside_word(before, next) => out.push_str("\\_"),
                '`' if slashes && care.ticks > 1 => out.push_str("\\`"),
                '~' if slashes && care.waves > 1 && (next == Some('~') || before == Some('~')) => out.push_str("\\~"),
                ']' if next == Some('(') => out.push_str(if slashes { "\\]" } else { "]\u{200b}" }),
                '\\' if slashes && next.is_some_and(|n| n.is_ascii_punctuation()) => out.push_str("\\\\"),
                _ => out.push(c),
            }
            before = Some(c);
        }
        out
    }

    /// A line of text that must not begin a heading, a quote or a list.
    fn guard_start(&self, line: &str) -> String {
        let title = line.trim_start_matches('#');
        let heading = line.starts_with('#') && (title.is_empty() || title.starts_with(' '));
        match self.dialect {
            Dialect::DingTalk | Dialect::WeComV2 => {}
            Dialect::WeCom if heading || line.starts_with('>') => return format!("\u{200b}{line}"),
            _ => return line.to_owned(),
        }
        let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let rest = &line[digits..];
        if digits > 0 && (rest.starts_with(". ") || rest.starts_with(") ")) {
            return format!("{}\\{rest}", &line[..digits]);
        }
        let ruled = |mark: char| line.starts_with(mark) && line.chars().all(|c| c == mark || c == ' ');
        let mark = heading
            || line.starts_with('>')
            || line.starts_with("- ")
            || line.starts_with("+ ")
            || line.starts_with("* ")
            || ruled('=')
            || ruled('-');
        if mark { format!("\\{line}") } else { line.to_owned() }
    }
}

/// Whether a mark between these has no word to mark: the end of a line is as good as a space.
fn is_between_spaces(before: Option<char>, next: Option<char>) -> bool {
    before.is_none_or(char::is_whitespace) && next.is_none_or(char::is_whitespace)
}

/// What follows the run of a mark that a text begins with.
fn after_run(text: &str, mark: char) -> Option<char> {
    text.trim_start_matches(mark).chars().next()
}

/// Whether an underscore between these marks nothing.
fn is_inside_word(before: Option<char>, next: Option<char>) -> bool {
    before.is_some_and(char::is_alphanumeric) && next.is_some_and(char::is_alphanumeric)
}

/// Whether a text begins like a tag that does more than show its words.
fn runs(text: &str) -> bool {
    let begins = |name: &&str| text.get(1..=name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    ["script", "iframe", "style"].iter().any(begins)
}

/// Whether a text that begins with `&` begins with a character's name, `&lt;`. An address has such beginnings.
fn is_entity(text: &str) -> bool {
    let Some(end) = text.bytes().take(40).position(|b| b == b';') else { return false };
    let piece = &text[..=end];
    let name = piece[1..end].bytes().all(|b| b.is_ascii_alphanumeric() || b == b'#');
    let means_itself = |event: Event<'_>| matches!(event, Event::Text(text) if *text == *piece);
    name && !Parser::new(piece).any(means_itself)
}

/// A link's target with nothing in it that would end it.
fn target(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for c in url.chars() {
        match c {
            ' ' => out.push_str("%20"),
            '(' => out.push_str("%28"),
            ')' => out.push_str("%29"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            '"' => out.push_str("%22"),
            c if c.is_control() || c.is_whitespace() => {}
            c => out.push(c),
        }
    }
    out
}

//! One Markdown source, the dialects that the platforms read.
//!
//! The source is CommonMark with tables and strikethrough, and WeCom's `<font color="info|comment|warning">`. What a
//! dialect has no mark for is written as text: the words, the address of a link and the lines always arrive. Raw HTML
//! is text everywhere.

use crate::{
    html, table,
    tree::{Block, Inline, Table, is_harmless, parse, words},
};
use pulldown_cmark::Alignment;

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
    /// Text without marks.
    Plain,
}

/// Puts a source into a dialect. Lines of the source stay lines. O(n); takes every source.
#[must_use]
pub fn render(source: &str, dialect: Dialect) -> String {
    let blocks = parse(source);
    if dialect == Dialect::Html { html::write(&blocks) } else { Writer { dialect }.blocks(&blocks, false).join("\n") }
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
                let title = self.inlines(line).replace('\n', " ");
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
        let text = self.inlines(line);
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
            Dialect::WeCom => text
                .split('\n')
                .map(|line| match line {
                    _ if line.trim().is_empty() => String::new(),
                    _ if line.contains('`') => self.escape(line),
                    _ => format!("`{line}`"),
                })
                .collect(),
            Dialect::DingTalk => {
                let lines: Vec<String> = text.split('\n').map(|line| self.verbatim(line)).collect();
                self.broken(lines).into_iter().map(|line| format!("> {line}")).collect()
            }
            Dialect::Html | Dialect::Plain => text.split('\n').map(|line| format!("    {line}")).collect(),
        }
    }

    /// A line of code or of a table where the dialect has neither: marks mean nothing and its indent stays.
    fn verbatim(&self, line: &str) -> String {
        let words = line.trim_start_matches([' ', '\t']);
        let indent: usize = line[..line.len() - words.len()].chars().map(|c| if c == '\t' { 4 } else { 1 }).sum();
        // Spaces at a line's start are dropped by the platform; these are not.
        format!("{}{}", "\u{a0}".repeat(indent.min(80)), self.guard_start(&self.escape(words)))
    }

    fn table(&self, table: &Table) -> Vec<String> {
        if self.dialect != Dialect::WeComV2 {
            let lines = table::lines(table, |cell| self.inlines(cell).replace('\n', " "));
            return self.broken(lines);
        }
        let row = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
        let mut out = Vec::new();
        for (i, cells) in table.rows.iter().enumerate() {
            let cells = cells.iter().map(|cell| self.inlines(cell).replace('\n', " ").replace('|', "\\|"));
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

    fn inlines(&self, line: &[Inline]) -> String {
        let mut out = String::new();
        for inline in line {
            match inline {
                Inline::Text(text) => out.push_str(&self.escape(text)),
                Inline::Break => out.push('\n'),
                Inline::Code(text) => out.push_str(&self.code_span(text)),
                Inline::Strong(inner) if self.dialect != Dialect::Plain => self.mark("**", inner, &mut out),
                Inline::Emphasis(inner) if matches!(self.dialect, Dialect::DingTalk | Dialect::WeComV2) => {
                    self.mark("*", inner, &mut out);
                }
                Inline::Strong(inner) | Inline::Emphasis(inner) | Inline::Strike(inner) => {
                    out.push_str(&self.inlines(inner));
                }
                Inline::Colour(colour, inner) => {
                    let inner = self.inlines(inner);
                    if self.dialect == Dialect::WeCom {
                        out.push_str(&format!("<font color=\"{}\">{inner}</font>", colour.name()));
                    } else {
                        out.push_str(&inner);
                    }
                }
                Inline::Link(url, inner) => self.link(url, &self.inlines(inner).replace('\n', " "), &mut out),
                Inline::Image(url, alt) => self.image(url, &words(alt), &mut out),
            }
        }
        out
    }

    fn mark(&self, mark: &str, inner: &[Inline], out: &mut String) {
        let inner = self.inlines(inner);
        if !inner.trim().is_empty() {
            out.push_str(&format!("{mark}{inner}{mark}"));
        }
    }

    fn code_span(&self, text: &str) -> String {
        match self.dialect {
            Dialect::WeCom | Dialect::WeComV2 if !text.contains('`') => format!("`{text}`"),
            Dialect::WeComV2 => format!("`` {text} ``"),
            _ => self.escape(text),
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

    fn image(&self, url: &str, alt: &str, out: &mut String) {
        match self.dialect {
            Dialect::DingTalk | Dialect::WeComV2 if is_harmless(url) && !url.is_empty() => {
                out.push_str(&format!("![{}]({})", self.escape(alt), target(url)));
            }
            Dialect::Plain => self.link(url, alt, out),
            _ => self.link(url, &self.escape(alt), out),
        }
    }

    /// Text such that it means itself. WeCom's own dialect knows no escapes, so marks in it stay as they are.
    fn escape(&self, text: &str) -> String {
        if self.dialect == Dialect::Plain {
            return text.to_owned();
        }
        let slashes = self.dialect != Dialect::WeCom;
        let mut out = String::with_capacity(text.len());
        let mut before: Option<char> = None;
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let next = chars.peek().copied();
            match c {
                '<' if next.is_some_and(|n| n.is_ascii_alphabetic() || matches!(n, '/' | '!' | '?')) => {
                    out.push_str("&lt;");
                }
                '&' if next.is_some_and(|n| n.is_ascii_alphabetic() || n == '#') => out.push_str("&amp;"),
                '*' if slashes && !(is_space(before) && is_space(next)) => out.push_str("\\*"),
                // Inside a word it marks nothing.
                '_' if slashes && !(is_wordy(before) && is_wordy(next)) => out.push_str("\\_"),
                '`' if slashes => out.push_str("\\`"),
                '~' if slashes && (next == Some('~') || before == Some('~')) => out.push_str("\\~"),
                ']' if slashes && next == Some('(') => out.push_str("\\]"),
                '\\' if slashes && next.is_some_and(|n| n.is_ascii_punctuation()) => out.push_str("\\\\"),
                _ => out.push(c),
            }
            before = Some(c);
        }
        out
    }

    /// A line of text that must not begin a heading, a quote or a list.
    fn guard_start(&self, line: &str) -> String {
        if !matches!(self.dialect, Dialect::DingTalk | Dialect::WeComV2) {
            return line.to_owned();
        }
        let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let rest = &line[digits..];
        if digits > 0 && (rest.starts_with(". ") || rest.starts_with(") ")) {
            return format!("{}\\{rest}", &line[..digits]);
        }
        let mark = line.starts_with(['#', '>', '='])
            || line.starts_with("- ")
            || line.starts_with("+ ")
            || line.starts_with("* ")
            || (line.starts_with('-') && line.chars().all(|c| matches!(c, '-' | ' ')));
        if mark { format!("\\{line}") } else { line.to_owned() }
    }
}

fn is_space(c: Option<char>) -> bool {
    c.is_some_and(char::is_whitespace)
}

fn is_wordy(c: Option<char>) -> bool {
    c.is_some_and(char::is_alphanumeric)
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

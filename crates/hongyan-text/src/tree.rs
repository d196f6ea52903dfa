//! Markdown as a tree: what the dialects' writers walk over. Reading it is left to `pulldown-cmark`.

use crate::source::Source;
use pulldown_cmark::{Alignment, CowStr, Event, Options, Parser, Tag};
use std::{borrow::Cow, iter::Peekable};

/// Nesting beyond this is flattened, so that no source can exhaust the stack or blow up the output.
const DEEPEST: usize = 16;
/// Colours within each other, beyond which they mean nothing.
const FONTS: usize = 2;

/// What the parser is asked for, here and where texts are split.
pub(crate) fn options() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH
}

/// A block.
#[derive(Debug, PartialEq)]
pub(crate) enum Block {
    Heading(usize, Vec<Inline>),
    Paragraph(Vec<Inline>),
    Quote(Vec<Block>),
    /// Items; the number of the first when they are numbered.
    List(Option<u64>, Vec<Vec<Block>>),
    Code(String),
    Table(MarkdownTable),
    Rule,
}

/// A table: the first row is its header.
#[derive(Debug, PartialEq)]
pub(crate) struct MarkdownTable {
    pub(crate) columns: Vec<Alignment>,
    pub(crate) rows: Vec<Vec<Vec<Inline>>>,
}

/// A piece of a line.
#[derive(Debug, PartialEq)]
pub(crate) enum Inline {
    /// Literal text; raw HTML is text too.
    Text(String),
    Code(String),
    Strong(Vec<Inline>),
    Emphasis(Vec<Inline>),
    Strike(Vec<Inline>),
    /// `<font color="…">`.
    Colour(Colour, Vec<Inline>),
    Link(String, Vec<Inline>),
    Image(String, Vec<Inline>),
    /// The end of a line in the source, soft or hard: whoever writes lines wants lines.
    Break,
}

/// What `<font color="…">` asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Colour {
    /// The nearest of WeCom's three.
    pub(crate) tone: Option<Tone>,
    /// As CSS has it; `None` for what is no colour.
    pub(crate) css: Option<String>,
}

/// WeCom's names of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    Info,
    Comment,
    Warning,
}

impl Tone {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Comment => "comment",
            Self::Warning => "warning",
        }
    }

    /// As WeCom shows it: green, grey, orange.
    const fn css(self) -> &'static str {
        match self {
            Self::Info => "#2e7d32",
            Self::Comment => "#757575",
            Self::Warning => "#d84315",
        }
    }

    /// The one that is meant by a colour of red, green and blue: red and orange warn, green informs, grey is beside
    /// the point. Others mean nothing to WeCom.
    fn nearest([red, green, blue]: [u8; 3]) -> Option<Self> {
        let (most, least) = (red.max(green).max(blue), red.min(green).min(blue));
        match most - least {
            0..32 if (64..224).contains(&most) => Some(Self::Comment),
            0..32 => None,
            _ if red == most && u16::from(green) * 4 <= u16::from(red) * 3 => Some(Self::Warning),
            _ if green == most && red < green && blue < green => Some(Self::Info),
            _ => None,
        }
    }
}

/// Names of colours that people write.
const NAMED: &[(&str, [u8; 3])] = &[
    ("red", [255, 0, 0]),
    ("orange", [255, 165, 0]),
    ("orangered", [255, 69, 0]),
    ("darkorange", [255, 140, 0]),
    ("tomato", [255, 99, 71]),
    ("crimson", [220, 20, 60]),
    ("firebrick", [178, 34, 34]),
    ("darkred", [139, 0, 0]),
    ("green", [0, 128, 0]),
    ("lime", [0, 255, 0]),
    ("limegreen", [50, 205, 50]),
    ("darkgreen", [0, 100, 0]),
    ("forestgreen", [34, 139, 34]),
    ("gray", [128, 128, 128]),
    ("grey", [128, 128, 128]),
    ("darkgray", [169, 169, 169]),
    ("darkgrey", [169, 169, 169]),
    ("dimgray", [105, 105, 105]),
    ("blue", [0, 0, 255]),
    ("yellow", [255, 255, 0]),
    ("gold", [255, 215, 0]),
    ("purple", [128, 0, 128]),
    ("black", [0, 0, 0]),
    ("white", [255, 255, 255]),
];

impl Colour {
    /// Of an opening tag, in whatever case and with or without quotes; `None` for what is no such tag.
    fn of(tag: &str) -> Option<Self> {
        let tag = tag.to_ascii_lowercase();
        let inside = tag.strip_prefix("<font")?.strip_suffix('>')?;
        if !inside.is_empty() && !inside.starts_with(|c: char| c.is_whitespace() || c == '/') {
            return None;
        }
        let value = inside.split_once("color").map_or("", |(_, rest)| rest.trim_start());
        let value = value.strip_prefix('=').unwrap_or_default().trim_start();
        let value = match value.chars().next() {
            Some(quote @ ('"' | '\'')) => value[1..].split(quote).next().unwrap_or_default(),
            _ => value.split(|c: char| c.is_whitespace() || c == '/').next().unwrap_or_default(),
        };
        let value = value.trim();
        if let Some(tone) = [Tone::Info, Tone::Comment, Tone::Warning].into_iter().find(|tone| tone.name() == value) {
            return Some(Self { tone: Some(tone), css: Some(tone.css().into()) });
        }
        let parts = NAMED.iter().find(|(name, _)| *name == value).map(|(_, parts)| *parts).or_else(|| hex(value));
        Some(Self { tone: parts.and_then(Tone::nearest), css: parts.map(|_| value.to_owned()) })
    }
}

/// `#f00` or `#ff0000`.
fn hex(value: &str) -> Option<[u8; 3]> {
    let digits = value.strip_prefix('#').filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    let at = |range: std::ops::Range<usize>| u8::from_str_radix(digits.get(range)?, 16).ok();
    match digits.len() {
        3 => Some([at(0..1)? * 17, at(1..2)? * 17, at(2..3)? * 17]),
        6 => Some([at(0..2)?, at(2..4)?, at(4..6)?]),
        _ => None,
    }
}

/// Reads a source.
pub(crate) fn parse(source: &str) -> Vec<Block> {
    let source = Source::new(source);
    let events =
        Shallow { events: Parser::new_ext(&source.text, options()), source: &source, kept: Vec::new(), nested: 0 };
    let mut reader = Reader { events: events.peekable(), fonts: 0, in_cell: false };
    let mut blocks = Vec::new();
    while reader.events.peek().is_some() {
        reader.blocks(&mut blocks);
        // An end without a beginning cannot come, and must not be waited for.
        reader.events.next();
    }
    blocks
}

/// The parser's events without the containers that are nested too deep; what is in them stays.
struct Shallow<'a> {
    events: Parser<'a>,
    /// What takes out of them what was put in.
    source: &'a Source<'a>,
    /// Of every open container, whether its beginning was let through.
    kept: Vec<bool>,
    /// How many of those nest.
    nested: usize,
}

impl<'a> Iterator for Shallow<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        loop {
            let event = self.events.next()?;
            let keep = match &event {
                Event::Start(tag) => {
                    let keep = match tag {
                        // Goes with its list.
                        Tag::Item => self.kept.last().copied().unwrap_or(true),
                        Tag::BlockQuote(_) | Tag::List(_) => self.nested < DEEPEST,
                        tag => is_block(tag) || self.nested < DEEPEST,
                    };
                    self.nested += usize::from(keep);
                    self.kept.push(keep);
                    keep
                }
                Event::End(_) => {
                    let keep = self.kept.pop().unwrap_or(true);
                    self.nested -= usize::from(keep).min(self.nested);
                    keep
                }
                _ => true,
            };
            if keep {
                return Some(cleaned(event, self.source));
            }
        }
    }
}

/// An event without what was put into the source.
fn cleaned<'a>(event: Event<'a>, source: &Source<'a>) -> Event<'a> {
    let clean = |text: CowStr<'a>| match source.cleaned(&text) {
        Cow::Owned(clean) => CowStr::from(clean),
        Cow::Borrowed(_) => text,
    };
    match event {
        Event::Text(text) => Event::Text(clean(text)),
        Event::Code(text) => Event::Code(clean(text)),
        Event::Html(text) => Event::Html(clean(text)),
        Event::InlineHtml(text) => Event::InlineHtml(clean(text)),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Link { link_type, dest_url: clean(dest_url), title, id })
        }
        Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
            Event::Start(Tag::Image { link_type, dest_url: clean(dest_url), title, id })
        }
        other => other,
    }
}

struct Reader<'a> {
    events: Peekable<Shallow<'a>>,
    /// Colours that are open around the current position.
    fonts: usize,
    /// In a table's cell, whose lines can be broken by a tag alone.
    in_cell: bool,
}

impl Reader<'_> {
    /// Reads blocks up to the end of their container, which is left.
    fn blocks(&mut self, out: &mut Vec<Block>) {
        while let Some(event) = self.events.peek() {
            match event {
                Event::End(_) => return,
                Event::Rule => {
                    self.events.next();
                    out.push(Block::Rule);
                }
                Event::Start(tag) if is_block(tag) => {
                    let tag = tag.clone();
                    self.events.next();
                    self.block(tag, out);
                    self.events.next();
                }
                _ => {
                    let line = self.inlines();
                    if line.is_empty() {
                        // Whatever could not be read as a line is stepped over.
                        self.events.next();
                    } else {
                        out.push(Block::Paragraph(line));
                    }
                }
            }
        }
    }

    /// Reads a block whose beginning was taken, up to its end, which is left.
    fn block(&mut self, tag: Tag<'_>, out: &mut Vec<Block>) {
        match tag {
            Tag::Heading { level, .. } => out.push(Block::Heading(level as usize, self.inlines())),
            Tag::BlockQuote(_) => {
                let mut inner = Vec::new();
                self.blocks(&mut inner);
                out.push(Block::Quote(inner));
            }
            Tag::List(start) => {
                let mut items = Vec::new();
                while let Some(Event::Start(Tag::Item)) = self.events.peek() {
                    self.events.next();
                    let mut item = Vec::new();
                    self.blocks(&mut item);
                    self.events.next();
                    items.push(item);
                }
                out.push(Block::List(start, items));
            }
            Tag::CodeBlock(_) => {
                let text = self.verbatim();
                out.push(Block::Code(text.trim_end_matches('\n').to_owned()));
            }
            Tag::HtmlBlock => {
                let text = self.verbatim();
                let mut line = Vec::new();
                for (i, text) in text.trim_end().lines().enumerate() {
                    if i > 0 {
                        line.push(Inline::Break);
                    }
                    push_text(&mut line, text);
                }
                out.push(Block::Paragraph(line));
            }
            Tag::Table(columns) => {
                let mut rows = Vec::new();
                while let Some(Event::Start(Tag::TableHead | Tag::TableRow)) = self.events.peek() {
                    self.events.next();
                    let mut row = Vec::new();
                    while let Some(Event::Start(Tag::TableCell)) = self.events.peek() {
                        self.events.next();
                        self.in_cell = true;
                        row.push(self.inlines());
                        self.in_cell = false;
                        self.events.next();
                    }
                    self.events.next();
                    rows.push(row);
                }
                out.push(Block::Table(MarkdownTable { columns, rows }));
            }
            Tag::Paragraph => out.push(Block::Paragraph(self.inlines())),
            _ => self.blocks(out),
        }
    }

    /// The text of a block that holds nothing but text.
    fn verbatim(&mut self) -> String {
        let mut text = String::new();
        while let Some(Event::Text(t) | Event::Html(t) | Event::InlineHtml(t)) =
            self.events.next_if(|event| !matches!(event, Event::End(_)))
        {
            text.push_str(&t);
        }
        text
    }

    /// Reads a line up to the next block or the end of what it stands in, which is left.
    fn inlines(&mut self) -> Vec<Inline> {
        let mut out = Vec::new();
        self.inlines_into(&mut out);
        out
    }

    fn inlines_into(&mut self, out: &mut Vec<Inline>) {
        let line = |event: &Event<'_>| match event {
            Event::End(_) | Event::Rule => false,
            Event::Start(tag) => !is_block(tag),
            _ => true,
        };
        while let Some(event) = self.events.next_if(line) {
            match event {
                Event::Text(text) | Event::Html(text) => push_text(out, &text),
                Event::Code(text) => out.push(Inline::Code(text.into_string())),
                Event::SoftBreak | Event::HardBreak => out.push(Inline::Break),
                Event::InlineHtml(tag) if self.in_cell && is_line_break(&tag) => out.push(Inline::Break),
                Event::InlineHtml(tag) => match Colour::of(&tag) {
                    Some(colour) if self.fonts < FONTS => {
                        self.fonts += 1;
                        let inner = self.inlines();
                        self.fonts -= 1;
                        out.push(Inline::Colour(colour, inner));
                    }
                    Some(_) => {}
                    None if is_end_of_font(&tag) => {
                        if self.fonts > 0 {
                            return;
                        }
                    }
                    None => push_text(out, &tag),
                },
                Event::Start(tag) => {
                    // A colour ends where the piece ends that it began in.
                    let fonts = std::mem::take(&mut self.fonts);
                    self.span(tag, out);
                    self.fonts = fonts;
                    self.events.next();
                }
                _ => {}
            }
        }
    }

    fn span(&mut self, tag: Tag<'_>, out: &mut Vec<Inline>) {
        let inner = self.inlines();
        out.push(match tag {
            Tag::Strong => Inline::Strong(inner),
            Tag::Emphasis => Inline::Emphasis(inner),
            Tag::Strikethrough => Inline::Strike(inner),
            Tag::Link { dest_url, .. } => Inline::Link(dest_url.into_string(), inner),
            Tag::Image { dest_url, .. } => Inline::Image(dest_url.into_string(), inner),
            _ => return out.extend(inner),
        });
    }
}

/// `<br>`, `<br/>`, in whatever case.
fn is_line_break(tag: &str) -> bool {
    tag.trim_end_matches(['>', '/', ' ']).eq_ignore_ascii_case("<br")
}

/// `</font>`, in whatever case.
fn is_end_of_font(tag: &str) -> bool {
    tag.trim_end_matches('>').trim_end().eq_ignore_ascii_case("</font")
}

fn is_block(tag: &Tag<'_>) -> bool {
    !matches!(
        tag,
        Tag::Strong | Tag::Emphasis | Tag::Strikethrough | Tag::Link { .. } | Tag::Image { .. } | Tag::Superscript
    )
}

/// Adds text to the text before it: the parser breaks it at every special character.
fn push_text(out: &mut Vec<Inline>, text: &str) {
    if text.is_empty() {
        return;
    }
    match out.last_mut() {
        Some(Inline::Text(before)) => before.push_str(text),
        _ => out.push(Inline::Text(text.to_owned())),
    }
}

/// The words without any marks; a break is a space.
pub(crate) fn words(inlines: &[Inline]) -> String {
    let mut out = String::new();
    for inline in inlines {
        match inline {
            Inline::Text(text) | Inline::Code(text) => out.push_str(text),
            Inline::Break => out.push(' '),
            Inline::Strong(inner)
            | Inline::Emphasis(inner)
            | Inline::Strike(inner)
            | Inline::Colour(_, inner)
            | Inline::Link(_, inner)
            | Inline::Image(_, inner) => out.push_str(&words(inner)),
        }
    }
    out
}

/// Whether a link or a picture with this target may go out: what runs in the reader's program may not.
pub(crate) fn is_harmless(url: &str) -> bool {
    let scheme: String = url.chars().filter(|c| !c.is_whitespace() && !c.is_control()).take(11).collect();
    let scheme = scheme.to_ascii_lowercase();
    !["javascript:", "vbscript:", "data:", "file:"].iter().any(|bad| scheme.starts_with(bad))
}

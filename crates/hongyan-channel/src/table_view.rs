//! What a channel shows of a table: as much as fits, in its own way, and a sentence about what is missing. The whole
//! goes along as a file where there is a way for one.

use crate::render;
use hongyan_core::{Attach, Bilingual, Content, Flaw, Kept, Media, Table, Unfit, bilingual, table::shown};
use hongyan_text::{Dialect, grid};
use serde_json::{Number, Value};
use std::borrow::Cow;

/// How a channel shows tables.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Style {
    /// Columns side by side in a code block of this dialect; `None` for a table of Markdown.
    code: Option<Dialect>,
    /// Most rows: whoever is to read more opens the file.
    rows: usize,
    /// Most columns.
    columns: usize,
    /// The widest line, as a terminal counts; a chat on a phone is narrow.
    width: usize,
    /// The widest cell.
    cell: usize,
    /// Whether a title is made up where none is given: it stands outside of the words.
    titled: bool,
}

/// In a chat, by a dialect without tables.
pub(crate) const fn chat(dialect: Dialect) -> Style {
    // WeCom's markdown has no title of its own: it would be the first line.
    let titled = !matches!(dialect, Dialect::WeCom);
    Style { code: Some(dialect), rows: 30, columns: 12, width: 72, cell: 24, titled }
}

/// In a chat, by a dialect with tables.
pub(crate) const WIDE: Style = Style { code: None, rows: 30, columns: 12, width: 120, cell: 40, titled: false };

/// In a mail.
pub(crate) const MAIL: Style =
    Style { code: None, rows: MOST_SHOWN, columns: 30, width: usize::MAX, cell: 200, titled: true };

/// The most rows that any of them shows.
pub(crate) const MOST_SHOWN: usize = 100;

/// Rather fewer columns than fewer rows than this.
const FEWEST_ROWS: usize = 3;
/// A title that is made of a text, in characters.
const TITLE_CHARS: usize = 60;
/// The title of a table that has none, where a platform wants one.
pub(crate) const UNTITLED: &str = "表格 Table";

/// What goes out for a table.
pub(crate) struct Shown {
    /// Markdown: the words before it, the table, what is missing.
    pub(crate) markdown: String,
    /// Whether nothing is missing.
    pub(crate) complete: bool,
}

/// The title of what goes out: the content's, else its first words, the file's name, or what it is.
fn title(content: &Content) -> String {
    let line = |text: &String| {
        let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
        Some(line.chars().filter(|c| !c.is_control()).take(TITLE_CHARS).collect::<String>())
    };
    let name = || content.table.as_ref().and_then(|table| table.name.clone());
    content.title.clone().or_else(|| content.text.as_ref().and_then(line)).or_else(name).unwrap_or(UNTITLED.into())
}

/// The preview as a content of its own.
fn words(content: &Content, style: Style, markdown: String) -> Content {
    let title = if style.titled { Some(title(content)) } else { content.title.clone() };
    let (attachments, mail) = (content.attachments.clone(), content.mail.clone());
    Content { title, markdown: Some(markdown), attachments, mail, ..Content::default() }
}

/// The whole table as a file.
pub(crate) fn file_of(table: &Table) -> Media {
    let kept = table.kept.as_ref().and_then(|kept| kept.file.clone());
    // Without one the whole is in `rows`, and what is asked is only in how many parts it goes.
    kept.unwrap_or_default()
}

/// The table as the parts of a chat: what is shown, then the whole as a file where that is `takes_files`.
///
/// `measure` gives the size of what would be sent for a content, of which a call holds `limit`.
///
/// # Errors
/// [`Unfit`] when the words before the table leave no room for it.
pub(crate) fn parts(
    content: &Content,
    suffix: &str,
    (style, takes_files): (Style, bool),
    kind: &Bilingual,
    limit: Option<usize>,
    measure: impl Fn(&Content) -> usize,
) -> Result<Vec<Cow<'static, Content>>, Unfit> {
    let Some(table) = &content.table else { return Ok(Vec::new()) };
    let fits = |markdown: &str| limit.is_none_or(|limit| measure(&words(content, style, markdown.to_owned())) <= limit);
    let Some(shown) = show(content, table, suffix, style, takes_files, fits) else {
        let (Bilingual { en, zh }, limit) = (kind, limit.unwrap_or(0));
        let why = bilingual!(
            "leaves no room for the table in a {en} of {limit} bytes: shorten it";
            "过长，{limit} 字节的{zh}里放不下表格：请缩短"
        );
        let field = if content.text.is_some() { "text" } else { "title" };
        return Err(Unfit::new(field, Flaw::Unfit(why)));
    };
    let mut parts = vec![Cow::Owned(words(content, style, shown.markdown))];
    if takes_files && table.attach.wants_file(shown.complete) {
        parts.push(Cow::Owned(Content { file: Some(file_of(table)), ..Content::default() }));
    }
    Ok(parts)
}

/// The table as one mail, with the whole attached where that is wanted.
pub(crate) fn mail(content: &Content, table: &Table, suffix: &str) -> Content {
    let shown = show(content, table, suffix, MAIL, true, |_| true);
    // Everything fits a mail.
    let shown = shown.unwrap_or(Shown { markdown: String::new(), complete: false });
    let file = table.attach.wants_file(shown.complete).then(|| file_of(table));
    Content { file, ..words(content, MAIL, shown.markdown) }
}

/// The table as data, for a program: numbers are numbers, and nothing is left out.
pub(crate) fn data(content: &Content, table: &Table, suffix: &str) -> Content {
    let mut content = render::suffixed(content, suffix).into_owned();
    let kept = table.kept.clone().unwrap_or_default();
    let mut table = Table { kept: None, attach: Attach::Auto, ..table.clone() };
    for row in table.rows.iter_mut().flatten() {
        for column in &kept.numbers {
            if let Some(cell) = row.get_mut(*column) {
                let number =
                    cell.as_str().map(|text| if text.is_empty() { Ok(Value::Null) } else { exact(text).ok_or(()) });
                if let Some(Ok(number)) = number {
                    *cell = number;
                }
            }
        }
    }
    content.table = Some(Box::new(table));
    content
}

/// The number that a text is, unless it would lose digits.
fn exact(text: &str) -> Option<Value> {
    let number: Number = text.parse().ok()?;
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    (number.is_i64() || number.is_u64() || digits(text) <= 15).then_some(Value::Number(number))
}

/// As much of the table as `fits`; `None` when not even its header does.
pub(crate) fn show(
    content: &Content,
    table: &Table,
    suffix: &str,
    style: Style,
    takes_files: bool,
    fits: impl Fn(&str) -> bool,
) -> Option<Shown> {
    let (columns, rows) = (table.columns.as_deref().unwrap_or_default(), table.rows.as_deref().unwrap_or_default());
    let sides: Vec<grid::Side> = table.align.iter().map(|side| side_of(*side)).collect();
    let first = rows.iter().take(style.rows).map(|row| row.iter().map(shown));
    let grid = grid::Grid::new(columns, first, &sides, style.cell);
    let lead = lead(content, suffix);
    let most = grid.columns_within(style.width).min(style.columns);
    let mut width = most;
    loop {
        let write = |rows: usize| written(table, &grid, &lead, style, takes_files, (rows, width));
        let good = |rows: usize| fits(&write(rows).markdown);
        let rows = greatest(grid.rows(), good);
        match rows {
            // A few whole rows say more than many columns of none.
            Some(rows) if rows >= FEWEST_ROWS.min(grid.rows()) || width <= 1 => return Some(write(rows)),
            None if width <= 1 => return None,
            _ => width -= 1,
        }
    }
}

/// The greatest of `0..=most` for which `good` holds, which holds for all below it; `None` for none.
fn greatest(most: usize, good: impl Fn(usize) -> bool) -> Option<usize> {
    if good(most) {
        return Some(most);
    }
    let (mut low, mut high) = (0, most);
    while low < high {
        let middle = low + (high - low) / 2;
        if good(middle) { low = middle + 1 } else { high = middle }
    }
    low.checked_sub(1)
}

const fn side_of(side: hongyan_core::Side) -> grid::Side {
    match side {
        hongyan_core::Side::Left => grid::Side::Left,
        hongyan_core::Side::Center => grid::Side::Center,
        hongyan_core::Side::Right => grid::Side::Right,
    }
}

/// The words before the table, as CommonMark that reads as exactly these.
fn lead(content: &Content, suffix: &str) -> String {
    let text = format!("{}{suffix}", content.text.as_deref().unwrap_or_default());
    let lines = text.trim().lines().map(|line| grid::literal(line.trim()));
    lines.collect::<Vec<_>>().join("\n")
}

fn written(
    table: &Table,
    grid: &grid::Grid,
    lead: &str,
    style: Style,
    takes_files: bool,
    (rows, columns): (usize, usize),
) -> Shown {
    let all = table.columns.as_ref().map_or(0, Vec::len);
    let missing = Missing {
        rows: table.total().saturating_sub(rows as u64),
        columns: all.saturating_sub(columns),
        cut: grid.is_cut(rows, columns),
    };
    let complete = missing == Missing::default();
    let mut pieces = Vec::new();
    if !lead.is_empty() {
        pieces.push(lead.to_owned());
    }
    if all > 0 {
        pieces.push(match style.code {
            Some(dialect) => grid.code(rows, columns, dialect),
            None => grid.table(rows, columns),
        });
    }
    if table.total() == 0 {
        pieces.push("没有数据 · no rows".into());
    }
    if !complete {
        let file = (takes_files && table.attach.wants_file(false)).then(|| name_of(table));
        pieces.push(missing.words(file.as_deref()));
    }
    Shown { markdown: pieces.join("\n\n"), complete }
}

/// What a preview leaves out.
#[derive(Debug, Default, PartialEq, Eq)]
struct Missing {
    rows: u64,
    columns: usize,
    cut: bool,
}

impl Missing {
    /// Said in both languages, with where the whole is.
    fn words(&self, file: Option<&str>) -> String {
        let (mut zh, mut en) = (Vec::new(), Vec::new());
        if self.rows > 0 {
            let n = grouped(self.rows);
            zh.push(format!("另有 {n} 行"));
            en.push(format!("{n} more {}", if self.rows == 1 { "row" } else { "rows" }));
        }
        if self.columns > 0 {
            let n = self.columns;
            zh.push(format!("另有 {n} 列"));
            en.push(format!("{n} more {}", if n == 1 { "column" } else { "columns" }));
        }
        if self.cut {
            zh.push("长内容已截断".into());
            en.push("long cells are cut".into());
        }
        let (zh_rest, en_rest) = match file {
            Some(name) => {
                let name = grid::literal(name);
                (format!("全部见附件 {name}"), format!("all of it in {name}"))
            }
            None => ("其余未发送".into(), "the rest was not sent".into()),
        };
        format!("… {}；{zh_rest}\n… {}; {en_rest}", zh.join("，"), en.join(", "))
    }
}

/// `1183` as `1,183`.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(c);
    }
    out
}

/// The file's name, as the preview says it.
fn name_of(table: &Table) -> String {
    let kept = |kept: &Kept| kept.file.as_ref()?.name.clone();
    table.kept.as_ref().and_then(kept).unwrap_or_else(|| format!("table.{}", table.attach.ending()))
}

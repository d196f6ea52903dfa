//! CSV, as RFC 4180 has it and as databases write it, with commas or, as `mysql -B` and clipboards have it, with tabs.
//!
//! Which of both it is, its header says. `mysql -B` quotes nothing: it writes a line break inside a cell as `\\n`, a tab as
//! `\\t`, a backslash as `\\\\`, and no value as `NULL`; so is a text with tabs read whose backslashes are all of these.
//!
//! Written out here and not taken from a crate: readers commonly leave blank lines out, and in a table of one column a
//! blank line is a row whose cell is empty (`psql --csv` writes `NULL` so); and an error has to name the line.

use crate::{MOST_ROWS, Place, Sheet, Unread};
use hongyan_core::{
    bilingual,
    table::{is_number, shown},
};
use serde_json::Value;

/// Fields of one record and the line that it begins on.
struct Record {
    line: usize,
    fields: Vec<String>,
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    /// Between cells: a comma or a tab.
    between: u8,
}

/// Whether the header has tabs between its names: more of them than commas, outside of quotes.
fn has_tabs(text: &str) -> bool {
    let header = text.lines().find(|line| !line.is_empty()).unwrap_or_default();
    let (mut tabs, mut commas, mut quoted) = (0, 0, false);
    for byte in header.bytes() {
        match byte {
            b'"' => quoted = !quoted,
            b'\t' if !quoted => tabs += 1,
            b',' if !quoted => commas += 1,
            _ => {}
        }
    }
    tabs > commas
}

/// Whether every backslash is one that `mysql -B` writes.
fn is_escaped(text: &str) -> bool {
    let mut bytes = text.bytes();
    let mut any = false;
    while let Some(byte) = bytes.next() {
        if byte == b'\\' {
            any = true;
            if !matches!(bytes.next(), Some(b'n' | b't' | b'0' | b'\\' | b'N')) {
                return false;
            }
        }
    }
    any
}

/// A cell between tabs: text, or nothing.
fn cell(field: String, escaped: bool) -> Value {
    if matches!(field.as_str(), "NULL" | "\\N") {
        return Value::Null;
    }
    if !escaped || !field.contains('\\') {
        return Value::String(field);
    }
    let mut out = String::with_capacity(field.len());
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            ('\\', Some('n')) => out.push('\n'),
            ('\\', Some('t')) => out.push('\t'),
            ('\\', Some('0')) => out.push('\0'),
            ('\\', Some(other)) => out.push(other),
            (c, _) => out.push(c),
        }
    }
    Value::String(out)
}

pub(crate) fn read(text: &str) -> Result<Sheet, Unread> {
    let tabs = has_tabs(text);
    let escaped = tabs && is_escaped(text);
    let mut reader = Reader { rest: text, line: 1, between: if tabs { b'\t' } else { b',' } };
    let mut header = reader.record()?;
    while header.as_ref().is_some_and(is_blank) {
        header = reader.record()?;
    }
    let Some(header) = header else { return Ok(Sheet::default()) };
    let width = header.fields.len();
    let mut rows = Vec::new();
    while let Some(record) = reader.record()? {
        if width > 1 && is_blank(&record) {
            continue;
        }
        let have = record.fields.len();
        if have != width {
            let row = rows.len() + 1;
            let (en, zh) = if tabs { ("tabs", "制表符") } else { ("commas", "逗号") };
            let message = bilingual!(
                "row {row} has {have} cells, the header has {width}: quote cells that hold {en}";
                "第 {row} 行数据有 {have} 个单元格，表头有 {width} 个：含{zh}的单元格请加引号"
            );
            return Err(Unread::at(Place::Line(record.line), message));
        }
        if rows.len() == MOST_ROWS {
            let message = bilingual!(
                "there are more than {MOST_ROWS} rows: narrow the query";
                "超过 {MOST_ROWS} 行：请缩小查询范围"
            );
            return Err(Unread::at(Place::Line(record.line), message));
        }
        let of = |field| if tabs { cell(field, escaped) } else { Value::String(field) };
        rows.push(record.fields.into_iter().map(of).collect());
    }
    Sheet::of_texts(header.fields, rows)
}

fn is_blank(record: &Record) -> bool {
    matches!(record.fields.as_slice(), [only] if only.is_empty())
}

impl Reader<'_> {
    /// The next record; `None` at the end. A line break at the very end begins none.
    fn record(&mut self) -> Result<Option<Record>, Unread> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let mut record = Record { line: self.line, fields: Vec::new() };
        loop {
            let field = if self.rest.starts_with('"') && (self.between == b',' || self.closes()) {
                self.quoted()?
            } else {
                self.bare()
            };
            record.fields.push(field);
            match self.rest.as_bytes() {
                [between, ..] if *between == self.between => self.skip(1),
                [b'\r', b'\n', ..] => {
                    self.skip(2);
                    break;
                }
                [b'\n' | b'\r', ..] => {
                    self.skip(1);
                    break;
                }
                _ => break,
            }
        }
        Ok(Some(record))
    }

    fn bare(&mut self) -> String {
        let end = self.rest.find([char::from(self.between), '\n', '\r']).unwrap_or(self.rest.len());
        let field = self.rest[..end].to_owned();
        self.skip(end);
        field
    }

    fn quoted(&mut self) -> Result<String, Unread> {
        let opened = self.line;
        self.skip(1);
        let mut field = String::new();
        loop {
            let Some(end) = self.rest.find('"') else {
                return Err(Unread::at(
                    Place::Line(opened),
                    ("a quote is opened here and never closed", "此处的引号没有闭合"),
                ));
            };
            field.push_str(&self.rest[..end]);
            self.skip(end + 1);
            if !self.rest.starts_with('"') {
                break;
            }
            field.push('"');
            self.skip(1);
        }
        match self.rest.as_bytes() {
            [] | [b'\n' | b'\r', ..] => Ok(field),
            [between, ..] if *between == self.between => Ok(field),
            _ => {
                let message = (
                    "something follows a closing quote: a quote inside a quoted cell is written twice",
                    "闭合的引号之后还有内容：加引号的单元格内，引号要写两个",
                );
                Err(Unread::at(Place::Line(self.line), message))
            }
        }
    }

    /// Whether the quote that stands here is closed before the cell's end: between tabs most are a cell's own.
    fn closes(&self) -> bool {
        let mut quoted = self.rest.char_indices().skip(1).peekable();
        while let Some((_, c)) = quoted.next() {
            if c == '"' {
                match quoted.peek() {
                    Some((_, '"')) => drop(quoted.next()),
                    after => return after.is_none_or(|(_, c)| matches!(c, '\t' | '\n' | '\r')),
                }
            }
        }
        false
    }

    fn skip(&mut self, bytes: usize) {
        let (gone, rest) = self.rest.split_at(bytes);
        self.line += gone.bytes().filter(|b| *b == b'\n').count();
        self.rest = rest;
    }
}

pub(crate) fn write(sheet: &Sheet) -> Vec<u8> {
    let mut out = String::from("\u{feff}");
    let header = sheet.columns().iter().map(|name| guarded(name));
    push_record(&mut out, header);
    for row in sheet.rows() {
        push_record(
            &mut out,
            row.iter().map(|cell| if cell.is_string() { guarded(&shown(cell)) } else { shown(cell).into_owned() }),
        );
    }
    out.into_bytes()
}

/// With an apostrophe wherever a spreadsheet would calculate: at the beginning, and behind whatever another program
/// may take for the end of a cell. Where the semicolon parts cells, a quote in the middle of one means nothing, so
/// quoting is no help.
fn guarded(text: &str) -> String {
    const ENDS: [char; 5] = [';', '\t', '\n', '\r', '|'];
    let mut out = String::with_capacity(text.len() + 1);
    if text.starts_with(['\t', '\r']) {
        out.push('\'');
    }
    for (at, cell) in text.split_inclusive(ENDS).enumerate() {
        // A quote is gone once such a cell is read, and blanks may be.
        let bare = if at == 0 { cell } else { cell.trim_start_matches([' ', '"']) };
        let risky = bare.starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']);
        if risky && !is_number(bare.trim_end_matches(ENDS)) {
            out.push_str(&cell[..cell.len() - bare.len()]);
            out.push('\'');
            out.push_str(bare);
        } else {
            out.push_str(cell);
        }
    }
    out
}

fn push_record(out: &mut String, fields: impl Iterator<Item = String>) {
    let start = out.len();
    for (i, field) in fields.enumerate() {
        if i > 0 {
            out.push(',');
        }
        if field.contains([',', '"', '\n', '\r']) || field.starts_with(' ') || field.ends_with(' ') {
            out.push('"');
            out.push_str(&field.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(&field);
        }
    }
    // A blank line would be no row to most readers.
    if out.len() == start {
        out.push_str("\"\"");
    }
    out.push_str("\r\n");
}

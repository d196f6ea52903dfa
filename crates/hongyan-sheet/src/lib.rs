//! Tables as files: CSV (with commas or tabs) and JSON in, CSV and XLSX out.
//!
//! Pure: bytes in, bytes out. What a message shows of a table is left to `hongyan-channel`, keeping files to the
//! gateway.
//!
//! ```
//! use hongyan_sheet::{Kind, Sheet};
//! let sheet = Sheet::read("账户,持仓\nA-17,117\n".as_bytes(), Kind::Csv).unwrap();
//! assert_eq!((sheet.columns(), sheet.len()), (["账户", "持仓"].map(String::from).as_slice(), 1));
//! assert_eq!(sheet.numbers(), [1]);
//! ```

mod csv;
mod json;
mod xlsx;

use hongyan_core::{
    Bilingual, Side, bilingual,
    table::{is_number, shown},
};
use serde_json::{Map, Value};
use std::{collections::HashMap, fmt};

/// Rows of one table.
pub const MOST_ROWS: usize = 100_000;
/// Columns of one table.
pub const MOST_COLUMNS: usize = 200;
/// Cells of one table: what a gateway holds in memory at once.
pub const MOST_CELLS: usize = 1_000_000;

/// A table whose rows all have a cell per column.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Sheet {
    columns: Vec<String>,
    rows: Vec<Vec<Value>>,
    numbers: Vec<usize>,
}

/// How a table is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// RFC 4180 in UTF-8, with or without a byte order mark; the first line is the header. With tabs for commas, as
    /// `mysql -B` writes it, where the header has tabs.
    Csv,
    /// An array of objects, an array of arrays whose first is the header, `{"columns", "rows"}`, or objects one after
    /// another.
    Json,
}

impl Kind {
    /// By the end of the name, else by how the bytes begin.
    #[must_use]
    pub fn of(name: &str, bytes: &[u8]) -> Self {
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
        match ending.as_str() {
            "csv" | "tsv" | "tab" => Self::Csv,
            "json" | "jsonl" | "ndjson" => Self::Json,
            _ => {
                let text = without_mark(bytes);
                let first = text.iter().find(|b| !b.is_ascii_whitespace());
                if matches!(first, Some(b'[' | b'{')) { Self::Json } else { Self::Csv }
            }
        }
    }
}

/// Why something is not a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unread {
    /// Where.
    pub at: Place,
    /// What is wrong, and what to do.
    pub message: Bilingual,
}

/// Where something is not a table. Lines, rows and entries of a text are counted from 1, parts of a table from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// As a whole.
    Whole,
    /// In this part of a table in parts, such as `rows[3]` or `columns`.
    Part(String),
    /// In this line of a text.
    Line(usize),
    /// In this entry of a JSON text.
    Entry(usize),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self, f.alternate()) {
            (Self::Whole, _) => Ok(()),
            (Self::Part(part), _) => f.write_str(part),
            (Self::Line(line), false) => write!(f, "line {line}"),
            (Self::Line(line), true) => write!(f, "第 {line} 行"),
            (Self::Entry(entry), false) => write!(f, "entry {entry}"),
            (Self::Entry(entry), true) => write!(f, "第 {entry} 项"),
        }
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, message } = self;
        match (at, f.alternate()) {
            (Place::Whole, _) => message.fmt(f),
            (_, false) => write!(f, "{at}: {message}"),
            (_, true) => write!(f, "{at:#}：{message:#}"),
        }
    }
}

impl std::error::Error for Unread {}

impl Unread {
    fn at(at: Place, message: impl Into<Bilingual>) -> Self {
        Self { at, message: message.into() }
    }
}

/// Without UTF-8's byte order mark.
fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// The bytes as text.
fn text(bytes: &[u8]) -> Result<&str, Unread> {
    let bytes = without_mark(bytes);
    std::str::from_utf8(bytes).map_err(|error| {
        let line = 1 + bytes[..error.valid_up_to()].iter().filter(|b| **b == b'\n').count();
        let advice = if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
            ("is not UTF-8; it is UTF-16: save it as UTF-8", "不是 UTF-8；它是 UTF-16：请另存为 UTF-8")
        } else {
            (
                "is not UTF-8; if it is GB18030 or GBK, convert it: iconv -f GB18030 -t UTF-8",
                "不是 UTF-8；若为 GB18030 或 GBK，请先转码：iconv -f GB18030 -t UTF-8",
            )
        };
        Unread::at(Place::Line(line), advice)
    })
}

impl Sheet {
    /// Reads a file.
    ///
    /// # Errors
    /// [`Unread`] naming the line.
    pub fn read(bytes: &[u8], kind: Kind) -> Result<Self, Unread> {
        match kind {
            Kind::Csv => csv::read(text(bytes)?),
            Kind::Json => json::read(text(bytes)?),
        }
    }

    /// From names and rows.
    ///
    /// # Errors
    /// [`Unread`] naming the row that has too few or too many cells, or what there is too much of.
    pub fn of_rows(columns: Vec<String>, mut rows: Vec<Vec<Value>>) -> Result<Self, Unread> {
        let width = columns.len();
        check_size(width, rows.len())?;
        for (i, row) in rows.iter_mut().enumerate() {
            if row.len() != width {
                let cells = row.len();
                let message = bilingual!(
                    "has {cells} cells, the table has {width} columns";
                    "有 {cells} 个单元格，而表格有 {width} 列"
                );
                return Err(Unread::at(Place::Part(format!("rows[{i}]")), message));
            }
            for cell in row.iter_mut().filter(|cell| cell.is_array() || cell.is_object()) {
                *cell = Value::String(cell.to_string());
            }
        }
        Ok(Self { columns, rows, numbers: Vec::new() })
    }

    /// From objects: the columns are their members, in the order of first appearance; a member that an object lacks
    /// is an empty cell.
    ///
    /// # Errors
    /// As [`Self::of_rows`].
    pub fn of_records(records: Vec<Map<String, Value>>) -> Result<Self, Unread> {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut columns = Vec::new();
        for record in &records {
            for name in record.keys() {
                if !places.contains_key(name) {
                    places.insert(name.clone(), columns.len());
                    columns.push(name.clone());
                }
            }
            check_size(columns.len(), records.len())?;
        }
        let rows = records.into_iter().map(|record| {
            let mut row = vec![Value::Null; columns.len()];
            for (name, cell) in record {
                if let Some(place) = places.get(&name) {
                    row[*place] = cell;
                }
            }
            row
        });
        let rows = rows.collect();
        Self::of_rows(columns, rows)
    }

    /// Text only, as CSV has it: columns of numbers are noted.
    fn of_texts(columns: Vec<String>, rows: Vec<Vec<Value>>) -> Result<Self, Unread> {
        let mut sheet = Self::of_rows(columns, rows)?;
        let numeric = |column: &usize| {
            let mut cells =
                sheet.rows.iter().map(|row| shown(&row[*column])).filter(|cell| !cell.is_empty()).peekable();
            cells.peek().is_some() && cells.all(|cell| is_number(&cell))
        };
        sheet.numbers = (0..sheet.columns.len()).filter(numeric).collect();
        Ok(sheet)
    }

    /// Names of the columns.
    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The rows: cells are text, numbers, booleans and `null`.
    #[must_use]
    pub fn rows(&self) -> &[Vec<Value>] {
        &self.rows
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Columns whose text is numbers throughout: those of a CSV file, which knows no numbers.
    #[must_use]
    pub fn numbers(&self) -> &[usize] {
        &self.numbers
    }

    /// Where each column's cells stand: right when all of them are figures (`-5`, `1,183`, `12.5%`), else left.
    #[must_use]
    pub fn sides(&self) -> Vec<Side> {
        let side = |column: usize| {
            let mut cells = self.rows.iter().map(|row| &row[column]).filter(|cell| !shown(cell).is_empty()).peekable();
            let figures = cells.peek().is_some() && cells.all(|cell| cell.is_number() || is_figure(&shown(cell)));
            if figures { Side::Right } else { Side::Left }
        };
        (0..self.columns.len()).map(side).collect()
    }

    /// As CSV for Excel: UTF-8 with a byte order mark, lines that end in CRLF. Text that a spreadsheet would take for a
    /// formula (`=`, `+`, `-` or `@` first) gets an apostrophe before it; numbers stay as they are.
    #[must_use]
    pub fn csv(&self) -> Vec<u8> {
        csv::write(self)
    }

    /// As XLSX: one sheet, a bold header that stays in sight, columns as wide as their content, numbers as numbers.
    /// Text is never a formula. Whole numbers of more than 15 digits are text, or Excel would round them. The same
    /// table gives the same bytes.
    ///
    /// # Errors
    /// [`Unread`] when a cell holds more than a cell of XLSX can (32,767 characters).
    pub fn xlsx(&self, name: &str) -> Result<Vec<u8>, Unread> {
        xlsx::write(self, name)
    }
}

fn check_size(columns: usize, rows: usize) -> Result<(), Unread> {
    for (at, en, zh, have, most) in [
        ("columns", "columns", "列", columns, MOST_COLUMNS),
        ("rows", "rows", "行", rows, MOST_ROWS),
        ("rows", "cells", "个单元格", rows.saturating_mul(columns), MOST_CELLS),
    ] {
        if have > most {
            let message = bilingual!(
                "there are {have} {en}, at most {most} are taken: narrow the query";
                "有 {have} {zh}，最多接受 {most} {zh}：请缩小查询范围"
            );
            return Err(Unread::at(Place::Part(at.into()), message));
        }
    }
    Ok(())
}

/// A number as people write it.
fn is_figure(text: &str) -> bool {
    let text = text.trim();
    let bare = text.strip_suffix('%').unwrap_or(text);
    let bare = bare.strip_prefix('+').unwrap_or(bare);
    is_number(bare) || (bare.contains(',') && is_number(&bare.replace(',', "")))
}

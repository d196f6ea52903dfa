//! A table as a message's content: how it is handed in, and how it is kept.
//!
//! Reading CSV and JSON, checking the shape and writing files is left to `hongyan-sheet`; what a platform shows of it,
//! to the channels.

use crate::{Flaw, Media, Unfit};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::borrow::Cow;

/// Rows and columns: exactly one of `rows` (with `columns`), `records`, `csv`, `media`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Names of the columns, at most 200.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<String>>,
    /// The rows, at most 100,000, each with a cell per column: text, number, `true`, `false` or `null`; anything else
    /// is shown as JSON.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<Vec<Vec<Value>>>,
    /// The rows as objects; the columns are their members, in the order of first appearance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub records: Option<Vec<Map<String, Value>>>,
    /// The table as CSV text, its first line the header; with tabs where the header has tabs (`mysql -B`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub csv: Option<String>,
    /// A CSV, TSV or JSON file that was handed in by `POST /v1/media`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
    /// Sides of the columns, from the first on; the others are put right when they hold numbers, else left.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub align: Vec<Side>,
    /// Whether the whole goes along as a file.
    #[serde(default, skip_serializing_if = "Attach::is_auto")]
    pub attach: Attach,
    /// The file's name without its ending; the title when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What hongyan keeps of a table once it is accepted; not to be given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<Kept>,
}

/// Where a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// At the left.
    Left,
    /// In the middle.
    Center,
    /// At the right.
    Right,
}

/// Whether a table goes along as a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Attach {
    /// As XLSX, where the message cannot show all of it.
    #[default]
    Auto,
    /// As CSV, always. DingTalk takes no CSV.
    Csv,
    /// As XLSX, always.
    Xlsx,
    /// As `xlsx`.
    Always,
    /// Not at all: the message says what it leaves out.
    Never,
}

impl Attach {
    const fn is_auto(&self) -> bool {
        matches!(self, Self::Auto)
    }

    /// The ending of the file's name.
    #[must_use]
    pub const fn ending(self) -> &'static str {
        if matches!(self, Self::Csv) { "csv" } else { "xlsx" }
    }

    /// Whether there is a file beside a message that shows all of the table (`complete`) or not.
    #[must_use]
    pub const fn wants_file(self, complete: bool) -> bool {
        match self {
            Self::Never => false,
            Self::Auto => !complete,
            Self::Csv | Self::Xlsx | Self::Always => true,
        }
    }
}

/// What is kept beside the first rows of a table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// How many rows the table has; `rows` holds the first of them.
    pub total: u64,
    /// Columns, counted from 0, whose text is numbers throughout.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<usize>,
    /// The whole as a file, where a channel needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<Media>,
}

impl Table {
    /// What can be said of a table that was handed in, before it is read.
    ///
    /// # Errors
    /// `table`, and what is wrong.
    pub(crate) fn check(&self) -> Result<(), Unfit> {
        let wrong = |en: &'static str, zh: &'static str| Err(Unfit::new("table", Flaw::unfit((en, zh))));
        let given = [self.rows.is_some(), self.records.is_some(), self.csv.is_some(), self.media.is_some()];
        if self.kept.is_some() {
            return wrong(
                "kept is hongyan's own: leave it out, and give the whole table",
                "kept 由鸿雁自用：请不要填写，并给出整个表格",
            );
        }
        match given.into_iter().filter(|given| *given).count() {
            1 if self.rows.is_some() != self.columns.is_some() => {
                wrong("columns and rows go together", "columns 与 rows 须一起给出")
            }
            1 => Ok(()),
            _ => wrong(
                "needs exactly one of rows (with columns), records, csv, media",
                "须给出 rows（连同 columns）、records、csv、media 中恰好一个",
            ),
        }
    }

    /// How many rows the whole table has.
    #[must_use]
    pub fn total(&self) -> u64 {
        let here = self.rows.as_ref().map_or(0, |rows| rows.len() as u64);
        self.kept.as_ref().map_or(here, |kept| kept.total)
    }
}

/// A cell as it is shown: nothing for `null`, JSON for lists and objects.
#[must_use]
pub fn shown(cell: &Value) -> Cow<'_, str> {
    match cell {
        Value::Null => Cow::Borrowed(""),
        Value::String(text) => Cow::Borrowed(text),
        other => Cow::Owned(other.to_string()),
    }
}

/// Whether a text is a number as JSON writes it: `-5` and `1e3` are, `007`, `+5`, `1,000` and `` are not.
#[must_use]
pub fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let rest = text.strip_prefix('-').unwrap_or(text);
    let (rest, exponent) = match rest.split_once(['e', 'E']) {
        Some((rest, exponent)) => (rest, Some(exponent.strip_prefix(['+', '-']).unwrap_or(exponent))),
        None => (rest, None),
    };
    let (whole, part) = match rest.split_once('.') {
        Some((whole, part)) => (whole, Some(part)),
        None => (rest, None),
    };
    digits(whole) && (whole == "0" || !whole.starts_with('0')) && part.is_none_or(digits) && exponent.is_none_or(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_what_json_calls_one() {
        for yes in ["0", "-5", "10.50", "1e3", "-0.1E-7", "123456789012345678901234567890"] {
            assert!(is_number(yes), "{yes}");
        }
        for no in ["", "-", "007", "+5", "1,000", "1.", ".5", "0x1", "1e", "NaN", "１", "2026-11-22", "=1", "--1"] {
            assert!(!is_number(no), "{no}");
        }
    }

    #[test]
    fn a_cell_is_shown_as_it_was_written() {
        let cells: Vec<Value> = serde_json::from_str(r#"[null, "a", -5, 0.1, true, {"b": [1]}]"#).unwrap();
        let words: Vec<_> = cells.iter().map(shown).collect();
        assert_eq!(words, ["", "a", "-5", "0.1", "true", r#"{"b":[1]}"#]);
    }
}

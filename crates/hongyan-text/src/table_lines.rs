//! A table as lines of text, for what reads no tables.

use crate::tree::MarkdownTable;
use pulldown_cmark::Alignment;
use unicode_width::UnicodeWidthStr;

/// Cells are padded up to this width and no further, so that one long cell does not blow up every row.
const WIDEST: usize = 24;

/// One line per row: cells side by side, padded to the column's width as a terminal counts it.
pub(crate) fn lines(table: &MarkdownTable, cell: impl Fn(&[crate::tree::Inline]) -> String) -> Vec<String> {
    let rows: Vec<Vec<String>> = table.rows.iter().map(|row| row.iter().map(|c| cell(c)).collect()).collect();
    let width = |column: usize| {
        let widths = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width());
        widths.max().unwrap_or_default().min(WIDEST)
    };
    let widths: Vec<usize> = (0..table.columns.len()).map(width).collect();
    rows.iter()
        .map(|row| {
            let padded: Vec<String> = row
                .iter()
                .zip(&widths)
                .zip(&table.columns)
                .map(|((cell, width), alignment)| pad(cell, *width, *alignment))
                .collect();
            padded.join(" | ").trim_end().to_owned()
        })
        .collect()
}

fn pad(cell: &str, width: usize, alignment: Alignment) -> String {
    let room = width.saturating_sub(cell.width());
    let before = match alignment {
        Alignment::Right => room,
        Alignment::Center => room / 2,
        Alignment::Left | Alignment::None => 0,
    };
    format!("{}{cell}{}", " ".repeat(before), " ".repeat(room - before))
}

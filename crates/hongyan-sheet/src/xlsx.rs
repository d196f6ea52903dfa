//! A table as a workbook.

use crate::{Place, Sheet, Unread};
use hongyan_core::{Side, bilingual, table::shown};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use serde_json::Value;
use std::borrow::Cow;

/// Digits of a integer number that Excel keeps.
const MOST_DIGITS: usize = 15;
/// Characters of a sheet's name, and those that it must not hold.
const NAME_CHARS: usize = 31;
const NOT_IN_NAMES: [char; 7] = ['[', ']', ':', '*', '?', '/', '\\'];
/// The widest that a column is made, in pixels: some 80 characters.
const WIDEST: u32 = 580;
/// Characters of one cell, as Excel counts them.
const CELL_CHARS: usize = 32_767;

pub(crate) fn write(sheet: &Sheet, name: &str) -> Result<Vec<u8>, Unread> {
    check(sheet)?;
    workbook(sheet, name).map_err(|error| {
        Unread::at(Place::Whole, bilingual!("cannot be written as XLSX: {error}"; "无法写成 XLSX：{error}"))
    })
}

fn check(sheet: &Sheet) -> Result<(), Unread> {
    for (i, row) in sheet.rows().iter().enumerate() {
        for (cell, column) in row.iter().zip(sheet.columns()) {
            let Value::String(text) = cell else { continue };
            if text.len() > CELL_CHARS && text.encode_utf16().count() > CELL_CHARS {
                let message = bilingual!(
                    "in {column:?} a cell holds more than the {CELL_CHARS} characters of XLSX: attach csv";
                    "{column:?} 列有单元格超过 XLSX 的 {CELL_CHARS} 个字符：请附 csv"
                );
                return Err(Unread::at(Place::Part(format!("rows[{i}]")), message));
            }
        }
    }
    Ok(())
}

fn workbook(sheet: &Sheet, name: &str) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // A date of its own would make another file of the same table.
    book.set_properties(&DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?));
    let page = book.add_worksheet();
    let name: String =
        name.chars().map(|c| if NOT_IN_NAMES.contains(&c) || c.is_control() { ' ' } else { c }).collect();
    let name: String = name.trim_matches([' ', '\'']).chars().take(NAME_CHARS).collect();
    if !name.trim().is_empty() && name.encode_utf16().count() <= NAME_CHARS && !name.eq_ignore_ascii_case("history") {
        page.set_name(name.trim())?;
    }
    let sides = sheet.sides();
    for (column, (title, side)) in (0_u16..).zip(sheet.columns().iter().zip(&sides)) {
        let side = if *side == Side::Right { FormatAlign::Right } else { FormatAlign::Left };
        let header = Format::new().set_bold().set_align(side);
        // What is too long for a cell is no name of a column any more.
        let title: String = title.chars().take(255).collect();
        page.write_string_with_format(0, column, unescaped(&title), &header)?;
    }
    for (at, row) in (1_u32..).zip(sheet.rows()) {
        for (column, cell) in (0_u16..).zip(row) {
            let number = sheet.numbers().contains(&usize::from(column));
            write_cell(page, (at, column), cell, number)?;
        }
    }
    if !sheet.columns().is_empty() {
        page.set_freeze_panes(1, 0)?;
    }
    page.set_autofit_max_width(WIDEST);
    page.autofit();
    book.save_to_buffer()
}

fn write_cell(page: &mut Worksheet, (row, column): (u32, u16), cell: &Value, number: bool) -> Result<(), XlsxError> {
    let text = shown(cell);
    match cell {
        _ if text.is_empty() => {}
        Value::Bool(value) => drop(page.write_boolean(row, column, *value)?),
        // A text such as `1e5` is as likely the name of a thing: it would be shown as 100000.
        _ if (cell.is_number() || number && !text.contains(['e', 'E'])) && is_exact(&text) => match text.parse::<f64>()
        {
            Ok(value) if value.is_finite() => drop(page.write_number(row, column, value)?),
            _ => drop(page.write_string(row, column, unescaped(&text))?),
        },
        _ => drop(page.write_string(row, column, unescaped(&text))?),
    }
    Ok(())
}

/// What reads as an escape in a workbook (`_x0041_` is an `A` there), such that it means itself.
fn unescaped(text: &str) -> Cow<'_, str> {
    let is_escape = |rest: &str| {
        let bytes = rest.as_bytes();
        bytes.len() >= 7 && bytes[6] == b'_' && bytes[2..6].iter().all(u8::is_ascii_hexdigit)
    };
    if !text.match_indices("_x").any(|(at, _)| is_escape(&text[at..])) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 6);
    let mut done = 0;
    for (at, _) in text.match_indices("_x").filter(|(at, _)| is_escape(&text[*at..])) {
        out.push_str(&text[done..at]);
        out.push_str("_x005F");
        done = at;
    }
    out.push_str(&text[done..]);
    Cow::Owned(out)
}

/// Whether Excel keeps every digit that counts.
fn is_exact(text: &str) -> bool {
    let integer = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    !integer || text.trim_start_matches('-').len() <= MOST_DIGITS
}

#[cfg(test)]
mod tests {
    use super::unescaped;

    #[test]
    fn text_that_looks_like_an_escape_means_itself() {
        assert_eq!(unescaped("a_x0041_b_x00Zz_"), "a_x005F_x0041_b_x00Zz_");
        assert_eq!(unescaped("_x0041__x0042_长_x"), "_x005F_x0041__x005F_x0042_长_x");
        assert_eq!(unescaped("a"), "a");
    }
}

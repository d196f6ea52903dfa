//! Tables for people: columns as wide as what they hold, Chinese characters counted as two, never wider than the
//! terminal. What comes from outside cannot move the cursor or change a colour.

use anstyle::Style;
use hongyan_endpoint::harmless;
use hongyan_sheet::Sheet;
use serde_json::Value;
use std::borrow::Cow;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Between two columns.
const GAP: usize = 2;
/// No column is made narrower than this for the terminal's sake.
const NARROWEST: usize = 8;

/// A cell: text and how it looks on a terminal.
pub(crate) struct Cell {
    text: String,
    style: Style,
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        // Other people's words: no control character of theirs reaches a terminal.
        let text = match harmless(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(clean) => clean,
        };
        Self { text, style: Style::new() }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl Cell {
    /// A recipient's or message's state in its colour.
    pub(crate) fn state(state: &str) -> Self {
        use anstyle::AnsiColor::{BrightBlack, Cyan, Green, Red, Yellow};
        let color = match state {
            "sent" | "read" | "unread" => Green,
            "refused" | "failed" | "expired" => Red,
            "unknown" | "partial" => Yellow,
            "recalled" | "cancelled" => Cyan,
            _ => BrightBlack,
        };
        Self { style: color.on_default(), ..state.into() }
    }

    /// Other words in the colour of a state.
    pub(crate) fn coloured(text: &str, state: &str) -> Self {
        Self { style: Self::state(state).style, ..text.into() }
    }

    /// A time of the gateway's, in this machine's zone.
    pub(crate) fn time(rfc3339: &str) -> Self {
        crate::when::local(rfc3339).into()
    }
}

/// Writes a table to standard output, within the terminal's width where it is one.
pub(crate) fn print(headers: &[&str], rows: &[Vec<Cell>]) {
    let width = console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    crate::out::write(format_args!("{}", render(headers, rows, width)));
}

/// Writes rows as CSV to standard output, as spreadsheets want them: no cell of theirs runs as a formula.
///
/// # Errors
/// The rows are more than a sheet holds.
pub(crate) fn print_csv<const N: usize>(
    columns: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
    with_header: bool,
) -> anyhow::Result<()> {
    let rows: Vec<Vec<Value>> = rows.map(|row| row.into_iter().map(Value::from).collect()).collect();
    let columns = columns.iter().map(|name| (*name).to_owned()).collect();
    let sheet = Sheet::of_rows(columns, rows).map_err(|error| anyhow::anyhow!("{error}"))?;
    let csv = String::from_utf8(sheet.csv())?;
    // A byte-order mark, where the sheet begins with one, belongs to the header.
    let text = match csv.split_once('\n') {
        Some((_, rest)) if !with_header => rest,
        _ => &csv,
    };
    crate::out::write(format_args!("{text}"));
    Ok(())
}

fn render(headers: &[&str], rows: &[Vec<Cell>], width: Option<usize>) -> String {
    let mut widths: Vec<usize> = headers.iter().map(|h| h.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.text.width());
        }
    }
    if let Some(width) = width {
        fit(&mut widths, width);
    }
    let bold = Style::new().bold();
    let mut out = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = (&str, Style)>| {
        let cells: Vec<(Vec<String>, Style)> =
            cells.zip(&widths).map(|((words, style), width)| (wrap(words, *width), style)).collect();
        let height = cells.iter().map(|(lines, _)| lines.len()).max().unwrap_or(0);
        for number in 0..height {
            let mut text = String::new();
            let mut owed = 0;
            for ((lines, style), width) in cells.iter().zip(&widths) {
                let words = lines.get(number).map_or("", String::as_str);
                if !words.is_empty() {
                    text.push_str(&" ".repeat(owed));
                    owed = 0;
                    text.push_str(&format!("{style}{words}{style:#}"));
                }
                owed += width.saturating_sub(words.width()) + GAP;
            }
            out.push_str(&text);
            out.push('\n');
        }
    };
    line(&mut headers.iter().map(|h| (*h, bold)));
    for row in rows {
        line(&mut row.iter().map(|cell| (cell.text.as_str(), cell.style)));
    }
    out
}

/// Takes from the widest columns until all fit.
fn fit(widths: &mut [usize], terminal: usize) {
    let available = terminal.saturating_sub(GAP * widths.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > available {
        let Some(widest) = widths.iter().copied().max().filter(|widest| *widest > NARROWEST) else { return };
        let second = widths.iter().copied().filter(|width| *width < widest).max().unwrap_or(0);
        let many = widths.iter().filter(|width| **width == widest).count();
        let over = widths.iter().sum::<usize>() - available;
        // Down to the next widest, or as far as needed, shared among equals.
        let to = widest.saturating_sub(over.div_ceil(many)).max(second).max(NARROWEST).min(widest - 1);
        widths.iter_mut().filter(|width| **width == widest).for_each(|width| *width = to);
    }
}

/// Breaks a text into lines of at most `width` columns: at a space where there is one, else anywhere between two
/// characters as people see them.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(2);
    let (mut lines, mut line, mut used) = (Vec::new(), String::new(), 0);
    for character in text.graphemes(true) {
        let wide = character.width();
        if used + wide > width {
            let rest = match line.rfind(' ') {
                Some(space) if space > 0 => {
                    let rest = line.split_off(space + 1);
                    line.truncate(space);
                    rest
                }
                _ => String::new(),
            };
            if rest.is_empty() && character == " " {
                lines.push(std::mem::take(&mut line));
                used = 0;
                continue;
            }
            lines.push(std::mem::replace(&mut line, rest));
            used = line.width();
        }
        line.push_str(character);
        used += wide;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(headers: &[&str], rows: &[Vec<Cell>], width: Option<usize>) -> String {
        anstream::adapter::strip_str(&render(headers, rows, width)).to_string()
    }

    #[test]
    fn no_control_character_reaches_a_terminal() {
        let rows = [vec![
            Cell::from("a\u{1b}[2Jb\u{9b}1A\u{7f}\u{202e}c\r\nd"),
            Cell::state("se\u{7}nt"),
            Cell::coloured("\u{90}x", "sent"),
        ]];
        let text = plain(&["a", "b", "c"], &rows, None);
        assert!(!text.chars().any(|c| c != '\n' && hongyan_endpoint::is_harmful(c)), "{text:?}");
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn chinese_characters_are_two_columns_wide() {
        let rows = [vec![Cell::from("张三"), Cell::from("x")], vec![Cell::from("a"), Cell::from("y")]];
        let text = plain(&["人", "b"], &rows, None);
        let columns: Vec<usize> = text
            .lines()
            .map(|line| {
                let last = line.rfind(|c: char| !c.is_whitespace()).unwrap();
                line[..last].width()
            })
            .collect();
        assert_eq!(columns, [6, 6, 6], "{text}");
    }

    #[test]
    fn a_table_is_no_wider_than_the_terminal_and_loses_nothing() {
        let long =
            "the platform knows no such recipient, or the app may not see them  平台查无此人，或不在应用可见范围内";
        let rows = [vec![Cell::from("wecom"), Cell::from("userid:outsider"), Cell::from(long)]];
        for width in [40, 60, 80, 100, 120] {
            let text = plain(&["ACCOUNT", "RECIPIENT", "REASON"], &rows, Some(width));
            assert!(text.lines().all(|line| line.width() <= width), "{width}\n{text}");
            let words = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            for word in long.split_whitespace().filter(|word| word.is_ascii()) {
                assert!(words(&text).contains(word) || width < 60, "{word} is missing at {width}\n{text}");
            }
            assert_eq!(
                words(&text).chars().filter(|c| !c.is_ascii()).count(),
                words(long).chars().filter(|c| !c.is_ascii()).count(),
                "{text}"
            );
        }
        assert_eq!(plain(&["A"], &[vec![Cell::from(long)]], None).lines().count(), 2, "a pipe has no width");
    }

    #[test]
    fn a_narrow_column_stays_as_it_is_while_a_wide_one_gives() {
        let mut widths = [5, 15, 100];
        fit(&mut widths, 80);
        assert_eq!(widths, [5, 15, 56]);
        let mut widths = [50, 50, 4];
        fit(&mut widths, 60);
        assert_eq!(widths, [26, 26, 4]);
        let mut widths = [9, 9, 9];
        fit(&mut widths, 10);
        assert_eq!(widths, [8, 8, 8], "there is an end to narrowness");
    }

    #[test]
    fn words_break_at_spaces_and_chinese_anywhere() {
        assert_eq!(wrap("alpha beta gamma", 11), ["alpha beta", "gamma"]);
        assert_eq!(wrap("磁盘使用率过高", 6), ["磁盘使", "用率过", "高"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(wrap("👨‍👩‍👧 family", 6), ["👨‍👩‍👧", "family"]);
    }
}

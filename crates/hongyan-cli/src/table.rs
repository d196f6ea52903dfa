//! Tables for people: columns as wide as what they hold, Chinese characters counted as two.

use anstyle::Style;
use hongyan_endpoint::harmless;
use std::borrow::Cow;
use unicode_width::UnicodeWidthStr;

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
}

/// Writes a table to standard output.
pub(crate) fn print(headers: &[&str], rows: &[Vec<Cell>]) {
    anstream::print!("{}", render(headers, rows));
}

fn render(headers: &[&str], rows: &[Vec<Cell>]) -> String {
    let mut widths: Vec<usize> = headers.iter().map(|h| h.width()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.text.width());
        }
    }
    let bold = Style::new().bold();
    let mut out = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = (&str, Style)>| {
        let mut text = String::new();
        for ((words, style), width) in cells.zip(&widths) {
            let pad = " ".repeat(width.saturating_sub(words.width()) + 2);
            text.push_str(&format!("{style}{words}{style:#}{pad}"));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    };
    line(&mut headers.iter().map(|h| (*h, bold)));
    for row in rows {
        line(&mut row.iter().map(|cell| (cell.text.as_str(), cell.style)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_control_character_reaches_a_terminal() {
        let rows = [vec![
            Cell::from("a\u{1b}[2Jb\u{9b}1A\u{7f}\u{202e}c\r\nd"),
            Cell::state("se\u{7}nt"),
            Cell::coloured("\u{90}x", "sent"),
        ]];
        let text = anstream::adapter::strip_str(&render(&["a", "b", "c"], &rows)).to_string();
        assert!(!text.chars().any(|c| c != '\n' && hongyan_endpoint::is_harmful(c)), "{text:?}");
        assert_eq!(text.lines().count(), 2);
    }

    #[test]
    fn chinese_characters_are_two_columns_wide() {
        let rows = [vec![Cell::from("张三"), Cell::from("x")], vec![Cell::from("a"), Cell::from("y")]];
        let text = anstream::adapter::strip_str(&render(&["人", "b"], &rows)).to_string();
        let columns: Vec<usize> = text
            .lines()
            .map(|line| {
                let last = line.rfind(|c: char| !c.is_whitespace()).unwrap();
                line[..last].width()
            })
            .collect();
        assert_eq!(columns, [6, 6, 6], "{text}");
    }
}

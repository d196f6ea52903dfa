//! Data as a table in Markdown: columns side by side in a code block for what reads no tables, a real table for what
//! does. How many rows and columns fit is asked here and decided by the caller.
//!
//! Whatever a cell holds, it stays a cell: marks are escaped, line breaks shown as `↵`, long cells cut with `…`.

use crate::Dialect;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Where a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// At the left.
    Left,
    /// In the middle.
    Center,
    /// At the right.
    Right,
}

/// Between two columns in a code block.
const BETWEEN: &str = " | ";
/// Looks like a backtick where there can be none.
const LIKE_BACKTICK: &str = "\u{2cb}";

/// A table's header and first rows, ready to be shown.
#[derive(Debug, Clone)]
pub struct Grid {
    /// The header, then the rows.
    lines: Vec<Vec<String>>,
    sides: Vec<Side>,
    widths: Vec<usize>,
    /// Per line, the first column whose cell was cut.
    cut: Vec<Option<usize>>,
}

impl Grid {
    /// Takes the header and the rows; cells wider than `cell` (as a terminal counts) are cut. Columns without a side
    /// stand left; cells beyond the header's are left out. O(n).
    pub fn new<'a, R, C>(columns: &[String], rows: R, sides: &[Side], cell: usize) -> Self
    where
        R: IntoIterator<Item = C>,
        C: IntoIterator<Item = std::borrow::Cow<'a, str>>,
    {
        let width = columns.len();
        let mut grid = Self {
            lines: Vec::new(),
            sides: (0..width).map(|i| sides.get(i).copied().unwrap_or(Side::Left)).collect(),
            widths: vec![0; width],
            cut: Vec::new(),
        };
        grid.push(columns.iter().map(String::as_str), cell);
        for row in rows {
            let row: Vec<_> = row.into_iter().take(width).collect();
            grid.push(row.iter().map(AsRef::as_ref), cell);
        }
        grid
    }

    fn push<'a>(&mut self, cells: impl Iterator<Item = &'a str>, most: usize) {
        let mut line = Vec::with_capacity(self.widths.len());
        let mut first_cut = None;
        for (i, cell) in cells.enumerate() {
            let (cell, was_cut) = cut(&clean(cell, most), most);
            if was_cut {
                first_cut = first_cut.or(Some(i));
            }
            if let Some(width) = self.widths.get_mut(i) {
                *width = cell.width().max(*width);
            }
            line.push(cell);
        }
        self.lines.push(line);
        self.cut.push(first_cut);
    }

    /// How many rows there are to show.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.lines.len() - 1
    }

    /// How many columns, from the first on, stand side by side in a line of this width; one at least, where there is
    /// one.
    #[must_use]
    pub fn columns_within(&self, width: usize) -> usize {
        let mut used = 0;
        let mut fits = |column: &usize| {
            used += *column + BETWEEN.len();
            used <= width.saturating_add(BETWEEN.len())
        };
        self.widths.iter().take_while(|column| fits(column)).count().max(1).min(self.widths.len())
    }

    /// Whether a cell among these rows and columns was cut.
    #[must_use]
    pub fn is_cut(&self, rows: usize, columns: usize) -> bool {
        self.cut.iter().take(rows + 1).flatten().any(|first| *first < columns)
    }

    /// The header and the first rows in a code block that this dialect shows without a break in its columns.
    #[must_use]
    pub fn code(&self, rows: usize, columns: usize, dialect: Dialect) -> String {
        let mut body = String::new();
        for line in self.lines.iter().take(rows + 1) {
            let cells = line.iter().zip(&self.widths).zip(&self.sides).take(columns);
            let padded: Vec<String> = cells.map(|((cell, width), side)| pad(cell, *width, *side)).collect();
            let line = padded.join(BETWEEN);
            match dialect {
                // Its code ends at a backtick, whatever stands before it.
                Dialect::WeCom => body.push_str(&line.trim_end().replace('`', LIKE_BACKTICK)),
                Dialect::DingTalk => body.push_str(&hard(line.trim_end())),
                _ => body.push_str(line.trim_end()),
            }
            body.push('\n');
        }
        let longest = body.split(|c| c != '`').map(str::len).max().unwrap_or_default();
        let fence = "`".repeat(longest.max(2) + 1);
        format!("{fence}\n{body}{fence}")
    }

    /// The header and the first rows as a table of Markdown.
    #[must_use]
    pub fn table(&self, rows: usize, columns: usize) -> String {
        let mut out = String::new();
        for (i, line) in self.lines.iter().take(rows + 1).enumerate() {
            out.push('|');
            for cell in line.iter().take(columns) {
                out.push_str(&format!(" {} |", literal(cell)));
            }
            out.push('\n');
            if i == 0 {
                out.push('|');
                for side in self.sides.iter().take(columns) {
                    out.push_str(match side {
                        Side::Left => " --- |",
                        Side::Center => " :-: |",
                        Side::Right => " --: |",
                    });
                }
                out.push('\n');
            }
        }
        out.trim_end().to_owned()
    }
}

/// CommonMark that reads as exactly this text, on one line.
#[must_use]
pub fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// On one line and without what would move other text about. No more is looked at than can be shown.
fn clean(cell: &str, most: usize) -> String {
    let mut out = String::new();
    // A character takes a column as a rule; those that take none are few, so a generous bound does.
    let bound = most.saturating_mul(8).saturating_add(64);
    let mut chars = cell.chars().take(bound).peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\n' | '\u{2028}' | '\u{2029}' => out.push('↵'),
            '\t' => out.push(' '),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    if cell.chars().nth(bound).is_some() {
        // Longer than was looked at: it is to be cut, however narrow it is.
        out.push_str(&"…".repeat(most + 1));
    }
    out
}

/// At most this wide, and whether something was cut away.
fn cut(cell: &str, most: usize) -> (String, bool) {
    if cell.width() <= most {
        return (cell.to_owned(), false);
    }
    let mut out = String::new();
    let mut width = 0;
    for grapheme in cell.graphemes(true) {
        width += grapheme.width();
        if width >= most {
            break;
        }
        out.push_str(grapheme);
    }
    out.push('…');
    (out, true)
}

fn pad(cell: &str, width: usize, side: Side) -> String {
    let room = width.saturating_sub(cell.width());
    let before = match side {
        Side::Right => room,
        Side::Center => room / 2,
        Side::Left => 0,
    };
    format!("{}{cell}{}", " ".repeat(before), " ".repeat(room - before))
}

/// Every other space of several is one that does not fold.
fn hard(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut folds = false;
    for c in line.chars() {
        let soft = c == ' ';
        out.push(if soft && folds { '\u{a0}' } else { c });
        folds = soft && !folds;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render;
    use std::borrow::Cow;

    fn grid(columns: &[&str], rows: &[&[&str]], cell: usize) -> Grid {
        let columns: Vec<String> = columns.iter().map(|c| (*c).to_owned()).collect();
        let rows = rows.iter().map(|row| row.iter().map(|cell| Cow::Borrowed(*cell)));
        Grid::new(&columns, rows, &[Side::Left, Side::Right], cell)
    }

    #[test]
    fn columns_stand_below_one_another_by_their_width() {
        let grid = grid(&["账户", "限额", "x"], &[&["A-17", "100", ""], &["👩‍👩‍👧", "7", "y"]], 24);
        let expected = "```\n账户 | 限额 | x\nA-17 |  100 |\n👩‍👩‍👧   |    7 | y\n```";
        assert_eq!(grid.code(2, 3, Dialect::Plain), expected);
        assert_eq!(grid.code(0, 1, Dialect::Plain), "```\n账户\n```");
        assert_eq!(grid.table(1, 2), "| 账户 | 限额 |\n| --- | --: |\n| A\\-17 | 100 |");
    }

    #[test]
    fn a_line_takes_as_many_columns_as_fit() {
        let grid = grid(&["aaaa", "bb", "cc"], &[], 24);
        for (width, columns) in [(0, 1), (4, 1), (8, 1), (9, 2), (13, 2), (14, 3), (99, 3)] {
            assert_eq!(grid.columns_within(width), columns, "{width}");
        }
    }

    #[test]
    fn long_cells_are_cut_between_characters() {
        let grid = grid(&["a", "b"], &[&["长长长长", "12345"], &["x", "é".repeat(300).as_str()]], 5);
        assert_eq!(grid.code(2, 2, Dialect::Plain), "```\na     |     b\n长长… | 12345\nx     | éééé…\n```");
        assert!(grid.is_cut(2, 2) && grid.is_cut(1, 1) && !grid.is_cut(0, 2));
    }

    #[test]
    fn nothing_in_a_cell_gets_out_of_it() {
        let nasty = "a|b `c` **d** [e](http://x) <script>\n# f\u{202e}\u{7}";
        let grid = grid(&["h"], &[&[nasty]], 99);
        let shown = "a|b `c` **d** [e](http://x) <script>↵# f\u{fffd}\u{fffd}";
        let code = render(&grid.code(1, 1, Dialect::WeCom), Dialect::WeCom);
        assert_eq!(code, format!("`h`\n`{}`", shown.replace('`', "ˋ")));
        let html = render(&grid.table(1, 1), Dialect::Html);
        assert!(html.contains("a|b `c` **d** [e](http://x) &lt;script&gt;↵# f") && !html.contains("<a "), "{html}");
        assert_eq!(render(&grid.table(1, 1), Dialect::Plain), format!("h\n{shown}"));
        let ding = render(&grid.code(1, 1, Dialect::DingTalk), Dialect::DingTalk);
        assert_eq!(ding.lines().count(), 2);
        assert!(ding.contains("\\*\\*d\\*\\* [e\\](http://x) &lt;script>"), "{ding}");
        let v2 = render(&grid.table(1, 1), Dialect::WeComV2);
        assert!(v2.contains("| a\\|b \\`c\\` ") && v2.lines().count() == 3, "{v2}");
    }

    #[test]
    fn several_spaces_stay_several() {
        assert_eq!(hard("a    b c"), "a \u{a0} \u{a0}b c");
    }

    #[test]
    fn a_header_without_names_is_a_table_still() {
        let grid = grid(&[""], &[&["x"]], 9);
        assert!(render(&grid.table(1, 1), Dialect::Html).contains("<td"));
    }
}

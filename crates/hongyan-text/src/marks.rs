//! Which runs of `*`, `~` and `_` mark something. The rule, and the one place that knows it:
//!
//! - Beside Chinese a run is a mark as it is beside a space. `**` and `~~` are paired in the order of writing: the first
//!   opens, the next closes, whatever brackets, colons and letters stand around them.
//! - Between Latin letters, digits, brackets and operators, without white space, a star is a part of a formula, a
//!   pattern or code and marks nothing: `3*x*y`, `COUNT(*)`, `src/**/test_*.py`, `*.log`, `*@a.cn`, `p*ss*wd`. A `**` may
//!   close there what was opened elsewhere (`**CPU**95`).
//! - So does a star in a masked name or number (`王*明`, `138****0001`) and in what an equals sign makes a formula
//!   (`金额=单价*数量*折扣`), and a single `~` (`9:00~18:00`).
//! - A Latin name between underscores (`__init__`, `_private_var_`) keeps them.
//!
//! ```text
//! **CPU使用率(%)**95   级别**:严重** 主机   a*b*c   __init__.py
//! ^^ opens       ^^ closes                 nothing  nothing
//! ```
//!
//! Nesting is left to the parser, which is told of each run what it does.

use std::ops::Range;

/// What a run of marks does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Opens,
    Closes,
    Nothing,
}

/// What no emphasis ends with.
const OPENING: &str = "([{<“‘《〈「『【〔〖（［｛＜";
/// What none begins with: the end of something, or what stands between two things.
const CLOSING: &str = ")]},;”’》〉」』】〕〗）］｝＞，、。；";
/// Nor with one of these after a single star, which is as often a pattern.
const AFTER_NO_STAR: &str = ".:!?%@/\\=&|+^>：！？％…—";
/// Openings looked through for the one that is closed.
const DEEPEST: usize = 64;
/// How far around a run is looked, in bytes.
const FARTHEST: usize = 200;

/// How far a run may open something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Opens {
    Yes,
    /// Only what ends where words end: it stands between Latin letters.
    Weakly,
    No,
}

/// A run that has opened something.
struct Open {
    run: Range<usize>,
    mark: u8,
    /// How many of its marks are still to be closed.
    left: usize,
    weak: bool,
    paired: bool,
}

/// What stands beside a run.
#[derive(Clone, Copy)]
struct Beside {
    before: Option<char>,
    after: Option<char>,
}

/// Gives each run that does not stand between spaces its role. `verbatim` and `addresses` are sorted and hold no marks.
/// O(n).
pub(crate) fn roles(
    source: &str,
    verbatim: &[Range<usize>],
    addresses: &[Range<usize>],
    found: impl FnMut(Range<usize>, Role),
) {
    let mut pairs = Pairs { open: Vec::new(), found };
    let bytes = source.as_bytes();
    let mut verbatim = verbatim.iter().peekable();
    let mut addresses = addresses.iter().peekable();
    let mut at = 0;
    // Where the last address and the last escaped character ended.
    let (mut address_end, mut escape_end) = (None, None);
    let mut row = is_row(source);
    while at < bytes.len() {
        while verbatim.next_if(|range| range.end <= at).is_some() {}
        while addresses.next_if(|range| range.end <= at).is_some() {}
        if let Some(range) = verbatim.peek().filter(|range| range.start <= at) {
            if source[range.start..range.end].contains('\n') {
                pairs.end();
            }
            at = range.end;
            continue;
        }
        if let Some(range) = addresses.peek().filter(|range| range.start <= at && at < range.end) {
            at = range.end;
            address_end = Some(at);
            continue;
        }
        match bytes[at] {
            b'\n' => {
                row = is_row(&source[at + 1..]);
                if row || !goes_on(&source[at + 1..]) {
                    pairs.end();
                }
                at += 1;
            }
            b'|' if row => {
                pairs.end();
                at += 1;
            }
            b'\\' if bytes.get(at + 1).is_some_and(u8::is_ascii_punctuation) => {
                at += 2;
                escape_end = Some(at);
            }
            b'_' => at += name(source, at, &mut pairs),
            mark @ (b'*' | b'~') => {
                let end = at + bytes[at..].iter().take_while(|b| **b == mark).count();
                let before = match source[..at].chars().next_back() {
                    _ if escape_end == Some(at) => Some(ESCAPED),
                    _ if address_end == Some(at) => Some('a'),
                    before => before,
                };
                let escapes =
                    bytes[end..].first() == Some(&b'\\') && bytes[end..].get(1).is_some_and(u8::is_ascii_punctuation);
                let after = if escapes { Some(ESCAPED) } else { source[end..].chars().next() };
                let beside = Beside { before, after };
                if !(is_space(before) && is_space(after)) {
                    let (opens, closes) = beside.may(source, &(at..end));
                    pairs.take(at..end, mark, opens, closes, beside.is_tight());
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    pairs.end();
}

/// In the place of a character that was escaped: whoever escapes means the marks beside it.
const ESCAPED: char = '·';

struct Pairs<F> {
    open: Vec<Open>,
    found: F,
}

impl<F: FnMut(Range<usize>, Role)> Pairs<F> {
    /// The end of a paragraph: what is open marks nothing.
    fn end(&mut self) {
        self.drop_from(0);
    }

    fn drop_from(&mut self, first: usize) {
        for open in self.open.drain(first..) {
            (self.found)(open.run, if open.paired { Role::Opens } else { Role::Nothing });
        }
    }

    fn take(&mut self, run: Range<usize>, mark: u8, opens: Opens, closes: bool, tight: bool) {
        if closes && self.close(run.len(), mark, tight) {
            (self.found)(run, Role::Closes);
        } else if opens == Opens::No {
            (self.found)(run, Role::Nothing);
        } else {
            self.open.push(Open { left: run.len(), run, mark, weak: opens == Opens::Weakly, paired: false });
        }
    }

    /// Closes what a run of so many marks can close.
    fn close(&mut self, length: usize, mark: u8, tight: bool) -> bool {
        let fits = |open: &Open| open.mark == mark && !(open.weak && tight);
        let floor = self.open.len().saturating_sub(DEEPEST);
        if let Some(i) = (floor..self.open.len()).rev().find(|i| fits(&self.open[*i]) && self.open[*i].left == length) {
            self.drop_from(i + 1);
            self.open[i].paired = true;
            self.drop_from(i);
            return true;
        }
        match self.open.as_mut_slice() {
            // `***a** b*`
            [.., last] if fits(last) && last.left > length => {
                last.left -= length;
                last.paired = true;
                true
            }
            // `**a *b***`
            [.., outer, inner] if fits(outer) && fits(inner) && outer.left + inner.left == length => {
                (outer.paired, inner.paired) = (true, true);
                let first = self.open.len() - 2;
                self.drop_from(first);
                true
            }
            _ => false,
        }
    }
}

impl Beside {
    /// Whether a run may open and may close something.
    fn may(self, source: &str, run: &Range<usize>) -> (Opens, bool) {
        let mark = source.as_bytes()[run.start];
        let (no, length) = ((Opens::No, false), run.len());
        match (mark, length) {
            (b'*', 1) if self.is_star_itself(source, run.start) => no,
            (b'*', 1) => (
                if self.opens_one(&source[run.end..]) { Opens::Yes } else { Opens::No },
                self.closes_one(source, run.end),
            ),
            (b'*', 2 | 3) | (b'~', 2) if !self.is_power() && !self.is_mail(&source[run.end..]) => {
                (self.opens_two(source, run), self.closes_two())
            }
            _ => no,
        }
    }

    /// Between words or brackets without white space, Latin ones, as in a formula.
    fn is_tight(self) -> bool {
        self.before.is_some_and(|c| is_latin(c) || ")]}".contains(c))
            && self.after.is_some_and(|c| is_latin(c) || "([{".contains(c))
    }

    /// `2**10`.
    fn is_power(self) -> bool {
        self.before.is_some_and(|c| c.is_ascii_digit()) && self.after.is_some_and(|c| c.is_ascii_digit())
    }

    /// `z**@example.com`.
    fn is_mail(self, rest: &str) -> bool {
        let Some(domain) = rest.strip_prefix('@').filter(|_| self.before.is_some_and(is_latin)) else { return false };
        let end = domain.find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '-' | '.')).unwrap_or(domain.len());
        domain[..end].contains('.')
    }

    /// Whether a single star is a product, a pattern, or stands for a character of somebody's name.
    fn is_star_itself(self, source: &str, at: usize) -> bool {
        let quote = |c: Option<char>| matches!(c, Some('"' | '\''));
        self.is_tight()
            || (quote(self.before) && !self.after.is_some_and(is_wide))
            || is_name(source, at)
            || is_formula(source, at)
    }

    fn opens_one(self, rest: &str) -> bool {
        let (before, Some(after)) = (self.before, self.after) else { return false };
        // `单价*2` is a product, `折扣*9*折` an emphasis.
        let number = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.').len();
        let times = number > 0 && before.is_some_and(is_han) && !rest[number..].starts_with(['*', '%']);
        if times || after.is_whitespace() || CLOSING.contains(after) || AFTER_NO_STAR.contains(after) {
            return false;
        }
        let free = before.is_none_or(|c| c.is_whitespace() || is_wide(c) || "([{|>".contains(c));
        free || (is_wide(after) && !before.is_some_and(|c| c.is_ascii_digit()))
    }

    fn closes_one(self, source: &str, end: usize) -> bool {
        let Some(before) = self.before else { return false };
        if before.is_whitespace() || OPENING.contains(before) || "/\\=&@_".contains(before) {
            return false;
        }
        let mut rest = source[end..].chars();
        match (rest.next(), rest.next()) {
            (Some(after), _) if is_latin(after) => is_wide(before),
            (Some('.' | '/' | '\\' | '@'), Some(next)) => !is_latin(next),
            _ => true,
        }
    }

    fn opens_two(self, source: &str, run: &Range<usize>) -> Opens {
        let (before, Some(after)) = (self.before, self.after) else { return Opens::No };
        let within = !is_space(before);
        if after.is_whitespace()
            || CLOSING.contains(after)
            || (within && after == '.')
            || (before == self.after && matches!(after, '"' | '\''))
            || (after == '/' && is_pattern(&source[run.end..]))
            || (hides_name(after, &source[run.end..]) && is_surname(&source[..run.start]))
        {
            return Opens::No;
        }
        let free = before.is_none_or(|c| c.is_whitespace() || is_wide(c) || "([{<\"':;,!?|>-".contains(c));
        if free || is_wide(after) || source.as_bytes()[run.start] == b'~' { Opens::Yes } else { Opens::Weakly }
    }

    fn closes_two(self) -> bool {
        self.before.is_some_and(|c| !c.is_whitespace() && !OPENING.contains(c) && !"/\\".contains(c))
    }
}

/// Gives the runs of a name like `__init__` that stands here their role; how far it goes, else the run's length.
fn name<F: FnMut(Range<usize>, Role)>(source: &str, at: usize, pairs: &mut Pairs<F>) -> usize {
    let text = &source[at..];
    let before = source[..at].chars().next_back();
    if before.is_some_and(char::is_alphanumeric) {
        return text.len() - text.trim_start_matches('_').len();
    }
    let length = text.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    let name = &text[..length];
    let (head, tail) = (length - name.trim_start_matches('_').len(), length - name.trim_end_matches('_').len());
    if head == length {
        return head;
    }
    let mut rest = text[length..].chars();
    let goes_on = matches!(rest.next(), Some('.' | '/' | '\\' | '(' | '[' | '=')) && rest.next().is_some_and(is_latin);
    let inside = &name[head..length - tail];
    let is_one = head > 1 || inside.contains('_') || goes_on || matches!(before, Some('.' | '/' | '\\'));
    if tail > 0 && is_one {
        (pairs.found)(at..at + head, Role::Nothing);
        (pairs.found)(at + length - tail..at + length, Role::Nothing);
    }
    length
}

/// Whether a star stands for a character of somebody's name: `王*明`.
fn is_name(source: &str, at: usize) -> bool {
    let is_han = |c: Option<char>| c.is_some_and(is_han);
    let (mut before, mut after) = (source[..at].chars().rev(), source[at + 1..].chars());
    is_han(before.next()) && !is_han(before.next()) && is_han(after.next()) && !is_han(after.next())
}

/// Whether a text ends with one character of a name, of which marks hide the rest: `获奖：王`.
fn is_surname(text: &str) -> bool {
    let mut before = text.chars().rev();
    before.next().is_some_and(is_han) && !before.next().is_some_and(|c| is_han(c) || c == '*')
}

/// Whether what follows such marks goes on about the name (`王**：通过`, `王**（男）、`) and is no emphasis (`请**（务必）**`).
fn hides_name(after: char, rest: &str) -> bool {
    let ends_with_bracket = || {
        let inside =
            near(rest).split('\n').next().and_then(|line| line.split_once("**")).map_or("", |(inside, _)| inside);
        inside.ends_with(|c| CLOSING.contains(c))
    };
    ":：!！?？…—".contains(after) || (OPENING.contains(after) && !ends_with_bracket())
}

/// Whether a star follows something in a formula: `金额=单价*数量*折扣`.
fn is_formula(source: &str, at: usize) -> bool {
    let from = source.ceil_char_boundary(at.saturating_sub(FARTHEST));
    let is_part = |c: char| c.is_alphanumeric() || "*+-/().% ".contains(c);
    let text = &source[from..at];
    text.ends_with(|c: char| c.is_alphanumeric() || matches!(c, ')' | '%'))
        && text.trim_end_matches(is_part).ends_with(['=', '＝'])
}

/// Whether a word that began with `**` and goes on so is a pattern: no `**` ends it but one that is a folder.
fn is_pattern(rest: &str) -> bool {
    let word = near(rest).split(char::is_whitespace).next().unwrap_or_default();
    word.rfind("**").is_none_or(|at| word[..at].ends_with('/') || word[at..].starts_with("**/"))
}

/// The beginning of a text.
fn near(text: &str) -> &str {
    &text[..text.floor_char_boundary(FARTHEST)]
}

fn is_space(c: Option<char>) -> bool {
    c.is_none_or(char::is_whitespace)
}

fn is_han(c: char) -> bool {
    c.is_alphabetic() && is_wide(c)
}

/// A letter or digit of a script that puts spaces between words.
fn is_latin(c: char) -> bool {
    c == '_' || (c.is_alphanumeric() && !is_wide(c))
}

/// Whether it is written without spaces around it: Chinese, Japanese, Korean, their punctuation, emoji.
fn is_wide(c: char) -> bool {
    // Those are as wide as others and yet Chinese: “ ” ‘ ’ … — ·
    unicode_width::UnicodeWidthChar::width(c) == Some(2) || matches!(c, '\u{2010}'..='\u{2027}' | '\u{b7}' | '\u{2030}')
}

/// Whether a line is a table's row.
fn is_row(text: &str) -> bool {
    line_words(text).starts_with('|')
}

/// The first line without what makes it a part of a quote.
fn line_words(text: &str) -> &str {
    let line = text.split('\n').next().unwrap_or_default();
    line.trim_start_matches([' ', '\t', '>']).trim_end()
}

/// Whether a line can belong to the paragraph before it.
fn goes_on(text: &str) -> bool {
    let line = line_words(text);
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let begins = |mark: &str| line[digits..].starts_with(mark);
    let item = if digits > 0 { begins(". ") || begins(") ") } else { begins("- ") || begins("+ ") || begins("* ") };
    !(item || line.is_empty() || ["#", "```", "~~~", "---", "==="].iter().any(|mark| line.starts_with(mark)))
}

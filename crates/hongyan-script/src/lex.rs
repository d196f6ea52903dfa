//! From text to tokens: line breaks become a mark on the token after them, what cannot be cut becomes an error.

use crate::diagnostic::{Kind, Problem};
use crate::span::Span;
use crate::token::{LexFault, Token};
use logos::Logos;

/// A token where it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lexeme {
    pub(crate) token: Token,
    pub(crate) span: Span,
    /// Whether a line break stands before it.
    pub(crate) newline: bool,
}

/// Cuts the text. The last lexeme is always [`Token::End`]; what cannot be cut is left out and told in the second part.
pub(crate) fn cut(text: &str) -> (Vec<Lexeme>, Vec<Problem>) {
    let mut lexemes = Vec::with_capacity(text.len() / 4);
    let mut problems = Vec::new();
    let mut newline = false;
    // An editor's byte order mark is no part of the script.
    let skipped = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut lexer = Token::lexer(text);
    lexer.bump(skipped);
    while let Some(token) = lexer.next() {
        let span = Span::new(lexer.span().start, lexer.span().end);
        match token {
            Ok(Token::Newline | Token::Comment) => newline = true,
            Ok(token) => lexemes.push(Lexeme { token, span, newline: std::mem::take(&mut newline) }),
            Err(fault) => problems.push(explain(fault, span, lexer.slice())),
        }
    }
    lexemes.push(Lexeme { token: Token::End, span: Span::new(text.len(), text.len()), newline });
    (lexemes, problems)
}

fn explain(fault: LexFault, span: Span, slice: &str) -> Problem {
    match fault {
        LexFault::Quote => Problem::new(Kind::Lex, span.first(1), "this string is never closed")
            .unclosed()
            .expected(format!("a closing {}", &slice[..1]))
            .hint("end the string with the quote that opened it; a quote inside is written \\' or \\\" / 字符串缺少结束引号"),
        LexFault::Comment => Problem::new(Kind::Lex, span.first(2), "this comment is never closed")
            .unclosed()
            .expected("`*/`")
            .hint("end the comment with */ / 注释缺少 */"),
        LexFault::Character => {
            let char = slice.chars().next().unwrap_or_default();
            let problem = Problem::new(Kind::Lex, span, format!("`{}` begins nothing in a script", char.escape_debug()));
            match half_width(char) {
                Some(' ') => problem.hint("this is a full-width or no-break space; write a plain one / 请用普通空格"),
                Some(plain) => problem
                    .expected(format!("`{plain}`"))
                    .hint(format!("this is a full-width character; write `{plain}` / 请用半角 `{plain}`")),
                None if char.is_alphanumeric() => {
                    problem.hint("names are made of a-z, A-Z, 0-9 and _; a text stands in quotes / 文字请放在引号里")
                }
                None => problem,
            }
        }
    }
}

/// The plain character for one that a Chinese keyboard types in its place.
fn half_width(char: char) -> Option<char> {
    Some(match char {
        '\u{3000}' | '\u{a0}' | '\u{200b}' | '\u{feff}' => ' ',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(char) - 0xfee0)?,
        '‘' | '’' => '\'',
        '“' | '”' => '"',
        '。' => '.',
        '、' => ',',
        '【' => '[',
        '】' => ']',
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token> {
        let (lexemes, problems) = cut(text);
        assert!(problems.is_empty(), "{problems:?}");
        lexemes.into_iter().map(|lexeme| lexeme.token).collect()
    }

    #[test]
    fn words_are_cut_at_their_longest() {
        use Token::*;
        for (text, expected) in [
            ("a+=b", vec![Name, PlusAssign, Name, End]),
            ("a=='b'", vec![Name, Equal, Text, End]),
            ("1..10", vec![Int, DoubleDot, Int, End]),
            ("1.5e3 2e-1 7L", vec![Double, Double, Int, End]),
            ("x.y::z", vec![Name, Dot, Name, DoubleColon, Name, End]),
            ("ifx if", vec![Name, If, End]),
            ("`a`b.c@d-e]", vec![Symbol, Symbol, BracketClose, End]),
            ("`a. `", vec![Symbol, Dot, Symbol, End]),
            (r#"'a\'b' "c\"d""#, vec![Text, Text, End]),
            ("/* a */ b // c", vec![Name, End]),
            ("2020.01.31", vec![Date, End]),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
    }

    #[test]
    fn a_line_break_marks_the_token_after_it_even_inside_a_comment() {
        let (lexemes, _) = cut("a\nb /* \n */ c d // x\ne");
        assert_eq!(lexemes.iter().map(|l| l.newline).collect::<Vec<_>>(), [false, true, true, false, true, false]);
    }

    #[test]
    fn what_cannot_be_cut_is_told_with_the_plain_character() {
        for (text, at, expected) in
            [("a，b", 1, "`,`"), ("a=“x”", 2, "`\"`"), ("'open", 0, "a closing '"), ("/* open", 0, "`*/`")]
        {
            let problem = cut(text).1.swap_remove(0);
            assert_eq!((problem.span.start(), problem.expected.as_deref()), (at, Some(expected)), "{text}");
        }
    }

    #[test]
    fn a_million_comments_need_no_stack() {
        assert_eq!(tokens(&"/**/ // x\n".repeat(200_000)).len(), 1);
        assert_eq!(cut(&"，".repeat(100_000)).1.len(), 100_000);
    }
}

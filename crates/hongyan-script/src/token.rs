//! The words of a script: what the lexer cuts the text into. Strings and symbols are cut here and read in the parser.

use logos::{FilterResult, Lexer, Logos};

/// One token. Names, numbers and strings carry no text: it is read from the source by the token's span.
#[derive(Logos, Clone, Copy, Debug, PartialEq, Eq)]
#[logos(error = LexFault)]
#[logos(skip r"[ \t\r]+")]
#[logos(skip("//[^\n]*", allow_greedy = true))]
pub(crate) enum Token {
    #[token("\n")]
    Newline,
    #[token("/*", block_comment)]
    Comment,
    #[regex("[A-Za-z_][A-Za-z0-9_]*")]
    Name,
    #[regex("[0-9]+[lL]?")]
    Int,
    #[regex(r"[0-9]+\.[0-9]+([eE][+-]?[0-9]+)?")]
    #[regex(r"[0-9]+[eE][+-]?[0-9]+")]
    Double,
    /// `2020.01.31`: only to say that there are no dates.
    #[regex(r"[0-9][0-9][0-9][0-9]\.[0-9][0-9]\.[0-9][0-9]")]
    Date,
    #[token("'", |lexer| quoted(lexer, b'\''))]
    #[token("\"", |lexer| quoted(lexer, b'"'))]
    Text,
    #[token("`", symbol)]
    Symbol,
    #[token("if")]
    If,
    #[token("else")]
    Else,
    #[token("for")]
    For,
    #[token("in")]
    In,
    #[token("do")]
    Do,
    #[token("while")]
    While,
    #[token("try")]
    Try,
    #[token("catch")]
    Catch,
    #[token("throw")]
    Throw,
    #[token("def")]
    Def,
    #[token("return")]
    Return,
    #[token("break")]
    Break,
    #[token("continue")]
    Continue,
    #[token("assert")]
    Assert,
    #[token("use")]
    Use,
    #[token("true")]
    True,
    #[token("false")]
    False,
    #[token("NULL")]
    Null,
    #[token("and")]
    #[token("&&")]
    And,
    #[token("or")]
    #[token("||")]
    Or,
    #[token("not")]
    Not,
    #[token("!")]
    Bang,
    #[token("=")]
    Assign,
    #[token("+=")]
    PlusAssign,
    #[token("-=")]
    MinusAssign,
    #[token("*=")]
    StarAssign,
    #[token("/=")]
    SlashAssign,
    #[token("\\=")]
    RatioAssign,
    #[token("%=")]
    PercentAssign,
    #[token("==")]
    Equal,
    #[token("!=")]
    #[token("<>")]
    NotEqual,
    #[token("<")]
    Less,
    #[token("<=")]
    LessEqual,
    #[token(">")]
    Greater,
    #[token(">=")]
    GreaterEqual,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("\\")]
    Ratio,
    #[token("%")]
    Percent,
    #[token("++")]
    Increment,
    #[token("->")]
    Arrow,
    #[token("&")]
    Ampersand,
    #[token("|")]
    Bar,
    #[token("^")]
    Caret,
    #[token("?")]
    Question,
    #[token(":")]
    Colon,
    #[token("::")]
    DoubleColon,
    #[token(",")]
    Comma,
    #[token(";")]
    Semicolon,
    #[token(".")]
    Dot,
    #[token("..")]
    DoubleDot,
    #[token("(")]
    ParenOpen,
    #[token(")")]
    ParenClose,
    #[token("[")]
    BracketOpen,
    #[token("]")]
    BracketClose,
    #[token("{")]
    BraceOpen,
    #[token("}")]
    BraceClose,
    #[token("@")]
    At,
    #[token("#")]
    Hash,
    /// After the last token, so that there is always a next one.
    End,
}

impl Token {
    /// Whether the token is spelled like a name: a name or a word of the language, as stands after a dot.
    pub(crate) const fn is_word(self) -> bool {
        matches!(
            self,
            Self::Name
                | Self::If
                | Self::Else
                | Self::For
                | Self::In
                | Self::Do
                | Self::While
                | Self::Try
                | Self::Catch
                | Self::Throw
                | Self::Def
                | Self::Return
                | Self::Break
                | Self::Continue
                | Self::Assert
                | Self::Use
                | Self::True
                | Self::False
                | Self::Null
                | Self::And
                | Self::Or
                | Self::Not
        )
    }
}

/// What the lexer cannot cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LexFault {
    /// A character that begins no token.
    #[default]
    Character,
    /// A string that is never closed.
    Quote,
    /// A `/*` that is never closed.
    Comment,
}

/// Goes to the closing quote; a backslash takes the next byte with it.
fn quoted(lexer: &mut Lexer<'_, Token>, quote: u8) -> Result<(), LexFault> {
    let rest = lexer.remainder().as_bytes();
    let mut at = 0;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == quote => {
                lexer.bump(at + 1);
                return Ok(());
            }
            _ => at += 1,
        }
    }
    lexer.bump(rest.len());
    Err(LexFault::Quote)
}

/// Takes the letters, digits and `_` of a symbol, and `@`, `.` and `-` between them.
fn symbol(lexer: &mut Lexer<'_, Token>) {
    let rest = lexer.remainder();
    let mut end = 0;
    let mut chars = rest.char_indices().peekable();
    while let Some((at, char)) = chars.next() {
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let joint = matches!(char, '@' | '.' | '-') && at > 0 && chars.peek().is_some_and(|&(_, next)| word(next));
        if !word(char) && !joint {
            break;
        }
        end = at + char.len_utf8();
    }
    lexer.bump(end);
}

/// Goes to the end of a comment; one with a line break in it ends a statement like the line break itself.
fn block_comment(lexer: &mut Lexer<'_, Token>) -> FilterResult<(), LexFault> {
    let rest = lexer.remainder();
    let Some(end) = rest.find("*/") else {
        lexer.bump(rest.len());
        return FilterResult::Error(LexFault::Comment);
    };
    let broken = rest[..end].contains('\n');
    lexer.bump(end + 2);
    if broken { FilterResult::Emit(()) } else { FilterResult::Skip }
}

//! From tokens to the tree. A descent over tokens with a bounded depth; ranks of operators are a table.
//!
//! After an error the parser goes on at the next statement, so that one reading tells several mistakes. What the
//! language has in the database but not here is told as [`Kind::Refused`].

mod call;
mod expression;
mod literal;
mod refused;
mod statement;
#[cfg(test)]
mod tests;

use crate::ast::{Name, Program};
use crate::diagnostic::{Kind, Problem};
use crate::lex::{self, Lexeme};
use crate::limits::Limits;
use crate::span::Span;
use crate::token::Token;

/// What ends a piece of parsing early.
type Parsed<T> = Result<T, Box<Problem>>;

/// How many mistakes are told of one script.
const TOLD: usize = 20;

/// Reads a whole text.
pub(crate) fn program(text: &str, limits: &Limits) -> Result<Program, Vec<Problem>> {
    if text.len() > limits.source_bytes {
        let message = format!("the script has {} bytes, more than {}", text.len(), limits.source_bytes);
        return Err(vec![Problem::new(Kind::Limit, Span::new(0, 0), message)]);
    }
    let (lexemes, mut problems) = lex::cut(text);
    if problems.first().is_some_and(|problem| problem.unclosed) {
        // Everything after the opening quote would be read wrongly.
        problems.truncate(1);
        return Err(problems);
    }
    let mut parser = Parser {
        text,
        lexemes,
        at: 0,
        depth: 0,
        limit: limits.nesting,
        open: 0,
        pairs: true,
        loops: 0,
        blocks: 0,
        hopeless: false,
        problems: Vec::new(),
        calls: Vec::new(),
        defined: Vec::new(),
    };
    let program = parser.program();
    parser.refuse_calls();
    // A stray character is the reason of whatever is odd on its line.
    let lines = |problem: &Problem| text[..problem.span.start()].matches('\n').count();
    if problems.is_empty() {
        problems = parser.problems;
    } else if problems.len() < TOLD {
        let strays: Vec<usize> = problems.iter().map(lines).collect();
        problems.extend(parser.problems.into_iter().filter(|problem| !strays.contains(&lines(problem))));
    }
    problems.sort_by_key(|problem| problem.span);
    problems.truncate(TOLD);
    if problems.is_empty() { Ok(program) } else { Err(problems) }
}

/// The state of a reading.
struct Parser<'s> {
    text: &'s str,
    lexemes: Vec<Lexeme>,
    at: usize,
    /// How deep the tree is here.
    depth: usize,
    limit: usize,
    /// How many parentheses and brackets are open: inside them a line break ends nothing.
    open: usize,
    /// Whether `a:b` is a pair here; not between `?` and `:`.
    pairs: bool,
    /// How many loops stand around.
    loops: usize,
    /// How many blocks stand around.
    blocks: usize,
    /// Set when going on after an error makes no sense.
    hopeless: bool,
    problems: Vec<Problem>,
    /// Functions called by a bare name, to refuse the database's own afterwards.
    calls: Vec<Name>,
    /// What the script itself defines.
    defined: Vec<std::sync::Arc<str>>,
}

impl<'s> Parser<'s> {
    fn here(&self) -> Lexeme {
        self.lexemes[self.at]
    }

    fn peek(&self) -> Token {
        self.here().token
    }

    /// The token after the next.
    fn after(&self, ahead: usize) -> Lexeme {
        self.lexemes[(self.at + ahead).min(self.lexemes.len() - 1)]
    }

    fn slice(&self, span: Span) -> &'s str {
        self.text.get(span.range()).unwrap_or_default()
    }

    /// The end of the token before.
    fn last(&self) -> Span {
        match self.at.checked_sub(1) {
            Some(at) => self.lexemes[at].span,
            None => Span::default(),
        }
    }

    fn advance(&mut self) -> Lexeme {
        let lexeme = self.here();
        if lexeme.token != Token::End {
            self.at += 1;
        }
        lexeme
    }

    /// Takes the token if it is next.
    fn eat(&mut self, token: Token) -> bool {
        let found = self.peek() == token;
        if found {
            self.advance();
        }
        found
    }

    /// Takes the token or says that it is missing.
    fn expect(&mut self, token: Token, expected: &str) -> Parsed<Lexeme> {
        if self.peek() == token { Ok(self.advance()) } else { Err(self.unexpected(expected)) }
    }

    /// Whether a statement ends before the next token.
    fn ended(&self) -> bool {
        let next = self.here();
        matches!(next.token, Token::Semicolon | Token::BraceClose | Token::End) || (next.newline && self.open == 0)
    }

    fn name(&mut self, expected: &str) -> Parsed<Name> {
        let lexeme = self.expect(Token::Name, expected)?;
        Ok(Name { text: self.slice(lexeme.span).into(), span: lexeme.span })
    }

    /// The next token stands where something else should.
    fn unexpected(&self, expected: &str) -> Box<Problem> {
        let next = self.here();
        let end = next.token == Token::End;
        if self.at > 0 && (end || next.newline && self.open == 0) {
            // What is missing is missing at the end of the line before.
            let at = self.last().end();
            let message = if end { "the script ends too early" } else { "the line ends too early" };
            return Box::new(Problem::new(Kind::Parse, Span::new(at, at), message).expected(expected));
        }
        let message = match next.token {
            Token::Text => "a string is not expected here".to_owned(),
            _ => format!("`{}` is not expected here", self.slice(next.span)),
        };
        let mut problem = Problem::new(Kind::Parse, next.span, message).expected(expected);
        problem.hint = self.advice(next);
        Box::new(problem)
    }

    /// What people of other languages meant.
    fn advice(&self, next: Lexeme) -> Option<String> {
        Some(match next.token {
            Token::Assign => "to compare, write `==` / 比较请用 ==".to_owned(),
            Token::Increment => "there is no `++`; write `x += 1` / 请写 x += 1".to_owned(),
            Token::Ampersand => "for a logical and, write `&&` / 逻辑与请用 &&".to_owned(),
            Token::Bar => "for a logical or, write `||` / 逻辑或请用 ||".to_owned(),
            Token::Else => "`else` follows the `}` of an `if`".to_owned(),
            Token::Name | Token::Text | Token::Int if self.at > 0 && self.lexemes[self.at - 1].token == Token::Text => {
                "is an operator missing, or a `\\` before a quote inside the string? / 字符串中的引号请写成 \\'"
                    .to_owned()
            }
            _ => return None,
        })
    }

    /// Goes one deeper for as long as `parse` runs.
    fn nested<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth >= self.limit {
            self.hopeless = true;
            let message = format!("nested more than {} deep", self.limit);
            return Err(Box::new(
                Problem::new(Kind::Limit, self.here().span.first(1), message)
                    .hint("give parts of it names, in statements before / 嵌套过深, 请拆成多条语句"),
            ));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    /// Parses inside parentheses or brackets, where line breaks end nothing and pairs are pairs again.
    fn enclosed<T>(&mut self, parse: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        let pairs = std::mem::replace(&mut self.pairs, true);
        self.open += 1;
        let parsed = parse(self);
        self.open -= 1;
        self.pairs = pairs;
        parsed
    }
}

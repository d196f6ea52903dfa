//! Constants: numbers, strings with their escapes, symbols, and several of them side by side as a vector.

use super::expression::{constant, is_literal};
use super::{Parsed, Parser};
use crate::ast::{Expr, ExprKind, Literal, VectorForm};
use crate::diagnostic::{Kind, Problem};
use crate::token::Token;
use std::sync::Arc;

impl Parser<'_> {
    /// One constant, or a vector of those that follow it on the line.
    pub(super) fn literal(&mut self) -> Parsed<Expr> {
        let first = self.single()?;
        let class = class(&first);
        if class == Class::Alone || !self.follows(class) {
            return Ok(first);
        }
        let start = first.span;
        let mut items = vec![first];
        while self.follows(class) {
            items.push(self.single()?);
        }
        let span = start.to(self.last());
        Ok(Expr { span, kind: ExprKind::Vector { items, form: VectorForm::Juxtaposed } })
    }

    /// Whether a constant of the same class stands next on this line.
    fn follows(&self, expected: Class) -> bool {
        let next = self.here();
        is_literal(next.token) && !next.newline && token_class(next.token) == expected
    }

    fn single(&mut self) -> Parsed<Expr> {
        let negative = self.eat(Token::Minus);
        let lexeme = self.advance();
        let span = if negative { self.lexemes[self.at - 2].span.to(lexeme.span) } else { lexeme.span };
        let slice = self.slice(span);
        let literal = match lexeme.token {
            Token::Int => match slice.trim_end_matches(['l', 'L']).parse() {
                Ok(number) => Literal::Int(number),
                Err(_) => {
                    let problem = Problem::new(Kind::Parse, span, "this whole number does not fit in 64 bits");
                    return Err(Box::new(problem.hint("write it as a string / 请写成字符串")));
                }
            },
            Token::Double => match slice.parse::<f64>() {
                Ok(number) if number.is_finite() => Literal::Double(number),
                _ => return Err(Box::new(Problem::new(Kind::Parse, span, "this number is too large"))),
            },
            Token::Text => Literal::Text(text(slice)),
            Token::Symbol => Literal::Symbol(slice[1..].into()),
            Token::True => Literal::Bool(true),
            Token::False => Literal::Bool(false),
            _ => Literal::Null,
        };
        Ok(constant(span, literal))
    }
}

/// Constants of one class make a vector when they stand side by side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Number,
    Text,
    Bool,
    Alone,
}

const fn token_class(token: Token) -> Class {
    match token {
        Token::Int | Token::Double => Class::Number,
        Token::Text | Token::Symbol => Class::Text,
        Token::True | Token::False => Class::Bool,
        _ => Class::Alone,
    }
}

const fn class(expr: &Expr) -> Class {
    match &expr.kind {
        ExprKind::Literal(Literal::Int(_) | Literal::Double(_)) => Class::Number,
        ExprKind::Literal(Literal::Text(_) | Literal::Symbol(_)) => Class::Text,
        ExprKind::Literal(Literal::Bool(_)) => Class::Bool,
        _ => Class::Alone,
    }
}

/// A string in its quotes as the text that it means. A backslash before any other character than the known ones stays,
/// so that `\u4f60` and `\/` reach a JSON reader as they are.
pub(super) fn text(quoted: &str) -> Arc<str> {
    let inner = quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default();
    if !inner.contains('\\') {
        return inner.into();
    }
    let mut text = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(char) = chars.next() {
        if char != '\\' {
            text.push(char);
            continue;
        }
        match chars.next() {
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some(plain @ ('\\' | '\'' | '"')) => text.push(plain),
            Some(other) => text.extend(['\\', other]),
            None => text.push('\\'),
        }
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn known_escapes_are_read_and_unknown_ones_stay() {
        for (quoted, expected) in [
            ("''", ""),
            ("'a'", "a"),
            (r"'a\n\r\t\\\'b'", "a\n\r\t\\'b"),
            (r#""{\"k\":1}""#, r#"{"k":1}"#),
            (r"'\u4f60\/\d'", r"\u4f60\/\d"),
            ("'中\\n文'", "中\n文"),
        ] {
            assert_eq!(&*text(quoted), expected, "{quoted}");
        }
    }
}

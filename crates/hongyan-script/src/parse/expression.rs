//! Expressions: operators by rank, steps of a path, and what an expression begins with.

use super::{Parsed, Parser};
use crate::ast::{BinaryOperator, Expr, ExprKind, Link, Literal, Name, Step, StepKind, UnaryOperator, VectorForm};
use crate::diagnostic::{Kind, Problem};
use crate::span::Span;
use crate::token::Token;

/// The rank of `a:b` and `a..b`: below arithmetic, so that `0:n+1` is `0:(n+1)`.
const PAIR: u8 = 5;

/// An operator and its rank; a higher one binds more tightly.
const fn operator(token: Token) -> Option<(BinaryOperator, u8)> {
    Some(match token {
        Token::Or => (BinaryOperator::Or, 1),
        Token::And => (BinaryOperator::And, 2),
        Token::Equal => (BinaryOperator::Equal, 3),
        Token::NotEqual => (BinaryOperator::NotEqual, 3),
        Token::Less => (BinaryOperator::Less, 4),
        Token::LessEqual => (BinaryOperator::LessEqual, 4),
        Token::Greater => (BinaryOperator::Greater, 4),
        Token::GreaterEqual => (BinaryOperator::GreaterEqual, 4),
        Token::In => (BinaryOperator::In, 4),
        Token::Plus => (BinaryOperator::Add, 6),
        Token::Minus => (BinaryOperator::Subtract, 6),
        Token::Star => (BinaryOperator::Multiply, 7),
        Token::Slash => (BinaryOperator::Divide, 7),
        Token::Ratio => (BinaryOperator::Ratio, 7),
        Token::Percent => (BinaryOperator::Remainder, 7),
        _ => return None,
    })
}

/// The rank of an operator of the tree.
const fn rank(operator: BinaryOperator) -> u8 {
    match operator {
        BinaryOperator::Or => 1,
        BinaryOperator::And => 2,
        BinaryOperator::Equal | BinaryOperator::NotEqual => 3,
        BinaryOperator::Less
        | BinaryOperator::LessEqual
        | BinaryOperator::Greater
        | BinaryOperator::GreaterEqual
        | BinaryOperator::In => 4,
        BinaryOperator::Add | BinaryOperator::Subtract => 6,
        BinaryOperator::Multiply | BinaryOperator::Divide | BinaryOperator::Ratio | BinaryOperator::Remainder => 7,
    }
}

/// Whether an operator stands here that needs an operand before it.
pub(super) const fn continues(token: Token) -> bool {
    operator(token).is_some() || matches!(token, Token::Question | Token::BracketOpen | Token::Dot)
}

impl Parser<'_> {
    /// A whole expression.
    pub(super) fn expression(&mut self) -> Parsed<Expr> {
        self.nested(|parser| {
            let condition = parser.chain(1)?;
            if parser.peek() == Token::Question && !parser.breaks() { parser.choice(condition) } else { Ok(condition) }
        })
    }

    /// Whether the next token begins a statement of its own.
    fn breaks(&self) -> bool {
        self.here().newline && self.open == 0
    }

    fn choice(&mut self, condition: Expr) -> Parsed<Expr> {
        self.advance();
        let pairs = std::mem::replace(&mut self.pairs, false);
        let yes = self.expression();
        self.pairs = pairs;
        let yes = yes?;
        self.expect(Token::Colon, "`:` of `c ? x : y`")?;
        let no = self.expression()?;
        let span = condition.span.to(no.span);
        let kind = ExprKind::Choice { condition: Box::new(condition), yes: Box::new(yes), no: Box::new(no) };
        Ok(Expr { span, kind })
    }

    /// Operands between operators of at least this rank. The rank grows with each level, so it bounds the depth.
    fn chain(&mut self, least: u8) -> Parsed<Expr> {
        let mut left = self.unary()?;
        while !self.breaks() {
            let next = self.here();
            if matches!(next.token, Token::Colon | Token::DoubleDot) && least <= PAIR {
                if next.token == Token::Colon && !self.pairs {
                    break;
                }
                self.advance();
                let right = Box::new(self.chain(PAIR + 1)?);
                let (span, left_side) = (left.span.to(right.span), Box::new(left));
                let kind = if next.token == Token::Colon {
                    ExprKind::Pair(left_side, right)
                } else {
                    ExprKind::Sequence(left_side, right)
                };
                // A second `:` would make no sense, and nothing but looser operators may follow.
                left = Expr { span, kind };
                if matches!(self.peek(), Token::Colon | Token::DoubleDot) && (self.pairs || self.peek() != Token::Colon)
                {
                    return Err(self.unexpected("one pair `a:b` only"));
                }
                continue;
            }
            let Some((operator, rank)) = operator(next.token).filter(|&(_, rank)| rank >= least) else {
                break;
            };
            self.advance();
            let operand = self.chain(rank + 1)?;
            left = join(left, Link { operator, operator_span: next.span, operand });
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let start = self.here();
        let operator = match start.token {
            Token::Minus if self.number_follows() => {
                let literal = self.literal()?;
                return self.steps(literal);
            }
            Token::Minus => UnaryOperator::Negate,
            Token::Bang | Token::Not => UnaryOperator::Not,
            _ => return self.primary().and_then(|expr| self.steps(expr)),
        };
        self.advance();
        // `not` is a function of the database: it takes the whole expression on its right.
        let operand = if start.token == Token::Not { self.expression()? } else { self.nested(Self::unary)? };
        let span = start.span.to(operand.span);
        Ok(Expr { span, kind: ExprKind::Unary { operator, operand: Box::new(operand) } })
    }

    /// Whether the `-` here is the sign of a number.
    fn number_follows(&self) -> bool {
        let number = self.after(1);
        matches!(number.token, Token::Int | Token::Double) && number.span.start() == self.here().span.end()
    }

    /// `.name`, `.f(x)` and `[i]` after what they belong to.
    fn steps(&mut self, base: Expr) -> Parsed<Expr> {
        let mut steps = Vec::new();
        loop {
            let start = self.here();
            let kind = match start.token {
                // A line that begins with a dot goes on with the line before.
                Token::Dot => {
                    self.advance();
                    self.member()?
                }
                Token::BracketOpen if !self.breaks() => {
                    self.advance();
                    let index = self.enclosed(Self::expression)?;
                    if self.peek() == Token::Comma {
                        return Err(self.refuse(self.here().span, "an index of two dimensions", "a matrix or a table"));
                    }
                    self.expect(Token::BracketClose, "`]`")?;
                    StepKind::Index(Box::new(index))
                }
                Token::BraceOpen
                    if !self.breaks() && start.span.start() == self.last().end() && self.partial(&base) =>
                {
                    return Err(self.refuse(start.span, "a partial application `f{…}`", "a function as a value"));
                }
                _ => break,
            };
            steps.push(Step { span: start.span.to(self.last()), kind });
        }
        if steps.is_empty() {
            return Ok(base);
        }
        let span = base.span.to(self.last());
        Ok(Expr { span, kind: ExprKind::Path { base: Box::new(base), steps } })
    }

    /// Whether `name{` would be a partial application: not before the block of an `if` without parentheses.
    fn partial(&self, base: &Expr) -> bool {
        base.as_name().is_some()
    }

    fn member(&mut self) -> Parsed<StepKind> {
        let word = self.here();
        if !word.token.is_word() {
            return Err(self.unexpected("a name after `.`"));
        }
        self.advance();
        let mut name = Name { text: self.slice(word.span).into(), span: word.span };
        self.mutating_mark(&mut name);
        if self.peek() == Token::ParenOpen && !self.breaks() {
            self.calls.push(name.clone());
            let arguments = self.arguments()?;
            return Ok(StepKind::Method(name, arguments));
        }
        Ok(StepKind::Member(name))
    }

    /// What an operand begins with.
    fn primary(&mut self) -> Parsed<Expr> {
        let start = self.here();
        match start.token {
            // After an operator the expression goes on in the next line.
            _ if self.breaks() && self.at > 0 && self.mid_expression() && !self.assignment_follows() => {
                self.lexemes[self.at].newline = false;
                self.primary_again()
            }
            _ if self.breaks() && self.at > 0 && self.mid_expression() => Err(self.unexpected("an expression")),
            Token::Name => self.named(),
            Token::DoubleColon => self.rooted(),
            Token::ParenOpen => self.tuple(),
            Token::BracketOpen => self.vector(),
            token if is_literal(token) => self.literal(),
            Token::Def => Err(self.refuse(start.span, "a function without a name", "a function as a value")),
            Token::Ampersand => Err(self.refuse(start.span, "a reference `&x`", "two names of one object")),
            Token::Less => Err(self.refuse(start.span, "metacode `<…>`", "code as a value")),
            Token::Date => Err(self.refuse(start.span, "a date", "dates and times as values")),
            Token::BraceOpen => Err(Box::new(
                Problem::new(Kind::Parse, start.span, "`{` is not expected here")
                    .expected("an expression")
                    .hint("a JSON text stands in quotes: '{\"k\":1}' / JSON 文本请放在引号里"),
            )),
            _ => Err(self.unexpected("an expression")),
        }
    }

    /// The primary of a line that goes on from an operator.
    fn primary_again(&mut self) -> Parsed<Expr> {
        if matches!(self.peek(), Token::Minus | Token::Bang | Token::Not) { self.unary() } else { self.primary() }
    }

    /// Whether the next line is an assignment of its own: then it does not go on with this one.
    fn assignment_follows(&self) -> bool {
        self.peek() == Token::Name && is_assignment(self.after(1).token)
    }

    /// Whether the token before asks for an operand.
    fn mid_expression(&self) -> bool {
        let before = self.lexemes[self.at - 1].token;
        operator(before).is_some()
            || matches!(
                before,
                Token::Bang | Token::Not | Token::Question | Token::Colon | Token::DoubleDot | Token::Comma
            )
            || is_assignment(before)
    }

    fn tuple(&mut self) -> Parsed<Expr> {
        let start = self.advance().span;
        let (mut items, comma) = self.enclosed(|parser| parser.items(Token::ParenClose))?;
        let span = start.to(self.last());
        if items.len() == 1 && !comma {
            let inner = items.swap_remove(0);
            return Ok(Expr { span, kind: inner.kind });
        }
        Ok(Expr { span, kind: ExprKind::Tuple(items) })
    }

    fn vector(&mut self) -> Parsed<Expr> {
        let start = self.advance().span;
        let (items, _) = self.enclosed(|parser| parser.items(Token::BracketClose))?;
        let span = start.to(self.last());
        Ok(Expr { span, kind: ExprKind::Vector { items, form: VectorForm::Brackets } })
    }

    /// Expressions up to the closing token, which is taken; and whether there was a comma.
    fn items(&mut self, close: Token) -> Parsed<(Vec<Expr>, bool)> {
        let (mut items, mut comma) = (Vec::new(), false);
        let closing = if close == Token::ParenClose { "`,` or `)`" } else { "`,` or `]`" };
        while !self.eat(close) {
            items.push(self.expression()?);
            if self.peek() != close {
                self.expect(Token::Comma, closing)?;
                comma = true;
            }
        }
        Ok((items, comma))
    }
}

/// Whether a token is a constant.
pub(super) const fn is_literal(token: Token) -> bool {
    matches!(token, Token::Int | Token::Double | Token::Text | Token::Symbol | Token::True | Token::False | Token::Null)
}

/// Whether a token assigns.
const fn is_assignment(token: Token) -> bool {
    matches!(
        token,
        Token::Assign
            | Token::PlusAssign
            | Token::MinusAssign
            | Token::StarAssign
            | Token::SlashAssign
            | Token::RatioAssign
            | Token::PercentAssign
    )
}

/// Adds an operator and its right operand to what stands on the left.
fn join(left: Expr, link: Link) -> Expr {
    let span = left.span.to(link.operand.span);
    match left.kind {
        ExprKind::Chain { first, mut rest } if rest.first().is_some_and(|other| same_rank(other, &link)) => {
            rest.push(link);
            Expr { span, kind: ExprKind::Chain { first, rest } }
        }
        kind => {
            let first = Box::new(Expr { span: left.span, kind });
            Expr { span, kind: ExprKind::Chain { first, rest: vec![link] } }
        }
    }
}

fn same_rank(one: &Link, other: &Link) -> bool {
    rank(one.operator) == rank(other.operator)
}

/// A constant as an expression.
pub(super) const fn constant(span: Span, literal: Literal) -> Expr {
    Expr { span, kind: ExprKind::Literal(literal) }
}

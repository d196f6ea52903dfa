//! Names and calls: `f(x)`, `module::f(x)`, `f x`, `append!(v, x)`, and what stands between the parentheses.

use super::{Parsed, Parser, expression};
use crate::ast::{Argument, CallForm, Callee, Expr, ExprKind, Name};
use crate::span::Span;
use crate::token::Token;

impl Parser<'_> {
    /// A name: a variable, or the beginning of a call.
    pub(super) fn named(&mut self) -> Parsed<Expr> {
        if let Some(problem) = self.refused() {
            return Err(problem);
        }
        let lexeme = self.advance();
        let mut name = Name { text: self.slice(lexeme.span).into(), span: lexeme.span };
        if self.peek() == Token::DoubleColon && !self.here().newline {
            self.advance();
            let function = self.name("a function's name after `::`")?;
            return self.called(Callee { module: Some(name), name: function }, lexeme.span);
        }
        self.mutating_mark(&mut name);
        if self.peek() == Token::ParenOpen && !self.newline_here() {
            self.calls.push(name.clone());
            return self.called(Callee { module: None, name }, lexeme.span);
        }
        if self.peek() == Token::Arrow {
            return Err(self.refuse(self.here().span, "a lambda `x->…`", "a function as a value"));
        }
        if self.begins_argument() {
            self.calls.push(name.clone());
            return self.called(Callee { module: None, name }, lexeme.span);
        }
        Ok(Expr { span: lexeme.span, kind: ExprKind::Name(name.text) })
    }

    /// `::f(x)`.
    pub(super) fn rooted(&mut self) -> Parsed<Expr> {
        let start = self.advance().span;
        let name = self.name("a function's name after `::`")?;
        self.calls.push(name.clone());
        self.called(Callee { module: None, name }, start)
    }

    /// What is called is known; its arguments are not.
    fn called(&mut self, callee: Callee, start: Span) -> Parsed<Expr> {
        let (arguments, form) = if self.peek() == Token::ParenOpen && !self.newline_here() {
            (self.arguments()?, CallForm::Parentheses)
        } else if self.begins_argument() {
            let value = self.expression()?;
            (vec![Argument { name: None, span: value.span, value: Some(value) }], CallForm::Prefix)
        } else {
            return Err(self.unexpected(&format!("`(` with the arguments of `{}`", callee.name.text)));
        };
        Ok(Expr { span: start.to(self.last()), kind: ExprKind::Call { callee, arguments, form } })
    }

    fn newline_here(&self) -> bool {
        self.here().newline && self.open == 0
    }

    /// Whether the one argument of a call without parentheses stands here.
    fn begins_argument(&self) -> bool {
        let next = self.here();
        !next.newline
            && (expression::is_literal(next.token)
                || matches!(next.token, Token::Name | Token::Bang | Token::Not | Token::DoubleColon))
    }

    /// The `!` of `append!(…)`, which belongs to the name.
    pub(super) fn mutating_mark(&mut self, name: &mut Name) {
        let (mark, open) = (self.here(), self.after(1));
        if mark.token == Token::Bang && mark.span.start() == name.span.end() && open.token == Token::ParenOpen {
            self.advance();
            name.span = name.span.to(mark.span);
            name.text = self.slice(name.span).into();
        }
    }

    /// Whether the statement is a `print` with an argument that could be read as something else: `print -x`,
    /// `print [1,2]`, `print (a)+b`.
    pub(super) fn starts_print(&self) -> bool {
        let (word, next) = (self.here(), self.after(1));
        if word.token != Token::Name || self.slice(word.span) != "print" || next.newline {
            return false;
        }
        let apart = next.span.start() > word.span.end();
        match next.token {
            Token::BracketOpen => apart,
            Token::Minus => apart && self.after(2).span.start() == next.span.end(),
            Token::ParenOpen => {
                let after = self.after_parentheses();
                apart && !after.newline && expression::continues(after.token)
            }
            _ => false,
        }
    }

    /// The lexeme after the parentheses that open after the next token.
    fn after_parentheses(&self) -> crate::lex::Lexeme {
        let mut open = 0_usize;
        for lexeme in &self.lexemes[self.at + 1..] {
            match lexeme.token {
                Token::ParenOpen => open += 1,
                Token::End => return *lexeme,
                _ if open == 0 => return *lexeme,
                Token::ParenClose => open -= 1,
                _ => {}
            }
        }
        self.here()
    }

    /// `print` and the whole expression on its right.
    pub(super) fn prefix_call(&mut self) -> Parsed<Expr> {
        let word = self.advance().span;
        let name = Name { text: self.slice(word).into(), span: word };
        let value = self.expression()?;
        let arguments = vec![Argument { name: None, span: value.span, value: Some(value) }];
        let callee = Callee { module: None, name };
        Ok(Expr { span: word.to(self.last()), kind: ExprKind::Call { callee, arguments, form: CallForm::Prefix } })
    }

    /// `(a,,c, name=value)`.
    pub(super) fn arguments(&mut self) -> Parsed<Vec<Argument>> {
        self.advance();
        self.enclosed(|parser| {
            let mut arguments = Vec::new();
            while !parser.eat(Token::ParenClose) {
                arguments.push(parser.argument()?);
                if parser.peek() != Token::ParenClose {
                    parser.expect(Token::Comma, "`,` or `)`")?;
                }
            }
            Ok(arguments)
        })
    }

    fn argument(&mut self) -> Parsed<Argument> {
        let start = self.here();
        if start.token == Token::Comma {
            let at = start.span.start();
            return Ok(Argument { name: None, value: None, span: Span::new(at, at) });
        }
        let name = if start.token == Token::Name && self.after(1).token == Token::Assign {
            let name = self.name("a parameter's name")?;
            self.advance();
            Some(name)
        } else {
            None
        };
        let value = self.expression()?;
        Ok(Argument { name, span: start.span.to(value.span), value: Some(value) })
    }
}

//! Statements and blocks.

use super::{Parsed, Parser, TOLD};
use crate::ast::{BinaryOperator, Block, Expr, ExprKind, Function, Name, Parameter, Program, Statement, StatementKind};
use crate::ast::{StepKind, Target};
use crate::diagnostic::{Kind, Problem};
use crate::span::Span;
use crate::token::Token;
use std::sync::Arc;

impl Parser<'_> {
    /// The target text.
    pub(super) fn program(&mut self) -> Program {
        let mut statements = Vec::new();
        while self.peek() != Token::End && !self.hopeless {
            if self.peek() == Token::BraceClose {
                let problem = self.unexpected("a statement");
                self.problems.push(problem.hint("there is no `{` that this `}` closes / 多余的 }"));
                self.advance();
            }
            self.statements_into(&mut statements);
        }
        Program { statements }
    }

    /// Statements up to a `}` or the end.
    fn statements_into(&mut self, statements: &mut Vec<Statement>) {
        loop {
            while self.eat(Token::Semicolon) {}
            if matches!(self.peek(), Token::BraceClose | Token::End) || self.hopeless {
                return;
            }
            match self.statement().and_then(|statement| self.end_of(&statement).map(|()| statement)) {
                Ok(statement) => statements.push(statement),
                Err(problem) => self.recover(*problem),
            }
        }
    }

    /// Notes a mistake and goes on at the next statement.
    fn recover(&mut self, problem: Problem) {
        self.problems.push(problem);
        if self.problems.len() >= TOLD {
            self.hopeless = true;
        }
        (self.open, self.pairs) = (0, true);
        let mut braces = 0_usize;
        // At least one token, or the same mistake is met again.
        let mut first = true;
        loop {
            let next = self.here();
            match next.token {
                Token::End => return,
                Token::BraceClose if braces == 0 => return,
                _ if braces == 0 && next.newline && !first => return,
                Token::Semicolon if braces == 0 => return,
                Token::BraceOpen => braces += 1,
                Token::BraceClose => braces -= 1,
                _ => {}
            }
            self.advance();
            first = false;
        }
    }

    /// Makes sure that nothing stands between a statement and the next.
    fn end_of(&mut self, statement: &Statement) -> Parsed<()> {
        let closed = matches!(self.lexemes[self.at.saturating_sub(1)].token, Token::BraceClose)
            && !matches!(statement.kind, StatementKind::Expression(_) | StatementKind::Assign { .. });
        if closed || self.ended() {
            return Ok(());
        }
        if let Some(refused) = self.refused_after(statement) {
            return Err(refused);
        }
        if self.peek() == Token::Assign
            && let StatementKind::Expression(expr) = &statement.kind
        {
            return Err(self.not_assignable(expr));
        }
        Err(self.unexpected("`;` or the end of the line"))
    }

    /// One statement.
    fn statement(&mut self) -> Parsed<Statement> {
        let start = self.here().span;
        let kind = self.nested(Self::statement_kind)?;
        Ok(Statement { span: start.to(self.last()), kind })
    }

    fn statement_kind(&mut self) -> Parsed<StatementKind> {
        match self.peek() {
            Token::If => self.conditional(),
            Token::For => self.walk(),
            Token::Do => self.do_while(),
            Token::Try => self.try_catch(),
            Token::Def => self.define(),
            Token::Assert => self.assert(),
            Token::Return => self.give_back(),
            Token::Break | Token::Continue => self.leave(),
            Token::Throw => {
                self.advance();
                self.expression().map(StatementKind::Throw)
            }
            Token::Use => {
                self.advance();
                let module = self.name("a module's name, as in `use httpClient`")?;
                Ok(StatementKind::Use(module))
            }
            Token::At => self.testing(),
            _ => match self.refused() {
                Some(problem) => Err(problem),
                None => self.simple(),
            },
        }
    }

    /// An assignment or an expression.
    fn simple(&mut self) -> Parsed<StatementKind> {
        let expr = if self.starts_print() { self.prefix_call()? } else { self.expression()? };
        let Some(operator) = assignment(self.peek()).filter(|_| !self.here().newline) else {
            return Ok(StatementKind::Expression(expr));
        };
        let Some(target) = target(&expr) else {
            return Err(self.not_assignable(&expr));
        };
        self.advance();
        if target.indices.is_empty() {
            self.defined.push(Arc::clone(&target.name.text));
        }
        let value = self.expression()?;
        Ok(StatementKind::Assign { target, operator, value })
    }

    /// The left side of a `=` is none.
    fn not_assignable(&self, expr: &Expr) -> Box<Problem> {
        let problem = Problem::new(Kind::Parse, expr.span, "this cannot be assigned to")
            .expected("a variable or an element, as in `x = …` or `d['key'] = …`");
        Box::new(match &expr.kind {
            ExprKind::Path { base, steps } => match steps.last().map(|step| (&step.kind, step.span)) {
                Some((StepKind::Member(name), step)) => {
                    let target = Span::new(base.span.start(), step.start());
                    let right = format!("{}['{}'] = …", self.slice(target), name.text);
                    Problem::new(Kind::Parse, expr.span, format!("the member `{}` cannot be assigned to", name.text))
                        .expected(format!("`{right}`"))
                        .hint(format!("write `{right}` / 请写 {right}"))
                }
                _ => problem,
            },
            _ => problem,
        })
    }

    /// `{ … }`, or one statement.
    fn block(&mut self) -> Parsed<Block> {
        self.nested(|parser| {
            let start = parser.here().span;
            let (open, pairs) = (std::mem::take(&mut parser.open), std::mem::replace(&mut parser.pairs, true));
            parser.blocks += 1;
            let statements = parser.block_statements(start);
            parser.blocks -= 1;
            (parser.open, parser.pairs) = (open, pairs);
            Ok(Block { statements: statements?, span: start.to(parser.last()) })
        })
    }

    fn block_statements(&mut self, start: Span) -> Parsed<Vec<Statement>> {
        if !self.eat(Token::BraceOpen) {
            return Ok(vec![self.statement()?]);
        }
        let mut statements = Vec::new();
        self.statements_into(&mut statements);
        if self.peek() == Token::End && !self.hopeless {
            self.hopeless = true;
            return Err(Box::new(
                Problem::new(Kind::Parse, start.first(1), "this `{` is never closed")
                    .expected("`}` before the end of the script")
                    .hint("add the `}` / 缺少 }"),
            ));
        }
        self.eat(Token::BraceClose);
        Ok(statements)
    }

    /// `( e )` after a word of the language.
    fn in_parentheses(&mut self, word: &str) -> Parsed<Expr> {
        self.expect(Token::ParenOpen, &format!("`(` after `{word}`"))?;
        let expr = self.enclosed(Self::expression)?;
        self.expect(Token::ParenClose, "`)`")?;
        Ok(expr)
    }

    fn conditional(&mut self) -> Parsed<StatementKind> {
        let mut arms = Vec::new();
        loop {
            self.advance();
            let condition = self.in_parentheses("if")?;
            arms.push((condition, self.block()?));
            // `if(c) x; else y`: the `;` before an `else` ends the inner statement only.
            if self.peek() == Token::Semicolon && self.after(1).token == Token::Else {
                self.advance();
            }
            if !self.eat(Token::Else) {
                return Ok(StatementKind::If { arms, otherwise: None });
            }
            if self.peek() != Token::If {
                let otherwise = Some(self.block()?);
                return Ok(StatementKind::If { arms, otherwise });
            }
        }
    }

    fn walk(&mut self) -> Parsed<StatementKind> {
        self.advance();
        self.expect(Token::ParenOpen, "`(` after `for`")?;
        let (variable, iterable) = self.enclosed(|parser| {
            let variable = parser.name("the loop's variable, as in `for(x in 0:n)`")?;
            parser.expect(Token::In, "`in`")?;
            Ok((variable, parser.expression()?))
        })?;
        self.expect(Token::ParenClose, "`)`")?;
        self.loops += 1;
        let body = self.block();
        self.loops -= 1;
        Ok(StatementKind::For { variable, iterable, body: body? })
    }

    fn do_while(&mut self) -> Parsed<StatementKind> {
        self.advance();
        self.loops += 1;
        let body = self.block();
        self.loops -= 1;
        let body = body?;
        self.expect(Token::While, "`while(…)` after the block of a `do`")?;
        let condition = self.in_parentheses("while")?;
        Ok(StatementKind::DoWhile { body, condition })
    }

    fn try_catch(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let body = self.block()?;
        self.expect(Token::Catch, "`catch(ex) { … }` after the block of a `try`")?;
        self.expect(Token::ParenOpen, "`(` after `catch`")?;
        let variable = self.name("a name for the error, as in `catch(ex)`")?;
        self.expect(Token::ParenClose, "`)`")?;
        let handler = self.block()?;
        Ok(StatementKind::Try { body, variable, handler })
    }

    fn define(&mut self) -> Parsed<StatementKind> {
        let word = self.advance().span;
        let name = self.name("the function's name")?;
        if self.blocks > 0 {
            return Err(Box::new(
                Problem::new(Kind::Parse, word, "a function is defined inside a block")
                    .hint("move this `def` to the top of the script / 请把 def 移到脚本最外层"),
            ));
        }
        self.defined.push(Arc::clone(&name.text));
        self.expect(Token::ParenOpen, "`(` with the parameters")?;
        let parameters = self.enclosed(Self::parameters)?;
        let loops = std::mem::take(&mut self.loops);
        let body = if self.eat(Token::Colon) { self.single_expression() } else { self.block() };
        self.loops = loops;
        Ok(StatementKind::Define(Arc::new(Function { name, parameters, body: body? })))
    }

    /// `def f(x): e` is `{ return e }`.
    fn single_expression(&mut self) -> Parsed<Block> {
        let expr = self.expression()?;
        let span = expr.span;
        Ok(Block { span, statements: vec![Statement { span, kind: StatementKind::Return(Some(expr)) }] })
    }

    fn parameters(&mut self) -> Parsed<Vec<Parameter>> {
        let mut parameters: Vec<Parameter> = Vec::new();
        while !self.eat(Token::ParenClose) {
            let mut name = self.name("a parameter's name or `)`")?;
            let mutable = &*name.text == "mutable" && self.peek() == Token::Name;
            if mutable {
                name = self.name("a parameter's name")?;
            }
            if parameters.iter().any(|other| other.name.text == name.text) {
                let message = format!("there are two parameters `{}`", name.text);
                return Err(Box::new(Problem::new(Kind::Parse, name.span, message)));
            }
            let default = if self.eat(Token::Assign) { Some(self.expression()?) } else { None };
            parameters.push(Parameter { name, mutable, default });
            if self.peek() != Token::ParenClose {
                self.expect(Token::Comma, "`,` or `)`")?;
            }
        }
        Ok(parameters)
    }

    fn assert(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let first = self.expression()?;
        if !self.eat(Token::Comma) {
            return Ok(StatementKind::Assert { label: None, condition: first });
        }
        Ok(StatementKind::Assert { label: Some(first), condition: self.expression()? })
    }

    fn give_back(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let value = if self.ended() { None } else { Some(self.expression()?) };
        Ok(StatementKind::Return(value))
    }

    fn leave(&mut self) -> Parsed<StatementKind> {
        let word = self.advance();
        if self.loops == 0 {
            let message = format!("`{}` stands outside a loop", self.slice(word.span));
            return Err(Box::new(Problem::new(Kind::Parse, word.span, message)));
        }
        Ok(if word.token == Token::Break { StatementKind::Break } else { StatementKind::Continue })
    }

    /// `@testing: case="name"`, to the end of its line.
    fn testing(&mut self) -> Parsed<StatementKind> {
        self.advance();
        let word = self.name("`testing`, as in `@testing: case=\"name\"`")?;
        if &*word.text != "testing" {
            return Err(Box::new(Problem::new(Kind::Parse, word.span, format!("there is no `@{}`", word.text))));
        }
        let mut case = None;
        while !self.ended() {
            let lexeme = self.advance();
            if lexeme.token == Token::Text && case.is_none() {
                case = Some(super::literal::text(self.slice(lexeme.span)));
            }
        }
        Ok(StatementKind::Testing(case))
    }
}

/// The operator before the `=` of an assignment; `None` inside for a plain one.
const fn assignment(token: Token) -> Option<Option<BinaryOperator>> {
    Some(match token {
        Token::Assign => None,
        Token::PlusAssign => Some(BinaryOperator::Add),
        Token::MinusAssign => Some(BinaryOperator::Subtract),
        Token::StarAssign => Some(BinaryOperator::Multiply),
        Token::SlashAssign => Some(BinaryOperator::Divide),
        Token::RatioAssign => Some(BinaryOperator::Ratio),
        Token::PercentAssign => Some(BinaryOperator::Remainder),
        _ => return None,
    })
}

/// An expression as the left side of an assignment.
fn target(expr: &Expr) -> Option<Target> {
    let (base, steps) = match &expr.kind {
        ExprKind::Name(_) => (expr, &[][..]),
        ExprKind::Path { base, steps } => (&**base, &steps[..]),
        _ => return None,
    };
    let name = Name { text: base.as_name()?.into(), span: base.span };
    let indices = steps.iter().map(|step| match &step.kind {
        StepKind::Index(index) => Some((**index).clone()),
        _ => None,
    });
    Some(Target { name, indices: indices.collect::<Option<_>>()?, span: expr.span })
}

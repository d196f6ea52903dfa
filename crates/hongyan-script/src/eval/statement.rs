//! Statements: what they do, and which one is next.

use super::{Flow, Interpreter, Run, operator};
use crate::ast::{BinaryOperator, Block, Expr, Name, Statement, StatementKind, Target};
use crate::diagnostic::{Kind, Problem};
use crate::span::Span;
use crate::value::{Failure, Value};
use std::rc::Rc;
use std::sync::Arc;

impl Interpreter<'_> {
    /// Does statements until one leaves.
    pub(super) fn statements(&mut self, statements: &[Statement]) -> Run<Flow> {
        for statement in statements {
            self.step(statement.span)?;
            match self.statement(statement)? {
                Flow::Next => {}
                leave => return Ok(leave),
            }
        }
        Ok(Flow::Next)
    }

    fn block(&mut self, block: &Block) -> Run<Flow> {
        self.deeper(block.span, |run| run.statements(&block.statements))
    }

    fn statement(&mut self, statement: &Statement) -> Run<Flow> {
        match &statement.kind {
            StatementKind::Expression(expr) => {
                self.eval(expr)?;
            }
            StatementKind::Assign { target, operator, value } => self.assign(target, *operator, value)?,
            StatementKind::Assert { label, condition } => self.assert(label.as_ref(), condition, statement.span)?,
            StatementKind::Define(function) => {
                self.functions.insert(Arc::clone(&function.name.text), Arc::clone(function));
            }
            StatementKind::If { arms, otherwise } => return self.branch(arms, otherwise.as_ref()),
            StatementKind::For { variable, iterable, body } => return self.walk(variable, iterable, body),
            StatementKind::DoWhile { body, condition } => return self.repeat(body, condition),
            StatementKind::Try { body, variable, handler } => return self.attempt(body, variable, handler),
            StatementKind::Throw(expr) => return self.throw(expr, statement.span),
            StatementKind::Return(value) => {
                return Ok(Flow::Return(match value {
                    Some(expr) => self.eval(expr)?,
                    None => Value::Null,
                }));
            }
            StatementKind::Break => return Ok(Flow::Break),
            StatementKind::Continue => return Ok(Flow::Continue),
            StatementKind::Use(module) => self.modules.push(Arc::clone(&module.text)),
            StatementKind::Testing(case) => self.case.clone_from(case),
        }
        Ok(Flow::Next)
    }

    fn assign(&mut self, target: &Target, operator: Option<BinaryOperator>, value: &Expr) -> Run<()> {
        let name = &target.name;
        let new = self.eval(value)?;
        if self.keeps(&name.text, name.span) {
            return Ok(());
        }
        match operator {
            _ if !target.indices.is_empty() => self.assign_element(target, operator, new, value.span),
            None => {
                self.scope().variables.insert(Arc::clone(&name.text), new);
                Ok(())
            }
            Some(operator) => self.assign_combined(target, operator, &new),
        }
    }

    /// `x += e`: in place, so that a text that grows in a loop is not copied each time.
    fn assign_combined(&mut self, target: &Target, operator: BinaryOperator, new: &Value) -> Run<()> {
        let name = &target.name;
        let Some(slot) = self.scope().variables.get_mut(&*name.text) else {
            return self.undefined(&name.text, name.span);
        };
        let joined_null = operator == BinaryOperator::Add && operator::joins_null(slot, new);
        let grown = match operator::assign(operator, slot, new) {
            Ok(worked) => worked,
            Err(wrong) => return Err(wrong.at(target.span)),
        };
        let (depth, weight) = (slot.depth(), slot.weight());
        if joined_null {
            self.note_null(target.span);
        }
        self.work(grown, target.span)?;
        self.bounded(depth, weight, target.span)
    }

    fn branch(&mut self, arms: &[(Expr, Block)], otherwise: Option<&Block>) -> Run<Flow> {
        for (condition, block) in arms {
            self.step(condition.span)?;
            if self.holds(condition)? {
                return self.block(block);
            }
        }
        otherwise.map_or(Ok(Flow::Next), |block| self.block(block))
    }

    /// Whether a condition holds.
    pub(super) fn holds(&mut self, condition: &Expr) -> Run<bool> {
        let value = self.eval(condition)?;
        self.truth(&value, condition.span)
    }

    /// A value as a condition. `NULL` is false.
    pub(crate) fn truth(&self, value: &Value, span: Span) -> Run<bool> {
        match value {
            Value::Bool(value) => Ok(*value),
            Value::Int(number) => Ok(*number != 0),
            Value::Double(number) => Ok(*number != 0.0),
            Value::Null => Ok(false),
            Value::Vector(_) => {
                self.advise(span, format!("a condition is one BOOL, not {}", value.kind()), "write all(…) or any(…)")
            }
            _ => self.error(span, format!("a condition is a BOOL, not {}", value.kind())),
        }
    }

    fn walk(&mut self, variable: &Name, iterable: &Expr, body: &Block) -> Run<Flow> {
        match self.eval(iterable)? {
            Value::Pair(from, to) => {
                for number in from..to {
                    if let Some(flow) = self.turn(variable, Value::Int(number), body)? {
                        return Ok(flow);
                    }
                }
            }
            Value::Vector(vector) => {
                for item in vector.iter() {
                    if let Some(flow) = self.turn(variable, item.clone(), body)? {
                        return Ok(flow);
                    }
                }
            }
            Value::Dict(_) => {
                return self.advise(
                    iterable.span,
                    "a dictionary cannot be walked",
                    format!("write for({} in keys({})) / 请遍历 keys(…)", variable.text, self.slice(iterable.span)),
                );
            }
            other => {
                let message = format!("{} cannot be walked", other.kind());
                return self.advise(iterable.span, message, "a vector or a pair as 0:n can / 只能遍历向量或 0:n");
            }
        }
        Ok(Flow::Next)
    }

    /// One turn of a loop; the flow when the loop is over.
    fn turn(&mut self, variable: &Name, value: Value, body: &Block) -> Run<Option<Flow>> {
        self.step(variable.span)?;
        self.scope().variables.insert(Arc::clone(&variable.text), value);
        Ok(match self.block(body)? {
            Flow::Next | Flow::Continue => None,
            Flow::Break => Some(Flow::Next),
            Flow::Return(value) => Some(Flow::Return(value)),
        })
    }

    fn repeat(&mut self, body: &Block, condition: &Expr) -> Run<Flow> {
        loop {
            self.step(condition.span)?;
            match self.block(body)? {
                Flow::Next | Flow::Continue => {}
                Flow::Break => return Ok(Flow::Next),
                leave @ Flow::Return(_) => return Ok(leave),
            }
            if !self.holds(condition)? {
                return Ok(Flow::Next);
            }
        }
    }

    fn attempt(&mut self, body: &Block, variable: &Name, handler: &Block) -> Run<Flow> {
        let scopes = self.scopes.len();
        let problem = match self.block(body) {
            Ok(flow) => return Ok(flow),
            Err(problem) => problem,
        };
        let category = match problem.kind {
            Kind::Run => "SYSTEM_Runtime",
            Kind::Host => "SYSTEM_Plugin",
            Kind::Thrown => "USER",
            _ => return Err(problem),
        };
        self.scopes.truncate(scopes);
        let failure = Failure { category, message: problem.message };
        self.scope().variables.insert(Arc::clone(&variable.text), Value::Failure(Rc::new(failure)));
        self.block(handler)
    }

    fn throw(&mut self, expr: &Expr, span: Span) -> Run<Flow> {
        let message = match self.eval(expr)? {
            Value::Failure(failure) => failure.message.clone(),
            Value::Text(text) => text.to_string(),
            other => return self.error(expr.span, format!("a text is thrown, not {}", other.kind())),
        };
        Err(Box::new(Problem::new(Kind::Thrown, span, message)))
    }

    /// An assertion that does not hold is noted, and the run goes on, as in the database.
    fn assert(&mut self, label: Option<&Expr>, condition: &Expr, span: Span) -> Run<()> {
        let label = match label {
            Some(expr) => match self.eval(expr)? {
                Value::Dict(_) | Value::Vector(_) => None,
                value => Some(value.to_string()),
            },
            None => None,
        };
        let value = self.eval(condition)?;
        let holds = match &value {
            Value::Vector(items) => {
                let mut all = true;
                for item in items.iter() {
                    all &= self.truth(item, condition.span)?;
                }
                all
            }
            value => self.truth(value, condition.span)?,
        };
        if holds {
            self.outcome.passed_asserts += 1;
            return Ok(());
        }
        let case = self.case.as_deref().map(str::to_owned);
        let called = match (case, label) {
            (Some(case), Some(label)) => format!(" `{case}` {label}"),
            (Some(case), None) => format!(" `{case}`"),
            (None, Some(label)) => format!(" {label}"),
            (None, None) => String::new(),
        };
        let hint =
            value.is_null().then(|| "the condition is NULL: is the key in the dictionary? / 条件为 NULL".to_owned());
        self.assertion_failed(span, format!("the assertion{called} does not hold"), hint);
        Ok(())
    }
}

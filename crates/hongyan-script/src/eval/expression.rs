//! Expressions. Each kind has a function of its own, so that the one that calls itself needs little stack.

use super::{Interpreter, Run, operator};
use crate::ast::{BinaryOperator, Expr, ExprKind, Link, Literal, UnaryOperator};
use crate::span::Span;
use crate::value::{Value, memory};

impl Interpreter<'_> {
    /// What an expression is.
    pub(crate) fn eval(&mut self, expr: &Expr) -> Run<Value> {
        self.step(expr.span)?;
        match &expr.kind {
            ExprKind::Literal(literal) => Ok(constant(literal)),
            ExprKind::Name(name) => self.named(name, expr.span),
            _ => self.deeper(expr.span, |run| run.compound(expr)),
        }
    }

    fn compound(&mut self, expr: &Expr) -> Run<Value> {
        match &expr.kind {
            ExprKind::Vector { items, .. } | ExprKind::Tuple(items) => self.items(items, expr.span),
            ExprKind::Unary { operator, operand } => self.unary(*operator, operand, expr.span),
            ExprKind::Chain { first, rest } => self.chain(first, rest),
            ExprKind::Pair(from, to) => self.pair(from, to),
            ExprKind::Sequence(from, to) => self.sequence(from, to, expr.span),
            ExprKind::Choice { condition, yes, no } => {
                let chosen = if self.holds(condition)? { yes } else { no };
                self.eval(chosen)
            }
            ExprKind::Path { base, steps } => self.path(base, steps),
            ExprKind::Call { callee, arguments, .. } => self.call(callee, arguments, expr.span),
            ExprKind::Literal(literal) => Ok(constant(literal)),
            ExprKind::Name(name) => self.named(name, expr.span),
        }
    }

    fn named(&mut self, name: &str, span: Span) -> Run<Value> {
        match self.variable(name) {
            Some(value) => Ok(value.clone()),
            None => self.undefined(name, span),
        }
    }

    /// A name that stands for nothing here.
    #[cold]
    pub(super) fn undefined<T>(&self, name: &str, span: Span) -> Run<T> {
        let hint = if self.scopes.len() > 1 && self.scopes[0].variables.contains_key(name) {
            format!(
                "a function sees only its parameters and its own variables; pass `{name}` to it / 函数内只能使用参数和局部变量"
            )
        } else if self.functions.contains_key(name) || crate::builtin::find(name).is_some() {
            format!("`{name}` is a function: call it as {name}(…) / {name} 是函数，请加括号调用")
        } else if matches!(name, "null" | "Null" | "None" | "nil") {
            "write NULL".to_owned()
        } else if matches!(name, "True" | "TRUE" | "False" | "FALSE") {
            "write true or false".to_owned()
        } else {
            let scope = &self.scopes[self.scopes.len() - 1].variables;
            match crate::builtin::closest(name, scope.keys().map(|key| &**key)) {
                Some(near) => format!("did you mean `{near}`? / 是否为 {near}?"),
                None => format!("assign to it first, as {name}=…, or give it from outside with --define / 请先赋值"),
            }
        };
        self.advise(span, format!("`{name}` is not defined"), hint)
    }

    fn items(&mut self, items: &[Expr], span: Span) -> Run<Value> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            values.push(self.eval(item)?);
        }
        self.check_value(Value::vector(values), span)
    }

    fn unary(&mut self, operator: UnaryOperator, operand: &Expr, span: Span) -> Run<Value> {
        let value = self.eval(operand)?;
        self.work(value.weight(), span)?;
        operator::unary(operator, &value).map_err(|wrong| wrong.at(span))
    }

    /// Operators of one rank, from left to right.
    fn chain(&mut self, first: &Expr, rest: &[Link]) -> Run<Value> {
        let mut left = self.eval(first)?;
        let mut left_span = first.span;
        for link in rest {
            self.step(link.operator_span)?;
            if let BinaryOperator::And | BinaryOperator::Or = link.operator {
                left = Value::Bool(self.logic(link, &left, left_span)?);
            } else {
                let right = self.eval(&link.operand)?;
                left = self.binary(link, left, &right, left_span)?;
            }
            left_span = left_span.to(link.operand.span);
        }
        Ok(left)
    }

    /// `&&` and `||`: the right side is worked out only when it matters.
    fn logic(&mut self, link: &Link, left: &Value, left_span: Span) -> Run<bool> {
        let left = self.truth(left, left_span)?;
        if left == (link.operator == BinaryOperator::Or) { Ok(left) } else { self.holds(&link.operand) }
    }

    fn binary(&mut self, link: &Link, mut left: Value, right: &Value, left_span: Span) -> Run<Value> {
        let span = left_span.to(link.operand.span);
        if let (Value::Int(_) | Value::Double(_), Value::Int(_) | Value::Double(_)) = (&left, right) {
            return operator::binary(link.operator, &left, right).map_err(|wrong| wrong.at(span));
        }
        if link.operator == BinaryOperator::Add && operator::joins_null(&left, right) {
            self.note_null(span);
        }
        let bytes = match (link.operator, &left) {
            // Every element is looked for in every element.
            (BinaryOperator::In, Value::Vector(items)) => right.weight().saturating_mul(items.len() as u64),
            _ => right.weight(),
        };
        self.work(left.weight().saturating_add(bytes), span)?;
        if let (Value::Text(text), Value::Text(more), BinaryOperator::Add) = (&mut left, right, link.operator) {
            // The left side is a copy of its own after the first `+`: a long chain is joined in place.
            self.room(more.len() as u64, span)?;
            text.push(more);
            return Ok(left);
        }
        let value = operator::binary(link.operator, &left, right).map_err(|wrong| wrong.at(span))?;
        self.check_value(value, span)
    }

    /// `NULL` joined to a text is how a missing key goes unnoticed.
    pub(super) fn note_null(&mut self, span: Span) {
        self.note(
            span,
            "NULL is joined to a text here and adds nothing".to_owned(),
            "is the key spelled right, and is it in the reply? / 字段名是否正确？应答中是否有该字段？",
        );
    }

    fn pair(&mut self, from: &Expr, to: &Expr) -> Run<Value> {
        let (from, to) = (self.integer(from)?, self.integer(to)?);
        Ok(Value::Pair(from, to))
    }

    /// An expression that must be a whole number.
    fn integer(&mut self, expr: &Expr) -> Run<i64> {
        match self.eval(expr)? {
            Value::Int(number) => Ok(number),
            other => self.error(expr.span, format!("a whole number is expected here, not {}", other.kind())),
        }
    }

    fn sequence(&mut self, from: &Expr, to: &Expr, span: Span) -> Run<Value> {
        let (from, to) = (self.integer(from)?, self.integer(to)?);
        let count = from.abs_diff(to).saturating_add(1);
        let bytes = count.saturating_mul(memory::VALUE_BYTES as u64);
        self.room(bytes, span)?;
        self.work(bytes, span)?;
        let numbers = if from <= to {
            (from..=to).map(Value::Int).collect()
        } else {
            (to..=from).rev().map(Value::Int).collect()
        };
        Ok(Value::vector(numbers))
    }
}

fn constant(literal: &Literal) -> Value {
    match literal {
        Literal::Null => Value::Null,
        Literal::Bool(value) => Value::Bool(*value),
        Literal::Int(number) => Value::Int(*number),
        Literal::Double(number) => Value::Double(*number),
        Literal::Text(text) | Literal::Symbol(text) => Value::text(&**text),
    }
}

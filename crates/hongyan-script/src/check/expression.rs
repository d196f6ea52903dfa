//! Expressions: what each is, as far as that can be said, and what it reads on the way.

use super::{
    call, field, json, literal, name, rule,
    value::{KnownValue, Piece},
    walk::Walk,
};
use crate::{
    ast::{Argument, BinaryOperator, Callee, Expr, ExprKind, Function, Literal, Name, Step, StepKind},
    span::Span,
};
use std::{collections::BTreeMap, sync::Arc};

impl Walk<'_> {
    /// What an expression is, as far as that can be said.
    pub(super) fn expr(&mut self, expr: &Expr) -> KnownValue {
        match &expr.kind {
            ExprKind::Literal(Literal::Text(text) | Literal::Symbol(text)) => {
                literal::check(text, expr.span, self.source.text(), &mut self.findings);
                KnownValue::literal(text, expr.span)
            }
            ExprKind::Literal(Literal::Int(_) | Literal::Double(_) | Literal::Bool(_)) => KnownValue::Number,
            ExprKind::Literal(Literal::Null) => KnownValue::Nothing,
            ExprKind::Vector { items, .. } | ExprKind::Tuple(items) => {
                items.iter().for_each(|item| drop(self.expr(item)));
                KnownValue::Nothing
            }
            ExprKind::Name(name) => self.variable(name, expr.span),
            ExprKind::Unary { operand, .. } => {
                self.expr(operand);
                KnownValue::Number
            }
            ExprKind::Chain { first, rest } => {
                let mut known = self.expr(first);
                for link in rest {
                    let right = self.expr(&link.operand);
                    known = match link.operator {
                        BinaryOperator::Add => known.join(&right),
                        BinaryOperator::Subtract | BinaryOperator::Multiply | BinaryOperator::Divide
                            if known == KnownValue::Number && right == KnownValue::Number =>
                        {
                            KnownValue::Number
                        }
                        _ => KnownValue::Nothing,
                    };
                }
                known
            }
            ExprKind::Pair(a, b) | ExprKind::Sequence(a, b) => {
                self.expr(a);
                self.expr(b);
                KnownValue::Nothing
            }
            ExprKind::Choice { condition, yes, no } => {
                self.expr(condition);
                let (yes, no) = (self.expr(yes), self.expr(no));
                if yes == no { yes } else { KnownValue::Nothing }
            }
            ExprKind::Path { base, steps } => {
                let mut known = self.expr(base);
                for step in steps {
                    known = self.step(known, step);
                }
                known
            }
            ExprKind::Call { callee, arguments, .. } => self.call(callee, arguments, expr.span),
        }
    }

    fn variable(&mut self, name: &Arc<str>, at: Span) -> KnownValue {
        if let Some(variable) = self.variables.get(name) {
            self.used.insert(Arc::clone(name));
            return variable.value.clone();
        }
        if !self.functions.contains_key(name) && !call::is_function(name) {
            self.undefined(name, at);
        }
        KnownValue::Nothing
    }

    pub(super) fn undefined(&mut self, name: &Arc<str>, at: Span) {
        if self.in_function && self.globals.contains(name) {
            self.findings.add(
                &rule::UNDEFINED_VARIABLE,
                at,
                format!("{name} is a variable of the script: its functions do not see it"),
                format!("{name} 是函数之外的变量，函数内看不见"),
                format!("hand it in as an argument: def f(…, {name})"),
            );
            return;
        }
        let near = name::nearest(name, self.variables.keys().map(|name| &**name)).map(str::to_owned);
        self.findings.add(
            &rule::UNDEFINED_VARIABLE,
            at,
            format!("{name} has no value here"),
            format!("{name} 在这里还没有值"),
            near.unwrap_or_else(|| format!("assign {name} first, or run with --define {name}=VALUE")),
        );
    }

    fn step(&mut self, known: KnownValue, step: &Step) -> KnownValue {
        match &step.kind {
            StepKind::Member(name) => self.member(known, &name.text, name.span),
            StepKind::Index(index) => {
                let key = self.expr(index);
                if let KnownValue::Body(Some(operation)) = known
                    && key == KnownValue::Number
                {
                    field::indexed(operation, step.span, &mut self.findings);
                    return KnownValue::Nothing;
                }
                match key.whole_text() {
                    Some(key) => self.member(known, &key, index.span),
                    None => KnownValue::Nothing,
                }
            }
            StepKind::Method(name, arguments) => {
                let values: Vec<KnownValue> = arguments.iter().map(|argument| self.argument(argument)).collect();
                match (known, &*name.text) {
                    (KnownValue::Code(operation), "eval") => KnownValue::Body(operation),
                    (known @ KnownValue::Text(_), "string") => known,
                    (known, _) => {
                        let _ = (known, values);
                        self.known_function(None, name);
                        KnownValue::Nothing
                    }
                }
            }
        }
    }

    fn member(&mut self, known: KnownValue, field: &str, at: Span) -> KnownValue {
        match known {
            KnownValue::Reply(operation) if field == "text" => KnownValue::ReplyText(operation),
            KnownValue::Body(operation) => {
                // The wrong field is a finding of its own.
                if matches!(field, "chatid" | "openConversationId" | "access_token") {
                    self.chats_made.retain(|(made, _)| operation.is_some_and(|operation| operation != *made));
                }
                field::check(operation, field, at, &mut self.findings);
                KnownValue::Field
            }
            KnownValue::Dict { mut entries, .. } => entries.remove(field).unwrap_or(KnownValue::Nothing),
            _ => {
                if matches!(field, "chatid" | "openConversationId") {
                    self.chats_made.clear();
                }
                KnownValue::Nothing
            }
        }
    }

    /// An argument's value; nothing where it is skipped.
    pub(super) fn argument(&mut self, argument: &Argument) -> KnownValue {
        argument.value.as_ref().map_or(KnownValue::Nothing, |value| self.expr(value))
    }

    pub(super) fn call(&mut self, callee: &Callee, arguments: &[Argument], at: Span) -> KnownValue {
        let name = &*callee.name.text;
        if callee.module.is_none()
            && let Some(function) = self.functions.get(name).cloned()
        {
            return self.own_function(&function, callee, arguments, at);
        }
        if call::is_http_client(callee) {
            return call::http_client(self, callee, arguments, at);
        }
        if name == "dict" {
            // Types are names that no variable has.
            let types = arguments
                .iter()
                .all(|a| a.value.as_ref().is_some_and(|value| value.as_name().is_some_and(call::is_type)));
            if types {
                return KnownValue::Dict { entries: BTreeMap::new(), complete: true };
            }
        }
        let types = |a: &Argument| a.value.as_ref().and_then(Expr::as_name).is_some_and(call::is_type);
        let values: Vec<KnownValue> =
            arguments.iter().map(|a| if types(a) { KnownValue::Nothing } else { self.argument(a) }).collect();
        self.known_function(callee.module.as_ref(), &callee.name);
        match (name, values.first()) {
            ("string", Some(text @ KnownValue::Text(_))) => text.clone(),
            ("string", Some(KnownValue::Number)) => KnownValue::Text(vec![Piece::Hole { number: true }]),
            ("string", Some(_)) => KnownValue::Text(vec![Piece::Hole { number: false }]),
            ("parseExpr" | "parseJson" | "fromStdJson" | "fromJson", Some(value)) => {
                let operation = match value {
                    KnownValue::ReplyText(operation) => *operation,
                    _ => None,
                };
                if name == "parseExpr" { KnownValue::Code(operation) } else { KnownValue::Body(operation) }
            }
            ("int" | "long" | "double" | "size" | "strlen" | "now", _) => KnownValue::Number,
            _ => KnownValue::Nothing,
        }
    }

    fn own_function(&mut self, function: &Function, callee: &Callee, arguments: &[Argument], at: Span) -> KnownValue {
        let needed = function.parameters.iter().filter(|parameter| parameter.default.is_none()).count();
        let (least, most) = (needed, function.parameters.len());
        if arguments.len() < least || arguments.len() > most {
            let names: Vec<&str> = function.parameters.iter().map(|parameter| &*parameter.name.text).collect();
            call::wrong_count(
                self,
                at,
                arguments.len(),
                (least, most),
                &format!("{}({})", callee.name.text, names.join(", ")),
            );
        }
        for argument in arguments {
            let value = self.argument(argument);
            self.judge_json(&value, false);
            // A dictionary may come back with other keys.
            if let Some(name) = argument.value.as_ref().and_then(Expr::as_name)
                && let Some(variable) = self.variables.get_mut(name)
                && let KnownValue::Dict { complete, entries } = &mut variable.value
            {
                *complete = false;
                entries.clear();
            }
        }
        KnownValue::Nothing
    }

    fn known_function(&mut self, module: Option<&Name>, name: &Name) {
        if module.is_none() && (self.functions.contains_key(&name.text) || call::is_function(&name.text)) {
            return;
        }
        call::unknown(self, module, name);
    }

    /// Names of the script's own functions, to find the one that was meant.
    pub(super) fn own_names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(|name| &**name)
    }

    /// Looks through a text that sets out to be JSON, once. One that is `sent` must be JSON as it is; another may be
    /// a pattern yet to be filled.
    pub(super) fn judge_json(&mut self, value: &KnownValue, sent: bool) {
        let (KnownValue::Text(pieces), Some(text)) = (value, value.render()) else { return };
        let literals = pieces.iter().filter_map(|piece| match piece {
            Piece::Literal { at, .. } => Some(*at),
            Piece::Hole { .. } => None,
        });
        // Every one is put in, not only the first that is new.
        let fresh = literals.filter(|at| self.judged.insert(*at)).count();
        if fresh > 0 && json::begins(&text) {
            json::check(pieces, sent, self.source.text(), &mut self.findings);
        }
    }
}

//! The script's own functions, and the functions that change the variable they are called with.

use super::{Flow, Interpreter, Run, VariableScope};
use crate::ast::{Argument, Expr, ExprKind, Function, Name, Step, StepKind};
use crate::span::Span;
use crate::value::Value;
use std::sync::Arc;

impl Interpreter<'_> {
    /// A function of the script. What it does to `mutable` parameters reaches the caller's variables.
    pub(super) fn own(
        &mut self,
        function: &Arc<Function>,
        arguments: &[Argument],
        first: Option<(Value, Span)>,
        span: Span,
    ) -> Run<Value> {
        let name = &function.name.text;
        if self.scopes.len() > self.limits.call_depth {
            let message = format!("functions call each other more than {} deep", self.limits.call_depth);
            return super::meter::limit(
                span,
                message,
                "does `a function that calls itself` ever end? / 递归是否会结束？",
            );
        }
        let offset = usize::from(first.is_some());
        let given = self.given(arguments, first)?;
        let parameters: Vec<&str> = function.parameters.iter().map(|parameter| &*parameter.name.text).collect();
        let mut values = self.bind(given, name, &parameters, span)?;
        let lent = self.lend(function, arguments, offset, &mut values);
        let mut scope = VariableScope::default();
        for (parameter, (value, _)) in function.parameters.iter().zip(values) {
            if let Some(value) = value {
                scope.variables.insert(Arc::clone(&parameter.name.text), value);
            }
        }
        self.scopes.push(scope);
        let result = self.deeper(span, |run| run.body(function, span));
        let mut scope = self.scopes.pop().unwrap_or_default();
        for (parameter, variable) in lent {
            if let Some(value) = scope.variables.remove(&parameter) {
                self.scope().variables.insert(variable, value);
            }
        }
        result.map_err(|mut problem| {
            problem.calls.push((name.to_string(), span));
            problem
        })
    }

    /// `x.f(y)` where `f` changes its first parameter: `f(x, y)`, so that the variable is lent and not copied.
    pub(super) fn lending_method(&mut self, base: &Expr, step: &Step) -> Run<Option<Value>> {
        let (StepKind::Method(name, rest), Some(_)) = (&step.kind, base.as_name()) else { return Ok(None) };
        let Some(function) = self.functions.get(&name.text) else { return Ok(None) };
        if !function.parameters.first().is_some_and(|parameter| parameter.mutable) {
            return Ok(None);
        }
        let function = Arc::clone(function);
        let first = Argument { name: None, value: Some(base.clone()), span: base.span };
        let arguments: Vec<Argument> = std::iter::once(first).chain(rest.iter().cloned()).collect();
        self.own(&function, &arguments, None, base.span.to(step.span)).map(Some)
    }

    /// Takes the caller's variables that stand for `mutable` parameters, so that they are changed and not copied.
    fn lend(
        &mut self,
        function: &Function,
        arguments: &[Argument],
        offset: usize,
        values: &mut [(Option<Value>, Span)],
    ) -> Vec<(Arc<str>, Arc<str>)> {
        let mut lent: Vec<(Arc<str>, Arc<str>)> = Vec::new();
        for (at, parameter) in function.parameters.iter().enumerate().filter(|(_, parameter)| parameter.mutable) {
            let argument = at.checked_sub(offset).and_then(|at| arguments.get(at)).filter(|it| it.name.is_none());
            let Some(ExprKind::Name(variable)) = argument.and_then(|it| it.value.as_ref()).map(|value| &value.kind)
            else {
                continue;
            };
            let pinned = self.pinned.contains_key(variable);
            if pinned || lent.iter().any(|(_, other)| other == variable) {
                continue;
            }
            if let Some(slot) = self.scope().variables.get_mut(variable) {
                // The copy goes first, so that the variable's value is the only one and is changed in place.
                values[at].0 = None;
                values[at].0 = Some(std::mem::take(slot));
                lent.push((Arc::clone(&parameter.name.text), Arc::clone(variable)));
            }
        }
        lent
    }

    /// Runs a function in the scope that was pushed for it.
    fn body(&mut self, function: &Function, span: Span) -> Run<Value> {
        for parameter in &function.parameters {
            if self.scope().variables.contains_key(&parameter.name.text) {
                continue;
            }
            let Some(default) = &parameter.default else {
                let message = format!("`{}` needs the argument `{}`", function.name.text, parameter.name.text);
                return self.error(span, message);
            };
            let value = self.eval(default)?;
            self.scope().variables.insert(Arc::clone(&parameter.name.text), value);
        }
        match self.statements(&function.body.statements)? {
            Flow::Return(value) => Ok(value),
            _ => Ok(Value::Null),
        }
    }

    /// `append!(v, x)`.
    pub(super) fn mutate_call(&mut self, name: &Name, arguments: &[Argument], span: Span) -> Run<Value> {
        let Some((Argument { name: None, value: Some(place), .. }, rest)) = arguments.split_first() else {
            return self.error(span, format!("`{}` needs a variable to change", name.text));
        };
        match &place.kind {
            ExprKind::Path { base, steps } => self.mutate_path(base, steps, name, rest, span),
            _ => self.mutate_path(place, &[], name, rest, span),
        }
    }

    /// `v.append!(x)`, `d[k].append!(x)`.
    pub(super) fn mutate_path(
        &mut self,
        base: &Expr,
        steps: &[Step],
        name: &Name,
        arguments: &[Argument],
        span: Span,
    ) -> Run<Value> {
        let Some(variable) = base.as_name() else {
            return self.error(base.span, format!("`{}` changes a variable, and this is none", name.text));
        };
        if steps.len() > self.limits.value_depth {
            return super::meter::limit(span, "there are too many indices", "use fewer / 下标过多");
        }
        let mut keys = Vec::with_capacity(steps.len());
        for step in steps {
            keys.push(match &step.kind {
                StepKind::Index(index) => (self.eval(index)?, index.span),
                StepKind::Member(name) => (Value::text(&*name.text), name.span),
                StepKind::Method(..) => {
                    return self.error(step.span, format!("`{}` changes a variable, and this is none", name.text));
                }
            });
        }
        let mut values = Vec::with_capacity(arguments.len());
        for argument in arguments {
            match (&argument.name, &argument.value) {
                (None, Some(value)) => values.push(self.eval(value)?),
                _ => return self.error(argument.span, format!("`{}` takes plain arguments", name.text)),
            }
        }
        self.mutate(variable, base.span, &keys, (name, values), span)
    }

    /// Changes the element that the keys lead to and returns the whole variable.
    fn mutate(
        &mut self,
        variable: &str,
        variable_span: Span,
        keys: &[(Value, Span)],
        (name, values): (&Name, Vec<Value>),
        span: Span,
    ) -> Run<Value> {
        if self.keeps(variable, variable_span) {
            return Ok(self.variable(variable).cloned().unwrap_or_default());
        }
        let Some(slot) = self.scope().variables.get_mut(variable) else {
            return self.undefined(variable, variable_span);
        };
        let worked = super::access::mutate(slot, keys, &name.text, values, name.span)?;
        let (depth, weight, value) = (slot.depth(), slot.weight(), slot.clone());
        self.work(worked, span)?;
        self.bounded(depth, weight, span)?;
        Ok(value)
    }
}

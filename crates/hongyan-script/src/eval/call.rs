//! Calls: what a name stands for, arguments in their order, built-in functions and the host's.

use super::{Interpreter, Run};
use crate::ast::{Argument, Callee, Name};
use crate::builtin::{self, Builtin};
use crate::diagnostic::{Kind, Problem};
use crate::host::{HTTP_CLIENT, HostCall};
use crate::span::Span;
use crate::value::Value;
use std::sync::Arc;

/// Arguments that have been worked out.
#[derive(Default)]
pub(super) struct Given<'a> {
    /// `None` where one is skipped.
    positional: Vec<(Option<Value>, Span)>,
    named: Vec<(&'a Name, Value)>,
}

/// Arguments in the order of a function's parameters.
pub(crate) struct Arguments {
    /// The function's name.
    pub(crate) function: &'static str,
    /// The whole call.
    pub(crate) span: Span,
    values: Vec<(Option<Value>, Span)>,
}

impl Arguments {
    /// How many there are, skipped ones counted.
    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    /// The bytes of an argument, or of the call where it is missing.
    pub(crate) fn span(&self, at: usize) -> Span {
        self.values.get(at).map_or(self.span, |(_, span)| *span)
    }

    /// An argument; `NULL` where it is missing.
    pub(crate) fn take(&mut self, at: usize) -> Value {
        self.values.get_mut(at).and_then(|(value, _)| value.take()).unwrap_or_default()
    }

    /// Whether there is such an argument and it is not `NULL`.
    pub(crate) fn has(&self, at: usize) -> bool {
        self.values.get(at).is_some_and(|(value, _)| value.as_ref().is_some_and(|value| !value.is_null()))
    }

    /// An argument by reference.
    pub(crate) fn get(&self, at: usize) -> &Value {
        self.values.get(at).and_then(|(value, _)| value.as_ref()).unwrap_or(&Value::Null)
    }
}

impl Interpreter<'_> {
    /// `f(x)`, `module::f(x)`, `f x`.
    pub(super) fn call(&mut self, callee: &Callee, arguments: &[Argument], span: Span) -> Run<Value> {
        let name = &callee.name;
        if let Some(module) = &callee.module {
            let given = self.given(arguments, None)?;
            return self.host_call(&module.text, name, given, span);
        }
        if name.text.ends_with('!') {
            return self.mutate_call(name, arguments, span);
        }
        if &*name.text == "dict"
            && !self.functions.contains_key("dict")
            && let Some(dict) = builtin::typed_dict(arguments)
        {
            return Ok(dict.into());
        }
        if let Some(function) = self.functions.get(&name.text) {
            let function = Arc::clone(function);
            return self.own(&function, arguments, None, span);
        }
        let given = self.given(arguments, None)?;
        self.known(name, given, span)
    }

    /// `value.f(x)`: `f` of the value and `x`.
    pub(super) fn method(&mut self, value: Value, name: &Name, arguments: &[Argument], before: Span) -> Run<Value> {
        let span = before.to(name.span);
        if &*name.text == "eval" && arguments.is_empty() {
            return builtin::eval_code(self, &value, span);
        }
        if let Some(function) = self.functions.get(&name.text) {
            let function = Arc::clone(function);
            return self.own(&function, arguments, Some((value, before)), span);
        }
        let given = self.given(arguments, Some((value, before)))?;
        self.known(name, given, span)
    }

    /// A function that is not the script's own.
    fn known(&mut self, name: &Name, given: Given<'_>, span: Span) -> Run<Value> {
        if let Some(builtin) = builtin::find(&name.text) {
            return self.built_in(builtin, given, span);
        }
        let module = self.modules.iter().find(|module| self.host.knows(module, &name.text));
        if let Some(module) = module.cloned() {
            return self.host_call(&module, name, given, span);
        }
        self.no_function(name)
    }

    #[cold]
    fn no_function(&self, name: &Name) -> Run<Value> {
        let text = &*name.text;
        let message = format!("there is no function `{text}`");
        if HTTP_CLIENT.contains(&text) {
            let hint = format!("write httpClient::{text}(…)，or `use httpClient` first / 请写 httpClient::{text}(…)");
            return self.advise(name.span, message, hint);
        }
        let own = self.functions.keys().map(|key| &**key);
        match builtin::nearest(text, own.chain(HTTP_CLIENT)) {
            Some(near) => self.advise(name.span, message, format!("did you mean `{near}`? / 是否为 {near}?")),
            None if self.variable(text).is_some() => {
                self.advise(name.span, message, format!("`{text}` is a variable; an element of it is {text}[…]"))
            }
            None => self.advise(
                name.span,
                message,
                "hongyan run has the functions of httpClient and those listed in docs/script-language.md / 可用函数见 docs/script-language.md",
            ),
        }
    }

    /// Works arguments out, from left to right.
    pub(super) fn given<'a>(&mut self, arguments: &'a [Argument], first: Option<(Value, Span)>) -> Run<Given<'a>> {
        let mut given = Given::default();
        given.positional.extend(first.map(|(value, span)| (Some(value), span)));
        for argument in arguments {
            let value = argument.value.as_ref().map(|value| self.eval(value)).transpose()?;
            match (&argument.name, value) {
                (Some(name), Some(value)) => given.named.push((name, value)),
                _ if !given.named.is_empty() => {
                    return self.error(argument.span, "an argument without a name follows one with a name");
                }
                (_, value) => given.positional.push((value, argument.span)),
            }
        }
        Ok(given)
    }

    /// Puts arguments in the order of the parameters.
    pub(super) fn bind(
        &self,
        given: Given<'_>,
        function: &str,
        parameters: &[&str],
        span: Span,
    ) -> Run<Vec<(Option<Value>, Span)>> {
        let mut values = given.positional;
        if let Some((_, extra)) = values.get(parameters.len()) {
            let message = format!("`{function}` takes {} arguments, not {}", parameters.len(), values.len());
            return self.error(*extra, message);
        }
        for (name, value) in given.named {
            let Some(at) = parameters.iter().position(|parameter| *parameter == &*name.text) else {
                let hint = format!("its parameters: {}", parameters.join(", "));
                return self.advise(name.span, format!("`{function}` has no parameter `{}`", name.text), hint);
            };
            if values.len() <= at {
                values.resize_with(at + 1, || (None, span));
            }
            if values[at].0.is_some() {
                return self.error(name.span, format!("the parameter `{}` is given twice", name.text));
            }
            values[at] = (Some(value), name.span);
        }
        Ok(values)
    }

    fn built_in(&mut self, builtin: &'static Builtin, given: Given<'_>, span: Span) -> Run<Value> {
        let values = if builtin.any_number && given.named.is_empty() {
            given.positional
        } else {
            self.bind(given, builtin.name, builtin.parameters, span)?
        };
        let missing = builtin.parameters.iter().take(builtin.required).enumerate();
        for (at, parameter) in missing {
            if values.get(at).is_none_or(|(value, _)| value.is_none()) {
                let message = format!("`{}` needs the argument `{parameter}`", builtin.name);
                let hint = format!("write {}({})", builtin.name, builtin.parameters.join(", "));
                return self.advise(span, message, hint);
            }
        }
        let bytes = values.iter().flat_map(|(value, _)| value).map(Value::weight).fold(0, u64::saturating_add);
        self.work(bytes, span)?;
        let mut arguments = Arguments { function: builtin.name, span, values };
        let value = (builtin.run)(self, &mut arguments)?;
        self.check_value(value, span)
    }

    fn host_call(&mut self, module: &str, name: &Name, given: Given<'_>, span: Span) -> Run<Value> {
        if !self.host.knows(module, &name.text) {
            let message = format!("there is no function `{}` in `{module}`", name.text);
            return match builtin::nearest(&name.text, HTTP_CLIENT) {
                Some(near) => self.advise(name.span, message, format!("did you mean httpClient::{near}?")),
                None => self.advise(name.span, message, format!("httpClient has {}", HTTP_CLIENT.join(", "))),
            };
        }
        let call = HostCall {
            module: module.to_owned(),
            function: name.text.to_string(),
            positional: given.positional.into_iter().map(|(value, _)| value).collect(),
            named: given.named.into_iter().map(|(name, value)| (name.text.to_string(), value)).collect(),
            line: self.source.line(span.start()),
        };
        match self.host.call(&call) {
            Ok(value) => self.check_value(value, span),
            Err(error) => Err(host_problem(error, span)),
        }
    }
}

/// What the host said, at the call.
pub(crate) fn host_problem(error: crate::host::HostError, span: Span) -> Box<Problem> {
    let mut problem = Problem::new(Kind::Host, span, error.message);
    problem.hint = error.hint;
    Box::new(problem)
}

//! Elements and members: reading `a.b[0].c`, assigning `d[k]`.

use super::{Interpreter, Run, operator};
use crate::ast::{BinaryOperator, Expr, Step, StepKind, Target};
use crate::diagnostic::{Kind, Problem};
use crate::span::Span;
use crate::value::{Dict, Key, Slot, Value, Vector, memory};

/// How many keys an error names.
const NAMED_KEYS: usize = 12;

impl Interpreter<'_> {
    /// Steps from left to right.
    pub(super) fn path(&mut self, base: &Expr, steps: &[Step]) -> Run<Value> {
        if let [.., Step { kind: StepKind::Method(name, arguments), span }] = steps
            && name.text.ends_with('!')
        {
            return self.mutate_path(base, &steps[..steps.len() - 1], name, arguments, *span);
        }
        let (mut value, steps) = match self.lending_method(base, &steps[0])? {
            Some(value) => (value, &steps[1..]),
            None => (self.eval(base)?, steps),
        };
        for step in steps {
            self.step(step.span)?;
            let before = Span::new(base.span.start(), step.span.start());
            value = match &step.kind {
                StepKind::Member(name) => {
                    let found = self.member(&value, &name.text, before, name.span);
                    self.rehearsed(&value, None, found)?
                }
                StepKind::Index(index) => {
                    let key = self.eval(index)?;
                    let found = self.element(&value, &key, before, index.span);
                    self.rehearsed(&value, Some(&key), found)?
                }
                StepKind::Method(name, arguments) => self.method(value, name, arguments, before)?,
            };
        }
        Ok(value)
    }

    /// What was found in `value`. In a rehearsal a look that cannot find anything is noted: a number as key of an
    /// answer is taken for a place in its first list, anything else finds `NULL`.
    fn rehearsed(&mut self, value: &Value, key: Option<&Value>, found: Run<Value>) -> Run<Value> {
        let problem = match found {
            Err(problem) if self.rehearsal && problem.kind == Kind::Run => problem,
            found => return found,
        };
        let meant = match (value, key) {
            (Value::Dict(dict), Some(Value::Int(at))) => first_list(dict).and_then(|(name, items)| {
                let item = usize::try_from(*at).ok().and_then(|at| items.get(at)).cloned()?;
                Some((item, format!("element {at} of `{}`", shown(name))))
            }),
            _ => None,
        };
        let (taken, words) = match (meant, value) {
            (Some(meant), _) => meant,
            (None, Value::Null | Value::Dict(_)) => (Value::Null, "NULL".to_owned()),
            (None, _) => return Err(problem),
        };
        let message = format!("{}; taken as {words} in the sandbox, an error outside it", problem.message);
        self.note(problem.span, message, problem.hint.as_deref().unwrap_or_default());
        Ok(taken)
    }

    /// `value.name`; `before` is what stands before the dot.
    fn member(&mut self, value: &Value, name: &str, before: Span, span: Span) -> Run<Value> {
        match value {
            Value::Dict(dict) => Ok(dict.get(name).cloned().unwrap_or(Value::Null)),
            Value::Vector(items) if !items.is_empty() && items.iter().all(|item| matches!(item, Value::Dict(_))) => {
                self.work(items.len() as u64 * memory::VALUE_BYTES as u64, span)?;
                let members = items.iter().filter_map(Value::as_dict).map(|dict| dict.get(name).cloned());
                let members = Value::vector(members.map(Option::unwrap_or_default).collect());
                self.check_value(members, span)
            }
            Value::Failure(failure) if name == "message" => Ok(Value::text(failure.message.as_str())),
            Value::Failure(failure) if name == "category" => Ok(Value::text(failure.category)),
            _ => self.no_member(value, name, before, span),
        }
    }

    #[cold]
    fn no_member(&self, value: &Value, name: &str, before: Span, span: Span) -> Run<Value> {
        let base = self.slice(before);
        let message = format!("{} has no member `{name}`", value.kind());
        let hint = match value {
            _ if crate::builtin::find(name).is_some() || self.functions.contains_key(name) => {
                format!("`{name}` is a function: write {base}.{name}() / 请加括号：{base}.{name}()")
            }
            Value::Null => {
                return self.advise(
                    span,
                    format!("`{base}` is NULL and has no member `{name}`"),
                    "is the key before it spelled right, and is it in the reply? / 前面的字段是否存在？",
                );
            }
            Value::Text(_) => {
                format!(
                    "read the text as JSON first: parseExpr({base}).eval().{name} / 请先用 parseExpr(…).eval() 解析"
                )
            }
            Value::Code(_) => format!("write {base}.eval().{name} / 请加 .eval()"),
            Value::Vector(items) if items.is_empty() => "the vector is empty / 向量为空".to_owned(),
            Value::Vector(_) => format!("take an element first, as {base}[0] / 请先取元素，如 {base}[0]"),
            _ => return self.error(span, message),
        };
        self.advise(span, message, hint)
    }

    /// `value[key]`; `before` is what stands before the bracket.
    fn element(&mut self, value: &Value, key: &Value, before: Span, span: Span) -> Run<Value> {
        match (value, key) {
            (Value::Dict(dict), Value::Vector(keys)) => {
                self.work(key.weight(), span)?;
                let mut values = Vec::with_capacity(keys.len());
                for key in keys.iter() {
                    values.push(self.lookup(dict, key, before, span)?);
                }
                self.check_value(Value::vector(values), span)
            }
            (Value::Dict(dict), _) => self.lookup(dict, key, before, span),
            (Value::Vector(items), Value::Int(at)) => match usize::try_from(*at).ok().and_then(|at| items.get(at)) {
                Some(item) => Ok(item.clone()),
                None => self.outside(items.len(), span),
            },
            (Value::Vector(items), Value::Pair(from, to)) => {
                let range = usize::try_from(*from).ok().zip(usize::try_from(*to).ok());
                match range.and_then(|(from, to)| items.get(from..to)) {
                    Some(part) => {
                        self.work(part.len() as u64 * memory::VALUE_BYTES as u64, span)?;
                        Ok(Value::vector(part.to_vec()))
                    }
                    None => self.outside(items.len(), span),
                }
            }
            (Value::Vector(items), Value::Vector(places)) => {
                self.work(key.weight(), span)?;
                let picked = places.iter().map(|at| at.as_int().and_then(|at| items.get(usize::try_from(at).ok()?)));
                match picked.map(|item| item.cloned()).collect::<Option<Vec<_>>>() {
                    Some(picked) => self.check_value(Value::vector(picked), span),
                    None => self.outside(items.len(), span),
                }
            }
            (Value::Vector(_), Value::Text(name)) => self.member(value, name, before, span),
            (Value::Failure(failure), Value::Int(0)) => Ok(Value::text(failure.category)),
            (Value::Failure(failure), Value::Int(1)) => Ok(Value::text(failure.message.as_str())),
            _ => self.no_element(value, key, before, span),
        }
    }

    #[cold]
    fn outside(&self, count: usize, span: Span) -> Run<Value> {
        let message = match count {
            0 => "the vector is empty".to_owned(),
            1 => "the vector has one element, [0]".to_owned(),
            _ => format!("the vector has {count} elements, [0] to [{}]", count - 1),
        };
        self.error(span, message)
    }

    #[cold]
    fn no_element(&self, value: &Value, key: &Value, before: Span, span: Span) -> Run<Value> {
        let base = self.slice(before);
        let (have, with) = (value.kind(), key.kind());
        match value {
            Value::Null => self.advise(
                span,
                format!("`{base}` is NULL and has no elements"),
                "is the key before it spelled right, and is it in the reply? / 前面的字段是否存在？",
            ),
            Value::Text(_) if key.as_text().is_some() => self.advise(
                span,
                "a STRING has no keys",
                format!("read the text as JSON first: parseExpr({base}).eval() / 请先用 parseExpr(…).eval() 解析"),
            ),
            Value::Text(_) => {
                self.advise(span, "a STRING has no elements", format!("write substr({base}, offset, length)"))
            }
            Value::Vector(_) => self.error(span, format!("a vector has whole numbers as indices, not {with}")),
            _ => self.error(span, format!("{have} has no elements")),
        }
    }

    /// A key's value; `NULL` when there is no such key. A key of the wrong type is an error that names the keys.
    fn lookup(&self, dict: &Dict, key: &Value, before: Span, span: Span) -> Run<Value> {
        match (dict.key_slot(), key) {
            (Slot::Text | Slot::Any, Value::Text(name)) => Ok(dict.get(name).cloned().unwrap_or_default()),
            (Slot::Int | Slot::Any, Value::Int(number)) => {
                Ok(dict.find(&Key::Int(*number)).cloned().unwrap_or_default())
            }
            _ => self.wrong_key(dict, key, before, span),
        }
    }

    #[cold]
    fn wrong_key<T>(&self, dict: &Dict, key: &Value, before: Span, span: Span) -> Run<T> {
        let base = self.slice(before);
        let wanted = if dict.key_slot() == Slot::Int { "INT" } else { "STRING" };
        let message = format!("`{base}` is a dictionary with {wanted} keys, and {} is none", key.kind());
        let list = first_list(dict).map(|(key, _)| shown(key));
        let keys = known_keys(dict);
        let hint = match (key, list) {
            (Value::Int(_), Some(list)) => {
                let index = self.slice(span);
                format!("write {base}.{list}[{index}] / 请写 {base}.{list}[{index}]; {keys}")
            }
            _ => keys,
        };
        self.advise(span, message, hint)
    }

    /// `d[k] = e`, `d[k][j] += e`.
    pub(super) fn assign_element(
        &mut self,
        target: &Target,
        operator: Option<BinaryOperator>,
        value: Value,
        value_span: Span,
    ) -> Run<()> {
        if target.indices.len() > self.limits.value_depth {
            return super::meter::limit(target.span, "there are too many indices", "use fewer / 下标过多");
        }
        let mut keys = Vec::with_capacity(target.indices.len());
        for index in &target.indices {
            keys.push((self.eval(index)?, index.span));
        }
        let name = &target.name;
        let Some(slot) = self.scope().variables.get_mut(&*name.text) else {
            return self.advise(
                name.span,
                format!("`{}` is not defined", name.text),
                format!("write {}=dict(STRING, ANY) before / 请先写 {}=dict(STRING, ANY)", name.text, name.text),
            );
        };
        let change = match operator {
            None => Change::Set(value, value_span),
            Some(operator) => Change::Combine(operator, value, target.span),
        };
        let worked = put(slot, &keys, change)?;
        let (depth, weight) = (slot.depth(), slot.weight());
        self.work(worked, target.span)?;
        self.bounded(depth, weight, target.span)
    }

    /// As [`Interpreter::sound`], of a variable that was changed in place: what is too much is an error that ends the run.
    pub(super) fn bounded(&self, depth: usize, weight: u64, span: Span) -> Run<()> {
        if depth > self.limits.value_depth {
            return super::meter::limit(
                span,
                "a value nests too deep",
                "keep parts of it in variables of their own / 嵌套过深",
            );
        }
        if weight > self.limits.memory_bytes as u64 { self.room(u64::MAX, span) } else { Ok(()) }
    }
}

/// What is done to an element.
enum Change<'a> {
    /// `= e`, with the bytes of `e`.
    Set(Value, Span),
    /// `+= e`, with the bytes of all of it.
    Combine(BinaryOperator, Value, Span),
    /// `append!` and its like, with its arguments and its bytes.
    Mutate(&'a str, Vec<Value>, Span),
}

/// Does what a mutating function does to the element that the keys lead to.
pub(super) fn mutate(slot: &mut Value, keys: &[(Value, Span)], name: &str, values: Vec<Value>, span: Span) -> Run<u64> {
    put(slot, keys, Change::Mutate(name, values, span))
}

fn problem<T>(span: Span, message: String) -> Run<T> {
    Err(Box::new(Problem::new(Kind::Run, span, message)))
}

/// Changes the element that the keys lead to; returns the bytes that were worked on. As deep as there are keys.
fn put(slot: &mut Value, keys: &[(Value, Span)], change: Change<'_>) -> Run<u64> {
    let Some(((key, span), rest)) = keys.split_first() else {
        return apply(slot, change);
    };
    match (slot, key) {
        (Value::Vector(vector), Value::Int(at)) => {
            let (count, copied) = (vector.len(), vector.copy_bytes());
            let changed = usize::try_from(*at).ok().and_then(|at| vector.update(at, |slot| put(slot, rest, change)));
            let none = || problem(*span, format!("the vector has {count} elements; append!(v, x) adds one"));
            changed.unwrap_or_else(none).map(|worked| worked.saturating_add(copied))
        }
        (Value::Dict(dict), key) => {
            let Some(key) = key_for(dict, key) else {
                let wanted = if dict.key_slot() == Slot::Int { "INT" } else { "STRING" };
                return problem(*span, format!("the dictionary takes {wanted} keys, not {}", key.kind()));
            };
            let copied = dict.copy_bytes();
            if rest.is_empty()
                && let Change::Set(value, span) = change
            {
                return insert(dict, key, value, span).map(|worked| worked.saturating_add(copied));
            }
            let changed = dict.update(&key, |slot| put(slot, rest, change));
            let none = || problem(*span, format!("there is no such key; {}", known_keys(dict)));
            changed.unwrap_or_else(none).map(|worked| worked.saturating_add(copied))
        }
        (other, _) => problem(*span, format!("{} has no elements to assign to", other.kind())),
    }
}

/// `d[k] = e`.
fn insert(dict: &mut Dict, key: Key, value: Value, span: Span) -> Run<u64> {
    let Some(value) = value_for(dict, value.clone()) else {
        return problem(span, format!("{} does not fit a {}", value.kind(), dict.type_name()));
    };
    let worked = value.weight();
    dict.insert(key, value);
    Ok(worked)
}

fn apply(slot: &mut Value, change: Change<'_>) -> Run<u64> {
    match change {
        Change::Set(value, _) => {
            let worked = value.weight();
            *slot = value;
            Ok(worked)
        }
        Change::Combine(operator, value, span) => {
            operator::assign(operator, slot, &value).map_err(|wrong| wrong.at(span))
        }
        Change::Mutate(name, values, span) => crate::builtin::mutate(name, slot, values, span),
    }
}

/// A value as a key of this dictionary; `None` when it takes no such keys.
pub(crate) fn key_for(dict: &Dict, key: &Value) -> Option<Key> {
    match (dict.key_slot(), key) {
        (Slot::Text | Slot::Any, Value::Text(text)) => Some((&**text).into()),
        (Slot::Int | Slot::Any, Value::Int(number)) => Some(Key::Int(*number)),
        _ => None,
    }
}

/// A value as this dictionary takes it; `None` when it does not.
pub(crate) fn value_for(dict: &Dict, value: Value) -> Option<Value> {
    match (dict.value_slot(), value) {
        (Slot::Any, value) | (_, value @ Value::Null) => Some(value),
        (Slot::Text, value @ Value::Text(_)) => Some(value),
        (Slot::Text, value @ (Value::Int(_) | Value::Double(_) | Value::Bool(_))) => {
            Some(Value::text(value.to_string()))
        }
        (Slot::Int, value @ Value::Int(_)) | (Slot::Bool, value @ Value::Bool(_)) => Some(value),
        (Slot::Double, value) => value.as_number().map(Value::Double),
        _ => None,
    }
}

/// The first list in a dictionary, which is what a reply is mostly about, and its key.
fn first_list(dict: &Dict) -> Option<(&Key, &Vector)> {
    dict.iter().find_map(|(key, value)| if let Value::Vector(items) = value { Some((key, items)) } else { None })
}

/// A key as errors name it: short and without control characters, since it may come from a reply.
fn shown(key: &Key) -> String {
    match key {
        Key::Int(number) => number.to_string(),
        Key::Text(text) => text.chars().take(40).flat_map(char::escape_debug).collect(),
    }
}

/// `its keys: a, b, c`.
fn known_keys(dict: &Dict) -> String {
    let mut keys: Vec<String> = dict.iter().take(NAMED_KEYS).map(|(key, _)| shown(key)).collect();
    if dict.len() > NAMED_KEYS {
        keys.push("…".to_owned());
    }
    if keys.is_empty() { "it has no keys".to_owned() } else { format!("its keys: {}", keys.join(", ")) }
}

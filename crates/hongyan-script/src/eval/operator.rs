//! Operators on values, element by element on vectors. Pure; says what is wrong by types, never by values.

use crate::ast::{BinaryOperator, UnaryOperator};
use crate::diagnostic::{Kind, Problem};
use crate::span::Span;
use crate::value::{Key, Value};
use std::cmp::Ordering;

/// Why an operator does not work on what it was given.
#[derive(Debug)]
pub(crate) struct Wrong {
    message: String,
    hint: Option<&'static str>,
}

impl Wrong {
    fn new<T>(message: impl Into<String>) -> Result<T, Self> {
        Err(Self { message: message.into(), hint: None })
    }

    pub(crate) fn at(self, span: Span) -> Box<Problem> {
        let mut problem = Problem::new(Kind::Run, span, self.message);
        problem.hint = self.hint.map(str::to_owned);
        Box::new(problem)
    }
}

type Worked = Result<Value, Wrong>;

/// Whether one of both is a text and the other `NULL`.
pub(crate) const fn joins_null(left: &Value, right: &Value) -> bool {
    matches!((left, right), (Value::Text(_), Value::Null) | (Value::Null, Value::Text(_)))
}

/// Works an assignment like `x += e` on its left side; returns the bytes that were worked on.
pub(crate) fn assign(operator: BinaryOperator, left: &mut Value, right: &Value) -> Result<u64, Wrong> {
    if let (BinaryOperator::Add, Value::Text(text)) = (operator, &mut *left)
        && is_scalar(right)
    {
        let copied = text.copy_bytes();
        match right {
            Value::Text(more) => text.push(more),
            Value::Failure(failure) => text.push(&failure.message),
            Value::Null => {}
            other => text.push(&other.to_string()),
        }
        return Ok(right.weight().saturating_add(copied));
    }
    let worked = left.weight().saturating_add(right.weight());
    *left = binary(operator, left, right)?;
    Ok(worked)
}

/// Works one operator; not `&&` and `||`, whose right side may not be needed.
pub(crate) fn binary(operator: BinaryOperator, left: &Value, right: &Value) -> Worked {
    use BinaryOperator::*;
    match operator {
        In => return contains(right, left),
        Or | And => return Wrong::new("logic is worked out elsewhere"),
        _ => {}
    }
    match (left, right) {
        (Value::Vector(one), Value::Vector(two)) => {
            if one.len() != two.len() {
                let message = format!("`{}` of vectors of {} and {} elements", operator.symbol(), one.len(), two.len());
                return Wrong::new(message);
            }
            let items = one.iter().zip(two.iter()).map(|(one, two)| binary(operator, one, two));
            Ok(Value::vector(items.collect::<Result<_, _>>()?))
        }
        (Value::Vector(items), scalar) => {
            let items = items.iter().map(|item| binary(operator, item, scalar));
            Ok(Value::vector(items.collect::<Result<_, _>>()?))
        }
        (scalar, Value::Vector(items)) => {
            let items = items.iter().map(|item| binary(operator, scalar, item));
            Ok(Value::vector(items.collect::<Result<_, _>>()?))
        }
        _ => match operator {
            Equal | NotEqual | Less | LessEqual | Greater | GreaterEqual => compare(operator, left, right),
            Add if joins(left, right) => Ok(join(left, right)),
            _ => arithmetic(operator, left, right),
        },
    }
}

/// Works `-x` or `!x`.
pub(crate) fn unary(operator: UnaryOperator, value: &Value) -> Worked {
    match (operator, value) {
        (_, Value::Vector(items)) => {
            let items = items.iter().map(|item| unary(operator, item));
            Ok(Value::vector(items.collect::<Result<_, _>>()?))
        }
        (_, Value::Null) => Ok(Value::Null),
        (UnaryOperator::Negate, Value::Int(number)) => match number.checked_neg() {
            Some(number) => Ok(Value::Int(number)),
            None => Wrong::new("the result does not fit in 64 bits"),
        },
        (UnaryOperator::Negate, Value::Double(number)) => Ok(Value::Double(-number)),
        (UnaryOperator::Not, Value::Bool(value)) => Ok(Value::Bool(!value)),
        (UnaryOperator::Not, Value::Int(number)) => Ok(Value::Bool(*number == 0)),
        (UnaryOperator::Not, Value::Double(number)) => Ok(Value::Bool(*number == 0.0)),
        (UnaryOperator::Negate, _) => Wrong::new(format!("`-` of {}", value.kind())),
        (UnaryOperator::Not, _) => Wrong::new(format!("`!` of {}", value.kind())),
    }
}

const fn is_scalar(value: &Value) -> bool {
    matches!(
        value,
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Double(_) | Value::Text(_) | Value::Failure(_)
    )
}

/// Whether `+` joins them as texts.
const fn joins(left: &Value, right: &Value) -> bool {
    (matches!(left, Value::Text(_)) && is_scalar(right)) || (matches!(right, Value::Text(_)) && is_scalar(left))
}

/// Both as one text; `NULL` adds nothing, as in the database, and an error its message.
fn join(left: &Value, right: &Value) -> Value {
    let mut text = String::new();
    for value in [left, right] {
        match value {
            Value::Text(part) => text.push_str(part),
            Value::Null => {}
            Value::Failure(failure) => text.push_str(&failure.message),
            other => text.push_str(&other.to_string()),
        }
    }
    Value::text(text)
}

fn compare(operator: BinaryOperator, left: &Value, right: &Value) -> Worked {
    use BinaryOperator::*;
    let order = match (left, right) {
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        // NULL is below everything, as in the database.
        (Value::Null, _) => Some(Ordering::Less),
        (_, Value::Null) => Some(Ordering::Greater),
        (Value::Text(one), Value::Text(two)) => Some((**one).cmp(&**two)),
        (Value::Int(one), Value::Int(two)) => Some(one.cmp(two)),
        (Value::Pair(..), Value::Pair(..)) | (Value::Failure(_), Value::Failure(_)) => {
            Some(if left == right { Ordering::Equal } else { Ordering::Less })
        }
        (Value::Dict(_), _) | (_, Value::Dict(_)) => {
            return Err(Wrong {
                message: format!("`{}` of a dictionary", operator.symbol()),
                hint: Some("eqObj(a, b) compares dictionaries / 请用 eqObj(a, b)"),
            });
        }
        _ => match (number(left), number(right)) {
            (Some(one), Some(two)) => one.partial_cmp(&two),
            _ => {
                let message = format!("`{}` of {} and {}", operator.symbol(), left.kind(), right.kind());
                let hint = "turn one into the other's type with string(…), int(…) or double(…) / 请先转换类型";
                return Err(Wrong { message, hint: Some(hint) });
            }
        },
    };
    Ok(Value::Bool(match operator {
        Equal => order == Some(Ordering::Equal),
        NotEqual => order != Some(Ordering::Equal),
        Less => order == Some(Ordering::Less),
        LessEqual => matches!(order, Some(Ordering::Less | Ordering::Equal)),
        Greater => order == Some(Ordering::Greater),
        _ => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
    }))
}

/// A number or a BOOL as a number.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(value) => Some(f64::from(u8::from(*value))),
        other => other.as_number(),
    }
}

fn arithmetic(operator: BinaryOperator, left: &Value, right: &Value) -> Worked {
    let integer = |value: &Value| match value {
        Value::Int(number) => Some(*number),
        Value::Bool(value) => Some(i64::from(*value)),
        _ => None,
    };
    match (left, right) {
        (Value::Null, Value::Null | Value::Int(_) | Value::Double(_) | Value::Bool(_))
        | (Value::Int(_) | Value::Double(_) | Value::Bool(_), Value::Null) => Ok(Value::Null),
        _ => match (integer(left), integer(right), number(left), number(right)) {
            (Some(one), Some(two), ..) if operator != BinaryOperator::Ratio => whole_numbers(operator, one, two),
            (.., Some(one), Some(two)) => Ok(doubles(operator, one, two)),
            _ => {
                let message = format!("`{}` of {} and {}", operator.symbol(), left.kind(), right.kind());
                Wrong::new(message)
            }
        },
    }
}

/// Division by zero is `NULL`, as in the database; what does not fit in 64 bits is an error.
fn whole_numbers(operator: BinaryOperator, left: i64, right: i64) -> Worked {
    let result = match operator {
        BinaryOperator::Add => left.checked_add(right),
        BinaryOperator::Subtract => left.checked_sub(right),
        BinaryOperator::Multiply => left.checked_mul(right),
        _ if right == 0 => return Ok(Value::Null),
        BinaryOperator::Divide => left.checked_div(right).map(|quotient| {
            let below = left.wrapping_rem(right) != 0 && (left < 0) != (right < 0);
            quotient - i64::from(below)
        }),
        _ => {
            left.checked_rem(right).map(|rest| if rest != 0 && (rest < 0) != (right < 0) { rest + right } else { rest })
        }
    };
    match result {
        Some(number) => Ok(Value::Int(number)),
        None => Wrong::new(format!("the result of `{}` does not fit in 64 bits", operator.symbol())),
    }
}

fn doubles(operator: BinaryOperator, left: f64, right: f64) -> Value {
    let result = match operator {
        BinaryOperator::Add => left + right,
        BinaryOperator::Subtract => left - right,
        BinaryOperator::Multiply => left * right,
        _ if right == 0.0 => return Value::Null,
        BinaryOperator::Divide | BinaryOperator::Ratio => left / right,
        _ => left - right * (left / right).floor(),
    };
    // What is no number is NULL, as in the database.
    if result.is_finite() { Value::Double(result) } else { Value::Null }
}

/// `x in container`.
fn contains(container: &Value, value: &Value) -> Worked {
    match (container, value) {
        (_, Value::Vector(items)) => {
            let found = items.iter().map(|item| contains(container, item));
            Ok(Value::vector(found.collect::<Result<_, _>>()?))
        }
        (Value::Vector(items), _) => Ok(Value::Bool(items.iter().any(|item| item == value))),
        (Value::Dict(dict), Value::Text(key)) => Ok(Value::Bool(dict.get(key).is_some())),
        (Value::Dict(dict), Value::Int(key)) => Ok(Value::Bool(dict.find(&Key::Int(*key)).is_some())),
        (Value::Dict(_), _) => Ok(Value::Bool(false)),
        (Value::Pair(from, to), Value::Int(number)) => Ok(Value::Bool((from..to).contains(&number))),
        (Value::Text(_), _) => Err(Wrong {
            message: "`in` looks into a vector, a dictionary or a pair, not into a STRING".to_owned(),
            hint: Some("strFind(text, part) >= 0 looks into a text / 请用 strFind"),
        }),
        _ => Wrong::new(format!("`in` looks into a vector, a dictionary or a pair, not into {}", container.kind())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BinaryOperator::*;

    #[test]
    fn numbers_divide_as_in_the_database() {
        for (left, operator, right, expected) in [
            (7.into(), Divide, 2.into(), Value::Int(3)),
            ((-7).into(), Divide, 2.into(), Value::Int(-4)),
            (7.into(), Ratio, 2.into(), Value::Double(3.5)),
            ((-5).into(), Remainder, 3.into(), Value::Int(1)),
            (7.5.into(), Divide, 2.into(), Value::Double(3.75)),
            (1.into(), Divide, 0.into(), Value::Null),
            (1.into(), Remainder, 0.into(), Value::Null),
            (Value::Null, Add, 1.into(), Value::Null),
            (true.into(), Add, 1.into(), Value::Int(2)),
            ("a".into(), Add, 1.into(), "a1".into()),
            ("a".into(), Add, Value::Null, "a".into()),
        ] {
            assert_eq!(binary(operator, &left, &right).unwrap(), expected, "{left:?} {operator:?} {right:?}");
        }
        assert!(binary(Add, &i64::MAX.into(), &1.into()).is_err());
        assert!(binary(Divide, &i64::MIN.into(), &(-1).into()).is_err());
        assert!(binary(Equal, &"0".into(), &0.into()).is_err());
    }

    #[test]
    fn vectors_are_worked_on_element_by_element() {
        let vector = Value::vector(vec!["a".into(), "b".into()]);
        let joined = binary(Add, &"x".into(), &vector).unwrap();
        assert_eq!(joined, Value::vector(vec!["xa".into(), "xb".into()]));
        assert_eq!(binary(Equal, &vector, &vector).unwrap(), Value::vector(vec![true.into(), true.into()]));
        assert!(binary(Add, &vector, &Value::vector(vec![])).is_err());
    }
}

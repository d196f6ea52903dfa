//! JSON in the forms in which databases write rows.

use crate::{Sheet, Unread};
use hongyan_core::{number, table::shown};
use serde_json::{Deserializer, Map, Value};
use std::borrow::Cow;

pub(crate) fn read(text: &str) -> Result<Sheet, Unread> {
    let read = |text: &str| Deserializer::from_str(text).into_iter().collect::<Result<Vec<Value>, _>>();
    // What a number of 64 bits would round is kept as text, as it is written; what is wrong is named where it stands.
    let values = read(text).and_then(|values| match number::quoted(text) {
        Cow::Borrowed(_) => Ok(values),
        Cow::Owned(quoted) => read(&quoted),
    });
    let mut values =
        values.map_err(|error| Unread::at(format!("line {}", error.line()), format!("is not JSON: {error}")))?;
    match (values.len(), values.pop()) {
        (1, Some(Value::Array(rows))) => of_array(rows),
        (1, Some(Value::Object(object))) => of_object(object),
        // One value a line, as `-jsonlines` of several shells and `row_to_json` give them.
        (_, Some(last)) => {
            values.push(last);
            of_array(values)
        }
        (_, None) => Ok(Sheet::default()),
    }
}

fn of_object(mut object: Map<String, Value>) -> Result<Sheet, Unread> {
    match (object.get("columns"), object.get("rows")) {
        (Some(Value::Array(_)), Some(Value::Array(_))) if object.len() == 2 => {
            let take = |value: Option<Value>| match value {
                Some(Value::Array(list)) => list,
                _ => Vec::new(),
            };
            let columns = take(object.remove("columns"));
            let rows = take(object.remove("rows"));
            Sheet::of_rows(names(&columns), arrays(rows, 0)?)
        }
        _ => Sheet::of_records(vec![object]),
    }
}

fn of_array(mut rows: Vec<Value>) -> Result<Sheet, Unread> {
    match rows.first() {
        None => Ok(Sheet::default()),
        Some(Value::Array(_)) => {
            let header = rows.remove(0);
            let columns = header.as_array().map(|cells| names(cells)).unwrap_or_default();
            Sheet::of_rows(columns, arrays(rows, 1)?)
        }
        Some(_) => {
            let records = rows.into_iter().enumerate().map(|(i, row)| match row {
                Value::Object(record) => Ok(record),
                other => Err(odd(i, "an object", &other)),
            });
            Sheet::of_records(records.collect::<Result<_, _>>()?)
        }
    }
}

fn names(cells: &[Value]) -> Vec<String> {
    cells.iter().map(|cell| shown(cell).into_owned()).collect()
}

/// Rows of cells; `before` values stand before them in what is read.
fn arrays(rows: Vec<Value>, before: usize) -> Result<Vec<Vec<Value>>, Unread> {
    let row = |(i, row)| match row {
        Value::Array(cells) => Ok(cells),
        other => Err(odd(i + before, "an array", &other)),
    };
    rows.into_iter().enumerate().map(row).collect()
}

fn odd(i: usize, expected: &str, got: &Value) -> Unread {
    let kind = match got {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    let forms = "an array of objects, an array of arrays whose first is the header, or {\"columns\", \"rows\"}";
    Unread::at(format!("entry {}", i + 1), format!("{expected} is expected, this is {kind}; a table is {forms}"))
}

//! JSON in the forms in which databases write rows.

use crate::{Place, Sheet, Unread};
use hongyan_core::{bilingual, number, table::shown};
use serde_json::{Deserializer, Map, Value};
use std::borrow::Cow;

pub(crate) fn read(text: &str) -> Result<Sheet, Unread> {
    let read = |text: &str| Deserializer::from_str(text).into_iter().collect::<Result<Vec<Value>, _>>();
    // What a number of 64 bits would round is kept as text, as it is written; what is wrong is named where it stands.
    let values = read(text).and_then(|values| match number::quoted(text) {
        Cow::Borrowed(_) => Ok(values),
        Cow::Owned(quoted) => read(&quoted),
    });
    let mut values = values.map_err(|error| {
        Unread::at(Place::Line(error.line()), bilingual!("is not JSON: {error}"; "不是 JSON：{error}"))
    })?;
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
                other => Err(odd(i, ("an object", "对象"), &other)),
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
        other => Err(odd(i + before, ("an array", "数组"), &other)),
    };
    rows.into_iter().enumerate().map(row).collect()
}

fn odd(i: usize, (en, zh): (&str, &str), got: &Value) -> Unread {
    let (got_en, got_zh) = match got {
        Value::Null => ("null", " null"),
        Value::Bool(_) => ("a boolean", "布尔值"),
        Value::Number(_) => ("a number", "数字"),
        Value::String(_) => ("a text", "文本"),
        Value::Array(_) => ("an array", "数组"),
        Value::Object(_) => ("an object", "对象"),
    };
    let message = bilingual!(
        "{en} is expected, this is {got_en}; a table is an array of objects, an array of arrays whose first is the header, or {{\"columns\", \"rows\"}}";
        "应为{zh}，实为{got_zh}；表格可以是对象的数组、首行为表头的数组的数组，或 {{\"columns\", \"rows\"}}"
    );
    Unread::at(Place::Entry(i + 1), message)
}

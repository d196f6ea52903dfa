//! The parameters of a facade's route: asked for in the table's order, and made into the platform's fields.

use hongyan_api::{FacadeKind, FacadeParam, FacadeRoute};
use serde_json::{Map, Value, json};

/// The platform's fields, or the words about the first parameter that is missing or wrong.
pub(super) fn check(route: &FacadeRoute, given: &Map<String, Value>) -> Result<Map<String, Value>, String> {
    let zero_counts = |name: &str| route.params.iter().any(|param| param.name == name && param.zero_counts);
    let find = |name: &str| given.get(name).filter(|value| is_given(value, zero_counts(name)));
    if let Some((names, words)) = route.one_of {
        let counts = |name: &&str| {
            let flag = route.params.iter().any(|p| p.name == *name && p.kind == FacadeKind::Flag);
            find(name).is_some_and(|value| !flag || flag_of(value))
        };
        if !names.iter().any(counts) {
            return Err(words.to_owned());
        }
    }
    // First whether all is there, then what it says.
    for param in route.params {
        if let Some(words) = param.missing.filter(|_| find(param.name).is_none()) {
            return Err(words.to_owned());
        }
    }
    let mut request = Map::new();
    for param in route.params {
        if let Some(value) = find(param.name)
            && let Some(value) = convert(param, value)?
        {
            request.insert(param.name.to_owned(), value);
        }
    }
    Ok(request)
}

/// Absent, null, an empty text and an empty list are nothing; so are the 0 and false of JSON where they do not count.
fn is_given(value: &Value, zero_counts: bool) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(false) => zero_counts,
        Value::Number(number) if number.as_f64() == Some(0.0) => zero_counts,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => true,
    }
}

/// Yes or no, in any of the ways in which forms and scripts say it.
fn flag_of(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => *flag,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !matches!(text.trim().to_ascii_lowercase().as_str(), "" | "false" | "0" | "no" | "off"),
        Value::Null => false,
        Value::Array(_) | Value::Object(_) => true,
    }
}

/// A scalar as text.
fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn convert(param: &FacadeParam, value: &Value) -> Result<Option<Value>, String> {
    let wrong = |expected: &str| format!("{}必须是{expected}", param.name);
    Ok(Some(match param.kind {
        // A list of ids is as good as ids joined with commas.
        FacadeKind::Text => match value {
            Value::Array(_) => json!(ids_of(value).ok_or_else(|| wrong("文本"))?.join(",")),
            _ => json!(text_of(value).ok_or_else(|| wrong("文本"))?),
        },
        FacadeKind::Integer => match value {
            Value::Bool(flag) => json!(i64::from(*flag)),
            _ => {
                let number = text_of(value).and_then(|text| text.parse::<i64>().ok());
                json!(number.ok_or_else(|| wrong("整数"))?)
            }
        },
        FacadeKind::Flag => return Ok(flag_of(value).then_some(Value::Bool(true))),
        FacadeKind::MessageText => {
            let words = match value {
                // Blanks at either end are the message's own.
                Value::String(words) => words.clone(),
                other => text_of(other).ok_or_else(|| wrong("文本"))?,
            };
            json!({"msgtype": "text", "text": {"content": words}})
        }
        FacadeKind::Ids => json!(ids_of(value).ok_or_else(|| wrong("以逗号分隔的文本或列表"))?),
    }))
}

/// User ids, joined with commas or in a list.
fn ids_of(value: &Value) -> Option<Vec<String>> {
    let ids: Option<Vec<String>> = match value {
        Value::Array(list) => list.iter().map(text_of).collect(),
        other => text_of(other).map(|text| text.split(',').map(|id| id.trim().to_owned()).collect()),
    };
    ids.map(|ids| ids.into_iter().filter(|id| !id.is_empty()).collect())
}

/// Whether a chat's owner is one of its members: whole ids are compared, never parts of them.
pub(super) fn owner_is_member(request: &Map<String, Value>) -> bool {
    let owner = request.get("owner");
    request
        .get("useridlist")
        .and_then(Value::as_array)
        .is_some_and(|members| members.iter().any(|id| Some(id) == owner))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_api::FACADE;

    fn checked(path: &str, given: Value) -> Result<Value, String> {
        let route = FACADE.iter().find(|route| route.path.ends_with(path)).unwrap();
        check(route, given.as_object().unwrap()).map(Value::Object)
    }

    #[test]
    fn parameters_are_asked_for_in_order_and_zero_is_a_value() {
        assert_eq!(checked("/listbypage", json!({})), Err("部门id不能为空".into()));
        assert_eq!(checked("/listbypage", json!({"department_id": 1})), Err("偏移量不能为空".into()));
        assert_eq!(checked("/listbypage", json!({"department_id": 1, "offset": 0})), Err("每页数量不能为空".into()));
        let all = checked("/listbypage", json!({"department_id": 1, "offset": 0, "size": "10"}));
        assert_eq!(all, Ok(json!({"department_id": "1", "offset": 0, "size": 10})));
        let none = checked("/listbypage", json!({"department_id": 1, "offset": false, "size": 0}));
        assert_eq!(none, Err("每页数量不能为空".into()), "a page of none is no page");
        assert!(checked("/get_org_user_count", json!({"onlyActive": 0})).is_ok());
        assert!(checked("/getReadList", json!({"messageId": "m", "cursor": 0, "size": 1})).is_ok());
        let wrong = checked("/listbypage", json!({"department_id": 1, "offset": "x", "size": "10"}));
        assert_eq!(wrong, Err("offset必须是整数".into()));
    }

    #[test]
    fn no_id_is_zero() {
        for (path, name, words) in [
            ("/getsendprogress", "task_id", "task_id不能为空"),
            ("/getsendresult", "task_id", "task_id不能为空"),
            ("/list_ids", "id", "父部门id不能为空"),
            ("/departmentget", "id", "部门id不能为空"),
            ("/list_parent_depts", "userId", "用户id不能为空"),
            ("/getDeptMember", "deptId", "部门id不能为空"),
            ("/chatInfo", "chatid", "群id不能为空"),
        ] {
            for nothing in [json!(0), json!(0.0), json!(false), json!(""), json!(null)] {
                assert_eq!(checked(path, json!({name: nothing})), Err(words.into()), "{path} {nothing}");
            }
            assert!(checked(path, json!({name: "0"})).is_ok(), "{path}: a text is asked about, as there");
        }
        let words = checked("/asyncsend_v2", json!({"userid_list": "li", "msg": 0}));
        assert_eq!(words, Err("msg不能为空".into()));
        let nobody = checked("/asyncsend_v2", json!({"userid_list": 0, "msg": "a"}));
        assert_eq!(nobody, Err("userid_list,dept_id_list, to_all_user必须有一个不能为空".into()));
    }

    #[test]
    fn no_is_no_in_a_form_too() {
        for no in [json!("false"), json!("0"), json!(false), json!(0), json!("")] {
            let none = checked("/asyncsend_v2", json!({"to_all_user": no, "msg": "a"}));
            assert_eq!(none, Err("userid_list,dept_id_list, to_all_user必须有一个不能为空".into()), "{no}");
        }
        let all = checked("/asyncsend_v2", json!({"to_all_user": "true", "msg": 7})).unwrap();
        assert_eq!(all, json!({"msg": {"msgtype": "text", "text": {"content": "7"}}, "to_all_user": true}));
        assert_eq!(checked("/list", json!({"id": "1", "fetch_child": "false"})), Ok(json!({"id": "1"})));
    }

    #[test]
    fn an_owner_is_a_whole_id() {
        let members = |list: Value| checked("/createChat", json!({"name": "n", "owner": "li", "useridlist": list}));
        assert!(owner_is_member(members(json!("wang, li")).unwrap().as_object().unwrap()));
        assert!(owner_is_member(members(json!(["li"])).unwrap().as_object().unwrap()));
        assert!(!owner_is_member(members(json!("lisi,wang")).unwrap().as_object().unwrap()));
    }
}

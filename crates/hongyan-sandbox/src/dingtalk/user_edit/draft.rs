//! What a call wants a person to be, whichever generation it came by: checked as a whole, then applied as a whole.

use crate::{
    dingtalk::contacts::{Generation, any_person, refused, seen_department},
    route::Refused,
    world::{
        World,
        company::{Person, PersonId},
    },
};
use hongyan_dingtalk::user_edit::CreateUser;
use hongyan_endpoint::Endpoint;
use serde_json::Value;
use std::{collections::BTreeMap, str::FromStr};

/// The most departments of one person.
const MOST_DEPARTMENTS: usize = CreateUser::SPEC.max_items("dept_id_list").unwrap();
/// DingTalk's places look like the time of joining, with more digits; they exceed 2^53.
const PLACES_PER_MS: i64 = 100_000;

/// What is `None` stays as it is.
#[derive(Default)]
pub(super) struct UserDraft {
    pub(super) name: Option<String>,
    pub(super) mobile: Option<String>,
    pub(super) departments: Option<Vec<i64>>,
    pub(super) hide_mobile: Option<bool>,
    pub(super) telephone: Option<String>,
    pub(super) job_number: Option<String>,
    pub(super) title: Option<String>,
    pub(super) email: Option<String>,
    pub(super) org_email: Option<String>,
    pub(super) work_place: Option<String>,
    pub(super) remark: Option<String>,
    pub(super) orders: Option<BTreeMap<i64, i64>>,
    pub(super) titles: Option<BTreeMap<i64, String>>,
    pub(super) extattr: Option<BTreeMap<String, String>>,
    /// Adds to the attributes instead of replacing them.
    pub(super) merge_extattr: bool,
    pub(super) senior: Option<bool>,
    pub(super) hired_at: Option<i64>,
    pub(super) manager: Option<String>,
    pub(super) clear_manager: bool,
}

impl UserDraft {
    /// Everything but what must be one person's alone, which the company itself watches over.
    pub(super) fn check(&self, world: &World, generation: Generation, but: Option<PersonId>) -> Result<(), Refused> {
        if self.name.as_ref().is_some_and(|name| name.trim().is_empty()) {
            return Err(refused("60112", "不合法的名字"));
        }
        if self.mobile.as_deref().is_some_and(|mobile| split_mobile(mobile).is_none()) {
            return Err(refused("60103", "手机号码不合法"));
        }
        let malformed = |email: &Option<String>| email.as_deref().is_some_and(|text| !is_email(text));
        if malformed(&self.email) || malformed(&self.org_email) {
            return Err(refused("60105", "邮箱不合法"));
        }
        let departments = self.departments.as_deref().unwrap_or_default();
        if departments.len() > MOST_DEPARTMENTS {
            return Err(refused("60110", "用户所属部门过多"));
        }
        for id in departments {
            seen_department(&world.company, *id)?;
        }
        if let Some(manager) = self.manager.as_deref().filter(|userid| !userid.is_empty()) {
            any_person(world, generation, manager)?;
        }
        if let Some(telephone) = self.telephone.as_deref().filter(|text| !text.is_empty()) {
            let mut others = world.company.people().filter(|(id, _)| Some(*id) != but);
            if others.any(|(_, person)| person.telephone == telephone) {
                return Err(generation.parameter("分机号已存在"));
            }
        }
        Ok(())
    }

    pub(super) fn apply(self, to: &mut Person, now: i64) {
        let set = |field: &mut String, value: Option<String>| {
            if let Some(value) = value {
                *field = value;
            }
        };
        set(&mut to.name, self.name);
        set(&mut to.telephone, self.telephone);
        set(&mut to.job_number, self.job_number);
        set(&mut to.title, self.title);
        set(&mut to.personal_email, self.email);
        set(&mut to.email, self.org_email);
        set(&mut to.work_place, self.work_place);
        set(&mut to.remark, self.remark);
        if let Some((state_code, mobile)) = self.mobile.as_deref().and_then(split_mobile) {
            to.state_code = state_code.to_owned();
            to.mobile = mobile.to_owned();
        }
        if let Some(mut departments) = self.departments {
            let mut seen = std::collections::HashSet::new();
            departments.retain(|id| seen.insert(*id));
            to.orders.retain(|id, _| departments.contains(id));
            to.wecom_orders.retain(|id, _| departments.contains(id));
            to.titles.retain(|id, _| departments.contains(id));
            to.leader_of.retain(|id| departments.contains(id));
            for id in &departments {
                to.orders.entry(*id).or_insert(now.saturating_mul(PLACES_PER_MS));
                to.wecom_orders.entry(*id).or_default();
            }
            to.departments = departments;
        }
        let within = |id: &i64| to.departments.contains(id);
        to.orders.extend(self.orders.into_iter().flatten().filter(|(id, _)| within(id)));
        to.titles.extend(self.titles.into_iter().flatten().filter(|(id, _)| within(id)));
        if let Some(extattr) = self.extattr {
            if !self.merge_extattr {
                to.extattr.clear();
            }
            to.extattr.extend(extattr);
        }
        to.hide_mobile = self.hide_mobile.unwrap_or(to.hide_mobile);
        to.senior = self.senior.unwrap_or(to.senior);
        to.hired_at = self.hired_at.or(to.hired_at);
        if let Some(manager) = self.manager.filter(|userid| !userid.is_empty()) {
            to.manager = Some(manager);
        } else if self.clear_manager {
            to.manager = None;
        }
    }
}

/// Country's code and number: eleven digits of the mainland, or `+xx-…`.
fn split_mobile(mobile: &str) -> Option<(&str, &str)> {
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let (code, number) = match mobile.strip_prefix('+') {
        Some(rest) => rest.split_once('-')?,
        None => ("86", mobile),
    };
    let fits = match code {
        "86" => number.len() == 11 && number.starts_with('1'),
        _ => (1..=4).contains(&code.len()) && digits(code) && (4..=14).contains(&number.len()),
    };
    (fits && digits(number)).then_some((code, number))
}

/// An empty one clears the address.
fn is_email(text: &str) -> bool {
    let valid = |(local, domain): (&str, &str)| {
        !local.is_empty() && domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.')
    };
    text.is_empty() || (!text.contains(char::is_whitespace) && text.rsplit_once('@').is_some_and(valid))
}

/// Department ids joined with commas.
pub(super) fn ids(text: &str) -> Result<Vec<i64>, Refused> {
    let ids: Result<Vec<i64>, _> = text.split(',').map(|id| id.trim().parse()).collect();
    ids.map_err(|_| refused("40009", "不合法的部门id"))
}

/// Attributes as a JSON text.
pub(super) fn texts(generation: Generation, text: &str) -> Result<BTreeMap<String, String>, Refused> {
    if text.trim().is_empty() {
        return Ok(BTreeMap::new());
    }
    let value = serde_json::from_str(text).map_err(|_| generation.parameter("extension"))?;
    attributes(generation, value)
}

/// Attributes: a map of texts, or its JSON text; some clients send a list of names and values.
pub(super) fn attributes(generation: Generation, value: Value) -> Result<BTreeMap<String, String>, Refused> {
    let text = |value: Value| match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    };
    match value {
        Value::Null => Ok(BTreeMap::new()),
        Value::Object(members) => Ok(members.into_iter().map(|(name, value)| (name, text(value))).collect()),
        Value::String(json) => texts(generation, &json),
        Value::Array(rows) => rows
            .into_iter()
            .map(|mut row| {
                let name = row.get("attr_name").or_else(|| row.get("name")).and_then(Value::as_str);
                let name = name.ok_or_else(|| generation.parameter("extattr"))?.to_owned();
                let named = if row.get("attr_value").is_some() { "attr_value" } else { "value" };
                Ok((name, row.get_mut(named).map(Value::take).map(text).unwrap_or_default()))
            })
            .collect(),
        _ => Err(generation.parameter("extattr")),
    }
}

/// The first generation's maps by department: JSON, or `{1:10, 2:20}` without quotes.
pub(super) fn map<T: FromStr>(generation: Generation, field: &str, text: &str) -> Result<BTreeMap<i64, T>, Refused> {
    let wrong = || generation.parameter(field);
    let inner = text.trim().strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).ok_or_else(wrong)?;
    let bare = |part: &str| part.trim().trim_matches(['"', '\'']).to_owned();
    inner
        .split(',')
        .filter(|pair| !pair.trim().is_empty())
        .map(|pair| {
            let (id, value) = pair.split_once(':').ok_or_else(wrong)?;
            Ok((bare(id).parse().map_err(|_| wrong())?, bare(value).parse().map_err(|_| wrong())?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_mainland_are_bare_and_others_carry_their_country() {
        assert_eq!(split_mobile("13800000001"), Some(("86", "13800000001")));
        assert_eq!(split_mobile("+86-13800000001"), Some(("86", "13800000001")));
        assert_eq!(split_mobile("+852-55500001"), Some(("852", "55500001")));
        for wrong in ["", "1380000000", "23800000001", "1380000000a", "+852 5550", "+-5550000", "+86-555"] {
            assert_eq!(split_mobile(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn maps_by_department_come_with_and_without_quotes() {
        let expected = BTreeMap::from([(1, 10), (2, 20)]);
        for text in ["{1:10,2:20}", "{\"1\":10, \"2\": \"20\"}", " {1:10, 2:20} "] {
            assert_eq!(map::<i64>(Generation::First, "f", text).unwrap(), expected, "{text}");
        }
        assert!(map::<i64>(Generation::First, "f", "1:10").is_err());
        assert!(map::<i64>(Generation::First, "f", "{1:x}").is_err());
    }
}

//! `hongyan contacts`: people and departments, as an account's platform has them.

use super::send;
use crate::lang::told;
use crate::out::say;
use crate::{
    args::{Contacts, ContactsAction},
    exit::{Exit, Usage},
    listing::{self, Cell},
    remote::{Gateway, encode, other_version},
};
use anyhow::Context;
use hongyan_api::{DepartmentList, PersonList};
use hongyan_core::Person;
use serde_json::Value;

pub(crate) async fn run(args: &Contacts, json: bool) -> anyhow::Result<Exit> {
    let gateway = Gateway::open(&args.remote)?;
    let (path, print): (String, fn(Value) -> anyhow::Result<()>) = match &args.action {
        ContactsAction::Find { account, person } => {
            let (kind, value) = key(person)?;
            (format!("/v1/contacts/{}/people?{kind}={}", encode(account), encode(value)), print_person)
        }
        ContactsAction::Departments { account, below } => {
            let below = below.as_ref().map_or(String::new(), |id| format!("?below={}", encode(id)));
            (format!("/v1/contacts/{}/departments{below}", encode(account)), print_departments)
        }
        ContactsAction::Members { account, department } => {
            (format!("/v1/contacts/{}/departments/{}/members", encode(account), encode(department)), print_members)
        }
    };
    let answer = gateway.call("GET", &path, &[], None).await?;
    if json {
        say!("{answer}");
    } else {
        print(answer)?;
    }
    Ok(Exit::Done)
}

/// As recipients are named.
fn key(text: &str) -> anyhow::Result<(&str, &str)> {
    match text.split_once(':') {
        Some((kind @ ("userid" | "mobile" | "email"), value)) => Ok((kind, value)),
        Some((kind, _)) => Err(Usage(told!("{text}: {kind:?} is none of userid, mobile, email" ; "{text}：{kind:?} 不是 userid、mobile 或 email")).into()),
        None if text.contains('@') => Ok(("email", text)),
        None if send::is_mobile(text) => Err(send::mobile_or_userid(text)),
        None => Ok(("userid", text)),
    }
}

fn print_person(answer: Value) -> anyhow::Result<()> {
    print_people(vec![serde_json::from_value(answer).with_context(other_version)?]);
    Ok(())
}

fn print_members(answer: Value) -> anyhow::Result<()> {
    let list: PersonList = serde_json::from_value(answer).with_context(other_version)?;
    print_people(list.people);
    Ok(())
}

fn print_people(people: Vec<Person>) {
    let rows: Vec<Vec<Cell>> = people
        .into_iter()
        .map(|person| {
            vec![
                person.userid.into(),
                person.name.into(),
                person.mobile.into(),
                person.email.into(),
                person.title.into(),
                person.departments.join(", ").into(),
            ]
        })
        .collect();
    listing::print(&["USERID", "NAME 姓名", "MOBILE 手机", "EMAIL 邮箱", "TITLE 职位", "DEPARTMENTS 部门"], &rows);
}

fn print_departments(answer: Value) -> anyhow::Result<()> {
    let list: DepartmentList = serde_json::from_value(answer).with_context(other_version)?;
    let rows: Vec<Vec<Cell>> = list
        .departments
        .into_iter()
        .map(|one| vec![one.id.into(), one.name.into(), one.parent.unwrap_or_default().into()])
        .collect();
    listing::print(&["DEPARTMENT 部门", "NAME 名称", "BELOW 上级"], &rows);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn a_person_is_named_by_kind_or_guessed() {
        assert_eq!(key("mobile:13800000001").unwrap(), ("mobile", "13800000001"));
        assert_eq!(key("li@example.com").unwrap(), ("email", "li@example.com"));
        assert_eq!(key("zhangsan").unwrap(), ("userid", "zhangsan"));
        assert!(key("13800000001").is_err(), "it may be either");
        assert!(key("department:2").is_err());
    }
}

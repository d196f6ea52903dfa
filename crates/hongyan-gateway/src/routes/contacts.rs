//! People and departments, as an account's platform has them.

use super::{app::App, call::Call, platform, query};
use hongyan_api::{Code, DepartmentList, PersonList, Problem};
use hongyan_channel::Account;
use hongyan_core::{Address, AddressKind, Contacts, Missing};
use hongyan_intake::reply::{self, Reply};
use std::sync::Arc;

/// The people of the account that the path names, where its kind of channel has any.
fn contacts<'a>(app: &'a App, call: &Call) -> Result<(&'a Account, &'a dyn Contacts), Problem> {
    let name = call.param("account");
    let account = app.account(call.caller()?, name)?;
    let none = || {
        let (en, zh) = (format!("account {name}: has no contacts"), format!("账号 {name}：没有通讯录"));
        Problem::new(Code::NotOffered, en, zh).at("account")
    };
    Ok((account, account.channel.contacts().ok_or_else(none)?))
}

fn check_value(name: &str, value: &str) -> Result<(), Problem> {
    if value.trim().is_empty() || value.chars().any(char::is_control) {
        return Err(query::wrong(name, ("is empty or holds a control character", "为空或含有控制字符")));
    }
    Ok(())
}

/// `GET /v1/contacts/{account}/people`
pub(super) async fn person(app: &Arc<App>, call: &Call) -> Reply {
    let (account, contacts) = contacts(app, call)?;
    let mut key = None;
    for (name, value) in &call.query {
        let kind = match name.as_str() {
            "userid" => AddressKind::Userid,
            "mobile" => AddressKind::Mobile,
            _ => AddressKind::Email,
        };
        check_value(name, value)?;
        if key.replace(Address::new(kind, value)).is_some() {
            return Err(query::wrong(name, ("give one of userid, mobile, email", "请给出 userid、mobile、email 之一")));
        }
    }
    let key = key.ok_or_else(|| {
        query::wrong("userid", ("give one of userid, mobile, email", "请给出 userid、mobile、email 之一"))
    })?;
    reply::ok(&platform::ask(app, account, &[Missing::Person], contacts.person(&key)).await?)
}

/// `GET /v1/contacts/{account}/departments`
pub(super) async fn departments(app: &Arc<App>, call: &Call) -> Reply {
    let (account, contacts) = contacts(app, call)?;
    let below = call.query("below");
    below.map_or(Ok(()), |below| check_value("below", below))?;
    let departments = contacts.departments(below);
    let departments = platform::ask(app, account, &[Missing::Department], departments).await?;
    reply::ok(&DepartmentList { departments })
}

/// `GET /v1/contacts/{account}/departments/{id}/members`
pub(super) async fn members(app: &Arc<App>, call: &Call) -> Reply {
    let (account, contacts) = contacts(app, call)?;
    let people = contacts.members(call.param("id"));
    let people = platform::ask(app, account, &[Missing::Department], people).await?;
    reply::ok(&PersonList { people })
}

//! People and departments, as far as the application sees them.

use super::application::WeComChannel;
use crate::refusal::invalid;
use async_trait::async_trait;
use hongyan_core::{Address, AddressKind, Contacts, Department, Person};
use hongyan_endpoint::Fault;
use hongyan_wecom::{
    department::ListDepartments,
    user::{GetUser, GetUserid, GetUseridByEmail, ListUsers, Member},
};
use std::collections::HashSet;

/// The state of a member who logs in.
const ACTIVE: i64 = 1;

fn number(department: &str) -> Result<i64, Fault> {
    department.parse().map_err(|_| invalid(format!("department {department:?} is not a number")))
}

fn person(member: Member) -> Person {
    let email = member.email.filter(|email| !email.is_empty()).or(member.biz_mail);
    Person {
        userid: member.userid,
        name: member.name,
        mobile: member.mobile.unwrap_or_default(),
        email: email.unwrap_or_default(),
        title: member.position.unwrap_or_default(),
        departments: member.department.iter().map(ToString::to_string).collect(),
        active: member.status.map(|status| status == ACTIVE),
    }
}

#[async_trait]
impl Contacts for WeComChannel {
    async fn person(&self, key: &Address) -> Result<Person, Fault> {
        let value = key.on_wire().into_owned();
        let userid = match key.kind {
            AddressKind::Userid => value,
            AddressKind::Mobile => self.client.call(&GetUserid { mobile: value }).await?.userid,
            AddressKind::Email => self.client.call(&GetUseridByEmail { email: value, email_type: None }).await?.userid,
            other => {
                return Err(invalid(format!("nobody is found by {}: give userid, mobile or email", other.name())));
            }
        };
        self.client.call(&GetUser { userid }).await.map(person)
    }

    async fn members(&self, department: &str) -> Result<Vec<Person>, Fault> {
        // One answer holds the whole department: the platform has no pages here.
        let request = ListUsers { department_id: number(department)?, fetch_child: None };
        Ok(self.client.call(&request).await?.userlist.into_iter().map(person).collect())
    }

    async fn departments(&self, below: Option<&str>) -> Result<Vec<Department>, Fault> {
        let id = below.map(number).transpose()?;
        // The platform lists all levels at once.
        let mut listed = self.client.call(&ListDepartments { id }).await?.department;
        let seen: HashSet<i64> = listed.iter().map(|row| row.id).collect();
        match id {
            Some(id) => listed.retain(|row| row.parentid == id && row.id != id),
            None => listed.retain(|row| !seen.contains(&row.parentid)),
        }
        let parent = |parentid: i64| (parentid != 0).then(|| parentid.to_string());
        let row = |row: hongyan_wecom::department::Department| Department {
            id: row.id.to_string(),
            name: row.name,
            parent: parent(row.parentid),
        };
        Ok(listed.into_iter().map(row).collect())
    }
}

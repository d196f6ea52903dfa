//! People and departments, as far as the application sees them.

use super::application::DingTalkChannel;
use crate::refusal::invalid;
use async_trait::async_trait;
use hongyan_core::{Address, AddressKind, Contacts, Department, Person};
use hongyan_dingtalk::{
    department::{GetDepartment, ListDepartments},
    scope::GetScopes,
    user::{GetByMobile, GetUser, ListUsers},
};
use hongyan_endpoint::Fault;

/// People of one page.
const PAGE: i64 = 100;
/// Pages that are read of one department.
const MOST_PAGES: usize = 1_000;

fn number(department: &str) -> Result<i64, Fault> {
    department.parse().map_err(|_| invalid(format!("department {department:?} is not a number")))
}

fn strings(ids: &[i64]) -> Vec<String> {
    ids.iter().map(ToString::to_string).collect()
}

#[async_trait]
impl Contacts for DingTalkChannel {
    async fn person(&self, key: &Address) -> Result<Person, Fault> {
        let userid = match key.kind {
            AddressKind::Userid => key.value.clone(),
            AddressKind::Mobile => {
                let request = GetByMobile { mobile: key.on_wire().into_owned(), ..GetByMobile::default() };
                self.client.call(&request).await?.result.userid
            }
            other => return Err(invalid(format!("DingTalk finds nobody by {}: give userid or mobile", other.name()))),
        };
        let user = self.client.call(&GetUser { userid, ..GetUser::default() }).await?.result;
        Ok(Person {
            userid: user.userid,
            name: user.name,
            mobile: user.mobile.unwrap_or_default(),
            email: user.email.filter(|email| !email.is_empty()).or(user.org_email).unwrap_or_default(),
            title: user.title.unwrap_or_default(),
            departments: strings(&user.dept_id_list),
            active: user.active,
        })
    }

    async fn members(&self, department: &str) -> Result<Vec<Person>, Fault> {
        let dept_id = number(department)?;
        let (mut people, mut cursor) = (Vec::new(), 0);
        for _ in 0..MOST_PAGES {
            let request = ListUsers { dept_id, cursor, size: PAGE, ..ListUsers::default() };
            let page = self.client.call(&request).await?.result;
            people.extend(page.list.into_iter().map(|user| Person {
                userid: user.userid,
                name: user.name,
                mobile: user.mobile.unwrap_or_default(),
                email: user.email.filter(|email| !email.is_empty()).or(user.org_email).unwrap_or_default(),
                title: user.title.unwrap_or_default(),
                departments: strings(&user.dept_id_list),
                active: user.active,
            }));
            match page.next_cursor {
                Some(next) if page.has_more && next != cursor => cursor = next,
                _ => break,
            }
        }
        Ok(people)
    }

    async fn departments(&self, below: Option<&str>) -> Result<Vec<Department>, Fault> {
        let department = |id: i64, name: String, parent: Option<i64>| Department {
            id: id.to_string(),
            name,
            parent: parent.filter(|parent| *parent != 0).map(|parent| parent.to_string()),
        };
        if let Some(below) = below {
            let request = ListDepartments { dept_id: Some(number(below)?), ..ListDepartments::default() };
            let listed = self.client.call(&request).await?.result;
            return Ok(listed.into_iter().map(|row| department(row.dept_id, row.name, row.parent_id)).collect());
        }
        let mut top = Vec::new();
        for dept_id in self.client.call(&GetScopes {}).await?.auth_org_scopes.authed_dept {
            let row = self.client.call(&GetDepartment { dept_id, ..GetDepartment::default() }).await?.result;
            top.push(department(row.dept_id, row.name, row.parent_id));
        }
        Ok(top)
    }
}

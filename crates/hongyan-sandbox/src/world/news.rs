//! News of the company, as either platform tells them: who came, changed or left, and which departments and tags.
//!
//! One company is in both platforms, so a change by either is told by both.

use super::{
    World,
    company::{Change, Person, Tags},
};
use hongyan_wecom::callback::{Element, Event, Message, Pushed};
use serde_json::json;

impl World {
    /// Tells what changed since it was told last.
    pub(crate) fn tell_news(&mut self, at: i64) {
        for change in self.company.take_changes() {
            match change {
                Change::PersonCame(id) => {
                    let person = self.company.person(id);
                    let (userid, members) = (person.userid.clone(), whole(person));
                    self.tell_dingtalk(at, "user_add_org", json!({"UserId": [userid]}));
                    self.tell_contact(at, "create_user", members);
                }
                Change::PersonChanged { before, now } => {
                    let members = changed(&before, &now);
                    self.tell_dingtalk(at, "user_modify_org", json!({"UserId": [now.userid]}));
                    self.tell_contact(at, "update_user", members);
                }
                Change::PersonLeft(userid) => {
                    let members = vec![Element::text("UserID", userid.as_str())];
                    self.tell_dingtalk(at, "user_leave_org", json!({"UserId": [userid]}));
                    self.tell_contact(at, "delete_user", members);
                }
                Change::DepartmentCame(id) => {
                    self.tell_dingtalk(at, "org_dept_create", json!({"DeptId": [id]}));
                    let members = self.party(id, true);
                    self.tell_contact(at, "create_party", members);
                }
                Change::DepartmentChanged(id) => {
                    self.tell_dingtalk(at, "org_dept_modify", json!({"DeptId": [id]}));
                    let members = self.party(id, false);
                    self.tell_contact(at, "update_party", members);
                }
                Change::DepartmentGone(id) => {
                    self.tell_dingtalk(at, "org_dept_remove", json!({"DeptId": [id]}));
                    self.tell_contact(at, "delete_party", vec![Element::text("Id", id.to_string())]);
                }
            }
        }
    }

    /// Tells whom and what tags have gained and lost since `before`. Tags are WeCom's alone.
    pub(crate) fn tell_tags(&mut self, before: &Tags, at: i64) {
        let mut news = Vec::new();
        for tag in self.company.tags.iter() {
            let (people, parties) =
                before.get(tag.id).map_or_else(Default::default, |old| (old.members.clone(), old.parties.clone()));
            let beyond = |these: &[String], those: &[String]| {
                these.iter().filter(|one| !those.contains(one)).cloned().collect::<Vec<_>>().join(",")
            };
            let text = |ids: &[i64]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
            let (old_parties, new_parties) = (text(&parties), text(&tag.parties));
            let items = [
                ("AddUserItems", beyond(&tag.members, &people)),
                ("DelUserItems", beyond(&people, &tag.members)),
                ("AddPartyItems", beyond(&new_parties, &old_parties)),
                ("DelPartyItems", beyond(&old_parties, &new_parties)),
            ];
            if items.iter().any(|(_, list)| !list.is_empty()) {
                let mut members = vec![Element::text("TagId", tag.id.to_string())];
                members.extend(items.into_iter().map(|(name, list)| Element::text(name, list)));
                news.push(members);
            }
        }
        for members in news {
            self.tell_contact(at, "update_tag", members);
        }
    }

    fn tell_contact(&mut self, at: i64, change_type: &str, rest: Vec<Element>) {
        let message = Message::Event(Event::ChangeContact { change_type: change_type.into() });
        self.tell_wecom(at, Pushed { from_user_name: "sys".into(), message, rest, ..Pushed::default() });
    }

    fn party(&self, id: i64, with_order: bool) -> Vec<Element> {
        let mut members = vec![Element::text("Id", id.to_string())];
        if let Some(department) = self.company.department(id) {
            members.push(Element::text("Name", department.name.as_str()));
            members.push(Element::text("ParentId", department.parent_id.to_string()));
            if with_order {
                members.push(Element::text("Order", department.order.to_string()));
            }
        }
        members
    }
}

/// Names and texts, as WeCom tells them of a member.
fn fields(of: &Person) -> Vec<(&'static str, String)> {
    let list = |ids: &[i64]| ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
    let leads: Vec<i64> = of.departments.iter().map(|id| i64::from(of.leader_of.contains(id))).collect();
    let status = match (of.disabled, of.active) {
        (true, _) => "2",
        (false, true) => "1",
        (false, false) => "4",
    };
    vec![
        ("Name", of.name.clone()),
        ("Department", list(&of.departments)),
        ("MainDepartment", of.departments.first().map(ToString::to_string).unwrap_or_default()),
        ("IsLeaderInDept", list(&leads)),
        ("DirectLeader", of.manager.clone().unwrap_or_default()),
        ("Position", of.title.clone()),
        ("Mobile", of.mobile.clone()),
        ("Gender", of.gender.to_string()),
        ("Email", of.personal_email.clone()),
        ("BizMail", of.email.clone()),
        ("Status", status.to_owned()),
        ("Avatar", of.avatar.clone()),
        ("Alias", of.alias.clone()),
        ("Telephone", of.telephone.clone()),
        ("Address", of.work_place.clone()),
    ]
}

/// Everything about somebody who came.
fn whole(person: &Person) -> Vec<Element> {
    let own = [("UserID", person.userid.clone())];
    own.into_iter().chain(fields(person)).map(|(name, text)| Element::text(name, text)).collect()
}

/// Who it is, and what is another than before.
fn changed(before: &Person, now: &Person) -> Vec<Element> {
    let mut members = vec![Element::text("UserID", before.userid.as_str())];
    if before.userid != now.userid {
        members.push(Element::text("NewUserID", now.userid.as_str()));
    }
    let old = fields(before);
    let new = fields(now).into_iter().zip(old).filter(|(new, old)| new != old);
    members.extend(new.map(|((name, text), _)| Element::text(name, text)));
    members
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        SandboxOptions,
        options::Credentials,
        world::{
            callback::{Road, WeComHook},
            company::Department,
            event::Happening,
        },
    };
    use hongyan_net::Secret;

    fn listening() -> World {
        let mut world = World::new(&SandboxOptions::default(), Credentials::new(true).unwrap());
        let (token, key) = ("SandboxToken2024".to_owned(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned());
        let seal = hongyan_wecom::callback::Callback::new(Secret::new(token.as_str()), &key, "ww").unwrap();
        world.callbacks.wecom = Some(WeComHook { url: "http://h/".into(), token, encoding_aes_key: key, seal });
        let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".to_owned();
        let seal = hongyan_dingtalk::callback::Callback::new("tok123456", &key, "ding").unwrap();
        let (url, token) = ("http://h/".into(), "tok123456".into());
        let hook = crate::world::callback::DingTalkHook { url, token, aes_key: key, tags: None, seal };
        world.callbacks.dingtalk = Some(hook);
        world
    }

    /// What is on its way, told shortly.
    fn told(world: &mut World) -> Vec<String> {
        std::iter::from_fn(|| world.events.next_due(i64::MAX))
            .map(|delivery| match (&delivery.event.happening, delivery.road) {
                (Happening::DingTalk { kind, members }, Road::DingTalk) => format!("{kind} {}", json!(members)),
                (Happening::WeCom(pushed), Road::WeCom) => {
                    let Message::Event(Event::ChangeContact { change_type }) = &pushed.message else { panic!() };
                    assert_eq!(pushed.agent_id, None, "contacts are no application's");
                    let rest: Vec<_> = pushed.rest.iter().map(|one| format!("{}={}", one.name, one.text)).collect();
                    format!("{change_type} {}", rest.join(" "))
                }
                _ => panic!("not of contacts"),
            })
            .collect()
    }

    #[test]
    fn whoever_comes_changes_or_leaves_is_told_on_both_platforms() {
        let mut world = listening();
        world.tell_news(0);
        assert_eq!(told(&mut world), Vec::<String>::new(), "how it began is no news");
        let new = Person { userid: "new1".into(), name: "新人".into(), departments: vec![11], ..Person::default() };
        let id = world.company.add_person(new).unwrap();
        world.tell_news(0);
        let news = told(&mut world);
        assert_eq!(news[0], r#"user_add_org {"UserId":["new1"]}"#);
        assert!(news[1].starts_with("create_user UserID=new1 Name=新人 Department=11 MainDepartment=11"), "{news:?}");
        world.company.update_person(id, |person| person.title = "工程师".into()).unwrap();
        assert!(world.company.remove_person("new1"));
        world.tell_news(0);
        let expected = [
            r#"user_modify_org {"UserId":["new1"]}"#,
            "update_user UserID=new1 Position=工程师",
            r#"user_leave_org {"UserId":["new1"]}"#,
            "delete_user UserID=new1",
        ];
        assert_eq!(told(&mut world), expected);
    }

    #[test]
    fn departments_and_tags_are_told() {
        let mut world = listening();
        let new = Department { parent_id: 2, name: "新组".into(), ..Department::default() };
        let id = world.company.add_department(new).unwrap();
        world.company.update_department(id, |department| department.name = "改名组".into()).unwrap();
        world.company.remove_department(id).unwrap();
        world.tell_news(0);
        let news = told(&mut world);
        assert_eq!(news[0], format!(r#"org_dept_create {{"DeptId":[{id}]}}"#));
        assert_eq!(news[4], format!(r#"org_dept_remove {{"DeptId":[{id}]}}"#));
        assert_eq!(news[5], format!("delete_party Id={id}"));
        let before = world.company.tags.clone();
        world.company.tags.get_mut(1).unwrap().members.retain(|userid| userid != "lisi");
        world.company.tags.get_mut(1).unwrap().parties.push(11);
        world.tell_tags(&before, 0);
        let expected = "update_tag TagId=1 AddUserItems= DelUserItems=lisi AddPartyItems=11 DelPartyItems=";
        assert_eq!(told(&mut world), [expected]);
    }
}

//! What changed in the company, as the platform tells it: who came, changed or left, and which departments and tags.

use super::event;
use crate::world::{
    World,
    company::{Change, Person, Tags},
};
use hongyan_wecom::callback::{Element, Event, Message, Pushed};

/// Tells of a change of people or departments.
pub(super) fn tell(world: &mut World, change: &Change, at: i64) {
    let id = |id: &dyn ToString| vec![Element::text("Id", id.to_string())];
    let (change_type, members) = match change {
        Change::PersonCame(id) => ("create_user", details(world.company.person(*id))),
        Change::PersonChanged { before, now } => ("update_user", changed(before, now)),
        Change::PersonLeft(userid) => ("delete_user", vec![Element::text("UserID", userid.as_str())]),
        Change::DepartmentCame(id) => ("create_party", party(world, *id, true)),
        Change::DepartmentChanged(id) => ("update_party", party(world, *id, false)),
        Change::DepartmentGone(gone) => ("delete_party", id(gone)),
    };
    tell_contact(world, at, change_type, members);
}

/// Tells whom and what tags have gained and lost since `before`. They are this platform's alone.
pub(super) fn tell_tags(world: &mut World, before: &Tags, at: i64) {
    let mut news = Vec::new();
    for tag in world.company.tags.iter() {
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
        tell_contact(world, at, "update_tag", members);
    }
}

fn tell_contact(world: &mut World, at: i64, change_type: &str, rest: Vec<Element>) {
    let message = Message::Event(Event::ChangeContact { change_type: change_type.into() });
    event::tell(world, at, Pushed { from_user_name: "sys".into(), message, rest, ..Pushed::default() });
}

fn party(world: &World, id: i64, with_order: bool) -> Vec<Element> {
    let mut members = vec![Element::text("Id", id.to_string())];
    if let Some(department) = world.company.department(id) {
        members.push(Element::text("Name", department.name.as_str()));
        members.push(Element::text("ParentId", department.parent_id.to_string()));
        if with_order {
            members.push(Element::text("Order", department.order.to_string()));
        }
    }
    members
}

/// Names and texts, as they are told of a member.
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
fn details(person: &Person) -> Vec<Element> {
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
        dingtalk::{Callbacks, EVENTS, Happened, Hook as DingTalkHook},
        platforms,
        wecom::{
            callback::{Hook, OwnHook},
            event::Told,
        },
        world::{company::Department, platform::Members},
    };
    use hongyan_net::Secret;
    use serde_json::json;

    fn listening() -> World {
        let options = SandboxOptions { fixed_credentials: true, ..SandboxOptions::default() };
        let mut world = World::open(&options, platforms::simulated(), &Members::new()).unwrap();
        let (token, key) = ("SandboxToken2024".to_owned(), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8".to_owned());
        let seal = hongyan_wecom::callback::Callback::new(Secret::new(token.as_str()), &key, "ww").unwrap();
        let hook = Hook { url: "http://h/".into(), token, encoding_aes_key: key, seal };
        world.memory.put(OwnHook(Some(hook)));
        let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".to_owned();
        let seal = hongyan_dingtalk::callback::Callback::new("tok123456", &key, "ding").unwrap();
        let (url, token) = ("http://h/".into(), "tok123456".into());
        let hook = DingTalkHook { url, token, aes_key: key, tags: None, seal };
        world.memory.put(Callbacks { events: Some(hook), robot: None });
        world
    }

    /// What is on its way, told shortly.
    fn told(world: &mut World) -> Vec<String> {
        std::iter::from_fn(|| world.events.next_due(i64::MAX))
            .map(|delivery| {
                if let (Some(Happened { kind, members }), EVENTS) =
                    (delivery.event.of::<Happened>(), delivery.plan.destination)
                {
                    return format!("{kind} {}", json!(members));
                }
                let Some(Told { pushed, .. }) = delivery.event.of::<Told>() else { panic!("not of contacts") };
                let Message::Event(Event::ChangeContact { change_type }) = &pushed.message else { panic!() };
                assert_eq!(pushed.agent_id, None, "contacts are no application's");
                let rest: Vec<_> = pushed.rest.iter().map(|one| format!("{}={}", one.name, one.text)).collect();
                format!("{change_type} {}", rest.join(" "))
            })
            .collect()
    }

    #[test]
    fn whoever_comes_changes_or_leaves_is_told_on_both_platforms() {
        let mut world = listening();
        world.tell_changes(0);
        assert_eq!(told(&mut world), Vec::<String>::new(), "how it began is no news");
        let new = Person { userid: "new1".into(), name: "新人".into(), departments: vec![11], ..Person::default() };
        let id = world.company.add_person(new).unwrap();
        world.tell_changes(0);
        let news = told(&mut world);
        assert_eq!(news[0], r#"user_add_org {"UserId":["new1"]}"#);
        assert!(news[1].starts_with("create_user UserID=new1 Name=新人 Department=11 MainDepartment=11"), "{news:?}");
        world.company.update_person(id, |person| person.title = "工程师".into()).unwrap();
        assert!(world.company.remove_person("new1"));
        world.tell_changes(0);
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
        world.tell_changes(0);
        let news = told(&mut world);
        assert_eq!(news[0], format!(r#"org_dept_create {{"DeptId":[{id}]}}"#));
        assert_eq!(news[4], format!(r#"org_dept_remove {{"DeptId":[{id}]}}"#));
        assert_eq!(news[5], format!("delete_party Id={id}"));
        let before = world.company.tags.clone();
        world.company.tags.get_mut(1).unwrap().members.retain(|userid| userid != "lisi");
        world.company.tags.get_mut(1).unwrap().parties.push(11);
        tell_tags(&mut world, &before, 0);
        let expected = "update_tag TagId=1 AddUserItems= DelUserItems=lisi AddPartyItems=11 DelPartyItems=";
        assert_eq!(told(&mut world), [expected]);
    }
}

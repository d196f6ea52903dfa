//! The application itself, and its menu.

use super::{credentials::Credentials, message::own_app, settings::Settings};
use crate::{
    route::{Refused, refuse},
    world::{Caller, World},
};
use hongyan_endpoint::Fault;
use hongyan_wecom::{
    WeCom,
    address::GetApiDomainIp,
    agent::{Agent, AgentListed, AgentsListed, AllowedDepartments, AllowedTags, GetAgent, ListAgents},
    callback::CallbackIps,
    done::Done,
    menu::{Button, CreateMenu, DeleteMenu, GetMenu, KINDS, Menu},
};

pub(super) const NAME: &str = "鸿雁样例应用";
/// The application's menu, where it has one.
#[derive(Default)]
pub(super) struct OwnMenu(Option<Vec<Button>>);

/// Entries of the menu, and of one that opens.
const MOST: (usize, usize) = (3, 5);

pub(super) fn get(world: &mut World, _: &Caller, request: GetAgent) -> Result<Agent, Refused> {
    let agentid = own_app(world, request.agentid)?;
    // Roots of what is visible: the departments whose parents are not.
    let visible = |id: i64| world.company.departments().iter().any(|one| one.id == id && one.visible);
    let partyid = world.company.departments().iter().filter(|one| one.visible && !visible(one.parent_id));
    Ok(Agent {
        agentid,
        name: NAME.into(),
        description: "沙箱里的自建应用".into(),
        allow_partys: AllowedDepartments { partyid: partyid.map(|one| one.id).collect() },
        allow_tags: AllowedTags::default(),
        close: i64::from(!world.memory.get::<Settings>().enabled),
        customized_publish_status: Some(4),
        ..Agent::default()
    })
}

pub(super) fn list(world: &mut World, _: &Caller, _: ListAgents) -> Result<AgentsListed, Refused> {
    let agentid = world.memory.get::<Credentials>().agent_id;
    Ok(AgentsListed { agentlist: vec![AgentListed { agentid, name: NAME.into(), square_logo_url: String::new() }] })
}

/// What is wrong with an entry, in the platform's words.
fn check(button: &Button, below: bool) -> Result<(), Fault> {
    let unfit = |what: &str| Err(refuse::<WeCom>("40058", format!("button.{what}. invalid Request Parameter")));
    if button.name.is_empty() || button.name.len() > if below { 40 } else { 16 } {
        return unfit("name");
    }
    if !button.sub_button.is_empty() {
        if below || button.sub_button.len() > MOST.1 {
            return unfit("sub_button");
        }
        return button.sub_button.iter().try_for_each(|button| check(button, true));
    }
    let filled =
        |text: &Option<String>, most: usize| text.as_ref().is_some_and(|text| (1..=most).contains(&text.len()));
    match button.kind.as_deref() {
        Some("view") if !filled(&button.url, 1_024) => unfit("url"),
        Some("view_miniprogram") if !filled(&button.pagepath, 1_024) => unfit("pagepath"),
        Some("view_miniprogram") if !filled(&button.appid, 128) => unfit("appid"),
        Some("view" | "view_miniprogram") => Ok(()),
        Some(kind) if !KINDS.contains(&kind) => unfit("type"),
        Some(_) if !filled(&button.key, 128) => unfit("key"),
        Some(_) => Ok(()),
        None => unfit("type"),
    }
}

pub(super) fn create_menu(world: &mut World, _: &Caller, request: CreateMenu) -> Result<Done, Refused> {
    own_app(world, request.agentid)?;
    if !(1..=MOST.0).contains(&request.button.len()) {
        return Err(refuse::<WeCom>("40058", "button. invalid Request Parameter").into());
    }
    request.button.iter().try_for_each(|button| check(button, false))?;
    world.memory.put(OwnMenu(Some(request.button)));
    Ok(Done::default())
}

pub(super) fn get_menu(world: &mut World, _: &Caller, request: GetMenu) -> Result<Menu, Refused> {
    own_app(world, request.agentid)?;
    let button = world.memory.get::<OwnMenu>().0.clone().ok_or_else(|| refuse::<WeCom>("46003", "menu no exist"))?;
    Ok(Menu { button })
}

pub(super) fn delete_menu(world: &mut World, _: &Caller, request: DeleteMenu) -> Result<Done, Refused> {
    own_app(world, request.agentid)?;
    world.memory.put(OwnMenu(None));
    Ok(Done::default())
}

/// The sandbox answers from the machine that it runs on.
pub(super) fn get_api_domain_ip(_: &mut World, _: &Caller, _: GetApiDomainIp) -> Result<CallbackIps, Refused> {
    Ok(CallbackIps { ip_list: vec!["127.0.0.1".into(), "::1".into()] })
}

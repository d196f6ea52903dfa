//! Interactive cards: made once per `outTrackId`, shown in conversations, changed for everybody or for some, pressed.
//!
//! A phone shows what its owner sees: the variables of all, those of one's own over them, and what the answer to one's
//! own press has shown until the next change for all. Chats of two people do not exist here, so a card for one is not
//! delivered. Templates are not kept: what a card's buttons are is the presser's word.

mod press;

pub(super) use press::{Goes, answered, press};

use super::{
    credentials::Credentials,
    groups::{self, Groups, SendOptions},
    sent::{self, By, DraftMessage},
    settings::Settings,
};
use crate::{
    ask::is_address,
    options::random_hex,
    route::{Refused, refuse},
    world::{Caller, World, company::PersonId, ledger::Ledger},
};
use hongyan_dingtalk::{
    DingTalk,
    card::{
        AddSpaces, Card, CardCallback, CardCallbackRegistered, CardCreated, CardDelivered, CardDone, CardShown,
        CreateAndDeliver, CreateCard, DeliverCard, DeliverResult, Delivered, Deliveries, Model, RegisterCardCallback,
        Spaces, StreamCard, UpdateCard, Variables,
    },
};
use hongyan_endpoint::Fault;
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::Arc,
};

/// Calls of streaming that a card remembers to recognise a repeat.
const GUIDS: usize = 100;
/// Route keys that are kept.
const ROUTES: usize = 1_000;

/// Where presses go over HTTP. No `Debug`: the secret signs them.
#[derive(Clone)]
pub(crate) struct Route {
    pub(crate) url: String,
    pub(crate) secret: String,
}

/// One place where a card is shown.
struct Shown {
    space_type: String,
    space_id: String,
    message: Arc<str>,
    people: Vec<PersonId>,
}

struct Held {
    card: Card,
    public: BTreeMap<String, String>,
    private: HashMap<PersonId, BTreeMap<String, String>>,
    /// What the answer to somebody's press has put in the place of `public`, on his screen alone.
    screens: HashMap<PersonId, BTreeMap<String, String>>,
    shown: Vec<Shown>,
    guids: VecDeque<String>,
}

impl Held {
    fn content(&self, person: Option<PersonId>) -> Value {
        let of =
            |map: &HashMap<PersonId, BTreeMap<String, String>>| person.and_then(|person| map.get(&person).cloned());
        let mut seen = of(&self.screens).unwrap_or_else(|| self.public.clone());
        seen.extend(of(&self.private).unwrap_or_default());
        json!({"msgtype": "interactive_card", "interactive_card": {
            "outTrackId": self.card.out_track_id, "cardTemplateId": self.card.card_template_id, "cardParamMap": seen,
        }})
    }
}

/// All cards, and the addresses of presses.
#[derive(Default)]
pub(crate) struct Cards {
    held: Ledger<String, Held>,
    routes: BTreeMap<String, Route>,
}

fn fault(code: &str, words: &str) -> Fault {
    refuse::<DingTalk>(code, words)
}

fn empty(field: &str, code: &str) -> Refused {
    fault(code, &format!("{field} 不能为空")).into()
}

/// People by whichever id the call uses.
fn person(world: &World, id: &str, kind: Option<i64>) -> Option<PersonId> {
    if kind == Some(2) { groups::by_unionid(world, id) } else { groups::visible(world, id) }
}

/// What a card shows to single people.
type Private = Vec<(PersonId, BTreeMap<String, String>)>;

fn private(world: &World, data: Option<BTreeMap<String, Variables>>, kind: Option<i64>) -> Result<Private, Fault> {
    let one = |(id, variables): (String, Variables)| match person(world, &id, kind) {
        Some(person) => Ok((person, variables.card_param_map)),
        None => Err(fault("param.userIdNotExist", "用户不存在")),
    };
    data.unwrap_or_default().into_iter().map(one).collect()
}

fn make(world: &mut World, now: i64, card: Card) -> Result<(), Refused> {
    if card.out_track_id.is_empty() {
        return Err(empty("outTrackId", "param.outTrackIdEmpty"));
    }
    if card.card_template_id.is_empty() {
        return Err(empty("cardTemplateId", "param.cardTemplateIdEmpty"));
    }
    let published = match &world.memory.get::<Settings>().card_templates {
        Some(templates) => templates.get(&card.card_template_id).copied(),
        None => card.card_template_id.ends_with(".schema").then_some(true),
    };
    match published {
        Some(true) => {}
        Some(false) => return Err(fault("param.templateUnpublished", "模板未发布").into()),
        None => return Err(fault("param.templateNotExist", "模板不存在").into()),
    }
    if world.memory.get::<Cards>().held.get(&card.out_track_id).is_some() {
        return Err(fault("param.cardAlreadyExist", "卡片已存在").into());
    }
    let private = private(world, card.private_data.clone(), card.user_id_type)?;
    let held = Held {
        public: card.card_data.card_param_map.clone(),
        private: private.into_iter().collect(),
        screens: HashMap::new(),
        shown: Vec::new(),
        guids: VecDeque::new(),
        card,
    };
    world.memory.get_mut::<Cards>().held.keep(now, held.card.out_track_id.clone(), held);
    Ok(())
}

/// The spaces of an `openSpaceId`: kind in capitals, and id.
fn spaces(text: &str) -> Result<Vec<(String, String)>, Fault> {
    let invalid = || fault("param.openSpaceIdInvalid", "openSpaceId 不合法");
    let rest = text.strip_prefix("dtv1.card//").ok_or_else(invalid)?;
    let one = |part: &str| {
        let (kind, id) = part.split_once('.').filter(|(_, id)| !id.is_empty()).ok_or_else(invalid)?;
        let kind = kind.to_ascii_uppercase();
        let known = matches!(kind.as_str(), "IM_GROUP" | "IM_ROBOT" | "IM_SINGLE" | "ONE_BOX");
        known.then(|| (kind, id.to_owned())).ok_or_else(invalid)
    };
    rest.split(';').map(|part| one(part.strip_prefix("dtv1.card//").unwrap_or(part))).collect()
}

fn model<'a>(spaces: &'a Spaces, kind: &str) -> Option<&'a Model> {
    match kind {
        "IM_GROUP" => spaces.im_group_open_space_model.as_ref(),
        "IM_ROBOT" => spaces.im_robot_open_space_model.as_ref(),
        "IM_SINGLE" => spaces.im_single_open_space_model.as_ref(),
        _ => spaces.top_open_space_model.as_ref(),
    }
}

fn deliver_model<'a>(deliveries: &'a Deliveries, kind: &str) -> Option<&'a Model> {
    match kind {
        "IM_GROUP" => deliveries.im_group_open_deliver_model.as_ref(),
        "IM_ROBOT" => deliveries.im_robot_open_deliver_model.as_ref(),
        "IM_SINGLE" => deliveries.im_single_open_deliver_model.as_ref(),
        _ => deliveries.top_open_deliver_model.as_ref(),
    }
}

/// What is wrong with a delivery before anything is shown.
fn check(world: &World, spaces: &Spaces, to: &[(String, String)], how: &Deliveries) -> Result<(), Fault> {
    for (kind, _) in to {
        if model(spaces, kind).is_none() {
            return Err(fault("param.openSpaceModelInvalid", "缺少场域模型"));
        }
        let Some(options) = deliver_model(how, kind) else {
            return Err(fault("param.openDeliverModelEmpty", "缺少投放模型"));
        };
        let robot = options.get("robotCode").and_then(Value::as_str);
        let own = robot.is_none_or(|code| code == world.memory.get::<Credentials>().app_key);
        if !own || (kind == "IM_GROUP" && robot.is_none()) {
            return Err(fault("param.openDeliverModelError", "robotCode 不合法"));
        }
    }
    Ok(())
}

fn deliver(
    world: &mut World,
    now: i64,
    track: &str,
    to: Vec<(String, String)>,
    how: &Deliveries,
    kind: Option<i64>,
) -> Vec<DeliverResult> {
    let mut results = Vec::new();
    for (space_type, space_id) in to {
        let shown = show(world, now, track, &space_type, &space_id, how, kind);
        let mut one = DeliverResult { space_type, space_id, ..DeliverResult::default() };
        match shown {
            Ok(message) => (one.success, one.carrier_id) = (true, message.to_string()),
            Err(words) => one.error_msg = words.to_owned(),
        }
        results.push(one);
    }
    refresh(world, track);
    results
}

/// Shows a card in one place; the message's id.
fn show(
    world: &mut World,
    now: i64,
    track: &str,
    space_type: &str,
    space_id: &str,
    how: &Deliveries,
    kind: Option<i64>,
) -> Result<Arc<str>, &'static str> {
    let track = track.to_owned();
    let content = world.memory.get::<Cards>().held.get(&track).ok_or("卡片不存在")?.content(None);
    let from: Option<Arc<str>> = Some(world.memory.get::<Credentials>().app_key.as_str().into());
    let (message, people) = match space_type {
        "IM_ROBOT" => {
            let person = person(world, space_id, kind).ok_or("用户不存在")?;
            let people = vec![person];
            let draft = DraftMessage {
                by: By::Robot,
                group: None,
                room: None,
                people: people.clone(),
                from,
                content: &content,
                mentions: Vec::new(),
            };
            (sent::post(world, now, draft), people)
        }
        "IM_GROUP" | "ONE_BOX" => {
            let group = world.memory.get::<Groups>().find_open(space_id).ok_or("会话不存在")?;
            if world.memory.get::<Groups>().get(group).disbanded {
                return Err("群已解散");
            }
            let options = deliver_model(how, space_type).cloned().unwrap_or_default();
            let mut people: Vec<PersonId> = world.memory.get::<Groups>().get(group).present(&world.company).collect();
            let named = if space_type == "ONE_BOX" { "userIds" } else { "recipients" };
            if let Some(Value::Array(only)) =
                options.get(named).filter(|only| only.as_array().is_some_and(|o| !o.is_empty()))
            {
                let only: Vec<PersonId> = only.iter().filter_map(|id| person(world, id.as_str()?, kind)).collect();
                people.retain(|person| only.contains(person));
            }
            let mentions = options.get("atUserIds").and_then(Value::as_object).map(|at| at.keys().cloned().collect());
            let options = SendOptions { from, only: Some(people.clone()), mentions: mentions.unwrap_or_default() };
            (groups::say(world, now, group, By::Robot, &content, options), people)
        }
        _ => return Err("会话不存在"),
    };
    if let Some(held) = world.memory.get_mut::<Cards>().held.get_mut(&track) {
        let (space_type, space_id) = (space_type.to_owned(), space_id.to_owned());
        held.shown.push(Shown { space_type, space_id, message: message.clone(), people });
    }
    Ok(message)
}

/// Shows everybody what the card is now.
fn refresh(world: &mut World, track: &str) {
    let World { memory, phones, .. } = world;
    let Some(held) = memory.get::<Cards>().held.get(&track.to_owned()) else { return };
    for shown in &held.shown {
        for person in &shown.people {
            let content = held.content(Some(*person));
            phones.amend(*person, "dingtalk", &shown.message, |seen| *seen = content);
        }
    }
}

pub(super) fn create(world: &mut World, caller: &Caller, request: CreateCard) -> Result<CardCreated, Refused> {
    let result = request.card.out_track_id.clone();
    make(world, caller.now, request.card)?;
    Ok(CardCreated { success: true, result })
}

pub(super) fn create_and_deliver(
    world: &mut World,
    caller: &Caller,
    request: CreateAndDeliver,
) -> Result<CardDelivered, Refused> {
    let CreateAndDeliver { card, open_space_id, deliveries } = request;
    if open_space_id.is_empty() {
        return Err(empty("openSpaceId", "param.openSpaceIdEmpty"));
    }
    let to = spaces(&open_space_id)?;
    check(world, &card.spaces, &to, &deliveries)?;
    let (track, kind) = (card.out_track_id.clone(), card.user_id_type);
    make(world, caller.now, card)?;
    let deliver_results = deliver(world, caller.now, &track, to, &deliveries, kind);
    Ok(CardDelivered { success: true, result: Delivered { out_track_id: track, deliver_results } })
}

fn held<'a>(world: &'a mut World, track: &str) -> Result<&'a mut Held, Refused> {
    if track.is_empty() {
        return Err(empty("outTrackId", "param.outTrackIdEmpty"));
    }
    let found = world.memory.get_mut::<Cards>().held.get_mut(&track.to_owned());
    found.ok_or_else(|| fault("param.cardNotExist", "卡片不存在").into())
}

pub(super) fn deliver_made(world: &mut World, caller: &Caller, request: DeliverCard) -> Result<CardShown, Refused> {
    let DeliverCard { out_track_id, open_space_id, user_id_type, deliveries } = request;
    if open_space_id.is_empty() {
        return Err(empty("openSpaceId", "param.openSpaceIdEmpty"));
    }
    let where_to = spaces(&open_space_id)?;
    let models = held(world, &out_track_id)?.card.spaces.clone();
    check(world, &models, &where_to, &deliveries)?;
    let result = deliver(world, caller.now, &out_track_id, where_to, &deliveries, user_id_type);
    Ok(CardShown { success: true, result })
}

const DONE: CardDone = CardDone { success: true, result: true };

pub(super) fn add_spaces(world: &mut World, _: &Caller, request: AddSpaces) -> Result<CardDone, Refused> {
    let had = &mut held(world, &request.out_track_id)?.card.spaces;
    let Spaces {
        im_group_open_space_model,
        im_robot_open_space_model,
        im_single_open_space_model,
        top_open_space_model,
    } = request.spaces;
    for (had, given) in [
        (&mut had.im_group_open_space_model, im_group_open_space_model),
        (&mut had.im_robot_open_space_model, im_robot_open_space_model),
        (&mut had.im_single_open_space_model, im_single_open_space_model),
        (&mut had.top_open_space_model, top_open_space_model),
    ] {
        if given.is_some() {
            *had = given;
        }
    }
    Ok(DONE)
}

/// Replaces all, or what is given.
fn put(map: &mut BTreeMap<String, String>, given: BTreeMap<String, String>, by_key: bool) {
    if !by_key {
        map.clear();
    }
    map.extend(given);
}

pub(super) fn update(world: &mut World, _: &Caller, request: UpdateCard) -> Result<CardDone, Refused> {
    let UpdateCard { out_track_id, card_data, private_data, card_update_options, user_id_type } = request;
    held(world, &out_track_id)?;
    if card_data.is_none() && private_data.is_none() {
        return Err(fault("param.cardDataAndPrivateDataBothEmpty", "cardData 和 privateData 不能都为空").into());
    }
    let private = private(world, private_data, user_id_type)?;
    let options = card_update_options.unwrap_or_default();
    let held = held(world, &out_track_id)?;
    if let Some(data) = card_data {
        put(&mut held.public, data.card_param_map, options.update_card_data_by_key);
        held.screens.clear();
    }
    for (person, given) in private {
        put(held.private.entry(person).or_default(), given, options.update_private_data_by_key);
    }
    refresh(world, &out_track_id);
    Ok(DONE)
}

pub(super) fn stream(world: &mut World, _: &Caller, request: StreamCard) -> Result<CardDone, Refused> {
    for (field, code, given) in
        [("key", "param.stream.keyEmpty", &request.key), ("guid", "param.stream.guidEmpty", &request.guid)]
    {
        if given.is_empty() {
            return Err(empty(field, code));
        }
    }
    let held = held(world, &request.out_track_id)?;
    if held.guids.contains(&request.guid) {
        return Ok(DONE);
    }
    if held.guids.len() >= GUIDS {
        held.guids.pop_front();
    }
    held.guids.push_back(request.guid);
    let text = held.public.entry(request.key).or_default();
    if request.is_full {
        text.clear();
    }
    text.push_str(&request.content);
    held.screens.clear();
    refresh(world, &request.out_track_id);
    Ok(DONE)
}

pub(super) fn register(
    world: &mut World,
    _: &Caller,
    request: RegisterCardCallback,
) -> Result<CardCallbackRegistered, Refused> {
    let RegisterCardCallback { callback_route_key: key, callback_url, api_secret, force_update } = request;
    if key.is_empty() {
        return Err(empty("callbackRouteKey", "param.callbackRouteKeyEmpty"));
    }
    if callback_url.is_empty() {
        return Err(empty("callbackUrl", "param.callbackUrlEmpty"));
    }
    let routes = &mut world.memory.get_mut::<Cards>().routes;
    if !force_update && routes.contains_key(&key) {
        return Err(fault("param.callbackRouteKeyExist", "callbackRouteKey 已存在").into());
    }
    if routes.len() >= ROUTES || !is_address(&callback_url) {
        return Err(fault("system.updateCallbackFailed", "回调地址保存失败").into());
    }
    let made = || random_hex(32).map_err(|_| fault("system.busy", "系统繁忙"));
    let secret = api_secret.filter(|secret| !secret.is_empty()).map_or_else(made, Ok)?;
    routes.insert(key, Route { url: callback_url.clone(), secret: secret.clone() });
    Ok(CardCallbackRegistered { success: true, result: CardCallback { callback_url, api_secret: secret } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_space_id_names_one_or_several_places() {
        let read = |text: &str| spaces(text).map_err(|fault| fault.code().to_owned());
        let of = |kind: &str, id: &str| (kind.to_owned(), id.to_owned());
        assert_eq!(read("dtv1.card//IM_GROUP.cid+/=="), Ok(vec![of("IM_GROUP", "cid+/==")]));
        assert_eq!(
            read("dtv1.card//im_group.a.b;IM_ROBOT.u1;dtv1.card//ONE_BOX.c"),
            Ok(vec![of("IM_GROUP", "a.b"), of("IM_ROBOT", "u1"), of("ONE_BOX", "c")])
        );
        for bad in ["", "IM_GROUP.a", "dtv1.card//", "dtv1.card//IM_GROUP", "dtv1.card//IM_GROUP.", "dtv1.card//X.a"] {
            assert_eq!(read(bad), Err("param.openSpaceIdInvalid".into()), "{bad}");
        }
    }
}

//! Interactive cards: response codes that serve once, updates, and what a click leads to.

use super::{callback::OwnHook, content::unfit, message, settings::Settings};
use crate::{
    options::random_hex,
    route::{Refused, refuse, serves_ms},
    world::{Caller, World, company::PersonId, ledger::Ledger},
};
use hongyan_endpoint::{Endpoint, Fault};
use hongyan_wecom::{
    WeCom,
    callback::{CardClick, Selected},
    content::Card,
    message::{CardUpdated, UpdateTemplateCard},
};
use serde_json::{Map, Value, json};
use std::{collections::HashSet, sync::Arc};

const CODE_MS: i64 = serves_ms(&UpdateTemplateCard::SPEC);

/// Cards that were sent and codes that were given.
#[derive(Default)]
pub(crate) struct Cards {
    /// By message id.
    sent: Ledger<String, SentCard>,
    codes: Ledger<String, Code>,
    tasks: Ledger<String, ()>,
}

struct SentCard {
    source: Arc<str>,
    people: Vec<PersonId>,
    card: Card,
}

struct Code {
    msgid: String,
    at: i64,
    used: bool,
}

/// Somebody pressed a button of a card.
#[derive(Debug, Clone)]
pub(crate) struct Click {
    /// Who.
    pub(crate) userid: String,
    /// Whose card.
    pub(crate) agent_id: i64,
    /// What the callback tells of it.
    pub(crate) card: CardClick,
}

/// What is refused of a card before anybody receives it.
pub(super) fn authenticate(world: &World, card: &Card) -> Result<(), Fault> {
    let answered = || world.memory.get::<Settings>().callback.unwrap_or(world.memory.get::<OwnHook>().0.is_some());
    if card.is_interactive() && !answered() {
        return Err(refuse::<WeCom>("43012", "interactive card requires a callback url"));
    }
    if !card.task_id.is_empty() && world.memory.get::<Cards>().tasks.get(&card.task_id).is_some() {
        return Err(refuse::<WeCom>("42014", "task_id is used already"));
    }
    Ok(())
}

/// Remembers a card that was sent; gives the code that updates it, where people answer it.
pub(super) fn remember(
    world: &mut World,
    now: i64,
    source: &Arc<str>,
    people: &[PersonId],
    card: Card,
) -> Result<String, Fault> {
    let cards = world.memory.get_mut::<Cards>();
    if !card.task_id.is_empty() {
        cards.tasks.keep(now, card.task_id.clone(), ());
    }
    let code = if card.is_interactive() { cards.give_code(now, source)? } else { String::new() };
    cards.sent.keep(now, source.to_string(), SentCard { source: source.clone(), people: people.to_vec(), card });
    Ok(code)
}

impl Cards {
    fn give_code(&mut self, now: i64, msgid: &str) -> Result<String, Fault> {
        let tail = random_hex(32).map_err(|_| refuse::<WeCom>("-1", "system busy"))?;
        let code = format!("sbxRC_{tail}");
        self.codes.keep(now, code.clone(), Code { msgid: msgid.to_owned(), at: now, used: false });
        Ok(code)
    }
}

pub(super) fn update(world: &mut World, caller: &Caller, request: UpdateTemplateCard) -> Result<CardUpdated, Refused> {
    message::own_app(world, request.agentid)?;
    request.check().map_err(unfit)?;
    let invalid = || refuse::<WeCom>("60140", "invalid response_code");
    let code = world.memory.get::<Cards>().codes.get(&request.response_code).ok_or_else(invalid)?;
    if code.used || caller.now - code.at > CODE_MS {
        return Err(invalid().into());
    }
    let msgid = code.msgid.clone();
    let sent = world.memory.get::<Cards>().sent.get(&msgid).ok_or_else(invalid)?;
    if request.button.is_some() && !is_answered(&sent.card) {
        let words = "button, the card has none. invalid Request Parameter";
        return Err(refuse::<WeCom>("40058", words).into());
    }
    let (people, invaliduser) = audience(world, sent, &request);
    if people.is_empty() {
        let mut refused = Refused::from(refuse::<WeCom>("82102", "no target received the card"));
        refused.members.push(("invaliduser", json!(invaliduser)));
        return Err(refused);
    }
    let (source, before) = (sent.source.clone(), sent.card.clone());
    let content = updated(world, &before, &request);
    for person in people {
        world.phones.amend(person, "wecom", &source, |shown| shown.clone_from(&content));
    }
    if let Some(code) = world.memory.get_mut::<Cards>().codes.get_mut(&request.response_code) {
        code.used = true;
    }
    Ok(CardUpdated { invaliduser })
}

/// Whether it has buttons that an update can grey out.
fn is_answered(card: &Card) -> bool {
    !matches!(card.card_type.as_str(), "text_notice" | "news_notice")
}

/// Who of those named received the card, and who did not.
fn audience(world: &World, sent: &SentCard, request: &UpdateTemplateCard) -> (Vec<PersonId>, Vec<String>) {
    if request.atall == Some(1) {
        return (sent.people.clone(), Vec::new());
    }
    let company = &world.company;
    let received: HashSet<PersonId> = sent.people.iter().copied().collect();
    let (mut people, mut invalid) = (Vec::new(), Vec::new());
    for userid in &request.userids {
        match company.find(userid).filter(|id| received.contains(id)) {
            Some(id) => people.push(id),
            None => invalid.push(userid.to_lowercase()),
        }
    }
    let parties = request.partyids.iter().flat_map(|id| company.members_of(*id, true));
    let tags = request.tagids.iter().filter_map(|id| company.tags.get(*id));
    let tagged = tags.flat_map(|tag| company.people_of(tag));
    people.extend(parties.chain(tagged).filter(|id| received.contains(id)));
    (people, invalid)
}

/// The card as people see it from now on.
fn updated(world: &World, before: &Card, request: &UpdateTemplateCard) -> Value {
    let mut card = match (&request.template_card, &request.button) {
        (Some(card), _) => card.clone(),
        (None, button) => {
            let mut card = serde_json::to_value(before).unwrap_or_default();
            if let Some(button) = button {
                card["replace_text"] = json!(button.replace_name);
            }
            card
        }
    };
    if request.enable_id_trans == Some(1) {
        super::delivery::translate(world, &mut card);
    }
    json!({"msgtype": "template_card", "template_card": card})
}

/// Somebody presses a key of a card on their phone; `None` when there is no such message, no such key on it as it
/// is now, or its buttons are greyed out. The click gives a new response code. Telling the application is the
/// caller's work.
pub(crate) fn clicked(
    world: &mut World,
    now: i64,
    person: PersonId,
    message: u64,
    key: &str,
    selected: Vec<Selected>,
) -> Option<Click> {
    let shown = world.phones.of(person).find(|shown| shown.id == message)?;
    if shown.platform != "wecom" || shown.recalled {
        return None;
    }
    let mut content: Map<String, Value> = serde_json::from_str(&shown.content).ok()?;
    let card: Card = serde_json::from_value(content.remove("template_card")?).ok()?;
    if !card.replace_text.is_empty() || !keys(&card).any(|known| known == key) {
        return None;
    }
    let (agent_id, source) = (shown.app, shown.source.clone());
    let response_code = world.memory.get_mut::<Cards>().give_code(now, &source).ok()?;
    Some(Click {
        userid: world.company.person(person).userid.clone(),
        agent_id,
        card: CardClick {
            event_key: key.to_owned(),
            task_id: card.task_id,
            card_type: card.card_type,
            response_code,
            selected,
        },
    })
}

/// What the answer to a click makes of the card, on the phone of who clicked.
pub(crate) enum CardChange {
    /// The buttons are greyed out, with these words.
    Greyed(String),
    /// Another card stands in its place.
    Replaced(Value),
}

/// The application answers a click at once. The click's code is not spent by that.
pub(super) fn answered(world: &mut World, person: PersonId, response_code: &str, change: CardChange) {
    let World { memory, phones, .. } = world;
    let Some(code) = memory.get::<Cards>().codes.get(&response_code.to_owned()) else { return };
    phones.amend(person, "wecom", &code.msgid, |shown| match change {
        CardChange::Greyed(words) => shown["template_card"]["replace_text"] = json!(words),
        CardChange::Replaced(card) => shown["template_card"] = card,
    });
}

/// Every key that a click on the card can send.
fn keys(card: &Card) -> impl Iterator<Item = &str> {
    let buttons = card.button_list.iter().filter(|button| button.kind != Some(1)).map(|button| button.key.as_str());
    let menu = card.action_menu.iter().flat_map(|menu| &menu.action_list).map(|item| item.key.as_str());
    buttons.chain(menu).chain(card.submit_button.iter().map(|button| button.key.as_str()))
}

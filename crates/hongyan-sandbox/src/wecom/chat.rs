//! Group chats: those that the application creates, and the one that is there from the start.

use super::{
    content::{self, unfit},
    credentials::Credentials,
    delivery::{self, Frequency, OutgoingMessage},
    media::MediaStore,
    settings::Settings,
};
use crate::{
    options::random_hex,
    route::{Refused, refuse},
    world::{Caller, World, company::PersonId, phone::Room},
};
use hongyan_endpoint::{DAY, Endpoint, Fault, HOUR, MINUTE, RateScope};
use hongyan_wecom::{
    WeCom,
    appchat::{
        ChatCreated, ChatInfo, ChatRead, ChatSent, CreateChat, GetChat, MAX_MEMBERS, MIN_MEMBERS, SendChat, UpdateChat,
    },
    content::Place,
    done::Done,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// The chat of the start.
pub(super) const FIRST: &str = "sandboxchat01";
/// Chats kept; the oldest go first.
const KEPT: usize = 20_000;
/// Messages that a chat shows to the inspection API.
const KEPT_MESSAGES: usize = 50;
/// Characters of a name; the rest is cut.
const NAME_CHARS: usize = CreateChat::SPEC.max_chars("name").unwrap();
/// Per member: messages, and the milliseconds that they are counted in.
const PER_MEMBER: [(usize, i64); 2] = [
    (SendChat::SPEC.rate(RateScope::Recipient, MINUTE).unwrap() as usize, 60_000),
    (SendChat::SPEC.rate(RateScope::Recipient, DAY).unwrap() as usize, 86_400_000),
];
/// Per company: person-times, and the milliseconds that they are counted in.
const PER_CORP: [(u64, i64); 2] = [
    (SendChat::SPEC.rate(RateScope::Corp, MINUTE).unwrap() as u64, 60_000),
    (SendChat::SPEC.rate(RateScope::Corp, HOUR).unwrap() as u64, 3_600_000),
];

/// All chats.
#[derive(Serialize, Deserialize)]
pub(crate) struct Chats {
    by_id: HashMap<String, Chat>,
    order: VecDeque<String>,
    #[serde(skip)]
    frequency: Frequency,
    /// Window and person-times in it, for each of [`PER_CORP`].
    spent: [(i64, u64); 2],
    count: u64,
}

#[derive(Serialize, Deserialize)]
struct Chat {
    name: String,
    owner: String,
    members: Vec<String>,
    #[serde(skip)]
    messages: VecDeque<Value>,
}

impl Default for Chats {
    fn default() -> Self {
        let members = ["zhangsan", "lisi", "wangwu"].map(str::to_owned);
        let [owner, ..] = members.clone();
        let chat = Chat { name: "值班群".into(), owner, members: members.to_vec(), messages: VecDeque::new() };
        Self {
            by_id: HashMap::from([(FIRST.to_owned(), chat)]),
            order: VecDeque::from([FIRST.to_owned()]),
            frequency: Frequency::default(),
            spent: [(0, 0); 2],
            count: 0,
        }
    }
}

impl Chats {
    /// Whether there is one of that id.
    pub(super) fn has(&self, chatid: &str) -> bool {
        self.by_id.contains_key(chatid)
    }

    fn get(&self, chatid: &str) -> Result<&Chat, Fault> {
        self.by_id.get(chatid).ok_or_else(|| refuse::<WeCom>("86003", "chatid not found"))
    }

    fn keep(&mut self, chatid: String, chat: Chat) {
        // The chat of the start stays: its robot is known by its credentials.
        if self.order.len() >= KEPT
            && let Some(oldest) = self.order.remove(1)
        {
            self.by_id.remove(&oldest);
        }
        self.order.push_back(chatid.clone());
        self.by_id.insert(chatid, chat);
    }

    /// Counts person-times; refuses where the company's are spent.
    fn spend(&mut self, now: i64, people: usize) -> Result<(), Fault> {
        let people = people as u64;
        for (slot, (max, span)) in self.spent.iter_mut().zip(PER_CORP) {
            let window = now.div_euclid(span);
            if slot.0 != window {
                *slot = (window, 0);
            }
            if slot.1 + people > max {
                return Err(refuse::<WeCom>("45009", "api freq out of limit"));
            }
        }
        self.spent.iter_mut().for_each(|slot| slot.1 += people);
        Ok(())
    }
}

/// Adds every chat to what the inspection API lists.
pub(crate) fn describe(world: &World, to: &mut Vec<Value>) {
    let chats = &world.memory.get::<Chats>();
    to.extend(chats.order.iter().filter_map(|id| Some((id, chats.by_id.get(id)?))).map(|(id, chat)| {
        json!({
            "platform": "wecom", "id": id, "name": chat.name, "owner": chat.owner, "members": chat.members,
            "robots": super::robot::in_chat(world, id), "messages": chat.messages,
        })
    }));
}

/// Only applications that see the whole company have chats.
fn sees_root(world: &World) -> Result<(), Fault> {
    if world.memory.get::<Settings>().root_visible {
        return Ok(());
    }
    Err(super::authority::unseen())
}

/// Members as the company spells them, each once; 86216 for a stranger.
fn members(world: &World, userids: &[String]) -> Result<Vec<String>, Fault> {
    let mut found: Vec<String> = Vec::with_capacity(userids.len());
    for userid in userids {
        let person = world.company.find(userid).map(|id| world.company.person(id));
        let Some(person) = person.filter(|person| super::authority::is_visible(person)) else {
            return Err(refuse::<WeCom>("86216", format!("member {userid} not found")));
        };
        if !found.contains(&person.userid) {
            found.push(person.userid.clone());
        }
    }
    Ok(found)
}

fn cut_name(name: &str) -> String {
    name.chars().take(NAME_CHARS).collect()
}

pub(super) fn create(world: &mut World, _: &Caller, request: CreateChat) -> Result<ChatCreated, Refused> {
    sees_root(world)?;
    request.check().map_err(unfit)?;
    let members = members(world, &request.userlist)?;
    if world.memory.get::<Chats>().has(&request.chatid) {
        return Err(refuse::<WeCom>("86215", "chatid already exists").into());
    }
    let owner = if request.owner.is_empty() { members.first() } else { same(&members, &request.owner) };
    let Some(owner) = owner.cloned() else {
        return Err(refuse::<WeCom>("86207", "owner is not in userlist").into());
    };
    let chatid = if request.chatid.is_empty() {
        random_hex(32).map_err(|_| refuse::<WeCom>("-1", "system busy"))?
    } else {
        request.chatid
    };
    let chat = Chat { name: cut_name(&request.name), owner, members, messages: VecDeque::new() };
    world.memory.get_mut::<Chats>().keep(chatid.clone(), chat);
    Ok(ChatCreated { chatid })
}

/// The one of `list` that this is, upper and lower case alike.
fn same<'a>(list: &'a [String], userid: &str) -> Option<&'a String> {
    list.iter().find(|known| known.eq_ignore_ascii_case(userid))
}

pub(super) fn update(world: &mut World, _: &Caller, request: UpdateChat) -> Result<Done, Refused> {
    sees_root(world)?;
    if request.chatid.is_empty() {
        return Err(refuse::<WeCom>("86201", "chatid missing").into());
    }
    let chat = world.memory.get::<Chats>().get(&request.chatid)?;
    let joining = members(world, &request.add_user_list)?;
    let mut members = chat.members.clone();
    for userid in &request.del_user_list {
        let Some(at) = members.iter().position(|known| known.eq_ignore_ascii_case(userid)) else {
            return Err(refuse::<WeCom>("86216", format!("member {userid} is not in the chat")).into());
        };
        members.remove(at);
    }
    for userid in joining {
        if !members.contains(&userid) {
            members.push(userid);
        }
    }
    if !(MIN_MEMBERS..=MAX_MEMBERS).contains(&members.len()) {
        return Err(refuse::<WeCom>("86006", "invalid chat member list size").into());
    }
    let wanted = request.owner.as_deref().filter(|owner| !owner.is_empty());
    let owner = match wanted {
        Some(owner) => same(&members, owner).ok_or_else(|| refuse::<WeCom>("86207", "owner is not in the chat"))?,
        None => same(&members, &chat.owner)
            .ok_or_else(|| refuse::<WeCom>("86203", "owner missing: the owner leaves the chat"))?,
    };
    let owner = owner.clone();
    if let Some(chat) = world.memory.get_mut::<Chats>().by_id.get_mut(&request.chatid) {
        if let Some(name) = request.name.as_deref().filter(|name| !name.is_empty()) {
            chat.name = cut_name(name);
        }
        (chat.owner, chat.members) = (owner, members);
    }
    Ok(Done::default())
}

pub(super) fn get(world: &mut World, _: &Caller, request: GetChat) -> Result<ChatRead, Refused> {
    sees_root(world)?;
    if request.chatid.is_empty() {
        return Err(refuse::<WeCom>("86201", "chatid missing").into());
    }
    let chat = world.memory.get::<Chats>().get(&request.chatid)?;
    let chat_info = ChatInfo {
        chatid: request.chatid,
        name: chat.name.clone(),
        owner: chat.owner.clone(),
        // Who left the company left the chat.
        userlist: chat.members.iter().filter(|userid| world.company.find(userid).is_some()).cloned().collect(),
        chat_type: Some(0),
    };
    Ok(ChatRead { chat_info })
}

pub(super) fn send(world: &mut World, caller: &Caller, request: SendChat) -> Result<ChatSent, Refused> {
    sees_root(world)?;
    if request.chatid.is_empty() {
        return Err(refuse::<WeCom>("86201", "chatid missing").into());
    }
    let people = people(world, world.memory.get::<Chats>().get(&request.chatid)?);
    request.check().map_err(unfit)?;
    let seen = content::read(Place::Chat, &request.msgtype, &request.content)?;
    world.memory.get::<MediaStore>().find_all(caller.now, &seen.media, None)?;
    if world.settings.limits.people {
        world.memory.get_mut::<Chats>().spend(caller.now, people.len())?;
    }
    let app = world.memory.get::<Credentials>().agent_id;
    post(world, caller.now, &request.chatid, app, None, people, &seen.value);
    Ok(ChatSent::default())
}

/// The members that are still with the company.
fn people(world: &World, chat: &Chat) -> Vec<PersonId> {
    chat.members.iter().filter_map(|userid| world.company.find(userid)).collect()
}

/// The members of a chat that a robot speaks in.
pub(super) fn people_of(world: &World, chatid: &str) -> Option<Vec<PersonId>> {
    world.memory.get::<Chats>().by_id.get(chatid).map(|chat| people(world, chat))
}

/// Shows a message in a chat and on its members' phones: a robot's, or else the application's.
pub(super) fn post(
    world: &mut World,
    now: i64,
    chatid: &str,
    app: i64,
    robot: Option<&str>,
    people: Vec<PersonId>,
    content: &Value,
) {
    let chats = world.memory.get_mut::<Chats>();
    chats.count += 1;
    let source: Arc<str> = format!("sbxChat_{}", chats.count).into();
    let from = robot.map_or_else(|| json!({"app": app}), |robot| json!({"robot": robot}));
    let mut room = Room { id: chatid.into(), name: "".into() };
    if let Some(chat) = chats.by_id.get_mut(chatid) {
        room.name = chat.name.as_str().into();
        if chat.messages.len() >= KEPT_MESSAGES {
            chat.messages.pop_front();
        }
        chat.messages.push_back(json!({"source": &*source, "at_ms": now, "from": from, "content": content}));
    }
    let outgoing = OutgoingMessage { source: &source, app, room: Some(room), from: robot.map(Into::into), content };
    // Only what applications send is bounded for each member.
    let most = if app == 0 { &[(usize::MAX, 1)][..] } else { &PER_MEMBER };
    delivery::hand_out(world, now, &outgoing, people, most, |world| &mut world.memory.get_mut::<Chats>().frequency);
}

//! What the world needs of the platform: what it remembers, what survives, what it does when something happens.

use super::{
    agent::OwnMenu,
    authority::Access,
    batch::Jobs,
    callback::{Hook, Keys, OwnHook},
    card::Cards,
    chat::Chats,
    credentials::Credentials,
    media::MediaStore,
    message::Messages,
    news,
    robot::Robots,
    settings::Settings,
    signin::SignIns,
    tag::OwnTags,
    token::WrongSecrets,
    user::Misses,
};
use crate::{
    options::kept_or,
    world::{
        World,
        company::Change,
        platform::{Members, SimulatedPlatform, members},
        token::TokenStore,
    },
};
use serde_json::{Value, json};
use std::io;

pub(crate) struct Simulation;

impl SimulatedPlatform for Simulation {
    fn name(&self) -> &'static str {
        "wecom"
    }

    fn open(&self, world: &mut World, kept: &Members, fixed: bool) -> io::Result<()> {
        let memory = &mut world.memory;
        memory.put(kept_or(Credentials::new(fixed)?, kept));
        memory.put(Settings::default());
        memory.put(Access::default());
        memory.put(Messages::default());
        memory.put(Cards::default());
        memory.put(Chats::default());
        memory.put(MediaStore::default());
        memory.put(Robots::default());
        memory.put(SignIns::default());
        memory.put(OwnTags::default());
        memory.put(Jobs::default());
        memory.put(OwnMenu::default());
        memory.put(WrongSecrets::default());
        memory.put(Misses::default());
        memory.put(OwnHook::default());
        Ok(())
    }

    fn credentials(&self, world: &World) -> Members {
        members(world.memory.get::<Credentials>())
    }

    fn describe(&self, world: &World, base: &str) -> Value {
        let credentials = world.memory.get::<Credentials>();
        json!({
            "base": base,
            "corp_id": credentials.corp_id,
            "secret": credentials.secret,
            "agent_id": credentials.agent_id,
            "contacts_secret": credentials.contacts_secret,
            "robot": {"key": credentials.robot_key},
        })
    }

    fn snapshot(&self, world: &World, to: &mut Members) {
        let memory = &world.memory;
        to.insert("wecom_token".into(), json!(memory.get::<Access>().app));
        to.insert("wecom_contacts_token".into(), json!(memory.get::<Access>().contacts));
        to.insert("chats".into(), json!(memory.get::<Chats>()));
        to.insert("robots".into(), json!(memory.get::<Robots>()));
        let callbacks = to.entry("callbacks").or_insert_with(|| json!({}));
        callbacks["wecom"] = json!(memory.get::<OwnHook>().0.as_ref().map(Hook::keys));
    }

    fn restore(&self, world: &mut World, from: &mut Members) -> serde_json::Result<()> {
        let memory = &mut world.memory;
        if let Some(store) = from.remove("wecom_token") {
            memory.get_mut::<Access>().app = serde_json::from_value(store)?;
        }
        if let Some(store) = from.remove("wecom_contacts_token") {
            memory.get_mut::<Access>().contacts = serde_json::from_value(store)?;
        }
        if let Some(chats) = from.remove("chats") {
            memory.put::<Chats>(serde_json::from_value(chats)?);
        }
        if let Some(robots) = from.remove("robots") {
            memory.put::<Robots>(serde_json::from_value(robots)?);
        }
        if let Some(callbacks) = from.get("callbacks") {
            let keys: Option<Keys> = serde_json::from_value(callbacks["wecom"].clone())?;
            let hook = keys.and_then(|keys| keys.restored(&memory.get::<Credentials>().corp_id));
            memory.put(OwnHook(hook));
        }
        Ok(())
    }

    fn settings(&self, world: &World) -> Members {
        members(world.memory.get::<Settings>())
    }

    fn set(&self, world: &mut World, settings: Members) -> serde_json::Result<()> {
        let mut settings: Settings = serde_json::from_value(Value::Object(settings))?;
        // None at all would leave events without an end.
        settings.push_tries = settings.push_tries.clamp(1, 10);
        world.memory.put(settings);
        Ok(())
    }

    fn tokens<'a>(&self, world: &'a mut World) -> Vec<&'a mut TokenStore> {
        let Access { app, contacts, .. } = world.memory.get_mut::<Access>();
        vec![app, contacts]
    }

    fn issued(&self, world: &World) -> u64 {
        world.memory.get::<Access>().app.issued()
    }

    fn overview(&self, world: &World) -> (&'static str, usize) {
        ("messages", world.memory.get::<Messages>().sent())
    }

    fn on_change(&self, world: &mut World, change: &Change, at: i64) {
        news::tell(world, change, at);
    }
}

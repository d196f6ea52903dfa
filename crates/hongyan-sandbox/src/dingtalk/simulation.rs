//! What the world needs of the platform: what it remembers, what survives, what it does when something happens.

use super::{
    callback::Callbacks,
    card::Cards,
    conversation::{Chosen, Sessions},
    credentials::Credentials,
    event,
    groups::Groups,
    hook::{Guard, Hooks},
    login::Logins,
    media::Files,
    notice::{self, Notices},
    sent::{self, SentMessages},
    settings::Settings,
    streams::Streams,
    suite::Progress,
    token::Tokens,
};
use crate::{
    options::kept_or,
    world::{
        World,
        company::{Change, PersonId},
        platform::{Members, SimulatedPlatform, members},
        token::TokenStore,
    },
};
use serde_json::{Value, json};
use std::io;

pub(crate) struct Simulation;

impl SimulatedPlatform for Simulation {
    fn name(&self) -> &'static str {
        "dingtalk"
    }

    /// One group, and a custom robot with a signature in it.
    fn open(&self, world: &mut World, kept: &Members, fixed: bool) -> io::Result<()> {
        let credentials = kept_or(Credentials::new(fixed)?, kept);
        let guard = Guard { secret: Some(credentials.robot_secret.clone()), ..Guard::default() };
        let mut hooks = Hooks::default();
        hooks.add(credentials.robot_token.clone(), 0, "报警机器人", guard);
        let memory = &mut world.memory;
        memory.put(Groups::new(&world.company));
        memory.put(hooks);
        memory.put(credentials);
        memory.put(Settings::default());
        memory.put(Tokens::default());
        memory.put(Progress::default());
        memory.put(Notices::default());
        memory.put(SentMessages::default());
        memory.put(Cards::default());
        memory.put(Logins::default());
        memory.put(Files::default());
        memory.put(Chosen::default());
        memory.put(Sessions::default());
        memory.put(Callbacks::default());
        memory.put(Streams::default());
        Ok(())
    }

    fn reset(&self, world: &mut World, before: &World) {
        world.memory.put(Streams::after(before.memory.get()));
    }

    fn credentials(&self, world: &World) -> Members {
        members(world.memory.get::<Credentials>())
    }

    fn describe(&self, world: &World, base: &str) -> Value {
        let credentials = world.memory.get::<Credentials>();
        let suite = &credentials.suite;
        json!({
            "base": base,
            "corp_id": credentials.corp_id,
            "app_key": credentials.app_key,
            "app_secret": credentials.app_secret,
            "agent_id": credentials.agent_id,
            "robot": {"access_token": credentials.robot_token, "secret": credentials.robot_secret},
            "robot_code": credentials.app_key,
            "suite": {
                "suite_key": suite.key,
                "suite_secret": suite.secret,
                "suite_ticket": suite.ticket,
                "custom_key": suite.custom_key,
                "custom_secret": suite.custom_secret,
                "auth_corp_id": credentials.corp_id,
                "tmp_auth_code": suite.tmp_auth_code,
                "agent_id": suite.agent_id,
                "app_id": suite.app_id,
            },
        })
    }

    fn snapshot(&self, world: &World, to: &mut Members) {
        let memory = &world.memory;
        to.insert("dingtalk_token".into(), json!(memory.get::<Tokens>().store));
        to.insert("groups".into(), json!(memory.get::<Groups>()));
        to.insert("hooks".into(), json!(memory.get::<Hooks>()));
        let callbacks = to.entry("callbacks").or_insert_with(|| json!({}));
        for (name, value) in memory.get::<Callbacks>().snapshot() {
            callbacks[name] = value;
        }
    }

    fn restore(&self, world: &mut World, from: &mut Members) -> serde_json::Result<()> {
        if let Some(store) = from.remove("dingtalk_token") {
            world.memory.get_mut::<Tokens>().store = serde_json::from_value(store)?;
        }
        if let Some(callbacks) = from.get("callbacks") {
            let (events, robot) = (callbacks["dingtalk"].clone(), callbacks["robot"].clone());
            let callbacks = Callbacks::restored(events, robot, world.memory.get())?;
            world.memory.put(callbacks);
        }
        if let (Some(groups), Some(hooks)) = (from.remove("groups"), from.remove("hooks")) {
            let (groups, hooks): (Groups, Hooks) = (serde_json::from_value(groups)?, serde_json::from_value(hooks)?);
            // Groups name their members by the company's numbers.
            if let Some(groups) = groups.restored(&world.company).filter(|groups| hooks.fit(groups.len())) {
                world.memory.put(groups);
                world.memory.put(hooks);
            }
        }
        Ok(())
    }

    fn settings(&self, world: &World) -> Members {
        members(world.memory.get::<Settings>())
    }

    fn set(&self, world: &mut World, settings: Members) -> serde_json::Result<()> {
        world.memory.put::<Settings>(serde_json::from_value(Value::Object(settings))?);
        Ok(())
    }

    fn tokens<'a>(&self, world: &'a mut World) -> Vec<&'a mut TokenStore> {
        vec![&mut world.memory.get_mut::<Tokens>().store]
    }

    fn issued(&self, world: &World) -> u64 {
        world.memory.get::<Tokens>().store.issued()
    }

    fn overview(&self, world: &World) -> (&'static str, usize) {
        ("tasks", world.memory.get::<Notices>().tasks())
    }

    fn settle(&self, world: &mut World, now: i64) {
        notice::deliver_due(world, now);
    }

    fn tick(&self, world: &mut World, now: i64) {
        world.memory.get_mut::<Streams>().settle(now);
    }

    fn on_change(&self, world: &mut World, change: &Change, at: i64) {
        let (kind, members) = match change {
            Change::PersonCame(id) => ("user_add_org", json!({"UserId": [world.company.person(*id).userid]})),
            Change::PersonChanged { now, .. } => ("user_modify_org", json!({"UserId": [now.userid]})),
            Change::PersonLeft(userid) => ("user_leave_org", json!({"UserId": [userid]})),
            Change::DepartmentCame(id) => ("org_dept_create", json!({"DeptId": [id]})),
            Change::DepartmentChanged(id) => ("org_dept_modify", json!({"DeptId": [id]})),
            Change::DepartmentGone(id) => ("org_dept_remove", json!({"DeptId": [id]})),
        };
        event::tell(world, at, kind, members);
    }

    /// Those who ask what became of a message are told.
    fn on_read(&self, world: &mut World, person: PersonId, source: &str, now: i64) {
        notice::read(world, person, source, now);
        sent::read(world, person, source, now);
    }
}

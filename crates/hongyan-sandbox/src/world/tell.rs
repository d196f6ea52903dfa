//! Who is told: an event goes to every receiver that subscribed, or to the address that a call named.

use super::{
    World,
    callback::{Road, WeComHook},
    event::{Event, Happening},
    stream::ROBOT_TOPIC,
};
use crate::options::random_hex;
use hongyan_wecom::callback::Pushed;
use serde_json::{Map, Value};
use std::sync::Arc;

impl World {
    /// Something of DingTalk's list happened: `members` are those of its row, spelled as over HTTP (`UserId`).
    pub(crate) fn tell_dingtalk(&mut self, at: i64, kind: &str, members: Value) -> Vec<Road> {
        let members = match members {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        self.tell(at, Happening::DingTalk { kind: kind.into(), members })
    }

    /// Something of WeCom's happened. `to_user_name`, `create_time` and, where the event has one, `agent_id` are
    /// filled in here; `from_user_name` is the caller's.
    pub(crate) fn tell_wecom(&mut self, at: i64, pushed: Pushed) -> Vec<Road> {
        let happening = self.addressed(at, pushed);
        self.tell(at, happening)
    }

    /// As [`World::tell_wecom`], to an address that the call itself named.
    pub(crate) fn tell_wecom_at(&mut self, at: i64, hook: WeComHook, pushed: Pushed) {
        let happening = self.addressed(at, pushed);
        self.send_out(at, happening, Some(hook), &[Road::WeCom]);
    }

    fn addressed(&self, at: i64, mut pushed: Pushed) -> Happening {
        use hongyan_wecom::callback::{Event as Of, Message};
        pushed.to_user_name.clone_from(&self.credentials.wecom_corp_id);
        pushed.create_time = at.div_euclid(1_000);
        let of_contacts =
            matches!(pushed.message, Message::Event(Of::ChangeContact { .. } | Of::BatchJobResult { .. }));
        if pushed.agent_id.is_none() && !of_contacts {
            pushed.agent_id = Some(self.credentials.wecom_agent_id.to_string());
        }
        Happening::WeCom(Box::new(pushed))
    }

    /// Puts an event on its way to everybody who subscribed; gives the roads that it takes.
    pub(crate) fn tell(&mut self, at: i64, happening: Happening) -> Vec<Road> {
        let mut roads = Vec::new();
        match &happening {
            Happening::DingTalk { kind, .. } => {
                if self.callbacks.dingtalk.as_ref().is_some_and(|hook| hook.wants(kind)) {
                    roads.push(Road::DingTalk);
                }
                if self.streams.wants_events() {
                    roads.push(Road::Stream);
                }
            }
            // In the console a robot has an address or Stream, not both.
            Happening::Robot(_) if self.callbacks.robot.is_some() => roads.push(Road::Robot),
            Happening::Robot(_) if self.streams.wants(ROBOT_TOPIC) => roads.push(Road::Stream),
            Happening::Robot(_) => {}
            Happening::Card { route: Some(_), .. } => roads.push(Road::Card),
            Happening::Card { route: None, .. } if self.streams.wants(hongyan_dingtalk::card::TOPIC) => {
                roads.push(Road::Stream);
            }
            Happening::Card { .. } => {}
            Happening::WeCom(_) if self.callbacks.wecom.is_some() => roads.push(Road::WeCom),
            Happening::WeCom(_) => {}
        }
        self.send_out(at, happening, None, &roads);
        roads
    }

    fn send_out(&mut self, at: i64, happening: Happening, hook: Option<WeComHook>, roads: &[Road]) {
        if roads.is_empty() {
            return;
        }
        // Without random bytes the number alone has to tell events apart.
        let id = random_hex(32).unwrap_or_else(|_| format!("{:032x}", self.events.last));
        let event = Arc::new(Event { id, at, happening, hook });
        for road in roads {
            let kept = self.events.enqueue(event.clone(), *road);
            let counts = self.callbacks.counts(*road);
            counts.emitted += 1;
            counts.lost += u64::from(!kept);
        }
    }
}

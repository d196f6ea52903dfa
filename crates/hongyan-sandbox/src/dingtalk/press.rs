//! Presses of cards on their way to the application: to the address of the card's route key, or over Stream.

use super::{
    card::{self, Goes, Route},
    event::post,
    streams::{self, Streams},
};
use crate::world::{
    World,
    company::PersonId,
    event::{Begun, Delivery, Destination, Plan, Push},
};
use hongyan_dingtalk::card::{ANSWER_WITHIN, SIGNATURE_HEADER, TIMESTAMP_HEADER, TOPIC, sign};
use hongyan_net::Reply;
use serde_json::{Map, Value, json};

/// Nobody has seen a press come twice.
const OVER_HTTP: Plan = Plan {
    destination: Destination("dingtalk_card"),
    again_ms: &[],
    from_beginning: false,
    answer_within_ms: None,
    keeps_failed: false,
};
const OVER_STREAM: Plan = Plan { destination: streams::DESTINATION, answer_within_ms: Some(2_000), ..OVER_HTTP };

/// Somebody pressed a card.
pub(super) struct Pressed {
    pub(super) press: Value,
    pub(super) who: PersonId,
    /// Where it goes over HTTP; `None`: over Stream.
    route: Option<Route>,
}

/// Somebody presses a button of the card that a message of his shows; the press as the application hears it, and the
/// destinations that it takes. `None` where the message is no card.
pub(crate) fn pressed(
    world: &mut World,
    now: i64,
    who: PersonId,
    message: &str,
    action: &str,
    params: Map<String, Value>,
) -> Option<(Value, Vec<Destination>)> {
    let (press, goes) = card::press(world, who, message, action, params)?;
    let press = json!(press);
    let listening = world.memory.get::<Streams>().wants(TOPIC);
    let (route, plans) = match goes {
        Goes::Http(route) => (Some(route), vec![OVER_HTTP]),
        Goes::Stream if listening => (None, vec![OVER_STREAM]),
        Goes::Stream | Goes::Nowhere => (None, Vec::new()),
    };
    let destinations = world.tell(now, Pressed { press: press.clone(), who, route }, &plans);
    Some((press, destinations))
}

impl Push for Pressed {
    fn platform(&self) -> &'static str {
        "dingtalk"
    }

    fn kind(&self) -> String {
        TOPIC.into()
    }

    fn begin(&self, world: &mut World, delivery: &Delivery, now: i64) -> Begun {
        let Some(route) = &self.route else {
            let written = streams::call(world, TOPIC, &delivery.event.id, &self.press, now);
            return if written { Begun::Written } else { Begun::Failed(streams::NOBODY) };
        };
        let timestamp = now.to_string();
        let request = post(&route.url)
            .header(SIGNATURE_HEADER, sign(&route.secret, &timestamp))
            .header(TIMESTAMP_HEADER, timestamp)
            .body(self.press.to_string().into());
        request.map_or(Begun::Failed(super::event::NOBODY), |request| Begun::Request(Box::new(request), ANSWER_WITHIN))
    }

    fn judge(&self, world: &mut World, delivery: &Delivery, reply: &Reply, _: i64) -> Result<(), String> {
        if reply.status != 200 {
            return Err(format!("answered with HTTP {}", reply.status));
        }
        // An answer was given to the first.
        if !delivery.repeated {
            card::answered(world, &self.press, self.who, &reply.body);
        }
        Ok(())
    }
}

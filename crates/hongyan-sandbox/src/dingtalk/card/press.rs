//! The press of a card's button: what the application hears, and what its answer changes.

use super::{Cards, Route, put, refresh};
use crate::{
    dingtalk::credentials::Credentials,
    world::{World, company::PersonId},
};
use hongyan_dingtalk::card::{Answer, Press, UpdateOptions};
use serde_json::{Map, Value, json};

/// Where a press goes.
pub(in crate::dingtalk) enum Goes {
    Stream,
    Http(Route),
    Nowhere,
}

/// The press of a button of the card that a message shows, as the application hears it, and where it goes. `None` where
/// the message is no card.
pub(in crate::dingtalk) fn press(
    world: &World,
    who: PersonId,
    message: &str,
    action: &str,
    params: Map<String, Value>,
) -> Option<(Press, Goes)> {
    let shows = |card: &Value| card["interactive_card"]["outTrackId"].as_str().map(str::to_owned);
    let seen = world.phones.of(who).find(|shown| shown.platform == "dingtalk" && &*shown.source == message)?;
    let track = shows(&serde_json::from_str(&seen.content).ok()?)?;
    let held = world.memory.get::<Cards>().held.get(&track)?;
    let place = held.shown.iter().find(|shown| &*shown.message == message)?;
    let content = json!({"cardPrivateData": {"actionIds": [action], "params": params}});
    let owner = world.company.person(who);
    let by_union = held.card.user_id_type == Some(2);
    let press = Press {
        kind: "actionCallback".into(),
        out_track_id: track,
        corp_id: world.memory.get::<Credentials>().corp_id.clone(),
        user_id: if by_union { owner.unionid.clone() } else { owner.userid.clone() },
        user_id_type: Some(if by_union { 2 } else { 1 }),
        space_type: place.space_type.clone(),
        space_id: place.space_id.clone(),
        extension: "{}".into(),
        content: content.to_string(),
    };
    let goes = match held.card.callback_type.as_deref() {
        Some("STREAM") => Goes::Stream,
        Some("HTTP") => {
            let key = held.card.callback_route_key.as_deref().unwrap_or_default();
            world.memory.get::<Cards>().routes.get(key).cloned().map_or(Goes::Nowhere, Goes::Http)
        }
        _ => Goes::Nowhere,
    };
    Some((press, goes))
}

/// What the application answered to a press: it reaches the presser's screen.
pub(crate) fn answered(world: &mut World, press: &Value, who: PersonId, answer: &[u8]) {
    let track = press["outTrackId"].as_str().unwrap_or_default().to_owned();
    let Ok(Answer { card_data, user_private_data, card_update_options }) = serde_json::from_slice(answer) else {
        return;
    };
    let UpdateOptions { update_card_data_by_key, update_private_data_by_key } = card_update_options.unwrap_or_default();
    let Some(held) = world.memory.get_mut::<Cards>().held.get_mut(&track) else { return };
    if let Some(data) = card_data {
        let public = &held.public;
        let screen = held.screens.entry(who).or_insert_with(|| public.clone());
        put(screen, data.card_param_map, update_card_data_by_key);
    }
    if let Some(data) = user_private_data {
        put(held.private.entry(who).or_default(), data.card_param_map, update_private_data_by_key);
    }
    refresh(world, &track);
}

//! Settings under `/sandbox`: what an administrator, a quota or a network would be like.

use crate::control::{ControlResult, bad};
use crate::world::{
    Settings, World,
    platform::{Members, members},
};
use serde_json::Value;

/// All settings, by name.
pub(super) fn all(world: &World) -> Members {
    let mut all = members(&world.settings);
    all.extend(world.platforms.iter().flat_map(|platform| platform.settings(world)));
    all
}

/// The members of `of`, with those that are given in the place of its own, which are taken out of `given`.
fn overlaid(mut of: Members, given: &mut Members) -> Members {
    for (name, value) in &mut of {
        if let Some(given) = given.remove(name) {
            *value = given;
        }
    }
    of
}

/// Changes what is given; answers all settings. A member that is `null` clears the setting.
pub(super) fn change(world: &mut World, mut given: Members) -> ControlResult {
    let known = all(world);
    if let Some(name) = given.keys().find(|name| !known.contains_key(*name)) {
        return Err(bad(&format!("unknown field `{name}`")));
    }
    let wrong = |error: serde_json::Error| bad(&error.to_string());
    let common = overlaid(members(&world.settings), &mut given);
    let common: Settings = serde_json::from_value(Value::Object(common)).map_err(wrong)?;
    let before: Vec<Members> = world.platforms.iter().map(|platform| platform.settings(world)).collect();
    let set = |world: &mut World, all: Vec<Members>| {
        world.platforms.iter().zip(all).try_for_each(|(platform, settings)| platform.set(world, settings))
    };
    let after = before.iter().map(|settings| overlaid(settings.clone(), &mut given)).collect();
    if let Err(error) = set(world, after) {
        // All or nothing: the old ones were of their form.
        set(world, before).map_err(wrong)?;
        return Err(wrong(error));
    }
    world.settings = common;
    Ok(Value::Object(all(world)))
}

//! `gettoken`: the same token until it lapses. Who tries wrong secrets for long is shut out for an hour.

use super::{
    authority::{Access, is_enabled},
    credentials::Credentials,
};
use crate::{
    options::random_hex,
    route::{Refused, refuse},
    world::{Caller, World},
};
use hongyan_wecom::{
    WeCom,
    token::{GetToken, TokenGiven},
};
use std::{collections::HashMap, net::IpAddr};

/// Wrong secrets within an hour before an address is shut out.
const WRONG_SECRETS: u32 = 2_000;
/// Addresses remembered.
const ADDRESSES: usize = 1_000;
const HOUR_MS: i64 = 3_600_000;

/// Wrong secrets by address: since when, and how many.
#[derive(Default)]
pub(super) struct WrongSecrets(HashMap<IpAddr, (i64, u32)>);

pub(super) fn get_token(world: &mut World, caller: &Caller, request: GetToken) -> Result<TokenGiven, Refused> {
    if request.corpid.is_empty() {
        return Err(refuse::<WeCom>("41002", "corpid missing").into());
    }
    if request.corpsecret.is_empty() {
        return Err(refuse::<WeCom>("41004", "corpsecret missing").into());
    }
    if shut_out(world.memory.get_mut(), caller) {
        return Err(refuse::<WeCom>("45009", "api freq out of limit").into());
    }
    if request.corpid != world.memory.get::<Credentials>().corp_id {
        return Err(refuse::<WeCom>("40013", "invalid corpid").into());
    }
    let credentials = world.memory.get::<Credentials>();
    let contacts = request.corpsecret == credentials.contacts_secret;
    if !contacts && request.corpsecret != credentials.secret {
        count_wrong_secret(world.memory.get_mut(), caller);
        return Err(refuse::<WeCom>("40001", "invalid credential").into());
    }
    if !contacts {
        is_enabled(world)?;
    }
    let fresh = random_hex(64).map_err(|_| refuse::<WeCom>("-1", "system busy"))?;
    let access = world.memory.get_mut::<Access>();
    let store = if contacts { &mut access.contacts } else { &mut access.app };
    let (access_token, life_ms) = store.give(caller.now, false, || fresh);
    Ok(TokenGiven { access_token, expires_in: (life_ms / 1_000).max(1) })
}

fn shut_out(wrong: &mut WrongSecrets, caller: &Caller) -> bool {
    match wrong.0.get(&caller.ip) {
        Some((since, _)) if caller.now - since >= HOUR_MS => {
            wrong.0.remove(&caller.ip);
            false
        }
        Some((_, count)) => *count >= WRONG_SECRETS,
        None => false,
    }
}

fn count_wrong_secret(wrong: &mut WrongSecrets, caller: &Caller) {
    if wrong.0.len() >= ADDRESSES {
        wrong.0.clear();
    }
    let (since, count) = wrong.0.entry(caller.ip).or_insert((caller.now, 0));
    *count += 1;
    if *count == WRONG_SECRETS {
        // The hour of the ban begins with the ban.
        *since = caller.now;
    }
}

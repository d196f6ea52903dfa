//! `gettoken`: the same token until it lapses. Who tries wrong secrets for long is shut out for an hour.

use super::{State, authority::is_enabled};
use crate::{
    options::random_hex,
    route::{Refused, refuse},
    world::{Caller, World},
};
use hongyan_wecom::{
    WeCom,
    token::{GetToken, TokenGiven},
};

/// Wrong secrets within an hour before an address is shut out.
const WRONG_SECRETS: u32 = 2_000;
/// Addresses remembered.
const ADDRESSES: usize = 1_000;
const HOUR_MS: i64 = 3_600_000;

pub(super) fn get_token(world: &mut World, caller: &Caller, request: GetToken) -> Result<TokenGiven, Refused> {
    if request.corpid.is_empty() {
        return Err(refuse::<WeCom>("41002", "corpid missing").into());
    }
    if request.corpsecret.is_empty() {
        return Err(refuse::<WeCom>("41004", "corpsecret missing").into());
    }
    if shut_out(&mut world.wecom, caller) {
        return Err(refuse::<WeCom>("45009", "api freq out of limit").into());
    }
    if request.corpid != world.credentials.wecom_corp_id {
        return Err(refuse::<WeCom>("40013", "invalid corpid").into());
    }
    let credentials = &world.credentials;
    let contacts = request.corpsecret == credentials.wecom_contacts_secret;
    if !contacts && request.corpsecret != credentials.wecom_secret {
        count_wrong_secret(&mut world.wecom, caller);
        return Err(refuse::<WeCom>("40001", "invalid credential").into());
    }
    if !contacts {
        is_enabled(world)?;
    }
    let fresh = random_hex(64).map_err(|_| refuse::<WeCom>("-1", "system busy"))?;
    let store = if contacts { &mut world.wecom.contacts_token } else { &mut world.wecom.token };
    let (access_token, life_ms) = store.give(caller.now, false, || fresh);
    Ok(TokenGiven { access_token, expires_in: (life_ms / 1_000).max(1) })
}

fn shut_out(state: &mut State, caller: &Caller) -> bool {
    match state.wrong_secrets.get(&caller.ip) {
        Some((since, _)) if caller.now - since >= HOUR_MS => {
            state.wrong_secrets.remove(&caller.ip);
            false
        }
        Some((_, wrong)) => *wrong >= WRONG_SECRETS,
        None => false,
    }
}

fn count_wrong_secret(state: &mut State, caller: &Caller) {
    if state.wrong_secrets.len() >= ADDRESSES {
        state.wrong_secrets.clear();
    }
    let (since, wrong) = state.wrong_secrets.entry(caller.ip).or_insert((caller.now, 0));
    *wrong += 1;
    if *wrong == WRONG_SECRETS {
        // The hour of the ban begins with the ban.
        *since = caller.now;
    }
}

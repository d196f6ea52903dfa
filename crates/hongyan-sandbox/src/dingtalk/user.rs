//! People by mobile number. Departed people are not found; the visible scope does not matter here.

use crate::{
    route::{Refused, refuse},
    world::{Caller, World},
};
use hongyan_dingtalk::{
    DingTalk,
    user::{Found, GetByMobile, GetByMobileV1, UseridFound, UseridFoundV1},
};

pub(super) fn get_by_mobile_v1(
    world: &mut World,
    _: &Caller,
    request: GetByMobileV1,
) -> Result<UseridFoundV1, Refused> {
    Ok(UseridFoundV1 { userid: find(world, &request.mobile)? })
}

pub(super) fn get_by_mobile(world: &mut World, _: &Caller, request: GetByMobile) -> Result<UseridFound, Refused> {
    Ok(UseridFound { result: Found { userid: find(world, &request.mobile)? } })
}

/// Numbers of the mainland may come with or without their country code.
fn find(world: &World, mobile: &str) -> Result<String, Refused> {
    if mobile.is_empty() {
        return Err(refuse::<DingTalk>("400002", "参数错误: mobile").into());
    }
    let digits = mobile.strip_prefix('+').unwrap_or(mobile);
    let plain = digits.chars().all(|c| c.is_ascii_digit() || c == '-');
    if !plain || mobile.len() > 15 || digits.len() < 5 {
        return Err(refuse::<DingTalk>("40104", "不合法的手机号").into());
    }
    let local = mobile.strip_prefix("+86-").or_else(|| mobile.strip_prefix("+86")).unwrap_or(mobile);
    match world.company.find_mobile(local) {
        Some(id) => Ok(world.company.person(id).userid.clone()),
        None => Err(refuse::<DingTalk>("60121", "找不到该用户").into()),
    }
}

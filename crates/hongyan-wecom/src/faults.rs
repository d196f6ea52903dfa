//! WeCom's error codes, each with class, who must act, meaning and remedy.
//! <https://developer.work.weixin.qq.com/document/path/90313>

use hongyan_endpoint::{Class, Known, Who, known};

/// The table.
pub(crate) static FAULTS: &[Known] = &[known(
    "40014",
    Class::RefreshToken,
    Who::Hongyan,
    ("the access token is invalid or has lapsed", "access_token 无效或已过期"),
    ("hongyan fetches a new one and repeats the call once", "鸿雁会重新获取并重试一次"),
)];

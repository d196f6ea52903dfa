//! The menu at the foot of an application's conversation. <https://developer.work.weixin.qq.com/document/path/90231>

use crate::{WeCom, agent, done::Done};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { WeCom;
    /// Makes the menu, in the place of the one that is there.
    CreateMenu -> Done {
        "menu.create", POST "/cgi-bin/menu/create",
        query: ["agentid"],
        auth: AccessToken, effect: Idempotent, needs: Application,
        refuses: [missing("agentid") => agent::NO_AGENT],
        limits: [items("button", 3), items("button.sub_button", 5), rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90231",
    }
    /// Reads the menu.
    GetMenu -> Menu {
        "menu.get", GET "/cgi-bin/menu/get",
        auth: AccessToken, effect: Read, needs: Application,
        refuses: [missing("agentid") => agent::NO_AGENT],
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90232",
    }
    /// Takes the menu away.
    DeleteMenu -> Done {
        "menu.delete", GET "/cgi-bin/menu/delete",
        auth: AccessToken, effect: Idempotent, needs: Application,
        refuses: [missing("agentid") => agent::NO_AGENT],
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90233",
    }
}

/// Kinds of buttons that do something.
pub const KINDS: [&str; 10] = [
    "click",
    "view",
    "scancode_push",
    "scancode_waitmsg",
    "pic_sysphoto",
    "pic_photo_or_album",
    "pic_weixin",
    "location_select",
    "view_miniprogram",
    "location",
];

/// Request of `menu/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateMenu {
    /// The application; in the query.
    #[serde(deserialize_with = "lenient::integer")]
    pub agentid: i64,
    /// One to three.
    pub button: Vec<Button>,
}

/// One entry: it does something, or opens up to five others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// One of [`KINDS`]; none where it opens others.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub kind: Option<String>,
    /// At most 16 bytes, below another 40.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// What the application is told: at most 128 bytes. For all but `view` and `view_miniprogram`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub key: Option<String>,
    /// At most 1024 bytes. For `view`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub url: Option<String>,
    /// For `view_miniprogram`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub pagepath: Option<String>,
    /// For `view_miniprogram`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub appid: Option<String>,
    /// Those that it opens.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sub_button: Vec<Button>,
}

/// Request of `menu/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetMenu {
    /// The application.
    #[serde(deserialize_with = "lenient::integer")]
    pub agentid: i64,
}

/// Reply of `menu/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// Its entries.
    #[serde(default)]
    pub button: Vec<Button>,
}

/// Request of `menu/delete`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteMenu {
    /// The application.
    #[serde(deserialize_with = "lenient::integer")]
    pub agentid: i64,
}

//! Application messages: send, update of cards, recall, statistics. <https://developer.work.weixin.qq.com/document/path/90235>

use crate::{
    WeCom, agent,
    content::{self, Place},
};
use hongyan_endpoint::{Endpoint, Flaw, Unfit, endpoints, lenient};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

endpoints! { WeCom;
    /// Sends an application message to members, departments or tags.
    SendMessage -> MessageSent {
        "message.send", POST "/cgi-bin/message/send",
        auth: AccessToken, effect: Send, role: Send(People), needs: Application,
        refuses: [missing("msgtype") => content::NO_TYPE],
        limits: [
            items("touser", 1000) => "40032", items("toparty", 100) => "82002", items("totag", 100) => "82003",
            bytes("text.content", 2048), bytes("markdown.content", 2048) => "45002",
            seconds("duplicate_check_interval", 1_800, 14_400) => "40058",
            rate(30, MINUTE, RateScope::Recipient), rate(1000, HOUR, RateScope::Recipient),
        ],
        source: "https://developer.work.weixin.qq.com/document/path/90236",
    }
    /// Updates an interactive card that was sent; its response code serves once, within 72 hours.
    UpdateTemplateCard -> CardUpdated {
        "message.update_template_card", POST "/cgi-bin/message/update_template_card",
        auth: AccessToken, effect: Send, needs: Application,
        refuses: [
            missing("agentid") => agent::NO_AGENT, missing("response_code") => ("60140", "invalid response_code"),
        ],
        limits: [
            items("userids", 1000) => "40032", items("partyids", 100) => "82002", items("tagids", 100) => "82003",
            within_hours(72), rate(10_000, MINUTE, RateScope::Corp),
        ],
        source: "https://developer.work.weixin.qq.com/document/path/94888",
    }
    /// Takes back a message of the last 24 hours.
    RecallMessage -> MessageRecalled {
        "message.recall", POST "/cgi-bin/message/recall",
        auth: AccessToken, effect: Idempotent, role: Recall(People, "msgid"), needs: Application,
        limits: [within_hours(24) => "42052", rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/94867",
    }
    /// Counts what each application delivered, today or yesterday.
    GetStatistics -> Statistics {
        "message.statistics", POST "/cgi-bin/message/get_statistics",
        auth: AccessToken, effect: Read, needs: Application,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/92369",
    }
}

/// The seconds within which an identical message is swallowed: without `duplicate_check_interval`, and at most.
pub const DUPLICATE_CHECK_SECONDS: (u32, u32) = SendMessage::SPEC.seconds("duplicate_check_interval").unwrap();

/// Request of `message/send`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SendMessage {
    /// User ids joined with `|`, at most 1000; `@all` for everybody visible.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub touser: String,
    /// Department ids joined with `|`, at most 100.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub toparty: String,
    /// Tag ids joined with `|`, at most 100.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub totag: String,
    /// Names the member of `content` that carries it.
    pub msgtype: String,
    /// The application.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub agentid: i64,
    /// The object named by `msgtype` ([`content::Content::to_map`] writes it), and where wanted `safe` (1
    /// confidential, 2 inside the company only) and `enable_id_trans`.
    #[serde(flatten)]
    pub content: Map<String, Value>,
    /// 1: an identical request within the interval is delivered once.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub enable_duplicate_check: Option<i64>,
    /// Seconds, default 1800, at most 14400.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub duplicate_check_interval: Option<i64>,
}

impl SendMessage {
    /// What the platform refuses before it looks at who is visible: targets, content, what does not go together.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code; the first in the platform's order.
    pub fn check(&self) -> Result<(), Unfit> {
        let count = |list: &str| list.split('|').filter(|id| !id.trim().is_empty()).count();
        let lists = [("touser", &self.touser), ("toparty", &self.toparty), ("totag", &self.totag)];
        if lists.iter().all(|(_, list)| count(list) == 0) {
            return Err(Unfit::coded(
                "82001",
                "touser",
                Flaw::unfit(("touser, toparty and totag are all empty", "touser、toparty、totag 均为空")),
            ));
        }
        for (field, list) in lists {
            if let Some(code) = Self::SPEC.exceeded(field, count(list)) {
                return Err(Unfit::coded(code, field, Flaw::unfit(("too many of them", "数量过多"))));
            }
        }
        if self.msgtype == "miniprogram_notice" && self.touser.trim() == "@all" {
            return Err(Unfit::coded(
                "40058",
                "touser",
                Flaw::unfit(("a mini-program notice does not go to @all", "小程序通知不能发给 @all")),
            ));
        }
        let safe = self.content.get("safe").and_then(|safe| lenient::integer(safe.clone()).ok()).unwrap_or_default();
        if self.msgtype == "news" && safe != 0 {
            return Err(Unfit::coded(
                "40074",
                "safe",
                Flaw::unfit(("news cannot be confidential", "图文消息不能设为保密")),
            ));
        }
        content::check(Place::App, &self.msgtype, &self.content)
    }
}

/// Reply of `message/send`: taken, except for those listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSent {
    /// Members that do not exist or are not visible, lower-cased.
    #[serde(default, deserialize_with = "lenient::list", serialize_with = "bars")]
    pub invaliduser: Vec<String>,
    /// Departments likewise.
    #[serde(default, deserialize_with = "lenient::list", serialize_with = "bars")]
    pub invalidparty: Vec<String>,
    /// Tags likewise.
    #[serde(default, deserialize_with = "lenient::list", serialize_with = "bars")]
    pub invalidtag: Vec<String>,
    /// Members without an interface licence.
    #[serde(
        default,
        deserialize_with = "lenient::list",
        serialize_with = "bars",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub unlicenseduser: Vec<String>,
    /// For the recall.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub msgid: String,
    /// For the update of an interactive card: once, within 72 hours.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub response_code: String,
}

/// WeCom joins lists with bars.
pub(crate) fn bars<S: serde::Serializer>(list: &[String], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&list.join("|"))
}

/// Request of `message/update_template_card`: one of `button` and `template_card`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UpdateTemplateCard {
    /// Members, at most 1000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub userids: Vec<String>,
    /// Departments, at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::integers")]
    pub partyids: Vec<i64>,
    /// Tags, at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::integers")]
    pub tagids: Vec<i64>,
    /// 1: everybody who received the card.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub atall: Option<i64>,
    /// The application that sent the card.
    #[serde(deserialize_with = "lenient::integer")]
    pub agentid: i64,
    /// From the reply of the sending, or from the click.
    pub response_code: String,
    /// Greys the buttons out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<ReplacedButton>,
    /// A new card in its place; interactive ones may carry `replace_text`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_card: Option<Value>,
    /// 1: translate ids, with `template_card`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub enable_id_trans: Option<i64>,
}

impl UpdateTemplateCard {
    /// What the platform refuses before it looks the response code up.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        if self.userids.is_empty() && self.partyids.is_empty() && self.tagids.is_empty() && self.atall != Some(1) {
            return Err(Unfit::coded("82101", "userids", Flaw::unfit(("no target is given", "未指定对象"))));
        }
        let counts =
            [("userids", self.userids.len()), ("partyids", self.partyids.len()), ("tagids", self.tagids.len())];
        for (field, count) in counts {
            if let Some(code) = Self::SPEC.exceeded(field, count) {
                return Err(Unfit::coded(code, field, Flaw::unfit(("too many of them", "数量过多"))));
            }
        }
        match (&self.button, &self.template_card) {
            (Some(button), None) if button.replace_name.is_empty() => {
                Err(Unfit::coded("42038", "button.replace_name", Flaw::Empty))
            }
            (Some(_), None) => Ok(()),
            (None, Some(card)) => content::card_of(card)?.check(),
            _ => Err(Unfit::coded(
                "40058",
                "template_card",
                Flaw::unfit(("one of button and template_card is wanted", "button 与 template_card 须有其一")),
            )),
        }
    }
}

/// What [`UpdateTemplateCard`] makes of the buttons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacedButton {
    /// The label in their place.
    pub replace_name: String,
}

/// Reply of `message/update_template_card`: updated, except for those listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardUpdated {
    /// Members that are not visible or did not receive the card, lower-cased; here an array.
    #[serde(default, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub invaliduser: Vec<String>,
}

/// Request of `message/get_statistics`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetStatistics {
    /// 0 today, 1 yesterday.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub time_type: i64,
}

/// Reply of `message/get_statistics`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// One row per application.
    #[serde(default)]
    pub statistics: Vec<AppCount>,
}

/// One application's row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppCount {
    /// The application.
    #[serde(deserialize_with = "lenient::integer")]
    pub agentid: i64,
    /// Its name.
    #[serde(default)]
    pub app_name: String,
    /// Person-times delivered.
    #[serde(deserialize_with = "lenient::integer")]
    pub count: i64,
}

/// Request of `message/recall`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecallMessage {
    /// As `message/send` gave it.
    pub msgid: String,
}

/// Reply of `message/recall`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRecalled {}

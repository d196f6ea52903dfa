//! Interactive cards (互动卡片): made from a template, shown in conversations, changed later; and what a press of one of
//! their buttons brings.
//!
//! A card has an id of our own, `outTrackId`, which serves once: a second card of the same id is refused, which guards
//! against double sends. All variables of a template are texts. HTTP 200 does not mean shown: each delivery has its own
//! `success`. What was pressed comes over HTTP or Stream ([`Press`]) and is answered within two seconds ([`Answer`]).

use crate::{DingTalk, mac, read};
use hongyan_endpoint::{DeclaredRefusal, endpoints, lenient, refusals};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Stream's topic of presses.
pub const TOPIC: &str = "/v1.0/card/instances/callback";
/// How long an answer to a press is waited for.
pub const ANSWER_WITHIN: std::time::Duration = std::time::Duration::from_secs(2);

endpoints! { DingTalk;
    /// Makes a card that nobody sees yet.
    CreateCard -> CardCreated {
        "card.create", POST "/v1.0/card/instances",
        auth: AcsHeader, effect: Send, needs: Permission("Card.Instance.Write"),
        refuses: CARD,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/interface-for-creating-a-card-instance",
    }
    /// Shows a card that was made.
    DeliverCard -> CardShown {
        "card.deliver", POST "/v1.0/card/instances/deliver",
        auth: AcsHeader, effect: Send, needs: Permission("Card.Instance.Write"),
        refuses: CARD,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/delivery-card-interface",
    }
    /// Adds kinds of conversations in which a card may be shown.
    AddSpaces -> CardDone {
        "card.spaces", PUT "/v1.0/card/instances/spaces",
        auth: AcsHeader, effect: Idempotent, needs: Permission("Card.Instance.Write"),
        refuses: CARD,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/add-field-interface",
    }
    /// Makes a card and shows it.
    CreateAndDeliver -> CardDelivered {
        "card.create_and_deliver", POST "/v1.0/card/instances/createAndDeliver",
        auth: AcsHeader, effect: Send, needs: Permission("Card.Instance.Write"),
        refuses: CARD,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/create-and-deliver-cards",
    }
    /// Changes what a card shows, for everybody who sees it or for some; all of it, unless by key.
    UpdateCard -> CardDone {
        "card.update", PUT "/v1.0/card/instances",
        auth: AcsHeader, effect: Idempotent, needs: Permission("Card.Instance.Write"),
        refuses: CARD,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/interactive-card-update-interface",
    }
    /// Writes on in one variable of a card; `guid` guards against repeats.
    StreamCard -> CardDone {
        "card.streaming", PUT "/v1.0/card/streaming",
        auth: AcsHeader, effect: Idempotent, needs: Permission("Card.Streaming.Write"),
        refuses: CARD,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/api-streamingupdate",
    }
    /// Binds a route key to the address that hears presses over HTTP.
    RegisterCardCallback -> CardCallbackRegistered {
        "card.register_callback", POST "/v1.0/card/callbacks/register",
        auth: AcsHeader, effect: Idempotent, needs: Permission("Card.Instance.Write"),
        refuses: CARD,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/register-card-callback-address",
    }
}

/// What is missing of a card, in the pages' own codes.
const CARD: &[DeclaredRefusal] = {
    use hongyan_endpoint::When::*;
    const EMPTY: &str = "{} 不能为空";
    refusals!([
        NoObject => ("param.empty", "参数为空"),
        Missing("outTrackId") => ("param.outTrackIdEmpty", EMPTY),
        Missing("openSpaceId") => ("param.openSpaceIdEmpty", EMPTY),
        Missing("cardTemplateId") => ("param.cardTemplateIdEmpty", EMPTY),
        Missing("cardData") => ("param.cardPublicDataEmpty", EMPTY),
        Missing("callbackRouteKey") => ("param.callbackRouteKeyEmpty", EMPTY),
        Missing("callbackUrl") => ("param.callbackUrlEmpty", EMPTY),
        Missing("key") => ("param.stream.keyEmpty", EMPTY),
        Missing("content") => ("param.stream.contentEmpty", EMPTY),
        Missing("guid") => ("param.stream.guidEmpty", EMPTY),
        MissingAny => ("param.empty", EMPTY),
    ])
};

/// Variables of a template: all texts, others as JSON text; a name takes 100 bytes, a value 1 KB.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Variables {
    /// By name.
    #[serde(default)]
    pub card_param_map: BTreeMap<String, String>,
}

/// Members of one model of a space or of a delivery, as the page of that kind of conversation has them.
pub type Model = Map<String, Value>;

/// How a card looks in each kind of conversation, and how it is delivered there.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spaces {
    /// In groups: `supportForward`, `lastMessageI18n`, `searchSupport`, `notification`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub im_group_open_space_model: Option<Model>,
    /// In single chats with the robot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub im_robot_open_space_model: Option<Model>,
    /// In chats of two people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub im_single_open_space_model: Option<Model>,
    /// Pinned: `spaceType` `ONE_BOX`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_open_space_model: Option<Model>,
}

/// How a card reaches each kind of conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deliveries {
    /// Groups: `robotCode`, `atUserIds`, `recipients`, `extension`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub im_group_open_deliver_model: Option<Model>,
    /// Single chats with the robot: `spaceType` `IM_ROBOT`, `robotCode`, `extension`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub im_robot_open_deliver_model: Option<Model>,
    /// Chats of two people: `atUserIds`, `extension`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub im_single_open_deliver_model: Option<Model>,
    /// Pinned: `expiredTimeMillis`, `userIds`, `platforms`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_open_deliver_model: Option<Model>,
}

/// What a card is made of.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Card {
    /// Of a published template; ends in `.schema`.
    pub card_template_id: String,
    /// Our id of the card, for ever.
    pub out_track_id: String,
    /// What everybody sees.
    pub card_data: Variables,
    /// What single people see instead, by their id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_data: Option<BTreeMap<String, Variables>>,
    /// `STREAM` or `HTTP`: where presses go; without it nowhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_type: Option<String>,
    /// With `HTTP`: the key that was registered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback_route_key: Option<String>,
    /// Who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// What all ids of people are: 1 user ids (default), 2 union ids.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub user_id_type: Option<i64>,
    /// User ids that `<a atId=…>` in its texts calls by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_at_user_ids: Option<Vec<String>>,
    /// Variables that are asked of the application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_dynamic_data_config: Option<Value>,
    /// Where it may be shown.
    #[serde(flatten)]
    pub spaces: Spaces,
}

/// Request of `card/instances`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CreateCard {
    /// The card.
    #[serde(flatten)]
    pub card: Card,
}

/// Reply of `card/instances`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardCreated {
    /// True; what failed comes as a refusal.
    #[serde(default, deserialize_with = "read::flag")]
    pub success: bool,
    /// Its `outTrackId`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub result: String,
}

/// Request of `card/instances/deliver`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliverCard {
    /// The card.
    pub out_track_id: String,
    /// As in [`CreateAndDeliver`].
    pub open_space_id: String,
    /// 1 user ids, 2 union ids.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub user_id_type: Option<i64>,
    /// How.
    #[serde(flatten)]
    pub deliveries: Deliveries,
}

/// Request of `card/instances/spaces`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AddSpaces {
    /// The card.
    pub out_track_id: String,
    /// Where else it may be shown.
    #[serde(flatten)]
    pub spaces: Spaces,
}

/// Request of `card/instances/createAndDeliver`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateAndDeliver {
    /// The card.
    #[serde(flatten)]
    pub card: Card,
    /// `dtv1.card//IM_GROUP.<openConversationId>`, `…IM_ROBOT.<person>`, `…IM_SINGLE.<cid>` or `…ONE_BOX.<cid>`;
    /// several joined with `;`.
    pub open_space_id: String,
    /// How.
    #[serde(flatten)]
    pub deliveries: Deliveries,
}

/// Reply of `deliver`: the page shows no answer; the vendor's own clients read `result` as this list
/// (`DeliverCardResponseBody` of `card_1_0`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardShown {
    /// Of the call; each delivery has its own.
    #[serde(default, deserialize_with = "read::flag")]
    pub success: bool,
    /// One per space.
    #[serde(default)]
    pub result: Vec<DeliverResult>,
}

/// Reply of `createAndDeliver`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardDelivered {
    /// Of the call; each delivery has its own.
    #[serde(default, deserialize_with = "read::flag")]
    pub success: bool,
    /// What became of it.
    pub result: Delivered,
}

/// Member of [`CardDelivered`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// The card.
    #[serde(default, deserialize_with = "lenient::text")]
    pub out_track_id: String,
    /// One per space.
    #[serde(default)]
    pub deliver_results: Vec<DeliverResult>,
}

/// Member of [`Delivered`] and [`CardShown`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeliverResult {
    /// `IM_GROUP` and its like.
    #[serde(default, deserialize_with = "lenient::text")]
    pub space_type: String,
    /// The conversation.
    #[serde(default, deserialize_with = "lenient::text")]
    pub space_id: String,
    /// Whether it is shown there.
    #[serde(default, deserialize_with = "read::flag")]
    pub success: bool,
    /// The message's `processQueryKey`, for read states.
    #[serde(default, deserialize_with = "lenient::text")]
    pub carrier_id: String,
    /// Why not.
    #[serde(default, deserialize_with = "lenient::text")]
    pub error_msg: String,
}

/// What an update replaces.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateOptions {
    /// Only the given names of what everybody sees; else everything.
    #[serde(default, deserialize_with = "read::flag")]
    pub update_card_data_by_key: bool,
    /// Only the given names of what single people see; else everything.
    #[serde(default, deserialize_with = "read::flag")]
    pub update_private_data_by_key: bool,
}

/// Request of `PUT card/instances`: one of the two data at least.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateCard {
    /// The card.
    pub out_track_id: String,
    /// What everybody sees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_data: Option<Variables>,
    /// What single people see, by their id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private_data: Option<BTreeMap<String, Variables>>,
    /// What is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_update_options: Option<UpdateOptions>,
    /// 1 user ids, 2 union ids.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub user_id_type: Option<i64>,
}

/// Operations that only say that it worked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardDone {
    /// True; what failed comes as a refusal.
    #[serde(default, deserialize_with = "read::flag")]
    pub success: bool,
    /// True.
    #[serde(default, deserialize_with = "read::flag")]
    pub result: bool,
}

/// Request of `card/streaming`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StreamCard {
    /// The card.
    pub out_track_id: String,
    /// Of this call: a repeat changes nothing.
    pub guid: String,
    /// The variable.
    pub key: String,
    /// Its text, whole or what is added; about 3 KB in all.
    pub content: String,
    /// The text is whole.
    #[serde(default, deserialize_with = "read::flag")]
    pub is_full: bool,
    /// The last call.
    #[serde(default, deserialize_with = "read::flag")]
    pub is_finalize: bool,
    /// It failed.
    #[serde(default, deserialize_with = "read::flag")]
    pub is_error: bool,
}

/// Request of `card/callbacks/register`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RegisterCardCallback {
    /// Named by cards.
    pub callback_route_key: String,
    /// Where presses go.
    pub callback_url: String,
    /// Signs them; of the platform's making where none is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_secret: Option<String>,
    /// Replaces an address that the key has.
    #[serde(default, deserialize_with = "read::flag")]
    pub force_update: bool,
}

/// Reply of `card/callbacks/register`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardCallbackRegistered {
    /// True.
    #[serde(default, deserialize_with = "read::flag")]
    pub success: bool,
    /// What is registered now.
    pub result: CardCallback,
}

/// Member of [`CardCallbackRegistered`].
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CardCallback {
    /// The address.
    #[serde(default, deserialize_with = "lenient::text")]
    pub callback_url: String,
    /// The secret.
    #[serde(default, deserialize_with = "lenient::text")]
    pub api_secret: String,
}

/// A press, as the body of an HTTP call or the `data` of a Stream frame of [`TOPIC`]. It has no id and no time of its
/// own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Press {
    /// `actionCallback`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// The card.
    pub out_track_id: String,
    /// The company.
    #[serde(default)]
    pub corp_id: String,
    /// Who pressed.
    pub user_id: String,
    /// 1 user id, 2 union id.
    #[serde(default, deserialize_with = "lenient::integer_opt", skip_serializing_if = "Option::is_none")]
    pub user_id_type: Option<i64>,
    /// `IM_GROUP` and its like.
    #[serde(default)]
    pub space_type: String,
    /// The conversation.
    #[serde(default)]
    pub space_id: String,
    /// JSON text.
    #[serde(default)]
    pub extension: String,
    /// JSON text: `cardPrivateData` with `actionIds` and `params`.
    #[serde(default)]
    pub content: String,
}

/// What a press is answered with: all parts may be missing. It reaches the screen of whoever pressed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    /// What everybody sees, shown to whoever pressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_data: Option<Variables>,
    /// What whoever pressed sees; not by id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_private_data: Option<Variables>,
    /// What is replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_update_options: Option<UpdateOptions>,
}

/// The header that a press over HTTP is signed in.
pub const SIGNATURE_HEADER: &str = "x-ddpaas-signature";
/// The header of the time that is signed, in milliseconds.
pub const TIMESTAMP_HEADER: &str = "x-ddpaas-signature-timestamp";

/// The signature of a press over HTTP. It covers the time alone, not the body.
#[must_use]
pub fn sign(api_secret: &str, timestamp: &str) -> String {
    mac::base64(api_secret, timestamp)
}

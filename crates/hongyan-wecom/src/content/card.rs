//! Template cards: one type for all five, with what each of them wants.
//!
//! Lengths of titles and texts are advice of the platform; sizes of lists and keys are enforced.
//! <https://developer.work.weixin.qq.com/document/path/90236>

mod check;

use super::or_default;
use hongyan_endpoint::lenient;
use serde::{Deserialize, Serialize};

/// `template_card`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// `text_notice`, `news_notice`, `button_interaction`, `vote_interaction` or `multiple_interaction`.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub card_type: String,
    /// Where it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Source>,
    /// The menu in the corner; wants `task_id`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_menu: Option<ActionMenu>,
    /// The head.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub main_title: Option<Title>,
    /// A quotation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote_area: Option<QuoteArea>,
    /// The large figure of a text notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub emphasis_content: Option<Emphasis>,
    /// The text below the head, about 160.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub sub_title_text: String,
    /// Lines of name and value, at most 6.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub horizontal_content_list: Vec<Horizontal>,
    /// Paragraphs of a news notice, at most 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub vertical_content_list: Vec<Vertical>,
    /// Picture and text side by side, in a news notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_text_area: Option<ImageText>,
    /// The picture of a news notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_image: Option<CardImage>,
    /// Links at the foot, at most 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub jump_list: Vec<Jump>,
    /// Where a click on the whole goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub card_action: Option<CardAction>,
    /// At most 128 of `0-9 A-Z a-z _ - @`, once per application.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub task_id: String,
    /// The drop-down of a button card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button_selection: Option<Selection>,
    /// Buttons, at most 6.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub button_list: Vec<Button>,
    /// The choices of a vote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkbox: Option<Checkbox>,
    /// The drop-downs of a multiple card, at most 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub select_list: Vec<Selection>,
    /// The button of a vote or a multiple card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub submit_button: Option<SubmitButton>,
    /// In an update: the text in place of the buttons.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub replace_text: String,
}

/// Where a card comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// A small picture.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub icon_url: String,
    /// About 20.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub desc: String,
    /// 0 grey, 1 black, 2 red, 3 green.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub desc_color: Option<i64>,
}

/// The menu in the corner.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionMenu {
    /// What it is about.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub desc: String,
    /// 1 to 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub action_list: Vec<MenuItem>,
}

/// An entry of the menu.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuItem {
    /// What it shows.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub text: String,
    /// Comes back with the click; at most 1024, each another.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub key: String,
}

/// The head.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Title {
    /// About 36.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub title: String,
    /// About 44.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub desc: String,
}

/// The large figure.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emphasis {
    /// About 14.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub title: String,
    /// About 22.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub desc: String,
}

/// A quotation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuoteArea {
    /// 0 nothing, 1 `url`, 2 `appid` and `pagepath`.
    #[serde(
        rename = "type",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::integer_opt"
    )]
    pub kind: Option<i64>,
    /// With its scheme.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub url: String,
    /// A mini-program.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub appid: String,
    /// Its page.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub pagepath: String,
    /// Its head.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub title: String,
    /// Its text.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub quote_text: String,
}

/// A line of name and value.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Horizontal {
    /// 0 text, 1 `url`, 2 a file by `media_id`, 3 a member by `userid`.
    #[serde(
        rename = "type",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::integer_opt"
    )]
    pub kind: Option<i64>,
    /// About 5.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub keyname: String,
    /// About 30.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub value: String,
    /// For 1.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub url: String,
    /// For 2.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub media_id: String,
    /// For 3.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub userid: String,
}

/// A paragraph.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vertical {
    /// About 38.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub title: String,
    /// About 160.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub desc: String,
}

/// Picture and text side by side.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageText {
    /// 0 nothing, 1 `url`, 2 `appid` and `pagepath`.
    #[serde(
        rename = "type",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::integer_opt"
    )]
    pub kind: Option<i64>,
    /// With its scheme.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub url: String,
    /// A mini-program.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub appid: String,
    /// Its page.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub pagepath: String,
    /// Its head.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub title: String,
    /// Its text.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub desc: String,
    /// The picture.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub image_url: String,
}

/// The picture.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CardImage {
    /// Its address.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub url: String,
    /// Width to height, 1.3 to 2.25; 1.3 when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<f64>,
}

/// A link at the foot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jump {
    /// 0 nothing, 1 `url`, 2 `appid` and `pagepath`.
    #[serde(
        rename = "type",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::integer_opt"
    )]
    pub kind: Option<i64>,
    /// With its scheme.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub url: String,
    /// A mini-program.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub appid: String,
    /// Its page.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub pagepath: String,
    /// About 18.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub title: String,
}

/// Where a click on the whole goes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardAction {
    /// 0 nothing, 1 `url`, 2 `appid` and `pagepath`.
    #[serde(
        rename = "type",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::integer_opt"
    )]
    pub kind: Option<i64>,
    /// With its scheme.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub url: String,
    /// A mini-program.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub appid: String,
    /// Its page.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub pagepath: String,
}

/// A button.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// 0 calls back with `key`, 1 opens `url`.
    #[serde(
        rename = "type",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::integer_opt"
    )]
    pub kind: Option<i64>,
    /// About 10.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub text: String,
    /// 1 to 4.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub style: Option<i64>,
    /// Comes back with the click; at most 1024.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub key: String,
    /// For 1.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub url: String,
}

/// A drop-down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Selection {
    /// Comes back with the click; at most 1024.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub question_key: String,
    /// About 13.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub title: String,
    /// The option that is chosen at first.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub selected_id: String,
    /// 1 to 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub option_list: Vec<Choice>,
    /// 1: cannot be changed, in an update.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub disable: Option<bool>,
}

/// An option of a drop-down.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// At most 128.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub id: String,
    /// About 16.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub text: String,
}

/// The choices of a vote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkbox {
    /// Comes back with the click; at most 1024.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub question_key: String,
    /// 0 one of them, 1 several.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub mode: Option<i64>,
    /// 1 to 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "or_default")]
    pub option_list: Vec<VoteOption>,
    /// 1: cannot be changed, in an update.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub disable: Option<bool>,
}

/// An option of a vote.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoteOption {
    /// At most 128.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub id: String,
    /// About 17.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub text: String,
    /// Chosen at first.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_checked: Option<bool>,
}

/// The button that sends the choice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubmitButton {
    /// About 10.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub text: String,
    /// Comes back with the click; at most 1024.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub key: String,
}

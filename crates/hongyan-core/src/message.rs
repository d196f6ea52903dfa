//! What was asked: one message, as a business system hands it over.

use crate::{Address, Time};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A message as `POST /v1/messages` takes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// The audience; at least one entry.
    pub to: Vec<Address>,
    /// Accounts to send through; empty for the route's.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
    /// The route that names the accounts when `via` is empty; `default` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub route: Option<String>,
    /// What it says: exactly one of the forms.
    pub content: Content,
    /// Not before this time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send_at: Option<Time>,
    /// Not after this time: what is still pending then becomes `expired`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Time>,
    /// Higher goes first within an account.
    #[serde(default, skip_serializing_if = "Priority::is_normal")]
    pub priority: Priority,
    /// For finding it again: `?label.KEY=VALUE`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// Order within an account's lane.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When nothing else waits.
    Low,
    /// The usual.
    #[default]
    Normal,
    /// Before the usual.
    High,
    /// Before everything.
    Critical,
}

impl Priority {
    /// 0 to 3, greater goes first.
    #[must_use]
    pub const fn rank(self) -> u8 {
        self as u8
    }

    /// Whether it is the usual one.
    #[must_use]
    pub const fn is_normal(&self) -> bool {
        matches!(self, Self::Normal)
    }
}

/// What a message says. Exactly one of `text`, `markdown`, `html`, `template`, `native`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Title: the mail's subject, a card's head line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Markdown; needs a `title`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub markdown: Option<String>,
    /// HTML, for mail; needs a `title`. A `text` beside it is the plain part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
    /// Files, for mail.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
    /// The name of a configured template, filled with `data`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// Values for the template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
    /// A platform's own message object (DingTalk `msg`, WeCom `msgtype` and its object), sent as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub native: Option<Value>,
}

/// A file that travels with a mail.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attachment {
    /// File name as the receiver sees it; any language.
    pub name: String,
    /// Media type; `application/octet-stream` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// The bytes, in standard base64.
    pub base64: String,
}

/// The forms of [`Content`], once templates are filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// `text`.
    Text,
    /// `title` and `markdown`.
    Markdown,
    /// `title` and `html`.
    Html,
    /// `native`.
    Native,
}

impl Format {
    /// As in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Native => "native",
        }
    }
}

/// Whether a content still waits for its template.
#[derive(Debug, Clone, PartialEq)]
pub enum Templated<'a> {
    /// Ready to be planned.
    Ready(Format),
    /// To be filled from this template first.
    Template(&'a str),
}

impl Content {
    /// Which form it has.
    ///
    /// # Errors
    /// Field (relative to `content`) and sentence, when there is not exactly one form or a companion is missing.
    pub fn form(&self) -> Result<Templated<'_>, (&'static str, String)> {
        let mut forms = Vec::with_capacity(2);
        if self.html.is_some() {
            forms.push("html");
        } else if self.text.is_some() {
            forms.push("text");
        }
        for (name, given) in [
            ("markdown", self.markdown.is_some()),
            ("template", self.template.is_some()),
            ("native", self.native.is_some()),
        ] {
            if given {
                forms.push(name);
            }
        }
        if forms.len() > 1 {
            return Err((forms[1], format!("{} and {} cannot stand together: give one form", forms[0], forms[1])));
        }
        if self.data.is_some() && self.template.is_none() {
            return Err(("data", "only a template takes data".into()));
        }
        let empty = |text: &Option<String>| text.as_ref().is_some_and(|t| t.trim().is_empty());
        let control = |text: &str| text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
        for (name, text) in [("text", &self.text), ("markdown", &self.markdown), ("html", &self.html)] {
            if empty(text) {
                return Err((name, "is empty".into()));
            }
            if text.as_deref().is_some_and(control) {
                return Err((name, "holds a control character".into()));
            }
        }
        if self.title.as_deref().is_some_and(|t| t.trim().is_empty() || t.chars().any(char::is_control)) {
            return Err(("title", "is empty, or holds a line break or another control character".into()));
        }
        match forms.first() {
            None => Err(("", "one of text, markdown, html, template, native is expected".into())),
            Some(&"text") => Ok(Templated::Ready(Format::Text)),
            Some(&("markdown" | "html")) if self.title.is_none() => {
                Err(("title", format!("is needed beside {}", forms[0])))
            }
            Some(&"markdown") => Ok(Templated::Ready(Format::Markdown)),
            Some(&"html") => Ok(Templated::Ready(Format::Html)),
            Some(&"native") => match &self.native {
                Some(Value::Object(_)) => Ok(Templated::Ready(Format::Native)),
                _ => Err(("native", "is not an object".into())),
            },
            Some(_) => Ok(Templated::Template(self.template.as_deref().unwrap_or_default())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(text: &str) -> Result<String, &'static str> {
        let content: Content = serde_json::from_str(text).unwrap();
        content.form().map(|form| format!("{form:?}")).map_err(|(field, _)| field)
    }

    #[test]
    fn exactly_one_form_is_taken() {
        assert_eq!(form(r#"{"text":"a"}"#).unwrap(), "Ready(Text)");
        assert_eq!(form(r#"{"title":"t","markdown":"a"}"#).unwrap(), "Ready(Markdown)");
        assert_eq!(form(r#"{"title":"t","html":"<p>","text":"a"}"#).unwrap(), "Ready(Html)");
        assert_eq!(form(r#"{"template":"x","data":{}}"#).unwrap(), "Template(\"x\")");
        assert_eq!(form("{}"), Err(""));
        assert_eq!(form(r#"{"text":"a","markdown":"b","title":"t"}"#), Err("markdown"));
        assert_eq!(form(r#"{"markdown":"b"}"#), Err("title"));
        assert_eq!(form(r#"{"text":"  "}"#), Err("text"));
        assert_eq!(form(r#"{"text":"a\u0007"}"#), Err("text"));
        assert_eq!(form(r#"{"text":"a","title":"b\r\nBcc: x"}"#), Err("title"));
        assert_eq!(form(r#"{"text":"a","data":{}}"#), Err("data"));
        assert_eq!(form(r#"{"native":"a"}"#), Err("native"));
    }
}

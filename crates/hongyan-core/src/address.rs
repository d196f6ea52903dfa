//! Whom a message is for.

use hongyan_endpoint::mail_address;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The ways to name a recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddressKind {
    /// A platform's user id.
    Userid,
    /// A mobile number.
    Mobile,
    /// An e-mail address.
    Email,
    /// A department's id, with all below it.
    Department,
    /// A WeCom tag's id.
    Tag,
    /// A group chat's id.
    Chat,
    /// Everybody whom the account can see.
    All,
    /// A mailbox that gets a copy, seen by the others.
    Cc,
    /// A mailbox that gets a copy, seen by nobody.
    Bcc,
}

impl AddressKind {
    /// Every kind, in the order of the declaration.
    pub const EVERY: [Self; 9] = [
        Self::Userid,
        Self::Mobile,
        Self::Email,
        Self::Department,
        Self::Tag,
        Self::Chat,
        Self::All,
        Self::Cc,
        Self::Bcc,
    ];

    /// As in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Userid => "userid",
            Self::Mobile => "mobile",
            Self::Email => "email",
            Self::Department => "department",
            Self::Tag => "tag",
            Self::Chat => "chat",
            Self::All => "all",
            Self::Cc => "cc",
            Self::Bcc => "bcc",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|kind| kind.name() == name)
    }
}

/// One entry of `to`: `{"mobile": "…"}`, `{"userid": "…"}`, `{"email": "…"}`, `{"department": "…"}`,
/// `{"tag": "…"}`, `{"chat": "…"}` or `{"all": true}`, optionally with `via` to name the accounts for this entry alone.
/// An `email` may have a `name`. In the ledger, copies are `{"cc": "…"}` and `{"bcc": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "Entry")]
pub struct Address {
    /// How the recipient is named.
    pub kind: AddressKind,
    /// The name; empty for [`AddressKind::All`].
    pub value: String,
    /// The person's name beside a mail address, as a mail shows it.
    pub name: Option<String>,
    /// Accounts for this entry, instead of the message's.
    pub via: Vec<String>,
}

impl Address {
    /// An address without a name and accounts of its own.
    #[must_use]
    pub fn new(kind: AddressKind, value: impl Into<String>) -> Self {
        Self { kind, value: value.into(), name: None, via: Vec::new() }
    }
}

impl Address {
    /// The list that it travels in: a person looked up by number is the person named by id.
    pub(crate) const fn kind_on_wire(&self) -> AddressKind {
        match self.kind {
            AddressKind::Mobile | AddressKind::Email | AddressKind::Cc | AddressKind::Bcc => AddressKind::Userid,
            kind => kind,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.kind == AddressKind::All {
            f.write_str("all")
        } else {
            write!(f, "{}:{}", self.kind.name(), self.value)
        }
    }
}

/// The JSON form of [`Address`].
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Address")]
struct Entry {
    /// A platform's user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    userid: Option<String>,
    /// A mobile number, looked up on the platform.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mobile: Option<String>,
    /// An e-mail address: the mailbox itself, or looked up on a platform that can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// A department's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    department: Option<String>,
    /// A WeCom tag's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<String>,
    /// A group chat's id, as the platform or `POST /v1/chats` gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    chat: Option<String>,
    /// `true` for everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    all: Option<bool>,
    /// A mail address from the message's `cc`: in the ledger only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cc: Option<String>,
    /// A mail address from the message's `bcc`: in the ledger only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bcc: Option<String>,
    /// The person's name beside `email`, as a mail shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    /// Accounts for this entry alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    via: Vec<String>,
}

impl TryFrom<Entry> for Address {
    type Error = String;

    fn try_from(entry: Entry) -> Result<Self, String> {
        let all = match entry.all {
            Some(true) => Some(String::new()),
            Some(false) => return Err("\"all\" can only be true".into()),
            None => None,
        };
        let mut given = [
            (AddressKind::Userid, entry.userid),
            (AddressKind::Mobile, entry.mobile),
            (AddressKind::Email, entry.email),
            (AddressKind::Department, entry.department),
            (AddressKind::Tag, entry.tag),
            (AddressKind::Chat, entry.chat),
            (AddressKind::All, all),
            (AddressKind::Cc, entry.cc),
            (AddressKind::Bcc, entry.bcc),
        ]
        .into_iter()
        .filter_map(|(kind, value)| value.map(|value| (kind, value)));
        let (Some((kind, value)), None) = (given.next(), given.next()) else {
            return Err("one of userid, mobile, email, department, tag, chat, all is expected, and only one".into());
        };
        check(kind, &value)?;
        if let Some(name) = &entry.name {
            if kind != AddressKind::Email {
                return Err("name stands beside an email only".into());
            }
            check_name(name)?;
        }
        Ok(Self { kind, value, name: entry.name, via: entry.via })
    }
}

/// Somebody with a mailbox: `{"email": "…"}`, with the `name` that a mail shows beside it where there is one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mailbox {
    /// The mail address.
    #[serde(deserialize_with = "read_email")]
    pub email: String,
    /// The name beside it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read_name")]
    pub name: Option<String>,
}

impl Mailbox {
    /// As a recipient of that kind.
    pub(crate) fn address(&self, kind: AddressKind) -> Address {
        Address { name: self.name.clone(), ..Address::new(kind, self.email.as_str()) }
    }
}

fn read_email<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    let email = String::deserialize(from)?;
    check(AddressKind::Email, &email).map_err(serde::de::Error::custom)?;
    Ok(email)
}

fn read_name<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let name = Option::<String>::deserialize(from)?;
    name.iter().try_for_each(|name| check_name(name)).map_err(serde::de::Error::custom)?;
    Ok(name)
}

/// Longest name beside a mail address, in bytes.
const MAX_NAME: usize = 255;

fn check_name(name: &str) -> Result<(), String> {
    if name.trim().is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(format!("name is empty, longer than {MAX_NAME} bytes, or holds a control character"));
    }
    Ok(())
}

/// Longest address accepted: a mail address has at most 64 + 1 + 255 octets (RFC 5321, 4.5.3.1).
const MAX_BYTES: usize = 320;

fn check(kind: AddressKind, value: &str) -> Result<(), String> {
    let name = kind.name();
    if kind == AddressKind::All {
        return Ok(());
    }
    if value.is_empty() || value.trim() != value {
        return Err(format!("{name} is empty or has spaces around it"));
    }
    if value.len() > MAX_BYTES {
        return Err(format!("{name} is longer than {MAX_BYTES} bytes"));
    }
    if value.chars().any(|c| c.is_control() || matches!(c, ',' | '|')) {
        return Err(format!("{name} holds a control character, a comma or a bar: give one recipient per entry"));
    }
    match kind {
        AddressKind::Mobile if !value.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-')) => {
            Err("mobile holds something other than digits, + and -".into())
        }
        AddressKind::Department | AddressKind::Tag if !value.bytes().all(|b| b.is_ascii_digit()) => {
            Err(format!("{name} is not a number"))
        }
        AddressKind::Email | AddressKind::Cc | AddressKind::Bcc => {
            mail_address(value).map(drop).map_err(|why| format!("{name}: {why}"))
        }
        _ => Ok(()),
    }
}

impl Serialize for Address {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut entry = Entry { via: self.via.clone(), name: self.name.clone(), ..Entry::default() };
        let value = Some(self.value.clone());
        match self.kind {
            AddressKind::Userid => entry.userid = value,
            AddressKind::Mobile => entry.mobile = value,
            AddressKind::Email => entry.email = value,
            AddressKind::Department => entry.department = value,
            AddressKind::Tag => entry.tag = value,
            AddressKind::Chat => entry.chat = value,
            AddressKind::All => entry.all = Some(true),
            AddressKind::Cc => entry.cc = value,
            AddressKind::Bcc => entry.bcc = value,
        }
        entry.serialize(to)
    }
}

impl JsonSchema for Address {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Address".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        Entry::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_names_exactly_one_recipient() {
        let read = |text: &str| serde_json::from_str::<Address>(text);
        assert_eq!(read(r#"{"all":true}"#).unwrap().kind, AddressKind::All);
        assert_eq!(read(r#"{"userid":"li","via":["ding"]}"#).unwrap().via, ["ding"]);
        for bad in [
            "{}",
            r#"{"all":false}"#,
            r#"{"userid":"a","mobile":"1"}"#,
            r#"{"userid":""}"#,
            r#"{"userid":"a,b"}"#,
            r#"{"userid":"a\u0000b"}"#,
            r#"{"mobile":"abc"}"#,
            r#"{"email":"nobody"}"#,
            r#"{"email":"a@b\r\nBcc: c@d"}"#,
            r#"{"email":"a..b@x.cn"}"#,
            r#"{"email":"a@x.cn;b@y.cn"}"#,
            r#"{"email":"a@b@c.cn"}"#,
            r#"{"email":"李@b.cn"}"#,
            r#"{"email":"a@b.cn","name":"a\nBcc: x"}"#,
            r#"{"email":"a@b.cn","name":" "}"#,
            r#"{"userid":"a","name":"李"}"#,
            r#"{"department":"x"}"#,
            r#"{"phone":"1"}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_mailbox_has_an_address_and_perhaps_a_name() {
        let read = |text: &str| serde_json::from_str::<Mailbox>(text);
        assert_eq!(read(r#"{"email":"li@例子.cn","name":"李雷"}"#).unwrap().name.as_deref(), Some("李雷"));
        assert_eq!(read(r#"{"email":"li@a.cn"}"#).unwrap().name, None);
        for bad in
            [r#"{"email":"a@x.cn,b@y.cn"}"#, r#"{"name":"李"}"#, r#"{"email":"a@x.cn","name":"\n"}"#, r#""a@x.cn""#]
        {
            assert!(read(bad).is_err(), "{bad}");
        }
        let named = r#"{"email":"li@a.cn","name":"李雷"}"#;
        let address: Address = serde_json::from_str(named).unwrap();
        assert_eq!(serde_json::to_string(&address).unwrap(), named);
    }

    #[test]
    fn an_address_is_written_as_it_was_read() {
        for kind in AddressKind::EVERY {
            let value = match kind {
                AddressKind::All => "",
                AddressKind::Email | AddressKind::Cc | AddressKind::Bcc => "li@example.com",
                _ => "42",
            };
            let address = Address::new(kind, value);
            let text = serde_json::to_string(&address).unwrap();
            assert_eq!(serde_json::from_str::<Address>(&text).unwrap(), address, "{text}");
        }
    }
}

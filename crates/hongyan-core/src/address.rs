//! Whom a message is for.

use hongyan_endpoint::{Bilingual, bilingual, mail_address};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, fmt};

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
/// `{"tag": "…"}`, `{"chat": "…"}` or `{"all": true}`, the last one with `"mention": true` where a robot is to mention
/// everybody; optionally with `via` to name the accounts for this entry alone. An `email` may have a
/// `name`. In the ledger, copies are `{"cc": "…"}` and `{"bcc": "…"}`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "Entry")]
pub struct Address {
    /// How the recipient is named.
    pub kind: AddressKind,
    /// The name; of [`AddressKind::All`] nothing, or [`Address::MENTIONED`].
    pub value: String,
    /// The person's name beside a mail address, as a mail shows it.
    pub name: Option<String>,
    /// Accounts for this entry, instead of the message's.
    pub via: Vec<String>,
}

impl Address {
    /// The value of everybody who is to be mentioned.
    pub const MENTIONED: &str = "mention";

    /// An address without a name and accounts of its own.
    #[must_use]
    pub fn new(kind: AddressKind, value: impl Into<String>) -> Self {
        Self { kind, value: value.into(), name: None, via: Vec::new() }
    }

    /// Whether it is everybody, to be mentioned.
    #[must_use]
    pub fn mentions_all(&self) -> bool {
        self.kind == AddressKind::All && self.value == Self::MENTIONED
    }

    /// As the platforms write it: a mobile number of China as eleven digits, as all of their examples have it, another
    /// one as `+852-61234567`; however it was set out.
    #[must_use]
    pub fn on_wire(&self) -> Cow<'_, str> {
        if self.kind != AddressKind::Mobile {
            return Cow::Borrowed(&self.value);
        }
        let digits: String = self.value.chars().filter(char::is_ascii_digit).collect();
        let number = ["0086", "86"].iter().find_map(|code| digits.strip_prefix(code)).unwrap_or(&digits);
        let abroad = self.value.starts_with('+') && !digits.starts_with("86");
        if number.len() == 11 && number.starts_with('1') && !abroad {
            return Cow::Owned(number.to_owned());
        }
        match self.value.strip_prefix('+').and_then(|rest| rest.split_once([' ', '-'])) {
            Some((code, number)) => Cow::Owned(format!("+{code}-{}", number.replace([' ', '-'], ""))),
            None => Cow::Owned(self.value.replace([' ', '-'], "")),
        }
    }

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
    /// Beside `all`: whether the robot of a group mentions everybody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mention: Option<bool>,
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
    type Error = Bilingual;

    fn try_from(entry: Entry) -> Result<Self, Bilingual> {
        if entry.mention.is_some() && entry.all.is_none() {
            return Err(Bilingual::fixed(
                "mention stands beside all only: people are mentioned by being named",
                "mention 只能与 all 一起使用：提醒个人请直接写明其人",
            ));
        }
        let all = match entry.all {
            Some(true) if entry.mention == Some(true) => Some(Self::MENTIONED.to_owned()),
            Some(true) => Some(String::new()),
            Some(false) => return Err(Bilingual::fixed("\"all\" can only be true", "\"all\" 只能为 true")),
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
            return Err(Bilingual::fixed(
                "one of userid, mobile, email, department, tag, chat, all is expected, and only one",
                "应给出 userid、mobile、email、department、tag、chat、all 之一，且只能一个",
            ));
        };
        check(kind, &value)?;
        if let Some(name) = &entry.name {
            if kind != AddressKind::Email {
                return Err(Bilingual::fixed("name stands beside an email only", "name 只能与 email 一起使用"));
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

fn check_name(name: &str) -> Result<(), Bilingual> {
    if name.trim().is_empty() || name.len() > MAX_NAME || name.chars().any(char::is_control) {
        return Err(bilingual!(
            "name is empty, longer than {MAX_NAME} bytes, or holds a control character";
            "name 为空、超过 {MAX_NAME} 字节，或含有控制字符"
        ));
    }
    Ok(())
}

/// Longest address accepted: a mail address has at most 64 + 1 + 255 octets (RFC 5321, 4.5.3.1).
const MAX_BYTES: usize = 320;
/// What stands between several recipients in one field, on one platform or another.
const SEPARATORS: [char; 3] = ['|', ',', ';'];

/// What makes of one id several recipients, or all of them; `None` for an id that names one.
///
/// Whatever hongyan puts into a platform's list goes through here: what callers hand in, and what a platform's own
/// directory answers. The platforms' own paths do not: there a list is what the platform says it is.
#[must_use]
pub fn names_several(id: &str) -> Option<Bilingual> {
    if id.trim().eq_ignore_ascii_case("@all") || id.trim().eq_ignore_ascii_case("<@all>") {
        return Some(Bilingual::fixed(
            "means everybody to a platform: say {\"all\": true} for that",
            "在平台上指所有人：请改用 {\"all\": true}",
        ));
    }
    if id.contains(SEPARATORS) {
        return Some(Bilingual::fixed(
            "holds a bar, a comma or a semicolon: give one recipient per entry",
            "含有竖线、逗号或分号：每项只写一个收件人",
        ));
    }
    // A mention is written `<@id>`: what closes it could name others behind it.
    if id.contains(['<', '>']) {
        return Some(Bilingual::fixed("holds an angle bracket: give the id alone", "含有尖括号：只写 ID"));
    }
    None
}

fn check(kind: AddressKind, value: &str) -> Result<(), Bilingual> {
    let name = kind.name();
    if kind == AddressKind::All {
        return Ok(());
    }
    if value.is_empty() || value.trim() != value {
        return Err(bilingual!("{name} is empty or has spaces around it"; "{name} 为空，或首尾有空格"));
    }
    if value.len() > MAX_BYTES {
        return Err(bilingual!("{name} is longer than {MAX_BYTES} bytes"; "{name} 超过 {MAX_BYTES} 字节"));
    }
    if value.chars().any(char::is_control) {
        return Err(bilingual!("{name} holds a control character"; "{name} 含有控制字符"));
    }
    if let Some(Bilingual { en, zh }) = names_several(value) {
        return Err(bilingual!("{name} {en}"; "{name} {zh}"));
    }
    match kind {
        AddressKind::Mobile if !is_mobile(value) => Err(Bilingual::fixed(
            "mobile holds something other than digits and -, or a country's number before them, as in +86 139…",
            "mobile 只能含数字和 -，前面可有国家代码，如 +86 139…",
        )),
        AddressKind::Department | AddressKind::Tag if !value.bytes().all(|b| b.is_ascii_digit()) => {
            Err(bilingual!("{name} is not a number"; "{name} 不是数字"))
        }
        AddressKind::Email | AddressKind::Cc | AddressKind::Bcc => {
            mail_address(value).map(drop).map_err(|Bilingual { en, zh }| bilingual!("{name}: {en}"; "{name}：{zh}"))
        }
        _ => Ok(()),
    }
}

/// Digits and dashes, after `+86` and the like, and a space where there is one after that.
fn is_mobile(value: &str) -> bool {
    let number = match value.strip_prefix('+').and_then(|rest| rest.split_once(' ')) {
        Some((code, number)) if !code.is_empty() && code.bytes().all(|b| b.is_ascii_digit()) => number,
        _ => value,
    };
    number.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'+' | b'-'))
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
            AddressKind::All => {
                entry.all = Some(true);
                entry.mention = self.mentions_all().then_some(true);
            }
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
            r#"{"userid":"li","mention":true}"#,
            r#"{"mobile":"+86 139 0000 1111"}"#,
            r#"{"mobile":"139 00001111"}"#,
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn no_spelling_makes_one_entry_many_recipients() {
        let read = |kind: AddressKind, value: &str| {
            let entry = serde_json::json!({kind.name(): value}).to_string();
            serde_json::from_str::<Address>(&entry).map_err(|error| error.to_string())
        };
        for kind in AddressKind::EVERY.into_iter().filter(|kind| *kind != AddressKind::All) {
            for everybody in ["@all", "@ALL", "<@all>", "<@All>"] {
                let error = read(kind, everybody).unwrap_err();
                assert!(error.contains("{\"all\": true}"), "{kind:?} {everybody}: {error}");
            }
            let is_mail = matches!(kind, AddressKind::Email | AddressKind::Cc | AddressKind::Bcc);
            let one = if is_mail { "a@example.com" } else { "1" };
            for separator in SEPARATORS {
                assert!(read(kind, &format!("{one}{separator}{one}")).is_err(), "{kind:?} {separator}");
                assert!(read(kind, &format!("{one}{separator}")).is_err(), "{kind:?} {separator} at the end");
            }
            assert!(read(kind, &format!("{one}> <@all")).is_err(), "{kind:?}: out of a mention");
            assert!(read(kind, one).is_ok(), "{kind:?}");
        }
        for one in ["zhang.san@corp", "a-b_c", "cid14da+/==", "all", "张三"] {
            assert_eq!(names_several(one), None, "{one}");
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
            let everybody = Address::new(AddressKind::All, Address::MENTIONED);
            let mention = serde_json::to_string(&everybody).unwrap();
            assert_eq!(mention, r#"{"all":true,"mention":true}"#);
            assert_eq!(serde_json::from_str::<Address>(&mention).unwrap(), everybody);
            let text = serde_json::to_string(&address).unwrap();
            assert_eq!(serde_json::from_str::<Address>(&text).unwrap(), address, "{text}");
        }
    }

    #[test]
    fn a_mobile_number_of_china_goes_out_as_the_platforms_write_it() {
        for (given, wire) in [
            ("13900001111", "13900001111"),
            ("+86 13900001111", "13900001111"),
            ("+86-13900001111", "13900001111"),
            ("+8613900001111", "13900001111"),
            ("0086-13900001111", "13900001111"),
            ("+86 139-0000-1111", "13900001111"),
            ("139-0000-1111", "13900001111"),
            ("0086-139-0000-1111", "13900001111"),
            ("8613900001111", "13900001111"),
            ("+852-61234567", "+852-61234567"),
            ("+852 6123-4567", "+852-61234567"),
            ("+86-10-88888888", "+86-1088888888"),
            ("+85261234567", "+85261234567"),
            ("+1 862-555-0100", "+1-8625550100"),
        ] {
            let read: Address = serde_json::from_value(serde_json::json!({ "mobile": given })).unwrap();
            assert_eq!((read.value.as_str(), &*read.on_wire()), (given, wire), "it is kept as it was given");
        }
        assert_eq!(Address::new(AddressKind::Userid, "+8613900001111").on_wire(), "+8613900001111");
    }
}

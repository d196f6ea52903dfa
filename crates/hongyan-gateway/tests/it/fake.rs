//! Channels that send nothing.

use async_trait::async_trait;
use hongyan_core::{
    Address, AddressKind, Call, CallFile, CallHandle, Capabilities, Channel, Chat, ChatChange, Chats, Contacts,
    Content, Dedup, Department, FileUse, Flaw, Format, Group, Health, Missing, NewChat, Outcome, Person, Reason,
    Recall, RecipientState, Resolution, Target, TargetResult, Time, TokenHealth, Unfit, Uploaded, Uploads,
};
use hongyan_endpoint::{About, Class, ErrorCode, Fault, File, Responsible, error_code as row};
use std::{
    borrow::Cow,
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

const KNOWN: ErrorCode =
    row("40035", Class::Permanent, Responsible::Sender, ("no such person", "查无此人"), ("check the id", "请核对 ID"));
const NO_CHAT: ErrorCode =
    row("86003", Class::Permanent, Responsible::Sender, ("no such chat", "群聊不存在"), ("check the id", "请核对 ID"));
const NO_DEPARTMENT: ErrorCode = row(
    "60003",
    Class::Permanent,
    Responsible::Sender,
    ("no such department", "部门不存在"),
    ("check the id", "请核对 ID"),
);
const LAPSED: ErrorCode = row(
    "40007",
    Class::Permanent,
    Responsible::Sender,
    ("the media id is not known", "媒体不存在"),
    ("upload", "请上传"),
);
const SHUT_OUT: ErrorCode =
    row("60011", Class::Permanent, Responsible::Admin, ("the app may not", "应用无权限"), ("grant it", "请授权"));
const BUSY: ErrorCode =
    row("45009", Class::throttled(60), Responsible::Hongyan, ("too many", "超限"), ("wait", "请等待"));
const EVERY: [&ErrorCode; 6] = [&KNOWN, &NO_CHAT, &NO_DEPARTMENT, &LAPSED, &SHUT_OUT, &BUSY];

/// What a fake platform has seen.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    /// Form and name of each upload.
    pub(crate) uploads: Mutex<Vec<String>>,
    /// The file of each call that was made with one.
    pub(crate) calls: Mutex<Vec<String>>,
    /// Uploads that are known no longer.
    pub(crate) lapsed: Mutex<Vec<String>>,
    chats: Mutex<BTreeMap<String, Chat>>,
}

/// Takes every call; whoever is called `ghost` is refused.
pub(crate) struct FakeChannel {
    capabilities: Capabilities,
    broken: bool,
    pub(crate) desk: Arc<Desk>,
}

pub(crate) fn capabilities(channel: &'static str, groups: Vec<Group>) -> Capabilities {
    Capabilities {
        channel,
        groups,
        looked_up: &[AddressKind::Mobile],
        formats: &[Format::Text, Format::Markdown, Format::Image, Format::File, Format::Voice, Format::Video],
        attachments: false,
        dedup: Dedup::None,
        receipts_for: None,
        recall_for: Some(Duration::from_secs(60)),
        concurrency: 4,
        rates: Vec::new(),
    }
}

impl FakeChannel {
    /// Uploads pictures, files and voices; a film it can only name.
    pub(crate) fn people() -> Self {
        let groups = vec![
            Group::of(&[AddressKind::Userid, AddressKind::Mobile], 100),
            Group::of(&[AddressKind::Department], 20),
            Group::chats(Dedup::None),
        ];
        Self { capabilities: capabilities("people", groups), broken: false, desk: Arc::default() }
    }

    /// Carries files in its calls.
    pub(crate) fn mailboxes() -> Self {
        let mut capabilities = capabilities("mailboxes", vec![Group::of(&[AddressKind::Email], 50)]);
        capabilities.formats = &[Format::Text, Format::Markdown, Format::Html, Format::Image, Format::File];
        capabilities.attachments = true;
        Self { capabilities, broken: false, desk: Arc::default() }
    }

    /// Panics when asked whether a content fits, and cannot log in.
    pub(crate) fn broken() -> Self {
        Self { broken: true, ..Self::people() }
    }
}

#[async_trait]
impl Channel for FakeChannel {
    fn capabilities(&self) -> &Capabilities {
        &self.capabilities
    }

    fn parts<'a>(&self, content: &'a Content, _suffix: &str) -> Result<Vec<Cow<'a, Content>>, Unfit> {
        assert!(!self.broken, "an invented mistake in a channel");
        let size = content.text.as_ref().map_or(0, String::len);
        if size > 2_048 {
            return Err(Unfit::new("text", Flaw::bytes(size, 2_048)));
        }
        // Halves, at this invented mark.
        if let Some((first, second)) = content.text.as_deref().and_then(|text| text.split_once("<<cut>>")) {
            let part = |text: &str| Cow::Owned(Content { text: Some(text.into()), ..content.clone() });
            return Ok(vec![part(first), part(second)]);
        }
        Ok(vec![Cow::Borrowed(content)])
    }

    async fn resolve(&self, addresses: &[Address]) -> Result<Vec<Resolution>, Fault> {
        let id = |a: &Address| {
            if a.kind == AddressKind::Mobile { Resolution::Id(a.value.clone()) } else { Resolution::Itself }
        };
        Ok(addresses.iter().map(id).collect())
    }

    fn file_use(&self, form: Format) -> FileUse {
        match (self.capabilities.channel, form) {
            ("mailboxes", _) => FileUse::Carry,
            (_, Format::Video) => FileUse::None,
            _ => FileUse::Upload,
        }
    }

    fn recall(&self) -> Option<&dyn Recall> {
        Some(self)
    }

    fn uploads(&self) -> Option<&dyn Uploads> {
        Some(self)
    }

    fn chats(&self) -> Option<&dyn Chats> {
        (self.capabilities.channel == "people").then_some(self)
    }

    fn contacts(&self) -> Option<&dyn Contacts> {
        (self.capabilities.channel == "people").then_some(self)
    }

    fn missing(&self, code: &str) -> Option<Missing> {
        match code {
            "40035" => Some(Missing::Person),
            "60003" => Some(Missing::Department),
            "86003" => Some(Missing::Chat),
            "40007" => Some(Missing::File),
            _ => None,
        }
    }

    async fn deliver(&self, call: &Call<'_>) -> Outcome {
        match call.file {
            Some(CallFile::Id(id)) => {
                self.desk.calls.lock().unwrap().push(id.to_owned());
                if self.desk.lapsed.lock().unwrap().iter().any(|lapsed| lapsed == id) {
                    return Outcome::failed(Fault::refused("40007", "invalid media_id", Some(&LAPSED)));
                }
            }
            Some(CallFile::Bytes(file)) => {
                self.desk.calls.lock().unwrap().push(format!("{} {}", file.name, file.bytes.len()));
            }
            None => {}
        }
        let refused = |target: &Target| TargetResult {
            index: target.index,
            state: RecipientState::Refused,
            reason: Some(Reason { code: KNOWN.code.into(), message: "no such user".into() }),
        };
        let exceptions = call.targets.iter().filter(|t| t.address.value == "ghost").map(refused).collect();
        Outcome::Taken { handle: Some("7".into()), exceptions }
    }

    async fn probe(&self) -> Result<(), Fault> {
        if self.broken { Err(Fault::refused("40035", "who are you", Some(&KNOWN))) } else { Ok(()) }
    }

    fn health(&self) -> Health {
        Health { token: TokenHealth::None }
    }

    fn explain(&self, code: &str) -> Option<&'static ErrorCode> {
        EVERY.into_iter().find(|known| known.code == code)
    }
}

#[async_trait]
impl Recall for FakeChannel {
    fn window(&self, _handle: &CallHandle) -> Option<Duration> {
        self.capabilities.recall_for
    }

    async fn take_back(&self, _handle: &CallHandle) -> Result<(), Fault> {
        Ok(())
    }
}

#[async_trait]
impl Uploads for FakeChannel {
    /// Takes a moment, so that uploads at once can meet. `refused…` is never taken; the reply to the first upload of
    /// `lost…` is lost.
    async fn upload(&self, form: Format, file: &File, now: Time) -> Result<Uploaded, Fault> {
        tokio::time::sleep(Duration::from_millis(50)).await;
        let number = {
            let mut uploads = self.desk.uploads.lock().unwrap();
            uploads.push(format!("{} {} {}", form.name(), file.name, file.bytes.len()));
            uploads.len()
        };
        if file.name.starts_with("refused") {
            return Err(Fault::refused("60011", "not here", Some(&SHUT_OUT)));
        }
        if file.name.starts_with("lost") && number == 1 {
            return Err(Fault::transport("net.lost", "the reply was lost").with_class(Class::Ambiguous));
        }
        Ok(Uploaded { id: format!("@{number}"), until: now + Duration::from_secs(86_400) })
    }
}

/// Everybody is there, but `ghost`; the app may not look at `shut` and asks too often for `busy`; whoever asks for
/// `locked` finds that the account's own login is refused.
fn ask(value: &str) -> Result<(), Fault> {
    match value {
        "ghost" => Err(Fault::refused("40035", "no such user", Some(&KNOWN))),
        "shut" => Err(Fault::refused("60011", "no privilege", Some(&SHUT_OUT))),
        "busy" => Err(Fault::refused("45009", "freq out of limit", Some(&BUSY)).with_class(Class::throttled(60))),
        "lost" => Err(Fault::transport("net.lost", "the reply was lost").with_class(Class::Ambiguous)),
        "locked" => Err(Fault::refused("40001", "invalid credential", None).with_about(About::Account)),
        _ => Ok(()),
    }
}

#[async_trait]
impl Contacts for FakeChannel {
    async fn person(&self, key: &Address) -> Result<Person, Fault> {
        ask(&key.value)?;
        Ok(Person { userid: key.value.clone(), name: "李四".into(), ..Person::default() })
    }

    async fn members(&self, department: &str) -> Result<Vec<Person>, Fault> {
        if department != "2" {
            return Err(Fault::refused("60003", "department not found", Some(&NO_DEPARTMENT)));
        }
        Ok(vec![Person { userid: "li".into(), ..Person::default() }])
    }

    async fn departments(&self, below: Option<&str>) -> Result<Vec<Department>, Fault> {
        let parent = below.map(Into::into);
        Ok(vec![Department { id: "2".into(), name: "研发".into(), parent }])
    }
}

#[async_trait]
impl Chats for FakeChannel {
    async fn create(&self, chat: &NewChat) -> Result<String, Fault> {
        chat.members.iter().try_for_each(|member| ask(member))?;
        let mut chats = self.desk.chats.lock().unwrap();
        let id = chat.id.clone().unwrap_or_else(|| format!("chat{}", chats.len() + 1));
        let (owner, members) = (chat.owner.clone(), chat.members.clone());
        chats.insert(id.clone(), Chat { id: id.clone(), name: chat.name.clone(), owner, members });
        Ok(id)
    }

    async fn get(&self, id: &str) -> Result<Chat, Fault> {
        let known = self.desk.chats.lock().unwrap().get(id).cloned();
        known.ok_or_else(|| Fault::refused("86003", "chatid not exist", Some(&NO_CHAT)))
    }

    async fn update(&self, id: &str, change: &ChatChange) -> Result<(), Fault> {
        let mut chat = self.get(id).await?;
        change.add.iter().try_for_each(|member| ask(member))?;
        chat.name = change.name.clone().unwrap_or(chat.name);
        chat.members.retain(|member| !change.remove.contains(member));
        chat.members.extend(change.add.iter().cloned());
        self.desk.chats.lock().unwrap().insert(id.into(), chat);
        Ok(())
    }

    async fn readers(&self, handle: &CallHandle) -> Result<Vec<String>, Fault> {
        assert_eq!(handle.as_str(), "7", "the handle of every call");
        Ok(vec!["li".into()])
    }
}

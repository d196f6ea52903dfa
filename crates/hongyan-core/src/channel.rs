//! The trait that carries a delivery out.

use crate::{
    Address, AddressKind, CallHandle, Capabilities, Chats, Contacts, Content, Dedup, DeliveryId, Format, Outcome,
    ReceiptReport, Time,
};
use async_trait::async_trait;
use hongyan_endpoint::{ErrorCode, Fault, File, Unfit};
use std::{borrow::Cow, time::Duration};

/// One account's sender. Implementations hold connections and tokens, never state that matters after a crash.
#[async_trait]
pub trait Channel: Send + Sync + 'static {
    /// What it can do. Constant over its life.
    fn capabilities(&self) -> &Capabilities;

    /// The content as one call each, measured on what would be sent: one part when it fits, several numbered ones
    /// when it is a text or markdown that is too long. `suffix` is added to each part's text. The same content always
    /// gives the same parts.
    ///
    /// # Errors
    /// The field of `content` and what is wrong with it.
    fn parts<'a>(&self, content: &'a Content, suffix: &str) -> Result<Vec<Cow<'a, Content>>, Unfit>;

    /// A content that came by the platform's own path, in numbered parts where one call does not carry its words: for
    /// accounts that ask for that. Whole where it fits, and where it cannot be split: the platform judges it.
    fn given_in_parts<'a>(&self, content: &'a Content) -> Vec<Cow<'a, Content>> {
        vec![Cow::Borrowed(content)]
    }

    /// Looks up the platform's ids for addresses that are not ids, in order.
    ///
    /// # Errors
    /// The fault that prevented the look-up as a whole; an address that does not exist is a [`Resolution`].
    async fn resolve(&self, addresses: &[Address]) -> Result<Vec<Resolution>, Fault>;

    /// Makes one call.
    async fn deliver(&self, call: &Call<'_>) -> Outcome;

    /// How a file of this form (`image`, `file`, `voice`, `video`) gets into a call.
    fn file_use(&self, _form: Format) -> FileUse {
        FileUse::None
    }

    /// How its mails name those who get them to each other; `None` where it sends no mail. Where it does, a content
    /// keeps what [`crate::MailHead`] holds.
    fn naming(&self) -> Option<Naming> {
        None
    }

    /// How many rows of a table are kept beside its message for [`Channel::parts`]: no more is shown here.
    fn table_rows(&self) -> usize {
        100
    }

    /// Says beforehand what [`Uploads::upload`] and [`Channel::deliver`] would refuse of a file: its size, its kind.
    ///
    /// # Errors
    /// [`Unfit`] with the platform's code and the limit.
    fn check_file(&self, _form: Format, _file: &File) -> Result<(), Unfit> {
        Ok(())
    }

    /// Says beforehand what stands against this content for these recipients of one call: group chats take less than
    /// people do.
    ///
    /// # Errors
    /// As [`Channel::parts`].
    fn check_for(&self, _content: &Content, _to: &[Address]) -> Result<(), Unfit> {
        Ok(())
    }

    /// What these recipients read of a part, in the platform's own marks; `None` where it has no words: a file, a
    /// picture, an object whose words only the platform knows.
    fn words(&self, part: &Content, _to: &[Address]) -> Option<String> {
        part.markdown.clone().or_else(|| part.text.clone())
    }

    /// How the platform recognises a repeat of a call with this content to recipients of this kind.
    fn dedup(&self, _content: &Content, kind: AddressKind) -> Dedup {
        self.capabilities().dedup_of(kind)
    }

    /// What the platform gave beside the handle when it took a call: WeCom's `response_code` of an interactive card.
    /// Known for a while only, and to this process only.
    fn response_code(&self, _handle: &CallHandle) -> Option<String> {
        None
    }

    /// What becomes of a call after it was taken, where the platform says it.
    fn receipts(&self) -> Option<&dyn Receipts> {
        None
    }

    /// The way to take a call back, where the platform has one.
    fn recall(&self) -> Option<&dyn Recall> {
        None
    }

    /// Where files are handed in before the calls that name them, where the platform wants that
    /// ([`FileUse::Upload`]).
    fn uploads(&self) -> Option<&dyn Uploads> {
        None
    }

    /// Its group chats, where it has any.
    fn chats(&self) -> Option<&dyn Chats> {
        None
    }

    /// Its people and departments, where it has any.
    fn contacts(&self) -> Option<&dyn Contacts> {
        None
    }

    /// Logs in afresh and says how it went, for `config check` and `POST /v1/accounts/{name}/check`.
    ///
    /// # Errors
    /// What stands in the way.
    async fn probe(&self) -> Result<(), Fault>;

    /// Whether [`Channel::probe`] only reads (a login, a connection), so that a resting account is tried by it before a
    /// message is risked.
    fn probe_only_reads(&self) -> bool {
        false
    }

    /// How it is doing, without asking anyone.
    fn health(&self) -> Health;

    /// The row of the platform's table for a reason's code.
    fn explain(&self, code: &str) -> Option<&'static ErrorCode>;

    /// What the platform says it does not have, when that is what a refusal's code means.
    fn missing(&self, _code: &str) -> Option<Missing> {
        None
    }
}

/// A channel whose platform says what became of a call.
#[async_trait]
pub trait Receipts: Send + Sync {
    /// Asks what became of a call that was taken.
    ///
    /// # Errors
    /// The platform's refusal or a transport failure.
    async fn ask(&self, handle: &CallHandle, targets: &[Target]) -> Result<ReceiptReport, Fault>;
}

/// A channel that can take calls back.
#[async_trait]
pub trait Recall: Send + Sync {
    /// For how long after it was taken a call with this handle can be taken back; `None` when it cannot.
    fn window(&self, handle: &CallHandle) -> Option<Duration>;

    /// Takes back a call that was taken.
    ///
    /// # Errors
    /// The platform's refusal or a transport failure; `cannot_recall` where [`Recall::window`] is `None`.
    async fn take_back(&self, handle: &CallHandle) -> Result<(), Fault>;
}

/// A channel whose platform wants files before the calls that name them.
#[async_trait]
pub trait Uploads: Send + Sync {
    /// Hands a file to the platform, to be named in calls for as long as the answer says.
    ///
    /// # Errors
    /// The platform's refusal (size, kind, quota) or a transport failure.
    async fn upload(&self, form: Format, file: &File, now: Time) -> Result<Uploaded, Fault>;
}

/// Whom a mail's `To` names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Naming {
    /// The one whom it is for; several do not see each other.
    Nobody,
    /// Each the one whom it is for: everybody gets a mail of their own.
    Each,
    /// All whom the message is for.
    Everybody,
}

/// What a platform does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// The file behind a platform's id: never uploaded, or no longer kept.
    File,
    /// The person.
    Person,
    /// The department.
    Department,
    /// The group chat.
    Chat,
}

/// One call's worth, as the dispatcher hands it over.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Which delivery; a stable name for `Message-ID` and the like.
    pub id: DeliveryId,
    /// What to say.
    pub content: &'a Content,
    /// The content's file, where it has one, as [`Channel::file_use`] wants it.
    pub file: Option<CallFile<'a>>,
    /// To whom; at most what [`Capabilities::groups`] allow.
    pub targets: &'a [Target],
    /// When the message was accepted; the same at every attempt.
    pub made_at: Time,
}

/// How a file gets into a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileUse {
    /// Not at all.
    None,
    /// Handed to the platform before ([`Uploads::upload`]); the call names it by the platform's id.
    Upload,
    /// The call carries its bytes.
    Carry,
}

/// A call's file.
#[derive(Debug, Clone, Copy)]
pub enum CallFile<'a> {
    /// The platform's id for it, alive.
    Id(&'a str),
    /// The file itself.
    Bytes(&'a File),
}

/// A file that the platform took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// The platform's id for it.
    pub id: String,
    /// Until when it can be named; with room for the call that names it.
    pub until: Time,
}

/// One recipient of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The recipient's number within the delivery, from 0.
    pub index: u32,
    /// As the business system named them.
    pub address: Address,
    /// The platform's id, once looked up.
    pub resolved: Option<String>,
}

impl Target {
    /// What goes on the wire: the platform's id, or the address itself where it is one.
    #[must_use]
    pub fn wire_id(&self) -> Cow<'_, str> {
        self.resolved.as_deref().map_or_else(|| self.address.on_wire(), Cow::Borrowed)
    }
}

/// What a look-up found.
#[derive(Debug, Clone, PartialEq)]
pub enum Resolution {
    /// The address needs no look-up on this channel.
    Itself,
    /// The platform's id.
    Id(String),
    /// There is nobody behind it; the platform's words.
    Nobody(Fault),
}

/// What is known of an account's access token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenHealth {
    /// There is none yet.
    #[default]
    None,
    /// There is one.
    Fresh,
    /// The platform refused the login.
    Refused,
    /// The channel needs none.
    NotUsed,
}

/// How an account is doing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Health {
    /// Of the access token, never the token.
    pub token: TokenHealth,
}

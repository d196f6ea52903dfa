//! What an account knows beside messages: its people, its departments, its group chats.
//!
//! In the portable words of `/v1/contacts` and `/v1/chats`; what a platform has beyond them is reached by its own
//! operations.

use crate::{Address, CallHandle, Reason, StoreError, Time};
use async_trait::async_trait;
use hongyan_endpoint::Fault;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One member of the company.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    /// The platform's user id.
    pub userid: String,
    /// Name; empty where the platform keeps it from the application.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Mobile number; empty where it is kept from the application.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mobile: String,
    /// Mail address; empty where it is kept from the application.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub email: String,
    /// Position in the company.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub title: String,
    /// Ids of the departments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub departments: Vec<String>,
    /// Whether they have ever logged in; absent where the platform does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

/// One department.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Department {
    /// The platform's id; `1` is the company.
    pub id: String,
    /// Name; empty where it is kept from the application.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The department above; absent for the company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
}

/// People and departments.
#[async_trait]
pub trait Contacts: Send + Sync {
    /// The person behind a user id, mobile number or mail address.
    ///
    /// # Errors
    /// The platform's refusal, also that there is no such person.
    async fn person(&self, key: &Address) -> Result<Person, Fault>;

    /// The people of a department, not of those below it.
    ///
    /// # Errors
    /// The platform's refusal or a transport failure.
    async fn members(&self, department: &str) -> Result<Vec<Person>, Fault>;

    /// The departments directly below one; without one, those at the top of what the account sees.
    ///
    /// # Errors
    /// The platform's refusal or a transport failure.
    async fn departments(&self, below: Option<&str>) -> Result<Vec<Department>, Fault>;
}

/// A group chat to be made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewChat {
    /// Its name.
    pub name: String,
    /// User id of the owner; WeCom takes a member by chance when it is absent, DingTalk needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// User ids, the owner's too.
    pub members: Vec<String>,
    /// An id of one's own (WeCom): letters and digits, at most 32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

/// A group chat.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Chat {
    /// The platform's id, as `{"chat": …}` takes it.
    pub id: String,
    /// Its name.
    pub name: String,
    /// User id of the owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// User ids.
    pub members: Vec<String>,
}

/// What is to change of a group chat; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatChange {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// User id of the new owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// User ids that join.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<String>,
    /// User ids that leave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remove: Vec<String>,
}

/// Group chats that the account's application made.
#[async_trait]
pub trait Chats: Send + Sync {
    /// Makes one; returns its id.
    ///
    /// # Errors
    /// The platform's refusal; a lost reply is ambiguous, since the chat may exist.
    async fn create(&self, chat: &NewChat) -> Result<String, Fault>;

    /// Reads one.
    ///
    /// # Errors
    /// The platform's refusal or a transport failure.
    async fn get(&self, id: &str) -> Result<Chat, Fault>;

    /// Changes one.
    ///
    /// # Errors
    /// The platform's refusal or a transport failure.
    async fn update(&self, id: &str, change: &ChatChange) -> Result<(), Fault>;

    /// User ids of those who have read a message that was sent into a chat, by the call's handle.
    ///
    /// # Errors
    /// The platform's refusal; `no_read_list` where the platform has none.
    async fn readers(&self, _handle: &CallHandle) -> Result<Vec<String>, Fault> {
        Err(Fault::ours("no_read_list", "", Reason::error_code("no_read_list")))
    }
}

/// A group chat that hongyan made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChatRow {
    /// The account whose application it belongs to.
    pub account: String,
    /// The platform's id, as `{"chat": …}` takes it.
    pub id: String,
    /// Its name, as hongyan last set it.
    pub name: String,
    /// When it was made.
    pub at: Time,
}

/// Where the group chats that hongyan made are kept.
#[async_trait]
pub trait ChatDirectory: Send + Sync + 'static {
    /// Notes a group chat, or its new name.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn note_chat(&self, chat: ChatRow) -> Result<(), StoreError>;

    /// An account's group chats, the newest first; at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn chats(&self, account: &str, limit: usize) -> Result<Vec<ChatRow>, StoreError>;
}

//! The calls, by name.

macro_rules! operations {
    ($($name:ident = $text:literal),* $(,)?) => {
        /// The calls, by name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation { $(#[doc = concat!("`", $text, "`.")] $name),* }

        impl Operation {
            /// Every call.
            pub const EVERY: &[Self] = &[$(Self::$name),*];

            /// OpenAPI's `operationId` and the metrics' `route`.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$name => $text),* } }
        }
    };
}

operations! {
    SendMessage = "message.send",
    SendBatch = "message.batch",
    PlanMessage = "message.plan",
    ListMessages = "message.list",
    GetMessage = "message.get",
    ListRecipients = "message.recipients",
    RecallMessage = "message.recall",
    RetryMessage = "message.retry",
    CancelMessage = "message.cancel",
    ListReaders = "message.readers",
    PutFile = "media.put",
    ListFiles = "media.list",
    GetFile = "media.get",
    GetContent = "media.content",
    CreateChat = "chat.create",
    ListChats = "chat.list",
    GetChat = "chat.get",
    ChangeChat = "chat.change",
    FindPerson = "contact.person",
    ListDepartments = "contact.departments",
    ListMembers = "contact.members",
    ListAccounts = "account.list",
    CheckAccount = "account.check",
    ListCallbacks = "callback.list",
    Live = "health.live",
    Ready = "health.ready",
    Metrics = "metrics",
    OpenApi = "openapi",
    Docs = "docs",
}

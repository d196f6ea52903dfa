//! What the operations of the tutorials need and answer: enough to tell a wrong field from a right one.
//!
//! The platforms' declarations live above this crate; the few facts that a checker needs are repeated here, and a test
//! of the binary holds them against the declarations.

/// One operation.
#[derive(Debug, PartialEq, Eq)]
pub struct Operation {
    /// Its path. WeCom's begin with `/cgi-bin/`.
    pub path: &'static str,
    /// Whether it is a `POST`.
    pub post: bool,
    /// Parameters of the query that it needs.
    pub query: &'static [&'static str],
    /// Fields that its answer may have beside `errcode` and `errmsg`.
    pub answer: &'static [&'static str],
    /// The field that is a list, for answers of which one wants an element.
    pub list: Option<&'static str>,
    /// Whether it says something to people.
    pub sends: bool,
}

const fn get(path: &'static str, query: &'static [&'static str], answer: &'static [&'static str]) -> Operation {
    Operation { path, post: false, query, answer, list: None, sends: false }
}

const fn post(path: &'static str, answer: &'static [&'static str], sends: bool) -> Operation {
    Operation { path, post: true, query: &["access_token"], answer, list: None, sends }
}

const fn listing(operation: Operation, list: &'static str) -> Operation {
    Operation { list: Some(list), ..operation }
}

/// The operations that the checker knows.
pub static OPERATIONS: &[Operation] = &[
    get("/cgi-bin/gettoken", &["corpid", "corpsecret"], &["access_token", "expires_in"]),
    post(
        "/cgi-bin/message/send",
        &["invaliduser", "invalidparty", "invalidtag", "unlicenseduser", "msgid", "response_code"],
        true,
    ),
    post("/cgi-bin/appchat/create", &["chatid"], false),
    post("/cgi-bin/appchat/update", &[], false),
    post("/cgi-bin/appchat/send", &[], true),
    get("/cgi-bin/appchat/get", &["access_token", "chatid"], &["chat_info"]),
    listing(get("/cgi-bin/department/list", &["access_token"], &["department"]), "department"),
    listing(get("/cgi-bin/user/simplelist", &["access_token", "department_id"], &["userlist"]), "userlist"),
    get("/gettoken", &["appkey", "appsecret"], &["access_token", "expires_in"]),
    listing(get("/department/list", &["access_token"], &["department"]), "department"),
    get("/department/list_ids", &["access_token", "id"], &["sub_dept_id_list"]),
    listing(get("/user/getDeptMember", &["access_token", "deptId"], &["userIds"]), "userIds"),
    listing(get("/user/simplelist", &["access_token", "department_id"], &["userlist", "hasMore"]), "userlist"),
    post("/chat/create", &["chatid", "openConversationId", "conversationTag"], false),
    post("/chat/update", &[], false),
    post("/chat/send", &["messageId"], true),
    get("/chat/get", &["access_token", "chatid"], &["chat_info"]),
];

impl Operation {
    /// Whether it is DingTalk's; else it is WeCom's.
    #[must_use]
    pub fn is_dingtalk(&self) -> bool {
        !self.path.starts_with("/cgi-bin/")
    }

    /// Without the first `/`, and without what all of WeCom's share.
    #[must_use]
    pub fn short(&self) -> &'static str {
        self.path.trim_start_matches("/cgi-bin").trim_start_matches('/')
    }

    /// Whether it gives a token.
    pub(super) fn gives_token(&self) -> bool {
        self.path.ends_with("/gettoken")
    }

    /// Whether it makes a group chat.
    pub(super) fn makes_chat(&self) -> bool {
        matches!(self.path, "/cgi-bin/appchat/create" | "/chat/create")
    }

    /// Whether its answer may have a field.
    pub(super) fn answers(&self, field: &str) -> bool {
        // DingTalk wraps a refusal of its gateway, and says more beside it.
        let always = ["errcode", "errmsg", "sub_code", "sub_msg", "request_id", "code", "msg"];
        always.contains(&field) || self.answer.contains(&field)
    }

    /// The operation that an address calls; `HOLE` stands for what is not known of it.
    pub(super) fn of(address: &str) -> Option<&'static Self> {
        let path = address.split(['?', '#']).next().unwrap_or_default().trim_end_matches([',', '，', ' ']);
        let host = path.find("://").map_or(0, |at| at + 3);
        let (host, path) = path[host..].split_at(path[host..].find('/')?);
        let platform = host.contains(super::value::HOLE)
            || ["weixin.qq.com", "dingtalk.com", "127.0.0.1", "localhost"].iter().any(|known| host.contains(known));
        // A path may begin within the unknown part, but what is known of it must be whole.
        OPERATIONS.iter().find(|operation| operation.path == path).filter(|_| platform)
    }
}

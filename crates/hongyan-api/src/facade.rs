//! The table of `/api/dingtalkserve/*`: eighteen short routes, each over one operation of DingTalk.
//!
//! The gateway answers by it and OpenAPI lists it. The paths, the names of the parameters and the words about missing
//! ones are an interface that scripts were written against: they stay as they are.

use hongyan_core::Scope;
use serde_json::{Map, Value, json};

/// One route. All are `POST`, with a JSON or a form body.
#[derive(Debug, Clone, Copy)]
pub struct FacadeRoute {
    /// Its path.
    pub path: &'static str,
    /// The operation of DingTalk that it makes, by its declared name.
    pub operation: &'static str,
    /// What the key must be allowed.
    pub scope: Scope,
    /// Parameters of which one at least is given, and the words when none is.
    pub one_of: Option<(&'static [&'static str], &'static str)>,
    /// The parameters, in the order in which they are asked for.
    pub params: &'static [FacadeParam],
    /// One sentence, in English.
    pub summary_en: &'static str,
    /// One sentence, in Chinese.
    pub summary_zh: &'static str,
}

/// One parameter.
#[derive(Debug, Clone, Copy)]
pub struct FacadeParam {
    /// Its name, here and on the platform.
    pub name: &'static str,
    /// What it holds.
    pub kind: FacadeKind,
    /// The words when it is missing; `None`: it may be.
    pub missing: Option<&'static str>,
    /// Whether a `0` or `false` of JSON says something; of an id, or of words, it says nothing.
    pub zero_counts: bool,
}

/// What a parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FacadeKind {
    /// A text; a number is one, too.
    Text,
    /// A whole number.
    Integer,
    /// Yes or no.
    Flag,
    /// The words of a text message.
    MessageText,
    /// User ids: joined with commas, or a list.
    Ids,
}

const fn need(name: &'static str, kind: FacadeKind, missing: &'static str) -> FacadeParam {
    FacadeParam { name, kind, missing: Some(missing), zero_counts: false }
}

/// As [`need`], of a count or a switch, which may be 0.
const fn need_or_zero(name: &'static str, missing: &'static str) -> FacadeParam {
    FacadeParam { zero_counts: true, ..need(name, FacadeKind::Integer, missing) }
}

const fn may(name: &'static str, kind: FacadeKind) -> FacadeParam {
    FacadeParam { name, kind, missing: None, zero_counts: false }
}

/// Words when a chat's owner is not among its members.
pub const OWNER_NOT_A_MEMBER: &str = "群主必须为群成员";

const TASK: &[FacadeParam] = &[need("task_id", FacadeKind::Integer, "task_id不能为空")];
const PARENT: FacadeParam = need("id", FacadeKind::Text, "父部门id不能为空");
const DEPARTMENT: FacadeParam = need("id", FacadeKind::Text, "部门id不能为空");
const LANG: FacadeParam = may("lang", FacadeKind::Text);
const CHAT: FacadeParam = need("chatid", FacadeKind::Text, "群id不能为空");

const READ: FacadeRoute = FacadeRoute {
    path: "",
    operation: "",
    scope: Scope::Read,
    one_of: None,
    params: &[],
    summary_en: "",
    summary_zh: "",
};

/// Every route.
pub const FACADE: &[FacadeRoute] = &[
    FacadeRoute {
        path: "/api/dingtalkserve/asyncsend_v2",
        operation: "notice.send",
        scope: Scope::Send,
        one_of: Some((
            &["userid_list", "dept_id_list", "to_all_user"],
            "userid_list,dept_id_list, to_all_user必须有一个不能为空",
        )),
        params: &[
            need("msg", FacadeKind::MessageText, "msg不能为空"),
            may("to_all_user", FacadeKind::Flag),
            may("dept_id_list", FacadeKind::Text),
            may("userid_list", FacadeKind::Text),
        ],
        summary_en: "Send a work notification of text, through the outbox.",
        summary_zh: "发送文本工作通知（经由发件箱）。",
    },
    FacadeRoute {
        path: "/api/dingtalkserve/getsendprogress",
        operation: "notice.progress",
        params: TASK,
        summary_en: "How far a work notification is.",
        summary_zh: "获取工作通知的发送进度。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/getsendresult",
        operation: "notice.result",
        params: TASK,
        summary_en: "Who got a work notification and who did not.",
        summary_zh: "获取工作通知的发送结果。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/list_ids",
        operation: "department_v1.list_ids",
        params: &[PARENT],
        summary_en: "The ids of the departments below one.",
        summary_zh: "获取子部门 ID 列表。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/list",
        operation: "department_v1.list",
        params: &[PARENT, LANG, may("fetch_child", FacadeKind::Flag)],
        summary_en: "The departments below one.",
        summary_zh: "获取部门列表。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/departmentget",
        operation: "department_v1.get",
        params: &[DEPARTMENT, LANG],
        summary_en: "One department.",
        summary_zh: "获取部门详情。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/list_parent_depts_by_dept",
        operation: "department_v1.list_parent_depts_by_dept",
        params: &[DEPARTMENT],
        summary_en: "The departments above one.",
        summary_zh: "查询部门的所有上级部门路径。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/list_parent_depts",
        operation: "department_v1.list_parent_depts",
        params: &[need("userId", FacadeKind::Text, "用户id不能为空")],
        summary_en: "The departments above a person.",
        summary_zh: "查询用户的所有上级部门路径。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/get_org_user_count",
        operation: "user_v1.get_org_user_count",
        params: &[need_or_zero("onlyActive", "激活钉钉状态不能为空")],
        summary_en: "How many people there are: `onlyActive` 0 for all, 1 for those who use the app.",
        summary_zh: "获取企业员工人数。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/userinfo",
        operation: "user_v1.get",
        params: &[need("userid", FacadeKind::Text, "userid不能为空"), LANG],
        summary_en: "One person.",
        summary_zh: "获取用户详情。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/getDeptMember",
        operation: "user_v1.getDeptMember",
        params: &[need("deptId", FacadeKind::Text, "部门id不能为空")],
        summary_en: "The ids of a department's people.",
        summary_zh: "获取部门用户 userid 列表。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/listbypage",
        operation: "user_v1.listbypage",
        params: &[
            need("department_id", FacadeKind::Text, "部门id不能为空"),
            need_or_zero("offset", "偏移量不能为空"),
            need("size", FacadeKind::Integer, "每页数量不能为空"),
        ],
        summary_en: "A department's people, page by page.",
        summary_zh: "获取部门用户详情（分页）。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/getUseridByUnionid",
        operation: "user_v1.getUseridByUnionid",
        params: &[need("unionid", FacadeKind::Text, "unionid不能为空")],
        summary_en: "The user id of a union id.",
        summary_zh: "根据 unionid 获取 userid。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/authScopes",
        operation: "auth.scopes",
        summary_en: "Which people and departments the application may see.",
        summary_zh: "获取通讯录权限范围。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/createChat",
        operation: "chat.create",
        scope: Scope::Send,
        params: &[
            need("name", FacadeKind::Text, "群名称不能为空"),
            need("owner", FacadeKind::Text, "群主userid不能为空"),
            need("useridlist", FacadeKind::Ids, "群成员不能为空"),
        ],
        summary_en: "Create a group chat; its owner is one of its members.",
        summary_zh: "创建群。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/chatInfo",
        operation: "chat.get",
        params: &[CHAT],
        summary_en: "One group chat.",
        summary_zh: "获取群会话信息。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/chatSend",
        operation: "chat.send",
        scope: Scope::Send,
        params: &[CHAT, need("msg", FacadeKind::MessageText, "群消息不能为空")],
        summary_en: "Send a text to a group chat, through the outbox.",
        summary_zh: "发送群消息（经由发件箱）。",
        ..READ
    },
    FacadeRoute {
        path: "/api/dingtalkserve/getReadList",
        operation: "chat.getReadList",
        params: &[
            need("messageId", FacadeKind::Text, "messageId不能为空"),
            need_or_zero("cursor", "cursor不能为空"),
            need("size", FacadeKind::Integer, "每页数量不能为空"),
        ],
        summary_en: "Who has read a group message, page by page.",
        summary_zh: "查询群消息已读人员列表。",
        ..READ
    },
];

impl FacadeRoute {
    /// As OpenAPI describes it.
    pub(crate) fn describe(&self) -> Value {
        let properties: Map<String, Value> = self
            .params
            .iter()
            .map(|param| {
                let kind = match param.kind {
                    FacadeKind::Text => "a text, or a number",
                    FacadeKind::MessageText => "the words of a text message",
                    FacadeKind::Integer => "a whole number, or a text that is one",
                    FacadeKind::Flag => "yes or no: true, false, 1, 0, or a text that says so",
                    FacadeKind::Ids => "user ids: joined with commas, or a list",
                };
                let words = match param.missing {
                    Some(words) => format!("{kind}; without it the answer is `{words}`"),
                    None => kind.to_owned(),
                };
                (param.name.to_owned(), json!({"description": words}))
            })
            .collect();
        // A parameter that is missing or wrong is answered with 200 and words about it: no object is refused.
        let schema = json!({"type": "object", "properties": properties});
        let done = json!({
            "type": "object",
            "required": ["success", "data"],
            "properties": {"success": {"const": true}, "data": {"description": "the platform's answer"}},
            "additionalProperties": false,
        });
        let refused = json!({
            "type": "object",
            "required": ["success", "msg"],
            "properties": {
                "success": {"const": false},
                "msg": {"type": "string"},
                "errcode": {"type": ["integer", "string"]},
                "sub_code": {"type": "string"},
                "errmsg": {"type": "string"},
            },
            "additionalProperties": false,
        });
        let answer = json!({"oneOf": [done, refused]});
        let no = |words: &str| json!({"description": words, "content": {"application/json": {"schema": refused}}});
        json!({
            "operationId": format!("facade.{}", self.path.rsplit('/').next().unwrap_or_default()),
            "summary": self.summary_en,
            "description": self.summary_zh,
            "security": [{"key": []}],
            "x-scope": self.scope.name(),
            "requestBody": {"content": {
                "application/json": {"schema": schema},
                "application/x-www-form-urlencoded": {"schema": schema},
            }},
            "responses": {
                "200": {
                    "description": "`success` says whether it worked",
                    "content": {"application/json": {"schema": answer}},
                },
                "400": no("the body is neither a JSON object nor a form, or broke off"),
                "401": no("no key, or one that is not known"),
                "403": no("the key may not do this, or not with this account"),
                "404": no("there is no such route"),
                "405": no("the method is not POST"),
                "408": no("the body did not arrive in time"),
                "413": no("the body is too large"),
                "503": no("the account is not open, or the gateway is busy"),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn there_are_eighteen_routes_with_names_of_their_own() {
        let paths: BTreeSet<&str> = FACADE.iter().map(|route| route.path).collect();
        assert_eq!((FACADE.len(), paths.len()), (18, 18));
        for route in FACADE {
            assert!(route.path.starts_with("/api/dingtalkserve/") && !route.operation.is_empty(), "{}", route.path);
            assert!(!route.summary_en.is_empty() && !route.summary_zh.is_empty(), "{}", route.path);
        }
    }
}

//! The table of routes: the gateway mounts it, OpenAPI and the page of documents are made from it.

use crate::{
    AccountCheck, AccountList, BatchResult, CallbackPage, CancelReport, ChatChanged, ChatList, ChatOrder, ChatPage,
    Code, DepartmentList, FileList, Live, MessageAccepted, MessageBatch, MessagePage, Method, Operation, Param,
    ParamKind, PersonList, PlanReport, ReaderReport, Ready, RecallReport, RecipientList, RetryReport, Route,
    route::{ASKS, BAD_FIELD, BUSY, CHANGES, CONFLICT, LATE, NO_ROOM, NO_SUCH, RESTS, Status, done, problem},
};
use hongyan_core::{ChatChange, ChatRow, FileRow, Message, MessageRow, Person, Scope};
use schemars::{JsonSchema, Schema, SchemaGenerator};

const fn param(name: &'static str, kind: ParamKind, en: &'static str, zh: &'static str) -> Param {
    Param { name, kind, required: false, en, zh }
}

const CURSOR: Param = param("cursor", ParamKind::Text, "`next_cursor` of the page before", "上一页的 `next_cursor`");
const LIMIT: Param = param("limit", ParamKind::Limit, "1 to 1000, 50 by default", "1 到 1000，默认 50");
const JSON: &str = "application/json";
const DONE: Status = done(200, "done");
const A_PAGE: Status = done(200, "a page");

fn schema<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// A call that reads, as most do; entries below change what differs.
const READ: Route = Route {
    method: Method::Get,
    path: "",
    scope: Some(Scope::Read),
    operation: Operation::Live,
    summary_en: "",
    summary_zh: "",
    request: None,
    upload: false,
    response: None,
    media_type: JSON,
    query: &[],
    one_of_query: false,
    any_query: false,
    idempotent: false,
    success: DONE,
    errors: &[],
};

/// A page that everybody may see.
const PAGE: Route = Route { scope: None, any_query: true, ..READ };

/// A call that sends.
const SEND: Route = Route {
    method: Method::Post,
    scope: Some(Scope::Send),
    request: Some(schema::<Message>),
    idempotent: true,
    success: done(202, "accepted: it is on disk"),
    errors: &[CONFLICT, BAD_FIELD, BUSY, NO_ROOM],
    ..READ
};

/// Every call of the gateway.
pub const ROUTES: &[Route] = &[
    Route {
        path: "/v1/messages",
        operation: Operation::SendMessage,
        summary_en: "Accept one message. 202 means that it is on disk.",
        summary_zh: "接收一条消息；202 表示已落盘。",
        response: Some(schema::<MessageAccepted>),
        query: &[param(
            "wait",
            ParamKind::Wait,
            "wait for the outcome at most so long, such as `5s` or `500ms`; at most `30s`",
            "最多等待结果的时长，如 `5s`、`500ms`，上限 `30s`",
        )],
        ..SEND
    },
    Route {
        path: "/v1/messages/batch",
        operation: Operation::SendBatch,
        summary_en: "Accept up to 1,000 messages in one commit; a result for each. 422 when none was accepted.",
        summary_zh: "一次提交最多接收 1000 条消息，逐条返回结果；全部不合格时为 422。",
        request: Some(schema::<MessageBatch>),
        response: Some(schema::<BatchResult>),
        errors: &[CONFLICT, Status { reply: true, ..BAD_FIELD }, BUSY, NO_ROOM],
        ..SEND
    },
    Route {
        path: "/v1/messages/plan",
        operation: Operation::PlanMessage,
        summary_en: "Show the calls that a message would become, and what they cost. Nothing is stored or sent.",
        summary_zh: "查看一条消息将产生的调用及其成本；不存储、不发送。",
        response: Some(schema::<PlanReport>),
        idempotent: false,
        success: done(200, "the plan"),
        errors: &[BAD_FIELD],
        ..SEND
    },
    Route {
        path: "/v1/messages",
        operation: Operation::ListMessages,
        summary_en: "Find messages, newest first.",
        summary_zh: "查找消息，新的在前。",
        response: Some(schema::<MessagePage>),
        query: &[
            param("state", ParamKind::State, "with at least one recipient in this state", "至少一名接收人处于该状态"),
            param("account", ParamKind::Text, "with a delivery through this account", "经由该账号投递"),
            param("recipient", ParamKind::Text, "with this recipient: address or platform id", "接收人地址或平台 ID"),
            param(
                "label.KEY",
                ParamKind::Text,
                "with this label; may be repeated for other keys",
                "带有该标签，可用不同键重复",
            ),
            param(
                "since",
                ParamKind::Time,
                "accepted at or after this time, such as 2026-12-01T09:00:00+08:00",
                "在此时间及以后接收，如 2026-12-01T09:00:00+08:00",
            ),
            param("until", ParamKind::Time, "accepted before this time", "在此时间以前接收"),
            Param { kind: ParamKind::MessageId, ..CURSOR },
            LIMIT,
        ],
        success: A_PAGE,
        ..READ
    },
    Route {
        path: "/v1/messages/{id}",
        operation: Operation::GetMessage,
        summary_en: "One message: state, deliveries, and every attempt with the platform's own words.",
        summary_zh: "查看一条消息：状态、投递，以及每次尝试和平台原话。",
        response: Some(schema::<MessageRow>),
        errors: &[NO_SUCH],
        ..READ
    },
    Route {
        path: "/v1/messages/{id}/recipients",
        operation: Operation::ListRecipients,
        summary_en: "The ledger: what is known of every recipient, why, and what to do.",
        summary_zh: "台账：每名接收人的状态、原因与建议。",
        response: Some(schema::<RecipientList>),
        errors: &[NO_SUCH],
        ..READ
    },
    Route {
        path: "/v1/messages/{id}/recall",
        operation: Operation::RecallMessage,
        summary_en: "Take a message back: what was not sent is cancelled, what was sent is recalled where possible.",
        summary_zh: "撤回消息：未发送的取消，已发送的在可能时撤回。",
        request: None,
        response: Some(schema::<RecallReport>),
        idempotent: false,
        success: DONE,
        errors: &[NO_SUCH, RESTS],
        ..SEND
    },
    Route {
        path: "/v1/messages/{id}/retry",
        operation: Operation::RetryMessage,
        summary_en: "Try again what did not arrive.",
        summary_zh: "重试未送达的部分。",
        request: None,
        response: Some(schema::<RetryReport>),
        idempotent: false,
        success: DONE,
        errors: &[NO_SUCH],
        ..SEND
    },
    Route {
        path: "/v1/messages/{id}/cancel",
        operation: Operation::CancelMessage,
        summary_en: "Call off what has not been sent.",
        summary_zh: "取消尚未发送的部分。",
        request: None,
        response: Some(schema::<CancelReport>),
        idempotent: false,
        success: DONE,
        errors: &[NO_SUCH],
        ..SEND
    },
    Route {
        path: "/v1/messages/{id}/readers",
        operation: Operation::ListReaders,
        summary_en: "Who has read what a message brought into group chats, as the platform tells now.",
        summary_zh: "查询消息在群聊中的已读人员（实时询问平台）。",
        response: Some(schema::<ReaderReport>),
        errors: &[NO_SUCH],
        ..READ
    },
    Route {
        method: Method::Post,
        path: "/v1/media",
        scope: Some(Scope::Send),
        operation: Operation::PutFile,
        summary_en: "Hand in a file, to be named in messages as `{\"media\": id}`. The body is the file itself, with its \
                     `Content-Type` and `?name=`, or `multipart/form-data` with one file. Equal files are kept once.",
        summary_zh: "上传文件，之后在消息中以 `{\"media\": id}` 引用。请求体为文件本身（带 `Content-Type` 与 `?name=`），\
                     或含一个文件的 `multipart/form-data`；相同文件只存一份。",
        upload: true,
        response: Some(schema::<FileRow>),
        query: &[param(
            "name",
            ParamKind::FileName,
            "the file's name as recipients see it; needed unless a form names it",
            "接收人看到的文件名；表单未带文件名时必填",
        )],
        success: done(201, "kept"),
        errors: &[
            LATE,
            problem(
                &[Code::MalformedJson],
                "the body broke off, or a header or query parameter is not as it should be",
            ),
            problem(&[Code::TooLarge], "the file is larger than `server.max_file_bytes`"),
            problem(&[Code::InvalidField], "the file is empty, has no proper name, or the form does not hold one file"),
            BUSY,
            NO_ROOM,
        ],
        ..READ
    },
    Route {
        path: "/v1/media",
        operation: Operation::ListFiles,
        summary_en: "The files, newest first.",
        summary_zh: "文件列表，新的在前。",
        response: Some(schema::<FileList>),
        query: &[Param { kind: ParamKind::FileId, ..CURSOR }, LIMIT],
        success: A_PAGE,
        ..READ
    },
    Route {
        path: "/v1/media/{id}",
        operation: Operation::GetFile,
        summary_en: "What a file is: name, type, size.",
        summary_zh: "查看文件信息：名称、类型、大小。",
        response: Some(schema::<FileRow>),
        errors: &[NO_SUCH],
        ..READ
    },
    Route {
        path: "/v1/media/{id}/content",
        operation: Operation::GetContent,
        summary_en: "A file's content, always as an attachment of unknown kind.",
        summary_zh: "下载文件内容，一律作为未知类型的附件返回。",
        media_type: "application/octet-stream",
        errors: &[NO_SUCH],
        ..READ
    },
    Route {
        method: Method::Post,
        path: "/v1/chats",
        scope: Some(Scope::Send),
        operation: Operation::CreateChat,
        summary_en: "Make a group chat. Send into it with `{\"chat\": id}` among a message's recipients.",
        summary_zh: "创建群聊；发送消息时以 `{\"chat\": id}` 作为接收人。",
        request: Some(schema::<ChatOrder>),
        response: Some(schema::<ChatRow>),
        success: done(201, "made"),
        errors: CHANGES,
        ..READ
    },
    Route {
        path: "/v1/chats",
        operation: Operation::ListChats,
        summary_en: "The group chats that hongyan made, newest first.",
        summary_zh: "鸿雁创建的群聊，新的在前。",
        response: Some(schema::<ChatList>),
        query: &[Param {
            required: true,
            ..param("account", ParamKind::Text, "of this account; needed", "该账号的群聊，必填")
        }],
        success: DONE,
        errors: &[NO_SUCH],
        ..READ
    },
    Route {
        path: "/v1/chats/{account}/{id}",
        operation: Operation::GetChat,
        summary_en: "A group chat as the platform has it.",
        summary_zh: "从平台读取群聊。",
        response: Some(schema::<ChatPage>),
        success: done(200, "as the platform has it"),
        errors: ASKS,
        ..READ
    },
    Route {
        method: Method::Post,
        path: "/v1/chats/{account}/{id}",
        scope: Some(Scope::Send),
        operation: Operation::ChangeChat,
        summary_en: "Change a group chat: name, owner, who joins, who leaves. What is absent stays.",
        summary_zh: "修改群聊：名称、群主、新增与移除的成员；未给出的保持不变。",
        request: Some(schema::<ChatChange>),
        response: Some(schema::<ChatChanged>),
        success: done(200, "changed"),
        errors: CHANGES,
        ..READ
    },
    Route {
        path: "/v1/contacts/{account}/people",
        operation: Operation::FindPerson,
        one_of_query: true,
        summary_en: "The person behind a user id, mobile number or mail address: give one of them.",
        summary_zh: "按 userid、手机号或邮箱查找人员，三者择一。",
        response: Some(schema::<Person>),
        query: &[
            param("userid", ParamKind::Line, "the platform's user id", "平台 userid"),
            param("mobile", ParamKind::Line, "mobile number", "手机号"),
            param("email", ParamKind::Line, "mail address", "邮箱"),
        ],
        success: done(200, "as the platform has it"),
        errors: ASKS,
        ..READ
    },
    Route {
        path: "/v1/contacts/{account}/departments",
        operation: Operation::ListDepartments,
        summary_en: "The departments directly below one, or those at the top of what the account sees.",
        summary_zh: "某部门的直接下级部门；不指定时为账号可见的顶层部门。",
        response: Some(schema::<DepartmentList>),
        query: &[param("below", ParamKind::Department, "id of the department above", "上级部门 ID")],
        success: done(200, "as the platform has it"),
        errors: ASKS,
        ..READ
    },
    Route {
        path: "/v1/contacts/{account}/departments/{id}/members",
        operation: Operation::ListMembers,
        summary_en: "The people of a department, not of those below it.",
        summary_zh: "部门的直属成员，不含下级部门。",
        response: Some(schema::<PersonList>),
        success: done(200, "as the platform has it"),
        errors: ASKS,
        ..READ
    },
    Route {
        path: "/v1/accounts",
        operation: Operation::ListAccounts,
        summary_en: "The accounts: how they are doing and what they can do.",
        summary_zh: "账号列表：健康状况与能力。",
        response: Some(schema::<AccountList>),
        ..READ
    },
    Route {
        method: Method::Post,
        path: "/v1/accounts/{name}/check",
        scope: Some(Scope::Admin),
        operation: Operation::CheckAccount,
        summary_en: "Log an account in afresh and say how it went.",
        summary_zh: "重新登录账号并报告结果。",
        response: Some(schema::<AccountCheck>),
        errors: &[NO_SUCH],
        ..READ
    },
    Route {
        path: "/v1/callbacks",
        operation: Operation::ListCallbacks,
        summary_en: "What the platforms pushed to `/callbacks/{account}`, oldest first.",
        summary_zh: "平台推送到 `/callbacks/{account}` 的回调，旧的在前。",
        response: Some(schema::<CallbackPage>),
        query: &[
            param("account", ParamKind::Text, "of this account", "仅该账号"),
            param("after", ParamKind::Number, "after the callback with this id", "该 ID 之后的回调"),
            LIMIT,
        ],
        success: A_PAGE,
        ..READ
    },
    Route {
        path: "/healthz",
        operation: Operation::Live,
        summary_en: "The process is alive.",
        summary_zh: "进程存活。",
        response: Some(schema::<Live>),
        success: done(200, "alive"),
        ..PAGE
    },
    Route {
        path: "/readyz",
        operation: Operation::Ready,
        summary_en: "The store can be written.",
        summary_zh: "存储可写。",
        response: Some(schema::<Ready>),
        success: done(200, "ready"),
        errors: &[problem(&[Code::NotReady, Code::StoreUnavailable], "the store cannot be written")],
        ..PAGE
    },
    Route {
        path: "/metrics",
        any_query: true,
        operation: Operation::Metrics,
        summary_en: "Metrics as OpenMetrics text. Open without a key when `server.open_metrics` is set.",
        summary_zh: "OpenMetrics 文本指标；设置 `server.open_metrics` 后无需密钥。",
        media_type: "application/openmetrics-text; version=1.0.0; charset=utf-8",
        ..READ
    },
    Route {
        path: "/openapi.json",
        operation: Operation::OpenApi,
        summary_en: "This interface as OpenAPI 3.1.",
        summary_zh: "本接口的 OpenAPI 3.1 描述。",
        success: done(200, "the document"),
        ..PAGE
    },
    Route {
        path: "/docs",
        operation: Operation::Docs,
        summary_en: "This interface as a page to read.",
        summary_zh: "本接口的可读文档。",
        media_type: "text/html; charset=utf-8",
        success: done(200, "the page"),
        ..PAGE
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_exactly_one_route() {
        for operation in Operation::EVERY {
            let count = ROUTES.iter().filter(|route| route.operation == *operation).count();
            assert_eq!(count, 1, "{}", operation.name());
        }
        assert_eq!(ROUTES.len(), Operation::EVERY.len());
    }

    #[test]
    fn only_harmless_pages_need_no_key() {
        let open: Vec<&str> = ROUTES.iter().filter(|r| r.scope.is_none()).map(|r| r.path).collect();
        assert_eq!(open, ["/healthz", "/readyz", "/openapi.json", "/docs"]);
    }

    #[test]
    fn answers_follow_from_key_body_and_query_and_stand_once() {
        for route in ROUTES {
            let answers: Vec<u16> = route.answers().iter().map(|answer| answer.status).collect();
            assert!(answers.windows(2).all(|two| two[0] < two[1]), "{}: {answers:?}", route.path);
            assert_eq!(answers[0], route.success.status);
            for (status, holds) in [
                (401, route.scope.is_some()),
                (415, route.request.is_some()),
                (400, route.scope.is_some()),
                (409, route.idempotent),
            ] {
                assert_eq!(answers.contains(&status), holds, "{}: {status}", route.path);
            }
        }
    }

    #[test]
    fn every_problem_has_the_status_of_its_answer_and_is_some_routes() {
        let mut answered: Vec<Code> = Vec::new();
        for answer in ROUTES.iter().flat_map(Route::answers) {
            assert_eq!(answer.codes.is_empty(), answer.status < 300, "{answer:?}");
            assert!(answer.codes.iter().all(|code| code.status() == answer.status), "{answer:?}");
            answered.extend(answer.codes);
        }
        // The one that no route answers, because it is for paths with another method.
        let missing: Vec<&Code> = Code::EVERY.iter().filter(|code| !answered.contains(code)).collect();
        assert_eq!(missing, [&Code::MethodNotAllowed]);
    }

    #[test]
    fn a_label_is_any_key_and_no_other_name_is_taken() {
        let list = ROUTES.iter().find(|route| route.operation == Operation::ListMessages).unwrap();
        for (name, taken) in [("limit", true), ("label.app", true), ("label.", false), ("label", false), ("x", false)] {
            assert_eq!(list.takes(name), taken, "{name}");
        }
    }
}

//! Why a recipient is in its state, and hongyan's own codes for that.

use hongyan_endpoint::{Class, ErrorCode, Fault, Responsible, error_code as row};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Why a recipient is in its state: the platform's code (or one of [`Reason::TABLE`]) and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The platform's code, or ours.
    pub code: String,
    /// What the platform said, as it said it; may be empty.
    pub message: String,
}

impl Reason {
    /// A reason with our code, without a message of the platform.
    #[must_use]
    pub fn ours(code: &'static str) -> Self {
        debug_assert!(Self::TABLE.iter().any(|row| row.code == code), "{code} is not in the table");
        Self { code: code.into(), message: String::new() }
    }

    /// The reason that a fault gives.
    #[must_use]
    pub fn of(fault: &Fault) -> Self {
        Self { code: fault.code().into(), message: fault.message().into() }
    }

    /// The row of [`Self::TABLE`] for one of our codes.
    #[must_use]
    pub fn error_code(code: &str) -> Option<&'static ErrorCode> {
        Self::TABLE.iter().find(|row| row.code == code)
    }

    /// Reasons that are not a platform's code: list names, and what hongyan itself decided.
    pub const TABLE: &'static [ErrorCode] = &[
        row(
            "invalid_recipient",
            Class::Permanent,
            Responsible::Sender,
            ("the platform knows no such recipient, or the app may not see them", "平台查无此人，或不在应用可见范围内"),
            (
                "check the id, and the app's visible range in the admin console",
                "请核对 ID，并在管理后台检查应用可见范围",
            ),
        ),
        row(
            "unlicensed",
            Class::Permanent,
            Responsible::Admin,
            ("the recipient has no interface licence", "接收人没有接口许可"),
            ("assign a licence in the admin console", "请在管理后台分配许可"),
        ),
        row(
            "platform_failed",
            Class::RETRY,
            Responsible::Hongyan,
            ("the platform could not deliver to them", "平台投递失败"),
            ("retry the message", "请重试该消息"),
        ),
        row(
            "repeated",
            Class::Permanent,
            Responsible::Sender,
            (
                "the same content went to them already and the platform would swallow it",
                "相同内容已发给此人，平台会丢弃",
            ),
            (
                "change the text, or set on_repeat = \"stamp\" on the account",
                "请修改内容，或为账号设置 on_repeat = \"stamp\"",
            ),
        ),
        row(
            "deduplicated",
            Class::Permanent,
            Responsible::Hongyan,
            (
                "a reply was lost and the call made again; the platform brings equal calls only once",
                "应答丢失后重发；平台对相同请求只送达一次",
            ),
            ("nothing to do", "无需处理"),
        ),
        row(
            "maybe_twice",
            Class::Permanent,
            Responsible::Sender,
            (
                "a reply was lost and the message was sent again: it may have arrived twice",
                "应答丢失后重发，可能收到两次",
            ),
            (
                "nothing to do; see on_unknown to hold such messages instead",
                "无需处理；如需改为挂起，请设置 on_unknown",
            ),
        ),
        row(
            "late",
            Class::Permanent,
            Responsible::Hongyan,
            ("it left more than 30 minutes after it was due", "晚于应发时间 30 分钟以上才发出"),
            (
                "nothing to do; see GET /v1/accounts for what kept the account",
                "无需处理；账号受阻原因见 GET /v1/accounts",
            ),
        ),
        row(
            "gave_up",
            Class::Permanent,
            Responsible::Operator,
            ("its account could not send for longer than give_up_after", "账号无法发送的时间超过 give_up_after"),
            (
                "see GET /v1/accounts for what stands in the way, then retry the message",
                "请在 GET /v1/accounts 查看原因，排除后重试该消息",
            ),
        ),
        row(
            "held",
            Class::Ambiguous,
            Responsible::Sender,
            ("the reply was lost; it may have arrived, and is held", "应答丢失，可能已送达，已挂起"),
            ("ask the recipient, then retry or leave it", "请向接收人确认后重试或搁置"),
        ),
        row(
            "truncated",
            Class::Permanent,
            Responsible::Sender,
            ("the platform took it and shows only its beginning", "平台已接收，但超长部分会被截断"),
            (
                "shorten it, link to the rest, or set long_text = \"split\" on the account",
                "请缩短内容、改为链接，或为账号设置 long_text = \"split\"",
            ),
        ),
        row(
            "interrupted",
            Class::Ambiguous,
            Responsible::Hongyan,
            ("the gateway stopped while the call was under way", "调用进行中网关停止"),
            ("nothing to do", "无需处理"),
        ),
        row(
            "attempt_panicked",
            Class::RETRY,
            Responsible::Hongyan,
            ("a mistake inside the gateway ended the attempt", "网关内部错误中断了本次尝试"),
            ("report it with the gateway's log of that moment", "请附上当时的网关日志反馈该问题"),
        ),
        row(
            "store_unavailable",
            Class::RETRY,
            Responsible::Admin,
            ("the gateway's own store could not be used; nothing was sent", "网关自身的存储不可用，未发送"),
            ("see /readyz and the gateway's log", "请查看 /readyz 与网关日志"),
        ),
        row(
            "unreadable",
            Class::Permanent,
            Responsible::Admin,
            (
                "its stored row cannot be read: a newer version wrote it, or it is damaged",
                "存储的记录无法读取：由更新版本写入，或已损坏",
            ),
            ("retry it with the version that wrote it, or send a new message", "请用写入它的版本重试，或重新发送"),
        ),
        row(
            "expired",
            Class::Permanent,
            Responsible::Sender,
            ("expires_at passed first", "已过 expires_at"),
            ("send a new message if it still matters", "如仍需要请重新发送"),
        ),
        row(
            "cancelled",
            Class::Permanent,
            Responsible::Sender,
            ("called off before it was sent", "发送前已取消"),
            ("nothing to do", "无需处理"),
        ),
        row(
            "cannot_recall",
            Class::Permanent,
            Responsible::Sender,
            ("this channel cannot take a message back", "该渠道不支持撤回"),
            ("send a correction instead", "请改为发送更正"),
        ),
        row(
            "cannot_upload",
            Class::Permanent,
            Responsible::Sender,
            ("this channel takes no such file", "该渠道不支持此类文件"),
            ("send a link to the file, or another form", "请改为发送文件链接或其他形式"),
        ),
        row(
            "no_file",
            Class::Permanent,
            Responsible::Sender,
            ("the file that the message names is not kept here", "消息引用的文件不存在"),
            ("hand it in again by POST /v1/media and send a new message", "请用 POST /v1/media 重新上传，再发新消息"),
        ),
        row(
            "not_mentioned",
            Class::Permanent,
            Responsible::Sender,
            ("the group has it, but a message of this kind cannot mention them", "群内已送达，但该类消息无法 @ 到此人"),
            (
                "send text or markdown to mention people; on WeCom, markdown mentions user ids only",
                "如需 @ 人请发送 text 或 markdown；企业微信的 markdown 只能 @ userid",
            ),
        ),
        row(
            "no_read_list",
            Class::Permanent,
            Responsible::Sender,
            ("the platform does not tell who read this", "平台不提供该消息的已读名单"),
            ("nothing to do", "无需处理"),
        ),
        row(
            "too_late",
            Class::Permanent,
            Responsible::Sender,
            ("the platform takes messages back for a day only", "平台仅支持在一天内撤回"),
            ("send a correction instead", "请改为发送更正"),
        ),
        row(
            "account_rests",
            Class::RETRY,
            Responsible::Admin,
            ("its account cannot log in or be reached, and rests", "账号无法登录或连接，暂停中"),
            (
                "see GET /v1/accounts for what stands in the way and when it is tried next, then ask again",
                "请在 GET /v1/accounts 查看原因与下次尝试时间，之后重试",
            ),
        ),
        row(
            "under_way",
            Class::RETRY,
            Responsible::Hongyan,
            ("its call is under way, or its reply was lost", "调用进行中，或应答已丢失"),
            ("ask again when the delivery has settled", "待投递有结果后再试"),
        ),
    ];
}

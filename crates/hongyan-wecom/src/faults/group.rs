//! Group chats that an application created, and group robots.

use hongyan_endpoint::{
    About,
    Class::Permanent,
    ErrorCode,
    Responsible::{Admin, Operator, Sender},
    error_code as row,
};

const CHAT: (&str, &str) = (
    "correct the chat's id; an application reaches only chats that it created",
    "请更正群聊 ID；应用只能访问自己创建的群聊",
);
const MEMBERS: (&str, &str) = (
    "correct the member list: 2 to 2,000 known people, the owner among them",
    "请更正成员列表：2 到 2000 名有效成员，包含群主",
);
const CHATID: (&str, &str) = ("use at most 32 letters and digits", "请使用不超过 32 位的字母和数字");
const WEBHOOK: (&str, &str) =
    ("copy the webhook's address again from the group's settings", "请从群设置中重新复制 webhook 地址");
const ROBOT: (&str, &str) = ("have the group's owner add or enable the robot again", "请群主重新添加或启用机器人");

/// One row per code.
pub(super) const ROWS: &[ErrorCode] = &[
    row("40050", Permanent, Sender, ("the chat does not exist", "群聊不存在"), CHAT),
    row(
        "49008",
        Permanent,
        Sender,
        ("the chat was dissolved", "群聊已解散"),
        ("choose another chat", "请选择其他群聊"),
    ),
    row("86001", Permanent, Sender, ("the chat's id is malformed", "chatid 不合法"), CHATID),
    row("86003", Permanent, Sender, ("no chat has this id", "chatid 对应的群聊不存在"), CHAT),
    row(
        "86004",
        Permanent,
        Sender,
        ("the chat's name is not valid", "群名称不合法"),
        ("use at most 50 characters", "请控制在 50 个字符以内"),
    ),
    row("86005", Permanent, Sender, ("the chat's owner is not valid", "群主不合法"), MEMBERS),
    row("86006", Permanent, Sender, ("the chat's number of members is not allowed", "群成员数量不合法"), MEMBERS),
    row("86007", Permanent, Sender, ("a member of the chat is not valid", "群成员不合法"), MEMBERS),
    row(
        "86008",
        Permanent,
        Admin,
        ("the chat was created by another application", "群聊由其他应用创建"),
        ("send through the application that created it", "请用创建该群聊的应用发送"),
    ),
    row(
        "86101",
        Permanent,
        Sender,
        ("only the chat's owner may do this", "仅群主可操作"),
        ("act as the owner, or change the owner first", "请以群主身份操作，或先变更群主"),
    ),
    row("86201", Permanent, Sender, ("the chat's id is missing", "缺少 chatid"), CHAT),
    row("86202", Permanent, Sender, ("the chat's name is missing", "缺少群名称"), ("give a name", "请填写群名称")),
    row("86203", Permanent, Sender, ("the chat's owner is missing", "缺少群主"), MEMBERS),
    row("86204", Permanent, Sender, ("the chat's members are missing", "缺少群成员"), MEMBERS),
    row("86205", Permanent, Sender, ("the chat's id is too long", "chatid 过长"), CHATID),
    row("86206", Permanent, Sender, ("the chat's numeric id is too large", "数字 chatid 过大"), CHATID),
    row("86207", Permanent, Sender, ("the owner is not in the member list", "群主不在成员列表中"), MEMBERS),
    row(
        "86215",
        Permanent,
        Sender,
        ("the chat's id exists already", "chatid 已存在"),
        (
            "after a lost reply the chat is made: read it back; else choose another id",
            "若此前应答丢失则群已创建，请查询确认；否则换用其他 ID",
        ),
    ),
    row("86216", Permanent, Sender, ("a member is not known or not in the chat", "成员不存在或不在群中"), MEMBERS),
    row("86217", Permanent, Sender, ("the sender is not a member of the chat", "发送者不是群成员"), MEMBERS),
    row("86220", Permanent, Sender, ("the session's parameter is not valid", "会话参数不合法"), CHAT),
    row(
        "86225",
        Permanent,
        Sender,
        ("the chat belongs to a course", "该群为课程群"),
        ("choose another chat", "请选择其他群聊"),
    ),
    row(
        "93000",
        Permanent,
        Operator,
        ("the webhook's key is not valid, or the robot was removed", "webhook 的 key 无效或机器人已被移除"),
        WEBHOOK,
    )
    .about(About::Account),
    row(
        "93001",
        Permanent,
        Admin,
        ("the chat does not allow robots to push", "群聊不允许机器人推送"),
        ("have the group's owner allow it", "请群主放开限制"),
    )
    .about(About::Account),
    row("93004", Permanent, Admin, ("the robot is disabled", "机器人已停用"), ROBOT).about(About::Account),
    row("93006", Permanent, Sender, ("the robot's chat id is not valid", "机器人的 chatid 不合法"), CHAT),
    row("93008", Permanent, Admin, ("the robot is not in the chat", "机器人不在群中"), ROBOT).about(About::Account),
    row(
        "93017",
        Permanent,
        Sender,
        ("the robot's request is empty", "机器人请求为空"),
        ("write something", "请填写内容"),
    ),
    row(
        "93018",
        Permanent,
        Sender,
        ("the robot's picture is too large", "机器人图片过大"),
        ("send a JPG or PNG of at most 2 MB", "请发送不超过 2 MB 的 JPG 或 PNG"),
    ),
];

//! Custom robots (webhooks). Three codes were seen for one throttle.

use hongyan_endpoint::{
    About,
    Class::{self, Permanent},
    Known,
    Who::{Admin, Hongyan, Operator, Sender},
    known,
};

const WEBHOOK: (&str, &str) =
    ("copy the webhook's address again from the group's robot settings", "请从群机器人设置中重新复制 webhook 地址");
const REST: (&str, &str) = (
    "hongyan rests this robot for ten minutes; spread or merge its messages",
    "鸿雁让该机器人休息十分钟；请合并或分散消息",
);
const SPLIT: (&str, &str) =
    ("split the message: a whole request holds 20,000 bytes", "请拆分消息：整个请求上限 20000 字节");
const KEYWORD: (&str, &str) = (
    "write one of the robot's keywords, or name it as `keyword` of the account",
    "请在消息中写入机器人的关键词，或在账号上设置 keyword",
);
const ADMIN: (&str, &str) = ("have the group's owner enable or add the robot again", "请群主重新启用或添加机器人");

/// One row per code.
pub(super) const ROWS: &[Known] = &[
    known("101002", Permanent, Sender, ("the robot's message is too long", "机器人消息过长"), SPLIT),
    known("130101", Class::throttled(600), Hongyan, ("the robot sends too fast", "机器人发送过快"), REST),
    known("300001", Permanent, Operator, ("the webhook's token does not exist", "webhook 的 token 不存在"), WEBHOOK)
        .about(About::Account),
    known("300005", Permanent, Operator, ("the webhook's token is not known", "webhook 的 token 无效"), WEBHOOK)
        .about(About::Account),
    known(
        "310000 keyword",
        Permanent,
        Sender,
        ("the message holds none of the robot's keywords", "消息中没有机器人要求的关键词"),
        KEYWORD,
    ),
    known(
        "310000 关键词",
        Permanent,
        Sender,
        ("the message holds none of the keywords", "消息不含机器人的关键词"),
        KEYWORD,
    ),
    known(
        "310000",
        Permanent,
        Operator,
        ("the robot's security setting refused the message", "机器人安全设置校验未通过"),
        (
            "check its signing secret, its address list, and this machine's clock",
            "请检查加签密钥、IP 白名单以及本机时钟",
        ),
    )
    .about(About::Account),
    known(
        "400013",
        Permanent,
        Sender,
        ("the group was dissolved", "群已解散"),
        ("choose another group", "请选择其他群"),
    ),
    known("400101", Permanent, Operator, ("the webhook's token was removed", "webhook 的 token 已不存在"), WEBHOOK)
        .about(About::Account),
    known("400102", Permanent, Admin, ("the robot is stopped", "机器人已停用"), ADMIN).about(About::Account),
    known(
        "400105",
        Permanent,
        Sender,
        ("the robot does not know this message type", "机器人不支持该消息类型"),
        ("use text, link, markdown, actionCard or feedCard", "请使用 text、link、markdown、actionCard 或 feedCard"),
    ),
    known("400106", Permanent, Admin, ("the robot was not found", "机器人不存在"), ADMIN).about(About::Account),
    known("410100", Class::throttled(600), Hongyan, ("the robot's rate is exceeded", "机器人发送频率超限"), REST),
    known("460101", Permanent, Sender, ("the robot's request is too large", "机器人请求体过大"), SPLIT),
    known(
        "660026",
        Class::throttled(600),
        Hongyan,
        ("too many robot messages within a minute", "每分钟机器人消息过多"),
        REST,
    ),
    known(
        "20001",
        Permanent,
        Admin,
        ("the month's webhook and stream quota is spent", "当月 Webhook 与 Stream 额度已用完"),
        ("buy more, or wait for the next month", "请购买额度或等待下月"),
    )
    .about(About::Account),
];

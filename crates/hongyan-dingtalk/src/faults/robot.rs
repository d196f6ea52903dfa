//! Custom robots (webhooks). Three codes were seen for one throttle.

use hongyan_endpoint::{
    About,
    Class::{self, Permanent},
    ErrorCode,
    Responsible::{Admin, Hongyan, Operator, Sender},
    error_code as row,
};

const WEBHOOK: (&str, &str) =
    ("copy the webhook's address again from the group's robot settings", "请从群机器人设置中重新复制 webhook 地址");
const REST: (&str, &str) = (
    "hongyan rests this robot for ten minutes; spread or merge its messages",
    "鸿雁让该机器人休息十分钟；请合并或分散消息",
);
const SPLIT: (&str, &str) =
    ("split the message: a whole request holds 20,000 bytes", "请拆分消息：整个请求上限 20000 字节");
const ADMIN: (&str, &str) = ("have the group's owner enable or add the robot again", "请群主重新启用或添加机器人");

/// The code that stands for four guards of a robot, which nothing but the platform's set words tells apart.
const GUARDED: &str = "310000";
/// A word of such an answer, in lower case, and the guard's row. The first that is found counts.
const GUARDS: [(&str, &str); 9] = [
    ("keyword", "310000.keyword"),
    ("关键词", "310000.keyword"),
    ("timestamp", "310000.clock"),
    ("时间戳", "310000.clock"),
    ("sign", "310000.signature"),
    ("签名", "310000.signature"),
    ("whitelist", "310000.address"),
    ("白名单", "310000.address"),
    ("ip ", "310000.address"),
];

/// The code of the row of the guard that refused; `None` for another code, and for words that are new.
pub(super) fn guard(code: &str, words: &str) -> Option<&'static str> {
    let words = if code == GUARDED { words.to_lowercase() } else { return None };
    GUARDS.iter().find(|(word, _)| words.contains(word)).map(|(_, row)| *row)
}

/// One row per code.
pub(super) const ROWS: &[ErrorCode] = &[
    row("101002", Permanent, Sender, ("the robot's message is too long", "机器人消息过长"), SPLIT),
    row("130101", Class::throttled(600), Hongyan, ("the robot sends too fast", "机器人发送过快"), REST),
    row("300001", Permanent, Operator, ("the webhook's token does not exist", "webhook 的 token 不存在"), WEBHOOK)
        .about(About::Account),
    row("300005", Permanent, Operator, ("the webhook's token is not known", "webhook 的 token 无效"), WEBHOOK)
        .about(About::Account),
    row(
        "310000",
        Permanent,
        Operator,
        ("the robot's security setting refused the message", "机器人安全设置校验未通过"),
        (
            "check its keyword, its signing secret, its address list, and this machine's clock",
            "请检查关键词、加签密钥、IP 白名单以及本机时钟",
        ),
    )
    .about(About::Account),
    row(
        "310000.keyword",
        Permanent,
        Sender,
        ("the robot takes only messages that hold its keyword", "机器人只接收包含关键词的消息"),
        (
            "set keyword on the account to one of those in the robot's security settings, and write it in each message",
            "请将账号的 keyword 设为机器人安全设置中的任一关键词，并写入每条消息",
        ),
    ),
    row(
        "310000.clock",
        Permanent,
        Operator,
        ("the robot refuses the time of the signature", "机器人拒绝签名的时间戳"),
        ("set the clock (NTP): it may be an hour off at most", "请校准时钟（NTP）：误差不得超过一小时"),
    )
    .about(About::Account),
    row(
        "310000.signature",
        Permanent,
        Operator,
        ("the robot refuses the signature", "机器人拒绝签名"),
        (
            "copy the secret (SEC…) from the robot's security settings to secret on the account",
            "请将机器人安全设置中的加签密钥（SEC 开头）复制到账号的 secret",
        ),
    )
    .about(About::Account),
    row(
        "310000.address",
        Permanent,
        Operator,
        ("the robot does not trust the address that calls", "机器人不信任发起调用的 IP"),
        ("add the address in the words to the robot's security settings", "请将所述 IP 加入机器人安全设置的 IP 地址段"),
    )
    .about(About::Account),
    row("400013", Permanent, Sender, ("the group was dissolved", "群已解散"), ("choose another group", "请选择其他群")),
    row("400101", Permanent, Operator, ("the webhook's token was removed", "webhook 的 token 已不存在"), WEBHOOK)
        .about(About::Account),
    row("400102", Permanent, Admin, ("the robot is stopped", "机器人已停用"), ADMIN).about(About::Account),
    row(
        "400105",
        Permanent,
        Sender,
        ("the robot does not know this message type", "机器人不支持该消息类型"),
        ("use text, link, markdown, actionCard or feedCard", "请使用 text、link、markdown、actionCard 或 feedCard"),
    ),
    row("400106", Permanent, Admin, ("the robot was not found", "机器人不存在"), ADMIN).about(About::Account),
    row("410100", Class::throttled(600), Hongyan, ("the robot's rate is exceeded", "机器人发送频率超限"), REST),
    row("460101", Permanent, Sender, ("the robot's request is too large", "机器人请求体过大"), SPLIT),
    row(
        "660026",
        Class::throttled(600),
        Hongyan,
        ("too many robot messages within a minute", "每分钟机器人消息过多"),
        REST,
    ),
    row(
        "20001",
        Permanent,
        Admin,
        ("the month's webhook and stream quota is spent", "当月 Webhook 与 Stream 额度已用完"),
        ("buy more, or wait for the next month", "请购买额度或等待下月"),
    )
    .about(About::Account),
];

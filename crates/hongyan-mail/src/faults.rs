//! What a mail server's refusal means: reply code, enhanced code and the providers' own words, each with its class.
//!
//! A row's code is also its rule. `554 DT:SPM` is a reply code and words that its text must hold, `5.1.1` an
//! enhanced code under any reply code, `550` a reply code alone. The first row that fits is the fault's, so
//! the table goes from the particular to the general; `4xx` and `5xx` end it, for the first digit decides.
//! Sources: RFC 5321 §4.2, RFC 3463, RFC 4954 §6, and the words that providers answer with.

use crate::reply;
use hongyan_endpoint::{About, Class, ErrorCode, Fault, Responsible, error_code as row};
use std::time::Duration;

const HOUR: Class = Class::throttled(3600);
const MINUTE: Class = Class::throttled(60);
const TWO_MINUTES: Class = Class::Retryable { after: Some(Duration::from_secs(120)) };

const WAITS: (&str, &str) = ("hongyan rests the account and goes on by itself", "鸿雁会暂停该账号，稍后自动继续");
const REPEATS: (&str, &str) = ("hongyan repeats it by itself", "鸿雁会自动重试");
const DAILY: (&str, &str) = (
    "the account rests; send less, spread it over more accounts or raise the quota",
    "账号已暂停；请减少发送量、分散到多个账号或提升额度",
);
const CONTENT: (&str, &str) = (
    "change the wording, links or attachments; the same mail will be refused again",
    "请修改正文、链接或附件；同样的邮件会再次被拒",
);
const CHECK_ADDRESS: (&str, &str) = ("correct or remove the address", "请更正或删除该地址");
const FROM_LOGIN: (&str, &str) =
    ("set the account's from address to its login address", "请将账号的发件地址设为登录地址");

/// Every refusal we know.
pub static ERROR_CODES: &[ErrorCode] = &[
    // NetEase's own words.
    row(
        "451 DT:SPM",
        TWO_MINUTES,
        Responsible::Sender,
        ("the mail looks like spam to NetEase; it asks to try again", "网易疑为垃圾邮件，要求稍后再试"),
        ("hongyan waits two minutes; if it stays so, change the content", "鸿雁会等待两分钟；若仍如此请修改内容"),
    ),
    row(
        "554 DT:SPM",
        Class::Permanent,
        Responsible::Sender,
        ("NetEase takes the mail for spam", "网易判定为垃圾邮件"),
        CONTENT,
    ),
    row(
        "421 HL:REP",
        HOUR,
        Responsible::Operator,
        ("NetEase has held back this address for its reputation", "网易因 IP 信誉暂时拒绝"),
        ("send from another egress address, or write to NetEase", "请更换出口 IP，或联系网易"),
    ).about(About::Account),
    row(
        "421 HL:ICC",
        MINUTE,
        Responsible::Hongyan,
        ("too many connections at once for NetEase", "对网易的并发连接过多"),
        ("hongyan rests the account; lower `connections`", "鸿雁会暂停该账号；请调低 connections"),
    ).about(About::Account),
    row(
        "421 HL:IFC",
        MINUTE,
        Responsible::Hongyan,
        ("too many connections in a short time for NetEase", "短时间内对网易连接过多"),
        WAITS,
    ).about(About::Account),
    row(
        "421 HL:MEP",
        MINUTE,
        Responsible::Operator,
        ("NetEase takes the sender for forged", "网易认为发件人系伪造"),
        FROM_LOGIN,
    ).about(About::Account),
    row("450 MI:DMC", MINUTE, Responsible::Hongyan, ("too many mails on one connection", "单个连接上邮件过多"), WAITS).about(About::Account),
    row("451 MI:DMC", MINUTE, Responsible::Hongyan, ("too many mails on one connection", "单个连接上邮件过多"), WAITS).about(About::Account),
    row("450 RP:DRC", MINUTE, Responsible::Hongyan, ("too many recipients on one connection", "单个连接上收件人过多"), WAITS).about(About::Account),
    row(
        "451 MI:SFQ",
        Class::throttled(900),
        Responsible::Hongyan,
        ("too many mails within 15 minutes", "15 分钟内发信过多"),
        WAITS,
    ).about(About::Account),
    row(
        "451 RP:QRC",
        Class::throttled(900),
        Responsible::Hongyan,
        ("too many recipients within a time", "一段时间内收件人过多"),
        WAITS,
    ).about(About::Account),
    row("550 MI:STC", HOUR, Responsible::Admin, ("the day's connections are used up", "当日连接次数已用完"), DAILY).about(About::Account),
    row(
        "550 RP:RCL",
        HOUR,
        Responsible::Admin,
        ("NetEase's limit on mails to many is reached", "网易群发数量超限"),
        ("the account rests; send less, and set fewer recipients per mail", "账号已暂停；请减少发送量及每封邮件的收件人数"),
    ).about(About::Account),
    row("550 RP:TRC", HOUR, Responsible::Admin, ("NetEase's limit on recipients within a time is reached", "网易一段时间内收件人数超限"), DAILY).about(About::Account),
    // The words of QQ and of Tencent's corporate mail.
    row(
        "550 frequency limited",
        HOUR,
        Responsible::Admin,
        ("QQ limits this address or account by frequency", "QQ 邮箱频率限制"),
        DAILY,
    ).about(About::Account),
    row(
        "550 connection denied",
        Class::Permanent,
        Responsible::Operator,
        ("QQ refuses this address", "QQ 邮箱拒绝该 IP"),
        ("send from another egress address, or write to QQ mail", "请更换出口 IP，或联系 QQ 邮箱"),
    ).about(About::Account),
    row("550 content denied", Class::Permanent, Responsible::Sender, ("QQ refuses the content", "QQ 邮箱拒绝该内容"), CONTENT),
    row(
        "501 authorization user",
        Class::Permanent,
        Responsible::Operator,
        ("the sender must be the login address", "发件人必须与登录账号一致"),
        FROM_LOGIN,
    ).about(About::Account),
    row(
        "553 authorized user",
        Class::Permanent,
        Responsible::Operator,
        ("the sender must be the login address", "发件人必须与登录账号一致"),
        FROM_LOGIN,
    ).about(About::Account),
    // Alibaba's words.
    row("454 behavio", MINUTE, Responsible::Hongyan, ("Alibaba's mail rests this account", "阿里邮箱暂时限制该账号"), WAITS).about(About::Account),
    row(
        "554 behavio",
        HOUR,
        Responsible::Admin,
        ("Alibaba's mail refuses this account's conduct", "阿里邮箱因发信行为拒绝"),
        (
            "send less and fewer alike; the limit lifts after minutes to a day",
            "请减少发送量及雷同邮件；限制会在数分钟至一天内解除",
        ),
    ).about(About::Account),
    // Google: https://support.google.com/a/answer/3726730
    row("550 5.4.5", HOUR, Responsible::Admin, ("the day's sending quota is used up", "当日发信额度已用完"), DAILY).about(About::Account),
    // What several say of their quota, under the enhanced code of every policy: "5.7.0 Mail sending limit exceeded".
    row("550 sending limit", HOUR, Responsible::Admin, ("the account's sending limit is reached", "账号发信额度已用完"), DAILY).about(About::Account),
    // Microsoft: https://learn.microsoft.com/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online
    row("550 5.1.90", HOUR, Responsible::Admin, ("the day's recipients are used up", "当日收件人额度已用完"), DAILY).about(About::Account),
    row("550 5.7.705", HOUR, Responsible::Admin, ("the company has sent too much", "企业发信量超限"), DAILY).about(About::Account),
    // Microsoft's answer to too many connections.
    row("432 4.3.2", MINUTE, Responsible::Hongyan, ("too many connections at once", "并发连接过多"), WAITS).about(About::Account),
    row(
        "450 greylist",
        Class::RETRY,
        Responsible::Hongyan,
        ("the receiver asks to come again (greylisting)", "收件方灰名单，要求稍后再投"),
        REPEATS,
    ),
    row(
        "451 greylist",
        Class::RETRY,
        Responsible::Hongyan,
        ("the receiver asks to come again (greylisting)", "收件方灰名单，要求稍后再投"),
        REPEATS,
    ),
    // RFC 3463 and its registry: https://www.iana.org/assignments/smtp-enhanced-status-codes/
    row(
        "4.5.3",
        Class::RETRY,
        Responsible::Hongyan,
        ("too many recipients in one transaction", "单次会话收件人过多"),
        ("hongyan sends to the rest in another mail", "鸿雁会另发一封给其余收件人"),
    ),
    row(
        "5.5.3",
        Class::RETRY,
        Responsible::Hongyan,
        ("too many recipients in one transaction", "单次会话收件人过多"),
        ("hongyan sends to the rest in another mail", "鸿雁会另发一封给其余收件人"),
    ),
    row("4.7.28", MINUTE, Responsible::Hongyan, ("too many mails in a short time", "短时间内邮件过多"), WAITS).about(About::Account),
    row("5.1.1", Class::Permanent, Responsible::Sender, ("no such mailbox", "该邮箱不存在"), CHECK_ADDRESS),
    row("5.1.2", Class::Permanent, Responsible::Sender, ("no such mail domain", "该邮件域名不存在"), CHECK_ADDRESS),
    row("5.1.3", Class::Permanent, Responsible::Sender, ("not a mail address", "邮箱地址格式错误"), CHECK_ADDRESS),
    row(
        "5.1.8",
        Class::Permanent,
        Responsible::Operator,
        ("the sender's address is not accepted", "发件地址不被接受"),
        FROM_LOGIN,
    ).about(About::Account),
    row("5.2.1", Class::Permanent, Responsible::Sender, ("the mailbox is switched off", "该邮箱已停用"), CHECK_ADDRESS),
    row("4.2.2", Class::RETRY, Responsible::Sender, ("the mailbox is full", "对方邮箱已满"), REPEATS),
    row(
        "5.2.2",
        Class::Permanent,
        Responsible::Sender,
        ("the mailbox is full", "对方邮箱已满"),
        ("ask the recipient to make room", "请收件人清理邮箱"),
    ),
    row(
        "5.3.4",
        Class::Permanent,
        Responsible::Sender,
        ("the mail is too large", "邮件过大"),
        ("make the attachments smaller or send a link", "请减小附件或改发链接"),
    ),
    row(
        "5.6.7",
        Class::Permanent,
        Responsible::Sender,
        ("the server does not take non-ASCII addresses", "服务器不支持非 ASCII 地址"),
        CHECK_ADDRESS,
    ),
    row(
        "5.7.8",
        Class::Permanent,
        Responsible::Operator,
        ("user name or password is wrong", "用户名或密码错误"),
        (
            "stop and correct it: most providers want an authorization code, and repeated tries get the address blocked",
            "请停止并更正：多数服务商要求授权码，反复尝试会导致 IP 被封",
        ),
    ).about(About::Account),
    row(
        "5.7.9",
        Class::Permanent,
        Responsible::Operator,
        ("this way of logging in is not allowed", "不允许此登录方式"),
        ("use an app password or what the provider names", "请使用应用专用密码或服务商指定的方式"),
    ).about(About::Account),
    row(
        "5.7.20",
        Class::Permanent,
        Responsible::Operator,
        ("no valid DKIM signature", "没有有效的 DKIM 签名"),
        ("set up DKIM at the provider", "请在服务商处配置 DKIM"),
    ),
    row(
        "5.7.23",
        Class::Permanent,
        Responsible::Operator,
        ("the SPF check failed", "SPF 校验失败"),
        ("list the sending server in the domain's SPF record", "请在域名的 SPF 记录中加入发信服务器"),
    ),
    row(
        "5.7.26",
        Class::Permanent,
        Responsible::Operator,
        ("SPF and DKIM failed", "SPF 与 DKIM 均未通过"),
        ("set up SPF and DKIM for the sender's domain", "请为发件域名配置 SPF 与 DKIM"),
    ),
    // Reply codes alone.
    row("4xx frequency", MINUTE, Responsible::Hongyan, ("the server asks to go slower", "服务器要求降低频率"), WAITS),
    row("421", Class::RETRY, Responsible::Hongyan, ("the server closes for now", "服务器暂停服务"), REPEATS).about(About::Account),
    row("432", Class::RETRY, Responsible::Hongyan, ("logging in is not possible for now", "暂时无法登录"), REPEATS).about(About::Account),
    row("450", Class::RETRY, Responsible::Hongyan, ("the mailbox is busy or held back for now", "邮箱暂时不可用"), REPEATS),
    row("451", Class::RETRY, Responsible::Hongyan, ("an error at the server, for now", "服务器临时错误"), REPEATS),
    row("452", Class::RETRY, Responsible::Hongyan, ("the server is short of room, for now", "服务器存储空间暂时不足"), REPEATS),
    row(
        "454",
        Class::RETRY,
        Responsible::Hongyan,
        ("TLS or logging in is not possible for now", "TLS 或登录暂时不可用"),
        REPEATS,
    ),
    row(
        "455",
        Class::RETRY,
        Responsible::Hongyan,
        ("the server cannot take these parameters for now", "服务器暂时无法处理参数"),
        REPEATS,
    ),
    row(
        "500",
        Class::Permanent,
        Responsible::Operator,
        ("the server did not understand the command", "服务器不识别命令"),
        ("check that host and port are a mail submission server", "请检查 host 与 port 是否为发信服务器"),
    ),
    row(
        "501",
        Class::Permanent,
        Responsible::Sender,
        ("the server refuses an address or parameter", "服务器拒绝地址或参数"),
        CHECK_ADDRESS,
    ),
    row(
        "502",
        Class::Permanent,
        Responsible::Operator,
        ("the server does not know the command", "服务器未实现该命令"),
        ("check that host and port are a mail submission server", "请检查 host 与 port 是否为发信服务器"),
    ),
    row(
        "503",
        Class::Permanent,
        Responsible::Operator,
        ("the server wants another order, often a login first", "命令顺序错误，通常需先登录"),
        ("set username and password", "请设置 username 与 password"),
    ),
    row(
        "504",
        Class::Permanent,
        Responsible::Operator,
        ("the server does not take this way of logging in", "服务器不支持此登录方式"),
        ("see the provider's page for the way it wants", "请查阅服务商要求的登录方式"),
    ),
    row(
        "530",
        Class::Permanent,
        Responsible::Operator,
        ("a login or TLS is needed first", "需先登录或启用 TLS"),
        (
            "set username and password, and tls to implicit or starttls",
            "请设置 username 与 password，并将 tls 设为 implicit 或 starttls",
        ),
    ).about(About::Account),
    row(
        "534",
        Class::Permanent,
        Responsible::Operator,
        ("a stronger login is needed", "需要更安全的登录方式"),
        ("use an app password or what the provider names", "请使用应用专用密码或服务商指定的方式"),
    ).about(About::Account),
    row(
        "535",
        Class::Permanent,
        Responsible::Operator,
        ("user name or password is wrong", "用户名或密码错误"),
        (
            "stop and correct it: most providers want an authorization code, and repeated tries get the address blocked",
            "请停止并更正：多数服务商要求授权码，反复尝试会导致 IP 被封",
        ),
    ).about(About::Account),
    row(
        "538",
        Class::Permanent,
        Responsible::Operator,
        ("TLS is needed to log in", "登录需要 TLS"),
        ("set tls to implicit or starttls", "请将 tls 设为 implicit 或 starttls"),
    ).about(About::Account),
    row(
        "550",
        Class::Permanent,
        Responsible::Sender,
        ("refused: no such mailbox, or a policy", "被拒：邮箱不存在或策略限制"),
        ("read the server's words; correct or remove the address", "请查看服务器说明；更正或删除该地址"),
    ),
    row("551", Class::Permanent, Responsible::Sender, ("the mailbox is not here", "该邮箱不在此服务器"), CHECK_ADDRESS),
    row(
        "552",
        Class::Permanent,
        Responsible::Sender,
        ("too large, or the mailbox is full", "邮件过大或邮箱已满"),
        ("make the mail smaller, or ask the recipient to make room", "请减小邮件，或请收件人清理邮箱"),
    ),
    row("553", Class::Permanent, Responsible::Sender, ("the address is not allowed", "地址不被允许"), CHECK_ADDRESS),
    row(
        "554",
        Class::Permanent,
        Responsible::Sender,
        ("refused, mostly as spam or by policy", "被拒，通常为垃圾邮件或策略限制"),
        CONTENT,
    ),
    row(
        "555",
        Class::Permanent,
        Responsible::Operator,
        ("the server does not know a parameter", "服务器不识别参数"),
        ("report it: hongyan sends only what the server offers", "请反馈：鸿雁只发送服务器声明支持的参数"),
    ),
    row("4xx", Class::RETRY, Responsible::Hongyan, ("refused for now", "暂时被拒"), REPEATS),
    row("5xx", Class::Permanent, Responsible::Sender, ("refused", "被拒"), ("read the server's words", "请查看服务器说明")),
    // Our own findings about a server.
    row(
        "smtp.no_starttls",
        Class::Permanent,
        Responsible::Operator,
        ("the server does not offer STARTTLS", "服务器不支持 STARTTLS"),
        (
            "use tls = \"implicit\" (port 465 as a rule); if it used to work, someone may be stripping it on the way",
            "请使用 tls = \"implicit\"（通常为 465 端口）；若以前正常，可能有人在途中篡改",
        ),
    ).about(About::Account),
    row(
        "smtp.no_auth",
        Class::Permanent,
        Responsible::Operator,
        ("the server offers neither AUTH PLAIN nor AUTH LOGIN", "服务器不支持 AUTH PLAIN 或 LOGIN"),
        (
            "leave username out, or check host, port and tls; OAuth2-only servers are not supported",
            "请去掉 username，或检查 host、port 与 tls；不支持仅 OAuth2 的服务器",
        ),
    ).about(About::Account),
    row(
        "smtp.unwelcome",
        Class::Retryable { after: Some(Duration::from_secs(60)) },
        Responsible::Operator,
        ("the server takes no mail from this machine", "服务器不接受本机发信"),
        (
            "no message is lost by it: read the server's words; mostly the egress address's reputation, or a host that is not for submission",
            "消息不会因此丢失：请查看服务器说明，多为出口 IP 信誉问题，或该主机不用于发信",
        ),
    )
    .about(About::Account),
    row(
        "smtp.protocol",
        Class::RETRY,
        Responsible::Operator,
        ("what answers is not a mail server", "应答方不是邮件服务器"),
        (
            "check host, port and tls: 465 wants implicit, 587 starttls",
            "请检查 host、port 与 tls:465 用 implicit,587 用 starttls",
        ),
    ),
];

/// The row of [`ERROR_CODES`] with exactly that code.
#[must_use]
pub fn error_code(code: &str) -> Option<&'static ErrorCode> {
    ERROR_CODES.iter().find(|row| row.code == code)
}

/// A server's refusal as a fault, classed by [`ERROR_CODES`].
///
/// Its code is that of the row (`554 DT:SPM`, `5.1.1`, `550`), or the bare reply code where only the first
/// digit is known; its message is the server's text, without the enhanced code where that is the fault's own.
#[must_use]
pub fn refusal(code: u16, text: &str) -> Fault {
    let digits = code.to_string();
    let enhanced = reply::enhanced(text).filter(|enhanced| enhanced.as_bytes().first() == digits.as_bytes().first());
    let lower = text.to_ascii_lowercase();
    let fits = |row: &ErrorCode| match row.code.split_once(' ') {
        Some(("4xx", _)) => digits.starts_with('4') && names_frequency(&lower),
        Some((number, words)) => number == digits && lower.contains(&words.to_ascii_lowercase()),
        None => row.code == digits || Some(row.code) == enhanced,
    };
    let generic = if digits.starts_with('4') { "4xx" } else { "5xx" };
    let row = ERROR_CODES.iter().find(|row| fits(row)).or_else(|| error_code(generic));
    let name = row.map(|row| row.code).filter(|name| !name.contains("xx")).unwrap_or(&digits);
    let own = enhanced.filter(|enhanced| name == *enhanced || name.ends_with(&format!(" {enhanced}")));
    let words =
        own.and_then(|own| text.strip_prefix(own)).map_or(text, |rest| rest.trim_start_matches([' ', ':', ',']));
    Fault::refused(name, words, row)
}

/// Whether a refusal is about how much one connection may carry: another one may do.
pub(crate) fn is_of_connection(fault: &Fault) -> bool {
    matches!(fault.code(), "450 MI:DMC" | "451 MI:DMC" | "450 RP:DRC")
}

/// Whether a refusal is about how large the mail is.
pub(crate) fn is_of_size(fault: &Fault) -> bool {
    matches!(fault.code(), "5.3.4" | "5.2.3" | "552")
}

/// A fault of our own finding; `code` is one of [`ERROR_CODES`]'s `smtp.` rows or an enhanced code.
pub(crate) fn own(code: &'static str, message: impl Into<String>) -> Fault {
    Fault::refused(code, message, error_code(code))
}

/// Whether the words of a transient refusal speak of too much in too short a time.
fn names_frequency(lower: &str) -> bool {
    [
        "frequen",
        "too many",
        "too much",
        "too fast",
        "rate limit",
        "unusual rate",
        "throttl",
        "exceed",
        "quota",
        "频率",
        "频繁",
    ]
    .iter()
    .any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_refusal_has_its_class() {
        for (code, text, name, class) in [
            (421, "4.3.2 closing", "421", "retryable"),
            (421, "4.7.0 Try again later, too many connections", "421", "throttled"),
            (421, "HL:IFC 163 smtp8", "421 HL:IFC", "throttled"),
            (450, "4.2.0 Greylisted, come back", "450 greylist", "retryable"),
            (450, "4.2.1 mailbox busy", "450", "retryable"),
            (451, "DT:SPM please try again", "451 DT:SPM", "retryable"),
            (451, "MI:SFQ too many", "451 MI:SFQ", "throttled"),
            (451, "4.3.0 local error", "451", "retryable"),
            (452, "4.5.3 Too many recipients", "4.5.3", "retryable"),
            (452, "4.3.1 no room", "452", "retryable"),
            (454, "4.7.0 Temporary authentication failure", "454", "retryable"),
            (454, "Transient reject by behaviour spam for sending too frequently", "454 behavio", "throttled"),
            (432, "4.3.2 Concurrent connections limit", "432 4.3.2", "throttled"),
            (471, "anything", "471", "retryable"),
            (501, "mail from address must be same as authorization user", "501 authorization user", "permanent"),
            (530, "5.7.0 Must issue STARTTLS", "530", "permanent"),
            (535, "Login Fail. Please enter your authorization code to login", "535", "permanent"),
            (535, "5.7.8 Bad credentials", "5.7.8", "permanent"),
            (550, "5.1.1 no such user", "5.1.1", "permanent"),
            (550, "User not found", "550", "permanent"),
            (550, "5.4.5 Daily user sending limit exceeded", "550 5.4.5", "throttled"),
            (550, "Ip frequency limited", "550 frequency limited", "throttled"),
            (550, "4.1.1 the classes disagree", "550", "permanent"),
            (550, "5.1.90 Your message can't be sent", "550 5.1.90", "throttled"),
            (550, "5.7.705 Access denied, tenant has exceeded threshold", "550 5.7.705", "throttled"),
            (550, "5.7.0 Mail sending limit exceeded", "550 sending limit", "throttled"),
            (550, "5.7.0 refused by policy", "550", "permanent"),
            (550, "RP:RCL 163 smtp8", "550 RP:RCL", "throttled"),
            (550, "RP:TRC 163 smtp8", "550 RP:TRC", "throttled"),
            (552, "5.3.4 too big", "5.3.4", "permanent"),
            (553, "Mail from must equal authorized user", "553 authorized user", "permanent"),
            (554, "DT:SPM 163 smtp10", "554 DT:SPM", "permanent"),
            (554, "5.7.1 too many links: quota", "554", "permanent"),
            (599, "", "599", "permanent"),
        ] {
            let fault = refusal(code, text);
            assert_eq!((fault.code(), fault.class().name()), (name, class), "{code} {text}");
            assert!(text.ends_with(fault.message()) && !fault.advice().is_empty());
            assert!(!fault.to_string().contains(&format!("{name} {name}")), "{fault}");
        }
    }

    #[test]
    fn a_code_is_said_once() {
        for (code, text, name, words) in [
            (550, "5.1.1 no such user", "5.1.1", "no such user"),
            (550, "5.1.1: no such user", "5.1.1", "no such user"),
            (550, "5.4.5 Daily limit", "550 5.4.5", "Daily limit"),
            (550, "5.7.1 policy", "550", "5.7.1 policy"),
            (554, "DT:SPM 163 smtp10", "554 DT:SPM", "DT:SPM 163 smtp10"),
            (535, "5.7.8", "5.7.8", ""),
        ] {
            let fault = refusal(code, text);
            assert_eq!((fault.code(), fault.message()), (name, words));
        }
        assert!(refusal(554, "DT:SPM 163").to_string().starts_with("554 DT:SPM 163 ("));
    }

    #[test]
    fn the_first_digit_decides_but_for_spent_quotas() {
        for row in ERROR_CODES {
            if row.code.starts_with('4') {
                assert_ne!(row.class, Class::Permanent, "{}", row.code);
            }
            if row.code.starts_with('5') && row.code != "5.5.3" {
                assert!(matches!(row.class, Class::Permanent | HOUR), "{}", row.code);
            }
        }
    }

    #[test]
    fn what_every_mail_would_meet_is_about_the_account() {
        for (code, text, about) in [
            (535, "5.7.8 Bad credentials", About::Account),
            (530, "5.7.0 Authentication required", About::Account),
            (553, "Mail from must equal authorized user", About::Account),
            (421, "4.3.2 closing", About::Account),
            (450, "MI:DMC too many", About::Account),
            (554, "Reject by behaviour spam", About::Account),
            (550, "5.1.90 daily limit", About::Account),
            (550, "RP:TRC", About::Account),
            (550, "5.1.1 no such user", About::Message),
            (554, "DT:SPM", About::Message),
            (552, "5.3.4 too big", About::Message),
            (450, "4.2.1 mailbox busy", About::Message),
        ] {
            assert_eq!(refusal(code, text).about(), about, "{code} {text}");
        }
        // Nobody corrects a message that has nothing wrong with it.
        assert!(ERROR_CODES.iter().all(|row| row.about == About::Message || row.responsible != Responsible::Sender));
    }

    #[test]
    fn no_code_is_listed_twice_and_none_lacks_words() {
        let mut seen = HashSet::new();
        for row in ERROR_CODES {
            assert!(seen.insert(row.code), "{}", row.code);
            assert!([row.en, row.zh, row.advice_en, row.advice_zh].iter().all(|text| !text.is_empty()), "{}", row.code);
        }
    }
}

//! What went wrong, classed by what to do next.

use crate::{Effect, harmless};
use std::{fmt, time::Duration};

/// What a fault means for the caller. The platform's table assigns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nothing was accepted: back off with jitter, honouring `after`.
    Retryable {
        /// The least time to wait, where the platform names one.
        after: Option<Duration>,
    },
    /// The credential was refused: one refresh for all waiters, one repeat; refused again it stays this class, and the
    /// call is made again later.
    RefreshToken,
    /// A quota is spent: rest that quota's bucket; not counted as an attempt.
    Throttled {
        /// How long the quota stays spent, where known.
        after: Option<Duration>,
    },
    /// It will never succeed as it is: dead letter, with the advice.
    Permanent,
    /// It may have been accepted: keep as *unknown* and look before repeating.
    Ambiguous,
}

impl Class {
    /// [`Class::Retryable`] without a named delay, for tables.
    pub const RETRY: Self = Self::Retryable { after: None };

    /// [`Class::Throttled`] for so many seconds, for tables.
    #[must_use]
    pub const fn throttled(seconds: u64) -> Self {
        Self::Throttled { after: Some(Duration::from_secs(seconds)) }
    }

    /// The class's name, for ledger rows and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retryable { .. } => "retryable",
            Self::RefreshToken => "refresh_token",
            Self::Throttled { .. } => "throttled",
            Self::Permanent => "permanent",
            Self::Ambiguous => "ambiguous",
        }
    }
}

/// What a fault is about: the one message, or all that leaves by the same account.
///
/// Of [`About::Audience`] a [`Class::Throttled`] can be: whom this call is for takes no more for now, others do.
///
/// | class | [`About::Message`] | [`About::Account`] | [`About::Network`] |
/// |---|---|---|---|
/// | [`Class::Retryable`], [`Class::Throttled`] | this call goes again | the login could not be made, or a quota is spent | nobody who could judge the call has seen it |
/// | [`Class::RefreshToken`] | | the token was refused twice in a row | |
/// | [`Class::Permanent`] | this message never succeeds | none succeeds until somebody corrects the account | |
/// | [`Class::Ambiguous`] | this call may have been acted on | | so may this one, and the next would meet the same |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum About {
    /// This call alone; the account's others are not touched by it.
    #[default]
    Message,
    /// The account's right to make calls of this kind, as a table of codes has it. Of a send it is about
    /// [`Self::Account`], of another call about this one: see [`Fault::of_effect`].
    Interface,
    /// Those whom this call is for, be it one person or everybody: a quota of theirs. Calls for others are not touched.
    Audience,
    /// The account's credential, its right to call, or its quota: every other call would be answered alike.
    Account,
    /// Network, proxy, or a gate in front of the platform: every other call would fare alike.
    Network,
}

/// Who found the fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The platform: it answered, and its code is its own.
    Platform,
    /// What lies between: the platform has not judged the call, or its answer was lost.
    Transport,
    /// hongyan itself, before a call was made or beside it.
    Ours,
}

impl Origin {
    /// Of a code that was kept without its fault; hongyan's own codes are those of this module's table alone.
    #[must_use]
    pub fn of(code: &str) -> Self {
        match TRANSPORT_FAULTS.iter().find(|row| row.code == code) {
            None => Self::Platform,
            Some(row) if row.code == INVALID => Self::Ours,
            Some(_) => Self::Transport,
        }
    }
}

/// The code of a call that could not be written.
const INVALID: &str = "request.invalid";

/// Who has to act before it can succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Responsible {
    /// Nobody: hongyan repeats it by itself.
    Hongyan,
    /// Whoever wrote the message: content, addresses, sizes.
    Sender,
    /// The platform's administrator of the company: permissions, visibility, quotas.
    Admin,
    /// Whoever runs this gateway: credentials, network, clock.
    Operator,
}

/// One row of a platform's error table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ErrorCode {
    /// The platform's code, as text.
    pub code: &'static str,
    /// What it means for the caller.
    pub class: Class,
    /// What it is about; a [`Class::RefreshToken`] is about the account, whatever stands here.
    pub about: About,
    /// Who has to act.
    pub responsible: Responsible,
    /// What it says, in English.
    pub en: &'static str,
    /// What it says, in Chinese.
    pub zh: &'static str,
    /// What to do, in English.
    pub advice_en: &'static str,
    /// What to do, in Chinese.
    pub advice_zh: &'static str,
}

/// A row for a fault table: code, class, who acts, meaning (en, zh), advice (en, zh).
#[must_use]
pub const fn error_code(
    code: &'static str,
    class: Class,
    responsible: Responsible,
    (en, zh): (&'static str, &'static str),
    (advice_en, advice_zh): (&'static str, &'static str),
) -> ErrorCode {
    ErrorCode { code, class, about: About::Message, responsible, en, zh, advice_en, advice_zh }
}

impl ErrorCode {
    /// The same row, about more than the one message.
    #[must_use]
    pub const fn about(mut self, about: About) -> Self {
        self.about = about;
        self
    }
}

/// A refusal or a failed call: class, code, words, advice.
///
/// Never holds a credential: `message` is the platform's text or ours, not the URL that was called. Never holds a
/// control character either.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    origin: Origin,
    class: Class,
    about: About,
    code: String,
    message: String,
    operation: &'static str,
    error_code: Option<&'static ErrorCode>,
}

impl Fault {
    /// A refusal by the platform, with its code and words. Unknown codes are [`Class::Permanent`].
    #[must_use]
    pub fn refused(code: impl Into<String>, message: impl Into<String>, row: Option<&'static ErrorCode>) -> Self {
        Self {
            origin: Origin::Platform,
            class: row.map_or(Class::Permanent, |row| row.class),
            about: match row {
                Some(row) if row.class == Class::RefreshToken => About::Account,
                Some(row) => row.about,
                None => About::Message,
            },
            code: harmless(&code.into()).into_owned(),
            message: harmless(&message.into()).into_owned(),
            operation: "",
            error_code: row,
        }
    }

    /// A call that failed in transport; `code` is one of [`TRANSPORT_FAULTS`].
    #[must_use]
    pub fn transport(code: &'static str, message: impl Into<String>) -> Self {
        let fault = Self::refused(code, message, TRANSPORT_FAULTS.iter().find(|row| row.code == code));
        Self { origin: if code == INVALID { Origin::Ours } else { Origin::Transport }, ..fault }
    }

    /// A refusal of our own, with its row.
    #[must_use]
    pub fn ours(code: &'static str, message: impl Into<String>, row: Option<&'static ErrorCode>) -> Self {
        Self { origin: Origin::Ours, ..Self::refused(code, message, row) }
    }

    /// An answer in the platform's place: of HTTP `status`, and not in the platform's form.
    ///
    /// 5xx is `net.status`, and 4xx `net.gate`, by which the call was refused before the platform saw it; but what is
    /// too large is so for every gate. Else `net.not_json`.
    #[must_use]
    pub fn not_the_platforms(status: u16, what: &str) -> Self {
        let message = format!("HTTP {status} {what}");
        match status {
            413 | 414 | 431 => Self::transport("net.too_long", message),
            400..500 => Self::transport("net.gate", message),
            500.. => Self::transport("net.status", message),
            _ => Self::transport("net.not_json", message),
        }
    }

    /// The same fault under another class: a lost reply to a send becomes [`Class::Ambiguous`].
    #[must_use]
    pub fn with_class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }

    /// The same fault in other words: without what must not be repeated.
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.message = harmless(&message.into()).into_owned();
        self
    }

    /// The same fault about something else: whatever a login meets is about the account.
    #[must_use]
    pub fn with_about(mut self, about: About) -> Self {
        self.about = about;
        self
    }

    /// The same fault, met by a call of this effect: a right that lacks for a send lacks for every one of the account,
    /// while others need no right to, say, look people up.
    #[must_use]
    pub fn of_effect(self, effect: Effect) -> Self {
        match (self.about, effect) {
            (About::Interface, Effect::Send) => self.with_about(About::Account),
            (About::Interface, _) => self.with_about(About::Message),
            _ => self,
        }
    }

    /// The same fault, not to be called for again before `after`, where its class has room for that.
    ///
    /// A longer time that is named already stays.
    #[must_use]
    pub fn not_before(mut self, after: Duration) -> Self {
        if let Class::Retryable { after: named } | Class::Throttled { after: named } = &mut self.class {
            *named = Some(named.map_or(after, |named| named.max(after)));
        }
        self
    }

    /// The same fault with the name of the operation that met it.
    #[must_use]
    pub fn during(mut self, operation: &'static str) -> Self {
        self.operation = operation;
        self
    }

    /// What to do next.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// Whether it is a transport fault ([`TRANSPORT_FAULTS`]) and no verdict of the platform.
    #[must_use]
    pub fn is_transport(&self) -> bool {
        self.origin == Origin::Transport
    }

    /// Who found it.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Which of the things it is that its code stands for, where the table has a row for each: `clock` of the row
    /// `310000.clock` for the code `310000`.
    #[must_use]
    pub fn case(&self) -> Option<&'static str> {
        self.error_code?.code.strip_prefix(self.code.as_str())?.strip_prefix('.')
    }

    /// What it is about: the message, or all that leaves by the same account.
    #[must_use]
    pub fn about(&self) -> About {
        self.about
    }

    /// The platform's code (the inner `sub_code` where it wraps), or a transport code such as `net.timeout`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The platform's own words.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The operation that met it, or an empty string.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The table's row, when the code is known.
    #[must_use]
    pub fn error_code(&self) -> Option<&'static ErrorCode> {
        self.error_code
    }

    /// What to do, in English; empty when the code is unknown.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        self.error_code.map_or("", |row| row.advice_en)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation.is_empty() {
            write!(f, "{}: ", self.operation)?;
        }
        f.write_str(&with_code(&self.code, &self.message))?;
        if let Some(row) = self.error_code {
            write!(f, " ({}; {})", row.en, row.advice_en)?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}

/// A code and the words of whoever gave it, on one line: what the words begin with is not said twice.
///
/// ```
/// use hongyan_endpoint::with_code;
/// assert_eq!(with_code("550", "5.1.1 no such mailbox"), "550 5.1.1 no such mailbox");
/// assert_eq!(with_code("5.1.1", "5.1.1 no such mailbox"), "5.1.1 no such mailbox");
/// assert_eq!(with_code("554 DT:SPM", "DT:SPM 163 smtp10"), "554 DT:SPM 163 smtp10");
/// ```
#[must_use]
pub fn with_code(code: &str, words: &str) -> String {
    let starts = std::iter::once(0).chain(code.match_indices(' ').map(|(at, _)| at + 1));
    let said = |at: &usize| {
        let behind = words.strip_prefix(&code[*at..]);
        behind.is_some_and(|behind| !behind.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-')))
    };
    match starts.into_iter().find(said).filter(|_| !code.is_empty()) {
        Some(at) => format!("{}{words}", &code[..at]),
        None if words.is_empty() => code.to_owned(),
        None => format!("{code} {words}"),
    }
}

/// Transport faults, the same for every platform.
pub static TRANSPORT_FAULTS: &[ErrorCode] = &[
    error_code(
        "net.connect",
        Class::RETRY,
        Responsible::Operator,
        ("the platform could not be reached", "无法连接到平台"),
        ("check the network, DNS and any proxy; hongyan keeps trying", "请检查网络、DNS 和代理；鸿雁会继续重试"),
    )
    .about(About::Network),
    error_code(
        "net.tls",
        Class::RETRY,
        Responsible::Operator,
        ("the certificate was not accepted", "证书校验未通过"),
        (
            "check base_url, the machine's clock and any intercepting proxy",
            "请检查 base_url、本机时钟以及拦截 TLS 的代理",
        ),
    )
    .about(About::Network),
    error_code(
        "net.untrusted",
        Class::RETRY,
        Responsible::Operator,
        ("the certificate's issuer is not trusted", "证书的签发者不受信任"),
        (
            "if the issuer is your company's own, name its certificate (PEM) as ca_file on the account, or add it to the system's store or SSL_CERT_FILE; otherwise somebody stands between: do not go on",
            "若签发者是贵公司自己的机构，请在账号上以 ca_file 指定其证书（PEM），或加入系统证书库、SSL_CERT_FILE；否则可能有人在中间拦截，请勿继续",
        ),
    )
    .about(About::Network),
    error_code(
        "net.timeout",
        Class::RETRY,
        Responsible::Hongyan,
        ("no answer within the time-out", "超时未收到应答"),
        ("for a send the outcome is unknown; see the delivery", "若为发送，结果未知；请查看该投递"),
    ),
    error_code(
        "net.lost",
        Class::RETRY,
        Responsible::Hongyan,
        ("the connection broke before the answer", "应答前连接中断"),
        ("for a send the outcome is unknown; see the delivery", "若为发送，结果未知；请查看该投递"),
    ),
    error_code(
        "net.not_json",
        Class::RETRY,
        Responsible::Operator,
        ("the answer was not the platform's", "应答不是平台的格式"),
        (
            "a proxy or a block page answered in the platform's place; check base_url and the egress address",
            "可能是代理或拦截页代替平台作答；请检查 base_url 和出口 IP",
        ),
    ),
    error_code(
        "net.status",
        Class::RETRY,
        Responsible::Hongyan,
        ("the platform answered with a server error", "平台返回服务器错误"),
        ("hongyan keeps trying", "鸿雁会继续重试"),
    )
    .about(About::Network),
    error_code(
        "net.redirect",
        Class::RETRY,
        Responsible::Operator,
        ("the answer was a redirect, which is not followed", "应答是重定向，不予跟随"),
        (
            "correct base_url, or look for a proxy or a sign-in page that answers in the platform's place: a credential never follows a redirect",
            "请更正 base_url，或检查是否有代理、登录页代替平台作答：凭证绝不跟随重定向",
        ),
    )
    .about(About::Network),
    error_code(
        "net.throttled",
        // What it says goes before it; of one that does not say, pauses grow.
        Class::Throttled { after: None },
        Responsible::Hongyan,
        ("too many calls: a gate in front of the platform took none", "调用过多：平台前的网关未受理"),
        (
            "hongyan waits as long as it was told, else 1 s, 2 s, 4 s …; set rate on the account",
            "鸿雁按其要求等待，未说明时依次等待 1 秒、2 秒、4 秒……；可为账号设置 rate",
        ),
    )
    .about(About::Network),
    error_code(
        "net.unavailable",
        Class::throttled(60),
        Responsible::Hongyan,
        ("the platform takes no calls for a while, and said for how long", "平台暂停服务，并告知了时长"),
        ("hongyan waits as long as it was told", "鸿雁按其要求等待"),
    )
    .about(About::Network),
    error_code(
        "net.gate",
        Class::RETRY,
        Responsible::Operator,
        ("a gate in front of the platform refused the call", "平台前的网关拒绝了调用"),
        (
            "check base_url, the proxy and the egress address: the refusal is not in the platform's form",
            "请检查 base_url、代理和出口 IP：该拒绝不是平台的格式",
        ),
    )
    .about(About::Network),
    error_code(
        "net.proxy",
        Class::RETRY,
        Responsible::Operator,
        ("the proxy does not let the call through", "代理未放行该调用"),
        (
            "check user and password in proxy, and that the proxy allows CONNECT to the platform's host",
            "请检查 proxy 中的用户名和密码，并确认代理允许 CONNECT 到平台主机",
        ),
    )
    .about(About::Network),
    error_code(
        "net.too_long",
        Class::Permanent,
        Responsible::Operator,
        ("a gate in front of the platform takes no call of this size", "平台前的网关不接受这么大的请求"),
        ("raise the limit of the proxy at base_url, or send less", "请调高 base_url 处代理的上限，或减小内容"),
    ),
    error_code(
        "net.too_large",
        Class::Permanent,
        Responsible::Operator,
        ("the answer was larger than allowed", "应答超过允许的大小"),
        ("check what answers at base_url", "请检查 base_url 处的服务"),
    ),
    error_code(
        INVALID,
        Class::Permanent,
        Responsible::Sender,
        ("the call could not be written", "请求无法生成"),
        ("correct the field that the message names", "请更正提示中的字段"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_code_is_permanent() {
        assert_eq!(Fault::refused("123456", "?", None).class(), Class::Permanent);
    }

    #[test]
    fn a_refused_token_and_the_network_are_about_more_than_one_message() {
        static TOKEN: ErrorCode = error_code("1", Class::RefreshToken, Responsible::Hongyan, ("", ""), ("", ""));
        assert_eq!(Fault::refused("1", "", Some(&TOKEN)).about(), About::Account);
        for (code, about) in [
            ("net.connect", About::Network),
            ("net.tls", About::Network),
            ("net.status", About::Network),
            ("net.redirect", About::Network),
            ("net.throttled", About::Network),
            ("net.unavailable", About::Network),
            ("net.gate", About::Network),
            ("net.proxy", About::Network),
            ("net.untrusted", About::Network),
            ("net.too_long", About::Message),
            ("net.timeout", About::Message),
            ("net.lost", About::Message),
            ("net.not_json", About::Message),
            ("net.too_large", About::Message),
            ("request.invalid", About::Message),
        ] {
            assert_eq!(Fault::transport(code, "").about(), about, "{code}");
        }
        assert!(TRANSPORT_FAULTS.iter().all(|row| row.class != Class::Permanent || row.about == About::Message));
    }

    #[test]
    fn the_longer_pause_counts() {
        let seconds = Duration::from_secs;
        let throttled = Fault::transport("net.unavailable", "").not_before(seconds(5));
        assert_eq!(throttled.class(), Class::throttled(60));
        assert_eq!(throttled.not_before(seconds(90)).class(), Class::throttled(90));
        assert_eq!(Fault::transport("request.invalid", "").not_before(seconds(5)).class(), Class::Permanent);
    }

    #[test]
    fn no_code_is_said_twice() {
        for (code, words, said) in [
            ("5.1.1", "5.1.1 no such mailbox", "5.1.1 no such mailbox"),
            ("5.1.1", "5.1.1", "5.1.1"),
            ("5.1.1", "no such mailbox", "5.1.1 no such mailbox"),
            ("550 5.4.5", "5.4.5 Daily limit", "550 5.4.5 Daily limit"),
            ("421", "4.3.2 closing", "421 4.3.2 closing"),
            ("40035", "40035: bad parameter", "40035: bad parameter"),
            ("45", "450 mailbox busy", "45 450 mailbox busy"),
            ("5.1", "5.1.1 no", "5.1 5.1.1 no"),
            ("60020", "", "60020"),
        ] {
            assert_eq!(with_code(code, words), said, "{code:?} {words:?}");
        }
        assert_eq!(Fault::refused("5.1.1", "5.1.1 gone", None).to_string(), "5.1.1 gone");
    }

    #[test]
    fn display_names_operation_code_words_and_advice() {
        let text = Fault::transport("net.timeout", "5 s passed").during("message.send").to_string();
        assert!(text.starts_with("message.send: net.timeout 5 s passed ("), "{text}");
    }
}

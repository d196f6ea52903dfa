//! A code with its class, who must act, its meaning and the remedy: the rows of the platforms' tables.

use std::time::Duration;

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
    /// [`Self::Account`], of another call about this one: see [`Fault::of_effect`](crate::Fault::of_effect).
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
pub(crate) const INVALID: &str = "request.invalid";

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

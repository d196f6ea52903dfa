//! The functions themselves, over kept connections.

use crate::{
    FunctionError, HttpCall, HttpMethod, HttpResult, Kind, MailCall, MailResult, Profile, Reroute, environment, header,
    mail::Post,
    profile::{ANY_CERTIFICATE, PRIVATE_ADDRESSES, UNBOUNDED_BODY},
    target::{self, Target},
};
use bytes::Bytes;
use hongyan_net::{Failure, Http, NetFault, Options, Proxy, RawCall, Trust};
use http::Request;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Longest time that a connection lies idle and is used again. Servers close idle ones after a minute or so.
const IDLE_TIMEOUT: Duration = Duration::from_secs(55);

/// The functions under one profile. Cheap to clone: all clones share their connections and what
/// `emailSmtpConfig` told. Opens and prepares nothing before a call needs it.
#[derive(Debug, Clone)]
pub struct Functions {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    profile: Profile,
    reroute: Reroute,
    http: Http,
    post: Post,
}

impl Default for Functions {
    fn default() -> Self {
        Self::new(Profile::safe())
    }
}

impl Functions {
    /// The functions under this profile.
    #[must_use]
    pub fn new(profile: Profile) -> Self {
        Self::make(profile, Reroute::new())
    }

    /// The same profile, with calls sent elsewhere. Connections and what `emailSmtpConfig` told begin anew.
    #[must_use]
    pub fn with_reroute(self, reroute: Reroute) -> Self {
        Self::make(self.shared.profile.clone(), reroute)
    }

    fn make(profile: Profile, reroute: Reroute) -> Self {
        let trust = match &profile.ca_pem {
            _ if profile.dangerous_accept_any_certificate => Trust::DangerousAnyone { name_checked: true },
            Some(pem) => Trust::Authority(pem.clone()),
            None => Trust::Public,
        };
        let connect_timeout = profile.connect_timeout;
        let http = Http::new(Options { trust, connect_timeout, idle_timeout: IDLE_TIMEOUT, ..Options::default() });
        Self { shared: Arc::new(Shared { profile, reroute, http, post: Post::default() }) }
    }

    /// The profile in force.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.shared.profile
    }

    /// `httpGet`, `httpPost`, `httpPut` and `httpDelete`. Every status is a result, 3xx, 4xx and 5xx too.
    ///
    /// # Errors
    /// [`Kind::Argument`], [`Kind::Refused`] or [`Kind::Transport`]; see [`FunctionError::outcome_unknown`].
    pub async fn http(&self, call: &HttpCall) -> Result<HttpResult, FunctionError> {
        let begun = Instant::now();
        let Shared { profile, reroute, http, .. } = &*self.shared;
        let target = Target::of(call, profile, reroute)?;
        let headers = header::build(call, &target, profile)?;
        let body = match call.method {
            HttpMethod::Post | HttpMethod::Put => target::text(&call.params)?.map(Bytes::from).unwrap_or_default(),
            HttpMethod::Get => Bytes::new(),
            HttpMethod::Delete => {
                // Judged even where they are forgotten.
                target::text(&call.params)?;
                Bytes::new()
            }
        };
        let mut request = Request::new(body);
        *request.method_mut() = call.method.on_the_wire();
        *request.headers_mut() = headers;
        let proxy = if target.rerouted { None } else { proxy(call, &target, profile)? };
        *request.uri_mut() = target.uri;
        let timeout = match call.timeout_ms {
            Some(millis) if millis > 0 => Some(Duration::from_millis(millis)),
            _ if profile.dangerous_no_time_limit => None,
            _ => Some(Duration::from_millis(profile.timeout_ms)),
        };
        let outcome = http
            .send_raw(RawCall {
                request,
                timeout,
                max_body_bytes: if profile.dangerous_unbounded_body { usize::MAX } else { profile.max_body_bytes },
                proxy,
                refuse_private: !(profile.allow_private || target.rerouted),
            })
            .await;
        match outcome {
            Ok(reply) => Ok(HttpResult {
                response_code: reply.status,
                text: reply.body,
                headers: reply.head,
                elapsed: begun.elapsed().as_secs_f64(),
            }),
            Err(fault) => Err(explain(call.method, &target.shown, fault)),
        }
    }

    /// `sendEmail`. The mail goes to all recipients or to none.
    ///
    /// # Errors
    /// [`Kind::Argument`], [`Kind::Refused`], [`Kind::Transport`] or [`Kind::Mail`]; see
    /// [`FunctionError::outcome_unknown`].
    pub async fn send_email(&self, call: &MailCall) -> Result<MailResult, FunctionError> {
        let Shared { profile, reroute, post, .. } = &*self.shared;
        post.send(call, profile, reroute).await
    }

    /// `emailSmtpConfig`: where the mail of a sender's domain goes from now on. Port 465 and 994 begin with TLS,
    /// others with STARTTLS; without a port it is 25.
    ///
    /// # Errors
    /// [`Kind::Argument`] when domain or host is empty or no name, or the port is 0.
    pub fn email_smtp_config(&self, domain: &str, host: &str, port: Option<u16>) -> Result<(), FunctionError> {
        self.shared.post.configure(domain, host, port)
    }

    /// Whether there may be mail connections to say goodbye on.
    pub(crate) fn has_mail_connections(&self) -> bool {
        !self.shared.post.is_idle()
    }

    /// Says goodbye on kept mail connections. Calls after it open new ones.
    pub async fn close(&self) {
        self.shared.post.close().await;
    }
}

const PROXY: (&str, &str) = ("write it as http://HOST:PORT", "代理请写成 http://主机:端口");

/// The call's own proxy, or the environment's where that is allowed.
fn proxy(call: &HttpCall, target: &Target, profile: &Profile) -> Result<Option<Proxy>, FunctionError> {
    let own = call.config.proxy.as_ref().map(|it| it.expose().to_owned()).filter(|text| !text.is_empty());
    let Some(text) = own else {
        if !profile.dangerous_environment_proxy {
            return Ok(None);
        }
        let secure = target.uri.scheme_str() == Some("https");
        let found = environment::proxy(secure, target.uri.host().unwrap_or_default());
        return found.map(|text| parse_proxy(&text)).transpose();
    };
    let proxy = parse_proxy(&text)?;
    match &call.config.proxy_username {
        Some(user) if !user.is_empty() => {
            let password = call.config.proxy_password.as_ref().map(|it| it.expose()).unwrap_or_default();
            let named = proxy.with_login(user, password);
            named.map(Some).map_err(|_| {
                FunctionError::new(Kind::Argument, "config proxy_username holds a colon", ("take it out", "请去掉冒号"))
            })
        }
        _ => Ok(Some(proxy)),
    }
}

fn parse_proxy(text: &str) -> Result<Proxy, FunctionError> {
    let text = text.trim();
    let wrong = |why: &str| FunctionError::new(Kind::Argument, format!("config proxy: {why}"), PROXY);
    let rest = match text.split_once("://") {
        None => text,
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("http") => rest,
        Some(_) => return Err(wrong("only HTTP proxies are spoken, not HTTPS or SOCKS ones")),
    };
    let rest = rest.trim_end_matches('/');
    let (_, host) = rest.rsplit_once('@').unwrap_or(("", rest));
    // Behind the bracket of an IPv6 address.
    let has_port = host.rsplit_once(']').map_or(host, |(_, tail)| tail).contains(':');
    // 1080 is libcurl's.
    let port = if has_port { "" } else { ":1080" };
    Proxy::parse(&format!("http://{rest}{port}")).map_err(|_| wrong("it names no host and port"))
}

fn explain(method: HttpMethod, shown: &str, fault: NetFault) -> FunctionError {
    let function = method.function();
    let NetFault { failure, timed_out, message } = fault;
    // A read that got lost is simply read again.
    let unknown = !failure.came_before_the_call() && method != HttpMethod::Get;
    match failure {
        Failure::Private => {
            FunctionError::refused(format!("{function}: {shown} is not of the public internet"), PRIVATE_ADDRESSES)
        }
        Failure::TooLarge => FunctionError::refused(
            format!("{function}: the answer of {shown} is larger than allowed: {message}"),
            UNBOUNDED_BODY,
        )
        .with_unknown_outcome(unknown),
        Failure::Tls | Failure::Untrusted => {
            let mut error = FunctionError::new(
                Kind::Transport { timeout: false },
                format!("{function}: the certificate of {shown} was not accepted: {message}"),
                (
                    "give the server's own authority (ca), or check the host's name and this machine's clock",
                    "请指定服务器的根证书 (ca)，或检查主机名与本机时间",
                ),
            );
            error.allow_by(ANY_CERTIFICATE);
            error
        }
        Failure::Timeout | Failure::Connect if timed_out => FunctionError::new(
            Kind::Transport { timeout: true },
            format!("{function}: timeout: {message} from {shown}"),
            ("raise the timeout, in milliseconds, or check the server", "请调大超时（毫秒）或检查服务器"),
        )
        .with_unknown_outcome(unknown),
        Failure::Timeout | Failure::Connect | Failure::Proxy => FunctionError::new(
            Kind::Transport { timeout: false },
            format!("{function}: could not connect to {shown}: {message}"),
            ("check host, port, DNS and any proxy", "请检查主机、端口、DNS 和代理"),
        ),
        Failure::Lost => FunctionError::new(
            Kind::Transport { timeout: false },
            format!("{function}: the connection to {shown} broke: {message}"),
            ("try again, or check the server", "请重试或检查服务器"),
        )
        .with_unknown_outcome(unknown),
        Failure::Request => FunctionError::new(
            Kind::Argument,
            format!("{function}: {message}"),
            ("check URL and settings", "请检查地址和设置"),
        ),
    }
}

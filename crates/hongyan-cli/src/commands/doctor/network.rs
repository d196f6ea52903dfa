//! The connection to a platform: name, connection, certificate, and the two clocks.

use super::{cause::Cause, course::Course};
use hongyan_core::{Clock, clock::System};
use hongyan_endpoint::{Fault, Invalid, bilingual};
use hongyan_net::{Failure, Http, NetFault, Options, Proxy};
use std::time::Duration;
use tokio::{net::TcpStream, time::timeout};

/// For looking up the name, and for each address behind it.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How far the clocks may be apart: signatures and tokens of both platforms bear at least this much.
const SKEW_SECONDS: i64 = 60;

/// Whether the host has an address and somebody listens there.
pub(super) async fn reach(host: &str, port: u16) -> Result<String, Cause> {
    let bare = host.trim_matches(['[', ']']);
    let unknown = |words: String| {
        Cause::ours(
            "dns",
            ("the host's name cannot be resolved", "无法解析主机名"),
            ("correct the host or base_url, or repair the machine's DNS", "请更正主机或 base_url，或修复本机 DNS"),
        )
        .saying(format!("{host}: {words}"))
    };
    let addresses: Vec<_> = match timeout(TIMEOUT, tokio::net::lookup_host((bare, port))).await {
        Ok(Ok(addresses)) => addresses.collect(),
        Ok(Err(error)) => return Err(unknown(error.to_string())),
        Err(_) => return Err(unknown("no answer from the name server".into())),
    };
    let mut words = "no address".to_owned();
    for address in addresses {
        match timeout(TIMEOUT, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(format!("{host} {address}")),
            Ok(Err(error)) => words = format!("{address}: {error}"),
            Err(_) => words = format!("{address}: no answer within {TIMEOUT:?}"),
        }
    }
    let mut cause = Cause::of(&Fault::transport("net.connect", words));
    if std::env::var_os("HTTPS_PROXY").or_else(|| std::env::var_os("https_proxy")).is_some() {
        cause.remedy.0.push_str("; hongyan does not use HTTPS_PROXY: set proxy on the account, or open the firewall");
        cause.remedy.1.push_str("；鸿雁不使用 HTTPS_PROXY：请在账号上设置 proxy，或放行出口");
    }
    Err(cause)
}

/// Name, connection, certificate and clock of one base URL, by the account's HTTP options.
pub(super) async fn examine(course: &mut Course, base: &str, out: &Options) -> Option<()> {
    let reached = match (parts(base), &out.proxy) {
        (Some((host, _)), Some(proxy)) if !is_loopback(&host) => reach_proxy(proxy).await,
        (Some((host, port)), _) => reach(&host, port).await,
        (None, _) => Err(Cause::configuration(&Invalid::unfit(
            "base_url",
            bilingual!("{base:?} is not of the form https://HOST"; "{base:?} 不是 https://HOST 的形式"),
        ))),
    };
    course.step(("network", "网络"), reached)?;
    let answer = Http::new(out.clone()).get(&format!("{}/", base.trim_end_matches('/'))).await;
    let encrypted = match &answer {
        Err(fault) => Err(not_answered(fault, base.starts_with("https:"))),
        Ok(_) if base.starts_with("https:") => Ok(String::new()),
        Ok(_) => Ok("not used: base_url is http  未使用：base_url 为 http".into()),
    };
    course.step(("tls", "加密"), encrypted)?;
    let headers = answer.map(|answer| answer.headers).unwrap_or_default();
    let date = headers.get(http::header::DATE).and_then(|date| date.to_str().ok());
    course.step(("clock", "时钟"), clock(date, System.now().millis()))
}

/// Whether the proxy is there.
async fn reach_proxy(proxy: &Proxy) -> Result<String, Cause> {
    let address = proxy.host_and_port();
    let (host, port) = address.rsplit_once(':').unwrap_or((&address, ""));
    reach(host, port.parse().unwrap_or_default()).await.map(|reached| format!("proxy {reached}")).map_err(|cause| {
        Cause::ours(
            "proxy",
            ("the configured proxy cannot be reached", "无法连接所配置的代理"),
            ("correct proxy on the account, or start the proxy", "请更正账号的 proxy，或启动该代理"),
        )
        .saying(cause.message)
    })
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    bare.eq_ignore_ascii_case("localhost") || bare.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn not_answered(fault: &NetFault, encrypted: bool) -> Cause {
    let code = match fault.failure {
        // Somebody took a connection a moment ago: it broke in the handshake.
        Failure::Connect if encrypted => Failure::Tls.code(),
        Failure::TooLarge | Failure::Request => Failure::Lost.code(),
        failure => failure.code(),
    };
    Cause::of(&Fault::transport(code, fault.message.as_str()))
}

/// Host and port of a base URL.
fn parts(base: &str) -> Option<(String, u16)> {
    let uri: http::Uri = base.parse().ok()?;
    let port = match uri.scheme_str()? {
        "https" => 443,
        "http" => 80,
        _ => return None,
    };
    Some((uri.host()?.to_owned(), uri.port_u16().unwrap_or(port)))
}

/// The `Date` of an answer against this machine's clock.
fn clock(date: Option<&str>, now_ms: i64) -> Result<String, Cause> {
    let Some(theirs) = date.and_then(|date| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok())
    else {
        return Ok("the answer names no time  应答未给出时间".into());
    };
    let off = now_ms / 1_000 - theirs.as_second();
    if off.abs() <= SKEW_SECONDS {
        return Ok(String::new());
    }
    let (en, zh) = if off > 0 { ("ahead", "快") } else { ("behind", "慢") };
    let seconds = off.abs();
    Err(Cause::ours(
        "clock",
        (
            &format!("this machine's clock is {seconds} s {en} of the platform's"),
            &format!("本机时钟比平台{zh} {seconds} 秒"),
        ),
        ("set the clock (NTP); signatures and token lives depend on it", "请校准时钟（NTP）；签名和令牌有效期都依赖它"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_more_than_a_minute_off_is_a_finding() {
        // 2026-12-01T09:00:00Z.
        let (date, at) = (Some("Tue, 01 Dec 2026 09:00:00 GMT"), 1_796_115_600_000);
        assert_eq!(clock(date, at + 59_000), Ok(String::new()));
        let ahead = clock(date, at + 61_000).unwrap_err();
        assert!(ahead.cause.0.contains("61 s ahead"), "{ahead}");
        let behind = clock(date, at - 3_600_000).unwrap_err();
        assert!(behind.cause.0.contains("3600 s behind"), "{behind}");
        assert!(clock(None, at).is_ok() && clock(Some("yesterday"), at).is_ok());
    }

    #[test]
    fn a_base_url_has_a_host_and_a_port() {
        assert_eq!(parts("https://example.com"), Some(("example.com".into(), 443)));
        assert_eq!(parts("http://127.0.0.1:81/x"), Some(("127.0.0.1".into(), 81)));
        assert_eq!(parts("example.com"), None);
    }
}

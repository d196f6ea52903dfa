//! The environment's proxies, for those who turn that switch on: libcurl's variables and rules.

use std::env;

/// The proxy for calls to this host, as written there.
pub(crate) fn proxy(secure: bool, host: &str) -> Option<String> {
    proxy_from(|name| env::var(name).ok().filter(|value| !value.is_empty()), secure, host)
}

fn proxy_from(get: impl Fn(&str) -> Option<String>, secure: bool, host: &str) -> Option<String> {
    let spared = get("no_proxy").or_else(|| get("NO_PROXY")).unwrap_or_default();
    if spared.split([',', ' ']).map(str::trim).any(|entry| matches(entry, host)) {
        return None;
    }
    // HTTP_PROXY in capitals is what a CGI program is told by its caller: never taken.
    let own = if secure { get("https_proxy").or_else(|| get("HTTPS_PROXY")) } else { get("http_proxy") };
    own.or_else(|| get("all_proxy")).or_else(|| get("ALL_PROXY"))
}

fn matches(entry: &str, host: &str) -> bool {
    if entry == "*" {
        return true;
    }
    let entry = entry.trim_start_matches('.').to_ascii_lowercase();
    let host = host.trim_matches(['[', ']']).to_ascii_lowercase();
    !entry.is_empty() && (host == entry || host.strip_suffix(&entry).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use super::proxy_from;

    #[test]
    fn the_environment_is_read_as_libcurl_does() {
        let set = |name: &str| {
            let value = match name {
                "http_proxy" => "plain:1",
                "HTTPS_PROXY" => "secure:2",
                "NO_PROXY" => "localhost, .example.com",
                _ => return None,
            };
            Some(value.to_owned())
        };
        for (secure, host, expected) in [
            (false, "a.test", Some("plain:1")),
            (true, "a.test", Some("secure:2")),
            (true, "LOCALHOST", None),
            (true, "api.example.com", None),
            (true, "example.com", None),
            (true, "notexample.com", Some("secure:2")),
        ] {
            assert_eq!(proxy_from(set, secure, host).as_deref(), expected, "{host}");
        }
        assert_eq!(proxy_from(|name| (name == "HTTP_PROXY").then(|| "x".into()), false, "a"), None);
    }
}

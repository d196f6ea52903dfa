//! A sandbox's own logins in the place of a script's: a script brings placeholders, or secrets that no sandbox knows.

use hongyan_functions::{HttpCall, Params};
use serde_json::Value;

/// What one platform's `gettoken` is asked with.
struct Login {
    platform: &'static str,
    /// Where it is asked.
    addresses: [&'static str; 2],
    /// The parameters, each with the sandbox's value.
    own: [(&'static str, String); 2],
    /// A further secret that the sandbox takes.
    other: Option<String>,
    said: bool,
}

/// The logins that a sandbox takes.
pub(super) struct Logins(Vec<Login>);

impl Logins {
    /// From the JSON that `hongyan sandbox` prints.
    pub(super) fn of(credentials: &Value) -> Self {
        let text = |path: &str| credentials.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self(vec![
            Login {
                platform: "WeCom",
                addresses: ["qyapi.weixin.qq.com/cgi-bin/gettoken", "qyapi.weixin.qq.com:443/cgi-bin/gettoken"],
                own: [("corpid", text("/wecom/corp_id")), ("corpsecret", text("/wecom/secret"))],
                other: Some(text("/wecom/contacts_secret")),
                said: false,
            },
            Login {
                platform: "DingTalk",
                addresses: ["oapi.dingtalk.com/gettoken", "oapi.dingtalk.com:443/gettoken"],
                own: [("appkey", text("/dingtalk/app_key")), ("appsecret", text("/dingtalk/app_secret"))],
                other: None,
                said: false,
            },
        ])
    }

    /// Puts the sandbox's login into a call that asks for a token; what to tell about it, the first time.
    pub(super) fn lend(&mut self, call: &mut HttpCall) -> Option<String> {
        let address = call.url.split(['?', '#']).next().unwrap_or_default();
        let address = address.split_once("://").map_or(address, |(_, rest)| rest).to_ascii_lowercase();
        let login = self.0.iter_mut().find(|login| login.addresses.contains(&address.as_str()))?;
        let mut changed = false;
        for (name, own) in &login.own {
            let strange = |value: &str| !value.is_empty() && value != own && login.other.as_deref() != Some(value);
            match &mut call.params {
                Params::Pairs(pairs) => {
                    for (_, value) in pairs.iter_mut().filter(|(key, value)| key == name && strange(value)) {
                        value.clone_from(own);
                        changed = true;
                    }
                }
                Params::Text(text) => changed |= replace(text, name, own, strange),
                Params::None => {}
            }
            if let Some((address, query)) = call.url.split_once('?') {
                let mut query = query.to_owned();
                if replace(&mut query, name, own, strange) {
                    call.url = format!("{address}?{query}");
                    changed = true;
                }
            }
        }
        (changed && !std::mem::replace(&mut login.said, true)).then(|| {
            format!(
                "{} is asked for a token with the sandbox's own {} and {}, not the script's; --strict-login sends those (已换用模拟平台自己的凭证)",
                login.platform, login.own[0].0, login.own[1].0
            )
        })
    }
}

/// Gives a parameter of a query another value; whether it had one to change.
fn replace(query: &mut String, name: &str, own: &str, strange: impl Fn(&str) -> bool) -> bool {
    let mut changed = false;
    let pairs: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((key, value)) if key == name && strange(value) => {
                changed = true;
                format!("{name}={own}")
            }
            _ => pair.to_owned(),
        })
        .collect();
    if changed {
        *query = pairs.join("&");
    }
    changed
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_functions::HttpMethod;
    use serde_json::json;

    #[test]
    fn a_login_is_lent_wherever_it_stands_and_told_once() {
        let mut logins = Logins::of(&json!({
            "wecom": {"corp_id": "ww0", "secret": "own", "contacts_secret": "book"},
            "dingtalk": {"app_key": "ding0", "app_secret": "other"},
        }));
        let address = "https://qyapi.weixin.qq.com/cgi-bin/gettoken";
        let mut call = HttpCall::new(HttpMethod::Get, format!("{address}?corpid=xxxxx&corpsecret=book"));
        assert!(logins.lend(&mut call).unwrap().starts_with("WeCom"));
        assert_eq!(call.url, format!("{address}?corpid=ww0&corpsecret=book"));
        let mut call = HttpCall::new(HttpMethod::Get, address);
        call.params = Params::Pairs(vec![("corpid".into(), "xxxxx".into()), ("corpsecret".into(), String::new())]);
        assert!(logins.lend(&mut call).is_none(), "it was told already");
        let given = Params::Pairs(vec![("corpid".into(), "ww0".into()), ("corpsecret".into(), String::new())]);
        assert!(call.params == given, "what is missing stays missing");
        let mut call = HttpCall::new(HttpMethod::Get, "https://oapi.dingtalk.com/gettoken");
        call.params = Params::Text("appkey=a&appsecret=b".into());
        assert!(logins.lend(&mut call).is_some() && call.params == Params::Text("appkey=ding0&appsecret=other".into()));
        let mut call = HttpCall::new(HttpMethod::Get, "https://www.example.com/gettoken?appkey=a");
        assert!(logins.lend(&mut call).is_none() && call.url.ends_with("appkey=a"));
    }
}

//! What stands where a value is to be put: `xxxxx`, `<secret>`, `YOUR_KEY`.

/// Words that tutorials leave in the place of a value.
const WORDS: [&str; 18] = [
    "ID",
    "SECRET",
    "KEY",
    "CORPID",
    "CORPSECRET",
    "APPKEY",
    "APPSECRET",
    "ACCESS_TOKEN",
    "TOKEN",
    "PASSWORD",
    "CHATID",
    "CORP_ID",
    "APP_KEY",
    "APP_SECRET",
    "USERID",
    "AGENTID",
    "DEPTID",
    "NAME",
];

/// Whether a text only marks the place of a value.
///
/// Such are: nothing at all, `xx…`, `***`, `...`, `<anything>`, `your-anything`, `changeme`, and the parameters' own
/// names in capital letters (`SECRET`, `ACCESS_TOKEN`, …).
#[must_use]
pub fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    let lower = text.to_ascii_lowercase();
    let only = |set: &[char]| text.chars().all(|c| set.contains(&c));
    text.is_empty()
        || only(&['*'])
        || only(&['.', '…'])
        || (text.len() > 1 && only(&['x', 'X', '-', '.']))
        || (text.starts_with('<') && text.ends_with('>'))
        || lower.starts_with("your-")
        || lower.starts_with("your_")
        || lower.starts_with("your ")
        || matches!(lower.as_str(), "changeme" | "change-me" | "todo" | "placeholder")
        || WORDS.contains(&text)
}

/// Whether a mail address only marks the place of one: `somebody@xxx.com`.
#[must_use]
pub fn is_placeholder_address(text: &str) -> bool {
    let host = text.rsplit_once('@').map_or("", |(_, domain)| domain).split('.').next().unwrap_or_default();
    is_placeholder(text) || (host.len() > 1 && host.bytes().all(|byte| byte == b'x'))
}

/// Whether a variable or parameter of that name holds a secret. The identifiers beside it (`appkey`, `corpid`) do not.
pub(super) fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let word = name.rsplit(['_', '.', '-']).next().unwrap_or_default();
    (name.contains("secret") && !name.contains("secretary"))
        || name.contains("passw")
        || name.ends_with("token")
        || ["authorization", "cookie", "apikey", "api_key", "api-key"].iter().any(|part| name.contains(part))
        || matches!(word, "psw" | "pwd" | "pass" | "passwd" | "authcode" | "sk")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_told_from_values() {
        for text in
            ["", "xxxxx", "XXXX", "***", "…", "<corp secret>", "your-secret", "YOUR_KEY", "ACCESS_TOKEN", "xxx-xxx"]
        {
            assert!(is_placeholder(text), "{text}");
        }
        for text in ["x", "ww0000", "sandbox-wecom-secret", "s3cr3t", "xylophone", "HUNTER"] {
            assert!(!is_placeholder(text), "{text}");
        }
        assert!(is_placeholder_address("somebody@xxx.com") && !is_placeholder_address("li@example.com"));
    }

    #[test]
    fn names_of_secrets_are_told_from_names_of_identifiers() {
        for name in ["SECRET", "secret", "corpsecret", "psw", "mail_pwd", "ACCESS_TOKEN", "userPassword", "appsecret"] {
            assert!(names_a_secret(name), "{name}");
        }
        for name in ["key", "ID", "secretary", "appkey", "tokens", "passed", "tokenCount", "user"] {
            assert!(!names_a_secret(name), "{name}");
        }
    }
}

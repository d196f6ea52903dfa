//! Mail addresses: the one place that says what is one, and how it is written on the wire.
//!
//! ```
//! use hongyan_endpoint::mail_address;
//! assert_eq!(mail_address("li@example.com").unwrap(), "li@example.com");
//! assert_eq!(mail_address("li@例子.中国").unwrap(), "li@xn--fsqu00a.xn--fiqs8s");
//! assert!(mail_address("a..b@example.com").is_err() && mail_address("a@x.com;b@y.com").is_err());
//! ```

use crate::Bilingual;
use std::borrow::Cow;

/// Most octets before the `@` (RFC 5321, 4.5.3.1.1).
const MAX_LOCAL: usize = 64;
/// Most octets of a domain (RFC 5321, 4.5.3.1.2).
const MAX_DOMAIN: usize = 255;
const NO_AT: Bilingual = Bilingual::fixed("the address has no @", "地址没有 @");
const NO_DOMAIN: Bilingual = Bilingual::fixed("what stands after the @ is not a domain", "@ 之后不是域名");

/// One mail address as it goes over the wire: in ASCII, a domain in another script as punycode (RFC 5891).
///
/// Stricter than RFC 5321: no quoted local part, no address literal, and what stands before the `@` is ASCII, since
/// the servers that take SMTPUTF8 are few. A list is no address: that is the classic mistake, and it reaches strangers.
///
/// # Errors
/// What is wrong with it, as half a sentence.
pub fn mail_address(text: &str) -> Result<Cow<'_, str>, Bilingual> {
    if text.contains([',', ';', '，', '；', '、']) {
        return Err(Bilingual::fixed(
            "the address holds a comma or a semicolon: give one address per entry",
            "地址含有逗号或分号：每项只写一个地址",
        ));
    }
    if text.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>')) {
        return Err(Bilingual::fixed(
            "the address holds a space, a control character or a bracket",
            "地址含有空格、控制字符或尖括号",
        ));
    }
    let (local, domain) = text.rsplit_once('@').ok_or(NO_AT)?;
    if local.is_empty() || local.len() > MAX_LOCAL {
        return Err(Bilingual::fixed(
            "what stands before the @ is empty or longer than 64 bytes",
            "@ 之前为空，或超过 64 字节",
        ));
    }
    if !local.is_ascii() {
        return Err(Bilingual::fixed(
            "what stands before the @ holds a character outside ASCII, which hardly any server takes",
            "@ 之前含有 ASCII 以外的字符，几乎没有服务器接受",
        ));
    }
    if !local.bytes().all(|b| b == b'.' || is_atom(b)) {
        return Err(Bilingual::fixed(
            "what stands before the @ holds a character that no address has",
            "@ 之前含有地址不允许的字符",
        ));
    }
    if local.split('.').any(str::is_empty) {
        return Err(Bilingual::fixed(
            "what stands before the @ begins or ends with a dot, or holds two in a row",
            "@ 之前以点开头或结尾，或含有连续的点",
        ));
    }
    if domain.is_ascii() {
        check_domain(domain)?;
        return Ok(Cow::Borrowed(text));
    }
    let wire = idna::domain_to_ascii(domain).map_err(|_| NO_DOMAIN)?;
    check_domain(&wire)?;
    Ok(Cow::Owned(format!("{local}@{wire}")))
}

/// RFC 5322's `atext`.
fn is_atom(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&byte)
}

fn check_domain(domain: &str) -> Result<(), Bilingual> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    if domain.len() > MAX_DOMAIN || !domain.split('.').all(label) {
        return Err(NO_DOMAIN);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_one_mailbox() {
        for good in ["li@example.com", "a.b+c@mail-1.example.cn", "x@localhost", "'o@e.co", "a_b@under_score.example"] {
            assert_eq!(mail_address(good), Ok(Cow::Borrowed(good)));
        }
        let long = format!("{}@example.com", "a".repeat(65));
        let wide = format!("a@{}", ["a".repeat(63).as_str(); 5].join("."));
        for bad in [
            "",
            "li",
            "@example.com",
            "li@",
            "li@.com",
            "li@a..b",
            "li@example.com.",
            "li@-a.com",
            "li@a-.com",
            "li@exa mple.com",
            "li@[127.0.0.1]",
            "li@example.com\r\nRCPT TO:<x@y>",
            "li@example.com>",
            "<li@example.com>",
            "\"a b\"@example.com",
            "\"a\"@example.com",
            "a(b)@example.com",
            "a:b@example.com",
            "a\\b@example.com",
            "a@b@example.com",
            "a..b@example.com",
            ".a@example.com",
            "a.@example.com",
            "a@b.com,c@d.com",
            "a@x.com;b@y.com",
            "a@x.com；b@y.com",
            "a@x.com、b@y.com",
            "李@example.com",
            "li＠example.com",
            "li@example.com\0",
            "li@例\u{202e}子.cn",
            &long,
            &wide,
        ] {
            assert!(mail_address(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_domain_in_chinese_is_punycode_on_the_wire() {
        for (written, wire) in [
            ("li@例子.cn", "li@xn--fsqu00a.cn"),
            ("li@例子。中国", "li@xn--fsqu00a.xn--fiqs8s"),
            ("li@mail.例子.公司", "li@mail.xn--fsqu00a.xn--55qx5d"),
            ("li@MÜNCHEN.de", "li@xn--mnchen-3ya.de"),
            ("li@xn--fsqu00a.cn", "li@xn--fsqu00a.cn"),
        ] {
            assert_eq!(mail_address(written).as_deref(), Ok(wire));
        }
    }
}

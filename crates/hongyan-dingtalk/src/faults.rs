//! DingTalk's error codes, each with class, who must act, meaning and remedy.
//! <https://open.dingtalk.com/document/orgapp/server-api-error-codes-1>
//!
//! WeCom uses overlapping numbers with other meanings: the tables are never shared.

mod app;
mod callback;
mod group;
mod message;
mod new_style;
mod people;
mod quota;
mod robot;

use hongyan_endpoint::ErrorCode;
use std::sync::LazyLock;

/// The table: all themes one after another.
pub(crate) static ERROR_CODES: LazyLock<Vec<ErrorCode>> = LazyLock::new(|| {
    [app::ROWS, people::ROWS, message::ROWS, group::ROWS, robot::ROWS, quota::ROWS, callback::ROWS, new_style::ROWS]
        .concat()
});

/// The row of a code; a code in words falls back to its family: `invalidParameter.userIds.empty` to
/// `invalidParameter.*`.
pub(crate) fn look_up(code: &str) -> Option<&'static ErrorCode> {
    if let Some(row) = ERROR_CODES.iter().find(|row| row.code == code) {
        return Some(row);
    }
    let mut family = code;
    while let Some((shorter, _)) = family.rsplit_once('.') {
        family = shorter;
        let found = ERROR_CODES.iter().find(|row| row.code.strip_suffix(".*") == Some(family));
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The row of a refusal: that of its code, or of the robot's guard that it names.
pub(crate) fn of(code: &str, words: &str) -> Option<&'static ErrorCode> {
    look_up(robot::guard(code, words).unwrap_or(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_endpoint::{About, Class, Fault, audit};

    fn class(code: &str) -> Class {
        look_up(code).unwrap_or_else(|| panic!("{code} is not known")).class
    }

    #[test]
    fn every_row_is_whole_and_stands_once() {
        assert_eq!(audit::error_codes(&ERROR_CODES), Vec::<String>::new());
    }

    #[test]
    fn a_robots_security_setting_is_about_the_account_but_for_its_keyword() {
        for (words, guard, about) in [
            ("keywords not in content, more: [https://example.com]", Some("keyword"), About::Message),
            ("description:消息中没有关键词;solution:…", Some("keyword"), About::Message),
            ("sign not match", Some("signature"), About::Account),
            ("description:机器人发送签名不匹配;solution:请检查", Some("signature"), About::Account),
            ("invalid timestamp", Some("clock"), About::Account),
            ("ip 10.0.0.7 not in whitelist", Some("address"), About::Account),
            ("something new", None, About::Account),
        ] {
            let fault = Fault::refused("310000", words, of("310000", words));
            assert_eq!((fault.case(), fault.about()), (guard, about), "{words}");
        }
        assert_eq!(Fault::refused("300005", "sign", of("300005", "sign")).case(), None);
    }

    #[test]
    fn what_every_call_would_meet_is_about_the_account() {
        for code in ["60020", "Forbidden.AccessDenied.IpNotInWhiteList", "50003", "300001", "400102", "bot.stopped"] {
            let row = look_up(code).unwrap();
            assert_eq!((row.class, row.about), (Class::Permanent, About::Account), "{code}");
        }
    }

    #[test]
    fn the_codes_that_steer_delivery_have_their_class() {
        for code in ["40001", "40014", "42001", "42009", "40082", "48003", "InvalidAuthentication"] {
            assert_eq!(class(code), Class::RefreshToken, "{code}");
        }
        for (code, seconds) in [
            ("90002", 1),
            ("90018", 1),
            ("90020", 3_600),
            ("45009", 60),
            ("41045", 3_600),
            ("41047", 60),
            ("41048", 60),
            ("130101", 600),
            ("410100", 600),
            ("660026", 600),
            ("ip.blocked", 300),
            ("Forbidden.AccessDenied.ApiCountLimitForOrg", 3_600),
            ("Forbidden.AccessDenied.QpsLimitForApi", 1),
        ] {
            assert_eq!(class(code), Class::throttled(seconds), "{code}");
        }
        for code in ["-1", "500", "34015", "400001", "system.error"] {
            assert_eq!(class(code), Class::RETRY, "{code}");
        }
        for code in ["15", "504", "unknown.send.result"] {
            assert_eq!(class(code), Class::Ambiguous, "{code}");
        }
        for code in ["40096", "60011", "60020", "60121", "143106", "310000", "invalidClientIdOrSecret"] {
            assert_eq!(class(code), Class::Permanent, "{code}");
        }
    }

    #[test]
    fn a_code_in_words_falls_back_to_its_family() {
        assert_eq!(look_up("invalidParameter.userIds.overMax").unwrap().code, "invalidParameter.*");
        assert_eq!(look_up("miss.param.robotCode").unwrap().code, "miss.param.*");
        assert_eq!(look_up("miss.openConversationId").unwrap().code, "miss.openConversationId");
        assert!(look_up("miss").is_none());
        assert!(look_up("").is_none());
        assert!(look_up("123456789").is_none());
    }
}

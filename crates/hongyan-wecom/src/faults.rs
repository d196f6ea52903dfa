//! WeCom's error codes, each with class, who must act, meaning and remedy.
//! <https://developer.work.weixin.qq.com/document/path/90313>
//!
//! DingTalk uses overlapping numbers with other meanings: the tables are never shared.

mod app;
mod group;
mod message;
mod people;

use hongyan_endpoint::ErrorCode;
use std::sync::LazyLock;

/// The table: all themes one after another.
pub(crate) static ERROR_CODES: LazyLock<Vec<ErrorCode>> =
    LazyLock::new(|| [app::ROWS, people::ROWS, message::ROWS, group::ROWS].concat());

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_endpoint::{About, Class, audit};

    fn class(code: &str) -> Class {
        ERROR_CODES.iter().find(|row| row.code == code).unwrap_or_else(|| panic!("{code} is not known")).class
    }

    #[test]
    fn every_row_is_whole_and_stands_once() {
        assert_eq!(audit::error_codes(&ERROR_CODES), Vec::<String>::new());
    }

    #[test]
    fn an_address_that_is_not_on_the_list_is_about_the_account() {
        let row = ERROR_CODES.iter().find(|row| row.code == "60020").unwrap();
        assert_eq!((row.class, row.about), (Class::Permanent, About::Account));
    }

    #[test]
    fn the_codes_that_steer_delivery_have_their_class() {
        for code in ["40001", "40014", "42001", "42009", "40082"] {
            assert_eq!(class(code), Class::RefreshToken, "{code}");
        }
        assert_eq!(class("45009"), Class::throttled(60));
        assert_eq!(class("45033"), Class::throttled(2));
        for code in ["-1", "6000", "45035"] {
            assert_eq!(class(code), Class::RETRY, "{code}");
        }
        for code in ["40007", "41001", "46004", "48002", "60011", "60020", "81013", "86215", "93000", "301002"] {
            assert_eq!(class(code), Class::Permanent, "{code}");
        }
    }
}

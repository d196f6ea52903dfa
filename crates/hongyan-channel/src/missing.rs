//! What a platform says it does not have: the codes of its tables that mean nothing else.

use hongyan_core::Missing;

/// <https://open.dingtalk.com/document/orgapp/server-api-error-codes-1>
pub(crate) fn by_dingtalk(code: &str) -> Option<Missing> {
    match code {
        "40007" => Some(Missing::File),
        "33012" | "40003" | "40104" | "46004" | "60103" | "60111" | "60121" => Some(Missing::Person),
        "40009" | "60003" => Some(Missing::Department),
        "34001" | "34013" | "invalideChatId" => Some(Missing::Chat),
        _ => None,
    }
}

/// <https://developer.work.weixin.qq.com/document/path/90313>
pub(crate) fn by_wecom(code: &str) -> Option<Missing> {
    match code {
        "40007" => Some(Missing::File),
        "40003" | "46004" | "60111" => Some(Missing::Person),
        "60003" | "60123" => Some(Missing::Department),
        "86001" | "86003" => Some(Missing::Chat),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::published;
    use hongyan_dingtalk::DingTalk;
    use hongyan_wecom::WeCom;

    #[test]
    fn what_is_missing_stands_in_the_platforms_tables_too() {
        for code in ["40007", "33012", "40003", "46004", "60111", "60121", "40009", "60003", "34001", "34013"] {
            assert!(by_dingtalk(code).is_some() && published::explain::<DingTalk>(code).is_some(), "{code}");
        }
        for code in ["40007", "40003", "46004", "60111", "60003", "60123", "86001", "86003"] {
            assert!(by_wecom(code).is_some() && published::explain::<WeCom>(code).is_some(), "{code}");
        }
        assert_eq!((by_dingtalk("0"), by_wecom("40001")), (None, None));
    }
}

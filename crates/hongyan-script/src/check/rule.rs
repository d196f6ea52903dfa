//! The rules, each stated once: the checker names them, `hongyan check --rules` and the documents list them.

use crate::diagnostic::Severity;

/// One known mistake.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// What it is called, such as `json-missing-brace`.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What it looks for, in English.
    pub title_en: &'static str,
    /// The same in Chinese.
    pub title_zh: &'static str,
}

const fn rule(id: &'static str, severity: Severity, title_en: &'static str, title_zh: &'static str) -> Rule {
    Rule { id, severity, title_en, title_zh }
}

use Severity::{Error, Note, Warning};

macro_rules! rules {
    ($($name:ident = ($id:literal, $severity:expr, $en:literal, $zh:literal);)*) => {
        $(pub(super) static $name: Rule = rule($id, $severity, $en, $zh);)*

        /// Every rule of the checker, in the order of the documents.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    JSON_MISSING_BRACE = ("json-missing-brace", Error, "a JSON text that ends before its last brace", "JSON 文本缺少收尾的括号");
    JSON_FULL_WIDTH = ("json-full-width-punctuation", Error, "full-width punctuation between the members of a JSON text", "JSON 中使用了全角标点");
    JSON_PLACEHOLDER = ("json-placeholder", Error, "a bare placeholder where a JSON value belongs", "JSON 值处留着未替换的占位符");
    JSON_INVALID = ("json-invalid", Error, "a request body that is not JSON", "请求正文不是合法的 JSON");
    CHATID_FROM_TOKEN = ("chatid-from-access-token", Error, "the chat's id read from access_token", "从 access_token 读取群聊标识");
    INDEX_ON_DICTIONARY = ("index-on-dictionary", Error, "a number as index of an answer that is a dictionary", "对字典形式的应答使用数字下标");
    HEADER_SPACE = ("header-space-before-colon", Error, "a header's name with a space before the colon", "请求头名称与冒号之间有空格");
    HEADER_COLONS = ("header-colons", Error, "a header string without exactly one colon", "请求头字符串必须恰有一个冒号");
    URL_TRAILING = ("url-trailing-comma", Error, "an address that ends with a comma or a full stop", "网址末尾多了逗号或句号");
    URL_PLACEHOLDER = ("url-placeholder", Error, "a parameter's name sent as its own value", "把参数名当作参数值发送");
    MISSING_PARAMETER = ("missing-parameter", Error, "a call without a parameter that the operation needs", "缺少接口必需的参数");
    MISSING_CONTENT_TYPE = ("missing-content-type", Error, "a POST of JSON to DingTalk without Content-Type", "向钉钉 POST JSON 时未声明 Content-Type");
    MISSPELT_FIELD = ("misspelt-field", Error, "a field of an answer that is spelled wrong", "应答字段拼写错误");
    NO_SUCH_FIELD = ("no-such-field", Warning, "a field that the operation does not answer", "读取了接口不返回的字段");
    UNKNOWN_FUNCTION = ("unknown-function", Error, "a function that does not exist", "函数不存在");
    WRONG_ARGUMENTS = ("wrong-arguments", Error, "too few or too many arguments", "参数个数不对");
    UNDEFINED_VARIABLE = ("undefined-variable", Error, "a variable that has no value yet", "变量尚未赋值");
    FETCH_CHILD = ("fetch-child-not-sent", Warning, "department/list without fetch_child", "department/list 未发送 fetch_child");
    SECRET_IN_SOURCE = ("secret-in-source", Warning, "a secret written into the script", "密钥写进了脚本");
    SECRET_OVER_HTTP = ("secret-over-http", Warning, "a platform called without TLS", "以明文 HTTP 调用平台");
    PLACEHOLDER_OVERWRITES = ("placeholder-overwrites-value", Warning, "a placeholder assigned over a value that was read before", "占位符覆盖了先前取得的值");
    PLACEHOLDER_SENT = ("placeholder-sent", Warning, "a placeholder inside a request", "请求中留着占位符");
    CHATID_UNREAD = ("chatid-not-read", Warning, "a chat is made and its id never read", "建群后没有读取群聊标识");
    NO_TIMEOUT = ("no-timeout", Warning, "a call without a timeout", "调用未给超时时间");
    QUERY_TWICE = ("query-twice", Warning, "parameters for an address that has a query already", "网址已带查询串，又给了参数");
    ONE_LETTER_CHAR = ("one-letter-char", Warning, "one letter in single quotes, which is a character and not a string", "单引号中只有一个字符时是字符而不是字符串");
    MISSPELT_NAME = ("misspelt-name", Warning, "a name with a letter that looks like another", "名称中混入了形近字母");
    TOKEN_IN_LOOP = ("token-in-loop", Warning, "a new token for every round of a loop", "循环中每次都获取令牌");
    NO_RENEWAL = ("no-token-renewal", Note, "a loop that sends and never looks for 40014 or 42001", "循环发送而不处理 40014、42001");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_its_own_id_in_lower_case() {
        for (at, rule) in RULES.iter().enumerate() {
            assert!(rule.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{}", rule.id);
            assert!(RULES[..at].iter().all(|other| other.id != rule.id), "{}", rule.id);
            assert!(!rule.title_en.is_empty() && !rule.title_zh.is_ascii(), "{}", rule.id);
        }
    }
}

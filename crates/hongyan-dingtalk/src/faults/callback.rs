//! Registration and cryptography of callbacks.

use hongyan_endpoint::{Class::Permanent, ErrorCode, Responsible::Operator, error_code as row};

const URL: (&str, &str) = (
    "correct the callback's address: public, https, answering within 1.5 seconds",
    "请更正回调地址：公网可达、https、1.5 秒内应答",
);
const KEYS: (&str, &str) = ("use the same token and AES key on both sides", "两端请使用相同的 token 和 AES key");
const EVENTS: (&str, &str) = ("name events from the platform's list", "请使用平台列出的事件");
const REGISTER: (&str, &str) =
    ("register the callback first, or update the one that is there", "请先注册回调，或更新已有回调");
const SUCCESS: (&str, &str) = ("answer with the encrypted word \"success\"", "请返回加密后的 success");

/// One row per code.
pub(super) const ROWS: &[ErrorCode] = &[
    row("40057", Permanent, Operator, ("the callback's address is not valid", "回调地址不合法"), URL),
    row("71006", Permanent, Operator, ("a callback's address is registered already", "回调地址已注册"), REGISTER),
    row("71007", Permanent, Operator, ("no callback's address is registered", "尚未注册回调地址"), REGISTER),
    row("71008", Permanent, Operator, ("the callback names an unknown event", "回调事件不存在"), EVENTS),
    row(
        "71009",
        Permanent,
        Operator,
        ("the callback's answer was not the encrypted \"success\"", "回调未返回加密的 success"),
        SUCCESS,
    ),
    row(
        "71010",
        Permanent,
        Operator,
        ("the callback's JSON is not valid", "回调 JSON 不合法"),
        ("correct the JSON", "请更正 JSON"),
    ),
    row("71011", Permanent, Operator, ("the callback's address is malformed", "回调地址格式错误"), URL),
    row("71012", Permanent, Operator, ("the callback's address cannot be reached", "回调地址无法访问"), URL),
    row("71013", Permanent, Operator, ("the callback's domain is not allowed", "回调域名不允许"), URL),
    row("400040", Permanent, Operator, ("the callback's registration was refused", "回调注册被拒绝"), REGISTER),
    row(
        "400041",
        Permanent,
        Operator,
        ("no callback is registered for the application", "应用没有已注册的回调"),
        REGISTER,
    ),
    row("400050", Permanent, Operator, ("the callback's address was refused", "回调地址被拒绝"), URL),
    row("400051", Permanent, Operator, ("the callback's events were refused", "回调事件被拒绝"), EVENTS),
    row(
        "400052",
        Permanent,
        Operator,
        ("the callback's check was not answered as expected", "回调校验应答不符"),
        SUCCESS,
    ),
    row("400053", Permanent, Operator, ("the callback could not be reached", "回调无法访问"), URL),
    row("400054", Permanent, Operator, ("the callback's check failed", "回调校验失败"), URL),
    row("900001", Permanent, Operator, ("the plain text of a callback is not valid", "回调明文不合法"), SUCCESS),
    row(
        "900002",
        Permanent,
        Operator,
        ("the timestamp of a callback is not valid", "回调时间戳不合法"),
        ("give the timestamp of the answer", "请填写应答的时间戳"),
    ),
    row(
        "900003",
        Permanent,
        Operator,
        ("the nonce of a callback is not valid", "回调随机串不合法"),
        ("give a random text", "请填写随机串"),
    ),
    row(
        "900004",
        Permanent,
        Operator,
        ("the callback's AES key is not valid", "回调 AES key 不合法"),
        ("use exactly 43 letters and digits", "请使用 43 位字母和数字"),
    ),
    row("900005", Permanent, Operator, ("the callback's signature does not match", "回调签名不匹配"), KEYS),
    row("900006", Permanent, Operator, ("the callback's signature could not be computed", "回调签名计算失败"), KEYS),
    row("900007", Permanent, Operator, ("a callback could not be encrypted", "回调加密失败"), KEYS),
    row("900008", Permanent, Operator, ("a callback could not be decrypted", "回调解密失败"), KEYS),
    row("900009", Permanent, Operator, ("a decrypted callback has the wrong length", "回调解密后长度不符"), KEYS),
    row(
        "900010",
        Permanent,
        Operator,
        ("a callback belongs to another owner", "回调所属企业或应用不符"),
        (
            "use the AppKey as owner, or the company's id when registered by interface",
            "所有者请用 AppKey；用接口注册时用 CorpId",
        ),
    ),
];

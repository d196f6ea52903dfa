//! Rates and quotas. <https://open.dingtalk.com/document/orgapp/call-frequency-limits>

use hongyan_endpoint::{
    Class::{self},
    ErrorCode,
    Responsible::{Admin, Hongyan, Operator},
    error_code as row,
};

/// A throttle whose window the platform does not publish.
const OPEN_END: Class = Class::Throttled { after: None };
const SECOND: (&str, &str) = ("hongyan waits for the next second and goes on", "鸿雁会等到下一秒继续");
const MINUTE: (&str, &str) = ("hongyan waits for the next minute and goes on", "鸿雁会等到下一分钟继续");
const REST: (&str, &str) =
    ("hongyan rests and tries again; ask the platform's support if it lasts", "鸿雁会暂停后重试；若持续请联系平台客服");
const MONTH: (&str, &str) = (
    "buy more calls or wait for the next month; hongyan asks again every hour",
    "请购买调用量或等待下月；鸿雁每小时再试一次",
);

/// One row per code.
pub(super) const ROWS: &[ErrorCode] = &[
    row(
        "ip.blocked",
        Class::throttled(300),
        Operator,
        ("the platform blocks this address for five minutes", "平台封禁了本机 IP 五分钟"),
        (
            "hongyan rests; find what else calls from this address: 10,000 calls per 20 s are allowed",
            "鸿雁会暂停；请查明同一 IP 上的其他调用：每 20 秒上限 10000 次",
        ),
    ),
    row("45009", Class::throttled(60), Hongyan, ("the interface's call limit is exceeded", "接口调用次数超限"), MINUTE),
    row("90001", OPEN_END, Admin, ("the server is disabled for all interfaces", "服务器被禁止调用所有接口"), REST),
    row(
        "90002",
        Class::throttled(1),
        Hongyan,
        ("the interface is overloaded by all its callers together", "接口总 QPS 超限"),
        SECOND,
    ),
    row("90003", OPEN_END, Admin, ("the company is disabled for all interfaces", "企业被禁止调用所有接口"), REST),
    row("90004", OPEN_END, Admin, ("the credential is disabled for all interfaces", "该凭证被禁止调用所有接口"), REST),
    row(
        "90005",
        Class::throttled(60),
        Hongyan,
        ("the company calls this interface too often", "企业调用该接口过于频繁"),
        MINUTE,
    ),
    row(
        "90006",
        Class::throttled(60),
        Hongyan,
        ("the application calls this interface too often", "应用调用该接口过于频繁"),
        MINUTE,
    ),
    row(
        "90007",
        Class::throttled(60),
        Hongyan,
        ("the suite is over a rate of its own (90007)", "套件调用频率超限（90007）"),
        MINUTE,
    ),
    row(
        "90008",
        Class::throttled(60),
        Hongyan,
        ("the suite is over a rate of its own (90008)", "套件调用频率超限（90008）"),
        MINUTE,
    ),
    row(
        "90009",
        Class::throttled(60),
        Hongyan,
        ("the suite is over a rate of its own (90009)", "套件调用频率超限（90009）"),
        MINUTE,
    ),
    row(
        "90010",
        Class::throttled(60),
        Hongyan,
        ("the suite is over a rate of its own (90010)", "套件调用频率超限（90010）"),
        MINUTE,
    ),
    row(
        "90011",
        Class::throttled(60),
        Hongyan,
        ("the suite is over a rate of its own (90011)", "套件调用频率超限（90011）"),
        MINUTE,
    ),
    row(
        "90012",
        Class::throttled(60),
        Hongyan,
        ("the suite is over a rate of its own (90012)", "套件调用频率超限（90012）"),
        MINUTE,
    ),
    row(
        "90013",
        Class::throttled(60),
        Hongyan,
        ("the suite is over a rate of its own (90013)", "套件调用频率超限（90013）"),
        MINUTE,
    ),
    row(
        "90014",
        Class::throttled(60),
        Hongyan,
        ("the suite is over a rate of its own (90014)", "套件调用频率超限（90014）"),
        MINUTE,
    ),
    row(
        "90017",
        OPEN_END,
        Operator,
        ("too many companies call from one address", "同一 IP 调用的企业过多"),
        ("give companies addresses of their own", "请为各企业使用不同的出口 IP"),
    ),
    row(
        "90018",
        Class::throttled(1),
        Hongyan,
        ("the application is over its rate for this interface", "应用调用该接口的 QPS 超限"),
        SECOND,
    ),
    row(
        "90019",
        Class::throttled(1),
        Hongyan,
        ("the suite is over its rate for this company and interface", "套件在该企业调用该接口的 QPS 超限"),
        SECOND,
    ),
    row(
        "90020",
        Class::throttled(3600),
        Admin,
        ("the company's calls of this month are spent", "企业当月 API 调用量已用完"),
        MONTH,
    ),
];

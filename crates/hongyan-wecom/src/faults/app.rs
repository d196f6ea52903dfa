//! Application, credentials, permissions and rates: what an operator or an administrator puts right.

use hongyan_endpoint::{
    About,
    Class::{self, Permanent, RefreshToken},
    ErrorCode,
    Responsible::{Admin, Hongyan, Operator, Sender},
    error_code as row,
};

/// A throttle whose window the platform does not publish.
const OPEN_END: Class = Class::Throttled { after: None };
const CREDENTIAL: (&str, &str) = (
    "correct `corp_id` and `secret` in the configuration and check the account again",
    "请更正配置中的 corp_id 和 secret，然后重新检查账号",
);
const TOKEN: (&str, &str) = ("hongyan fetches a new one and repeats the call once", "鸿雁会重新获取并重试一次");
const SCOPE: (&str, &str) =
    ("widen the application's visible range in the admin console", "请在管理后台扩大应用可见范围");
const GRANT: (&str, &str) = (
    "use an application that may call this interface, or grant it in the admin console",
    "请使用有权调用该接口的应用，或在管理后台授权",
);
const CONSOLE: (&str, &str) = ("have an administrator put it right in the admin console", "请管理员在管理后台处理");
const AGAIN: (&str, &str) = ("hongyan tries again after a pause", "鸿雁会稍后重试");
const DOMAIN: (&str, &str) = ("add the domain to the application's trusted domains", "请将域名加入应用可信域名");
const ARRIVE: (&str, &str) = (
    "check base_url and any proxy: the call arrived without what hongyan put into it",
    "请检查 base_url 和代理：请求到达时缺少鸿雁写入的内容",
);
const LOGIN: (&str, &str) = ("send the person through the login page again", "请让用户重新走登录流程");

/// One row per code.
pub(super) const ROWS: &[ErrorCode] = &[
    row(
        "-1",
        Class::RETRY,
        Hongyan,
        ("the platform is busy", "系统繁忙"),
        ("hongyan tries again after a pause, at most a few times", "鸿雁会稍后重试，次数有限"),
    ),
    row("6000", Class::RETRY, Hongyan, ("two changes met; the data has another version now", "数据版本冲突"), AGAIN),
    row(
        "40001",
        RefreshToken,
        Hongyan,
        ("the credential is not valid: a wrong secret or a stale token", "凭证无效：secret 错误或 token 已失效"),
        (
            "hongyan fetches a new token once; if it stays, correct the secret",
            "鸿雁会重新获取一次 token；若仍失败请更正 secret",
        ),
    ),
    row("40013", Permanent, Operator, ("the company id is not valid", "corpid 不合法"), CREDENTIAL)
        .about(About::Account),
    row(
        "40014",
        RefreshToken,
        Hongyan,
        ("the access token is invalid or has lapsed", "access_token 无效或已过期"),
        TOKEN,
    ),
    row("40029", Permanent, Sender, ("the login code is not valid", "登录 code 无效"), LOGIN),
    row(
        "40056",
        Permanent,
        Operator,
        ("the agent id is not valid", "agentid 不合法"),
        ("set `agent_id` to the AgentId that the admin console shows", "请将 agent_id 设为管理后台显示的 AgentId"),
    )
    .about(About::Account),
    row(
        "40057",
        Permanent,
        Operator,
        ("the callback's address failed its check", "回调 URL 校验失败"),
        ("answer the check with the decrypted text, within a second", "请在一秒内返回解密后的明文"),
    ),
    row("40082", RefreshToken, Hongyan, ("the suite's token is invalid", "套件 token 无效"), TOKEN),
    row(
        "40091",
        Permanent,
        Operator,
        ("the secret is not valid, perhaps another company's", "secret 无效，可能属于其他企业"),
        CREDENTIAL,
    )
    .about(About::Account),
    row("41001", Permanent, Operator, ("the call carried no access token", "请求未携带 access_token"), ARRIVE),
    row("41002", Permanent, Operator, ("the company id is missing", "缺少 corpid"), CREDENTIAL).about(About::Account),
    row("41004", Permanent, Operator, ("the secret is missing", "缺少 secret"), CREDENTIAL).about(About::Account),
    row(
        "41011",
        Permanent,
        Operator,
        ("the agent id is missing", "缺少 agentid"),
        ("set `agent_id` on the account", "请在账号配置中填写 agent_id"),
    )
    .about(About::Account),
    row("41024", Permanent, Operator, ("the suite's secret is missing", "缺少套件 secret"), CREDENTIAL),
    row("42001", RefreshToken, Hongyan, ("the access token has lapsed", "access_token 已过期"), TOKEN),
    row("42003", Permanent, Sender, ("the login code has lapsed", "登录 code 已过期"), LOGIN),
    row("42009", RefreshToken, Hongyan, ("the suite's token has lapsed", "套件 token 已过期"), TOKEN),
    row("42022", Permanent, Sender, ("the login code was used already", "登录 code 已使用"), LOGIN),
    row(
        "43009",
        Permanent,
        Admin,
        ("the company is not verified", "企业未认证"),
        ("have the company verified in the admin console", "请在管理后台完成企业认证"),
    ),
    row(
        "43012",
        Permanent,
        Admin,
        ("interactive cards need a callback address on the application", "交互卡片需要应用配置回调地址"),
        ("set up the application's callback in the admin console", "请在管理后台为应用配置接收消息的回调地址"),
    ),
    row(
        "45009",
        Class::throttled(60),
        Hongyan,
        ("a call limit is exceeded", "接口调用频率超限"),
        (
            "hongyan waits; a limit by hour or day lasts as long, and wrong secrets bar the address for an hour",
            "鸿雁会等待；小时或日限额持续相应时长，多次错误 secret 会封禁 IP 一小时",
        ),
    ),
    row(
        "45024",
        Permanent,
        Admin,
        ("the company is full", "企业人数已满"),
        ("have an administrator free or buy seats", "请管理员释放或购买名额"),
    ),
    row(
        "45026",
        Permanent,
        Admin,
        ("the platform guards against mass deletion", "触发批量删除保护"),
        ("have an administrator delete in the admin console", "请管理员在管理后台删除"),
    ),
    row(
        "45029",
        Permanent,
        Sender,
        ("the answer would be too large", "返回数据过大"),
        ("ask department by department", "请按部门分批查询"),
    ),
    row(
        "45031",
        Permanent,
        Operator,
        ("the secret is judged too weak", "secret 强度过低"),
        ("reset the secret in the admin console and configure the new one", "请在管理后台重置 secret 并更新配置"),
    ),
    row(
        "45033",
        Class::throttled(2),
        Hongyan,
        ("too many calls of this interface at once", "接口并发调用超限"),
        ("hongyan makes fewer calls at once", "鸿雁会降低并发"),
    ),
    row("45035", Class::RETRY, Hongyan, ("another change was under way", "并发修改冲突"), AGAIN),
    row(
        "45036",
        OPEN_END,
        Admin,
        ("data access is limited after abnormal traffic", "异常流量后数据访问受限"),
        ("find what calls so often; hongyan rests", "请查明异常调用来源；鸿雁会暂停"),
    ),
    row("48001", Permanent, Admin, ("the interface is not authorised", "接口未授权"), GRANT).about(About::Interface),
    row("48002", Permanent, Admin, ("the application may not call this interface", "应用无权调用此接口"), GRANT)
        .about(About::Interface),
    row("48004", Permanent, Admin, ("the authorisation is gone", "授权已失效"), GRANT).about(About::Interface),
    row(
        "48005",
        Permanent,
        Operator,
        ("the interface has been retired", "接口已废弃"),
        ("use the interface that replaced it", "请使用替代接口"),
    ),
    row(
        "48006",
        Permanent,
        Admin,
        ("the permission was withdrawn because it was not used", "权限因长期未使用被回收"),
        ("grant it again in the admin console", "请在管理后台重新授权"),
    )
    .about(About::Interface),
    row(
        "48009",
        Permanent,
        Admin,
        ("a new address of the contacts assistant may not read details", "通讯录同步助手的新 IP 不能读取详情"),
        (
            "use `user/list_id` and `department/simplelist`, or an application's secret",
            "请改用 user/list_id 和 department/simplelist，或应用 secret",
        ),
    ),
    row(
        "48010",
        Permanent,
        Operator,
        ("the TLS version is not supported", "TLS 版本不受支持"),
        ("speak TLS 1.2 or later: look for a proxy in between", "请使用 TLS 1.2 以上；检查中间代理"),
    ),
    row("50001", Permanent, Admin, ("the redirect's domain is not trusted", "跳转域名不可信"), DOMAIN),
    row(
        "50002",
        Permanent,
        Admin,
        ("the member is outside the application's visible range", "成员不在应用可见范围内"),
        SCOPE,
    ),
    row(
        "50003",
        Permanent,
        Admin,
        ("the application is disabled", "应用已停用"),
        ("enable the application in the admin console", "请在管理后台启用应用"),
    )
    .about(About::Account),
    row(
        "60011",
        Permanent,
        Admin,
        ("the application may not access this person, department or chat", "无权访问该成员、部门或群聊"),
        SCOPE,
    ),
    row(
        "60020",
        Permanent,
        Admin,
        ("the caller's address is not on the application's trusted list", "调用方 IP 不在企业可信 IP 中"),
        (
            "add the address in the platform's text to the trusted list; it takes a minute",
            "请将提示中的 IP 加入企业可信 IP，约一分钟生效",
        ),
    )
    // Whatever is sent is refused alike until the list is right: the messages wait for that.
    .about(About::Account),
    row(
        "60021",
        Permanent,
        Admin,
        ("the user is outside the application's visible range", "用户不在应用可见范围内"),
        SCOPE,
    ),
    row("60031", Permanent, Admin, ("the application is barred from this interface", "应用被禁止调用此接口"), CONSOLE)
        .about(About::Interface),
    row("80001", Permanent, Admin, ("the trusted domain is not set up rightly", "可信域名配置有误"), DOMAIN),
    row("85005", Permanent, Admin, ("the application has no such trusted domain", "应用未配置该可信域名"), DOMAIN),
    row(
        "81011",
        Permanent,
        Admin,
        ("the tag belongs to another application or an administrator", "标签由其他应用或管理员创建"),
        ("unlock the tag, or use a tag of this application", "请解锁标签或使用本应用的标签"),
    ),
    row(
        "92002",
        Permanent,
        Admin,
        ("the call crosses companies", "跨企业调用"),
        ("use the credentials of the company that owns it", "请使用所属企业的凭证"),
    ),
    row(
        "92003",
        Permanent,
        Admin,
        ("the call crosses applications", "跨应用调用"),
        ("use the credentials of the application that owns it", "请使用所属应用的凭证"),
    ),
    row(
        "301002",
        Permanent,
        Operator,
        ("agent id and secret belong to different applications", "agentid 与 secret 不属于同一应用"),
        ("configure agent id and secret of one application", "请配置同一应用的 agentid 和 secret"),
    )
    .about(About::Account),
    row(
        "301007",
        Permanent,
        Admin,
        ("the company was dissolved or banned", "企业已解散或被封禁"),
        ("ask the platform's support", "请联系平台客服"),
    )
    .about(About::Account),
];

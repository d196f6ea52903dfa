//! Application, credentials and permissions: what an operator or an administrator puts right.

use hongyan_endpoint::{
    About,
    Class::{self, Ambiguous, Permanent, RefreshToken},
    ErrorCode,
    Responsible::{Admin, Hongyan, Operator},
    error_code as row,
};

const CONFIGURATION: (&str, &str) = (
    "correct the credentials in the configuration and check the account again",
    "请更正配置中的凭证，然后重新检查账号",
);
const SUITE: (&str, &str) = (
    "take the value again from the developer console; hongyan serves internal applications, not suites",
    "请从开发者后台重新取值；鸿雁面向企业内部应用，不面向套件",
);
const SIGNATURE: (&str, &str) = (
    "sign timestamp and ticket anew and encode the signature for the URL",
    "请重新对时间戳和 ticket 签名，并对签名做 URL 编码",
);
const GRANT: (&str, &str) = (
    "grant the permission to the application in the developer console, then retry",
    "请在开发者后台为应用开通该权限，然后重试",
);
const INSTALL: (&str, &str) =
    ("have an administrator install and enable the application in the company", "请管理员在企业内安装并启用该应用");
const TOKEN: (&str, &str) = ("hongyan fetches a new one and repeats the call once", "鸿雁会重新获取并重试一次");
const ARRIVE: (&str, &str) = (
    "check base_url and any proxy: the call arrived without what hongyan put into it",
    "请检查 base_url 和代理：请求到达时缺少鸿雁写入的内容",
);

/// One row per code.
pub(super) const ROWS: &[ErrorCode] = &[
    row(
        "-1",
        Class::RETRY,
        Hongyan,
        ("the platform is busy", "平台系统繁忙"),
        ("hongyan tries again after a pause", "鸿雁会稍后重试"),
    ),
    row(
        "15",
        Ambiguous,
        Hongyan,
        ("the platform's own backend did not answer in time", "平台后端超时未应答"),
        ("for a send, see the task's result before repeating", "若为发送，请先查看任务结果再决定是否重发"),
    ),
    row(
        "22",
        Permanent,
        Operator,
        ("the platform knows no such method", "平台没有这个接口"),
        ("check base_url: something rewrites the path", "请检查 base_url：路径被改写"),
    ),
    row(
        "88",
        Class::RETRY,
        Hongyan,
        ("the platform's login service did not answer in time", "平台鉴权服务超时"),
        ("hongyan tries again after a pause", "鸿雁会稍后重试"),
    ),
    row(
        "404",
        Permanent,
        Operator,
        ("the path does not exist on this host", "该主机上没有此路径"),
        ("check base_url", "请检查 base_url"),
    ),
    row(
        "500",
        Class::RETRY,
        Hongyan,
        ("the platform met an error of its own", "平台内部错误"),
        ("hongyan tries again after a pause", "鸿雁会稍后重试"),
    ),
    row(
        "504",
        Ambiguous,
        Hongyan,
        ("the platform's gateway gave up after 3 seconds", "平台网关 3 秒超时"),
        ("for a send, look for the message before repeating", "若为发送，请先确认消息是否已到再重发"),
    ),
    row("33001", Permanent, Operator, ("the company is not known", "企业不存在或不合法"), CONFIGURATION)
        .about(About::Account),
    row(
        "40001",
        RefreshToken,
        Hongyan,
        ("the secret is wrong or the access token is invalid", "密钥错误或 access_token 无效"),
        TOKEN,
    ),
    row("40013", Permanent, Operator, ("the company id is not valid", "corpid 不合法"), CONFIGURATION)
        .about(About::Account),
    row(
        "40014",
        RefreshToken,
        Hongyan,
        ("the access token is invalid or has lapsed", "access_token 无效或已过期"),
        TOKEN,
    ),
    row(
        "40056",
        Permanent,
        Operator,
        ("the agent id is not one of this company", "agent_id 不合法"),
        (
            "set `agent_id` to the AgentId that the developer console shows",
            "请将 agent_id 设为开发者后台显示的 AgentId",
        ),
    )
    .about(About::Account),
    row(
        "40078",
        Permanent,
        Operator,
        ("the temporary authorisation code is not known", "临时授权码不存在"),
        ("have the company authorise again and use the new code", "请让企业重新授权并使用新的授权码"),
    ),
    row("40080", Permanent, Operator, ("the suite secret is not valid", "套件 secret 不合法"), SUITE),
    row("40081", Permanent, Operator, ("a value of the suite was refused", "套件参数不合法"), SUITE),
    row("40082", RefreshToken, Hongyan, ("the suite's token is invalid", "套件 token 无效"), TOKEN),
    row("40083", Permanent, Operator, ("the suite key is not valid", "套件 key 不合法"), SUITE),
    row("40084", Permanent, Operator, ("the permanent authorisation code is not valid", "永久授权码不合法"), SUITE),
    row(
        "40085",
        Permanent,
        Operator,
        ("the suite ticket is not valid", "suite_ticket 不合法"),
        ("use the newest ticket that the platform pushed", "请使用平台最新推送的 ticket"),
    ),
    row("40086", Permanent, Operator, ("the suite's application id is not valid", "套件应用 ID 不合法"), SUITE),
    row("40087", Permanent, Operator, ("the suite's application was refused", "套件应用不合法"), SUITE),
    row(
        "40088",
        Permanent,
        Operator,
        ("suite key and suite secret do not belong together", "套件 key 与 secret 不匹配"),
        SUITE,
    ),
    row(
        "40089",
        Permanent,
        Operator,
        ("corpid and corpsecret do not belong together", "corpid 与 corpsecret 不匹配"),
        CONFIGURATION,
    )
    .about(About::Account),
    row("40090", Permanent, Operator, ("the suite no longer exists", "套件已不存在"), SUITE),
    row(
        "40096",
        Permanent,
        Operator,
        ("AppKey and AppSecret do not belong together", "AppKey 与 AppSecret 不匹配"),
        CONFIGURATION,
    )
    .about(About::Account),
    row(
        "40102",
        Permanent,
        Operator,
        ("the temporary authorisation code has lapsed or was used", "临时授权码已过期或已使用"),
        ("have the company authorise again and use the new code", "请让企业重新授权并使用新的授权码"),
    ),
    row("41001", Permanent, Operator, ("the call carried no access token", "请求未携带 access_token"), ARRIVE),
    row(
        "41011",
        Permanent,
        Operator,
        ("the agent id is missing", "缺少 agent_id"),
        ("set `agent_id` on the account", "请在账号配置中填写 agent_id"),
    )
    .about(About::Account),
    row("41021", Permanent, Operator, ("the suite key is missing", "缺少套件 key"), SUITE),
    row("41022", Permanent, Operator, ("the suite token is missing", "缺少套件 token"), SUITE),
    row("41023", Permanent, Operator, ("the suite ticket is missing", "缺少 suite_ticket"), SUITE),
    row("41024", Permanent, Operator, ("the suite secret is missing", "缺少套件 secret"), SUITE),
    row("41025", Permanent, Operator, ("the permanent authorisation code is missing", "缺少永久授权码"), SUITE),
    row("41026", Permanent, Operator, ("a parameter of the suite is missing", "缺少套件参数"), SUITE),
    row("41030", Permanent, Admin, ("the company did not authorise the application", "企业未授权该应用"), INSTALL)
        .about(About::Account),
    row(
        "41031",
        Permanent,
        Operator,
        ("company and permanent code do not belong together", "企业与永久授权码不匹配"),
        SUITE,
    ),
    row("42001", RefreshToken, Hongyan, ("the access token has lapsed", "access_token 已过期"), TOKEN),
    row(
        "42008",
        Permanent,
        Operator,
        ("the temporary authorisation code has lapsed", "临时授权码已过期"),
        ("have the company authorise again and use the new code", "请让企业重新授权并使用新的授权码"),
    ),
    row("42009", RefreshToken, Hongyan, ("the suite's token has lapsed", "套件 token 已过期"), TOKEN),
    row("43001", Permanent, Operator, ("the platform expects GET here", "此接口需要 GET 请求"), ARRIVE),
    row("43002", Permanent, Operator, ("the platform expects POST here", "此接口需要 POST 请求"), ARRIVE),
    row(
        "43003",
        Permanent,
        Operator,
        ("the platform expects HTTPS", "需要 HTTPS 请求"),
        ("use an https:// base_url", "请将 base_url 改为 https://"),
    ),
    row("43004", Permanent, Operator, ("the content type is not the expected one", "Content-Type 不合法"), ARRIVE),
    row("43005", Permanent, Operator, ("the content type is not JSON", "Content-Type 应为 JSON"), ARRIVE),
    row(
        "43007",
        Permanent,
        Admin,
        ("the call needs an authorisation that the application lacks", "应用缺少所需授权"),
        GRANT,
    )
    .about(About::Interface),
    row("43008", Permanent, Operator, ("the upload is not multipart", "上传需要 multipart"), ARRIVE),
    row("43009", Permanent, Operator, ("the body is not JSON", "请求体应为 JSON"), ARRIVE),
    row("48002", Permanent, Admin, ("the interface is disabled for the application", "应用无权调用此接口"), GRANT)
        .about(About::Interface),
    row("48003", RefreshToken, Hongyan, ("the suite's token is invalid", "套件 token 无效"), TOKEN),
    row(
        "48004",
        Permanent,
        Admin,
        ("the authorisation is no longer valid", "授权已失效"),
        ("have the company authorise the application again", "请让企业重新授权该应用"),
    )
    .about(About::Account),
    row(
        "50002",
        Permanent,
        Admin,
        ("the user is outside the application's scope", "用户不在应用的授权范围内"),
        ("add the person to the application's visible range", "请将该用户加入应用的可见范围"),
    ),
    row("50003", Permanent, Admin, ("the application is stopped", "应用已停用"), INSTALL).about(About::Account),
    row(
        "50004",
        Permanent,
        Admin,
        ("the department is outside the application's scope", "部门不在应用的授权范围内"),
        ("add the department to the application's visible range", "请将该部门加入应用的可见范围"),
    ),
    row(
        "50005",
        Permanent,
        Admin,
        ("the company is disabled", "企业已被禁用"),
        ("ask the company's administrator or the platform's support", "请联系企业管理员或平台客服"),
    )
    .about(About::Account),
    row(
        "60011",
        Permanent,
        Admin,
        ("the application lacks the permission for this interface", "应用没有此接口的权限"),
        (
            "grant the scopes that the platform's text names, in the developer console",
            "请在开发者后台开通平台提示中列出的权限",
        ),
    )
    .about(About::Interface),
    row(
        "60020",
        Permanent,
        Admin,
        ("the caller's address is not on the application's list", "调用方 IP 不在应用白名单中"),
        (
            "add the egress address that the platform's text names to the application's list",
            "请将平台提示中的出口 IP 加入应用白名单",
        ),
    )
    // Whatever is sent is refused alike until the list is right: the messages wait for that.
    .about(About::Account),
    row("70001", Permanent, Admin, ("the company no longer exists", "企业已不存在"), CONFIGURATION)
        .about(About::Account),
    row(
        "70003",
        Permanent,
        Admin,
        ("no application belongs to this agent id", "agent_id 没有对应的应用"),
        (
            "set `agent_id` to the AgentId that the developer console shows",
            "请将 agent_id 设为开发者后台显示的 AgentId",
        ),
    )
    .about(About::Account),
    row("70004", Permanent, Admin, ("the application is not installed in the company", "应用未安装到该企业"), INSTALL)
        .about(About::Account),
    row(
        "853001",
        Permanent,
        Operator,
        ("the signature's timestamp is malformed", "签名时间戳格式错误"),
        ("send the time in milliseconds", "请使用毫秒时间戳"),
    )
    .about(About::Account),
    row(
        "853002",
        Permanent,
        Operator,
        ("the signature's timestamp is more than a minute off", "签名时间戳偏差超过 1 分钟"),
        ("set the machine's clock right", "请校准本机时钟"),
    )
    .about(About::Account),
    row(
        "853003",
        Permanent,
        Operator,
        ("the access key of the signature is not known", "签名的 accessKey 不存在"),
        SUITE,
    )
    .about(About::Account),
    row("853004", Permanent, Operator, ("the signature does not match", "签名不匹配"), SIGNATURE).about(About::Account),
    row("400020", Permanent, Admin, ("the application has no access to this", "应用无访问权限"), GRANT)
        .about(About::Interface),
];

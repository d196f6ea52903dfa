//! Codes in words of the new-style host. A code that ends in `.*` stands for its whole family.

use hongyan_endpoint::{
    About,
    Class::{self, Ambiguous, Permanent, RefreshToken},
    ErrorCode,
    Responsible::{Admin, Hongyan, Operator, Sender},
    error_code as row,
};

/// A throttle whose window the platform does not publish.
const OPEN_END: Class = Class::Throttled { after: None };
const FIELD: (&str, &str) = ("correct the field that the platform's text names", "请更正平台提示的字段");
const CREDENTIAL: (&str, &str) = (
    "correct the credentials in the configuration and check the account again",
    "请更正配置中的凭证，然后重新检查账号",
);
const TOKEN: (&str, &str) = ("hongyan fetches a new one and repeats the call once", "鸿雁会重新获取并重试一次");
const GRANT: (&str, &str) = (
    "grant the permission to the application in the developer console, then retry",
    "请在开发者后台为应用开通该权限，然后重试",
);
const AGAIN: (&str, &str) = ("hongyan tries again after a pause", "鸿雁会稍后重试");
const SECOND: (&str, &str) = ("hongyan waits for the next second and goes on", "鸿雁会等到下一秒继续");
const MINUTE: (&str, &str) = ("hongyan waits for the next minute and goes on", "鸿雁会等到下一分钟继续");
const WORDING: (&str, &str) =
    ("change the content: the platform forbids part of it", "请修改内容：其中有平台禁止的部分");
const ROBOT: (&str, &str) = (
    "check the robot's code and that the robot is published and enabled",
    "请核对 robotCode，并确认机器人已发布且已启用",
);
const ADMIN: (&str, &str) = ("have an administrator enable it again", "请管理员重新启用");
const GROUP: (&str, &str) = ("correct the conversation's id", "请更正会话 ID");
const SUITE: (&str, &str) = (
    "take the value again from the developer console; hongyan serves internal applications, not suites",
    "请从开发者后台重新取值；鸿雁面向企业内部应用，不面向套件",
);
const TEMPLATE: (&str, &str) =
    ("choose a template that is published and enabled for the group", "请选择已发布且已在群内启用的模板");

/// One row per code.
pub(super) const ROWS: &[ErrorCode] = &[
    row("Missingbody", Permanent, Operator, ("the body is a form or missing", "请求体为表单或缺失"), FIELD),
    row("param.*", Permanent, Sender, ("a parameter of the card is wrong", "卡片参数错误"), FIELD),
    row("param.contentUnsafe", Permanent, Sender, ("the card holds forbidden content", "卡片含违禁内容"), WORDING),
    row(
        "param.cardAlreadyExist",
        Permanent,
        Sender,
        ("a card of this outTrackId exists", "该 outTrackId 的卡片已存在"),
        (
            "it was made before: update it, or choose a new outTrackId",
            "该卡片此前已创建：请更新它，或换一个 outTrackId",
        ),
    ),
    row("param.templateNotExist", Permanent, Sender, ("the template does not exist", "模板不存在"), TEMPLATE),
    row("param.templateUnpublished", Permanent, Sender, ("the template is not published", "模板未发布"), TEMPLATE),
    row(
        "param.callbackRouteKeyExist",
        Permanent,
        Operator,
        ("the route key has an address", "该 callbackRouteKey 已注册"),
        ("say forceUpdate, or choose another key", "请使用 forceUpdate，或换一个 key"),
    ),
    row("system.busy", Class::RETRY, Hongyan, ("the card service is busy", "卡片服务繁忙"), AGAIN),
    row("system.updateCallbackFailed", Class::RETRY, Hongyan, ("the address was not saved", "回调地址保存失败"), AGAIN),
    row(
        "InvalidAuthentication",
        RefreshToken,
        Hongyan,
        ("the access token is invalid or has lapsed", "access_token 无效或已过期"),
        TOKEN,
    ),
    row("accesstoken.expired", RefreshToken, Hongyan, ("the user's token has lapsed", "用户 token 已过期"), TOKEN),
    row(
        "AuthenticationFailed.MissingParameter",
        Permanent,
        Operator,
        ("the call carried no token", "请求未携带 token"),
        ("check base_url and any proxy: the token's header was lost", "请检查 base_url 和代理：token 请求头丢失"),
    ),
    row(
        "invalidClientIdOrSecret",
        Permanent,
        Operator,
        ("Client ID and Client Secret do not belong together", "Client ID 与 Client Secret 不匹配"),
        CREDENTIAL,
    )
    .about(About::Account),
    row("invalid.client", Permanent, Operator, ("the client is not known", "client 不存在"), CREDENTIAL)
        .about(About::Account),
    row(
        "unsupported.grant.type",
        Permanent,
        Operator,
        ("the grant type is not known", "grant_type 不支持"),
        CREDENTIAL,
    ),
    row(
        "unauthorized.client",
        Permanent,
        Operator,
        ("the client is not authorised in this company", "client 未获该企业授权"),
        CREDENTIAL,
    )
    .about(About::Account),
    row("server.error", Class::RETRY, Hongyan, ("the login service met an error", "登录服务出错"), AGAIN),
    row(
        "invalidSuiteTicket",
        Permanent,
        Operator,
        ("the suite ticket is not valid", "suiteTicket 不合法"),
        ("use the newest ticket that the platform pushed", "请使用平台最新推送的 ticket"),
    ),
    row("invalidSuiteKey", Permanent, Operator, ("the suite key is not valid", "suiteKey 不合法"), SUITE),
    row(
        "invalidAuthInfo",
        Permanent,
        Admin,
        ("the company has not installed the application", "企业未安装该应用"),
        ("have an administrator install the application", "请管理员安装该应用"),
    )
    .about(About::Account),
    row("orgNotExist", Permanent, Operator, ("the company does not exist", "企业不存在"), CREDENTIAL)
        .about(About::Account),
    row(
        "orgNotAuthApp",
        Permanent,
        Admin,
        ("the company did not authorise the application", "企业未授权该应用"),
        ("have an administrator install the application", "请管理员安装该应用"),
    )
    .about(About::Account),
    row("invalidCorpId", Permanent, Operator, ("the company id is not valid", "corpId 不合法"), CREDENTIAL)
        .about(About::Account),
    row("parameter.invalid", Permanent, Sender, ("a parameter is not valid", "参数不合法"), FIELD),
    row("paramIllegal", Permanent, Sender, ("a parameter is not allowed", "参数非法"), FIELD),
    row("commonParamIllegal", Permanent, Sender, ("a common parameter is not allowed", "公共参数非法"), FIELD),
    row("invalidParameter.*", Permanent, Sender, ("a parameter was refused", "参数被拒绝"), FIELD),
    row("miss.param.*", Permanent, Sender, ("a parameter is missing", "缺少参数"), FIELD),
    row(
        "invalidRequest.duplicateClientToken",
        Permanent,
        Sender,
        ("the client token was used before", "clientToken 已使用过"),
        ("look for the first call's outcome before repeating", "请先查看首次调用的结果再决定是否重发"),
    ),
    row("qps.exceed.limit", Class::throttled(1), Hongyan, ("the rate of calls is exceeded", "调用 QPS 超限"), SECOND),
    row(
        "request.overlimit",
        OPEN_END,
        Hongyan,
        ("too many calls", "调用次数超限"),
        ("hongyan rests this interface and goes on", "鸿雁会暂停该接口后继续"),
    ),
    row(
        "Forbidden.AccessDenied.AccessTokenPermissionDenied",
        Permanent,
        Admin,
        ("the application lacks the permission for this interface", "应用没有此接口的权限"),
        (
            "grant the scopes under `requiredScopes` in the developer console",
            "请在开发者后台开通 requiredScopes 列出的权限",
        ),
    )
    .about(About::Interface),
    row(
        "Forbidden.AccessDenied.IpNotInWhiteList",
        Permanent,
        Admin,
        ("the caller's address is not on the application's list", "调用方 IP 不在应用白名单中"),
        ("add this machine's egress address to the application's list", "请将本机出口 IP 加入应用白名单"),
    )
    // Whatever is sent is refused alike until the list is right: the messages wait for that.
    .about(About::Account),
    row(
        "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi",
        Class::throttled(1),
        Hongyan,
        ("the application is over its rate per second for this interface", "应用调用该接口每秒次数超限"),
        SECOND,
    ),
    row(
        "Forbidden.AccessDenied.QpmLimitForAppkeyAndApi",
        Class::throttled(60),
        Hongyan,
        ("the application is over its rate per minute for this interface", "应用调用该接口每分钟次数超限"),
        MINUTE,
    ),
    row(
        "Forbidden.AccessDenied.QpsLimitForSuitekeyAndOrgAndApi",
        Class::throttled(1),
        Hongyan,
        ("the suite is over its rate per second for this company and interface", "套件在该企业调用该接口每秒次数超限"),
        SECOND,
    ),
    row(
        "Forbidden.AccessDenied.QpmLimitForSuitekeyAndOrgAndApi",
        Class::throttled(60),
        Hongyan,
        (
            "the suite is over its rate per minute for this company and interface",
            "套件在该企业调用该接口每分钟次数超限",
        ),
        MINUTE,
    ),
    row(
        "Forbidden.AccessDenied.QpsLimitForApi",
        Class::throttled(1),
        Hongyan,
        ("the interface is overloaded by all its callers together", "接口总 QPS 超限"),
        SECOND,
    ),
    row(
        "Forbidden.AccessDenied.ApiCountLimitForOrg",
        Class::throttled(3600),
        Admin,
        ("the company's calls of this month are spent", "企业当月 API 调用量已用完"),
        (
            "buy more calls or wait for the next month; hongyan asks again every hour",
            "请购买调用量或等待下月；鸿雁每小时再试一次",
        ),
    ),
    row("system.error", Class::RETRY, Hongyan, ("the platform met a system error", "平台系统错误"), AGAIN),
    row("systemError", Class::RETRY, Hongyan, ("the platform met an error of its system", "平台系统异常"), AGAIN),
    row(
        "unknownError",
        Class::RETRY,
        Hongyan,
        ("the platform met an error that it does not name", "平台未知错误"),
        AGAIN,
    ),
    row(
        "ServiceUnavailable",
        Class::RETRY,
        Hongyan,
        ("the platform's service is not available for now", "平台服务暂不可用"),
        AGAIN,
    ),
    row(
        "unknown.send.result",
        Ambiguous,
        Hongyan,
        ("the platform does not know whether it sent the message", "平台不知道消息是否已发出"),
        ("look for the message before repeating", "请先确认消息是否已到再重发"),
    ),
    row(
        "invalid.openConversationId",
        Permanent,
        Sender,
        ("the conversation's id is not valid", "openConversationId 不合法"),
        GROUP,
    ),
    row(
        "miss.openConversationId",
        Permanent,
        Sender,
        ("the conversation's id is missing", "缺少 openConversationId"),
        GROUP,
    ),
    row("invalideChatId", Permanent, Sender, ("the chat's id is not valid", "chatId 不合法"), GROUP),
    row(
        "permession.checkFailed",
        Permanent,
        Admin,
        (
            "a permission is missing, or the owner is not visible to the application",
            "权限校验失败，或群主不在应用可见范围内",
        ),
        GRANT,
    ),
    row(
        "invalid.processQueryKey",
        Permanent,
        Sender,
        ("the message's key is not valid", "processQueryKey 不合法"),
        ("use the key that the send gave", "请使用发送时返回的 key"),
    ),
    row(
        "robot.processQueryKey.expired",
        Permanent,
        Sender,
        ("the message's key has lapsed", "processQueryKey 已过期"),
        ("nothing more can be learnt after 24 hours", "超过 24 小时无法再查询"),
    ),
    row(
        "processQueryKey.expireTime",
        Class::RETRY,
        Hongyan,
        ("the message's key is not ready yet, or has lapsed", "processQueryKey 尚未就绪或已过期"),
        ("hongyan asks again within 24 hours of the send", "鸿雁会在发送后 24 小时内再次查询"),
    ),
    row(
        "staffId.notExisted",
        Permanent,
        Sender,
        ("the member does not exist", "员工不存在"),
        ("correct the recipient", "请更正接收人"),
    ),
    row("contain.unsafe.url", Permanent, Sender, ("the content holds an unsafe link", "内容含不安全链接"), WORDING),
    row("contain.notAllowed.text", Permanent, Sender, ("the text is not allowed", "文本内容不允许"), WORDING),
    row("contain.notAllowed.picture", Permanent, Sender, ("a picture is not allowed", "图片内容不允许"), WORDING),
    row("contain.notAllowed.content", Permanent, Sender, ("the content is not allowed", "内容不允许"), WORDING),
    row("send.too.fast", Class::throttled(60), Hongyan, ("the robot sends too fast", "机器人发送过快"), MINUTE),
    row(
        "send.byToken.tooFast",
        Class::throttled(60),
        Hongyan,
        ("the robot's token sends too fast", "该 token 发送过快"),
        MINUTE,
    ),
    row(
        "too.many.group",
        Class::throttled(60),
        Hongyan,
        ("the robot writes to too many groups", "机器人发送的群过多"),
        MINUTE,
    ),
    row(
        "too.many.people",
        Class::throttled(60),
        Hongyan,
        ("the robot writes to too many people", "机器人发送的人数过多"),
        MINUTE,
    ),
    row(
        "toomuch.msg",
        Class::throttled(60),
        Hongyan,
        ("the robot sends too many DINGs", "机器人 DING 消息过多"),
        MINUTE,
    ),
    row(
        "ding.receivercount.limit",
        Permanent,
        Sender,
        ("the DING has too many receivers", "DING 接收人过多"),
        (
            "address fewer people: 200 in the application, 20 by SMS or phone",
            "请减少人数：应用内 200 人，短信或电话 20 人",
        ),
    ),
    row(
        "ding.serverquota.insufficient",
        Permanent,
        Admin,
        ("the company's DING quota is spent", "企业 DING 额度不足"),
        ("buy more", "请购买额度"),
    ),
    row(
        "group.disbanded",
        Permanent,
        Sender,
        ("the group was dissolved", "群已解散"),
        ("choose another group", "请选择其他群"),
    ),
    row("bot.stopped", Permanent, Admin, ("the robot is stopped", "机器人已停用"), ADMIN).about(About::Account),
    row("template.stopped", Permanent, Admin, ("the template is stopped", "模板已停用"), ADMIN),
    row("template.not.existed", Permanent, Sender, ("the template does not exist", "模板不存在"), TEMPLATE),
    row(
        "send.forbidden",
        Permanent,
        Admin,
        ("sending is forbidden", "禁止发送"),
        ("have an administrator lift the restriction", "请管理员解除限制"),
    ),
    row(
        "bot.forbidden.sendMessage",
        Permanent,
        Admin,
        ("the robot may not send messages", "机器人被禁止发送消息"),
        ("have an administrator lift the restriction", "请管理员解除限制"),
    )
    .about(About::Account),
    row(
        "chatbotId.notAllow.sendOTO",
        Permanent,
        Admin,
        ("the robot may not write to single people", "机器人不允许单聊"),
        ROBOT,
    )
    .about(About::Account),
    row("robot.oto.notExist", Permanent, Admin, ("the robot has no single chats", "机器人单聊不存在"), ROBOT)
        .about(About::Account),
    row(
        "conversation.org.notMatch",
        Permanent,
        Sender,
        ("the conversation belongs to another company", "会话不属于该企业"),
        GROUP,
    ),
    row("resource.unavailable", Permanent, Admin, ("the resource cannot be used", "资源不可用"), ADMIN),
    row("resource.not.found", Permanent, Sender, ("the resource was not found", "资源不存在"), FIELD),
    row("unauthorized", Permanent, Admin, ("the application is not authorised", "应用未授权"), GRANT)
        .about(About::Interface),
    row("auth.error", Permanent, Admin, ("the authorisation failed", "授权失败"), GRANT).about(About::Interface),
    row(
        "only.groupAdmin.canAtAll",
        Permanent,
        Sender,
        ("only the group's admins may mention everybody", "只有群管理员可以 @所有人"),
        ("mention people by name, or have an admin allow it", "请改为逐个提及，或请管理员放开"),
    ),
    row(
        "session.expired",
        Permanent,
        Sender,
        ("the session of the reply has lapsed", "会话已过期"),
        ("write through the robot instead", "请改用机器人主动发送"),
    ),
    row(
        "member.exceed",
        Permanent,
        Sender,
        ("the group would have too many members", "群成员过多"),
        ("name fewer members", "请减少成员"),
    ),
    row(
        "member.notFound",
        Permanent,
        Sender,
        ("a member was not found", "成员不存在"),
        ("correct the member list", "请更正成员列表"),
    ),
    row("groupTemplate.notFound", Permanent, Sender, ("the group template was not found", "群模板不存在"), TEMPLATE),
    row(
        "groupTemplate.permessionDenied.*",
        Permanent,
        Admin,
        ("the group template may not be used", "无权使用群模板"),
        GRANT,
    ),
];

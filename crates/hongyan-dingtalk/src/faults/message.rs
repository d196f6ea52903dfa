//! Messages, media and flow control of work notifications.

use hongyan_endpoint::{
    About,
    Class::{self, Permanent},
    ErrorCode,
    Responsible::{Admin, Hongyan, Sender},
    error_code as row,
};

const FIELD: (&str, &str) = ("correct the field that the platform's text names", "请更正平台提示的字段");
const SHORTEN: (&str, &str) = (
    "shorten it; a work notification holds 2048 bytes, and a Chinese character is three",
    "请缩短内容；工作通知上限 2048 字节，一个汉字占三字节",
);
const UPLOAD: (&str, &str) = ("upload the file again and use the new media id", "请重新上传文件并使用新的 media_id");
const MEDIA: (&str, &str) = ("send a file of an allowed kind and size", "请使用允许的文件类型和大小");
const SENDER: (&str, &str) =
    ("use a sender who is in the company and in the conversation", "请使用在企业内且在会话中的发送者");
const WORDING: (&str, &str) =
    ("change the content: the platform forbids part of it", "请修改内容：其中有平台禁止的部分");
const SPLIT: (&str, &str) = ("address fewer people in one message", "请减少单条消息的接收人");
const LATER: (&str, &str) = ("hongyan sends the rest when the window has passed", "鸿雁会在限流窗口过后继续发送");
const DAILY: (&str, &str) = ("the person can be reached again tomorrow (China time)", "次日（北京时间）可再次送达");
const REPEAT: (&str, &str) =
    ("change the content; adding the time makes it another message", "请修改内容；加上时间即成为另一条消息");

/// One row per code.
pub(super) const ROWS: &[ErrorCode] = &[
    row("34002", Permanent, Sender, ("the sender is not valid", "发送者不合法"), SENDER),
    row(
        "34004",
        Permanent,
        Sender,
        ("the message type is not known", "消息类型不合法"),
        ("use a message type that the channel's page lists", "请使用文档列出的消息类型"),
    ),
    row("34006", Permanent, Sender, ("the sender is not in the company", "发送者不在企业中"), SENDER),
    row("34007", Permanent, Sender, ("the sender is not in the conversation", "发送者不在会话中"), SENDER),
    row("34012", Permanent, Sender, ("the sender's company was not found", "发送者所属企业不存在"), SENDER),
    row("34014", Permanent, Sender, ("the message object is incomplete", "消息体不完整"), FIELD),
    row(
        "34015",
        Class::RETRY,
        Hongyan,
        ("sending to the group failed", "群消息发送失败"),
        ("hongyan tries again after a pause", "鸿雁会稍后重试"),
    ),
    row("34016", Permanent, Sender, ("the message is too long", "消息过长"), SHORTEN),
    row(
        "40000",
        Permanent,
        Sender,
        ("a parameter was refused, or the token was blank", "参数错误或 access_token 为空"),
        FIELD,
    ),
    row("40004", Permanent, Sender, ("the media type is not valid", "媒体类型不合法"), MEDIA),
    row("40005", Permanent, Sender, ("the file type is not allowed", "文件类型不合法"), MEDIA),
    row("40006", Permanent, Sender, ("the file size is not allowed", "文件大小不合法"), MEDIA),
    row("40007", Permanent, Sender, ("the media id is not valid", "media_id 不合法"), UPLOAD),
    row(
        "40008",
        Permanent,
        Sender,
        ("the message type is not valid", "消息类型错误"),
        ("use a message type that the channel's page lists", "请使用文档列出的消息类型"),
    ),
    row("40012", Permanent, Sender, ("the sender's user id is not valid", "发送者 userid 不合法"), SENDER),
    row("40015", Permanent, Sender, ("the sender does not belong to the conversation", "发送者不属于该会话"), SENDER),
    row(
        "40016",
        Permanent,
        Sender,
        ("the conversation id is not valid", "会话 ID 不合法"),
        (
            "choose the conversation again: such an id is single-use and lives 24 hours",
            "请重新选择会话：该 ID 只能使用一次，24 小时有效",
        ),
    ),
    row(
        "40017",
        Permanent,
        Sender,
        ("no receiver belongs to the sender's company", "会话中没有同企业的接收者"),
        ("choose a conversation with members of the company", "请选择有本企业成员的会话"),
    ),
    row("40", Permanent, Sender, ("a required argument is missing", "缺少必填参数"), FIELD),
    row("41", Permanent, Sender, ("an argument is of the wrong kind", "参数类型不正确"), FIELD),
    row("40035", Permanent, Sender, ("a parameter is invalid or missing", "参数不合法或缺失"), FIELD),
    row("40036", Permanent, Sender, ("a parameter of the template is invalid", "模板参数不合法"), FIELD),
    row("40038", Permanent, Sender, ("the request is malformed", "请求格式错误"), FIELD),
    row(
        "40048",
        Permanent,
        Admin,
        ("a link points to a domain that is not trusted", "链接域名不安全"),
        (
            "have an administrator add the domain to the trusted list, or remove the link",
            "请管理员将域名加入安全域名，或去掉链接",
        ),
    ),
    row("41005", Permanent, Sender, ("the media file is missing", "缺少媒体文件"), MEDIA),
    row("41006", Permanent, Sender, ("the media id is missing", "缺少 media_id"), UPLOAD),
    row(
        "41028",
        Permanent,
        Admin,
        ("the application may not address everybody", "该应用不允许发送给全员"),
        ("address departments or people instead", "请改为按部门或人员发送"),
    ),
    row("41029", Permanent, Sender, ("there are too many receivers", "接收人过多"), SPLIT),
    row(
        "41044",
        Permanent,
        Admin,
        ("the application may not send", "该应用被禁止发送"),
        ("have an administrator lift the restriction in the developer console", "请管理员在开发者后台解除限制"),
    )
    .about(About::Account),
    row(
        "41045",
        Class::throttled(3600),
        Hongyan,
        ("the three messages to everybody of this day are spent", "当日全员消息次数已用完"),
        ("wait until tomorrow, or address departments", "请次日再发，或改为按部门发送"),
    )
    .about(About::Audience),
    row(
        "41046",
        Class::throttled(60),
        Hongyan,
        ("too many messages to everybody within a minute", "全员消息每分钟次数超限"),
        LATER,
    )
    .about(About::Audience),
    row("41047", Class::throttled(60), Hongyan, ("too many receivers within a minute", "每分钟接收人数超限"), LATER),
    row(
        "41048",
        Class::throttled(60),
        Hongyan,
        ("too many messages within a minute in all", "每分钟消息总数超限"),
        LATER,
    ),
    row("41049", Permanent, Sender, ("the message holds forbidden words", "消息含有违禁词"), WORDING),
    row(
        "41052",
        Class::RETRY,
        Hongyan,
        ("the task's outcome is not offered yet", "任务结果暂不可用"),
        (
            "hongyan asks again; a task with more than 100 receivers never gives one",
            "鸿雁会再次查询；接收人超过 100 的任务不提供结果",
        ),
    ),
    row("41102", Permanent, Sender, ("a parameter's value is too large", "参数值过大"), FIELD),
    row("44001", Permanent, Sender, ("the media file is empty", "媒体文件为空"), MEDIA),
    row("44002", Permanent, Sender, ("the request body is empty", "请求体为空"), FIELD),
    row("44004", Permanent, Sender, ("the text is empty", "文本内容为空"), ("write something", "请填写内容")),
    row("45001", Permanent, Sender, ("the media file is too large", "媒体文件过大"), MEDIA),
    row("45002", Permanent, Sender, ("the message's content is too large", "消息内容过大"), SHORTEN),
    row("47001", Permanent, Sender, ("the body cannot be parsed", "请求体无法解析"), FIELD),
    row(
        "400001",
        Class::RETRY,
        Hongyan,
        ("the platform met a system error", "平台系统错误"),
        ("hongyan tries again after a pause", "鸿雁会稍后重试"),
    ),
    row("400002", Permanent, Sender, ("a parameter is wrong", "参数错误"), FIELD),
    row("430101", Permanent, Sender, ("a link in the content is not safe", "内容含不安全链接"), WORDING),
    row("430102", Permanent, Sender, ("the text was refused", "文本内容不合规"), WORDING),
    row("430103", Permanent, Sender, ("a picture was refused", "图片内容不合规"), WORDING),
    row("430104", Permanent, Sender, ("the content was refused", "内容不合规"), WORDING),
    row(
        "885001",
        Permanent,
        Admin,
        ("the notification template does not exist", "通知模板不存在"),
        ("choose a template that the developer console lists", "请选择开发者后台中已有的模板"),
    ),
    row(
        "885006",
        Permanent,
        Admin,
        ("the notification template cannot be used", "通知模板不可用"),
        ("have the template approved in the developer console", "请在开发者后台完成模板审核"),
    ),
    row(
        "143103",
        Class::throttled(60),
        Hongyan,
        ("the application reached too many people within a minute", "应用每分钟接收人数超限"),
        LATER,
    ),
    row(
        "143104",
        Class::throttled(60),
        Hongyan,
        ("the company's applications reached too many people within a minute", "企业每分钟接收人数超限"),
        LATER,
    ),
    row(
        "143105",
        Class::throttled(3600),
        Hongyan,
        ("the person has had the day's messages from this application", "该用户当日接收本应用消息已达上限"),
        DAILY,
    )
    .about(About::Audience),
    row("143106", Permanent, Sender, ("the person has had the same content today", "该用户当日已收过相同内容"), REPEAT),
    row(
        "143203",
        Class::throttled(60),
        Hongyan,
        ("the suite reached too many people of the company within a minute", "套件对该企业每分钟接收人数超限"),
        LATER,
    ),
    row(
        "143204",
        Class::throttled(60),
        Hongyan,
        ("the suite reached too many people within a minute", "套件每分钟接收人数超限"),
        LATER,
    ),
    row(
        "143205",
        Class::throttled(3600),
        Hongyan,
        ("the person has had the day's messages from this suite", "该用户当日接收本套件消息已达上限"),
        DAILY,
    )
    .about(About::Audience),
    row(
        "143206",
        Permanent,
        Sender,
        ("the person has had the same content from this suite today", "该用户当日已收过本套件相同内容"),
        REPEAT,
    ),
    row(
        "1430000",
        Permanent,
        Sender,
        ("no receiver is left", "没有有效的接收人"),
        ("name at least one person, department or everybody", "请至少指定一名用户、一个部门或全员"),
    ),
    row("1430001", Permanent, Sender, ("the kind of permission is not known", "授权类型不存在"), FIELD),
    row("1430002", Permanent, Sender, ("the content is forbidden", "内容被禁止"), WORDING),
    row(
        "1430003",
        Class::RETRY,
        Hongyan,
        ("the platform protects itself and refused for now", "平台保护，暂时拒绝"),
        ("hongyan tries again after a pause", "鸿雁会稍后重试"),
    ),
    row(
        "1430004",
        Permanent,
        Admin,
        ("the receiver is under executive protection", "接收人处于高管保护中"),
        ("have an administrator allow the application to reach this person", "请管理员允许该应用联系此人"),
    ),
];

//! Groups and group messages, old chats and scene groups.

use hongyan_endpoint::{
    Class::Permanent,
    ErrorCode,
    Responsible::{Admin, Sender},
    error_code as row,
};

const GROUP: (&str, &str) = (
    "correct the group's id; a group made by hand cannot be reached this way",
    "请更正群 ID；手工创建的群不能用此接口",
);
const FIELD: (&str, &str) = ("correct the field that the platform's text names", "请更正平台提示的字段");
const MEMBERS: (&str, &str) = (
    "correct the member list: at most 40 per call, and the owner among them",
    "请更正成员列表：每次最多 40 人，且包含群主",
);
const TEMPLATE: (&str, &str) =
    ("choose a template that is published and enabled for the group", "请选择已发布且已在群内启用的模板");
const ROBOT: (&str, &str) =
    ("install the robot in the group and check the robot's code", "请在群内安装机器人并核对 robotCode");
const GRANT: (&str, &str) = (
    "grant the permission to the application in the developer console, then retry",
    "请在开发者后台为应用开通该权限，然后重试",
);

/// One row per code.
pub(super) const ROWS: &[ErrorCode] = &[
    row(
        "1002",
        Permanent,
        Admin,
        ("the company has reached its number of groups", "企业群数量已达上限"),
        ("dissolve unused groups or ask for a higher cap", "请解散不用的群或申请提高上限"),
    ),
    row("34001", Permanent, Sender, ("the group's id is not valid", "群 ID 不合法"), GROUP),
    row("34013", Permanent, Sender, ("the group was not found", "群不存在"), GROUP),
    row("49000", Permanent, Sender, ("the group's id is missing", "缺少群 ID"), GROUP),
    row("49001", Permanent, Sender, ("the group's settings were refused (49001)", "群设置不合法（49001）"), FIELD),
    row("49002", Permanent, Sender, ("the group's settings were refused (49002)", "群设置不合法（49002）"), FIELD),
    row("49003", Permanent, Sender, ("the group's settings were refused (49003)", "群设置不合法（49003）"), FIELD),
    row(
        "49004",
        Permanent,
        Sender,
        ("the same member is to be added and removed", "同一成员同时被加入和移除"),
        MEMBERS,
    ),
    row(
        "49005",
        Permanent,
        Sender,
        ("the group is full", "群成员已满"),
        ("remove members or use another group", "请移除成员或使用其他群"),
    ),
    row("49006", Permanent, Sender, ("the owner is not in the member list", "群主不在成员列表中"), MEMBERS),
    row(
        "49007",
        Permanent,
        Admin,
        ("the company has reached its number of chats", "企业群会话数量已达上限"),
        ("dissolve unused groups or ask for a higher cap", "请解散不用的群或申请提高上限"),
    ),
    row("49008", Permanent, Sender, ("the group's settings were refused (49008)", "群设置不合法（49008）"), FIELD),
    row(
        "49009",
        Permanent,
        Sender,
        ("outside contacts are not allowed in the group", "群不允许外部联系人"),
        ("name members of the company only", "请只填写企业成员"),
    ),
    row("49010", Permanent, Sender, ("the member list is empty", "成员列表为空"), MEMBERS),
    row("49011", Permanent, Sender, ("the member list is too long", "成员列表过长"), MEMBERS),
    row("49012", Permanent, Sender, ("the group's settings were refused (49012)", "群设置不合法（49012）"), FIELD),
    row("49013", Permanent, Sender, ("the owner is missing", "缺少群主"), MEMBERS),
    row("49014", Permanent, Sender, ("the group's settings were refused (49014)", "群设置不合法（49014）"), FIELD),
    row(
        "49015",
        Permanent,
        Sender,
        ("the group's name is not valid", "群名称不合法"),
        ("use 1 to 20 characters", "请使用 1 到 20 个字符"),
    ),
    row("49016", Permanent, Sender, ("the group's settings were refused (49016)", "群设置不合法（49016）"), FIELD),
    row("49017", Permanent, Sender, ("the group's settings were refused (49017)", "群设置不合法（49017）"), FIELD),
    row("49018", Permanent, Sender, ("the owner is not a member of the company", "群主不是企业员工"), MEMBERS),
    row("49019", Permanent, Sender, ("the group's settings were refused (49019)", "群设置不合法（49019）"), FIELD),
    row("49020", Permanent, Sender, ("the group's settings were refused (49020)", "群设置不合法（49020）"), FIELD),
    row("49021", Permanent, Sender, ("the group's settings were refused (49021)", "群设置不合法（49021）"), FIELD),
    row("49022", Permanent, Sender, ("the group's settings were refused (49022)", "群设置不合法（49022）"), FIELD),
    row(
        "49023",
        Permanent,
        Sender,
        ("the same outside contact is to be added and removed", "同一外部联系人同时被加入和移除"),
        MEMBERS,
    ),
    row("660001", Permanent, Sender, ("the scene group's id is empty", "场景群 ID 为空"), GROUP),
    row("660002", Permanent, Sender, ("the robot's code is empty", "robotCode 为空"), ROBOT),
    row("660012", Permanent, Sender, ("the template is not enabled for the group", "模板未在群内启用"), TEMPLATE),
    row("660014", Permanent, Sender, ("the robot is not known", "机器人不存在"), ROBOT),
    row("660015", Permanent, Sender, ("the scene group is not known", "场景群不存在"), GROUP),
    row("660016", Permanent, Admin, ("the robot cannot be used", "机器人不可用"), ROBOT),
    row(
        "660018",
        Permanent,
        Sender,
        ("the template's media were refused", "模板媒体参数不合法"),
        ("upload the file again and use the new media id", "请重新上传文件并使用新的 media_id"),
    ),
    row("660020", Permanent, Sender, ("a placeholder stands twice", "占位符重复"), FIELD),
    row(
        "660022",
        Permanent,
        Sender,
        ("the receivers were refused", "接收人不合法"),
        ("correct the receivers", "请更正接收人"),
    ),
    row("660023", Permanent, Sender, ("the conversation's id cannot be decoded", "会话 ID 无法解析"), GROUP),
    row("660024", Permanent, Sender, ("the template was refused", "模板不合法"), TEMPLATE),
    row(
        "660025",
        Permanent,
        Sender,
        ("the template cannot be filled in", "模板渲染失败"),
        ("give every placeholder a value", "请为每个占位符赋值"),
    ),
    row("660027", Permanent, Sender, ("the template was not found", "模板不存在"), TEMPLATE),
    row("660036", Permanent, Admin, ("the application may not send to this group", "应用无权向该群发送"), GRANT),
    row(
        "660041",
        Permanent,
        Sender,
        ("no such member of the company", "企业中没有该员工"),
        ("correct the receivers", "请更正接收人"),
    ),
    row("660045", Permanent, Admin, ("the robot may not send to this group", "机器人无权向该群发送"), GRANT),
    row("660046", Permanent, Admin, ("the template may not be used here", "此处无权使用该模板"), GRANT),
    row("660047", Permanent, Admin, ("the sender lacks the group's permission", "缺少群权限"), GRANT),
    row(
        "665033",
        Permanent,
        Sender,
        ("the scene group would have too many members", "场景群成员过多"),
        ("name fewer members", "请减少成员"),
    ),
    row("665036", Permanent, Sender, ("the template is offline", "模板已下线"), TEMPLATE),
];

//! Members, departments and tags.

use hongyan_endpoint::{
    Class::Permanent,
    ErrorCode,
    Responsible::{Admin, Sender},
    error_code as row,
};

const WHO: (&str, &str) =
    ("correct the recipient: the user id as the company's contacts show it", "请更正接收人：使用企业通讯录中的 userid");
const FIELD: (&str, &str) = ("correct the field that the platform's text names", "请更正平台提示的字段");
const DEPT: (&str, &str) =
    ("correct the department's id; it may have been removed", "请更正部门 ID；该部门可能已被删除");
const DEPTNAME: (&str, &str) = (
    "use a name of 1 to 64 characters without \\ : * ? \" < > and the bar",
    "请使用 1 到 64 个字符，不含 \\ : * ? \" < > 和竖线",
);
const UNIQUE: (&str, &str) =
    ("use another value or change the member that has it", "请换用其他值，或修改已占用该值的成员");
const DIRECTORY: (&str, &str) = ("have an administrator shrink the directory", "请管理员精简通讯录");

/// One row per code.
pub(super) const ROWS: &[ErrorCode] = &[
    row("40003", Permanent, Sender, ("the user id is not valid", "userid 不合法"), WHO),
    row("40031", Permanent, Sender, ("the list of user ids is not valid", "userid 列表不合法"), WHO),
    row(
        "40032",
        Permanent,
        Sender,
        ("the list of user ids is too long", "userid 列表过长"),
        ("name at most 1,000 people in a send, 200 in a deletion", "发送最多 1000 人，删除最多 200 人"),
    ),
    row("40066", Permanent, Sender, ("the department list is not valid", "部门列表不合法"), DEPT),
    row("40068", Permanent, Sender, ("the tag is not valid", "标签不合法"), ("correct the tag's id", "请更正标签 ID")),
    row(
        "40070",
        Permanent,
        Sender,
        ("none of the tag's members or departments is valid", "标签成员和部门全部无效"),
        ("correct the members and departments", "请更正成员和部门"),
    ),
    row(
        "40071",
        Permanent,
        Sender,
        ("a tag of that name exists", "标签名已存在"),
        ("use another name", "请换一个名称"),
    ),
    row("40072", Permanent, Sender, ("the tag's name is too long", "标签名过长"), ("use a shorter name", "请缩短名称")),
    row("41009", Permanent, Sender, ("the user id is missing", "缺少 userid"), WHO),
    row("41017", Permanent, Sender, ("the tag's id is missing", "缺少 tagid"), ("give the tag's id", "请填写标签 ID")),
    row(
        "43004",
        Permanent,
        Sender,
        ("the member has not linked WeChat", "成员未关注微信插件"),
        ("have the person open the WeCom application", "请成员使用企业微信客户端"),
    ),
    row(
        "46004",
        Permanent,
        Sender,
        ("the member does not exist", "成员不存在"),
        (
            "check the mobile number, mail address or user id; many misses in a day block the look-up",
            "请核对手机号、邮箱或 userid；一天内查询失败过多会被封禁",
        ),
    ),
    row("60001", Permanent, Sender, ("the department's name is too long", "部门名称过长"), DEPTNAME),
    row("60003", Permanent, Sender, ("the department does not exist", "部门不存在"), DEPT),
    row("60004", Permanent, Sender, ("the parent department does not exist", "父部门不存在"), DEPT),
    row(
        "60005",
        Permanent,
        Sender,
        ("the department still has members", "部门下还有成员"),
        ("move its members first", "请先移走成员"),
    ),
    row(
        "60006",
        Permanent,
        Sender,
        ("the department still has departments below it", "部门下还有子部门"),
        ("remove the departments below it first", "请先删除子部门"),
    ),
    row(
        "60007",
        Permanent,
        Sender,
        ("the root department cannot be removed", "根部门不能删除"),
        ("choose another department", "请选择其他部门"),
    ),
    row("60008", Permanent, Sender, ("a department of that name or id exists", "部门名称或 ID 已存在"), UNIQUE),
    row(
        "60009",
        Permanent,
        Sender,
        ("the department's name holds characters that are not allowed", "部门名称含非法字符"),
        DEPTNAME,
    ),
    row(
        "60010",
        Permanent,
        Sender,
        ("the department would be below itself", "部门形成循环"),
        ("choose another parent", "请选择其他父部门"),
    ),
    row("60102", Permanent, Sender, ("the user id exists already", "userid 已存在"), UNIQUE),
    row("60103", Permanent, Sender, ("the mobile number is malformed", "手机号格式错误"), FIELD),
    row("60104", Permanent, Sender, ("the mobile number exists already", "手机号已存在"), UNIQUE),
    row("60105", Permanent, Sender, ("the mail address is malformed", "邮箱格式错误"), FIELD),
    row("60106", Permanent, Sender, ("the mail address exists already", "邮箱已存在"), UNIQUE),
    row(
        "60110",
        Permanent,
        Sender,
        ("the member is in too many departments", "成员所属部门过多"),
        ("name fewer departments", "请减少部门数量"),
    ),
    row("60111", Permanent, Sender, ("the user id was not found", "userid 不存在"), WHO),
    row("60112", Permanent, Sender, ("the member's name is not valid", "成员姓名不合法"), FIELD),
    row("60123", Permanent, Sender, ("the department's id is not valid", "部门 ID 不合法"), DEPT),
    row("60124", Permanent, Sender, ("the parent department's id is not valid", "父部门 ID 不合法"), DEPT),
    row("60125", Permanent, Sender, ("the department's name is not valid", "部门名称不合法"), DEPTNAME),
    row("60127", Permanent, Sender, ("the member's name is missing", "缺少成员姓名"), FIELD),
    row(
        "60129",
        Permanent,
        Sender,
        ("neither mobile number nor mail address is given", "手机号和邮箱均为空"),
        ("give one of the two", "请至少填写一项"),
    ),
    row(
        "60132",
        Permanent,
        Sender,
        ("the member's lists differ in length", "成员列表长度不一致"),
        ("give as many orders and leader marks as departments", "order 和 is_leader_in_dept 须与部门数量一致"),
    ),
    row("81001", Permanent, Admin, ("the directory holds too many members", "通讯录成员数超限"), DIRECTORY),
    row("81002", Permanent, Admin, ("the directory holds too many departments", "通讯录部门数超限"), DIRECTORY),
    row("81003", Permanent, Admin, ("the directory holds too many tags", "通讯录标签数超限"), DIRECTORY),
    row(
        "301005",
        Permanent,
        Sender,
        ("the company's creator cannot be deleted", "企业创建者不能删除"),
        ("leave the creator in place", "请保留企业创建者"),
    ),
    row("301021", Permanent, Sender, ("some user ids are not known", "部分 userid 不存在"), WHO),
];

//! People and departments.

use hongyan_endpoint::{
    Class::{self, Permanent},
    ErrorCode,
    Responsible::{Admin, Hongyan, Sender},
    error_code as row,
};

const WHO: (&str, &str) =
    ("correct the recipient: the user id as the company's contacts show it", "请更正接收人：使用企业通讯录中的 userid");
const FIELD: (&str, &str) = ("correct the field that the platform's text names", "请更正平台提示的字段");
const PAGE: (&str, &str) = ("ask for a page within the interface's limits", "请按接口限制分页");
const DEPT: (&str, &str) = ("correct the department id; it may have been removed", "请更正部门 ID；该部门可能已被删除");
const CAPACITY: (&str, &str) = ("have an administrator free or buy seats", "请管理员释放或购买名额");
const UNIQUE: (&str, &str) =
    ("use another value or change the member that has it", "请换用其他值，或修改已占用该值的成员");

/// One row per code.
pub(super) const ROWS: &[ErrorCode] = &[
    row("33012", Permanent, Sender, ("the user id is not known", "userid 不存在"), WHO),
    row("40003", Permanent, Sender, ("the user id is not one of this company", "userid 不属于该企业"), WHO),
    row("40009", Permanent, Sender, ("the department id is not valid", "部门 ID 不合法"), DEPT),
    row("40010", Permanent, Sender, ("the parent department's id is not valid", "父部门 ID 不合法"), DEPT),
    row("40011", Permanent, Sender, ("the department's order is not valid", "部门排序值不合法"), FIELD),
    row("40019", Permanent, Admin, ("the company is full", "企业人数已满"), CAPACITY),
    row("40020", Permanent, Admin, ("the company has no free seat for the member", "企业没有可用名额"), CAPACITY),
    row("40021", Permanent, Sender, ("the mobile number belongs to another member", "手机号已被其他成员占用"), UNIQUE),
    row(
        "40022",
        Permanent,
        Sender,
        ("the mobile number conflicts with another account", "手机号与其他账号冲突"),
        UNIQUE,
    ),
    row("40023", Permanent, Admin, ("the department is full", "部门人数已满"), CAPACITY),
    row("40024", Permanent, Admin, ("the company's capacity does not allow it", "超出企业容量"), CAPACITY),
    row(
        "40031",
        Permanent,
        Sender,
        ("the list holds user ids that are not known", "用户列表中有不存在的 userid"),
        (
            "remove the unknown ids; the list is a JSON array where the page says so",
            "请去掉不存在的 userid；按文档要求使用 JSON 数组",
        ),
    ),
    row(
        "40032",
        Permanent,
        Sender,
        ("the list of user ids is too long or empty", "用户列表长度不合法"),
        ("send to fewer people at once", "请减少每次的人数"),
    ),
    row(
        "40066",
        Permanent,
        Sender,
        ("the department list is not valid", "部门列表不合法"),
        ("give digits only, at most 10,000 ids", "部门 ID 只能是数字，最多 10000 个"),
    ),
    row("40068", Permanent, Sender, ("the offset is not valid", "分页偏移量不合法"), PAGE),
    row("40069", Permanent, Sender, ("the page size is not valid", "分页大小不合法"), PAGE),
    row("40070", Permanent, Sender, ("the sort order is not valid", "排序参数不合法"), FIELD),
    row("40093", Permanent, Sender, ("the department's fields were refused", "部门字段不合法"), FIELD),
    row(
        "40103",
        Permanent,
        Sender,
        ("the person must agree first and was invited", "需要用户确认，已发送邀请"),
        ("wait until the person has accepted the invitation", "请等待用户接受邀请"),
    ),
    row(
        "40104",
        Permanent,
        Sender,
        ("the mobile number is malformed", "手机号格式错误"),
        ("give digits, with +CC- in front for other countries", "请只填数字，境外号码加 +国家码-"),
    ),
    row("41009", Permanent, Sender, ("the user id is missing", "缺少 userid"), WHO),
    row("46004", Permanent, Sender, ("the member does not exist", "员工不存在"), WHO),
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
    row(
        "60008",
        Permanent,
        Sender,
        ("a department of that name exists there", "同级已有同名部门"),
        ("use another name", "请换一个名称"),
    ),
    row(
        "60019",
        Class::RETRY,
        Hongyan,
        ("the platform could not read the department's members", "平台未能读取部门成员"),
        ("hongyan tries again after a pause", "鸿雁会稍后重试"),
    ),
    row(
        "60021",
        Permanent,
        Sender,
        ("a department of that name exists under the parent", "父部门下已有同名部门"),
        ("use another name", "请换一个名称"),
    ),
    row("60102", Permanent, Sender, ("the user id exists already", "userid 已存在"), UNIQUE),
    row("60103", Permanent, Sender, ("the member's mobile number is malformed", "成员手机号格式错误"), FIELD),
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
    row("60111", Permanent, Sender, ("the user id does not exist", "userid 不存在或已删除"), WHO),
    row("60112", Permanent, Sender, ("the member's name is not valid", "成员姓名不合法"), FIELD),
    row(
        "60121",
        Permanent,
        Sender,
        ("no such user was found", "找不到该用户"),
        (
            "check the mobile number or user id; people who left are not found",
            "请核对手机号或 userid；已离职人员查不到",
        ),
    ),
    row(
        "60124",
        Permanent,
        Sender,
        ("the user is not in that group", "用户不在该群中"),
        ("add the person to the group first", "请先将该用户加入群"),
    ),
    row("600109", Permanent, Sender, ("the department's parent or name was refused", "父部门或名称不合法"), FIELD),
    row("81001", Permanent, Sender, ("the two users have no relation", "用户之间没有关联"), WHO),
    row(
        "81002",
        Permanent,
        Sender,
        ("the user refuses messages", "用户拒收消息"),
        ("reach the person another way", "请换用其他方式联系"),
    ),
];

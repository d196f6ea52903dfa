//! Members, first version: frozen since October 2021, still answering.
//!
//! New work uses [`crate::user`] and [`crate::user_edit`].

use crate::{DingTalk, read};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
use serde_json::Value;

endpoints! { DingTalk;
    /// Counts the members of the company.
    CountUsers -> UsersCounted {
        "user_v1.get_org_user_count", GET "/user/get_org_user_count",
        auth: AccessToken, effect: Read,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/ege851",
    }
    /// Gives a member.
    GetUser -> User {
        "user_v1.get", GET "/user/get",
        auth: AccessToken, effect: Read,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/ege851",
    }
    /// Lists the ids of a department's own members, all at once.
    ListUserids -> UseridsListed {
        "user_v1.getDeptMember", GET "/user/getDeptMember",
        auth: AccessToken, effect: Read,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/ege851",
    }
    /// Lists the members of a department, ids and names.
    ListUserNames -> UserNamesListed {
        "user_v1.simplelist", GET "/user/simplelist",
        auth: AccessToken, effect: Read,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/ege851",
    }
    /// Lists the members of a department, in full, by descending `order`.
    ListUsers -> UsersListed {
        "user_v1.listbypage", GET "/user/listbypage",
        auth: AccessToken, effect: Read,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/ege851",
    }
    /// Finds a member by unionid.
    GetByUnionid -> UnionidFound {
        "user_v1.getUseridByUnionid", GET "/user/getUseridByUnionid",
        auth: AccessToken, effect: Read,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/ege851",
    }
    /// Lists the administrators.
    ListAdmins -> AdminsListed {
        "user_v1.get_admin", GET "/user/get_admin",
        auth: AccessToken, effect: Read,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/ege851",
    }
}

/// Request of `user/get_org_user_count`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CountUsers {
    /// 0 everybody, 1 those who activated DingTalk.
    #[serde(deserialize_with = "lenient::integer")]
    pub only_active: i64,
}

/// Reply of `user/get_org_user_count`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsersCounted {
    /// People.
    #[serde(deserialize_with = "lenient::integer")]
    pub count: i64,
}

/// Request of `user/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetUser {
    /// The member.
    pub userid: String,
    /// `zh_CN` (default) or `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

/// Reply of `user/get`. A field without value is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Unique in the company.
    pub userid: String,
    /// Unique in the developer's applications.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub unionid: Option<String>,
    /// Name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// Position.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub position: Option<String>,
    /// Picture.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub avatar: Option<String>,
    /// Staff number.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub jobnumber: Option<String>,
    /// Number; never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub mobile: Option<String>,
    /// Country code of `mobile`; never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub state_code: Option<String>,
    /// Extension; never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub tel: Option<String>,
    /// Address; never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub email: Option<String>,
    /// Company address; never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub org_email: Option<String>,
    /// Place; never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub work_place: Option<String>,
    /// Note; never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub remark: Option<String>,
    /// Milliseconds; never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub hired_date: Option<i64>,
    /// Own fields, a map of texts; never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extattr: Option<Value>,
    /// Direct superior.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub manager_userid: Option<String>,
    /// Departments.
    #[serde(default, deserialize_with = "read::ids")]
    pub department: Vec<i64>,
    /// A text like `{1:1}`: department to place.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub order_in_depts: Option<String>,
    /// A text like `{1:false}`: department to whether its head.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub is_leader_in_depts: Option<String>,
    /// Whether an administrator.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_admin: Option<bool>,
    /// Whether the owner.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_boss: Option<bool>,
    /// Whether the number is hidden.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_hide: Option<bool>,
    /// Whether under executive protection.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_senior: Option<bool>,
    /// Whether DingTalk was activated.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub active: Option<bool>,
    /// Whether the person proved who they are.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub real_authed: Option<bool>,
    /// Roles.
    #[serde(default, deserialize_with = "read::rows")]
    pub roles: Vec<Role>,
    /// Free-form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tags: Option<Value>,
}

/// Member of [`User`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// The role.
    #[serde(deserialize_with = "lenient::integer")]
    pub id: i64,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// Its group.
    #[serde(rename = "groupName", default, deserialize_with = "lenient::text")]
    pub group_name: String,
    /// Absent self-made, 0 system, 1 default staff tag group, 101 main administrator, 102 sub-administrator, 103
    /// owner, 104 department head, 201 project role.
    #[serde(
        rename = "type",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::integer_opt"
    )]
    pub kind: Option<i64>,
}

/// Request of `user/getDeptMember`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListUserids {
    /// The department.
    #[serde(deserialize_with = "lenient::text")]
    pub dept_id: String,
}

/// Reply of `user/getDeptMember`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UseridsListed {
    /// Direct members.
    #[serde(default, deserialize_with = "lenient::list")]
    pub user_ids: Vec<String>,
}

/// Request of `user/simplelist`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListUserNames {
    /// The department.
    #[serde(deserialize_with = "lenient::text")]
    pub department_id: String,
    /// From 0; only with `size`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub offset: Option<i64>,
    /// At most 100; only with `offset`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub size: Option<i64>,
    /// `entry_asc`, `entry_desc`, `modify_asc`, `modify_desc` or `custom` (default).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// `zh_CN` (default) or `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

/// Reply of `user/simplelist`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserNamesListed {
    /// Whether there are more.
    #[serde(default, deserialize_with = "read::flag")]
    pub has_more: bool,
    /// The members.
    #[serde(default, deserialize_with = "read::rows")]
    pub userlist: Vec<UserName>,
}

/// One member in [`UserNamesListed`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserName {
    /// The member.
    pub userid: String,
    /// Name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
}

/// Request of `user/listbypage`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListUsers {
    /// The department.
    #[serde(deserialize_with = "lenient::text")]
    pub department_id: String,
    /// Records from 0; the next is `offset + size`.
    #[serde(deserialize_with = "lenient::integer")]
    pub offset: i64,
    /// At most 100.
    #[serde(deserialize_with = "lenient::integer")]
    pub size: i64,
    /// `entry_asc`, `entry_desc`, `modify_asc`, `modify_desc` or `custom` (default).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<String>,
    /// `zh_CN` (default) or `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
}

/// Reply of `user/listbypage`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsersListed {
    /// Whether there are more.
    #[serde(default, deserialize_with = "read::flag")]
    pub has_more: bool,
    /// The members.
    #[serde(default, deserialize_with = "read::rows")]
    pub userlist: Vec<Listed>,
}

/// One member in [`UsersListed`]; absent fields as in [`User`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// Unique in the company.
    pub userid: String,
    /// Unique in the developer's applications.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub unionid: Option<String>,
    /// Name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// Place in the department; exceeds 2^53.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub order: Option<i64>,
    /// Number.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub mobile: Option<String>,
    /// Extension.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub tel: Option<String>,
    /// Place.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub work_place: Option<String>,
    /// Note.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub remark: Option<String>,
    /// Whether an administrator.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_admin: Option<bool>,
    /// Whether the owner.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_boss: Option<bool>,
    /// Whether the number is hidden.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_hide: Option<bool>,
    /// Whether head of the department.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_leader: Option<bool>,
    /// Whether DingTalk was activated.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub active: Option<bool>,
    /// Departments.
    #[serde(default, deserialize_with = "read::ids")]
    pub department: Vec<i64>,
    /// Position.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub position: Option<String>,
    /// Address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub email: Option<String>,
    /// Company address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub org_email: Option<String>,
    /// Picture.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub avatar: Option<String>,
    /// Staff number.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub jobnumber: Option<String>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub hired_date: Option<i64>,
    /// Own fields, a map of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extattr: Option<Value>,
}

/// Request of `user/getUseridByUnionid`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetByUnionid {
    /// Unique in the developer's applications.
    pub unionid: String,
}

/// Reply of `user/getUseridByUnionid`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UnionidFound {
    /// 0 member, 1 external contact.
    #[serde(deserialize_with = "lenient::integer")]
    pub contact_type: i64,
    /// The person.
    pub userid: String,
}

/// Request of `user/get_admin`: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListAdmins {}

/// Reply of `user/get_admin`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AdminsListed {
    /// The administrators; one of the platform's own clients reads `admin_list`.
    #[serde(rename = "adminList", alias = "admin_list", default, deserialize_with = "read::rows")]
    pub admin_list: Vec<Admin>,
}

/// One administrator in [`AdminsListed`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admin {
    /// 1 main, 2 sub-administrator.
    #[serde(deserialize_with = "lenient::integer")]
    pub sys_level: i64,
    /// The member.
    pub userid: String,
}

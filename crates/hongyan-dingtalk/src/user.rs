//! People: who is in the company, and from a mobile number or a name to a userid.
//!
//! Writing them is in [`crate::user_edit`], the frozen first version in [`crate::old_user`].

use crate::{DingTalk, read, reply::Wrapped};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { DingTalk;
    /// Finds a member by mobile number (frozen since 2021, still answering).
    GetByMobileV1 -> UseridFoundV1 {
        "user.get_by_mobile", GET "/user/get_by_mobile",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_get_member_by_mobile"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/retrieve-userid-from-mobile-phone-number",
    }
    /// Finds a member by mobile number.
    GetByMobile -> UseridFound {
        "user.getbymobile", POST "/topapi/v2/user/getbymobile",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_get_member_by_mobile"),
        limits: [chars("mobile", 15), rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/query-users-by-phone-number",
    }
    /// Gives a member.
    GetUser -> UserGiven {
        "user.get", POST "/topapi/v2/user/get",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_get_member"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/query-user-details",
    }
    /// Lists the members of a department, in full.
    ListUsers -> UsersListed {
        "user.list", POST "/topapi/v2/user/list",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_get_department_member"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/queries-the-complete-information-of-a-department-user",
    }
    /// Lists the members of a department, ids and names.
    ListUserNames -> UserNamesListed {
        "user.listsimple", POST "/topapi/user/listsimple",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_get_department_member"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/queries-the-simple-information-of-a-department-user",
    }
    /// Lists the ids of a department's own members, all at once; not bound to the token's scope.
    ListUserids -> UseridsListed {
        "user.listid", POST "/topapi/user/listid",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_get_member"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/query-the-list-of-department-userids",
    }
    /// Counts the members of the company.
    CountUsers -> UsersCounted {
        "user.count", POST "/topapi/user/count",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_get_member"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/user-management-acquires-number-employees",
    }
    /// Finds a member by unionid.
    GetByUnionid -> UnionidFound {
        "user.getbyunionid", POST "/topapi/user/getbyunionid",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_get_member"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/query-a-user-by-the-union-id",
    }
    /// Lists the administrators.
    ListAdmins -> AdminsListed {
        "user.listadmin", POST "/topapi/user/listadmin",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_get_member"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/query-the-administrator-list",
    }
    /// Finds members by a part of their name.
    SearchUsers -> UsersFound {
        "user.search", POST "/v1.0/contact/users/search",
        auth: AcsHeader, effect: Read, needs: Permission("qyapi_addresslist_search"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/address-book-search-user-id",
    }
}

/// Request of `user/get_by_mobile`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetByMobileV1 {
    /// The number.
    pub mobile: String,
}

/// Reply of `user/get_by_mobile`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseridFoundV1 {
    /// The member.
    pub userid: String,
}

/// Request of `topapi/v2/user/getbymobile`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetByMobile {
    /// The number, at most 15 characters.
    pub mobile: String,
    /// Also finds exclusive accounts (of the company's own making).
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub support_exclusive_account_search: Option<bool>,
}

/// Reply of `topapi/v2/user/getbymobile`.
pub type UseridFound = Wrapped<Found>;

/// Member of [`UseridFound`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The member.
    pub userid: String,
}

/// Request of `topapi/v2/user/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetUser {
    /// The member.
    pub userid: String,
    /// `zh_CN` (default) or `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// Reply of `topapi/v2/user/get`.
pub type UserGiven = Wrapped<User>;

/// A member in full. A field without value, or without the permission to see it, is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Unique in the company.
    pub userid: String,
    /// Unique in the developer's applications.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub unionid: Option<String>,
    /// Name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// Picture.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub avatar: Option<String>,
    /// Country code of `mobile`; needs a permission, never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub state_code: Option<String>,
    /// Number; needs a permission, never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub mobile: Option<String>,
    /// Whether the number is hidden.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub hide_mobile: Option<bool>,
    /// Extension.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub telephone: Option<String>,
    /// Staff number.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub job_number: Option<String>,
    /// Position.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub title: Option<String>,
    /// Address; needs a permission, never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub email: Option<String>,
    /// Company address; needs a permission, never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub org_email: Option<String>,
    /// Place; needs a permission, never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub work_place: Option<String>,
    /// Note; needs a permission, never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub remark: Option<String>,
    /// A JSON text; needs a permission, never for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub extension: Option<String>,
    /// Direct superior.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub manager_userid: Option<String>,
    /// Whether the account is the company's own.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub exclusive_account: Option<bool>,
    /// Departments.
    #[serde(default, deserialize_with = "read::ids")]
    pub dept_id_list: Vec<i64>,
    /// Place in each department.
    #[serde(default, deserialize_with = "read::rows")]
    pub dept_order_list: Vec<DeptOrder>,
    /// Whether head of each department.
    #[serde(default, deserialize_with = "read::rows")]
    pub leader_in_dept: Vec<DeptLeader>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub hired_date: Option<i64>,
    /// Whether DingTalk was activated.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub active: Option<bool>,
    /// Whether the person proved who they are.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub real_authed: Option<bool>,
    /// Whether under executive protection.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub senior: Option<bool>,
    /// Whether an administrator.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub admin: Option<bool>,
    /// Whether the owner.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub boss: Option<bool>,
    /// Roles.
    #[serde(default, deserialize_with = "read::rows")]
    pub role_list: Vec<Role>,
}

/// Member of [`User`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeptOrder {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
    /// Place in it; exceeds 2^53.
    #[serde(deserialize_with = "lenient::integer")]
    pub order: i64,
}

/// Member of [`User`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeptLeader {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
    /// Whether its head.
    #[serde(default, deserialize_with = "read::flag")]
    pub leader: bool,
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
    #[serde(default, deserialize_with = "lenient::text")]
    pub group_name: String,
}

/// Request of `topapi/v2/user/list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListUsers {
    /// The department; 1 is the root.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
    /// 0, then `next_cursor`; at most 100000.
    #[serde(deserialize_with = "lenient::integer")]
    pub cursor: i64,
    /// At most 100.
    #[serde(deserialize_with = "lenient::integer")]
    pub size: i64,
    /// `entry_asc`, `entry_desc`, `modify_asc`, `modify_desc` or `custom`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_field: Option<String>,
    /// Also those whose access is limited.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub contain_access_limit: Option<bool>,
    /// `zh_CN` (default) or `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// Reply of `topapi/v2/user/list`.
pub type UsersListed = Wrapped<Page<Listed>>;

/// One page; `next_cursor` is absent on the last.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: serde::de::DeserializeOwned"))]
pub struct Page<T> {
    /// Whether another page follows.
    #[serde(default, deserialize_with = "read::flag")]
    pub has_more: bool,
    /// For the next page.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub next_cursor: Option<i64>,
    /// The members.
    #[serde(default, deserialize_with = "read::rows")]
    pub list: Vec<T>,
}

/// One member in [`UsersListed`]; absent fields as in [`User`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// Unique in the company.
    pub userid: String,
    /// Unique in the developer's applications.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub unionid: Option<String>,
    /// Name.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// Whether head of the department.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub leader: Option<bool>,
    /// Place in the department; exceeds 2^53.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub dept_order: Option<i64>,
    /// Departments.
    #[serde(default, deserialize_with = "read::ids")]
    pub dept_id_list: Vec<i64>,
    /// Whether DingTalk was activated.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub active: Option<bool>,
    /// Whether an administrator.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub admin: Option<bool>,
    /// Whether the owner.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub boss: Option<bool>,
    /// Whether the number is hidden.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub hide_mobile: Option<bool>,
    /// Number.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub mobile: Option<String>,
    /// Position.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub title: Option<String>,
    /// Staff number.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub job_number: Option<String>,
    /// Whether the account is the company's own.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub exclusive_account: Option<bool>,
    /// Picture.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub avatar: Option<String>,
    /// Country code of `mobile`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub state_code: Option<String>,
    /// Extension.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub telephone: Option<String>,
    /// Address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub email: Option<String>,
    /// Company address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub org_email: Option<String>,
    /// Place.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub work_place: Option<String>,
    /// Note.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub remark: Option<String>,
    /// A JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub extension: Option<String>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub hired_date: Option<i64>,
}

/// Request of `topapi/user/listsimple`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListUserNames {
    /// The department; 1 is the root.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
    /// 0, then `next_cursor`; at most 100000.
    #[serde(deserialize_with = "lenient::integer")]
    pub cursor: i64,
    /// At most 100.
    #[serde(deserialize_with = "lenient::integer")]
    pub size: i64,
    /// `entry_asc`, `entry_desc`, `modify_asc`, `modify_desc` or `custom`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_field: Option<String>,
    /// Also those whose access is limited.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub contain_access_limit: Option<bool>,
    /// `zh_CN` (default) or `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// Reply of `topapi/user/listsimple`.
pub type UserNamesListed = Wrapped<Page<UserName>>;

/// One member in [`UserNamesListed`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserName {
    /// The member.
    pub userid: String,
    /// Name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
}

/// Request of `topapi/user/listid`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListUserids {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
}

/// Reply of `topapi/user/listid`.
pub type UseridsListed = Wrapped<Userids>;

/// Member of [`UseridsListed`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Userids {
    /// Direct members.
    #[serde(default, deserialize_with = "lenient::list")]
    pub userid_list: Vec<String>,
}

/// Request of `topapi/user/count`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountUsers {
    /// Only those who activated DingTalk.
    #[serde(default, deserialize_with = "read::flag")]
    pub only_active: bool,
}

/// Reply of `topapi/user/count`.
pub type UsersCounted = Wrapped<Count>;

/// Member of [`UsersCounted`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// People.
    #[serde(deserialize_with = "lenient::integer")]
    pub count: i64,
}

/// Request of `topapi/user/getbyunionid`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetByUnionid {
    /// Unique in the developer's applications.
    pub unionid: String,
}

/// Reply of `topapi/user/getbyunionid`.
pub type UnionidFound = Wrapped<FoundByUnionid>;

/// Member of [`UnionidFound`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoundByUnionid {
    /// 0 member, 1 external contact.
    #[serde(deserialize_with = "lenient::integer")]
    pub contact_type: i64,
    /// The person.
    pub userid: String,
}

/// Request of `topapi/user/listadmin`: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListAdmins {}

/// Reply of `topapi/user/listadmin`.
pub type AdminsListed = Wrapped<Vec<Admin>>;

/// One administrator in [`AdminsListed`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admin {
    /// 1 main, 2 sub-administrator.
    #[serde(deserialize_with = "lenient::integer")]
    pub sys_level: i64,
    /// The member.
    pub userid: String,
}

/// Request of `contact/users/search`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchUsers {
    /// A part of the name.
    pub query_word: String,
    /// 0 first.
    #[serde(deserialize_with = "lenient::integer")]
    pub offset: i64,
    /// How many.
    #[serde(deserialize_with = "lenient::integer")]
    pub size: i64,
    /// 1 for the whole name only.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub full_match_field: Option<i64>,
}

/// Reply of `contact/users/search`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsersFound {
    /// Whether there are more.
    #[serde(default, deserialize_with = "read::flag")]
    pub has_more: bool,
    /// All that match.
    #[serde(deserialize_with = "lenient::integer")]
    pub total_count: i64,
    /// User ids.
    #[serde(default, deserialize_with = "lenient::list")]
    pub list: Vec<String>,
}

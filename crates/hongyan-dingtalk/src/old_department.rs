//! Departments, first version: frozen since October 2021, still answering.
//!
//! Lists within a department are texts joined with `|` here. New work uses [`crate::department`].

use crate::{DingTalk, read, reply::Done};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { DingTalk;
    /// Lists the ids directly below a department; not bound to the token's scope.
    ListIds -> IdsListed {
        "department_v1.list_ids", GET "/department/list_ids",
        auth: AccessToken, effect: Read,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/dubakq",
    }
    /// Lists the departments below one, directly or all.
    ListDepartments -> DepartmentsListed {
        "department_v1.list", GET "/department/list",
        auth: AccessToken, effect: Read,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/dubakq",
    }
    /// Gives a department.
    GetDepartment -> Department {
        "department_v1.get", GET "/department/get",
        auth: AccessToken, effect: Read,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/dubakq",
    }
    /// Gives the ids from a department up to the root.
    ListParentsOfDepartment -> ParentsOfDepartment {
        "department_v1.list_parent_depts_by_dept", GET "/department/list_parent_depts_by_dept",
        auth: AccessToken, effect: Read,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/dubakq",
    }
    /// Gives a chain up to the root for each department of a member.
    ListParentsOfUser -> ParentsOfUser {
        "department_v1.list_parent_depts", GET "/department/list_parent_depts",
        auth: AccessToken, effect: Read,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/dubakq",
    }
    /// Adds a department.
    CreateDepartment -> DepartmentWritten {
        "department_v1.create", POST "/department/create",
        auth: AccessToken, effect: Send, needs: Permission("qyapi_manage_addresslist"),
        limits: [chars("name", 64), rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/dubakq",
    }
    /// Changes a department; what is absent stays.
    UpdateDepartment -> DepartmentWritten {
        "department_v1.update", POST "/department/update",
        auth: AccessToken, effect: Idempotent, needs: Permission("qyapi_manage_addresslist"),
        limits: [chars("name", 64), rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/dubakq",
    }
    /// Removes a department that has no members and nothing below it.
    DeleteDepartment -> Done {
        "department_v1.delete", GET "/department/delete",
        auth: AccessToken, effect: Idempotent, needs: Permission("qyapi_manage_addresslist"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/dubakq",
    }
}

/// Request of `department/list_ids`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListIds {
    /// The department; 1 is the root.
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
}

/// Reply of `department/list_ids`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdsListed {
    /// The next level.
    #[serde(default, deserialize_with = "read::ids")]
    pub sub_dept_id_list: Vec<i64>,
}

/// Request of `department/list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListDepartments {
    /// The parent; the root when absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub id: Option<String>,
    /// All levels; vendors must not.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub fetch_child: Option<bool>,
    /// `zh_CN` (default) or `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub lang: Option<String>,
}

/// Reply of `department/list`: without the parent itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentsListed {
    /// The departments.
    #[serde(default, deserialize_with = "read::rows")]
    pub department: Vec<Listed>,
}

/// One department in [`DepartmentsListed`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Listed {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub id: i64,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// What it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub parentid: Option<i64>,
    /// Whether it has a group chat.
    #[serde(default, deserialize_with = "read::flag")]
    pub create_dept_group: bool,
    /// Whether new members join that chat.
    #[serde(default, deserialize_with = "read::flag")]
    pub auto_add_user: bool,
    /// The caller's own mark.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub source_identifier: Option<String>,
    /// A JSON text of older answers.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub ext: Option<String>,
}

/// Request of `department/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetDepartment {
    /// The department; 1 is the root.
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
    /// `zh_CN` (default) or `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub lang: Option<String>,
}

/// Reply of `department/get`. A field without value is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Department {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub id: i64,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// Absent for the root and for vendors.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub parentid: Option<i64>,
    /// Place below its parent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub order: Option<i64>,
    /// Whether it has a group chat.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub create_dept_group: Option<bool>,
    /// Whether new members join that chat.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub auto_add_user: Option<bool>,
    /// Whether who applies joins at once.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub auto_approve_apply: Option<bool>,
    /// Whether the chat holds those below too.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub group_contain_sub_dept: Option<bool>,
    /// The chat.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub dept_group_chat_id: Option<String>,
    /// The chat's owner.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub org_dept_owner: Option<String>,
    /// Heads, joined with `|`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub dept_manager_userid_list: Option<String>,
    /// Whether it is hidden.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub dept_hiding: Option<bool>,
    /// Who sees it although hidden, joined with `|`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub dept_permits: Option<String>,
    /// Who sees it although hidden, joined with `|`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub user_permits: Option<String>,
    /// Whether its members see only themselves.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub outer_dept: Option<bool>,
    /// What they see besides, joined with `|`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub outer_permit_depts: Option<String>,
    /// Whom they see besides, joined with `|`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub outer_permit_users: Option<String>,
    /// The caller's own mark.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub source_identifier: Option<String>,
}

/// Request of `department/list_parent_depts_by_dept`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListParentsOfDepartment {
    /// The department; 1 is the root.
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
}

/// Reply of `department/list_parent_depts_by_dept`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ParentsOfDepartment {
    /// Itself first, the root last.
    #[serde(default, deserialize_with = "read::ids")]
    pub parent_ids: Vec<i64>,
}

/// Request of `department/list_parent_depts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListParentsOfUser {
    /// The member; with a capital I.
    pub user_id: String,
}

/// Reply of `department/list_parent_depts`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentsOfUser {
    /// One chain for each department of the member: the department first, the root last.
    #[serde(default, deserialize_with = "read::chains")]
    pub department: Vec<Vec<i64>>,
}

/// Request of `department/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateDepartment {
    /// 1 to 64 characters without `-` and `,`.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// What it belongs to; 1 is the root.
    #[serde(deserialize_with = "lenient::text")]
    pub parentid: String,
    /// Place below its parent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub order: Option<String>,
    /// Gives it a group chat.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub create_dept_group: Option<bool>,
    /// Hides it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub dept_hiding: Option<bool>,
    /// Who sees it although hidden, joined with `|`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub dept_permits: Option<String>,
    /// Who sees it although hidden, joined with `|`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub user_permits: Option<String>,
    /// Its members see only themselves.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub outer_dept: Option<bool>,
    /// What they see besides, joined with `|`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub outer_permit_depts: Option<String>,
    /// Whom they see besides, joined with `|`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub outer_permit_users: Option<String>,
    /// And their own department.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub outer_dept_only_self: Option<bool>,
    /// The caller's own mark.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub source_identifier: Option<String>,
}

/// Request of `department/update`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateDepartment {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub id: i64,
    /// 1 to 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub name: Option<String>,
    /// What it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub parentid: Option<String>,
    /// Place below its parent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub order: Option<String>,
    /// Gives it a group chat.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub create_dept_group: Option<bool>,
    /// Hides it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub dept_hiding: Option<bool>,
    /// Who sees it although hidden, joined with `|`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub dept_permits: Option<String>,
    /// Who sees it although hidden, joined with `|`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub user_permits: Option<String>,
    /// Its members see only themselves.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub outer_dept: Option<bool>,
    /// What they see besides, joined with `|`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub outer_permit_depts: Option<String>,
    /// Whom they see besides, joined with `|`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub outer_permit_users: Option<String>,
    /// And their own department.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub outer_dept_only_self: Option<bool>,
    /// The caller's own mark.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub source_identifier: Option<String>,
    /// New members join the chat.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub auto_add_user: Option<bool>,
    /// Heads, joined with `|`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub dept_manager_userid_list: Option<String>,
    /// The chat's owner.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub org_dept_owner: Option<String>,
    /// `zh_CN` (default) or `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub lang: Option<String>,
}

/// Reply of `department/create` and `department/update`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentWritten {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub id: i64,
}

/// Request of `department/delete`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteDepartment {
    /// The department; not 1.
    #[serde(deserialize_with = "lenient::text")]
    pub id: String,
}

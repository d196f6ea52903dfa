//! Departments, written: create, update, delete. Internal applications with the permission to manage contacts only.

use crate::{
    DingTalk, read,
    reply::{Done, Wrapped},
};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { DingTalk;
    /// Adds a department.
    CreateDepartment -> DepartmentCreated {
        "department.create", POST "/topapi/v2/department/create",
        auth: AccessToken, effect: Send, needs: Permission("qyapi_manage_addresslist"),
        limits: [
            chars("name", 64), items("dept_permits", 50), items("user_permits", 50),
            items("outer_permit_depts", 50), items("outer_permit_users", 50), rate(20, SECOND, RateScope::App),
        ],
        source: "https://open.dingtalk.com/document/development/address-book-creation-department-established-department",
    }
    /// Changes a department; what is absent stays.
    UpdateDepartment -> Done {
        "department.update", POST "/topapi/v2/department/update",
        auth: AccessToken, effect: Idempotent, needs: Permission("qyapi_manage_addresslist"),
        limits: [
            chars("name", 64), items("dept_permits", 50), items("user_permits", 50),
            items("outer_permit_depts", 50), items("outer_permit_users", 50), chars("code", 30),
            rate(20, SECOND, RateScope::App),
        ],
        source: "https://open.dingtalk.com/document/development/address-book-update-department",
    }
    /// Removes a department that has no members and nothing below it.
    DeleteDepartment -> Done {
        "department.delete", POST "/topapi/v2/department/delete",
        auth: AccessToken, effect: Idempotent, needs: Permission("qyapi_manage_addresslist"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/address-book-deletion-department",
    }
}

/// Request of `department/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateDepartment {
    /// 1 to 64 characters without `-`, `"` and `,`.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// What it belongs to; 1 is the root.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub parent_id: Option<i64>,
    /// Hides it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub hide_dept: Option<bool>,
    /// Ids joined with commas, at most 50: who sees it although hidden.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub dept_permits: Option<String>,
    /// Ids joined with commas, at most 50: who sees it although hidden.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub user_permits: Option<String>,
    /// Its members see only themselves.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub outer_dept: Option<bool>,
    /// And their own department.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub outer_dept_only_self: Option<bool>,
    /// Ids joined with commas, at most 50: whom they see besides.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub outer_permit_users: Option<String>,
    /// Ids joined with commas, at most 50: what they see besides.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub outer_permit_depts: Option<String>,
    /// Gives it a group chat.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub create_dept_group: Option<bool>,
    /// Who applies joins at once.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub auto_approve_apply: Option<bool>,
    /// Place below its parent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub order: Option<i64>,
    /// The caller's own mark.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub source_identifier: Option<String>,
}

/// Reply of `department/create`.
pub type DepartmentCreated = Wrapped<NewDepartment>;

/// Member of [`DepartmentCreated`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewDepartment {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
}

/// Request of `department/update`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateDepartment {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
    /// 1 to 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub name: Option<String>,
    /// What it belongs to; 1 is the root.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub parent_id: Option<i64>,
    /// Hides it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub hide_dept: Option<bool>,
    /// Ids joined with commas, at most 50: who sees it although hidden.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub dept_permits: Option<String>,
    /// Ids joined with commas, at most 50: who sees it although hidden.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub user_permits: Option<String>,
    /// Its members see only themselves.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub outer_dept: Option<bool>,
    /// And their own department.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub outer_dept_only_self: Option<bool>,
    /// Ids joined with commas, at most 50: whom they see besides.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub outer_permit_users: Option<String>,
    /// Ids joined with commas, at most 50: what they see besides.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub outer_permit_depts: Option<String>,
    /// Gives it a group chat.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub create_dept_group: Option<bool>,
    /// Who applies joins at once.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub auto_approve_apply: Option<bool>,
    /// Place below its parent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub order: Option<i64>,
    /// The caller's own mark.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub source_identifier: Option<String>,
    /// Heads, joined with commas.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub dept_manager_userid_list: Option<String>,
    /// New members join the chat.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub auto_add_user: Option<bool>,
    /// The chat holds those below too.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub group_contain_sub_dept: Option<bool>,
    /// The chat's owner.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub org_dept_owner: Option<String>,
    /// The company's number for it, at most 30 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub code: Option<String>,
    /// Fields to be cleared, joined with commas.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub force_update_fields: Option<String>,
    /// `zh_CN` (default) or `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub language: Option<String>,
}

/// Request of `department/delete`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteDepartment {
    /// The department; not 1.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
}

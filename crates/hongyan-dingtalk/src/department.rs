//! Departments, read: one level at a time, the chains above, one in full. 1 is the root.
//!
//! Writing them is in [`crate::department_edit`], the frozen first version in [`crate::old_department`].

use crate::{DingTalk, read, reply::Wrapped};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { DingTalk;
    /// Lists the departments directly below one.
    ListDepartments -> DepartmentsListed {
        "department.listsub", POST "/topapi/v2/department/listsub",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_get_department_list"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/user-management-acquires-the-list-departments",
    }
    /// Lists the ids directly below a department; not bound to the token's scope.
    ListDepartmentIds -> DepartmentIdsListed {
        "department.listsubid", POST "/topapi/v2/department/listsubid",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_get_department_list"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/obtain-the-list-of-sub-department-ids",
    }
    /// Gives a department.
    GetDepartment -> DepartmentGiven {
        "department.get", POST "/topapi/v2/department/get",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_get_department_list"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/query-department-details0-v2",
    }
    /// Gives the ids from a department up to the root.
    ListParentsOfDepartment -> ParentsOfDepartment {
        "department.listparentbydept", POST "/topapi/v2/department/listparentbydept",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_get_department_list"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/query-the-list-of-all-parent-departments-of-a-department",
    }
    /// Gives a chain up to the root for each department of a member.
    ListParentsOfUser -> ParentsOfUser {
        "department.listparentbyuser", POST "/topapi/v2/department/listparentbyuser",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_get_department_list"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/queries-the-list-of-all-parent-departments-of-a-user",
    }
}

/// Request of `department/listsub`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListDepartments {
    /// The parent; the root when absent.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub dept_id: Option<i64>,
    /// `zh_CN` (default) or `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// Reply of `department/listsub`.
pub type DepartmentsListed = Wrapped<Vec<Listed>>;

/// One department in [`DepartmentsListed`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// What it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub parent_id: Option<i64>,
    /// Whether it has a group chat.
    #[serde(default, deserialize_with = "read::flag")]
    pub create_dept_group: bool,
    /// Whether new members join that chat.
    #[serde(default, deserialize_with = "read::flag")]
    pub auto_add_user: bool,
}

/// Request of `department/listsubid`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListDepartmentIds {
    /// The parent.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
}

/// Reply of `department/listsubid`.
pub type DepartmentIdsListed = Wrapped<DepartmentIds>;

/// Member of [`DepartmentIdsListed`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentIds {
    /// The next level.
    #[serde(default, deserialize_with = "read::ids")]
    pub dept_id_list: Vec<i64>,
}

/// Request of `department/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetDepartment {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
    /// `zh_CN` (default) or `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// Reply of `department/get`.
pub type DepartmentGiven = Wrapped<Department>;

/// A department in full. A field without value is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// Absent for the root.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub parent_id: Option<i64>,
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
    /// Heads.
    #[serde(default, deserialize_with = "lenient::list")]
    pub dept_manager_userid_list: Vec<String>,
    /// Whether it is hidden.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub hide_dept: Option<bool>,
    /// Who sees it although hidden.
    #[serde(default, deserialize_with = "read::ids")]
    pub dept_permits: Vec<i64>,
    /// Who sees it although hidden.
    #[serde(default, deserialize_with = "lenient::list")]
    pub user_permits: Vec<String>,
    /// Whether its members see only themselves.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub outer_dept: Option<bool>,
    /// What they see besides.
    #[serde(default, deserialize_with = "read::ids")]
    pub outer_permit_depts: Vec<i64>,
    /// Whom they see besides.
    #[serde(default, deserialize_with = "lenient::list")]
    pub outer_permit_users: Vec<String>,
    /// The caller's own mark.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub source_identifier: Option<String>,
    /// The company's number for it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub code: Option<String>,
    /// People, with those below.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub member_count: Option<i64>,
    /// People of its own.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub owning_member_count: Option<i64>,
}

/// Request of `department/listparentbydept`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListParentsOfDepartment {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
}

/// Reply of `department/listparentbydept`.
pub type ParentsOfDepartment = Wrapped<ParentIds>;

/// Member of [`ParentsOfDepartment`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParentIds {
    /// Itself first, the root last.
    #[serde(default, deserialize_with = "read::ids")]
    pub parent_id_list: Vec<i64>,
}

/// Request of `department/listparentbyuser`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListParentsOfUser {
    /// The member.
    pub userid: String,
}

/// Reply of `department/listparentbyuser`.
pub type ParentsOfUser = Wrapped<Chains>;

/// Member of [`ParentsOfUser`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chains {
    /// One for each department.
    #[serde(default, deserialize_with = "read::rows")]
    pub parent_list: Vec<Chain>,
}

/// One chain in [`Chains`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// The department first, the root last.
    #[serde(default, deserialize_with = "read::ids")]
    pub parent_dept_id_list: Vec<i64>,
}

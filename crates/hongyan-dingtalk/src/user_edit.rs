//! Members, written: create, update, delete. Internal applications with the permission to manage contacts only.

use crate::{
    DingTalk, read,
    reply::{Done, Wrapped},
};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { DingTalk;
    /// Adds a member; without `userid` the platform makes one.
    CreateUser -> UserCreated {
        "user.create", POST "/topapi/v2/user/create",
        auth: AccessToken, effect: Send, needs: Permission("qyapi_manage_addresslist"),
        limits: [
            chars("userid", 64), chars("name", 80), items("dept_id_list", 100) => "60110", chars("telephone", 50),
            chars("job_number", 50), chars("title", 200), chars("email", 50), chars("org_email", 100),
            chars("work_place", 100), chars("remark", 2000), chars("extension", 2000),
            rate(20, SECOND, RateScope::App),
        ],
        source: "https://open.dingtalk.com/document/orgapp/user-information-creation",
    }
    /// Changes a member; what is absent stays.
    UpdateUser -> Done {
        "user.update", POST "/topapi/v2/user/update",
        auth: AccessToken, effect: Idempotent, needs: Permission("qyapi_manage_addresslist"),
        limits: [
            chars("name", 80), items("dept_id_list", 100) => "60110", chars("telephone", 50), chars("job_number", 50),
            chars("title", 200), chars("email", 50), chars("org_email", 100), chars("work_place", 100),
            chars("remark", 2000), chars("extension", 2000), rate(20, SECOND, RateScope::App),
        ],
        source: "https://open.dingtalk.com/document/orgapp/user-information-update",
    }
    /// Removes a member from the company.
    DeleteUser -> Done {
        "user.delete", POST "/topapi/v2/user/delete",
        auth: AccessToken, effect: Idempotent, needs: Permission("qyapi_manage_addresslist"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/delete-a-user",
    }
}

/// Request of `topapi/v2/user/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateUser {
    /// At most 80 characters.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// Unique in the company; `+xx-…` for a foreign one.
    #[serde(deserialize_with = "lenient::text")]
    pub mobile: String,
    /// Department ids joined with commas, at most 100.
    #[serde(deserialize_with = "read::joined")]
    pub dept_id_list: String,
    /// 1 to 64 characters, cannot be changed later.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub userid: Option<String>,
    /// Hides the number.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub hide_mobile: Option<bool>,
    /// Extension, at most 50 characters, unique.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub telephone: Option<String>,
    /// Staff number, at most 50 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub job_number: Option<String>,
    /// Position, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub title: Option<String>,
    /// At most 50 characters, unique.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub email: Option<String>,
    /// Company address, at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub org_email: Option<String>,
    /// At most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub work_place: Option<String>,
    /// At most 2000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub remark: Option<String>,
    /// Place in each department.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "read::rows")]
    pub dept_order_list: Vec<DeptOrder>,
    /// Position in each department.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "read::rows")]
    pub dept_title_list: Vec<DeptTitle>,
    /// A JSON text, at most 2000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::written_opt")]
    pub extension: Option<String>,
    /// Executive protection.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub senior_mode: Option<bool>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub hired_date: Option<i64>,
    /// Direct superior.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub manager_userid: Option<String>,
    /// To log in with.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub login_email: Option<String>,
}

/// Reply of `topapi/v2/user/create`.
pub type UserCreated = Wrapped<NewUser>;

/// Member of [`UserCreated`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NewUser {
    /// The member.
    #[serde(deserialize_with = "lenient::text")]
    pub userid: String,
    /// Unique in the developer's applications.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub union_id: Option<String>,
}

/// Place of a member in a department.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeptOrder {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
    /// The place; exceeds 2^53.
    #[serde(deserialize_with = "lenient::integer")]
    pub order: i64,
}

/// Position of a member in a department.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeptTitle {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub dept_id: i64,
    /// The position.
    pub title: String,
}

/// Request of `topapi/v2/user/update`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateUser {
    /// The member.
    #[serde(deserialize_with = "lenient::text")]
    pub userid: String,
    /// At most 80 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub name: Option<String>,
    /// Unique in the company.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub mobile: Option<String>,
    /// Department ids joined with commas; replaces all.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::joined_opt")]
    pub dept_id_list: Option<String>,
    /// Hides the number.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub hide_mobile: Option<bool>,
    /// Extension, at most 50 characters, unique.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub telephone: Option<String>,
    /// Staff number, at most 50 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub job_number: Option<String>,
    /// Position, at most 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub title: Option<String>,
    /// At most 50 characters, unique.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub email: Option<String>,
    /// Company address, at most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub org_email: Option<String>,
    /// At most 100 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub work_place: Option<String>,
    /// At most 2000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub remark: Option<String>,
    /// Place in each department.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "read::rows")]
    pub dept_order_list: Vec<DeptOrder>,
    /// Position in each department.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "read::rows")]
    pub dept_title_list: Vec<DeptTitle>,
    /// A JSON text, at most 2000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::written_opt")]
    pub extension: Option<String>,
    /// Executive protection.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub senior_mode: Option<bool>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub hired_date: Option<i64>,
    /// Direct superior.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub manager_userid: Option<String>,
    /// To log in with.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub login_email: Option<String>,
    /// 0 replaces `extension` (default), 1 merges it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub ext_attrs_update_mode: Option<i64>,
    /// Fields to be cleared: `manager_userid`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub force_update_fields: Option<String>,
    /// `zh_CN` (default) or `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub language: Option<String>,
}

/// Request of `topapi/v2/user/delete`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteUser {
    /// The member.
    #[serde(deserialize_with = "lenient::text")]
    pub userid: String,
}

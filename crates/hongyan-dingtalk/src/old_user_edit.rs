//! Members, first version, written. Internal applications only; new work uses [`crate::user_edit`].

use crate::{DingTalk, read, reply::Done};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
use serde_json::Value;

endpoints! { DingTalk;
    /// Adds a member; without `userid` the platform makes one.
    CreateUser -> UserCreated {
        "user_v1.create", POST "/user/create",
        auth: AccessToken, effect: Send, needs: Permission("qyapi_manage_addresslist"),
        limits: [
            chars("userid", 64), chars("name", 64), chars("position", 64), chars("tel", 50),
            chars("workPlace", 50), chars("remark", 1000), chars("email", 64), chars("jobnumber", 64),
            rate(20, SECOND, RateScope::App),
        ],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/ege851",
    }
    /// Changes a member; what is absent stays, but `extattr` is replaced whole.
    UpdateUser -> Done {
        "user_v1.update", POST "/user/update",
        auth: AccessToken, effect: Idempotent, needs: Permission("qyapi_manage_addresslist"),
        limits: [
            chars("name", 64), chars("position", 64), chars("tel", 50), chars("workPlace", 50),
            chars("remark", 1000), chars("email", 64), chars("jobnumber", 64), rate(20, SECOND, RateScope::App),
        ],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/ege851",
    }
    /// Removes a member from the company.
    DeleteUser -> Done {
        "user_v1.delete", GET "/user/delete",
        auth: AccessToken, effect: Idempotent, needs: Permission("qyapi_manage_addresslist"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open-doc.dingtalk.com/microapp/serverapi2/ege851",
    }
}

/// Request of `user/create`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateUser {
    /// 1 to 64 characters, cannot be changed later.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub userid: Option<String>,
    /// 1 to 64 characters.
    #[serde(deserialize_with = "lenient::text")]
    pub name: String,
    /// Unique in the company.
    #[serde(deserialize_with = "lenient::text")]
    pub mobile: String,
    /// Departments; an array in quotes is read too.
    #[serde(default, deserialize_with = "read::ids")]
    pub department: Vec<i64>,
    /// A JSON text: department to place.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::written_opt")]
    pub order_in_depts: Option<String>,
    /// At most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub position: Option<String>,
    /// A JSON text: department to position.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::written_opt")]
    pub position_in_depts: Option<String>,
    /// Extension, at most 50 characters, unique.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub tel: Option<String>,
    /// At most 50 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub work_place: Option<String>,
    /// At most 1000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub remark: Option<String>,
    /// At most 64 characters, unique.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub email: Option<String>,
    /// Company address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub org_email: Option<String>,
    /// Staff number, at most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub jobnumber: Option<String>,
    /// Hides the number.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_hide: Option<bool>,
    /// Executive protection.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_senior: Option<bool>,
    /// Own fields, a map of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extattr: Option<Value>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub hired_date: Option<i64>,
    /// Direct superior.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub manager_userid: Option<String>,
}

/// Reply of `user/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserCreated {
    /// The member.
    #[serde(deserialize_with = "lenient::text")]
    pub userid: String,
    /// Unique in the developer's applications.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub union_id: Option<String>,
}

/// Request of `user/update`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UpdateUser {
    /// The member.
    #[serde(deserialize_with = "lenient::text")]
    pub userid: String,
    /// 1 to 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub name: Option<String>,
    /// Unique in the company.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub mobile: Option<String>,
    /// Departments; replaces all.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "read::ids")]
    pub department: Vec<i64>,
    /// A JSON text: department to place.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::written_opt")]
    pub order_in_depts: Option<String>,
    /// At most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub position: Option<String>,
    /// A JSON text: department to position.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::written_opt")]
    pub position_in_depts: Option<String>,
    /// Extension, at most 50 characters, unique.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub tel: Option<String>,
    /// At most 50 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub work_place: Option<String>,
    /// At most 1000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub remark: Option<String>,
    /// At most 64 characters, unique.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub email: Option<String>,
    /// Company address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub org_email: Option<String>,
    /// Staff number, at most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub jobnumber: Option<String>,
    /// Hides the number.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_hide: Option<bool>,
    /// Executive protection.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_senior: Option<bool>,
    /// Own fields, a map of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extattr: Option<Value>,
    /// Milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub hired_date: Option<i64>,
    /// Direct superior.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub manager_userid: Option<String>,
    /// `zh_CN` (default) or `en_US`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub lang: Option<String>,
}

/// Request of `user/delete`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteUser {
    /// The member.
    #[serde(deserialize_with = "lenient::text")]
    pub userid: String,
}

//! Members: who somebody is, who is in a department, and the writing of members.
//!
//! Reading is bounded by what the application sees; writing takes the secret of the contacts synchronisation.
//! <https://developer.work.weixin.qq.com/document/path/90193>

use crate::{
    WeCom,
    done::{Deleted, Updated},
};
use hongyan_endpoint::{Flaw, Unfit, endpoints, lenient};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

endpoints! { WeCom;
    /// Finds a member by mobile number.
    GetUserid -> UseridFound {
        "user.getuserid", POST "/cgi-bin/user/getuserid",
        auth: AccessToken, effect: Read,
        limits: [bytes("mobile", 32), rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/95402",
    }
    /// Finds a member by mail address.
    GetUseridByEmail -> UseridFound {
        "user.get_userid_by_email", POST "/cgi-bin/user/get_userid_by_email",
        auth: AccessToken, effect: Read,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/95895",
    }
    /// Reads a member.
    GetUser -> Member {
        "user.get", GET "/cgi-bin/user/get",
        auth: AccessToken, effect: Read, needs: Details,
        refuses: [missing("userid") => NO_USER],
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90196",
    }
    /// Lists a department's members by name.
    ListNames -> NamesListed {
        "user.simplelist", GET "/cgi-bin/user/simplelist",
        auth: AccessToken, effect: Read, needs: Details,
        refuses: [missing("department_id") => NO_DEPARTMENT],
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90200",
    }
    /// Lists a department's members in full.
    ListUsers -> UsersListed {
        "user.list", GET "/cgi-bin/user/list",
        auth: AccessToken, effect: Read, needs: Details,
        refuses: [missing("department_id") => NO_DEPARTMENT],
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90201",
    }
    /// Lists the ids of all members with their departments, page by page.
    ListIds -> IdsListed {
        "user.list_id", POST "/cgi-bin/user/list_id",
        auth: AccessToken, effect: Read,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/96067",
    }
    /// Creates a member; by default the platform invites.
    CreateUser -> UserCreated {
        "user.create", POST "/cgi-bin/user/create",
        auth: AccessToken, effect: Idempotent,
        limits: [
            chars("name", 64), items("department", 100), bytes("position", 128), items("direct_leader", 1),
            rate(10_000, MINUTE, RateScope::Corp),
        ],
        source: "https://developer.work.weixin.qq.com/document/path/90195",
    }
    /// Changes a member; what is left out stays.
    UpdateUser -> Updated {
        "user.update", POST "/cgi-bin/user/update",
        auth: AccessToken, effect: Idempotent,
        limits: [
            chars("name", 64), items("department", 100), bytes("position", 128), items("direct_leader", 1),
            rate(10_000, MINUTE, RateScope::Corp),
        ],
        source: "https://developer.work.weixin.qq.com/document/path/90197",
    }
    /// Deletes a member.
    DeleteUser -> Deleted {
        "user.delete", GET "/cgi-bin/user/delete",
        auth: AccessToken, effect: Idempotent,
        refuses: [missing("userid") => NO_USER],
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90198",
    }
    /// Deletes up to 200 members; one bad id fails all.
    DeleteUsers -> Deleted {
        "user.batchdelete", POST "/cgi-bin/user/batchdelete",
        auth: AccessToken, effect: Idempotent,
        limits: [items("useridlist", 200) => "40032", rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90199",
    }
}

/// The refusal of a call that names no member.
pub(crate) const NO_USER: (&str, &str) = ("41009", "userid missing");
/// The refusal of a call that names no department.
const NO_DEPARTMENT: (&str, &str) = ("60123", "invalid department id");

/// Request of `user/getuserid`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetUserid {
    /// 5 to 32 bytes.
    pub mobile: String,
}

/// Request of `user/get_userid_by_email`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetUseridByEmail {
    /// The address.
    pub email: String,
    /// 1 the company's mail (default), 2 a personal one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub email_type: Option<i64>,
}

/// Reply of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseridFound {
    /// The member.
    pub userid: String,
}

/// Request of `user/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetUser {
    /// The member; case does not matter.
    pub userid: String,
}

/// A member, as far as the application may see. Applications created after June 2022 see no contact data.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// The id, lower-cased by the platform.
    #[serde(default, deserialize_with = "lenient::text")]
    pub userid: String,
    /// The name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// Department ids.
    #[serde(default, deserialize_with = "lenient::integers")]
    pub department: Vec<i64>,
    /// Position in each department, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::integers")]
    pub order: Vec<i64>,
    /// The post.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub position: Option<String>,
    /// The mobile number.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub mobile: Option<String>,
    /// `0` unknown, `1` male, `2` female.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub gender: Option<String>,
    /// The mail address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub email: Option<String>,
    /// The company's mail address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub biz_mail: Option<String>,
    /// 1 for each department that the member leads, in the same order.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::integers")]
    pub is_leader_in_dept: Vec<i64>,
    /// User ids of direct leaders.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub direct_leader: Vec<String>,
    /// The picture's address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub avatar: Option<String>,
    /// The small picture's address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub thumb_avatar: Option<String>,
    /// The telephone.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub telephone: Option<String>,
    /// The other name.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub alias: Option<String>,
    /// The address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub address: Option<String>,
    /// The id that is the same for all applications of a provider.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub open_userid: Option<String>,
    /// The main department.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub main_department: Option<i64>,
    /// Fields of the company's own: `{"attrs": [..]}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extattr: Option<Value>,
    /// 1 active, 2 disabled, 4 not activated, 5 left.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub status: Option<i64>,
    /// The address of the member's QR code.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub qr_code: Option<String>,
    /// The post as outsiders see it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub external_position: Option<String>,
    /// What outsiders see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_profile: Option<Value>,
}

/// Request of `user/simplelist`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListNames {
    /// The department; those below it are not looked at.
    #[serde(deserialize_with = "lenient::integer")]
    pub department_id: i64,
    /// 1: with the departments below (older platforms).
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub fetch_child: Option<i64>,
}

/// Request of `user/list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListUsers {
    /// The department; those below it are not looked at.
    #[serde(deserialize_with = "lenient::integer")]
    pub department_id: i64,
    /// 1: with the departments below (older platforms).
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub fetch_child: Option<i64>,
}

/// Reply of `user/simplelist`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamesListed {
    /// The members.
    #[serde(default)]
    pub userlist: Vec<MemberName>,
}

/// A member in few words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberName {
    /// The id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub userid: String,
    /// The name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// Department ids.
    #[serde(default, deserialize_with = "lenient::integers")]
    pub department: Vec<i64>,
    /// The id that is the same for all applications of a provider.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub open_userid: Option<String>,
}

/// Reply of `user/list`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UsersListed {
    /// The members.
    #[serde(default)]
    pub userlist: Vec<Member>,
}

/// Request of `user/list_id`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListIds {
    /// From the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    /// 1 to 10000 rows.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub limit: Option<i64>,
}

/// Reply of `user/list_id`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdsListed {
    /// Empty at the end.
    #[serde(default, deserialize_with = "lenient::text")]
    pub next_cursor: String,
    /// One row per member and department.
    #[serde(default)]
    pub dept_user: Vec<DepartmentMember>,
}

/// A member in one department.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentMember {
    /// The member.
    #[serde(default, deserialize_with = "lenient::text")]
    pub userid: String,
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub department: i64,
}

/// Request of `user/create`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CreateUser(pub MemberFields);

/// Request of `user/update`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UpdateUser(pub MemberFields);

/// What can be written of a member. `None` leaves a field as it is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MemberFields {
    /// 1 to 64 bytes: letters, digits and `_ - @ .`, a letter or digit first.
    #[serde(default, deserialize_with = "lenient::text")]
    pub userid: String,
    /// 1 to 64 characters; wanted on creation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Another name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
    /// This or `email` is wanted on creation.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub mobile: Option<String>,
    /// At most 100; missing ones are created.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "integers_opt")]
    pub department: Option<Vec<i64>>,
    /// Position in each department.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "integers_opt")]
    pub order: Option<Vec<i64>>,
    /// The post, at most 128 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,
    /// `1` male, `2` female.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub gender: Option<String>,
    /// A personal mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The company's mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub biz_mail: Option<String>,
    /// At most 32 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub telephone: Option<String>,
    /// 1 for each department that the member leads; as many as departments.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "integers_opt")]
    pub is_leader_in_dept: Option<Vec<i64>>,
    /// At most one user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direct_leader: Option<Vec<String>>,
    /// 1 enabled, 0 disabled.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub enable: Option<i64>,
    /// A picture by media id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar_mediaid: Option<String>,
    /// The main department.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub main_department: Option<i64>,
    /// Whether the platform invites; it does when this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub to_invite: Option<bool>,
    /// Fields of the company's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extattr: Option<Value>,
    /// At most 128 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The post as outsiders see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_position: Option<String>,
    /// What outsiders see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_profile: Option<Value>,
}

/// A list of numbers, or one number.
fn integers_opt<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<i64>>, D::Error> {
    match Option::<Value>::deserialize(from)? {
        None | Some(Value::Null) => Ok(None),
        Some(value) => lenient::integers(value).map(Some).map_err(serde::de::Error::custom),
    }
}

impl MemberFields {
    /// What the platform refuses of any writing, before it looks at who exists.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        let first = self.userid.bytes().next().is_some_and(|byte| byte.is_ascii_alphanumeric());
        let rest = self.userid.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-@.".contains(&byte));
        if !first || !rest || self.userid.len() > 64 {
            return Err(Unfit::coded("40003", "userid", Flaw::unfit(("is not a valid user id", "不是合法的用户 ID"))));
        }
        if self.name.as_ref().is_some_and(|name| !(1..=64).contains(&name.chars().count())) {
            return Err(Unfit::coded("60112", "name", Flaw::unfit(("has 1 to 64 characters", "须有 1 至 64 个字符"))));
        }
        let departments = self.department.as_ref().map(Vec::len);
        if departments.is_some_and(|count| count > 100) {
            return Err(Unfit::coded(
                "60110",
                "department",
                Flaw::unfit(("more than 100 departments", "部门超过 100 个")),
            ));
        }
        for (field, list) in [("order", &self.order), ("is_leader_in_dept", &self.is_leader_in_dept)] {
            if let (Some(list), Some(departments)) = (list, departments)
                && list.len() != departments
            {
                return Err(Unfit::coded(
                    "60132",
                    field,
                    Flaw::unfit(("is not as long as department", "长度与 department 不一致")),
                ));
            }
        }
        Ok(())
    }
}

impl CreateUser {
    /// As [`MemberFields::check`], and what creation wants.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        self.0.check()?;
        if self.0.name.is_none() {
            return Err(Unfit::coded("60112", "name", Flaw::Missing));
        }
        let given = |text: &Option<String>| text.as_ref().is_some_and(|text| !text.is_empty());
        if !given(&self.0.mobile) && !given(&self.0.email) {
            return Err(Unfit::coded(
                "60129",
                "mobile",
                Flaw::unfit(("neither mobile nor email is given", "mobile 与 email 均未给出")),
            ));
        }
        Ok(())
    }
}

/// Reply of `user/create`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UserCreated {
    /// `created`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub errmsg: String,
    /// Departments that were created with the member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_department_list: Option<Value>,
}

impl Default for UserCreated {
    fn default() -> Self {
        Self { errmsg: "created".into(), created_department_list: None }
    }
}

/// Request of `user/delete`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteUser {
    /// The member.
    pub userid: String,
}

/// Request of `user/batchdelete`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteUsers {
    /// At most 200.
    #[serde(default)]
    pub useridlist: Vec<String>,
}

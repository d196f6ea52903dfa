//! Departments: the tree and its writing. The root is 1.
//! <https://developer.work.weixin.qq.com/document/path/90204>

use crate::{
    WeCom,
    done::{Deleted, Updated},
};
use hongyan_endpoint::{Flaw, Unfit, endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { WeCom;
    /// Lists departments in full, with all below the one that is named; slow.
    ListDepartments -> DepartmentsListed {
        "department.list", GET "/cgi-bin/department/list",
        auth: AccessToken, effect: Read, needs: Details,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90208",
    }
    /// Lists the ids of departments, with all below the one that is named.
    ListDepartmentIds -> DepartmentIdsListed {
        "department.simplelist", GET "/cgi-bin/department/simplelist",
        auth: AccessToken, effect: Read,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/95350",
    }
    /// Reads a department.
    GetDepartment -> DepartmentRead {
        "department.get", GET "/cgi-bin/department/get",
        auth: AccessToken, effect: Read, needs: Details,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/95351",
    }
    /// Creates a department.
    CreateDepartment -> DepartmentCreated {
        "department.create", POST "/cgi-bin/department/create",
        auth: AccessToken, effect: Idempotent,
        limits: [chars("name", 64), rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90205",
    }
    /// Changes a department; what is left out stays.
    UpdateDepartment -> Updated {
        "department.update", POST "/cgi-bin/department/update",
        auth: AccessToken, effect: Idempotent,
        limits: [chars("name", 64), rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90206",
    }
    /// Deletes a department without members and departments below it.
    DeleteDepartment -> Deleted {
        "department.delete", GET "/cgi-bin/department/delete",
        auth: AccessToken, effect: Idempotent,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90207",
    }
}

/// Request of `department/list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListDepartments {
    /// Where to begin; everything that is visible when left out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub id: Option<i64>,
}

/// Request of `department/simplelist`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListDepartmentIds {
    /// Where to begin; everything that is visible when left out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub id: Option<i64>,
}

/// Reply of `department/list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentsListed {
    /// The departments, in no order that means anything.
    #[serde(default)]
    pub department: Vec<Department>,
}

/// A department.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Department {
    /// The id; 1 is the root.
    #[serde(deserialize_with = "lenient::integer")]
    pub id: i64,
    /// The name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// The English name.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub name_en: Option<String>,
    /// User ids of those who lead it.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub department_leader: Vec<String>,
    /// The one above; 0 above the root.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub parentid: i64,
    /// Position among its siblings, the greatest first.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub order: i64,
}

/// Reply of `department/simplelist`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentIdsListed {
    /// The departments.
    #[serde(default)]
    pub department_id: Vec<DepartmentId>,
}

/// A department without its name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentId {
    /// The id.
    #[serde(deserialize_with = "lenient::integer")]
    pub id: i64,
    /// The one above.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub parentid: i64,
    /// Position among its siblings.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub order: i64,
}

/// Request of `department/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetDepartment {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub id: i64,
}

/// Reply of `department/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentRead {
    /// The department.
    pub department: Department,
}

/// Request of `department/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateDepartment {
    /// 1 to 64 characters, none of `\\ : * ? " < > |`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// The English name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
    /// The one above.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub parentid: i64,
    /// Position among its siblings.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub order: Option<i64>,
    /// More than 1; chosen by the platform when left out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub id: Option<i64>,
}

/// Reply of `department/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DepartmentCreated {
    /// `created`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub errmsg: String,
    /// The new department.
    #[serde(deserialize_with = "lenient::integer")]
    pub id: i64,
}

/// Request of `department/update`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateDepartment {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub id: i64,
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A new English name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name_en: Option<String>,
    /// Under another one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub parentid: Option<i64>,
    /// Position among its siblings.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub order: Option<i64>,
}

/// Request of `department/delete`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteDepartment {
    /// The department.
    #[serde(deserialize_with = "lenient::integer")]
    pub id: i64,
}

/// What the platform refuses of a name.
///
/// # Errors
/// [`Unfit`] naming the field and the platform's code.
pub fn check_name(name: &str) -> Result<(), Unfit> {
    if !(1..=64).contains(&name.chars().count()) {
        return Err(Unfit::coded("60001", "name", Flaw::unfit(("has 1 to 64 characters", "须有 1 至 64 个字符"))));
    }
    if name.contains(['\\', ':', '*', '?', '"', '<', '>', '|']) {
        return Err(Unfit::coded(
            "60009",
            "name",
            Flaw::unfit(("holds a character that is not allowed", "含有不允许的字符")),
        ));
    }
    Ok(())
}

impl CreateDepartment {
    /// What the platform refuses before it looks at the tree.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        check_name(&self.name)?;
        if self.parentid < 1 {
            return Err(Unfit::coded("60004", "parentid", Flaw::Missing));
        }
        Ok(())
    }
}

impl UpdateDepartment {
    /// What the platform refuses before it looks at the tree.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        self.name.as_deref().map_or(Ok(()), check_name)
    }
}

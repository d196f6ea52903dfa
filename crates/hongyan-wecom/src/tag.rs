//! Tags: named sets of members and departments. <https://developer.work.weixin.qq.com/document/path/90209>

use crate::{
    WeCom,
    done::{Deleted, Updated},
};
use hongyan_endpoint::{Endpoint, Flaw, Unfit, endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { WeCom;
    /// Lists all tags.
    ListTags -> TagsListed {
        "tag.list", GET "/cgi-bin/tag/list",
        auth: AccessToken, effect: Read,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90216",
    }
    /// Reads a tag's visible members and departments.
    GetTag -> TagRead {
        "tag.get", GET "/cgi-bin/tag/get",
        auth: AccessToken, effect: Read,
        refuses: [missing("tagid") => NO_TAG],
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90213",
    }
    /// Creates a tag.
    CreateTag -> TagCreated {
        "tag.create", POST "/cgi-bin/tag/create",
        auth: AccessToken, effect: Idempotent,
        limits: [chars("tagname", 32), rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90210",
    }
    /// Renames a tag.
    UpdateTag -> Updated {
        "tag.update", POST "/cgi-bin/tag/update",
        auth: AccessToken, effect: Idempotent,
        refuses: [missing("tagid") => NO_TAG],
        limits: [chars("tagname", 32), rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90211",
    }
    /// Deletes a tag.
    DeleteTag -> Deleted {
        "tag.delete", GET "/cgi-bin/tag/delete",
        auth: AccessToken, effect: Idempotent,
        refuses: [missing("tagid") => NO_TAG],
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90212",
    }
    /// Tags members and departments.
    AddTagUsers -> TagUsersChanged {
        "tag.addtagusers", POST "/cgi-bin/tag/addtagusers",
        auth: AccessToken, effect: Idempotent,
        refuses: [missing("tagid") => NO_TAG],
        limits: [
            items("userlist", 1000) => "40032", items("partylist", 100) => "40066",
            rate(10_000, MINUTE, RateScope::Corp),
        ],
        source: "https://developer.work.weixin.qq.com/document/path/90214",
    }
    /// Untags members and departments.
    DelTagUsers -> TagUsersChanged {
        "tag.deltagusers", POST "/cgi-bin/tag/deltagusers",
        auth: AccessToken, effect: Idempotent,
        refuses: [missing("tagid") => NO_TAG],
        limits: [
            items("userlist", 1000) => "40032", items("partylist", 100) => "40066",
            rate(10_000, MINUTE, RateScope::Corp),
        ],
        source: "https://developer.work.weixin.qq.com/document/path/90215",
    }
}

/// The refusal of a call that names no tag.
const NO_TAG: (&str, &str) = ("41017", "tagid missing");

/// Request of `tag/list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListTags {}

/// Reply of `tag/list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagsListed {
    /// The tags.
    #[serde(default)]
    pub taglist: Vec<Tag>,
}

/// A tag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tag {
    /// The id.
    #[serde(deserialize_with = "lenient::integer")]
    pub tagid: i64,
    /// The name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub tagname: String,
}

/// Request of `tag/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetTag {
    /// The tag.
    #[serde(deserialize_with = "lenient::integer")]
    pub tagid: i64,
}

/// Reply of `tag/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagRead {
    /// The name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub tagname: String,
    /// Members that the application sees.
    #[serde(default)]
    pub userlist: Vec<TagMember>,
    /// Departments that the application sees.
    #[serde(default, deserialize_with = "lenient::integers")]
    pub partylist: Vec<i64>,
}

/// A member in a tag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagMember {
    /// The id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub userid: String,
    /// The name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
}

/// Request of `tag/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateTag {
    /// At most 32 characters; no two tags share one.
    #[serde(default, deserialize_with = "lenient::text")]
    pub tagname: String,
    /// Chosen by the platform when left out.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub tagid: Option<i64>,
}

/// Reply of `tag/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagCreated {
    /// `created`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub errmsg: String,
    /// The new tag.
    #[serde(deserialize_with = "lenient::integer")]
    pub tagid: i64,
}

/// Request of `tag/update`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateTag {
    /// The tag.
    #[serde(deserialize_with = "lenient::integer")]
    pub tagid: i64,
    /// The new name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub tagname: String,
}

/// Request of `tag/delete`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteTag {
    /// The tag.
    #[serde(deserialize_with = "lenient::integer")]
    pub tagid: i64,
}

/// Request of `tag/addtagusers`: one of the lists at least.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddTagUsers {
    /// The tag.
    #[serde(deserialize_with = "lenient::integer")]
    pub tagid: i64,
    /// At most 1000 user ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub userlist: Vec<String>,
    /// At most 100 departments.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::integers")]
    pub partylist: Vec<i64>,
}

/// Request of `tag/deltagusers`: one of the lists at least.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DelTagUsers {
    /// The tag.
    #[serde(deserialize_with = "lenient::integer")]
    pub tagid: i64,
    /// At most 1000 user ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub userlist: Vec<String>,
    /// At most 100 departments.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::integers")]
    pub partylist: Vec<i64>,
}

/// Reply of both: done, except for those listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagUsersChanged {
    /// For humans; `ok`, `deleted` or a text about those listed.
    #[serde(default, deserialize_with = "lenient::text")]
    pub errmsg: String,
    /// User ids, joined with bars.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "lenient::list",
        serialize_with = "crate::message::bars"
    )]
    pub invalidlist: Vec<String>,
    /// Departments.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::integers")]
    pub invalidparty: Vec<i64>,
}

/// What the platform refuses of a list of people, for both requests.
fn check_lists(users: usize, parties: usize) -> Result<(), Unfit> {
    if users + parties == 0 {
        return Err(Unfit::coded(
            "40031",
            "userlist",
            Flaw::unfit(("userlist and partylist are both empty", "userlist 与 partylist 均为空")),
        ));
    }
    if let Some(code) = AddTagUsers::SPEC.exceeded("userlist", users) {
        return Err(Unfit::coded(code, "userlist", Flaw::unfit(("more than 1000 members", "成员超过 1000 个"))));
    }
    if let Some(code) = AddTagUsers::SPEC.exceeded("partylist", parties) {
        return Err(Unfit::coded(code, "partylist", Flaw::unfit(("more than 100 departments", "部门超过 100 个"))));
    }
    Ok(())
}

/// What the platform refuses of a name.
fn check_name(name: &str) -> Result<(), Unfit> {
    if (1..=32).contains(&name.chars().count()) {
        return Ok(());
    }
    Err(Unfit::coded("40072", "tagname", Flaw::unfit(("has 1 to 32 characters", "须有 1 至 32 个字符"))))
}

impl AddTagUsers {
    /// What the platform refuses before it looks the tag up.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        check_lists(self.userlist.len(), self.partylist.len())
    }
}

impl DelTagUsers {
    /// What the platform refuses before it looks the tag up.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        check_lists(self.userlist.len(), self.partylist.len())
    }
}

impl CreateTag {
    /// What the platform refuses before it looks the tag up.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        check_name(&self.tagname)
    }
}

impl UpdateTag {
    /// What the platform refuses before it looks the tag up.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        check_name(&self.tagname)
    }
}

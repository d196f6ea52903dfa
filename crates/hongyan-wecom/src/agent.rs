//! Applications: what one is and who sees it. <https://developer.work.weixin.qq.com/document/path/90227>

use crate::WeCom;
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { WeCom;
    /// Tells of the application itself: name, visible range, whether it is closed.
    GetAgent -> Agent {
        "agent.get", GET "/cgi-bin/agent/get",
        auth: AccessToken, effect: Read, needs: Application,
        refuses: [missing("agentid") => NO_AGENT],
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90227",
    }
    /// Lists the applications that the token is good for: its own.
    ListAgents -> AgentsListed {
        "agent.list", GET "/cgi-bin/agent/list",
        auth: AccessToken, effect: Read, needs: Application,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90227",
    }
}

/// The refusal of a call that names no application.
pub(crate) const NO_AGENT: (&str, &str) = ("41011", "agentid missing");

/// Request of `agent/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetAgent {
    /// The application.
    #[serde(deserialize_with = "lenient::integer")]
    pub agentid: i64,
}

/// Reply of `agent/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// The application.
    #[serde(deserialize_with = "lenient::integer")]
    pub agentid: i64,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// Its picture.
    #[serde(default, deserialize_with = "lenient::text")]
    pub square_logo_url: String,
    /// What it is for.
    #[serde(default, deserialize_with = "lenient::text")]
    pub description: String,
    /// Members who see it.
    #[serde(default)]
    pub allow_userinfos: AllowedUsers,
    /// Departments that see it.
    #[serde(default)]
    pub allow_partys: AllowedDepartments,
    /// Tags whose members see it.
    #[serde(default)]
    pub allow_tags: AllowedTags,
    /// 1 where it is switched off.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub close: i64,
    /// Where its pages may lie.
    #[serde(default, deserialize_with = "lenient::text")]
    pub redirect_domain: String,
    /// 1 where it is told where people are.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub report_location_flag: i64,
    /// 1 where it is told who enters.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub isreportenter: i64,
    /// Its first page.
    #[serde(default, deserialize_with = "lenient::text")]
    pub home_url: String,
    /// Of a customised application: 0 to be published … 4 published.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub customized_publish_status: Option<i64>,
}

/// Member of [`Agent`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedUsers {
    /// One by one.
    #[serde(default)]
    pub user: Vec<AllowedUser>,
}

/// Member of [`AllowedUsers`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedUser {
    /// The member.
    pub userid: String,
}

/// Member of [`Agent`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedDepartments {
    /// With everybody below them.
    #[serde(default, deserialize_with = "lenient::integers")]
    pub partyid: Vec<i64>,
}

/// Member of [`Agent`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllowedTags {
    /// With all of their members.
    #[serde(default, deserialize_with = "lenient::integers")]
    pub tagid: Vec<i64>,
}

/// Request of `agent/list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListAgents {}

/// Reply of `agent/list`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentsListed {
    /// One, mostly.
    #[serde(default)]
    pub agentlist: Vec<AgentListed>,
}

/// Member of [`AgentsListed`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentListed {
    /// The application.
    #[serde(deserialize_with = "lenient::integer")]
    pub agentid: i64,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// Its picture.
    #[serde(default, deserialize_with = "lenient::text")]
    pub square_logo_url: String,
}

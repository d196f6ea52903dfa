//! Bulk work on the contacts: invitations, and imports of a csv file that run by themselves.
//! <https://developer.work.weixin.qq.com/document/path/90979>

use crate::WeCom;
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

endpoints! { WeCom;
    /// Invites members, departments and tags to use WeCom.
    Invite -> Invited {
        "batch.invite", POST "/cgi-bin/batch/invite",
        auth: AccessToken, effect: Send,
        limits: [
            items("user", 1000) => "40032", items("party", 100) => "82002", items("tag", 100) => "82003",
            rate(10_000, MINUTE, RateScope::Corp),
        ],
        source: "https://developer.work.weixin.qq.com/document/path/90975",
    }
    /// Imports members: creates and changes, deletes nobody.
    SyncUsers -> JobStarted {
        "batch.syncuser", POST "/cgi-bin/batch/syncuser",
        auth: AccessToken, effect: Idempotent,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90980",
    }
    /// Replaces all members by those of a file.
    ReplaceUsers -> JobStarted {
        "batch.replaceuser", POST "/cgi-bin/batch/replaceuser",
        auth: AccessToken, effect: Idempotent,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90981",
    }
    /// Replaces all departments by those of a file.
    ReplaceDepartments -> JobStarted {
        "batch.replaceparty", POST "/cgi-bin/batch/replaceparty",
        auth: AccessToken, effect: Idempotent,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90982",
    }
    /// Tells how far an import is.
    GetResult -> JobResult {
        "batch.getresult", GET "/cgi-bin/batch/getresult",
        auth: AccessToken, effect: Read,
        limits: [bytes("jobid", 64), rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90983",
    }
}

/// Request of `batch/invite`: one of the lists at least.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invite {
    /// At most 1000 user ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub user: Vec<String>,
    /// At most 100 departments.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::integers")]
    pub party: Vec<i64>,
    /// At most 100 tags.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::integers")]
    pub tag: Vec<i64>,
}

/// Reply of `batch/invite`: done, except for those listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invited {
    /// User ids.
    #[serde(default, deserialize_with = "lenient::list")]
    pub invaliduser: Vec<String>,
    /// Departments.
    #[serde(default, deserialize_with = "lenient::integers")]
    pub invalidparty: Vec<i64>,
    /// Tags.
    #[serde(default, deserialize_with = "lenient::integers")]
    pub invalidtag: Vec<i64>,
}

/// Request of `batch/syncuser`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SyncUsers(pub Import);

/// Request of `batch/replaceuser`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReplaceUsers(pub Import);

/// Request of `batch/replaceparty`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReplaceDepartments(pub Import);

/// An import.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Import {
    /// The csv file, uploaded before.
    pub media_id: String,
    /// Whether the platform invites new members; it does when this is left out. Not for departments.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub to_invite: Option<bool>,
    /// Where to tell that it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<ImportCallback>,
}

/// Where the platform pushes `batch_job_result`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportCallback {
    /// http or https.
    #[serde(default, deserialize_with = "lenient::text")]
    pub url: String,
    /// Signs the push.
    #[serde(default, deserialize_with = "lenient::text")]
    pub token: String,
    /// Encrypts the push.
    #[serde(default, deserialize_with = "lenient::text")]
    pub encodingaeskey: String,
}

/// Token and key are secrets.
impl fmt::Debug for ImportCallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportCallback").field("url", &self.url).finish_non_exhaustive()
    }
}

/// Reply of the imports.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobStarted {
    /// At most 64 bytes; for `batch/getresult`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub jobid: String,
}

/// Request of `batch/getresult`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetResult {
    /// As the import gave it.
    pub jobid: String,
}

/// Reply of `batch/getresult`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct JobResult {
    /// 1 started, 2 running, 3 done.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub status: i64,
    /// `sync_user`, `replace_user`, `replace_party` or `invite_user`.
    #[serde(rename = "type", default, deserialize_with = "lenient::text")]
    pub kind: String,
    /// Rows in all.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub total: i64,
    /// How far, in percent.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub percentage: i64,
    /// One object per row, when it is done: a `userid` or a department with `errcode` and `errmsg`.
    #[serde(default)]
    pub result: Vec<Value>,
}

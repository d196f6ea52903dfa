//! One member of the company, and the rules about them.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One member. What either platform keeps about a person is here once.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Person {
    pub(crate) userid: String,
    pub(crate) name: String,
    /// Without the country's code; may be empty on WeCom.
    pub(crate) mobile: String,
    /// Country's code of the mobile, without `+`; empty as `86`.
    pub(crate) state_code: String,
    /// The company's address (DingTalk `org_email`, WeCom `biz_mail`); the mail server knows it too.
    pub(crate) email: String,
    /// Their own address (`email` on both platforms).
    pub(crate) personal_email: String,
    pub(crate) departments: Vec<i64>,
    /// Has logged in once; who has not never reads.
    pub(crate) active: bool,
    /// Inside the applications' visible scope; the company keeps it in step with the departments.
    pub(crate) visible: bool,
    /// How DingTalk treats notices to this person.
    pub(crate) dingtalk: PersonRule,
    /// How WeCom treats messages to this person.
    pub(crate) wecom: PersonRule,
    /// Unique among the developer's applications (DingTalk).
    pub(crate) unionid: String,
    pub(crate) job_number: String,
    /// Position (DingTalk `title`, WeCom `position`).
    pub(crate) title: String,
    pub(crate) telephone: String,
    pub(crate) work_place: String,
    pub(crate) remark: String,
    pub(crate) alias: String,
    /// WeCom: 1 male, 2 female, 0 not told.
    pub(crate) gender: u8,
    pub(crate) avatar: String,
    pub(crate) hide_mobile: bool,
    /// Under executive protection (DingTalk).
    pub(crate) senior: bool,
    /// The owner of the company (DingTalk).
    pub(crate) boss: bool,
    /// DingTalk: 1 main administrator, 2 sub-administrator, 0 neither.
    pub(crate) admin_level: u8,
    /// WeCom: shut out by the administrator.
    pub(crate) disabled: bool,
    /// Direct superior.
    pub(crate) manager: Option<String>,
    /// Departments that they are head of.
    pub(crate) leader_of: Vec<i64>,
    /// DingTalk: place in each department; exceeds 2^53, the larger stands first.
    pub(crate) orders: BTreeMap<i64, i64>,
    /// WeCom: place in each department.
    pub(crate) wecom_orders: BTreeMap<i64, u32>,
    /// DingTalk: position in each department where it is another.
    pub(crate) titles: BTreeMap<i64, String>,
    /// Own fields: name to text.
    pub(crate) extattr: BTreeMap<String, String>,
    /// Milliseconds.
    pub(crate) hired_at: Option<i64>,
    /// Counts the company's changes of people; the larger, the later this one's.
    #[serde(skip)]
    pub(crate) changed: u64,
    /// No longer in the company. Their place in the list stays, so what they got is still theirs.
    #[serde(skip)]
    pub(crate) departed: bool,
}

impl Person {
    /// What their mobile is found by.
    pub(super) fn mobile_key(&self) -> String {
        match self.state_code.as_str() {
            "" | "86" => mobile_key(&self.mobile),
            code => mobile_key(&format!("+{code}{}", self.mobile)),
        }
    }

    /// Whether head of a department.
    pub(crate) fn leads(&self, department: i64) -> bool {
        self.leader_of.contains(&department)
    }
}

/// A number as it is compared: numbers of the mainland may come with or without their country's code.
pub(super) fn mobile_key(mobile: &str) -> String {
    let plain: String = mobile.chars().filter(|c| !matches!(c, '-' | ' ')).collect();
    plain.strip_prefix("+86").map_or_else(|| plain.clone(), str::to_owned)
}

/// A rule about one person on one platform.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) enum PersonRule {
    /// As everybody.
    #[default]
    Ok,
    /// Outside the application's visible scope.
    Invisible,
    /// DingTalk: delivery fails, `failed_user_id_list`.
    Failed,
    /// DingTalk: filtered with this code, `forbidden_list`.
    Forbidden(u32),
    /// WeCom: visible, without an interface licence.
    Unlicensed,
    /// WeCom: accepted and discarded, as beyond a frequency limit.
    Silent,
}

impl TryFrom<String> for PersonRule {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "ok" => Ok(Self::Ok),
            "invisible" => Ok(Self::Invisible),
            "failed" => Ok(Self::Failed),
            "unlicensed" => Ok(Self::Unlicensed),
            "silent" => Ok(Self::Silent),
            other => {
                other.strip_prefix("forbidden:").and_then(|code| code.parse().ok()).map(Self::Forbidden).ok_or_else(
                    || format!("{other:?} is none of ok, invisible, failed, forbidden:CODE, unlicensed, silent"),
                )
            }
        }
    }
}

impl From<PersonRule> for String {
    fn from(treatment: PersonRule) -> Self {
        match treatment {
            PersonRule::Ok => "ok".into(),
            PersonRule::Invisible => "invisible".into(),
            PersonRule::Failed => "failed".into(),
            PersonRule::Forbidden(code) => format!("forbidden:{code}"),
            PersonRule::Unlicensed => "unlicensed".into(),
            PersonRule::Silent => "silent".into(),
        }
    }
}

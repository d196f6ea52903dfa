//! What an administrator of the platform can change while the sandbox runs.

use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, net::IpAddr};

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// The only addresses that may call the application; `None`: all.
    #[serde(rename = "dingtalk_trusted_ips")]
    pub(super) trusted_ips: Option<Vec<IpAddr>>,
    /// The group templates that the company has; `None`: any that is well formed.
    #[serde(rename = "dingtalk_group_templates")]
    pub(super) group_templates: Option<Vec<String>>,
    /// `/topapi/*` takes JSON text under a form's type, which it is believed to refuse.
    #[serde(rename = "dingtalk_json_in_forms")]
    pub(super) json_in_forms: bool,
    /// The card templates that the company has, and whether each is published; `None`: any that is well formed.
    #[serde(rename = "dingtalk_card_templates")]
    pub(super) card_templates: Option<BTreeMap<String, bool>>,
    /// Uploads take the file names' endings of the page alone.
    pub(super) strict_file_types: bool,
}

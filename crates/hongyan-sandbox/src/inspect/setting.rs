//! Settings under `/sandbox`: what an administrator, a quota or a network would be like.

use super::Said;
use crate::{Hub, options::Limits, route::enter};
use serde::Deserialize;
use serde_json::json;
use std::{collections::BTreeMap, net::IpAddr};

/// A member that is given as `null` clears the setting, one that is absent leaves it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    limits: Option<Limits>,
    delivery_delay_ms: Option<u32>,
    #[serde(default, deserialize_with = "given")]
    auto_read_ms: Option<Option<u32>>,
    #[serde(default, deserialize_with = "given")]
    dingtalk_trusted_ips: Option<Option<Vec<IpAddr>>>,
    #[serde(default, deserialize_with = "given")]
    wecom_trusted_ips: Option<Option<Vec<IpAddr>>>,
    #[serde(default, deserialize_with = "given")]
    dingtalk_group_templates: Option<Option<Vec<String>>>,
    #[serde(default, deserialize_with = "given")]
    dingtalk_card_templates: Option<Option<BTreeMap<String, bool>>>,
    dingtalk_json_in_forms: Option<bool>,
    strict_file_types: Option<bool>,
    wecom_app_enabled: Option<bool>,
    wecom_root_visible: Option<bool>,
    #[serde(default, deserialize_with = "given")]
    wecom_callback: Option<Option<bool>>,
    wecom_app_writes: Option<bool>,
    wecom_private_fields: Option<bool>,
    wecom_contacts_details: Option<bool>,
    wecom_seats: Option<u32>,
    wecom_push_tries: Option<u32>,
    push_repeats: Option<bool>,
}

fn given<'de, D: serde::Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(from).map(Some)
}

/// Changes what is given; answers all settings.
pub(super) fn change(hub: &Hub, change: Change) -> Said {
    let mut world = enter(&hub.world);
    let settings = &mut world.settings;
    if let Some(limits) = change.limits {
        settings.limits = limits;
    }
    if let Some(ms) = change.delivery_delay_ms {
        settings.delivery_delay_ms = ms.into();
    }
    if let Some(ms) = change.auto_read_ms {
        settings.auto_read_ms = ms.map(i64::from);
    }
    if let Some(ips) = change.dingtalk_trusted_ips {
        settings.dingtalk_trusted_ips = ips;
    }
    if let Some(ips) = change.wecom_trusted_ips {
        settings.wecom_trusted_ips = ips;
    }
    if let Some(templates) = change.dingtalk_group_templates {
        settings.dingtalk_group_templates = templates;
    }
    if let Some(templates) = change.dingtalk_card_templates {
        settings.dingtalk_card_templates = templates;
    }
    settings.dingtalk_json_in_forms = change.dingtalk_json_in_forms.unwrap_or(settings.dingtalk_json_in_forms);
    settings.strict_file_types = change.strict_file_types.unwrap_or(settings.strict_file_types);
    let granted = &mut settings.wecom;
    granted.enabled = change.wecom_app_enabled.unwrap_or(granted.enabled);
    granted.root_visible = change.wecom_root_visible.unwrap_or(granted.root_visible);
    granted.callback = change.wecom_callback.unwrap_or(granted.callback);
    granted.app_writes = change.wecom_app_writes.unwrap_or(granted.app_writes);
    granted.private_fields = change.wecom_private_fields.unwrap_or(granted.private_fields);
    granted.contacts_details = change.wecom_contacts_details.unwrap_or(granted.contacts_details);
    granted.seats = change.wecom_seats.unwrap_or(granted.seats);
    settings.push_repeats = change.push_repeats.unwrap_or(settings.push_repeats);
    if let Some(tries) = change.wecom_push_tries {
        // None at all would leave events without an end.
        settings.wecom_push_tries = tries.clamp(1, 10);
    }
    Ok(json!(settings))
}

//! What a host program sets: which gateway, which key, which profile. By name and text, as SQL and JSON have it.

use crate::{EngineError, Kind};
use hongyan_net::Secret;
use std::{env, fs};

/// Where the API key comes from. Never from SQL or options: those are written into histories and logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeySource {
    /// Nowhere.
    None,
    /// `HONGYAN_KEY`, read at the first call.
    Variable,
    /// A file, read at the first call.
    File(String),
    /// The host itself.
    Given(Secret),
}

/// Settings of one host: a connection, or a handle.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The gateway's address; empty for none.
    pub(crate) gateway: String,
    pub(crate) key: KeySource,
    /// The file of the only authority to trust; empty for the public ones.
    pub(crate) ca_file: String,
    /// Whether they may be changed any more.
    pub(crate) locked: bool,
}

/// The variable that holds the gateway's address.
const GATEWAY: &str = "HONGYAN_GATEWAY";
/// The variable that holds a key.
const KEY: &str = "HONGYAN_KEY";
/// The variable that names the key's file.
const KEY_FILE: &str = "HONGYAN_KEY_FILE";
/// The variable that locks the settings.
const LOCKED: &str = "HONGYAN_LOCKED";

fn variable(name: &str) -> Option<String> {
    env::var(name).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

impl Settings {
    /// As the environment has them.
    pub(crate) fn from_environment() -> Self {
        let key = match variable(KEY_FILE) {
            Some(path) => KeySource::File(path),
            None if variable(KEY).is_some() => KeySource::Variable,
            None => KeySource::None,
        };
        let locked = variable(LOCKED).is_some_and(|text| text != "0");
        Self { gateway: variable(GATEWAY).unwrap_or_default(), key, ca_file: String::new(), locked }
    }

    /// Reads the key.
    pub(crate) fn read_key(&self) -> Result<Secret, EngineError> {
        let advice = format!(
            "set {KEY} or {KEY_FILE}, or the setting key_file (the gateway prints a key at its first start; `hongyan keys \
             create` makes more) · 未设置 API 密钥"
        );
        let text = match &self.key {
            KeySource::None => String::new(),
            KeySource::Given(key) => key.expose().to_owned(),
            KeySource::Variable => variable(KEY).unwrap_or_default(),
            KeySource::File(path) => fs::read_to_string(path).map_err(|error| {
                EngineError::new(
                    Kind::Settings,
                    format!("the key file {path} cannot be read: {error} · 无法读取密钥文件"),
                )
            })?,
        };
        match text.trim() {
            "" => Err(EngineError::new(Kind::Settings, format!("no API key: {advice}"))),
            key => Ok(Secret::new(key)),
        }
    }
}

/// `1`, `on`, `true`, `yes` and their opposites.
pub(crate) fn read_switch(name: &str, value: &str) -> Result<bool, EngineError> {
    match value.trim().to_ascii_lowercase().as_str() {
        "1" | "on" | "true" | "yes" => Ok(true),
        "0" | "off" | "false" | "no" => Ok(false),
        _ => Err(EngineError::argument(format!("{name} is a switch: on or off · 该项为开关：on 或 off"))),
    }
}

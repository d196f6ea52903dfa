//! Where a secret comes from: `{ env = "NAME" }`, `{ file = "PATH" }`, or (discouraged) the text itself.

use hongyan_endpoint::{Bilingual, Invalid, bilingual};
use hongyan_net::Secret;
use serde::{Deserialize, Deserializer};
use std::{
    fmt,
    path::{Path, PathBuf},
};

/// A secret's source. Parsing touches nothing; [`SecretRef::read`] does.
#[derive(Clone, PartialEq, Eq)]
pub enum SecretRef {
    /// An environment variable.
    Env(String),
    /// A file; surrounding white space is dropped.
    File(PathBuf),
    /// The text itself.
    Inline(Secret),
}

/// A secret that is not where the configuration says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The variable is not set, or empty.
    #[error("the environment variable {0} is not set")]
    Env(String),
    /// The file cannot be read.
    #[error("{0} cannot be read: {1}")]
    File(String, String),
    /// The file is empty.
    #[error("{0} is empty")]
    Empty(String),
}

impl SecretError {
    /// The same, of the key that names the secret.
    #[must_use]
    pub fn at(&self, key: &str) -> Invalid {
        let why = match self {
            Self::Env(name) => bilingual!("the environment variable {name} is not set"; "环境变量 {name} 未设置"),
            Self::File(path, why) => bilingual!("{path} cannot be read: {why}"; "{path} 无法读取：{why}"),
            Self::Empty(path) => bilingual!("{path} is empty"; "{path} 为空"),
        };
        Invalid::unfit(key, why)
    }
}

impl SecretRef {
    /// As [`Self::read`], for the key that names the secret.
    ///
    /// # Errors
    /// [`Invalid`] of the key, never with the value.
    pub fn read_for(&self, key: &str) -> Result<Secret, Invalid> {
        self.read().map_err(|error| error.at(key))
    }

    /// Fetches the secret.
    ///
    /// # Errors
    /// [`SecretError`] naming the source, never the value.
    pub fn read(&self) -> Result<Secret, SecretError> {
        match self {
            Self::Env(name) => match std::env::var(name) {
                Ok(value) if !value.trim().is_empty() => Ok(Secret::new(value.trim())),
                _ => Err(SecretError::Env(name.clone())),
            },
            Self::File(path) => {
                let shown = path.display().to_string();
                let text =
                    std::fs::read_to_string(path).map_err(|e| SecretError::File(shown.clone(), e.to_string()))?;
                if text.trim().is_empty() { Err(SecretError::Empty(shown)) } else { Ok(Secret::new(text.trim())) }
            }
            Self::Inline(secret) => Ok(secret.clone()),
        }
    }

    /// Whether the secret stands in the configuration itself.
    #[must_use]
    pub fn is_inline(&self) -> bool {
        matches!(self, Self::Inline(_))
    }
}

/// The text of a file that a key names.
pub(crate) fn read_file(key: &str, path: &Path) -> Result<String, Invalid> {
    let shown = path.display();
    std::fs::read_to_string(path).map_err(|error| {
        Invalid::unfit(key, bilingual!("{shown} cannot be read: {error}"; "{shown} 无法读取：{error}"))
    })
}

impl fmt::Debug for SecretRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "{{ env = {name:?} }}"),
            Self::File(path) => write!(f, "{{ file = {path:?} }}"),
            Self::Inline(_) => f.write_str("***"),
        }
    }
}

impl<'de> Deserialize<'de> for SecretRef {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Form {
            Text(String),
            Table(Table),
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Table {
            env: Option<String>,
            file: Option<PathBuf>,
        }
        const EXPECTED: Bilingual = Bilingual::fixed(
            "expected { env = \"NAME\" } or { file = \"PATH\" }",
            "应为 { env = \"名称\" } 或 { file = \"路径\" }",
        );
        // The value is never repeated in the error: it may be the secret.
        match Form::deserialize(from).map_err(|_| serde::de::Error::custom(EXPECTED))? {
            Form::Text(text) if text.is_empty() => Err(serde::de::Error::custom(EXPECTED)),
            Form::Text(text) => Ok(Self::Inline(Secret::new(text))),
            Form::Table(Table { env: Some(name), file: None }) => Ok(Self::Env(name)),
            Form::Table(Table { env: None, file: Some(path) }) => Ok(Self::File(path)),
            Form::Table(_) => Err(serde::de::Error::custom(EXPECTED)),
        }
    }
}

//! Where in the file something is wrong, said without repeating a value: it may be a secret.

use crate::words::{field_of, without_value};
use std::{collections::BTreeSet, fmt};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// What is wrong with a configuration, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// `FILE:LINE:COLUMN`, as far as known; empty when not.
    pub place: String,
    /// The dotted key; empty when the file as a whole is at fault.
    pub key: String,
    /// What is wrong.
    pub message: String,
}

impl ConfigError {
    pub(crate) fn plain(message: impl Into<String>) -> Self {
        Self { place: String::new(), key: String::new(), message: message.into() }
    }

    pub(crate) fn unreadable(file: &str, error: &std::io::Error) -> Self {
        Self { place: file.into(), key: String::new(), message: format!("cannot be read: {error}") }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in [&self.place, &self.key] {
            if !part.is_empty() {
                write!(f, "{part}: ")?;
            }
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for ConfigError {}

/// The file's text with the places of its keys.
pub(crate) struct Source<'a> {
    text: &'a str,
    file: Option<&'a str>,
    keys: Spanned<DeTable<'a>>,
}

impl<'a> Source<'a> {
    pub(crate) fn read(text: &'a str, file: Option<&'a str>) -> Result<Self, ConfigError> {
        let keys = DeTable::parse(text).map_err(|error| syntax(text, file, &error))?;
        Ok(Self { text, file, keys })
    }

    pub(crate) fn syntax(&self, error: &toml::de::Error) -> ConfigError {
        syntax(self.text, self.file, error)
    }

    /// An error at a dotted key. A key that came from the environment is said to.
    pub(crate) fn at(&self, path: &str, message: &str, from_env: &BTreeSet<String>) -> ConfigError {
        let key = field_of(path, message);
        let place = if from_env.contains(&key) {
            format!("environment variable HONGYAN_{}", key.replace('.', "_").to_uppercase())
        } else {
            self.find(&key)
                .map_or_else(|| self.file.unwrap_or_default().to_owned(), |offset| place(self.text, self.file, offset))
        };
        ConfigError { place, key, message: without_value(message) }
    }

    /// The offset of a key, or of the last table on the way to it.
    fn find(&self, key: &str) -> Option<usize> {
        let mut table = self.keys.get_ref();
        let mut found = None;
        for part in key.split('.').map(|part| part.split('[').next().unwrap_or(part)) {
            let Some((name, value)) = table.iter().find(|(name, _)| name.get_ref().as_ref() == part) else { break };
            found = Some(name.span().start);
            match value.get_ref() {
                DeValue::Table(inner) => table = inner,
                _ => break,
            }
        }
        found
    }
}

fn syntax(text: &str, file: Option<&str>, error: &toml::de::Error) -> ConfigError {
    let place = error.span().map_or_else(String::new, |span| place(text, file, span.start));
    ConfigError { place, key: String::new(), message: without_value(error.message()) }
}

fn place(text: &str, file: Option<&str>, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{}:{line}:{column}", file.unwrap_or("configuration"))
}

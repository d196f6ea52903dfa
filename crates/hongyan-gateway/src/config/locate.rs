//! Where in the file something is wrong: key, line and value, but never the value of a key that may hold a secret.

use super::encoding::NotUtf8;
use crate::words::{field_of, named_field, without_value};
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
    /// The same in Chinese, where it is said in Chinese.
    pub message_zh: Option<&'static str>,
}

impl ConfigError {
    pub(crate) fn plain(message: impl Into<String>) -> Self {
        Self { place: String::new(), key: String::new(), message: message.into(), message_zh: None }
    }

    pub(crate) fn unreadable(file: &str, error: &std::io::Error) -> Self {
        let message_zh = Some("无法读取配置文件");
        Self { place: file.into(), message_zh, ..Self::plain(format!("cannot be read: {error}")) }
    }

    pub(crate) fn encoding(file: &str, wrong: &NotUtf8) -> Self {
        let place = wrong.line().map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"));
        Self { place, message_zh: Some(wrong.zh()), ..Self::plain(wrong.to_string()) }
    }

    /// In Chinese, as far as it is said in Chinese; place and key as they are.
    #[must_use]
    pub fn zh(&self) -> String {
        let place =
            [&self.place, &self.key].map(|part| if part.is_empty() { String::new() } else { format!("{part}:") });
        format!(
            "{}{}",
            place.concat(),
            self.message_zh.map_or_else(|| format!("配置有误：{}", self.message), str::to_owned)
        )
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
        // The value of a key that nobody knows may be a secret with a slip in its name.
        let known = named_field(message).is_none() && !from_env.contains(&key);
        let mut message = without_value(message).split_whitespace().collect::<Vec<_>>().join(" ");
        if let Some(value) = self.value(&key).filter(|_| known) {
            message.push_str(&format!("; it is {value}"));
        }
        ConfigError { place, key, ..ConfigError::plain(message) }
    }

    /// What a key's value is in the file, when it is one line and can hold no secret: of an account no text is repeated,
    /// whatever its key, since a secret is easily pasted one line too high.
    fn value(&self, key: &str) -> Option<&str> {
        const LONGEST: usize = 60;
        let of_an_account = key.starts_with("accounts.");
        let mut table = self.keys.get_ref();
        let mut parts = key.split('.').peekable();
        while let Some(part) = parts.next() {
            let (_, value) = table.iter().find(|(name, _)| name.get_ref().as_ref() == part)?;
            match value.get_ref() {
                DeValue::Table(inner) => table = inner,
                _ if parts.peek().is_some() || may_be_secret(part) => return None,
                DeValue::Array(_) => return None,
                DeValue::String(_) if of_an_account => return None,
                _ => return self.text.get(value.span()).filter(|text| text.len() <= LONGEST && !text.contains('\n')),
            }
        }
        None
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

/// Keys of which no value is ever repeated: secrets, and addresses that may hold one.
fn may_be_secret(key: &str) -> bool {
    ["secret", "password", "token", "key", "proxy", "url"].iter().any(|word| key.contains(word)) && key != "base_url"
}

fn syntax(text: &str, file: Option<&str>, error: &toml::de::Error) -> ConfigError {
    let start = error.span().map(|span| span.start);
    let (offset, message, message_zh) = match start.and_then(|start| full_width(text, start)) {
        Some((offset, character)) => {
            let message = format!("{character} is a Chinese punctuation mark: the file needs the ASCII one");
            (Some(offset), message, Some("此处用了中文标点（引号、等号、逗号或括号）：请改为英文半角符号"))
        }
        None => (start, without_value(error.message()), None),
    };
    let place = offset.map_or_else(String::new, |offset| place(text, file, offset));
    ConfigError { place, message_zh, ..ConfigError::plain(message) }
}

/// A mark of Chinese typing outside of ASCII quotes, in the line in which reading failed or the one before it: an input
/// method leaves them where TOML wants ASCII.
fn full_width(text: &str, failed: usize) -> Option<(usize, char)> {
    let line = |offset: usize| text.get(..offset).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let this = line(failed.min(text.len()));
    [this, line(this.saturating_sub(1))].into_iter().find_map(|start| {
        let mut quote = None;
        for (offset, character) in text[start..].char_indices().take_while(|(_, character)| *character != '\n') {
            match (quote, character) {
                (None, '#') => return None,
                (None, '"' | '\'') => quote = Some(character),
                (Some(open), character) if open == character => quote = None,
                (
                    None,
                    '“' | '”' | '‘' | '’' | '＝' | '，' | '：' | '【' | '】' | '「' | '」' | '｛' | '｝' | '［' | '］',
                ) => {
                    return Some((start + offset, character));
                }
                _ => {}
            }
        }
        None
    })
}

fn place(text: &str, file: Option<&str>, offset: usize) -> String {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("{}:{line}:{column}", file.unwrap_or("configuration"))
}

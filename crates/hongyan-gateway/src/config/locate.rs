//! Where in the file something is wrong: key, line and value, but never the value of a key that may hold a secret.

use super::encoding::NotUtf8;
use hongyan_endpoint::{Bilingual, Flaw, Invalid, bilingual};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
};
use toml::de::{DeTable, DeValue};

/// What is wrong with a configuration, and where.
///
/// Written with `{}` it is English, with `{:#}` Chinese; a line for each thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// `FILE:LINE:COLUMN`, as far as known, or a variable of the environment; empty when not.
    pub place: Bilingual,
    /// The dotted key; empty when the file as a whole is at fault.
    pub key: String,
    /// What is wrong.
    pub text: Bilingual,
    /// What else is wrong in the same configuration.
    pub others: Vec<ConfigError>,
}

const NOWHERE: Bilingual = Bilingual::fixed("", "");

fn written(place: String) -> Bilingual {
    Bilingual::from((place.clone(), place))
}

impl ConfigError {
    pub(crate) fn plain(text: impl Into<Bilingual>) -> Self {
        Self { place: NOWHERE, key: String::new(), text: text.into(), others: Vec::new() }
    }

    pub(crate) fn unreadable(file: &str, error: &std::io::Error) -> Self {
        Self {
            place: written(file.into()),
            ..Self::plain(bilingual!("cannot be read: {error}"; "无法读取配置文件：{error}"))
        }
    }

    pub(crate) fn encoding(file: &str, wrong: &NotUtf8) -> Self {
        let place = wrong.line().map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"));
        Self { place: written(place), ..Self::plain((wrong.to_string(), wrong.zh())) }
    }

    /// The first of them, with the others behind it.
    pub(crate) fn all(errors: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut errors = errors.into_iter();
        let first = errors.next()?;
        Some(Self { others: errors.collect(), ..first })
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let in_chinese = f.alternate();
        let (place, text) = if in_chinese { (&self.place.zh, &self.text.zh) } else { (&self.place.en, &self.text.en) };
        for part in [place.as_ref(), &self.key].into_iter().filter(|part| !part.is_empty()) {
            write!(f, "{part}{}", if in_chinese { "：" } else { ": " })?;
        }
        f.write_str(text)?;
        for other in &self.others {
            f.write_str("\n")?;
            other.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Where each key stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Places {
    file: String,
    keys: BTreeMap<String, Place>,
    /// Keys that the environment has set.
    from_env: BTreeSet<String>,
}

#[derive(Debug, Clone)]
struct Place {
    /// `FILE:LINE:COLUMN`.
    at: String,
    /// The value, where it may be repeated.
    value: Option<String>,
}

impl Places {
    /// Reads a file's text.
    ///
    /// # Errors
    /// It is no TOML.
    pub(crate) fn read(text: &str, file: Option<&str>) -> Result<Self, ConfigError> {
        let table = DeTable::parse(text).map_err(|error| syntax(text, file, &error))?;
        let mut keys = BTreeMap::new();
        each(table.get_ref(), "", &mut |key, span, value| {
            let value = repeatable(text, &key, value);
            keys.insert(key, Place { at: place(text, file, span.start), value });
        });
        Ok(Self { file: file.unwrap_or_default().into(), keys, from_env: BTreeSet::new() })
    }

    /// The same, with the keys that the environment has set since.
    pub(crate) fn with_env(self, from_env: BTreeSet<String>) -> Self {
        Self { from_env, ..self }
    }

    /// Where a key stands, or the last table on the way to it.
    pub(crate) fn of(&self, key: &str) -> Bilingual {
        if self.from_env.contains(key) {
            let name = format!("HONGYAN_{}", key.replace('.', "_").to_uppercase());
            return bilingual!("environment variable {name}"; "环境变量 {name}");
        }
        let mut rest = Some(key);
        while let Some(key) = rest {
            if let Some(place) = self.keys.get(key) {
                return written(place.at.clone());
            }
            rest = key.rfind(['.', '[']).map(|end| &key[..end]);
        }
        written(self.file.clone())
    }

    /// What is wrong, with place, key and value. The value of a key that there is not may be a secret with a slip in
    /// its name.
    pub(crate) fn wrong(&self, invalid: &Invalid) -> ConfigError {
        let Invalid { field: key, flaw } = invalid;
        let mut text = flaw.text();
        let value = self.keys.get(key).and_then(|place| place.value.as_deref());
        if let Some(value) = value.filter(|_| *flaw != Flaw::Unknown && !self.from_env.contains(key)) {
            let Bilingual { en, zh } = text;
            text = bilingual!("{en}; it is {value}"; "{zh}；现为 {value}");
        }
        ConfigError { place: self.of(key), key: key.clone(), ..ConfigError::plain(text) }
    }
}

/// Every key of a table and of those in it, with its path, its place and its value.
fn each(table: &DeTable<'_>, above: &str, see: &mut impl FnMut(String, Range<usize>, (&DeValue<'_>, Range<usize>))) {
    for (name, value) in table {
        let dot = if above.is_empty() { "" } else { "." };
        let key = format!("{above}{dot}{}", name.get_ref());
        if let DeValue::Table(inner) = value.get_ref() {
            each(inner, &key, see);
        }
        see(key, name.span(), (value.get_ref(), value.span()));
    }
}

/// A value as it stands, when it is one short line and can hold no secret. Of an account only a few characters are
/// repeated, whatever the key: a secret, which is longer, is easily pasted one line too high.
fn repeatable(text: &str, key: &str, (value, span): (&DeValue<'_>, Range<usize>)) -> Option<String> {
    const LONGEST: usize = 60;
    const LONGEST_OF_AN_ACCOUNT: usize = 12;
    let own = key.rsplit('.').next().unwrap_or(key);
    let longest = match value {
        DeValue::Table(_) | DeValue::Array(_) => return None,
        _ if may_be_secret(own) => return None,
        DeValue::String(_) if key.starts_with("accounts.") => LONGEST_OF_AN_ACCOUNT,
        _ => LONGEST,
    };
    text.get(span).filter(|text| text.len() <= longest && !text.contains('\n')).map(str::to_owned)
}

/// Keys of which no value is ever repeated: secrets, and addresses that may hold one.
fn may_be_secret(key: &str) -> bool {
    ["secret", "password", "token", "key", "proxy", "url"].iter().any(|word| key.contains(word)) && key != "base_url"
}

pub(crate) fn syntax(text: &str, file: Option<&str>, error: &toml::de::Error) -> ConfigError {
    let span = error.span();
    let start = span.as_ref().map(|span| span.start);
    let at = |offset: Option<usize>| offset.map_or(NOWHERE, |offset| written(place(text, file, offset)));
    if let Some(key) = span.and_then(|span| repeated(text, span)) {
        return ConfigError { place: at(start), key, ..ConfigError::plain(Flaw::Repeated.text()) };
    }
    match start.and_then(|start| full_width(text, start)) {
        Some((offset, mark)) => {
            let text = bilingual!(
                "{mark} is a Chinese punctuation mark: the file needs the ASCII one";
                "{mark} 是中文标点：请改为英文半角符号"
            );
            ConfigError { place: at(Some(offset)), ..ConfigError::plain(text) }
        }
        None => {
            let said = error.message();
            let text = bilingual!("{said}"; "此处不合 TOML 语法（解析器的说明：{said}）");
            ConfigError { place: at(start), ..ConfigError::plain(text) }
        }
    }
}

/// The path of the key at which reading failed, when it is one that its table has already: under another name, it
/// can be read.
fn repeated(text: &str, span: Range<usize>) -> Option<String> {
    const FRESH: &str = "hongyan-has-read-no-such-key";
    let name = text.get(span.clone())?.trim().trim_matches(['"', '\'']);
    let is_bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let (before, behind) = (text.get(..span.start)?, text.get(span.end..)?);
    if name.is_empty()
        || !name.chars().all(is_bare)
        || !behind.trim_start_matches([' ', '\t']).starts_with(['=', '.', ']'])
    {
        return None;
    }
    let renamed = format!("{before}{FRESH}{behind}");
    match DeTable::parse(&renamed) {
        Ok(table) => {
            let mut path = None;
            each(table.get_ref(), "", &mut |key, _, _| {
                if let Some(above) = key.strip_suffix(FRESH) {
                    path = Some(format!("{above}{name}"));
                }
            });
            path
        }
        // Something else is wrong further down.
        Err(error) => error.span().is_some_and(|at| at.start > span.start + FRESH.len()).then(|| name.to_owned()),
    }
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

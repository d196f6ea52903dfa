//! The configuration: one TOML file over the embedded defaults, with the environment on top.
//!
//! [`Config::load`] reads the file and nothing else; [`Config::check`] looks at the world (secrets, paths).
//! `config.default.toml` is the manual and the defaults: no default stands in code.

mod check;
mod encoding;
mod locate;
mod repair;

pub use check::{Finding, Severity};
pub use locate::ConfigError;

use hongyan_channel::{Account, AccountConfig};
use hongyan_compat::{FacadeConfig, OfficialConfig};
use hongyan_endpoint::{Bilingual, Flaw, Invalid, bilingual, typed};
use hongyan_intake::{RouteConfig, TemplateConfig};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The defaults, as text.
pub const DEFAULTS: &str = include_str!("../../config.default.toml");
/// The configuration file that is found without being named: in the working directory.
pub const NEARBY: &str = "hongyan.toml";
/// Sections whose scalar keys the environment can set.
const ENV_SECTIONS: [&str; 4] = ["server", "store", "log", "official"];

/// Callers give up by then.
const LONGEST_WAIT_MS: u64 = 60_000;

/// Everything that is configured.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[server]`.
    pub server: ServerConfig,
    /// `[store]`.
    pub store: StoreConfig,
    /// `[log]`.
    pub log: LogConfig,
    /// `[official]`.
    pub official: OfficialConfig,
    /// `[facade]`.
    pub facade: FacadeConfig,
    /// `[accounts.NAME]`; read apart.
    #[serde(skip)]
    pub accounts: BTreeMap<String, AccountConfig>,
    /// `[routes.NAME]`.
    #[serde(default)]
    pub routes: BTreeMap<String, RouteConfig>,
    /// `[templates.NAME]`.
    #[serde(default)]
    pub templates: BTreeMap<String, TemplateConfig>,
    /// Where it all stands.
    #[serde(skip)]
    places: locate::Places,
}

/// How the gateway is reached.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Address and port.
    #[serde(deserialize_with = "address")]
    pub listen: SocketAddr,
    /// Largest body of one message.
    pub max_body_bytes: usize,
    /// Largest body of a batch.
    pub max_batch_bytes: usize,
    /// Largest file, inside a message or handed in beside it.
    pub max_file_bytes: usize,
    /// Connections open at once.
    pub max_connections: usize,
    /// For a request's head, in milliseconds.
    pub header_timeout_ms: u64,
    /// For a request's body, in milliseconds.
    pub body_timeout_ms: u64,
    /// Without progress of an answer, in milliseconds.
    pub write_timeout_ms: u64,
    /// Bytes of large bodies that are in memory at once.
    pub max_held_bytes: usize,
    /// For a stop, in milliseconds.
    pub stop_timeout_ms: u64,
    /// Whether `/metrics` needs no key.
    pub open_metrics: bool,
}

/// Where messages are kept.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoreConfig {
    /// `sqlite:PATH`.
    pub url: String,
    /// The configuration file's folder, to which a relative path belongs; empty: the working directory.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Days after which settled messages, and files that no message names any more, are forgotten; 0 for never.
    pub keep_days: u32,
    /// Bytes of files that are kept at most.
    pub max_files_bytes: u64,
}

impl StoreConfig {
    /// The file behind `sqlite:PATH` (or `sqlite://PATH`); a relative one lies beside the configuration file.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        Some(self.folder.join(self.written()?))
    }

    /// The path as it is written.
    fn written(&self) -> Option<&Path> {
        let path = self.url.strip_prefix("sqlite:")?;
        let path = path.strip_prefix("//").unwrap_or(path);
        (!path.is_empty()).then(|| Path::new(path))
    }

    /// A store that an earlier version made in `working`, the working directory, when there is none at
    /// [`Self::path`]: to start with an empty one would hide all that is in it.
    #[must_use]
    pub fn left_behind(&self, working: &Path) -> Option<PathBuf> {
        let old = working.join(self.written()?);
        (old.is_file() && !self.path()?.exists()).then_some(old)
    }
}

/// What is logged.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// From this level on.
    pub level: LogLevel,
    /// In this form.
    pub format: LogFormat,
}

/// How much is logged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Nothing.
    Off,
    /// What needs somebody.
    Error,
    /// What may need somebody.
    Warn,
    /// Starts, stops, changes.
    Info,
    /// Requests and calls.
    Debug,
    /// Everything.
    Trace,
}

impl LogLevel {
    /// As in the file, and as a filter directive.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }
}

/// The form of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For programs.
    Json,
}

fn address<'de, D: serde::Deserializer<'de>>(from: D) -> Result<SocketAddr, D::Error> {
    String::deserialize(from)?.parse().map_err(|_| {
        serde::de::Error::custom(Bilingual::fixed(
            "expected an address and a port, such as 127.0.0.1:7300",
            "应为地址和端口，如 127.0.0.1:7300",
        ))
    })
}

impl Config {
    /// Reads the file (none: the defaults alone) and lays the environment over it. Opens nothing else.
    ///
    /// `env` is the process's environment; only names that begin with `HONGYAN_SERVER_`, `HONGYAN_STORE_` or
    /// `HONGYAN_LOG_` are looked at, and those must be keys.
    ///
    /// # Errors
    /// [`ConfigError`] with file, line and column where there is one, of everything that could be found at once.
    pub fn load(path: Option<&Path>, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigError> {
        let Some(path) = path else { return Self::parse("", None, env) };
        let shown = path.display().to_string();
        let bytes = std::fs::read(path).map_err(|e| ConfigError::unreadable(&shown, &e))?;
        let text = encoding::text(&bytes).map_err(|wrong| ConfigError::encoding(&shown, &wrong))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::read(text, Some(&shown), folder, env)
    }

    /// The configuration file to read: the one that was named, else [`NEARBY`] where there is one.
    #[must_use]
    pub fn find(named: Option<&Path>) -> Option<PathBuf> {
        let nearby = || Some(PathBuf::from(NEARBY)).filter(|path| path.is_file());
        named.map(Path::to_path_buf).or_else(nearby)
    }

    /// As [`Self::load`], from text; `file` is the name for errors.
    ///
    /// # Errors
    /// [`ConfigError`] as of [`Self::load`]: a text that is no TOML, a key that there is not, a value of a wrong type or out of
    /// its range, a name that leads nowhere.
    pub fn parse(
        text: &str,
        file: Option<&str>,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        Self::read(text, file, Path::new(""), env)
    }

    fn read(
        text: &str,
        file: Option<&str>,
        folder: &Path,
        env: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let places = locate::Places::read(text, file)?;
        let mut merged: toml::Table = DEFAULTS.parse().map_err(|e| locate::syntax(DEFAULTS, None, &e))?;
        let defaults = merged.clone();
        let given: toml::Table = text.parse().map_err(|e| locate::syntax(text, file, &e))?;
        merge(&mut merged, given);
        let places = places.with_env(overlay(&mut merged, &defaults, env)?);
        if let Some(accounts) = merged.get_mut("accounts") {
            anchor(accounts, folder);
        }
        let mut wrong = Vec::new();
        let config = Self::typed(&merged, &defaults, &mut wrong);
        let wrong = ConfigError::all(wrong.iter().map(|invalid| places.wrong(invalid)));
        let mut config = match (config, wrong) {
            (Some(config), None) => config,
            (_, wrong) => return Err(wrong.unwrap_or_else(|| ConfigError::plain(Flaw::NoObject.text()))),
        };
        config.store.folder = folder.to_path_buf();
        config.places = places;
        config.validate().map_err(|invalid| config.places.wrong(&invalid))?;
        Ok(config)
    }

    /// Reads the tables; `None` where something is wrong that nothing stands in for.
    fn typed(given: &toml::Table, defaults: &toml::Table, wrong: &mut Vec<Invalid>) -> Option<Self> {
        let json = |table: &toml::Table| serde_json::to_value(table).unwrap_or_default();
        let (mut sections, defaults) = (json(given), json(defaults));
        let accounts = sections.as_object_mut().and_then(|sections| sections.remove("accounts"));
        let config = repair::read(sections, &defaults, typed::<Self>, wrong);
        let mut read = BTreeMap::new();
        let accounts = accounts.map_or_else(|| Ok(Map::new()), typed::<Map<String, Value>>);
        let accounts = accounts.map_err(|invalid| wrong.push(invalid.within("accounts"))).unwrap_or_default();
        for (name, account) in accounts {
            let mut of_account = Vec::new();
            let of = |account| typed::<Map<String, Value>>(account).and_then(AccountConfig::read);
            if let Some(account) = repair::read(account, &Value::Null, of, &mut of_account) {
                read.insert(name.clone(), account);
            }
            wrong.extend(of_account.into_iter().map(|invalid| invalid.within(&name).within("accounts")));
        }
        Some(Self { accounts: read, ..config? })
    }

    /// What can be said without touching anything.
    fn validate(&self) -> Result<(), Invalid> {
        let unfit = |key: &str, en: &'static str, zh: &'static str| Err(Invalid::unfit(key, Bilingual::fixed(en, zh)));
        if self.store.url.starts_with("postgres:") || self.store.url.starts_with("postgresql:") {
            return unfit(
                "store.url",
                "PostgreSQL is not in this version: use sqlite:PATH",
                "此版本不支持 PostgreSQL：请用 sqlite:路径",
            );
        }
        if self.store.path().is_none() {
            return unfit("store.url", "expected sqlite:PATH", "应写作 sqlite:路径");
        }
        let server = &self.server;
        for (key, zero) in [
            ("max_body_bytes", server.max_body_bytes == 0),
            ("max_batch_bytes", server.max_batch_bytes == 0),
            ("max_file_bytes", server.max_file_bytes == 0),
            ("max_connections", server.max_connections == 0),
            ("header_timeout_ms", server.header_timeout_ms == 0),
            ("body_timeout_ms", server.body_timeout_ms == 0),
            ("write_timeout_ms", server.write_timeout_ms == 0),
            ("max_held_bytes", server.max_held_bytes == 0),
        ] {
            if zero {
                return unfit(&format!("server.{key}"), "has to be greater than 0", "须大于 0");
            }
        }
        if self.store.max_files_bytes < server.max_file_bytes as u64 {
            return unfit(
                "store.max_files_bytes",
                "has to be at least server.max_file_bytes",
                "不能小于 server.max_file_bytes",
            );
        }
        for name in self.accounts.keys() {
            check_name("accounts", name)?;
        }
        if self.official.wait_ms > LONGEST_WAIT_MS {
            let why = bilingual!("is more than {LONGEST_WAIT_MS}"; "超过 {LONGEST_WAIT_MS}");
            return Err(Invalid::unfit("official.wait_ms", why));
        }
        if let Some(name) = &self.facade.account {
            let wrong = |why: Bilingual| Err(Invalid::unfit("facade.account", why));
            match self.accounts.get(name).map(AccountConfig::channel_name) {
                Some("dingtalk") => {}
                Some(channel) => {
                    return wrong(bilingual!(
                        "account {name} is of channel {channel}, not dingtalk";
                        "账号 {name} 属于 {channel} 渠道，而非 dingtalk"
                    ));
                }
                None => return wrong(bilingual!("no account is called {name}"; "没有名为 {name} 的账号")),
            }
        }
        for (name, route) in &self.routes {
            check_name("routes", name)?;
            if route.via.is_empty() {
                return unfit(&format!("routes.{name}.via"), "names no account", "未指明账号");
            }
            if let Some(missing) = route.via.iter().find(|account| !self.accounts.contains_key(*account)) {
                let why = bilingual!("no account is called {missing:?}"; "没有名为 {missing:?} 的账号");
                return Err(Invalid::unfit(format!("routes.{name}.via"), why));
            }
        }
        for (name, template) in &self.templates {
            check_name("templates", name)?;
            template.validate().map_err(|invalid| invalid.within(name).within("templates"))?;
        }
        Ok(())
    }

    /// Reads the secrets and makes the accounts. Opens no connection.
    ///
    /// # Errors
    /// [`ConfigError`] naming the account.
    pub fn open_accounts(&self) -> Result<BTreeMap<Arc<str>, Account>, ConfigError> {
        self.accounts
            .iter()
            .map(|(name, account)| match account.open(name) {
                Ok(account) => Ok((Arc::from(name.as_str()), account)),
                Err(invalid) => Err(self.places.wrong(&invalid.within(name).within("accounts"))),
            })
            .collect()
    }

    /// Looks at what the configuration points to: secrets, accounts, the store's folder, the address.
    #[must_use]
    pub fn check(&self) -> Vec<Finding> {
        check::check(self)
    }
}

/// Names travel in paths, metrics and the command line.
fn check_name(section: &str, name: &str) -> Result<(), Invalid> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if (1..=64).contains(&name.len()) && name.chars().all(fits) {
        Ok(())
    } else {
        let why = Bilingual::fixed(
            "a name has 1 to 64 letters, digits, - _ or .",
            "名称由 1 至 64 个字母、数字、-、_ 或 . 组成",
        );
        Err(Invalid::unfit(format!("{section}.{name}"), why))
    }
}

/// Keys of accounts whose value is a file's path.
const PATHS: [&str; 4] = ["ca_file", "client_cert", "client_key", "file"];

/// Makes relative paths of accounts (certificates, `{ file = … }`) those of files beside the configuration.
fn anchor(value: &mut toml::Value, folder: &Path) {
    let toml::Value::Table(table) = value else { return };
    for (key, value) in table.iter_mut() {
        match value {
            toml::Value::String(path) if PATHS.contains(&key.as_str()) => {
                *path = folder.join(&*path).display().to_string();
            }
            value => anchor(value, folder),
        }
    }
}

/// Lays `over` over `base`, table by table.
fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(below)), toml::Value::Table(above)) => merge(below, above),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Sets keys from the environment, with the type that the default has. Returns the keys that were set.
fn overlay(
    merged: &mut toml::Table,
    defaults: &toml::Table,
    env: impl IntoIterator<Item = (String, String)>,
) -> Result<BTreeSet<String>, ConfigError> {
    let mut set = BTreeSet::new();
    for (name, text) in env {
        let Some((section, key)) = ENV_SECTIONS.iter().find_map(|section| {
            let key = name.strip_prefix("HONGYAN_")?.strip_prefix(&section.to_uppercase())?.strip_prefix('_')?;
            Some((*section, key.to_lowercase()))
        }) else {
            continue;
        };
        let default = defaults.get(section).and_then(|s| s.get(&key));
        let wrong = |en, zh| ConfigError {
            place: bilingual!("environment variable {name}"; "环境变量 {name}"),
            ..ConfigError::plain((en, zh))
        };
        let value = match default {
            None => return Err(wrong("there is no such key", "没有这个配置项")),
            Some(toml::Value::Integer(_)) => {
                toml::Value::Integer(text.parse().map_err(|_| wrong("expected a whole number", "应为整数"))?)
            }
            Some(toml::Value::Boolean(_)) => {
                toml::Value::Boolean(text.parse().map_err(|_| wrong("expected true or false", "应为 true 或 false"))?)
            }
            Some(_) => toml::Value::String(text),
        };
        // A section that is not a table is left for the deserializer to name.
        if let Some(toml::Value::Table(table)) = merged.get_mut(section) {
            table.insert(key.clone(), value);
            set.insert(format!("{section}.{key}"));
        }
    }
    Ok(set)
}

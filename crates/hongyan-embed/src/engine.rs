//! All that a host program calls, with its settings.

use crate::{
    EngineError, HttpArguments, Kind, LedgerRow, MailArguments, ledger, message,
    runtime::{Own, Shared},
    settings::{KeySource, Settings, read_switch},
};
use hongyan_client::Gateway;
use hongyan_functions::{Functions, HttpMethod, HttpResult, MailResult, Profile};
use hongyan_net::Secret;
use serde_json::Value;
use std::{
    fmt, fs,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// The functions and the gateway as one host sees them: a connection of a database, or a handle of a C program.
///
/// Blocking, and fit for any thread. After a fork the child's first call makes everything anew.
pub struct Engine {
    settings: Mutex<Full>,
    /// Made of the settings when first needed.
    functions: Own<Arc<Functions>>,
    gateway: Own<Gateway>,
    /// Last, so that what it drives has gone before it.
    runtime: Own<Arc<Shared>>,
}

struct Full {
    settings: Settings,
    profile: Profile,
    servers: Vec<(String, String, Option<u16>)>,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("settings", &self.full().settings).finish_non_exhaustive()
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}

impl Engine {
    /// With the safe profile, and the gateway and key of the environment. Opens nothing, starts nothing.
    #[must_use]
    pub fn new() -> Self {
        let settings = Settings::from_environment();
        let full = Full { settings, profile: Profile::safe(), servers: Vec::new() };
        Self { settings: Mutex::new(full), functions: Own::new(), gateway: Own::new(), runtime: Own::new() }
    }

    /// With the settings of a JSON object, such as `{"gateway": "http://127.0.0.1:7300", "key_file": "key"}`. An empty
    /// text is an empty object.
    ///
    /// # Errors
    /// [`Kind::Argument`] for what is no setting.
    pub fn with_options(json: &str) -> Result<Self, EngineError> {
        let engine = Self::new();
        if json.trim().is_empty() {
            return Ok(engine);
        }
        let options: serde_json::Map<String, Value> = serde_json::from_str(json).map_err(|error| {
            let (line, column) = (error.line(), error.column());
            EngineError::argument(format!(
                "the options are no JSON object: line {line}, column {column} · 选项须为 JSON 对象"
            ))
        })?;
        for (name, value) in options {
            match value {
                // In memory alone, unlike a setting by SQL.
                Value::String(text) if name == "key" => {
                    engine.full().settings.key = KeySource::Given(Secret::new(text.trim()));
                }
                Value::String(text) => engine.set(&name, &text)?,
                Value::Bool(_) | Value::Number(_) => engine.set(&name, &value.to_string())?,
                _ => return Err(EngineError::argument(format!("the option {name} is no text, number, true or false"))),
            }
        }
        Ok(engine)
    }

    fn full(&self) -> MutexGuard<'_, Full> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes a setting: `gateway`, `key_file`, `profile` (`safe`, `compatible`), `timeout_ms`, `max_body_bytes`,
    /// `ca_file`, or a `dangerous_…` switch of [`Profile`].
    ///
    /// # Errors
    /// [`Kind::Argument`] for another name or value, [`Kind::Forbidden`] when `HONGYAN_LOCKED` is set.
    pub fn set(&self, name: &str, value: &str) -> Result<(), EngineError> {
        let mut full = self.full();
        if full.settings.locked {
            let message = "the settings are locked by HONGYAN_LOCKED: set them in the environment · 设置已锁定";
            return Err(EngineError::new(Kind::Forbidden, message));
        }
        full.set(name, value)?;
        drop(full);
        self.functions.reset();
        self.gateway.reset();
        Ok(())
    }

    /// What a setting is; a key never, only its file's name.
    ///
    /// # Errors
    /// [`Kind::Argument`] for another name.
    pub fn get(&self, name: &str) -> Result<String, EngineError> {
        self.full().get(name)
    }

    /// Whether a gateway's address and a key are set.
    #[must_use]
    pub fn has_gateway(&self) -> bool {
        let full = self.full();
        !full.settings.gateway.is_empty() && full.settings.key != KeySource::None
    }

    /// One of the HTTP functions. Any status is a result.
    ///
    /// # Errors
    /// [`EngineError`], when there is no answer.
    pub fn http(&self, method: HttpMethod, arguments: &HttpArguments<'_>) -> Result<HttpResult, EngineError> {
        let call = arguments.read(method)?;
        let functions = self.functions()?;
        self.runtime()?.wait(async move { functions.http(&call).await.map_err(EngineError::from) })
    }

    /// `sendEmail`.
    ///
    /// # Errors
    /// [`EngineError`], when the server has not taken the mail.
    pub fn send_email(&self, arguments: &MailArguments<'_>) -> Result<MailResult, EngineError> {
        let call = arguments.read()?;
        let functions = self.functions()?;
        self.runtime()?.wait(async move { functions.send_email(&call).await.map_err(EngineError::from) })
    }

    /// `emailSmtpConfig`: the server of a sender's domain, for this host's mails.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn email_smtp_config(&self, domain: &str, host: &str, port: Option<u16>) -> Result<(), EngineError> {
        self.functions()?.email_smtp_config(domain, host, port)?;
        let mut full = self.full();
        full.servers.retain(|(known, ..)| known != domain);
        full.servers.push((domain.to_owned(), host.to_owned(), port));
        Ok(())
    }

    /// Hands a message to the gateway; the same key with the same message is the same message.
    ///
    /// # Errors
    /// [`EngineError`]; after [`Kind::NoAnswer`] repeat it with the same key.
    pub fn submit(&self, message: &str, key: Option<&str>) -> Result<Value, EngineError> {
        let message = message::read_message(message)?;
        key.map_or(Ok(()), message::check_key)?;
        let key = key.map(str::to_owned);
        let gateway = self.gateway()?;
        self.runtime()?.wait(async move { gateway.submit(&message, key.as_deref()).await.map_err(EngineError::from) })
    }

    /// What the gateway says of a message.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn status(&self, id: &str) -> Result<Value, EngineError> {
        let (gateway, id) = (self.gateway()?, id.to_owned());
        self.runtime()?.wait(async move { gateway.status(&id).await.map_err(EngineError::from) })
    }

    /// The state of a message alone; `None` when the gateway knows no such message.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn state(&self, id: &str) -> Result<Option<String>, EngineError> {
        let (gateway, id) = (self.gateway()?, id.to_owned());
        self.runtime()?.wait(async move {
            match gateway.status(&id).await {
                Ok(message) => Ok(message["state"].as_str().map(str::to_owned)),
                Err(fault) if fault.kind == hongyan_client::Kind::Refused(404) => Ok(None),
                Err(fault) => Err(fault.into()),
            }
        })
    }

    /// The ledger of a message; empty when the gateway knows no such message.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn ledger(&self, id: &str) -> Result<Vec<LedgerRow>, EngineError> {
        let gateway = self.gateway()?;
        let asked = id.to_owned();
        self.runtime()?.wait(async move {
            match gateway.recipients(&asked).await {
                Ok(list) => Ok(ledger::rows(&asked, &list)),
                Err(fault) if fault.kind == hongyan_client::Kind::Refused(404) => Ok(Vec::new()),
                Err(fault) => Err(fault.into()),
            }
        })
    }

    fn runtime(&self) -> Result<Arc<Shared>, EngineError> {
        self.runtime.get(Shared::get)
    }

    fn functions(&self) -> Result<Arc<Functions>, EngineError> {
        self.functions.get(|| {
            let full = self.full();
            let functions = Functions::new(full.profile.clone());
            for (domain, host, port) in &full.servers {
                functions.email_smtp_config(domain, host, *port)?;
            }
            Ok(Arc::new(functions))
        })
    }

    fn gateway(&self) -> Result<Gateway, EngineError> {
        self.gateway.get(|| {
            let full = self.full();
            if full.settings.gateway.is_empty() {
                let message = "no gateway is set: set HONGYAN_GATEWAY, or the setting gateway · 未设置网关地址";
                return Err(EngineError::new(Kind::Settings, message));
            }
            Ok(Gateway::new(&full.settings.gateway, full.settings.read_key()?))
        })
    }
}

impl Full {
    fn set(&mut self, name: &str, value: &str) -> Result<(), EngineError> {
        let number = || {
            let wrong = |_| EngineError::argument(format!("{name} is a whole number from 1 · {name} 须为正整数"));
            value.trim().parse::<std::num::NonZeroU32>().map_err(wrong)
        };
        match name {
            "gateway" => value.trim().clone_into(&mut self.settings.gateway),
            "key_file" => {
                self.settings.key = match value.trim() {
                    "" => KeySource::None,
                    path => KeySource::File(path.to_owned()),
                }
            }
            "profile" => {
                let (timeout_ms, max_body_bytes) = (self.profile.timeout_ms, self.profile.max_body_bytes);
                let ca_pem = self.profile.ca_pem.take();
                self.profile = match value {
                    "safe" => Profile::safe(),
                    "compatible" => Profile::compatible(),
                    _ => {
                        return Err(EngineError::argument(
                            "profile is safe or compatible · profile 须为 safe 或 compatible",
                        ));
                    }
                };
                self.profile = Profile { timeout_ms, max_body_bytes, ca_pem, ..self.profile.clone() };
            }
            "timeout_ms" => self.profile.timeout_ms = u64::from(number()?.get()),
            "max_body_bytes" => self.profile.max_body_bytes = usize::try_from(number()?.get()).unwrap_or(usize::MAX),
            "ca_file" => {
                self.settings.ca_file = value.trim().to_owned();
                self.profile.ca_pem = match value.trim() {
                    "" => None,
                    path => Some(fs::read_to_string(path).map_err(|error| {
                        EngineError::new(
                            Kind::Settings,
                            format!("the file {path} cannot be read: {error} · 无法读取文件"),
                        )
                    })?),
                };
            }
            "key" => {
                let message = "a key does not belong into SQL or options, which are logged: set HONGYAN_KEY, or \
                               key_file · 请勿在 SQL 或选项中书写密钥";
                return Err(EngineError::argument(message));
            }
            _ => {
                let on = read_switch(name, value);
                if !self.profile.set(name, matches!(on, Ok(true))) {
                    return Err(unknown(name));
                }
                on?;
            }
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Result<String, EngineError> {
        Ok(match name {
            "gateway" => self.settings.gateway.clone(),
            "key_file" => match &self.settings.key {
                KeySource::File(path) => path.clone(),
                KeySource::None | KeySource::Variable | KeySource::Given(_) => String::new(),
            },
            "profile" => match self.profile.dangers().count() {
                0 => "safe".into(),
                n if n == hongyan_functions::SWITCHES.len() => "compatible".into(),
                _ => "mixed".into(),
            },
            "ca_file" => self.settings.ca_file.clone(),
            "timeout_ms" => self.profile.timeout_ms.to_string(),
            "max_body_bytes" => self.profile.max_body_bytes.to_string(),
            _ => {
                let switch = hongyan_functions::Switch::find(name).ok_or_else(|| unknown(name))?;
                if (switch.get)(&self.profile) { "on".into() } else { "off".into() }
            }
        })
    }
}

fn unknown(name: &str) -> EngineError {
    let switches: Vec<&str> = hongyan_functions::SWITCHES.iter().map(|switch| switch.name).collect();
    EngineError::argument(format!(
        "{name:?} is no setting; there are gateway, key_file, profile, timeout_ms, max_body_bytes, ca_file, {} · 没有该设置",
        switches.join(", ")
    ))
}

impl From<hongyan_functions::FunctionError> for EngineError {
    fn from(error: hongyan_functions::FunctionError) -> Self {
        use hongyan_functions::Kind as Function;
        let kind = match error.kind() {
            Function::Argument => Kind::Argument,
            Function::Refused => Kind::Forbidden,
            Function::Transport { timeout: true } => Kind::NoAnswer,
            Function::Transport { .. } if error.outcome_unknown() => Kind::NoAnswer,
            Function::Transport { .. } => Kind::Unreachable,
            Function::Mail => Kind::Refused,
        };
        Self { kind, message: error.to_string() }
    }
}

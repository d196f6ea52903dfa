//! Arguments as a language without types hands them over, and how the functions read them: one place for the script
//! runner, the SQL functions and the C interface.

use crate::{ArgumentError, Config, Headers, HttpCall, MailCall, MailContent, Method, Params};
use hongyan_net::Secret;

/// An argument of unknown type.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// Left out: not given, or skipped as in `f(a,,c)`.
    Absent,
    /// Given as NULL.
    Null,
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// Any other number.
    Real(f64),
    /// A truth value.
    Flag(bool),
    /// A vector.
    List(Vec<Value>),
    /// A dictionary, in its order.
    Pairs(Vec<(Value, Value)>),
    /// Anything that the functions do not take.
    Other,
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Any of them may be a password.
        f.write_str(match self {
            Self::Absent => "Absent",
            Self::Null => "Null",
            Self::Text(_) => "Text",
            Self::Whole(_) => "Whole",
            Self::Real(_) => "Real",
            Self::Flag(_) => "Flag",
            Self::List(_) => "List",
            Self::Pairs(_) => "Pairs",
            Self::Other => "Other",
        })
    }
}

impl Value {
    fn is_none(&self) -> bool {
        matches!(self, Self::Absent | Self::Null) || matches!(self, Self::Text(text) if text.is_empty())
    }

    fn text(&self, wrong: ArgumentError) -> Result<String, ArgumentError> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            _ => Err(wrong),
        }
    }

    /// An optional text: NULL and the empty one are none.
    fn optional(&self, wrong: ArgumentError) -> Result<Option<String>, ArgumentError> {
        if self.is_none() { Ok(None) } else { self.text(wrong).map(Some) }
    }

    /// As it stands in a query. NULL is empty, which no dictionary may hold.
    fn written(&self) -> Option<String> {
        match self {
            Self::Absent | Self::Null => Some(String::new()),
            Self::Text(text) => Some(text.clone()),
            Self::Whole(number) => Some(number.to_string()),
            Self::Real(number) => Some(number.to_string()),
            Self::Flag(flag) => Some(u8::from(*flag).to_string()),
            Self::List(_) | Self::Pairs(_) | Self::Other => None,
        }
    }
}

impl HttpCall {
    /// Reads `(url, [params], [timeout], [headers], [config])`.
    ///
    /// # Errors
    /// The first argument that is wrong. What only shows when the call is made (a URL that is none) comes later.
    pub fn from_arguments(method: Method, arguments: &[Value]) -> Result<Self, ArgumentError> {
        if arguments.is_empty() || arguments.len() > 5 {
            return Err(ArgumentError::HttpCount);
        }
        let at = |index: usize| arguments.get(index).unwrap_or(&Value::Absent);
        let mut call = Self::new(method, at(0).text(ArgumentError::Url)?);
        call.params = match at(1) {
            none if none.is_none() => Params::None,
            Value::Text(text) => Params::Text(text.clone()),
            Value::Pairs(pairs) => Params::Pairs(entries(pairs, ArgumentError::Params, false)?),
            _ => return Err(ArgumentError::Params),
        };
        call.timeout_ms = match at(2) {
            Value::Absent => None,
            Value::Whole(millis) => Some(u64::try_from(*millis).map_err(|_| ArgumentError::Timeout)?),
            // A fraction of a millisecond is cut off, but the shortest time is not "no limit".
            Value::Real(millis) if *millis >= 0.0 && millis.is_finite() => {
                Some(std::time::Duration::try_from_secs_f64(millis / 1000.0).map_or(u64::MAX, whole_millis))
            }
            _ => return Err(ArgumentError::Timeout),
        };
        call.headers = match at(3) {
            none if none.is_none() => Headers::None,
            Value::Text(line) => Headers::Line(line.clone()),
            Value::Pairs(pairs) => Headers::Pairs(entries(pairs, ArgumentError::Headers, true)?),
            _ => return Err(ArgumentError::Headers),
        };
        call.config = match at(4) {
            Value::Absent | Value::Null => Config::default(),
            Value::Pairs(pairs) => config(pairs)?,
            _ => return Err(ArgumentError::Config),
        };
        Ok(call)
    }
}

fn whole_millis(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(u64::from(!time.is_zero()))
}

fn entries(
    pairs: &[(Value, Value)],
    wrong: ArgumentError,
    texts_only: bool,
) -> Result<Vec<(String, String)>, ArgumentError> {
    let read = pairs.iter().map(|(key, value)| {
        let key = key.text(wrong)?;
        let value = match value {
            Value::Text(text) => text.clone(),
            Value::Null | Value::Absent => String::new(),
            _ if texts_only => return Err(wrong),
            value => value.written().ok_or(wrong)?,
        };
        if key.is_empty() || value.is_empty() {
            return Err(ArgumentError::EmptyKeyOrValue);
        }
        Ok((key, value))
    });
    read.collect()
}

fn config(pairs: &[(Value, Value)]) -> Result<Config, ArgumentError> {
    let mut config = Config::default();
    for (key, value) in pairs {
        match key.text(ArgumentError::ConfigKey)?.as_str() {
            "proxy" => config.proxy = Some(Secret::new(value.text(ArgumentError::Proxy)?)),
            "proxy_username" => config.proxy_username = Some(value.text(ArgumentError::ProxyUsername)?),
            "proxy_password" => config.proxy_password = Some(Secret::new(value.text(ArgumentError::ProxyPassword)?)),
            _ => {}
        }
    }
    Ok(config)
}

impl MailCall {
    /// Reads `(userId, pwd, recipient, [subject], [body], [msg])`.
    ///
    /// # Errors
    /// The first argument that is wrong.
    pub fn from_arguments(arguments: &[Value]) -> Result<Self, ArgumentError> {
        if arguments.len() < 5 || arguments.len() > 6 {
            return Err(ArgumentError::MailCount);
        }
        let at = |index: usize| arguments.get(index).unwrap_or(&Value::Absent);
        let user_id = at(0).text(ArgumentError::UserId)?;
        let password = Secret::new(at(1).text(ArgumentError::Password)?);
        let recipients = match at(2) {
            Value::Text(one) => vec![one.clone()],
            Value::List(many) => {
                let all: Result<_, _> = many.iter().map(|one| one.text(ArgumentError::Recipient)).collect();
                all?
            }
            _ => return Err(ArgumentError::Recipient),
        };
        let subject = at(3).optional(ArgumentError::Subject)?;
        let body = at(4).optional(ArgumentError::Body)?;
        let msg = at(5).optional(ArgumentError::Msg)?;
        if user_id.is_empty() {
            return Err(ArgumentError::EmptyUserId);
        }
        let content = match (subject, body, msg) {
            (Some(subject), Some(body), None) => MailContent::Parts { subject, body },
            (None, None, Some(msg)) => MailContent::Whole(msg),
            (None, None, None) => return Err(ArgumentError::NoContent),
            (Some(_), Some(_), Some(_)) => return Err(ArgumentError::TwoContents),
            _ => return Err(ArgumentError::SubjectWithoutBody),
        };
        Ok(Self { user_id, password, recipients, content })
    }
}

/// Reads `emailSmtpConfig`'s `(domain, host, [port])`.
///
/// # Errors
/// The first argument that is wrong.
pub fn smtp_config_arguments(arguments: &[Value]) -> Result<(String, String, Option<u16>), ArgumentError> {
    if arguments.len() < 2 || arguments.len() > 3 {
        return Err(ArgumentError::SmtpConfigCount);
    }
    let domain = arguments[0].text(ArgumentError::EmailName)?;
    let host = arguments[1].text(ArgumentError::Host)?;
    let port = match arguments.get(2) {
        None | Some(Value::Absent) => None,
        Some(Value::Whole(port)) => {
            Some(u16::try_from(*port).ok().filter(|port| *port > 0).ok_or(ArgumentError::Port)?)
        }
        Some(_) => return Err(ArgumentError::Port),
    };
    if domain.is_empty() {
        return Err(ArgumentError::EmptyEmailName);
    }
    if host.is_empty() {
        return Err(ArgumentError::EmptyHost);
    }
    Ok((domain, host, port))
}

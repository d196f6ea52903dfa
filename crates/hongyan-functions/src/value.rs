//! Arguments as a language without types hands them over, and how the functions read them: one place for the script
//! runner, the SQL functions and the C interface.

use crate::{ArgumentError, Config, Headers, HttpCall, HttpMethod, MailCall, MailContent, Params};
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
    pub fn from_arguments(method: HttpMethod, arguments: &[Value]) -> Result<Self, ArgumentError> {
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
            (None, None, Some(msg)) => MailContent::Raw(msg),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    fn pair(key: Value, value: Value) -> Value {
        Value::Pairs(vec![(key, value)])
    }

    fn http(rest: &[Value]) -> Result<HttpCall, ArgumentError> {
        let all: Vec<Value> = std::iter::once(text("http://a.example/")).chain(rest.iter().cloned()).collect();
        HttpCall::from_arguments(HttpMethod::Get, &all)
    }

    #[test]
    fn every_wrong_argument_of_an_http_function_has_its_sentence() {
        use Value::{Absent, Null};
        for (rest, expected) in [
            (vec![Value::Whole(1)], ArgumentError::Params),
            (vec![Value::List(vec![text("a")])], ArgumentError::Params),
            (vec![pair(Value::Whole(1), text("a"))], ArgumentError::Params),
            (vec![pair(text("a"), Value::List(vec![]))], ArgumentError::Params),
            (vec![pair(text(""), text("a"))], ArgumentError::EmptyKeyOrValue),
            (vec![pair(text("a"), text(""))], ArgumentError::EmptyKeyOrValue),
            (vec![pair(text("a"), Null)], ArgumentError::EmptyKeyOrValue),
            (vec![Absent, text("1000")], ArgumentError::Timeout),
            (vec![Absent, Value::Whole(-1)], ArgumentError::Timeout),
            (vec![Absent, Value::Real(-0.5)], ArgumentError::Timeout),
            (vec![Absent, Value::Real(f64::NAN)], ArgumentError::Timeout),
            (vec![Absent, Null], ArgumentError::Timeout),
            (vec![Absent, Absent, Value::Whole(1)], ArgumentError::Headers),
            (vec![Absent, Absent, pair(text("a"), Value::Whole(1))], ArgumentError::Headers),
            (vec![Absent, Absent, pair(Value::Whole(1), text("a"))], ArgumentError::Headers),
            (vec![Absent, Absent, pair(text("a"), text(""))], ArgumentError::EmptyKeyOrValue),
            (vec![Absent, Absent, Absent, text("x")], ArgumentError::Config),
            (vec![Absent, Absent, Absent, pair(Value::Whole(1), text("a"))], ArgumentError::ConfigKey),
            (vec![Absent, Absent, Absent, pair(text("proxy"), Value::Whole(1))], ArgumentError::Proxy),
            (vec![Absent, Absent, Absent, pair(text("proxy_username"), Null)], ArgumentError::ProxyUsername),
            (vec![Absent, Absent, Absent, pair(text("proxy_password"), Null)], ArgumentError::ProxyPassword),
            (vec![Absent, Absent, Absent, Absent, Absent], ArgumentError::HttpCount),
        ] {
            assert_eq!(http(&rest).unwrap_err(), expected, "{rest:?}");
        }
        assert_eq!(HttpCall::from_arguments(HttpMethod::Get, &[]).unwrap_err(), ArgumentError::HttpCount);
        assert_eq!(HttpCall::from_arguments(HttpMethod::Get, &[Value::Null]).unwrap_err(), ArgumentError::Url);
    }

    #[test]
    fn right_arguments_of_an_http_function_are_read() {
        let none = HttpCall::new(HttpMethod::Get, "http://a.example/");
        for rest in [vec![], vec![Value::Null], vec![text(""), Value::Absent, Value::Null], vec![Value::Absent; 4]] {
            assert_eq!(http(&rest), Ok(none.clone()), "{rest:?}");
        }
        let numbers = Value::Pairs(vec![
            (text("a"), Value::Whole(1)),
            (text("b"), Value::Real(0.5)),
            (text("c"), Value::Flag(true)),
        ]);
        let config = Value::Pairs(vec![
            (text("proxy"), text("h:1")),
            (text("proxy_username"), text("li")),
            (text("other"), Value::Null),
        ]);
        let call = http(&[numbers, Value::Real(1500.9), text("A:b"), config]).unwrap();
        let expected = [("a", "1"), ("b", "0.5"), ("c", "1")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(call.params, Params::Pairs(expected.to_vec()));
        assert_eq!((call.timeout_ms, call.headers), (Some(1500), Headers::Line("A:b".into())));
        assert_eq!(call.config.proxy_username.as_deref(), Some("li"));
        for (given, millis) in [(Value::Whole(0), 0), (Value::Real(0.0), 0), (Value::Real(0.3), 1)] {
            assert_eq!(http(&[Value::Absent, given]).unwrap().timeout_ms, Some(millis));
        }
    }

    #[test]
    fn every_wrong_argument_of_a_mail_has_its_sentence() {
        let right = || vec![text("li@qq.com"), text("p"), text("a@example.com"), text("s"), text("b"), Value::Absent];
        let with = |at: usize, value: Value| {
            let mut all = right();
            all[at] = value;
            MailCall::from_arguments(&all)
        };
        assert_eq!(MailCall::from_arguments(&right()[..5]).unwrap(), with(5, Value::Null).unwrap());
        let many = with(2, Value::List(vec![text("a@example.com"), text("b@example.com")])).unwrap();
        assert_eq!(many.recipients, ["a@example.com", "b@example.com"]);
        for (at, value, expected) in [
            (0, Value::Null, ArgumentError::UserId),
            (0, text(""), ArgumentError::EmptyUserId),
            (1, Value::Whole(1), ArgumentError::Password),
            (2, Value::Whole(1), ArgumentError::Recipient),
            (2, Value::List(vec![text("a"), Value::Whole(1)]), ArgumentError::Recipient),
            (3, Value::Whole(1), ArgumentError::Subject),
            (4, Value::Whole(1), ArgumentError::Body),
            (5, Value::Whole(1), ArgumentError::Msg),
            (3, Value::Null, ArgumentError::SubjectWithoutBody),
            (4, text(""), ArgumentError::SubjectWithoutBody),
            (5, text("From: x"), ArgumentError::TwoContents),
        ] {
            assert_eq!(with(at, value).unwrap_err(), expected);
        }
        let mut whole = right();
        (whole[3], whole[4], whole[5]) = (Value::Absent, Value::Null, text("From: x"));
        assert_eq!(MailCall::from_arguments(&whole).unwrap().content, MailContent::Raw("From: x".into()));
        whole[5] = Value::Null;
        assert_eq!(MailCall::from_arguments(&whole).unwrap_err(), ArgumentError::NoContent);
        assert_eq!(MailCall::from_arguments(&right()[..4]).unwrap_err(), ArgumentError::MailCount);
    }

    #[test]
    fn every_wrong_argument_of_email_smtp_config_has_its_sentence() {
        for (arguments, expected) in [
            (vec![text("d")], ArgumentError::SmtpConfigCount),
            (vec![Value::Null, text("h")], ArgumentError::EmailName),
            (vec![text("d"), Value::Whole(1)], ArgumentError::Host),
            (vec![text("d"), text("h"), text("25")], ArgumentError::Port),
            (vec![text("d"), text("h"), Value::Whole(0)], ArgumentError::Port),
            (vec![text("d"), text("h"), Value::Whole(65_536)], ArgumentError::Port),
            (vec![text(""), text("h")], ArgumentError::EmptyEmailName),
            (vec![text("d"), text("")], ArgumentError::EmptyHost),
        ] {
            assert_eq!(smtp_config_arguments(&arguments).unwrap_err(), expected);
        }
        let read = smtp_config_arguments(&[text("d"), text("h"), Value::Whole(465)]).unwrap();
        assert_eq!(read, ("d".to_owned(), "h".to_owned(), Some(465)));
    }
}

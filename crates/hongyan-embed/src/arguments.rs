//! Arguments as hosts without dictionaries hand them over: texts, some of which are JSON objects.

use crate::EngineError;
use hongyan_functions::{ArgumentError, Config, Headers, HttpCall, HttpMethod, MailCall, MailContent, Params};
use hongyan_net::Secret;
use serde_json::{Map, Value};

/// The arguments of an HTTP function after its name. `None` is an argument left out, and so is an empty text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HttpArguments<'a> {
    /// The address.
    pub url: &'a str,
    /// GET and DELETE: a query as it is, or a JSON object whose values are percent-encoded. POST and PUT: the body as it
    /// is, JSON or not; with `{"form": true}` in `config` a JSON object becomes a form.
    pub params: Option<&'a str>,
    /// From the first step to the last byte in; 0 is the profile's.
    pub timeout_ms: Option<i64>,
    /// `name:value`, or a JSON object of names and texts.
    pub headers: Option<&'a str>,
    /// A JSON object: `proxy`, `proxy_username`, `proxy_password`, `form`.
    pub config: Option<&'a str>,
}

/// The arguments of `sendEmail`. `None` is an argument left out.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct MailArguments<'a> {
    /// The sender's address, which is the login too.
    pub user: &'a str,
    /// Password or authorization code.
    pub password: &'a str,
    /// One address, or a JSON array of them.
    pub recipient: &'a str,
    /// One line.
    pub subject: Option<&'a str>,
    /// HTML or text.
    pub body: Option<&'a str>,
    /// A whole message in place of subject and body.
    pub msg: Option<&'a str>,
}

fn wrong(error: ArgumentError) -> EngineError {
    EngineError::from(hongyan_functions::FunctionError::from(error))
}

fn given(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}

/// The object that a text holds, if it looks like one.
fn object(name: &str, text: &str) -> Result<Option<Map<String, Value>>, EngineError> {
    if !text.trim_start().starts_with('{') {
        return Ok(None);
    }
    match serde_json::from_str(text) {
        Ok(object) => Ok(Some(object)),
        Err(error) => {
            let (line, column) = (error.line(), error.column());
            Err(EngineError::argument(format!(
                "{name} begins like a JSON object and is none: line {line}, column {column} · {name} 不是合法的 JSON 对象"
            )))
        }
    }
}

fn pairs(object: Map<String, Value>) -> Vec<(String, String)> {
    let text = |value| match value {
        Value::String(text) => text,
        // An empty value is refused, as the functions do it.
        Value::Null => String::new(),
        other => other.to_string(),
    };
    object.into_iter().map(|(key, value)| (key, text(value))).collect()
}

impl HttpArguments<'_> {
    pub(crate) fn read(&self, method: HttpMethod) -> Result<HttpCall, EngineError> {
        let (config, form) = self.read_config()?;
        let mut call = HttpCall::new(method, self.url);
        call.config = config;
        call.timeout_ms = match self.timeout_ms {
            None | Some(0) => None,
            Some(ms) => Some(u64::try_from(ms).map_err(|_| wrong(ArgumentError::Timeout))?),
        };
        let in_query = matches!(method, HttpMethod::Get | HttpMethod::Delete);
        call.params = match given(self.params) {
            None => Params::None,
            Some(text) if in_query || form => match object("params", text)? {
                Some(object) => Params::Pairs(pairs(object)),
                None => Params::Text(text.to_owned()),
            },
            Some(text) => Params::Text(text.to_owned()),
        };
        call.headers = match given(self.headers) {
            None => Headers::None,
            Some(text) => match object("headers", text)? {
                Some(object) => Headers::Pairs(pairs(object)),
                None => Headers::Line(text.to_owned()),
            },
        };
        Ok(call)
    }

    fn read_config(&self) -> Result<(Config, bool), EngineError> {
        let Some(text) = given(self.config) else { return Ok((Config::default(), false)) };
        let object = object("config", text)?.ok_or_else(|| wrong(ArgumentError::Config))?;
        let text = |name: &str, error| match object.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(_) => Err(wrong(error)),
        };
        let form = match object.get("form") {
            None | Some(Value::Null) => false,
            Some(Value::Bool(on)) => *on,
            Some(_) => {
                return Err(EngineError::argument(
                    "config form must be true or false · config 的 form 须为 true 或 false",
                ));
            }
        };
        let proxy = text("proxy", ArgumentError::Proxy)?.map(Secret::new);
        let username = text("proxy_username", ArgumentError::ProxyUsername)?;
        let password = text("proxy_password", ArgumentError::ProxyPassword)?.map(Secret::new);
        Ok((Config { proxy, proxy_username: username, proxy_password: password }, form))
    }
}

impl MailArguments<'_> {
    pub(crate) fn read(&self) -> Result<MailCall, EngineError> {
        let content = match (self.subject, self.body, given(self.msg)) {
            (Some(subject), Some(body), None) => {
                MailContent::Parts { subject: subject.to_owned(), body: body.to_owned() }
            }
            (None, None, Some(msg)) => MailContent::Raw(msg.to_owned()),
            (_, _, Some(_)) => return Err(wrong(ArgumentError::TwoContents)),
            (None, None, None) => return Err(wrong(ArgumentError::NoContent)),
            _ => return Err(wrong(ArgumentError::SubjectWithoutBody)),
        };
        if self.user.is_empty() {
            return Err(wrong(ArgumentError::EmptyUserId));
        }
        let recipients = if self.recipient.trim_start().starts_with('[') {
            serde_json::from_str(self.recipient).map_err(|_| wrong(ArgumentError::Recipient))?
        } else {
            vec![self.recipient.to_owned()]
        };
        Ok(MailCall { user_id: self.user.to_owned(), password: Secret::new(self.password), recipients, content })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(method: HttpMethod, params: &str, headers: &str, config: &str) -> Result<HttpCall, EngineError> {
        HttpArguments {
            url: "http://www.example.com/",
            params: Some(params),
            timeout_ms: None,
            headers: Some(headers),
            config: Some(config),
        }
        .read(method)
    }

    #[test]
    fn an_object_is_a_dictionary_in_a_query_and_a_body_in_a_post() {
        let object = r#"{"q":"鸿 雁","n":1,"on":true}"#;
        let dictionary: Vec<(String, String)> =
            [("q", "鸿 雁"), ("n", "1"), ("on", "true")].map(|(k, v)| (k.into(), v.into())).to_vec();
        for (method, config, expected) in [
            (HttpMethod::Get, "", Params::Pairs(dictionary.clone())),
            (HttpMethod::Delete, "", Params::Pairs(dictionary.clone())),
            (HttpMethod::Post, "", Params::Text(object.into())),
            (HttpMethod::Put, r#"{"form":false}"#, Params::Text(object.into())),
            (HttpMethod::Post, r#"{"form":true}"#, Params::Pairs(dictionary.clone())),
        ] {
            assert_eq!(read(method, object, "", config).unwrap().params, expected, "{method:?} {config}");
        }
        assert_eq!(read(HttpMethod::Get, "a=1", "", "").unwrap().params, Params::Text("a=1".into()));
        assert_eq!(read(HttpMethod::Get, "", "", "").unwrap().params, Params::None);
    }

    #[test]
    fn what_cannot_be_read_is_said_in_the_functions_words() {
        let message = |outcome: Result<HttpCall, EngineError>| outcome.unwrap_err().message;
        assert!(message(read(HttpMethod::Get, "{\"a\":", "", "")).contains("params begins like a JSON object"));
        assert!(message(read(HttpMethod::Post, "", "", "x")).contains(ArgumentError::Config.text()));
        assert!(message(read(HttpMethod::Post, "", "", r#"{"proxy":1}"#)).contains(ArgumentError::Proxy.text()));
        let arguments = HttpArguments { url: "x", timeout_ms: Some(-1), ..HttpArguments::default() };
        assert!(message(arguments.read(HttpMethod::Get)).contains(ArgumentError::Timeout.text()));
    }

    #[test]
    fn a_mail_has_one_content_and_one_or_more_recipients() {
        let mail =
            MailArguments { user: "a@example.com", password: "p", recipient: "b@example.com", ..Default::default() };
        let both = MailArguments { subject: Some("s"), body: Some(""), ..mail };
        assert_eq!(both.read().unwrap().recipients, ["b@example.com"]);
        let two = MailArguments { recipient: r#"["b@example.com", "c@example.com"]"#, ..both };
        assert_eq!(two.read().unwrap().recipients.len(), 2);
        for (mail, error) in [
            (mail, ArgumentError::NoContent),
            (MailArguments { subject: Some("s"), ..mail }, ArgumentError::SubjectWithoutBody),
            (MailArguments { msg: Some("m"), ..both }, ArgumentError::TwoContents),
            (MailArguments { recipient: "[1]", ..both }, ArgumentError::Recipient),
            (MailArguments { user: "", ..both }, ArgumentError::EmptyUserId),
        ] {
            assert!(mail.read().unwrap_err().message.starts_with(error.text().trim_end()), "{error:?}");
        }
    }
}

//! What the functions take and give.

use bytes::Bytes;
use hongyan_net::Secret;
use std::{borrow::Cow, fmt};

/// Which HTTP function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HttpMethod {
    /// `httpGet`: params in the query.
    Get,
    /// `httpPost`: params as the body.
    Post,
    /// `httpPut`: params as the body.
    Put,
    /// `httpDelete`: params in the query.
    Delete,
}

impl HttpMethod {
    /// The function's name in a script.
    #[must_use]
    pub const fn function(self) -> &'static str {
        match self {
            Self::Get => "httpGet",
            Self::Post => "httpPost",
            Self::Put => "httpPut",
            Self::Delete => "httpDelete",
        }
    }

    pub(crate) fn on_the_wire(self) -> http::Method {
        match self {
            Self::Get => http::Method::GET,
            Self::Post => http::Method::POST,
            Self::Put => http::Method::PUT,
            Self::Delete => http::Method::DELETE,
        }
    }
}

/// What is asked or handed in.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Params {
    /// Nothing.
    #[default]
    None,
    /// Sent as it is.
    Text(String),
    /// `key=value`, joined by `&` in this order; values are percent-encoded, keys are not. None may be empty.
    Pairs(Vec<(String, String)>),
}

/// What goes in the request's head.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Headers {
    /// Nothing of one's own.
    #[default]
    None,
    /// One header, `name:value`.
    Line(String),
    /// Names with their values. None may be empty.
    Pairs(Vec<(String, String)>),
}

/// The function's last argument.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config {
    /// `[http://][USER:PASSWORD@]HOST[:PORT]`, port 1080 where none is named. Text that may hold a password.
    pub proxy: Option<Secret>,
    /// Counts only with a proxy.
    pub proxy_username: Option<String>,
    /// Counts only with a proxy.
    pub proxy_password: Option<Secret>,
}

/// One call of an HTTP function.
#[derive(Clone, PartialEq, Eq)]
pub struct HttpCall {
    /// Which function.
    pub method: HttpMethod,
    /// The address; without a scheme it is `http://`.
    pub url: String,
    /// What is asked or handed in.
    pub params: Params,
    /// From the first step to the last byte in; `None` and 0 are the profile's.
    pub timeout_ms: Option<u64>,
    /// What goes in the request's head.
    pub headers: Headers,
    /// How calls go out.
    pub config: Config,
}

impl HttpCall {
    /// A call with nothing but an address.
    #[must_use]
    pub fn new(method: HttpMethod, url: impl Into<String>) -> Self {
        Self {
            method,
            url: url.into(),
            params: Params::None,
            timeout_ms: None,
            headers: Headers::None,
            config: Config::default(),
        }
    }
}

impl fmt::Debug for HttpCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Address, params and headers hold tokens more often than not.
        f.debug_struct("HttpCall")
            .field("method", &self.method)
            .field("params", &self.params)
            .field("timeout_ms", &self.timeout_ms)
            .field("headers", &self.headers)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::Pairs(pairs) => write!(f, "Pairs({} entries)", pairs.len()),
        }
    }
}

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Line(line) => write!(f, "Line({} bytes)", line.len()),
            Self::Pairs(pairs) => write!(f, "Pairs({} entries)", pairs.len()),
        }
    }
}

/// What an HTTP function gives: the dictionary's four entries.
#[derive(Clone, PartialEq)]
pub struct HttpResult {
    /// `responseCode`: the HTTP status.
    pub response_code: u16,
    /// `text`: the body, byte for byte.
    pub text: Bytes,
    /// `headers`: status line, header lines and the empty line, as they came, ended by CRLF.
    pub headers: String,
    /// `elapsed`: seconds from call to result.
    pub elapsed: f64,
}

impl HttpResult {
    /// The body as text; bytes outside UTF-8 become U+FFFD.
    #[must_use]
    pub fn text_lossy(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.text)
    }
}

impl fmt::Debug for HttpResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The body of a token call is the token.
        f.debug_struct("HttpResult")
            .field("response_code", &self.response_code)
            .field("text", &format_args!("{} bytes", self.text.len()))
            .field("elapsed", &self.elapsed)
            .finish_non_exhaustive()
    }
}

/// What a mail says.
#[derive(Clone, PartialEq, Eq)]
pub enum MailContent {
    /// `subject` and `body`.
    Parts {
        /// One line, any language.
        subject: String,
        /// HTML; text without any markup keeps its line breaks.
        body: String,
    },
    /// `msg`: a whole message with its headers.
    Raw(String),
}

impl fmt::Debug for MailContent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parts { subject, body } => write!(f, "Parts({} and {} bytes)", subject.len(), body.len()),
            Self::Raw(msg) => write!(f, "Raw({} bytes)", msg.len()),
        }
    }
}

/// One call of `sendEmail`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailCall {
    /// The sender's address, which is the login too.
    pub user_id: String,
    /// Password or authorization code.
    pub password: Secret,
    /// Who receives it, in order. All are named in `To:`.
    pub recipients: Vec<String>,
    /// What it says.
    pub content: MailContent,
}

/// What `sendEmail` gives: the dictionary's six entries.
#[derive(Debug, Clone, PartialEq)]
pub struct MailResult {
    /// `responseCode`: 250 when the server has taken the mail for every recipient.
    pub response_code: u16,
    /// `text`: the words of the server's last reply.
    pub text: String,
    /// `headers`: the server's last reply as a line, ended by CRLF.
    pub headers: String,
    /// `elapsed`: seconds from call to result.
    pub elapsed: f64,
    /// `userId`: the sender.
    pub user_id: String,
    /// `recipient`: all of them, joined by spaces.
    pub recipient: String,
}

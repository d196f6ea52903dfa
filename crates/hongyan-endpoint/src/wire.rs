//! A call as it travels: typed request ⇄ request line, query, body.

use crate::{Answer, Bilingual, Body, Declared, File, Flaw, Method, Spec, bilingual, file, path, read};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;

/// One HTTP call, before it has a host.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Wire {
    /// `GET`, `POST` or `PUT`.
    pub method: &'static str,
    /// Path from the host's root, as on the request line: a field in braces is filled in and percent-encoded.
    pub path: String,
    /// Query pairs, not encoded, in order.
    pub query: Vec<(String, String)>,
    /// Header pairs; names in lower case. `content-type` only where the body is not JSON.
    pub headers: Vec<(String, String)>,
    /// JSON, a form, or empty.
    pub body: Vec<u8>,
}

impl Wire {
    /// Path and encoded query, as on the request line.
    #[must_use]
    pub fn target(&self) -> String {
        use percent_encoding::utf8_percent_encode;
        let mut target = self.path.clone();
        for (i, (key, value)) in self.query.iter().enumerate() {
            target.push(if i == 0 { '?' } else { '&' });
            target.push_str(key);
            target.push('=');
            target.extend(utf8_percent_encode(value, path::UNRESERVED));
        }
        target
    }

    /// The value of a query field.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A request that cannot be written or read; `field` is a dotted path, or empty for the whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Dotted path of the field.
    pub field: String,
    /// What is wrong with it, for whoever writes the request; a platform has words of its own.
    pub flaw: Flaw,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.flaw.text();
        match (self.field.as_str(), f.alternate()) {
            ("", _) => text.fmt(f),
            (field, true) => write!(f, "{field}：{text:#}"),
            (field, false) => write!(f, "{field}: {text}"),
        }
    }
}

impl std::error::Error for Invalid {}

impl Invalid {
    /// Wrong as a whole, not in one field.
    pub fn entire(why: impl Into<Bilingual>) -> Self {
        Self { field: String::new(), flaw: Flaw::unfit(why) }
    }

    /// One field is unfit.
    pub fn unfit(field: impl Into<String>, why: impl Into<Bilingual>) -> Self {
        Self { field: field.into(), flaw: Flaw::unfit(why) }
    }

    /// A top-level field is not there.
    #[must_use]
    pub fn missing(field: &str) -> Self {
        Self { field: field.into(), flaw: Flaw::Missing }
    }

    /// The same of a larger whole, in which this one is a member.
    #[must_use]
    pub fn within(mut self, member: &str) -> Self {
        let dot = if self.field.is_empty() || self.field.starts_with('[') { "" } else { "." };
        self.field = format!("{member}{dot}{}", self.field);
        self
    }

    /// The body is no JSON object.
    #[must_use]
    pub fn no_object() -> Self {
        Self { field: String::new(), flaw: Flaw::NoObject }
    }

    /// The top-level field that it is about; empty for the whole.
    #[must_use]
    pub fn top(&self) -> &str {
        self.field.split(['.', '[']).next().unwrap_or_default()
    }

    /// Whether this top-level field is not there at all.
    #[must_use]
    pub fn misses(&self, field: &str) -> bool {
        self.flaw == Flaw::Missing && self.field == field
    }
}

/// What a platform puts on the wire in answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Sealed {
    /// HTTP status.
    pub status: u16,
    /// Header pairs, `content-type` included.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Sealed {
    /// A JSON answer.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self {
            status,
            headers: vec![("content-type", "application/json; charset=UTF-8".into())],
            body: body.to_string().into_bytes(),
        }
    }
}

/// Writes a typed request or reply as JSON.
///
/// # Errors
/// When a value has no JSON.
pub fn json<T: Serialize>(value: &T) -> Result<Vec<u8>, Invalid> {
    serde_json::to_vec(value).map_err(|error| Invalid::entire(Bilingual::read_from(error)))
}

/// A request that was written as JSON, on its operation's wire.
pub(crate) fn written(spec: &'static Spec, request: Vec<u8>) -> Result<Wire, Invalid> {
    let mut wire = Wire { method: spec.method.as_str(), path: spec.path.into(), ..Wire::default() };
    if spec.method != Method::GET && spec.body == Body::Json && spec.query.is_empty() && !path::has_fields(spec.path) {
        wire.body = request;
        return Ok(wire);
    }
    let Value::Object(mut fields) = parsed(&request)? else {
        return Err(Invalid::no_object());
    };
    wire.path = fill(spec.path, &mut fields)?;
    let mut body = Map::new();
    for (name, value) in fields {
        if spec.method == Method::GET || spec.query.contains(&name.as_str()) {
            let text = match value {
                Value::Null => continue,
                Value::String(s) => s,
                Value::Bool(_) | Value::Number(_) => value.to_string(),
                _ => return Err(Invalid::unfit(name, ("a query field is a scalar", "查询字段须为标量"))),
            };
            wire.query.push((name, text));
        } else {
            body.insert(name, value);
        }
    }
    if spec.body == Body::Multipart {
        file::write(body, &mut wire)?;
    } else if spec.method != Method::GET {
        wire.body = Value::Object(body).to_string().into_bytes();
    }
    Ok(wire)
}

/// The JSON of a body.
pub(crate) fn parsed(body: &[u8]) -> Result<Value, Invalid> {
    serde_json::from_slice(body).map_err(|error| read::syntax(&error))
}

/// The template with its fields filled in; they leave `fields`.
fn fill(template: &str, fields: &mut Map<String, Value>) -> Result<String, Invalid> {
    let mut segments = Vec::new();
    for segment in template.split('/') {
        let Some(name) = path::field(segment) else {
            segments.push(segment.to_owned());
            continue;
        };
        let text = match fields.shift_remove(name) {
            Some(Value::String(text)) => path::segment(&text),
            Some(value @ (Value::Bool(_) | Value::Number(_))) => Some(value.to_string()),
            _ => None,
        };
        let wrong = || Invalid::unfit(name, ("a path field is a scalar and not empty", "路径字段须为非空标量"));
        segments.push(text.ok_or_else(wrong)?);
    }
    Ok(segments.join("/"))
}

/// The fields of a call that arrived, wherever they travelled.
pub(crate) fn fields(spec: &'static Spec, call: &Wire) -> Result<Value, Invalid> {
    let mut fields = if call.body.is_empty() || spec.method == Method::GET {
        Map::new()
    } else if spec.body == Body::Multipart {
        file::read(call)?
    } else {
        match parsed(&call.body)? {
            Value::Object(fields) => fields,
            _ => return Err(Invalid::no_object()),
        }
    };
    for (name, value) in &call.query {
        if spec.method == Method::GET || spec.query.contains(&name.as_str()) {
            fields.insert(name.clone(), Value::String(value.clone()));
        }
    }
    if path::has_fields(spec.path) {
        let found = path::fields(spec.path, &call.path).ok_or_else(|| {
            let form = spec.path;
            Invalid::entire(bilingual!("the path is not of the form {form}"; "路径不符合 {form}"))
        })?;
        fields.extend(found.into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))));
    }
    Ok(Value::Object(fields))
}

/// The platform's own example of one operation: the third voice beside client and sandbox.
///
/// Kept as `fixtures/NAME.json` in the platform's crate.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fixture {
    /// The page.
    pub source: String,
    /// The date on which it was read.
    pub read: String,
    /// Method and path as on the request line: fields in braces are filled in.
    pub line: String,
    /// Query fields beside the credential.
    #[serde(default)]
    pub query: Map<String, Value>,
    /// The JSON body, or a form's parts (files with base64 `bytes`); absent for `GET`.
    #[serde(default)]
    pub body: Option<Value>,
    /// The successful answer, envelope included; a file with base64 `bytes`.
    pub reply: Value,
    /// Refusals that the page prints: body, and the code that we must read from each.
    #[serde(default)]
    pub refusals: Vec<Refusal>,
}

/// One refusal of a [`Fixture`].
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// HTTP status; 200 when the platform says so.
    #[serde(default = "ok")]
    pub status: u16,
    /// The answer.
    pub body: Value,
    /// The code that [`crate::Fault::code`] must give.
    pub code: String,
}

const fn ok() -> u16 {
    200
}

impl Fixture {
    /// The example's request as one object: the fields of its path, its query and its body; `None` when the line is
    /// not the operation's.
    #[must_use]
    pub fn request(&self, spec: &Spec) -> Option<Value> {
        let (_, given) = self.line.split_once(' ').filter(|(method, _)| *method == spec.method.as_str())?;
        let mut request = self.query.clone();
        request.extend(path::fields(spec.path, given)?.into_iter().map(|(name, value)| (name.into(), value.into())));
        if let Some(Value::Object(body)) = &self.body {
            request.extend(body.clone());
        }
        Some(Value::Object(request))
    }

    pub(crate) fn check(&self, declared: &dyn Declared) -> Result<(), String> {
        let spec = declared.spec();
        let Some(request) = self.request(spec) else {
            let line = format!("{} {}", spec.method.as_str(), spec.path);
            return Err(format!("the page says {:?}, the declaration {line:?}", self.line));
        };
        let wire = declared.dry_run(request).map_err(|e| format!("the request is not read or written: {e}"))?;
        let line = format!("{} {}", wire.method, wire.path);
        if self.line != line {
            return Err(format!("the page says {:?}, wrote {line:?}", self.line));
        }
        for (name, value) in &self.query {
            let expected = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if wire.query(name) != Some(expected.as_str()) {
                return Err(format!("query {name}: expected {expected:?}, wrote {:?}", wire.query(name)));
            }
        }
        if let Some(body) = &self.body {
            let wrote = match spec.body {
                Body::Json => serde_json::from_slice(&wire.body).map_err(|e| e.to_string())?,
                Body::Multipart => Value::Object(file::read(&wire).map_err(|e| e.to_string())?),
            };
            same("body", body, &wrote)?;
        }
        declared.reread(&wire).map_err(|e| format!("what was written is not read back: {e}"))?;

        let bytes = self.reply.to_string().into_bytes();
        if spec.answer == Answer::Json {
            declared.open(200, &bytes).map_err(|e| format!("the reply is taken for a refusal: {e}"))?;
        }
        let wrote = declared.rewrite_reply(&bytes).map_err(|e| format!("the reply is not read: {e}"))?;
        let sealed = declared.seal(Ok(wrote));
        let sealed: Value = match spec.answer {
            Answer::Json => serde_json::from_slice(&sealed.body).map_err(|e| e.to_string())?,
            Answer::File => {
                let head = |name| sealed.headers.iter().find(|(key, _)| *key == name).map(|(_, text)| text.as_str());
                File::arrived(sealed.status, head("content-type"), head("content-disposition"), &sealed.body)
                    .and_then(|file| serde_json::to_value(file).ok())
                    .ok_or("the sealed answer is not taken for a file")?
            }
        };
        same("reply", &self.reply, &sealed)?;

        for refusal in &self.refusals {
            let bytes = refusal.body.to_string().into_bytes();
            match declared.open(refusal.status, &bytes) {
                Ok(()) => return Err(format!("taken for a success: {}", refusal.body)),
                Err(fault) if fault.code() != refusal.code => {
                    return Err(format!("expected code {}, read {}", refusal.code, fault.code()));
                }
                Err(_) => {}
            }
        }
        Ok(())
    }
}

/// Every member of the example must be in what we wrote, with the same value; `request_id` is the server's own.
fn same(at: &str, expected: &Value, wrote: &Value) -> Result<(), String> {
    match (expected, wrote) {
        (Value::Object(expected), Value::Object(wrote)) => {
            for (name, value) in expected {
                if name == "request_id" {
                    continue;
                }
                let at = format!("{at}.{name}");
                same(&at, value, wrote.get(name).ok_or_else(|| format!("{at} was lost"))?)?;
            }
            Ok(())
        }
        (Value::Array(expected), Value::Array(wrote)) if expected.len() == wrote.len() => {
            expected.iter().zip(wrote).enumerate().try_for_each(|(i, (e, w))| same(&format!("{at}[{i}]"), e, w))
        }
        _ if expected == wrote => Ok(()),
        _ => Err(format!("{at}: expected {expected}, wrote {wrote}")),
    }
}

//! Files on the wire: `multipart/form-data` on the way out, bytes with a name and a kind on the way back.
//!
//! An operation whose declaration says `body: Multipart` has a [`File`] among its fields; one that says
//! `reply: File` answers with one. The platforms want a file name in raw UTF-8 between quotes (an RFC 2231
//! `filename*=` makes WeCom miss the file, <https://developer.work.weixin.qq.com/document/path/90253>), so that is
//! what is written and all that is read.

use crate::{Bilingual, Flaw, Invalid, Sealed, Wire};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::{Map, Value};
use std::fmt;

/// A body holds at most so many parts.
const MAX_PARTS: usize = 32;
/// The head of one part takes at most so many bytes.
const MAX_HEAD_BYTES: usize = 8 << 10;
/// The kind of a file that names none.
const ANY_KIND: &str = "application/octet-stream";

/// A file: in JSON (fixtures, dry runs) an object whose `bytes` are base64.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// What recipients see; without quotes and control characters.
    #[serde(default)]
    pub name: String,
    /// MIME type; empty for [`application/octet-stream`](https://www.iana.org/assignments/media-types).
    #[serde(default)]
    pub media_type: String,
    /// The content.
    #[serde(serialize_with = "write_base64", deserialize_with = "read_base64")]
    pub bytes: Vec<u8>,
}

impl fmt::Debug for File {
    /// Without the content, which may be large and is nobody's to log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "File({:?}, {:?}, {} bytes)", self.name, self.media_type, self.bytes.len())
    }
}

impl File {
    /// The file in an answer; `None` when the answer is not one, but an envelope or somebody's page.
    ///
    /// With a `content-disposition` it is a file whatever its kind; without one, JSON and text are not.
    #[must_use]
    pub fn arrived(status: u16, media_type: Option<&str>, disposition: Option<&str>, body: &[u8]) -> Option<Self> {
        let media_type = media_type.unwrap_or_default().trim();
        let kind = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let words = kind.is_empty() || kind.ends_with("json") || kind.starts_with("text/");
        if !matches!(status, 200 | 206) || (words && disposition.is_none()) {
            return None;
        }
        let name = disposition.and_then(|line| parameter(line, "filename")).unwrap_or_default();
        Some(Self { name, media_type: media_type.to_owned(), bytes: body.to_vec() })
    }

    /// The one file of a form that somebody handed in; parts that are text are passed over. Unlike the platforms it
    /// takes an encoded name (RFC 5987 `filename*`) too.
    ///
    /// # Errors
    /// [`Invalid`] when the body is no form, or holds no file or several.
    pub fn in_form(content_type: &str, body: &[u8]) -> Result<Self, Invalid> {
        let mut file = None;
        for (head, content) in split(content_type, body)? {
            let disposition = line(&head, "content-disposition").unwrap_or_default();
            let encoded = || {
                let value = parameter(disposition, "filename*")?;
                let (_, name) = value.split_once("''").filter(|(set, _)| set.eq_ignore_ascii_case("utf-8"))?;
                Some(percent_encoding::percent_decode_str(name).decode_utf8_lossy().into_owned())
            };
            let Some(name) = encoded().or_else(|| parameter(disposition, "filename")) else { continue };
            if file.is_some() {
                return Err(Invalid::entire((
                    "the form holds several files, one is expected",
                    "表单含有多个文件，应为一个",
                )));
            }
            let media_type = line(&head, "content-type").unwrap_or_default().to_owned();
            file = Some(Self { name, media_type, bytes: content.to_vec() });
        }
        let none =
            ("the form holds no file: a part with a filename is expected", "表单中没有文件：应有带 filename 的部分");
        file.ok_or_else(|| Invalid::entire(none))
    }

    /// The answer that carries the file: the other direction of [`Self::arrived`].
    #[must_use]
    pub fn sealed(self) -> Sealed {
        let kind = if self.media_type.is_empty() { ANY_KIND.into() } else { self.media_type };
        let disposition = format!("attachment; filename=\"{}\"", self.name.replace('"', "'"));
        Sealed {
            status: 200,
            headers: vec![("content-type", kind), ("content-disposition", disposition)],
            body: self.bytes,
        }
    }
}

/// As [`File::sealed`], from a reply that was written as JSON; `None` when it is no file.
#[must_use]
pub fn seal(reply: &Value) -> Option<Sealed> {
    File::deserialize(reply).ok().map(File::sealed)
}

fn write_base64<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    to.serialize_str(&STANDARD.encode(bytes))
}

fn read_base64<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD
        .decode(String::deserialize(from)?)
        .map_err(|_| D::Error::custom(Bilingual::fixed("expected base64", "应为 base64")))
}

/// Writes the fields as parts: scalars as text, objects as files. The same fields give the same bytes.
pub(crate) fn write(fields: Map<String, Value>, wire: &mut Wire) -> Result<(), Invalid> {
    let mut parts = Vec::new();
    for (name, value) in fields {
        let (head, content) = match value {
            Value::Null => continue,
            Value::String(text) => (String::new(), text.into_bytes()),
            Value::Bool(_) | Value::Number(_) => (String::new(), value.to_string().into_bytes()),
            Value::Object(_) => {
                let file: File = crate::typed(value)?;
                let kind = if file.media_type.is_empty() { ANY_KIND } else { file.media_type.as_str() };
                for (field, text) in [("name", file.name.as_str()), ("media_type", kind)] {
                    if text.contains(|c: char| matches!(c, '"' | '\\') || c.is_control()) {
                        let why = ("holds a quote, a backslash or a control character", "含有引号、反斜杠或控制字符");
                        return Err(Invalid::unfit(format!("{name}.{field}"), why));
                    }
                }
                (format!("; filename=\"{}\"\r\ncontent-type: {kind}", file.name), file.bytes)
            }
            Value::Array(_) => {
                return Err(Invalid::unfit(name, ("a part is a scalar or a file", "每个部分须为标量或文件")));
            }
        };
        parts.push((format!("content-disposition: form-data; name=\"{name}\"{head}\r\n\r\n"), content));
    }
    let boundary = (0_u64..)
        .map(|n| format!("----hongyan{n:016}"))
        .find(|boundary| parts.iter().all(|(head, body)| !holds(head.as_bytes(), boundary) && !holds(body, boundary)))
        .unwrap_or_default();
    for (head, content) in parts {
        wire.body.extend_from_slice(format!("--{boundary}\r\n{head}").as_bytes());
        wire.body.extend_from_slice(&content);
        wire.body.extend_from_slice(b"\r\n");
    }
    wire.body.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    wire.headers.push(("content-type".into(), format!("multipart/form-data; boundary={boundary}")));
    Ok(())
}

fn holds(bytes: &[u8], boundary: &str) -> bool {
    find(bytes, boundary.as_bytes()).is_some()
}

/// Where `needle` starts: jumps from one first byte to the next.
fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    let (&first, _) = needle.split_first()?;
    let mut from = 0;
    while let Some(step) = bytes[from..].iter().position(|&byte| byte == first) {
        from += step;
        if bytes[from..].starts_with(needle) {
            return Some(from);
        }
        from += 1;
    }
    None
}

/// Reads the parts of a call that arrived: parts with a `filename` as files, others as text.
pub(crate) fn read(call: &Wire) -> Result<Map<String, Value>, Invalid> {
    let kind = call.headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, value)| value.as_str());
    fields(kind, &call.body)
}

/// The parts of a `multipart/form-data` body by name: texts, and files as objects.
///
/// # Errors
/// [`Invalid`] when the body is no such form, or broken.
pub fn fields(content_type: &str, body: &[u8]) -> Result<Map<String, Value>, Invalid> {
    split(content_type, body)?.into_iter().map(|(head, content)| part(&head, content)).collect()
}

/// The parts of a body: each one's head and content.
fn split<'a>(kind: &str, body: &'a [u8]) -> Result<Vec<(String, &'a [u8])>, Invalid> {
    let multipart = kind.get(..19).is_some_and(|head| head.eq_ignore_ascii_case("multipart/form-data"));
    let boundary = parameter(kind, "boundary").filter(|text| multipart && (1..=200).contains(&text.len()));
    let Some(boundary) = boundary else { return Err(Invalid { field: String::new(), flaw: Flaw::NoForm }) };
    let broken = |en: &'static str, zh: &'static str| Invalid::entire((en, zh));

    let opening = format!("--{boundary}");
    let delimiter = format!("\r\n--{boundary}");
    let start = find(body, opening.as_bytes())
        .ok_or_else(|| broken("the multipart body has no part", "multipart 请求体没有任何部分"))?;
    let mut rest = &body[start + opening.len()..];
    let mut parts = Vec::new();
    for _ in 0..MAX_PARTS {
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        rest = rest
            .strip_prefix(b"\r\n")
            .ok_or_else(|| broken("the multipart body has a broken delimiter", "multipart 请求体的分隔符损坏"))?;
        let head_end = find(&rest[..rest.len().min(MAX_HEAD_BYTES)], b"\r\n\r\n");
        let head_end = head_end.ok_or_else(|| {
            broken("a part of the multipart body has no end of its head", "multipart 请求体中有一部分的头没有结束")
        })?;
        let head = String::from_utf8_lossy(&rest[..head_end]).into_owned();
        rest = &rest[head_end + 4..];
        let end = find(rest, delimiter.as_bytes())
            .ok_or_else(|| broken("the multipart body ends inside a part", "multipart 请求体在某一部分中间结束"))?;
        parts.push((head, &rest[..end]));
        rest = &rest[end + delimiter.len()..];
    }
    Err(broken("the multipart body has too many parts", "multipart 请求体的部分过多"))
}

/// A line of a part's head.
fn line<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.split("\r\n").filter_map(|line| line.split_once(':'));
    lines.find(|(key, _)| key.trim().eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

fn part(head: &str, content: &[u8]) -> Result<(String, Value), Invalid> {
    let disposition = line(head, "content-disposition").unwrap_or_default();
    let file = parameter(disposition, "filename");
    // A file's own name says enough for some clients: which field it is then, the request has to know.
    let name = parameter(disposition, "name").or_else(|| file.as_ref().map(|_| String::new()));
    let name = name.ok_or_else(|| Invalid::entire(("a part without a name", "有一部分没有名称")))?;
    let value = match file {
        Some(file) => {
            let media_type = line(head, "content-type").unwrap_or(ANY_KIND).to_owned();
            serde_json::to_value(File { name: file, media_type, bytes: content.to_vec() })
                .map_err(|error| Invalid::entire(Bilingual::read_from(error)))?
        }
        None => match std::str::from_utf8(content) {
            Ok(text) => Value::String(text.to_owned()),
            Err(_) => return Err(Invalid::unfit(name, ("is neither text nor a file", "既不是文本也不是文件"))),
        },
    };
    Ok((name, value))
}

/// The value of a header's parameter, quoted or not. `name*=` is another parameter.
fn parameter(line: &str, name: &str) -> Option<String> {
    let mut rest = line.split_once(';')?.1;
    loop {
        let (key, after) = rest.split_once('=')?;
        let (value, next) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => {
                let mut text = String::new();
                let mut chars = quoted.char_indices().peekable();
                let mut end = quoted.len();
                while let Some((at, c)) = chars.next() {
                    match c {
                        '"' => {
                            end = at + 1;
                            break;
                        }
                        // Only a quote is ever escaped: a backslash may be part of a path.
                        '\\' if chars.peek().is_some_and(|(_, next)| *next == '"') => {
                            text.push('"');
                            chars.next();
                        }
                        c => text.push(c),
                    }
                }
                (text, &quoted[end..])
            }
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        if key.trim().trim_start_matches(';').trim().eq_ignore_ascii_case(name) {
            return Some(value);
        }
        rest = next.trim_start().trim_start_matches(';');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn call(kind: &str, body: &[u8]) -> Wire {
        Wire { headers: vec![("content-type".into(), kind.into())], body: body.to_vec(), ..Wire::default() }
    }

    fn fields(file: &File) -> Map<String, Value> {
        Map::from_iter([("type".into(), json!("image")), ("media".into(), serde_json::to_value(file).unwrap())])
    }

    #[test]
    fn a_file_comes_back_as_it_was_written_and_its_name_travels_raw() {
        let file = File {
            name: "日终 报表.png".into(),
            media_type: "image/png".into(),
            bytes: b"\r\n------hongyan0000000000000000--\r\n\0\xff".to_vec(),
        };
        let mut wire = Wire::default();
        write(fields(&file), &mut wire).unwrap();
        assert!(String::from_utf8_lossy(&wire.body).contains("filename=\"日终 报表.png\""));
        assert!(wire.headers[0].1.ends_with('1'), "the first boundary occurs in the content");
        assert_eq!(read(&wire).unwrap(), fields(&file));
    }

    #[test]
    fn a_name_that_would_break_the_head_is_refused() {
        for name in ["a\"b", "a\r\nb", "a\0"] {
            let file = File { name: name.into(), ..File::default() };
            assert_eq!(write(fields(&file), &mut Wire::default()).unwrap_err().field, "media.name");
        }
    }

    #[test]
    fn the_forms_that_other_clients_write_are_read() {
        let body = b"--x\r\nContent-Disposition: form-data; name=media; filename=\"a;b.txt\"; filelength=2\r\n\
                     Content-Type: text/plain\r\n\r\nhi\r\n--x--";
        let read = read(&call("Multipart/Form-Data; boundary=\"x\"", body)).unwrap();
        assert_eq!(read["media"], json!({"name": "a;b.txt", "media_type": "text/plain", "bytes": "aGk="}));
    }

    #[test]
    fn an_encoded_file_name_makes_the_part_no_file() {
        let body = b"--x\r\ncontent-disposition: form-data; name=\"media\"; filename*=utf-8''a.txt\r\n\r\nhi\r\n--x--";
        assert_eq!(read(&call("multipart/form-data; boundary=x", body)).unwrap()["media"], "hi");
    }

    #[test]
    fn the_one_file_of_a_form_is_found_among_its_texts() {
        let form = |files: &str| {
            let text = "--x\r\ncontent-disposition: form-data; name=\"note\"\r\n\r\nhi\r\n";
            File::in_form("multipart/form-data; boundary=x", format!("{text}{files}--x--\r\n").as_bytes())
        };
        let file = |name: &str| format!("--x\r\nContent-Disposition: form-data; name=\"f\"; {name}\r\n\r\nabc\r\n");
        let found = form(&file("filename=\"日.txt\"")).unwrap();
        assert_eq!((found.name.as_str(), found.media_type.as_str(), &found.bytes[..]), ("日.txt", "", &b"abc"[..]));
        assert_eq!(form(&file("filename=\"x\"; filename*=UTF-8''%E6%97%A5.txt")).unwrap().name, "日.txt");
        assert!(form("").unwrap_err().to_string().contains("no file"));
        assert!(form(&file("filename=a").repeat(2)).unwrap_err().to_string().contains("several"));
    }

    #[test]
    fn broken_bodies_are_named_and_never_panic() {
        let form = b"--x\r\ncontent-disposition: form-data; name=\"media\"; filename=\"a\"\r\n\r\nhi\r\n--x--";
        for end in 0..form.len() - 2 {
            assert!(read(&call("multipart/form-data; boundary=x", &form[..end])).is_err(), "{end}");
        }
        for kind in ["", "application/json", "multipart/form-data", "multipart/form-data; boundary=", "multipart/日"] {
            assert!(read(&call(kind, form)).is_err(), "{kind}");
        }
        let many = b"--x\r\ncontent-disposition: form-data; name=\"a\"\r\n\r\n\r\n".repeat(MAX_PARTS + 1);
        assert!(read(&call("multipart/form-data; boundary=x", &[&many[..], b"--x--"].concat())).is_err());
    }

    #[test]
    fn an_answer_is_a_file_or_an_envelope_by_its_head() {
        let file = File { name: "日.json".into(), media_type: "application/json".into(), bytes: b"{}".to_vec() };
        let sealed = file.clone().sealed();
        let read = |status, kind, disposition| File::arrived(status, kind, disposition, &sealed.body);
        assert_eq!(read(200, Some(&sealed.headers[0].1), Some(&sealed.headers[1].1)), Some(file));
        assert!(read(200, Some("application/json; charset=UTF-8"), None).is_none());
        assert!(read(200, Some("text/html"), None).is_none());
        assert!(read(200, None, None).is_none());
        assert!(read(502, Some("image/png"), None).is_none());
        assert!(read(206, Some("image/png"), None).is_some());
    }
}

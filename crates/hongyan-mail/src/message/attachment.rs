//! An attachment as a part of a mail: its name in both spellings, its media type.

use super::{
    Attachment, MAX_NAME,
    header::{encoded_words, looks_encoded},
    invalid,
};
use hongyan_endpoint::{Fault, Flaw, Unfit, bilingual};
use lettre::message::{
    Body, SinglePart,
    header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

impl Attachment {
    /// Whether a mail can carry it under its name and media type: what [`Mail::build`](super::Mail::build) would refuse is said here,
    /// before anything is promised.
    ///
    /// # Errors
    /// [`Unfit`] of the field `name` or `media_type`.
    pub fn check(name: &str, media_type: Option<&str>) -> Result<(), Unfit> {
        Self::checked(name, media_type).map(drop)
    }

    fn checked(name: &str, media_type: Option<&str>) -> Result<ContentType, Unfit> {
        if name.trim().is_empty() || name.chars().any(char::is_control) {
            let why = ("is empty or holds a control character", "为空或含有控制字符");
            return Err(Unfit::new("name", Flaw::unfit(why)));
        }
        if name.len() > MAX_NAME {
            return Err(Unfit::new("name", Flaw::bytes(name.len(), MAX_NAME)));
        }
        let media_type = media_type.unwrap_or("application/octet-stream");
        let kind = ContentType::parse(media_type).ok().filter(|_| media_type.len() <= MAX_NAME);
        let Some((kind, parameters)) = kind.zip(parameters(media_type)) else {
            let why = bilingual!(
                "{media_type:?} is no media type: TYPE/SUBTYPE, values of parameters in double quotes";
                "{media_type:?} 不是媒体类型：应为 TYPE/SUBTYPE，参数的值用双引号"
            );
            return Err(Unfit::new("media_type", Flaw::Unfit(why)));
        };
        // A reader would save it under that name (RFC 2231: `name*`, `name*0`) and not under the attachment's.
        let named = |parameter: &&str| {
            let name = parameter.split('*').next().unwrap_or_default();
            ["name", "filename"].iter().any(|known| name.eq_ignore_ascii_case(known))
        };
        if let Some(parameter) = parameters.into_iter().find(named) {
            let why = bilingual!(
                "{media_type:?} names a file by {parameter:?}: the attachment's name is said in name";
                "{media_type:?} 以 {parameter:?} 给出了文件名：附件的名称请写在 name 中"
            );
            return Err(Unfit::new("media_type", Flaw::Unfit(why)));
        }
        // These would be read as part of the mail's own structure.
        let lower = media_type.trim_start().to_ascii_lowercase();
        if ["multipart/", "message/"].iter().any(|structure| lower.starts_with(structure)) {
            let why = bilingual!(
                "{media_type:?} would become part of the mail itself: leave it out, or give application/octet-stream";
                "{media_type:?} 会成为邮件本身的一部分：请不要填写，或改为 application/octet-stream"
            );
            return Err(Unfit::new("media_type", Flaw::Unfit(why)));
        }
        Ok(kind)
    }

    pub(super) fn part(&self) -> Result<SinglePart, Fault> {
        let media_type = Self::checked(&self.name, self.media_type.as_deref())
            .map_err(|unfit| invalid(format!("attachment {} {}", unfit.field, unfit.text())))?;
        let body = Body::new_with_encoding(self.bytes.clone(), ContentTransferEncoding::Base64)
            .map_err(|_| invalid("attachment cannot be encoded"))?;
        Ok(SinglePart::builder().header(media_type).header(Disposition(disposition(&self.name))).body(body))
    }
}

/// `Content-Disposition` with the file name in both spellings. lettre's own header knows only one.
#[derive(Clone)]
struct Disposition(String);

impl lettre::message::header::Header for Disposition {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Content-Disposition")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::dangerous_new_pre_encoded(Self::name(), self.0.clone(), self.0.clone())
    }
}

/// What a name shows as it is in `filename*`.
const FILE_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

/// `filename*` (RFC 2231) comes first, for readers that stop at the first name; `filename` in RFC 2047's encoded
/// words follows, for old Chinese clients that know nothing else.
pub(super) fn disposition(name: &str) -> String {
    let plain = name.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'));
    if plain && name.len() <= 60 && !looks_encoded(name) {
        return format!("attachment; filename=\"{name}\"");
    }
    let encoded = utf8_percent_encode(name, FILE_NAME);
    format!("attachment;\r\n filename*=UTF-8''{encoded};\r\n filename=\"{}\"", encoded_words(name))
}

/// The names of the parameters of a media type: `type/subtype`, then `; name=value`, the value a token or in double
/// quotes (RFC 2045 §5.1). `None` for what is no media type.
fn parameters(text: &str) -> Option<Vec<&str>> {
    let token = |text: &str| {
        let special = |b: u8| b"()<>@,;:\\\"/[]?=".contains(&b);
        !text.is_empty() && text.bytes().all(|b| b.is_ascii_graphic() && !special(b))
    };
    let (kind, mut rest) = text.split_at(text.find(';').unwrap_or(text.len()));
    if !kind.trim().split_once('/').is_some_and(|(kind, sub)| token(kind) && token(sub)) {
        return None;
    }
    let mut names = Vec::new();
    while let Some(parameter) = rest.strip_prefix(';') {
        let (name, value) = parameter.trim_start_matches([' ', '\t']).split_once('=')?;
        let end = match value.strip_prefix('"') {
            None => value.find([';', ' ']).unwrap_or(value.len()),
            Some(quoted) => {
                let mut escaped = false;
                let close = quoted.char_indices().find(|(_, letter)| {
                    let closes = *letter == '"' && !escaped;
                    escaped = *letter == '\\' && !escaped;
                    closes
                });
                let (at, _) = close?;
                at + 2
            }
        };
        let (value, behind) = value.split_at(end);
        let good = if value.starts_with('"') { value.bytes().all(|b| matches!(b, b' '..=b'~')) } else { token(value) };
        if !token(name) || !good {
            return None;
        }
        names.push(name);
        rest = behind.trim_start_matches([' ', '\t']);
    }
    rest.is_empty().then_some(names)
}

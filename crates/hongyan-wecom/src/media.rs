//! Files: upload once, send by id for three days. <https://developer.work.weixin.qq.com/document/path/91054>

use crate::WeCom;
use hongyan_endpoint::{Endpoint, File, Flaw, Unfit, endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { WeCom;
    /// Uploads a file for messages; its id serves all applications of the company for three days.
    UploadMedia -> MediaUploaded {
        "media.upload", POST "/cgi-bin/media/upload",
        query: ["type"],
        body: Multipart,
        auth: AccessToken, effect: Idempotent, role: Upload,
        limits: [bytes("media", 20_971_520), rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90253",
    }
    /// Downloads a file by its id.
    GetMedia -> File {
        "media.get", GET "/cgi-bin/media/get",
        reply: File,
        auth: AccessToken, effect: Read,
        refuses: [missing("media_id") => ("41006", "media_id missing")],
        limits: [within_hours(72), rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90254",
    }
    /// Uploads a picture for use inside an article; its address does not lapse.
    UploadImage -> ImageUploaded {
        "media.uploadimg", POST "/cgi-bin/media/uploadimg",
        body: Multipart,
        auth: AccessToken, effect: Idempotent, role: Upload,
        limits: [bytes("media", 2_097_152) => "40009", rate(1000, DAY, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90256",
    }
}

/// Every file is larger than this, in bytes.
pub const MIN_BYTES: usize = 5;

/// Request of `media/upload`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadMedia {
    /// `image`, `voice`, `video` or `file`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// More than 5 bytes; as an image at most 10 MB of jpg or png, as a voice 2 MB of amr and a minute, as a video
    /// 10 MB of mp4, as a file 20 MB. The name is what recipients see.
    #[serde(flatten, with = "part")]
    pub media: File,
}

impl UploadMedia {
    /// The most bytes of a kind; `None` for a kind that does not exist.
    #[must_use]
    pub fn max_bytes(kind: &str) -> Option<usize> {
        match kind {
            "image" | "video" => Some(10 << 20),
            "voice" => Some(2 << 20),
            "file" => Some(20 << 20),
            _ => None,
        }
    }

    /// What the platform refuses: kind, size, a content that is not of the kind.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        check_kind(&self.kind, &self.media)
    }
}

/// As [`UploadMedia::check`], without taking the file.
///
/// # Errors
/// [`Unfit`] naming the field and the platform's code.
pub fn check_kind(kind: &str, media: &File) -> Result<(), Unfit> {
    let Some(max) = UploadMedia::max_bytes(kind) else {
        return Err(Unfit::coded(
            "40004",
            "type",
            Flaw::unfit(("is none of image, voice, video, file", "不是 image、voice、video、file 之一")),
        ));
    };
    check_file(media, max, kind)
}

/// The file among the parts of a form. It is written as `media`; the platform takes it under any name, so that
/// clients which call it `file`, or nothing, work.
pub(crate) mod part {
    use hongyan_endpoint::File;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
    use serde_json::{Map, Value};
    use std::collections::BTreeMap;

    pub(crate) fn serialize<S: Serializer>(file: &File, to: S) -> Result<S::Ok, S::Error> {
        BTreeMap::from([("media", file)]).serialize(to)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<File, D::Error> {
        let mut parts = Map::deserialize(from)?;
        let named = parts.remove("media");
        // Where `media` is a text, no other part stands in for it.
        let file = named.or_else(|| parts.into_iter().map(|(_, part)| part).find(Value::is_object));
        let file = file.ok_or_else(|| D::Error::missing_field("media"))?;
        serde_json::from_value(file).map_err(D::Error::custom)
    }
}

/// The size and the first bytes of a file, against its kind.
pub(crate) fn check_file(file: &File, max: usize, kind: &str) -> Result<(), Unfit> {
    let bytes = &file.bytes;
    if bytes.is_empty() {
        return Err(Unfit::coded("44001", "media", Flaw::unfit(("no file data", "没有文件数据"))));
    }
    let (size, form, fits) = match kind {
        "image" => ("40009", "40123", bytes.starts_with(b"\xff\xd8\xff") || bytes.starts_with(b"\x89PNG")),
        "voice" => ("301016", "301017", bytes.starts_with(b"#!AMR")),
        "video" => ("40011", "40005", bytes.get(4..8) == Some(b"ftyp")),
        _ => ("40006", "40005", true),
    };
    if bytes.len() <= MIN_BYTES {
        return Err(Unfit::coded("40006", "media", Flaw::unfit(("a file has more than 5 bytes", "文件须大于 5 字节"))));
    }
    if bytes.len() > max {
        return Err(Unfit::coded(size, "media", Flaw::unfit(("the file is too large", "文件过大"))));
    }
    if fits {
        Ok(())
    } else {
        Err(Unfit::coded(
            form,
            "media",
            Flaw::unfit(("the content is not of the kind that `type` names", "文件内容不是 `type` 所示的类型")),
        ))
    }
}

/// Reply of `media/upload` and of a robot's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaUploaded {
    /// For humans; here an empty text is usual.
    #[serde(default, deserialize_with = "lenient::text")]
    pub errmsg: String,
    /// As asked for.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// Serves for three days, any number of times.
    pub media_id: String,
    /// Unix seconds, as text.
    #[serde(default, deserialize_with = "lenient::text")]
    pub created_at: String,
}

/// Request of `media/get`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetMedia {
    /// As an upload or a callback gave it.
    pub media_id: String,
}

/// Request of `media/uploadimg`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadImage {
    /// jpg or png, more than 5 bytes, at most 2 MB.
    #[serde(flatten, with = "part")]
    pub media: File,
}

impl UploadImage {
    /// What the platform refuses.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        check_file(&self.media, const { Self::SPEC.max_bytes("media").unwrap() }, "image")
    }
}

/// Reply of `media/uploadimg`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageUploaded {
    /// For humans; here an empty text is usual.
    #[serde(default, deserialize_with = "lenient::text")]
    pub errmsg: String,
    /// Shows inside WeCom only.
    pub url: String,
}

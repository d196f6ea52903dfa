//! Files: upload once, send by id. <https://open.dingtalk.com/document/orgapp/upload-media-files>

use crate::DingTalk;
use hongyan_endpoint::{File, endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { DingTalk;
    /// Uploads a file for messages; its id serves inside DingTalk as long as the company exists.
    UploadMedia -> MediaUploaded {
        "media.upload", POST "/media/upload",
        query: ["type"],
        body: Multipart,
        auth: AccessToken, effect: Idempotent, role: Upload, needs: Permission("qyapi_base"),
        refuses: [
            unfit("type") => ("40004", "不合法的媒体文件类型"), NoForm => ("43008", "需要multipart/form-data"),
            Anything => ("41005", "缺少多媒体文件数据"),
        ],
        limits: [bytes("media", 20_971_520)],
        source: "https://open.dingtalk.com/document/orgapp/upload-media-files",
    }
}

/// Request of `media/upload`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadMedia {
    /// `image`, `voice`, `video` or `file`. Written in the query (a form's part now and then answers 40004), read
    /// from both.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// As an image at most 20 MB of jpg, gif, png or bmp; as a voice 2 MB of amr, mp3 or wav; as a video 20 MB of mp4;
    /// as a file 20 MB of doc, docx, xls, xlsx, ppt, pptx, zip, pdf or rar (messages take 10 MB).
    pub media: File,
}

impl UploadMedia {
    /// The most bytes of a kind; `None` for a kind that does not exist.
    #[must_use]
    pub fn max_bytes(kind: &str) -> Option<usize> {
        match kind {
            "image" | "video" | "file" => Some(20 << 20),
            "voice" => Some(2 << 20),
            _ => None,
        }
    }

    /// The file name's endings of a kind, in lower case; empty for a kind that does not exist.
    #[must_use]
    pub fn endings(kind: &str) -> &'static [&'static str] {
        match kind {
            "image" => &["jpg", "jpeg", "gif", "png", "bmp"],
            "voice" => &["amr", "mp3", "wav"],
            "video" => &["mp4"],
            "file" => &["doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip", "pdf", "rar"],
            _ => &[],
        }
    }
}

/// Reply of `media/upload`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaUploaded {
    /// As asked for.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// Starts with `@` or `$`; no address for browsers.
    pub media_id: String,
    /// Milliseconds since 1970.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub created_at: i64,
}

//! Files: uploaded once, named by messages for as long as the company exists.
//!
//! A file's particulars are kept; its bytes only while there is room, for whoever wants to look at what was sent.

use super::settings::Settings;
use crate::{
    options::random_hex,
    route::{Refused, refuse},
    world::{Caller, World},
};
use hongyan_dingtalk::{
    DingTalk,
    media::{MediaUploaded, UploadMedia},
};
use hongyan_endpoint::Fault;
use serde_json::{Value, json};
use std::collections::{HashMap, VecDeque};

/// Files remembered.
const MAX_FILES: usize = 100_000;
/// Bytes of files that are kept, all together.
const MAX_BYTES: usize = 64 << 20;
/// Download codes that are good at one time.
const MAX_CODES: usize = 10_000;
/// A message takes a smaller file than the upload does.
const MAX_MESSAGE_FILE: usize = 10 << 20;
/// How long a robot's download code is good, in milliseconds.
const CODE_LIFE_MS: i64 = 2 * 3_600_000;

/// One file.
struct Held {
    kind: String,
    name: String,
    media_type: String,
    size: usize,
    at: i64,
    /// Gone once there was no room.
    bytes: Option<Vec<u8>>,
}

/// All of them.
#[derive(Default)]
pub(crate) struct Files {
    held: HashMap<String, Held>,
    order: VecDeque<String>,
    /// Those whose bytes are kept, oldest first.
    with_bytes: VecDeque<String>,
    bytes: usize,
    /// Download code → until when, and which file.
    codes: HashMap<String, (i64, String)>,
}

impl Files {
    fn keep(&mut self, id: &str, held: Held) {
        if self.order.len() >= MAX_FILES
            && let Some(oldest) = self.order.pop_front()
        {
            let bytes = self.held.remove(&oldest).and_then(|held| held.bytes).map_or(0, |bytes| bytes.len());
            self.bytes -= bytes;
            // Both lists are in order of arrival.
            self.with_bytes.pop_front_if(|first| *first == oldest);
        }
        self.bytes += held.size;
        self.order.push_back(id.to_owned());
        self.with_bytes.push_back(id.to_owned());
        self.held.insert(id.to_owned(), held);
        while self.bytes > MAX_BYTES {
            let Some(oldest) = self.with_bytes.pop_front() else { break };
            if let Some(bytes) = self.held.get_mut(&oldest).and_then(|held| held.bytes.take()) {
                self.bytes -= bytes.len();
            }
        }
    }

    /// What the inspection API shows of all files, newest last.
    pub(crate) fn list(&self) -> Value {
        let describe = |id: &String| {
            let held = self.held.get(id)?;
            Some(json!({"media_id": id, "type": held.kind, "name": held.name, "bytes": held.size, "at_ms": held.at}))
        };
        self.order.iter().filter_map(describe).collect()
    }

    /// A file's media type and bytes, while they are kept.
    pub(crate) fn content(&self, id: &str) -> Option<(&str, &[u8])> {
        let held = self.held.get(id)?;
        Some((&held.media_type, held.bytes.as_deref()?))
    }

    /// A code as the robot gets it with a file that somebody sent to it; `None` where there is no such file.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub(crate) fn offer(&mut self, now: i64, id: &str) -> std::io::Result<Option<String>> {
        if !self.held.contains_key(id) {
            return Ok(None);
        }
        self.codes.retain(|_, (until, _)| *until > now);
        if self.codes.len() >= MAX_CODES {
            self.codes.clear();
        }
        let code = random_hex(32)?;
        self.codes.insert(code.clone(), (now + CODE_LIFE_MS, id.to_owned()));
        Ok(Some(code))
    }

    /// The file of a code that is still good.
    pub(super) fn offered(&self, now: i64, code: &str) -> Option<&str> {
        self.codes.get(code).filter(|(until, _)| *until > now).map(|(_, id)| id.as_str())
    }

    /// Whether a message may name the file.
    ///
    /// # Errors
    /// 40007 for one that was never uploaded, 40006 for a file that is too large for a message.
    pub(super) fn usable(&self, id: &str) -> Result<(), Fault> {
        let held = self.held.get(id).ok_or_else(|| refuse::<DingTalk>("40007", "不合法的媒体文件id"))?;
        if held.kind == "file" && held.size > MAX_MESSAGE_FILE {
            return Err(refuse::<DingTalk>("40006", "不合法的文件大小: 消息中的文件不超过10MB"));
        }
        Ok(())
    }

    /// As [`Files::usable`], for what may be an address as well.
    pub(super) fn usable_or_address(&self, text: &str) -> Result<(), Fault> {
        if text.starts_with(['@', '$']) { self.usable(text) } else { Ok(()) }
    }
}

/// Every file that a message in the dialect of work notifications names.
pub(super) fn check(world: &World, msg: &serde_json::Map<String, Value>) -> Result<(), Fault> {
    let files = &world.memory.get::<Files>();
    let text = |kind: &str, path: &[&str]| {
        let mut at = msg.get(kind)?;
        for name in path {
            at = at.get(name)?;
        }
        at.as_str().filter(|text| !text.is_empty())
    };
    match msg.get("msgtype").and_then(Value::as_str).unwrap_or_default() {
        kind @ ("image" | "voice" | "file") => files.usable(text(kind, &["media_id"]).unwrap_or_default()),
        "link" => files.usable_or_address(text("link", &["picUrl"]).unwrap_or_default()),
        "oa" => files.usable_or_address(text("oa", &["body", "image"]).unwrap_or_default()),
        _ => Ok(()),
    }
}

pub(super) fn upload(world: &mut World, caller: &Caller, request: UploadMedia) -> Result<MediaUploaded, Refused> {
    let UploadMedia { kind, media } = request;
    let Some(max) = UploadMedia::max_bytes(&kind) else {
        return Err(refuse::<DingTalk>("40004", "不合法的媒体文件类型").into());
    };
    if media.bytes.is_empty() {
        return Err(refuse::<DingTalk>("44001", "多媒体文件为空").into());
    }
    let ending = media.name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    // A file may have any name, as was seen of `.md`, `.txt` and `.mp4`; the page has a list.
    let listed = UploadMedia::endings(&kind).contains(&ending.as_str());
    if !listed && (kind != "file" || world.memory.get::<Settings>().strict_file_types) {
        return Err(refuse::<DingTalk>("40005", "不合法的文件类型").into());
    }
    if media.bytes.len() > max {
        return Err(refuse::<DingTalk>("45001", "多媒体文件大小超过限制").into());
    }
    let random = random_hex(20).map_err(|_| refuse::<DingTalk>("-1", "系统繁忙"))?;
    let media_id = format!("@lAD{random}");
    let held = Held {
        kind: kind.clone(),
        name: media.name,
        media_type: media.media_type,
        size: media.bytes.len(),
        at: caller.now,
        bytes: Some(media.bytes),
    };
    world.memory.get_mut::<Files>().keep(&media_id, held);
    Ok(MediaUploaded { kind, media_id, created_at: caller.now })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn particulars_outlive_bytes() {
        let mut files = Files::default();
        let size = 20 << 20;
        for id in ["a", "b", "c", "d"] {
            let held = Held {
                kind: "image".into(),
                name: "x.png".into(),
                media_type: "image/png".into(),
                size,
                at: 0,
                bytes: Some(vec![0; size]),
            };
            files.keep(id, held);
        }
        assert!(files.content("a").is_none() && files.content("d").is_some());
        assert!(files.usable("a").is_ok());
        assert_eq!(files.usable("e").unwrap_err().code(), "40007");
    }
}

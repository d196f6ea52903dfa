//! Uploaded files: three days by the sandbox's clock, the company's or one robot's. The oldest go when there are many.

use super::content::unfit;
use crate::{
    options::random_hex,
    route::{Refused, refuse, serves_ms},
    world::{Caller, World},
};
use hongyan_endpoint::{Endpoint, Fault, File};
use hongyan_wecom::{
    WeCom,
    media::{GetMedia, ImageUploaded, MediaUploaded, UploadImage, UploadMedia},
};
use std::collections::{HashMap, VecDeque};

const LIFE_MS: i64 = serves_ms(&GetMedia::SPEC);
/// Bytes kept in all.
const KEPT_BYTES: usize = 256 << 20;
/// Files remembered, with or without their bytes.
const KEPT: usize = 10_000;

/// All files, in order of arrival.
#[derive(Default)]
pub(crate) struct MediaStore {
    items: HashMap<String, Item>,
    order: VecDeque<String>,
    bytes: usize,
    count: u64,
}

struct Item {
    kind: String,
    file: File,
    at: i64,
    /// Only this robot may name it.
    robot: Option<usize>,
}

impl MediaStore {
    fn put(&mut self, now: i64, kind: String, file: File, robot: Option<usize>) -> Result<String, Fault> {
        self.count += 1;
        let tail = random_hex(32).map_err(|_| refuse::<WeCom>("-1", "system busy"))?;
        let id = format!("{}_{}_{tail}", if robot.is_some() { "sbxHook" } else { "sbxMedia" }, self.count);
        self.bytes += file.bytes.len();
        while self.bytes > KEPT_BYTES || self.order.len() >= KEPT {
            let Some(oldest) = self.order.pop_front() else { break };
            self.bytes -= self.items.remove(&oldest).map_or(0, |item| item.file.bytes.len());
        }
        self.items.insert(id.clone(), Item { kind, file, at: now, robot });
        self.order.push_back(id.clone());
        Ok(id)
    }

    /// A file that is alive, of that kind (`""`: any) and that robot's or the company's.
    pub(super) fn find(&self, now: i64, id: &str, kind: &str, robot: Option<usize>) -> Result<&File, Fault> {
        let invalid = || refuse::<WeCom>("40007", "invalid media_id");
        let item = self.items.get(id).filter(|item| item.robot == robot).ok_or_else(invalid)?;
        if now - item.at > LIFE_MS || !(kind.is_empty() || kind == item.kind) {
            return Err(invalid());
        }
        Ok(&item.file)
    }

    /// Every file that a content names.
    pub(super) fn find_all(&self, now: i64, wanted: &[(String, &str)], robot: Option<usize>) -> Result<(), Fault> {
        wanted.iter().try_for_each(|(id, kind)| self.find(now, id, kind, robot).map(|_| ()))
    }
}

/// Keeps a file that was checked.
pub(super) fn keep(
    store: &mut MediaStore,
    now: i64,
    kind: String,
    file: File,
    robot: Option<usize>,
) -> Result<MediaUploaded, Refused> {
    let media_id = store.put(now, kind.clone(), file, robot)?;
    // A robot's answer says `ok`, an application's nothing.
    let errmsg = if robot.is_some() { "ok".into() } else { String::new() };
    Ok(MediaUploaded { errmsg, kind, media_id, created_at: (now / 1_000).to_string() })
}

pub(super) fn upload(world: &mut World, caller: &Caller, request: UploadMedia) -> Result<MediaUploaded, Refused> {
    request.check().map_err(unfit)?;
    keep(world.memory.get_mut(), caller.now, request.kind, request.media, None)
}

pub(super) fn get(world: &mut World, caller: &Caller, request: GetMedia) -> Result<File, Refused> {
    if request.media_id.is_empty() {
        return Err(refuse::<WeCom>("41006", "media_id missing").into());
    }
    let lapsed = |item: &Item| item.robot.is_none() && caller.now - item.at > LIFE_MS;
    if world.memory.get::<MediaStore>().items.get(&request.media_id).is_some_and(lapsed) {
        return Err(refuse::<WeCom>("40145", "media_id expired").into());
    }
    Ok(world.memory.get::<MediaStore>().find(caller.now, &request.media_id, "", None)?.clone())
}

pub(super) fn upload_image(_: &mut World, _: &Caller, request: UploadImage) -> Result<ImageUploaded, Refused> {
    request.check().map_err(unfit)?;
    let name = random_hex(32).map_err(|_| refuse::<WeCom>("-1", "system busy"))?;
    Ok(ImageUploaded { errmsg: String::new(), url: format!("https://p.qpic.cn/pic_sandbox/{name}/0") })
}

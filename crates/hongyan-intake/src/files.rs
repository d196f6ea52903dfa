//! Files on their way in: what a file has to be, and what becomes of the one in a message.
//!
//! A message never holds a file's bytes once it is accepted: they are kept in the [`hongyan_core::FileStore`] and the
//! message names them. Handing them to a platform is the dispatcher's.

use crate::{keys::Caller, reply};
use base64::{Engine, engine::general_purpose::STANDARD};
use hongyan_api::{Code, Problem};
use hongyan_channel::Account;
use hongyan_core::{Bilingual, Content, FileRow, FileStore, FileUse, Flaw, Format, Media, Time, bilingual};
use hongyan_endpoint::{File, Unfit, with_code};
use std::sync::Arc;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Files that are judged at once: each is in memory as a whole.
const JUDGED: usize = 8;
const MAX_NAME: usize = 255;
const MAX_TYPE: usize = 127;
/// The type of what nobody can name.
pub const ANY_TYPE: &str = "application/octet-stream";
/// What stands in a message for its file until that is kept. As long as any.
pub(crate) const UNKEPT: &str = "f000000000000000000000000";

/// Kinds by the end of a name: those that the platforms take, and what offices send.
const KINDS: &[(&str, &str)] = &[
    ("amr", "audio/amr"),
    ("bmp", "image/bmp"),
    ("csv", "text/csv"),
    ("doc", "application/msword"),
    ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ("gif", "image/gif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("ppt", "application/vnd.ms-powerpoint"),
    ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ("rar", "application/vnd.rar"),
    ("txt", "text/plain"),
    ("wav", "audio/wav"),
    ("webp", "image/webp"),
    ("xls", "application/vnd.ms-excel"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ("xml", "application/xml"),
    ("zip", "application/zip"),
];

fn wrong(field: impl Into<String>, detail: impl Into<Bilingual>) -> Problem {
    Problem::field(Code::InvalidField, field, detail)
}

/// Checks a file that was handed in and gives it a type where it has none.
///
/// # Errors
/// [`Code::InvalidField`] naming `name` or `content-type`, or of no field where the file is empty; [`Code::TooLarge`].
pub fn checked(file: File, limit: usize) -> Result<File, Problem> {
    let File { name, media_type, bytes } = file;
    check_name(&name).map_err(|words| wrong("name", words))?;
    check_size(bytes.len(), limit)?;
    let media_type = match essence(&media_type).map_err(|words| wrong("content-type", words))? {
        Some(given) => given,
        None => kind_of(&name).to_owned(),
    };
    Ok(File { name, media_type, bytes })
}

/// What is wrong with the name of a file that is not here.
pub(crate) fn none_kept(id: &str) -> Bilingual {
    bilingual!(
        "no file {id:?} is kept here: hand it in by POST /v1/media";
        "这里没有文件 {id:?}：请用 POST /v1/media 上传"
    )
}

pub(crate) fn check_name(name: &str) -> Result<(), Bilingual> {
    if name.trim().is_empty() || name == "." || name == ".." {
        return Err(Bilingual::fixed(
            "is empty: the file needs a name that recipients see",
            "为空：文件须有收件人看到的名称",
        ));
    }
    if name.len() > MAX_NAME {
        return Err(Flaw::bytes(name.len(), MAX_NAME).text());
    }
    if name.contains(|c: char| c.is_control() || matches!(c, '/' | '\\' | '"')) {
        return Err(Bilingual::fixed("holds a slash, a quote or a control character", "含有斜杠、引号或控制字符"));
    }
    Ok(())
}

fn check_size(size: usize, limit: usize) -> Result<(), Problem> {
    if size == 0 {
        return Err(Problem::new(Code::InvalidField, "the file is empty", "文件为空"));
    }
    if size > limit {
        return Err(Problem::new(
            Code::TooLarge,
            format!("the file has {size} bytes, at most {limit} are allowed (server.max_file_bytes)"),
            format!("文件有 {size} 字节，上限为 {limit}（server.max_file_bytes）"),
        ));
    }
    Ok(())
}

/// The type without parameters; `None` for those that clients send when they know none.
fn essence(media_type: &str) -> Result<Option<String>, Bilingual> {
    let kind = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if matches!(kind.as_str(), "" | ANY_TYPE | "application/x-www-form-urlencoded") {
        return Ok(None);
    }
    let token =
        |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    match kind.split_once('/') {
        Some((head, tail)) if kind.len() <= MAX_TYPE && token(head) && token(tail) => Ok(Some(kind)),
        _ => Err(Bilingual::fixed("is not a media type", "不是媒体类型")),
    }
}

fn kind_of(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    KINDS.iter().find(|(known, _)| *known == ending).map_or(ANY_TYPE, |(_, kind)| kind)
}

/// Files that are kept beside messages, as callers hand them in and see them.
pub struct Files {
    store: Arc<dyn FileStore>,
    /// [`JUDGED`]; never held while a client is waited for.
    judged: Semaphore,
    max_bytes: usize,
}

impl Files {
    /// `max_bytes`: the largest file.
    #[must_use]
    pub fn new(store: Arc<dyn FileStore>, max_bytes: usize) -> Self {
        Self { store, judged: Semaphore::new(JUDGED), max_bytes }
    }

    /// The largest file, in bytes.
    #[must_use]
    pub fn max_bytes(&self) -> usize {
        self.max_bytes
    }

    /// Where they are kept.
    #[must_use]
    pub fn store(&self) -> &dyn FileStore {
        &*self.store
    }

    /// A turn at what needs much memory or time: held while a file, or a table, is in memory as a whole.
    pub(crate) async fn judge(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.judged.acquire().await.map_err(|_| Problem::bare(Code::Busy))
    }

    /// What a file is, where the caller may see it: for a key of some accounts, one that came for theirs alone.
    pub async fn visible(&self, caller: &Caller, id: &str) -> Result<Option<FileRow>, Problem> {
        let Some(row) = self.store.file_row(id).await.map_err(reply::store)? else { return Ok(None) };
        let rows = self.seen(caller, vec![row]).await?;
        Ok(rows.into_iter().next())
    }

    /// Those of these files that the caller may see.
    pub async fn seen(&self, caller: &Caller, mut rows: Vec<FileRow>) -> Result<Vec<FileRow>, Problem> {
        if caller.accounts().is_empty() {
            return Ok(rows);
        }
        let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
        let mut holders = self.store.holders(&ids).await.map_err(reply::store)?.into_iter();
        rows.retain(|_| holders.next().is_some_and(|holders| caller.sees(&holders)));
        Ok(rows)
    }

    /// Checks a message's file against what is kept and what the accounts can do with it.
    ///
    /// Bytes inside the message are taken out of it, to be kept by [`Self::keep`] once everything else was found right.
    pub async fn take(
        &self,
        caller: &Caller,
        content: &mut Content,
        accounts: impl Iterator<Item = &Account>,
    ) -> Result<Option<File>, Problem> {
        let Some((format, media)) = content.media() else { return Ok(None) };
        let accounts: Vec<&Account> = accounts.collect();
        for account in &accounts {
            check_use(account, format, media)?;
        }
        let at = |field: &str| format!("content.{}.{field}", format.name());
        if let Some(id) = &media.media {
            let row = self.visible(caller, id).await?.ok_or_else(|| wrong(at("media"), none_kept(id)))?;
            if media.name.as_ref().is_some_and(|name| *name != row.name) {
                let name = &row.name;
                let why = bilingual!(
                    "the file is called {name:?}: hand it in again under the other name";
                    "文件名为 {name:?}：如需其他名称，请以该名称重新上传"
                );
                return Err(wrong(at("name"), why));
            }
            self.check_kept(&accounts, format, id).await.map_err(|problem| problem.at(at("media")))?;
            // Some platforms are told the name with each call; and contents with the same file are to read the same.
            if let Some(media) = content.media_mut() {
                media.name = Some(row.name);
            }
            return Ok(None);
        }
        let Some(text) = &media.base64 else { return Ok(None) };
        let bytes = STANDARD
            .decode(text)
            .map_err(|_| wrong(at("base64"), ("is not standard base64 with padding", "不是带填充的标准 base64")))?;
        let file = File { name: media.name.clone().unwrap_or_default(), media_type: String::new(), bytes };
        let file = checked(file, self.max_bytes).map_err(|problem| {
            let field = if problem.field.as_deref() == Some("name") { "name" } else { "base64" };
            problem.at(at(field))
        })?;
        fits(&accounts, format, &file).map_err(|problem| problem.at(at("base64")))?;
        if let Some(media) = content.media_mut() {
            *media = Media { media: Some(UNKEPT.into()), base64: None, ..media.clone() };
        }
        Ok(Some(file))
    }

    /// As [`fits`], of a file that is kept.
    async fn check_kept(&self, accounts: &[&Account], format: Format, id: &str) -> Result<(), Problem> {
        // Large files in memory, so only so many at once.
        let _turn = self.judge().await?;
        match self.store.file(id).await.map_err(reply::store)? {
            Some(file) => fits(accounts, format, &file),
            // Forgotten since; the delivery will say so.
            None => Ok(()),
        }
    }

    /// Keeps what [`Self::take`] took out of a message for these accounts, and names it there.
    pub async fn keep(&self, content: &mut Content, file: File, accounts: &[String], now: Time) -> Result<(), Problem> {
        let FileRow { id, .. } = self.store.keep_file(file, now).await.map_err(reply::store)?;
        self.store.note_holder(&id, accounts).await.map_err(reply::store)?;
        if let Some(media) = content.media_mut() {
            media.media = Some(id);
        }
        Ok(())
    }
}

/// Whether every account takes a file of this size and kind.
pub(crate) fn fits(accounts: &[&Account], format: Format, file: &File) -> Result<(), Problem> {
    accounts.iter().try_for_each(|account| {
        let refused = |unfit: Unfit| {
            let (name, code, Bilingual { en, zh }) = (&account.name, unfit.code, unfit.text());
            let (en, zh) = (with_code(code, &en), with_code(code, &zh));
            wrong("", bilingual!("account {name}: {en}"; "账号 {name}：{zh}")).with_platform_code(code)
        };
        account.channel.check_file(format, file).map_err(refused)
    })
}

fn check_use(account: &Account, format: Format, media: &Media) -> Result<(), Problem> {
    let (form, name) = (format.name(), &account.name);
    match (account.channel.file_use(format), &media.media_id) {
        (FileUse::None, None) => Err(wrong(
            format!("content.{form}"),
            bilingual!(
                "account {name}: no file of this form can be handed to it; name one by media_id";
                "账号 {name}：不能接收这种形式的文件；请用 media_id 指定"
            ),
        )),
        (FileUse::Carry, Some(_)) => Err(wrong(
            format!("content.{form}.media_id"),
            bilingual!(
                "account {name}: knows no ids of files; give media or base64";
                "账号 {name}：不认文件的 ID；请给出 media 或 base64"
            ),
        )),
        _ => Ok(()),
    }
}

/// Names in a wording the file that [`Files::keep`] named in the whole content.
pub(crate) fn name_kept(own: &mut Content, whole: &Content) {
    let Some(media) = own.media_mut().filter(|media| media.media.as_deref() == Some(UNKEPT)) else { return };
    if let Some((_, kept)) = whole.media() {
        media.media.clone_from(&kept.media);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, media_type: &str) -> File {
        File { name: name.into(), media_type: media_type.into(), bytes: vec![1] }
    }

    #[test]
    fn a_file_without_a_type_gets_that_of_its_name() {
        for (name, given, kind) in [
            ("a.PNG", "", "image/png"),
            ("a.png", "application/octet-stream", "image/png"),
            ("a.png", "application/x-www-form-urlencoded", "image/png"),
            ("a.png", "Text/Plain; charset=utf-8", "text/plain"),
            ("报表", "", ANY_TYPE),
            ("a.tar.gz", "", ANY_TYPE),
        ] {
            assert_eq!(checked(file(name, given), 1).unwrap().media_type, kind, "{name} {given}");
        }
    }

    #[test]
    fn what_no_platform_would_take_is_refused() {
        for (name, kind, field) in [
            ("", "", Some("name")),
            ("..", "", Some("name")),
            ("a/b", "", Some("name")),
            ("a\\b", "", Some("name")),
            ("a\"b", "", Some("name")),
            ("a\r\nb", "", Some("name")),
            ("a", "image", Some("content-type")),
            ("a", "image/\"png", Some("content-type")),
        ] {
            assert_eq!(checked(file(name, kind), 9).unwrap_err().field.as_deref(), field, "{name} {kind}");
        }
        assert_eq!(checked(file(&"长".repeat(86), ""), 9).unwrap_err().code, "invalid_field");
        assert_eq!(checked(File { bytes: Vec::new(), ..file("a", "") }, 9).unwrap_err().status, 422);
        assert_eq!(checked(File { bytes: vec![0; 10], ..file("a", "") }, 9).unwrap_err().status, 413);
    }
}

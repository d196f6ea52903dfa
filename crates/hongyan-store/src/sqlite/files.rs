//! Files and the platforms' ids for them on SQLite.
//!
//! A file's content is one column of its row: some megabytes at most, bounded all together by
//! [`super::Options::files_bytes`].

use super::{
    Sqlite,
    code::{get, time},
    writer::Group,
};
use crate::error::Result;
use async_trait::async_trait;
use data_encoding::HEXLOWER;
use hongyan_core::{FileRow, FileStore, StoreError, Time};
use hongyan_endpoint::File;
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A file's bytes that weigh on the writer as one row does.
const BYTES_PER_ROW: usize = 1_000;
/// Files that one commit forgets.
const FORGET_AT_ONCE: usize = 20;

type Answer<T> = std::result::Result<T, StoreError>;

#[async_trait]
impl FileStore for Sqlite {
    async fn keep_file(&self, file: File, now: Time) -> Answer<FileRow> {
        let naming = tokio::task::spawn_blocking(move || (id_of(&file), file));
        let (id, file) = naming.await.map_err(|_| StoreError::Failed("a file could not be named".into()))?;
        let row = FileRow {
            id,
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            size_bytes: file.bytes.len() as u64,
            at: now,
        };
        let (rows, most, kept) = (1 + file.bytes.len() / BYTES_PER_ROW, self.files_bytes, row.clone());
        let room = self.writer.run(rows, move |group| keep(group, &kept, &file.bytes, most)).await?;
        if room { Ok(row) } else { Err(StoreError::Full) }
    }

    async fn file_row(&self, id: &str) -> Answer<Option<FileRow>> {
        let id = id.to_owned();
        let text = "SELECT id, name, media_type, size_bytes, at FROM files WHERE id = ?1";
        self.readers
            .read(move |connection| connection.prepare_cached(text)?.query([id])?.next()?.map(row).transpose())
            .await
    }

    async fn file(&self, id: &str) -> Answer<Option<Arc<File>>> {
        let id = id.to_owned();
        self.readers.read(move |connection| content(connection, &id)).await
    }

    async fn upload_of(&self, account: &str, id: &str, form: &str, now: Time) -> Answer<Option<String>> {
        let (account, id, form) = (account.to_owned(), id.to_owned(), form.to_owned());
        self.readers
            .read(move |connection| {
                let text = "SELECT platform FROM uploads WHERE file = ?1 AND account = ?2 AND form = ?3 AND until > ?4";
                let mut statement = connection.prepare_cached(text)?;
                Ok(statement.query_row(params![id, account, form, now.millis()], |row| row.get(0)).optional()?)
            })
            .await
    }

    async fn note_upload(&self, account: &str, id: &str, form: &str, uploaded: Option<(String, Time)>) -> Answer<()> {
        let (account, id, form) = (account.to_owned(), id.to_owned(), form.to_owned());
        self.writer
            .run(1, move |group| {
                match &uploaded {
                    Some((platform, until)) => group
                        .sql(
                            "INSERT INTO uploads (file, account, form, platform, until) VALUES (?1, ?2, ?3, ?4, ?5)
                             ON CONFLICT DO UPDATE SET platform = ?4, until = ?5",
                        )?
                        .execute(params![id, account, form, platform, until.millis()])?,
                    None => group
                        .sql("DELETE FROM uploads WHERE file = ?1 AND account = ?2 AND form = ?3")?
                        .execute(params![id, account, form])?,
                };
                Ok(())
            })
            .await
    }

    async fn files(&self, after: Option<&FileRow>, limit: usize) -> Answer<Vec<FileRow>> {
        let (at, id) = after.map_or((i64::MAX, String::new()), |row| (row.at.millis(), row.id.clone()));
        self.readers
            .read(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT id, name, media_type, size_bytes, at FROM files WHERE (at, id) < (?1, ?2)
                     ORDER BY at DESC, id DESC LIMIT ?3",
                )?;
                let mut rows = statement.query(params![at, id, limit])?;
                let mut files = Vec::new();
                while let Some(one) = rows.next()? {
                    files.push(row(one)?);
                }
                Ok(files)
            })
            .await
    }

    async fn note_holder(&self, id: &str, accounts: &[String]) -> Answer<()> {
        let mut accounts = accounts.to_vec();
        accounts.sort_unstable();
        accounts.dedup();
        let (id, accounts) = (id.to_owned(), accounts.join("\n"));
        self.writer
            .run(1, move |group| {
                // A file that was forgotten meanwhile has no holder.
                let text = "INSERT OR IGNORE INTO holders (file, accounts) SELECT id, ?2 FROM files WHERE id = ?1";
                group.sql(text)?.execute(params![id, accounts])?;
                Ok(())
            })
            .await
    }

    async fn holders(&self, ids: &[String]) -> Answer<Vec<Vec<Vec<String>>>> {
        let ids = ids.to_vec();
        self.readers
            .read(move |connection| {
                let mut statement = connection.prepare_cached("SELECT accounts FROM holders WHERE file = ?1")?;
                ids.iter()
                    .map(|id| {
                        let mut rows = statement.query([id])?;
                        let mut of_one = Vec::new();
                        while let Some(row) = rows.next()? {
                            of_one.push(get::<String>(row, 0)?.split('\n').map(str::to_owned).collect());
                        }
                        Ok(of_one)
                    })
                    .collect()
            })
            .await
    }

    async fn forget_files(&self, before: Time, limit: usize) -> Answer<u64> {
        let mut forgotten = 0;
        while forgotten < limit as u64 {
            let most = FORGET_AT_ONCE.min(limit - usize::try_from(forgotten).unwrap_or(limit));
            let gone = self.writer.run(most, move |group| forget(group, before, most)).await?;
            forgotten += gone;
            if gone < most as u64 {
                break;
            }
        }
        Ok(forgotten)
    }
}

/// `f` and 24 hexadecimal digits: each part with its length, so that no two files read the same.
fn id_of(file: &File) -> String {
    let mut hash = Sha256::new();
    for part in [file.name.as_bytes(), file.media_type.as_bytes(), &file.bytes] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    format!("f{}", HEXLOWER.encode(&hash.finalize()[..12]))
}

fn row(row: &Row<'_>) -> Result<FileRow> {
    let size: i64 = get(row, 3)?;
    Ok(FileRow {
        id: get(row, 0)?,
        name: get(row, 1)?,
        media_type: get(row, 2)?,
        size_bytes: size.unsigned_abs(),
        at: time(row, 4)?,
    })
}

fn content(connection: &Connection, id: &str) -> Result<Option<Arc<File>>> {
    let mut statement = connection.prepare_cached("SELECT name, media_type, content FROM files WHERE id = ?1")?;
    let mut rows = statement.query([id])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    Ok(Some(Arc::new(File { name: get(row, 0)?, media_type: get(row, 1)?, bytes: get(row, 2)? })))
}

/// `false` when there is no room for it.
fn keep(group: &Group<'_>, row: &FileRow, bytes: &[u8], most: u64) -> Result<bool> {
    let at = row.at.millis();
    let again = group
        .sql("UPDATE files SET at = max(at, ?2), used_at = max(used_at, ?2) WHERE id = ?1")?
        .execute(params![row.id, at])?;
    if again == 1 {
        return Ok(true);
    }
    if !make_room(group, row.size_bytes, most)? {
        return Ok(false);
    }
    let size = i64::try_from(row.size_bytes).unwrap_or(i64::MAX);
    group
        .sql(
            "INSERT INTO files (id, name, media_type, size_bytes, at, used_at, content)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
        )?
        .execute(params![row.id, row.name, row.media_type, size, at, bytes])?;
    Ok(true)
}

/// Files that no delivery waits for, the one unused for the longest first.
const UNNEEDED: &str = "SELECT f.id, f.size_bytes FROM files f INDEXED BY unused_files
     WHERE f.used_at < ?1 AND NOT EXISTS (
         SELECT 1 FROM messages m JOIN deliveries d ON d.message = m.id
         WHERE m.file = f.id AND (d.due IS NOT NULL OR d.lease IS NOT NULL))
     ORDER BY f.used_at LIMIT ?2";

fn make_room(group: &Group<'_>, size: u64, most: u64) -> Result<bool> {
    let held: i64 = group.sql("SELECT ifnull(sum(size_bytes), 0) FROM files")?.query_row([], |row| row.get(0))?;
    let mut excess = (held.unsigned_abs() + size).saturating_sub(most);
    let mut going = Vec::new();
    if excess > 0 {
        let mut statement = group.sql(UNNEEDED)?;
        let mut rows = statement.query(params![i64::MAX, -1])?;
        while excess > 0
            && let Some(row) = rows.next()?
        {
            going.push(get::<String>(row, 0)?);
            excess = excess.saturating_sub(get::<i64>(row, 1)?.unsigned_abs());
        }
    }
    // Nothing goes for a file that would not fit even so.
    if excess == 0 {
        going.iter().try_for_each(|id| remove(group, id))?;
    }
    Ok(excess == 0)
}

fn forget(group: &Group<'_>, before: Time, limit: usize) -> Result<u64> {
    group.sql("DELETE FROM uploads WHERE until < ?1")?.execute([before.millis()])?;
    let mut statement = group.sql(UNNEEDED)?;
    let mut rows = statement.query(params![before.millis(), limit])?;
    let mut going: Vec<String> = Vec::new();
    while let Some(row) = rows.next()? {
        going.push(get(row, 0)?);
    }
    going.iter().try_for_each(|id| remove(group, id))?;
    Ok(going.len() as u64)
}

fn remove(group: &Group<'_>, id: &str) -> Result<()> {
    for text in [
        "DELETE FROM uploads WHERE file = ?1",
        "DELETE FROM holders WHERE file = ?1",
        "DELETE FROM files WHERE id = ?1",
    ] {
        group.sql(text)?.execute([id])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sqlite::accept::named_by;

    #[test]
    fn a_file_has_an_id_of_its_own() {
        let file = File { name: "a.png".into(), media_type: "image/png".into(), bytes: vec![1] };
        let id = id_of(&file);
        assert_eq!((id.len(), &id[..1]), (25, "f"));
        assert_ne!(id, id_of(&File { name: "a.pngi".into(), media_type: "mage/png".into(), ..file.clone() }));
        assert_eq!(id, id_of(&file));
    }

    #[test]
    fn only_a_content_with_a_file_names_one() {
        assert_eq!(named_by(r#"{"image":{"media":"f1"}}"#), Some("f1".into()));
        assert_eq!(named_by(r#"{"text":"\"media\":\"f1\""}"#), None);
        assert_eq!(named_by(r#"{"native":{"media":"f1"}}"#), None);
        assert_eq!(named_by(r#"{"image":{"media_id":"f1"}}"#), None);
    }
}

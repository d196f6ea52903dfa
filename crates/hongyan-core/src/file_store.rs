//! The files that messages carry, kept once and handed to each platform once per life of its id.

use crate::{StoreError, Time};
use async_trait::async_trait;
use hongyan_endpoint::File;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A file as `/v1/media` describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileRow {
    /// `f` and 24 hexadecimal digits of the SHA-256 of name, type and content: equal files have one id.
    pub id: String,
    /// As recipients see it.
    pub name: String,
    /// MIME type.
    pub media_type: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// When it was handed in, the last time.
    pub at: Time,
}

/// Where files and the platforms' ids for them are kept.
#[async_trait]
pub trait FileStore: Send + Sync + 'static {
    /// Keeps a file; an equal one is kept once, with the newer time. Where there is no more room, the files that nobody
    /// has asked for the longest and that no delivery waits for are forgotten first.
    ///
    /// # Errors
    /// [`StoreError::Full`] when that does not make room; else [`StoreError`].
    async fn keep_file(&self, file: File, now: Time) -> Result<FileRow, StoreError>;

    /// What a file is, without its content.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn file_row(&self, id: &str) -> Result<Option<FileRow>, StoreError>;

    /// A file with its content.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn file(&self, id: &str) -> Result<Option<Arc<File>>, StoreError>;

    /// The platform's id for a file that an account uploaded as this form, if it can still be named at `now`.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn upload_of(&self, account: &str, id: &str, form: &str, now: Time) -> Result<Option<String>, StoreError>;

    /// Notes the platform's id for a file; `None` when the platform no longer knows the one that was noted.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn note_upload(
        &self,
        account: &str,
        id: &str,
        form: &str,
        uploaded: Option<(String, Time)>,
    ) -> Result<(), StoreError>;

    /// Files, the newest first; those after `after` in that order.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn files(&self, after: Option<&FileRow>, limit: usize) -> Result<Vec<FileRow>, StoreError>;

    /// Notes that a file was handed in for these accounts alone; nothing where there is no such file.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn note_holder(&self, id: &str, accounts: &[String]) -> Result<(), StoreError>;

    /// For each of these files, every set of accounts that it was handed in for alone, each sorted.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn holders(&self, ids: &[String]) -> Result<Vec<Vec<Vec<String>>>, StoreError>;

    /// Forgets files that were last handed in and last named by a message before a time, unless a delivery waits for
    /// them; at most `limit`. Returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn forget_files(&self, before: Time, limit: usize) -> Result<u64, StoreError>;
}

//! Callbacks on SQLite.

use super::{
    Sqlite,
    code::{get, time},
};
use crate::error::{Error, Result};
use async_trait::async_trait;
use hongyan_core::{CallbackLog, CallbackRow, KEPT_CALLBACKS, NewCallback, StoreError};
use rusqlite::{Connection, params};

#[async_trait]
impl CallbackLog for Sqlite {
    async fn keep_callback(&self, callback: NewCallback) -> std::result::Result<bool, StoreError> {
        let body = serde_json::to_string(&callback.body).map_err(Error::from)?;
        self.writer
            .run(1, move |group| {
                let NewCallback { account, key, event, at, .. } = &callback;
                let new = group
                    .sql("INSERT OR IGNORE INTO callbacks (account, key, event, at, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
                    .execute(params![account, key, event, at.millis(), body])?
                    == 1;
                if new {
                    let oldest = group.connection.last_insert_rowid() - KEPT_CALLBACKS;
                    group.sql("DELETE FROM callbacks WHERE id <= ?1")?.execute([oldest])?;
                }
                Ok(new)
            })
            .await
    }

    async fn callbacks(
        &self,
        account: Option<&str>,
        after: i64,
        limit: usize,
    ) -> std::result::Result<Vec<CallbackRow>, StoreError> {
        let account = account.map(str::to_owned);
        self.readers.read(move |connection| read(connection, account.as_deref(), after, limit)).await
    }
}

fn read(connection: &Connection, account: Option<&str>, after: i64, limit: usize) -> Result<Vec<CallbackRow>> {
    let mut statement = connection.prepare_cached(
        "SELECT id, account, event, at, body FROM callbacks
         WHERE id > ?1 AND (?2 IS NULL OR account = ?2) ORDER BY id LIMIT ?3",
    )?;
    let mut rows = statement.query(params![after, account, limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(CallbackRow {
            id: get(row, 0)?,
            account: get(row, 1)?,
            event: get(row, 2)?,
            at: time(row, 3)?,
            // A damaged one is shown without what it said; those after it are read all the same.
            body: get::<String>(row, 4).ok().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default(),
        });
    }
    Ok(found)
}

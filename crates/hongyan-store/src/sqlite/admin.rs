//! API keys, gauges and what is forgotten on SQLite.

use super::{
    Sqlite, addressed,
    code::{get, maybe_time, millis, time},
    depths, forget,
    writer::Group,
};
use crate::error::{Error, Result};
use async_trait::async_trait;
use hongyan_core::{Admin, DeliveryState, KeyRow, Scope, StoreError, Time};
use rusqlite::{Connection, Row, params};

#[async_trait]
impl Admin for Sqlite {
    async fn check_writable(&self, now: Time) -> std::result::Result<(), StoreError> {
        self.writer.run(1, move |group| write_a_little(group, now)).await
    }

    async fn depths(&self) -> std::result::Result<Vec<(String, DeliveryState, u64)>, StoreError> {
        self.readers.read(depths::read).await
    }

    async fn forget(&self, before: Time, limit: usize) -> std::result::Result<u64, StoreError> {
        let mut forgotten = 0;
        let mut after = None;
        while forgotten < limit as u64 {
            let most = forget::ROWS.min(limit - usize::try_from(forgotten).unwrap_or(limit));
            let old = self.readers.read(move |connection| forget::find(connection, after, before, most)).await?;
            let Some(last) = old.last() else { break };
            after = Some(last.id);
            let mut batch = Vec::new();
            let mut rows = 0;
            for message in &old {
                if message.rows > forget::ROWS {
                    let id = message.id;
                    while self.writer.run(forget::ROWS, move |group| forget::trim(group, id)).await? {}
                } else {
                    rows += message.rows;
                }
                batch.push(message.id);
                if rows >= forget::ROWS || message.id == last.id {
                    let ids = std::mem::take(&mut batch);
                    forgotten += self.writer.run(rows, move |group| forget::remove(group, &ids)).await?;
                    rows = 0;
                }
            }
        }
        if forgotten > 0 {
            self.writer.run(1, |group| addressed::drop_empty_runs(group)).await?;
        }
        Ok(forgotten)
    }

    async fn keys(&self) -> std::result::Result<Vec<KeyRow>, StoreError> {
        self.readers.read(read).await
    }

    async fn add_key(&self, key: KeyRow) -> std::result::Result<(), StoreError> {
        let names: Vec<_> = key.scopes.iter().map(|scope| scope.name()).collect();
        let scopes = serde_json::to_string(&names).map_err(Error::from)?;
        let accounts = serde_json::to_string(&key.accounts).map_err(Error::from)?;
        self.writer
            .run(1, move |group| {
                group
                    .sql(
                        "INSERT INTO keys (id, name, hash, scopes, accounts, made_at, revoked_at)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    )?
                    .execute(params![
                        key.id,
                        key.name,
                        key.hash,
                        scopes,
                        accounts,
                        key.made_at.millis(),
                        millis(key.revoked_at),
                    ])?;
                Ok(())
            })
            .await
    }

    async fn revoke_key(&self, id: &str, now: Time) -> std::result::Result<bool, StoreError> {
        let id = id.to_owned();
        self.writer
            .run(1, move |group| {
                // The first revocation stands.
                let text = "UPDATE keys SET revoked_at = ifnull(revoked_at, ?2) WHERE id = ?1";
                Ok(group.sql(text)?.execute(params![id, now.millis()])? == 1)
            })
            .await
    }
}

fn write_a_little(group: &Group<'_>, now: Time) -> Result<()> {
    group.sql("UPDATE state SET checked = max(checked + 1, ?1)")?.execute([now.millis()])?;
    Ok(())
}

fn read(connection: &Connection) -> Result<Vec<KeyRow>> {
    let mut statement = connection
        .prepare_cached("SELECT id, name, hash, scopes, accounts, made_at, revoked_at FROM keys ORDER BY number")?;
    let mut rows = statement.query([])?;
    let mut keys = Vec::new();
    while let Some(row) = rows.next()? {
        let key = match read_one(row) {
            Err(error) if error.is_of_a_row() => {
                tracing::warn!(%error, "an API key cannot be read: it opens nothing");
                unreadable(row)?
            }
            read => read?,
        };
        keys.push(key);
    }
    Ok(keys)
}

fn read_one(row: &Row<'_>) -> Result<KeyRow> {
    let scopes: Vec<String> = serde_json::from_str(&get::<String>(row, 3)?)?;
    Ok(KeyRow {
        id: get(row, 0)?,
        name: get(row, 1)?,
        hash: get(row, 2)?,
        // What only a newer version knows, this one cannot allow.
        scopes: scopes.iter().filter_map(|name| Scope::from_name(name)).collect(),
        accounts: serde_json::from_str(&get::<String>(row, 4)?)?,
        made_at: time(row, 5)?,
        revoked_at: maybe_time(row, 6)?,
    })
}

/// A key that cannot be read is shown, as one that opens nothing.
fn unreadable(row: &Row<'_>) -> Result<KeyRow> {
    let text = |column| row.get_ref(column).map(|value| value.as_bytes().map(String::from_utf8_lossy).map(Into::into));
    Ok(KeyRow {
        id: text(0)?.unwrap_or_default(),
        name: text(1)?.unwrap_or_default(),
        hash: [0; 32],
        scopes: Vec::new(),
        accounts: Vec::new(),
        made_at: Time::default(),
        revoked_at: Some(Time::default()),
    })
}

//! Issued ids on SQLite.

use super::{Sqlite, code::delivery_id};
use crate::error::Result;
use async_trait::async_trait;
use hongyan_core::{DeliveryId, IssuedIds, MessageId, StoreError};
use rusqlite::{Connection, OptionalExtension, params};

#[async_trait]
impl IssuedIds for Sqlite {
    async fn issue(&self, message: MessageId) -> std::result::Result<i64, StoreError> {
        self.writer
            .run(1, move |group| {
                group.sql("INSERT OR IGNORE INTO handed (message) VALUES (?1)")?.execute([message.get()])?;
                let mut statement = group.sql("SELECT number FROM handed WHERE message = ?1")?;
                Ok(statement.query_row([message.get()], |row| row.get(0))?)
            })
            .await
    }

    async fn issued(&self, number: i64) -> std::result::Result<Option<MessageId>, StoreError> {
        self.readers.read(move |connection| message_of(connection, number)).await
    }

    async fn sent_as(&self, account: &str, handle: &str) -> std::result::Result<Option<DeliveryId>, StoreError> {
        let (account, handle) = (account.to_owned(), handle.to_owned());
        self.readers.read(move |connection| find(connection, &account, &handle)).await
    }
}

fn message_of(connection: &Connection, number: i64) -> Result<Option<MessageId>> {
    let mut statement = connection.prepare_cached("SELECT message FROM handed WHERE number = ?1")?;
    Ok(statement.query_row([number], |row| row.get(0)).optional()?.map(MessageId::from_raw))
}

fn find(connection: &Connection, account: &str, handle: &str) -> Result<Option<DeliveryId>> {
    let alone = "SELECT message, number FROM deliveries WHERE account = ?1 AND handles = ?2
         ORDER BY message DESC, number DESC LIMIT 1";
    let among = "SELECT message, number FROM deliveries WHERE account = ?1 AND instr(handles, char(10)) > 0
         AND instr(char(10) || handles || char(10), char(10) || ?2 || char(10)) > 0
         ORDER BY message DESC, number DESC LIMIT 1";
    for text in [alone, among] {
        let mut statement = connection.prepare_cached(text)?;
        let mut rows = statement.query(params![account, handle])?;
        if let Some(row) = rows.next()? {
            return delivery_id(row, 0).map(Some);
        }
    }
    Ok(None)
}

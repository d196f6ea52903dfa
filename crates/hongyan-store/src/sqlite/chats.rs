//! The group chats that hongyan made, on SQLite.

use super::{
    Sqlite,
    code::{get, time},
};
use async_trait::async_trait;
use hongyan_core::{ChatDirectory, ChatRow, StoreError};
use rusqlite::params;

type Answer<T> = std::result::Result<T, StoreError>;

#[async_trait]
impl ChatDirectory for Sqlite {
    async fn note_chat(&self, chat: ChatRow) -> Answer<()> {
        self.writer
            .run(1, move |group| {
                group
                    .sql(
                        "INSERT INTO chats (account, id, name, at) VALUES (?1, ?2, ?3, ?4)
                         ON CONFLICT DO UPDATE SET name = ?3",
                    )?
                    .execute(params![chat.account, chat.id, chat.name, chat.at.millis()])?;
                Ok(())
            })
            .await
    }

    async fn chats(&self, account: &str, limit: usize) -> Answer<Vec<ChatRow>> {
        let account = account.to_owned();
        self.readers
            .read(move |connection| {
                let text = "SELECT id, name, at FROM chats WHERE account = ?1 ORDER BY at DESC, id LIMIT ?2";
                let mut statement = connection.prepare_cached(text)?;
                let mut rows = statement.query(params![account, limit])?;
                let mut chats = Vec::new();
                while let Some(row) = rows.next()? {
                    let (id, name, at) = (get(row, 0)?, get(row, 1)?, time(row, 2)?);
                    chats.push(ChatRow { account: account.clone(), id, name, at });
                }
                Ok(chats)
            })
            .await
    }
}

//! The store on one SQLite file.
//!
//! One thread writes ([`writer`]), one copies the write-ahead log ([`checkpoint`]), a few connections read
//! ([`readers`]). This file is the contract's methods, each a line or two around the module that does it.

mod accept;
mod addressed;
mod admin;
mod callback_log;
mod calls;
mod chats;
mod checkpoint;
mod claim;
mod code;
mod depths;
mod files;
mod forget;
mod issued;
mod open;
mod outages;
mod place;
mod queue;
mod read;
mod readers;
mod schema;
mod settle;
mod writer;

use crate::error::Error;
use async_trait::async_trait;
use hongyan_core::{
    Accepted, Claim, Clock, DeliveryId, Filter, Idempotency, Ledger, LedgerRow, MessageId, MessageRow, NewMessage,
    Outage, Page, Queue, Recalled, ReceiptTask, Settlement, StoreError, TargetResult, Time, clock,
};
pub use place::Notice;
use queue::Weight;
use std::{fmt, sync::Arc, time::Duration};

type Result<T> = std::result::Result<T, StoreError>;

/// How a store is opened.
#[derive(Clone)]
pub struct Options {
    /// Page cache of the connection that writes, in KiB.
    pub cache_kib: u32,
    /// Rows (messages, deliveries and recipients) that may wait for the writer before `accept` is refused as busy.
    pub accept_rows: usize,
    /// Bytes of files that are kept at most; the longest unused go first.
    pub files_bytes: u64,
    /// Says when a receipt was written down.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self { cache_kib: 16 << 10, accept_rows: 20_000, files_bytes: 1 << 30, clock: Arc::new(clock::System) }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cache_kib, accept_rows, files_bytes, clock: _ } = self;
        f.debug_struct("Options")
            .field("cache_kib", cache_kib)
            .field("accept_rows", accept_rows)
            .field("files_bytes", files_bytes)
            .finish_non_exhaustive()
    }
}

/// The outbox, the ledger, the keys and the files on one SQLite file.
///
/// Dropping it finishes what was handed in and closes the file; that blocks for a moment.
// The fields are dropped in this order: the writer before what it stands on.
pub struct Sqlite {
    writer: writer::Writer,
    readers: readers::Readers,
    files_bytes: u64,
    clock: Arc<dyn Clock>,
    notices: Vec<Notice>,
    _checkpointer: Option<checkpoint::Checkpointer>,
    _lock: Option<place::Lock>,
    _folder: Option<open::Folder>,
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite").field("readers", &self.readers).finish_non_exhaustive()
    }
}

impl Sqlite {
    /// What was found when the store was opened that somebody should know of. It is in the log too.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The greatest message id in the store: where an [`hongyan_core::IdSource`] continues after a restart.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn last_id(&self) -> Result<Option<MessageId>> {
        self.readers.read(read::last_id).await
    }

    /// Reads the whole file and says what is wrong with it; nothing when all is well. Takes seconds on a large one.
    ///
    /// # Errors
    /// [`StoreError::Failed`].
    pub async fn check_integrity(&self) -> Result<Vec<String>> {
        self.readers.read(read::check_integrity).await
    }
}

#[async_trait]
impl Queue for Sqlite {
    async fn claim(&self, account: &str, now: Time, lease: Time, limit: usize) -> Result<Vec<Claim>> {
        let account = account.to_owned();
        let raw = self.writer.run(limit, move |group| claim::claim(group, &account, now, lease, limit)).await?;
        Ok(raw.finish())
    }

    async fn orphans(&self, account: &str, now: Time, lease: Time) -> Result<Vec<Claim>> {
        let account = account.to_owned();
        let raw = self.writer.run(1, move |group| claim::orphans(group, &account, now, lease)).await?;
        Ok(raw.finish())
    }

    async fn renew(&self, deliveries: Vec<DeliveryId>, lease: Time) -> Result<()> {
        self.writer.run(deliveries.len(), move |group| claim::renew(group, &deliveries, lease)).await
    }

    async fn resolved(&self, delivery: DeliveryId, ids: Vec<(u32, String)>) -> Result<()> {
        self.writer.run(ids.len(), move |group| settle::resolved(group, delivery, &ids)).await
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<()> {
        let ready: Vec<_> =
            settlements.into_iter().map(settle::Ready::new).collect::<std::result::Result<_, Error>>()?;
        let rows = ready.iter().map(settle::Ready::rows).sum();
        self.writer.run(rows, move |group| settle::settle(group, &ready)).await
    }

    async fn next_due(&self, account: &str) -> Result<Option<Time>> {
        let account = account.to_owned();
        self.readers.read(move |connection| read::next_due(connection, &account)).await
    }

    async fn next_end(&self, account: &str) -> Result<Option<Time>> {
        let account = account.to_owned();
        self.readers.read(move |connection| read::next_end(connection, &account)).await
    }

    async fn expired(&self, account: &str, now: Time, lease: Time, limit: usize) -> Result<Vec<Claim>> {
        let account = account.to_owned();
        let raw = self.writer.run(limit, move |group| claim::expired(group, &account, now, lease, limit)).await?;
        Ok(raw.finish())
    }

    async fn receipts_due(&self, account: &str, now: Time, again: Time, limit: usize) -> Result<Vec<ReceiptTask>> {
        let account = account.to_owned();
        self.writer.run(limit, move |group| claim::receipts_due(group, &account, now, again, limit)).await
    }

    async fn next_receipt(&self, account: &str) -> Result<Option<Time>> {
        let account = account.to_owned();
        self.readers.read(move |connection| read::next_receipt(connection, &account)).await
    }

    async fn received(&self, delivery: DeliveryId, results: Vec<TargetResult>, again: Option<Time>) -> Result<()> {
        let now = self.clock.now();
        let rows = 1 + results.len();
        self.writer.run(rows, move |group| settle::received(group, delivery, &results, again, now)).await
    }

    async fn sent_since(
        &self,
        account: &str,
        since: Time,
        after: Option<DeliveryId>,
        limit: usize,
    ) -> Result<Vec<Claim>> {
        let account = account.to_owned();
        let sent = move |connection: &_| claim::sent_since(connection, &account, since, after, limit);
        Ok(self.readers.read(sent).await?.finish())
    }

    async fn calls_since(&self, account: &str, since: Time) -> Result<Vec<(Time, u32)>> {
        let account = account.to_owned();
        self.readers.read(move |connection| calls::since(connection, &account, since)).await
    }

    async fn outages(&self, account: &str) -> Result<Vec<Outage>> {
        let account = account.to_owned();
        self.readers.read(move |connection| outages::read(connection, &account)).await
    }

    async fn keep_outages(&self, account: &str, outages: Vec<Outage>) -> Result<()> {
        let account = account.to_owned();
        self.writer.run(1 + outages.len(), move |group| outages::replace(group, &account, &outages)).await
    }

    async fn clock_stepped(&self, account: &str, by_ms: i64) -> Result<u64> {
        let account = account.to_owned();
        self.writer.run(1, move |group| claim::clock_stepped(group, &account, by_ms)).await
    }

    async fn reanchor(&self, account: &str, now: Time, longest: Duration) -> Result<u64> {
        let account = account.to_owned();
        self.writer.run(1, move |group| claim::reanchor(group, &account, now, longest)).await
    }
}

#[async_trait]
impl Ledger for Sqlite {
    async fn accept(&self, messages: Vec<NewMessage>) -> Result<Vec<Accepted>> {
        let ready: Vec<_> = messages.into_iter().map(accept::Ready::new).collect::<std::result::Result<_, Error>>()?;
        let weight = ready
            .iter()
            .map(accept::Ready::weight)
            .fold(Weight { rows: 0, bytes: 0 }, |a, b| Weight { rows: a.rows + b.rows, bytes: a.bytes + b.bytes });
        self.writer.accept(weight, move |group| accept::insert(group, &ready)).await
    }

    async fn keyed(&self, key: Idempotency) -> Result<Option<Accepted>> {
        self.readers.read(move |connection| accept::keyed(connection, &key)).await
    }

    async fn message(&self, id: MessageId) -> Result<Option<MessageRow>> {
        self.readers.read(move |connection| read::message(connection, id)).await
    }

    async fn recipients(&self, id: MessageId) -> Result<Vec<LedgerRow>> {
        self.readers.read(move |connection| read::recipients(connection, id)).await
    }

    async fn list(&self, filter: Filter) -> Result<Page> {
        self.readers.read(move |connection| read::list(connection, &filter)).await
    }

    async fn cancel(&self, id: MessageId, now: Time) -> Result<Option<u32>> {
        self.writer.run(1, move |group| settle::cancel(group, id, now)).await
    }

    async fn retry(&self, id: MessageId, now: Time) -> Result<Option<u32>> {
        self.writer.run(1, move |group| settle::retry(group, id, now)).await
    }

    async fn recalled(&self, results: Vec<Recalled>, now: Time) -> Result<()> {
        let rows: Vec<settle::RecallRow> = results
            .into_iter()
            .map(|recalled| Ok((recalled.id, settle::to_json(recalled.result.err().as_ref())?)))
            .collect::<std::result::Result<_, Error>>()?;
        self.writer.run(rows.len(), move |group| settle::recalled(group, &rows, now)).await
    }
}

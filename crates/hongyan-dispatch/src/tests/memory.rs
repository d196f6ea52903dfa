//! A store in memory: what lanes and recalls use of one, no more.

use super::{Result, SECOND, START};
use async_trait::async_trait;
use hongyan_core::{
    Accepted, Address, AddressKind, Claim, Content, DeliveryId, DeliveryState, FileRow, FileStore, Filter, Idempotency,
    Ledger, LedgerRow, MessageId, MessageRow, NewMessage, Outage, Page, Queue, Recalled, ReceiptTask, Settlement,
    StoreError, Target, TargetResult, Time,
};
use hongyan_endpoint::File;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// A delivery that the store holds.
pub(super) struct Row {
    pub(super) claim: Claim,
    pub(super) state: DeliveryState,
    pub(super) due: Option<Time>,
}

/// A store in memory: what lanes and recalls use of one, no more.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) rows: Mutex<Vec<Row>>,
    /// What claims answer before they give anything.
    pub(super) refusals: Mutex<Vec<StoreError>>,
    pub(super) settled: Mutex<Vec<Settlement>>,
    pub(super) message: Mutex<Option<MessageRow>>,
    pub(super) recalled: Mutex<Vec<Recalled>>,
}

pub(super) fn id(number: u32) -> DeliveryId {
    DeliveryId { message: MessageId::first_at(START), number }
}

impl Memory {
    /// Deliveries that are due so many seconds after the start.
    pub(super) fn with(due: &[u64]) -> Arc<Self> {
        let row = |(number, after): (u32, &u64)| {
            let due = START + SECOND * u32::try_from(*after).unwrap();
            let address = Address::new(AddressKind::Userid, format!("u{number}"));
            let claim = Claim {
                id: id(number),
                made_at: START,
                due,
                first_due: due,
                content: Arc::new(Content { text: Some(format!("{number}")), ..Content::default() }),
                ready: true,
                part: None,
                targets: vec![Target { index: 0, address, resolved: None }],
                unreadable_targets: Vec::new(),
                attempts: 0,
                repeat_of: None,
                first_call_at: START,
                expires_at: None,
                unreadable: None,
            };
            Row { claim, state: DeliveryState::Pending, due: Some(due) }
        };
        Arc::new(Self { rows: Mutex::new((1..).zip(due).map(row).collect()), ..Self::default() })
    }

    pub(super) fn states(&self) -> Vec<DeliveryState> {
        self.rows.lock().unwrap().iter().map(|row| row.state).collect()
    }
}

#[async_trait]
impl Queue for Memory {
    async fn claim(&self, _account: &str, now: Time, _lease: Time, limit: usize) -> Result<Vec<Claim>> {
        if let Some(error) = self.refusals.lock().unwrap().pop() {
            return Err(error);
        }
        let mut rows = self.rows.lock().unwrap();
        let due = rows.iter_mut().filter(|row| row.due.is_some_and(|due| due <= now)).take(limit);
        Ok(due
            .map(|row| {
                row.state = DeliveryState::Sending;
                Claim { due: row.due.take().unwrap(), first_call_at: now, ..row.claim.clone() }
            })
            .collect())
    }

    async fn orphans(&self, _account: &str, _now: Time, _lease: Time) -> Result<Vec<Claim>> {
        Ok(Vec::new())
    }

    async fn renew(&self, _deliveries: Vec<DeliveryId>, _lease: Time) -> Result<()> {
        Ok(())
    }

    async fn resolved(&self, _delivery: DeliveryId, _ids: Vec<(u32, String)>) -> Result<()> {
        Ok(())
    }

    async fn settle(&self, settlements: Vec<Settlement>) -> Result<()> {
        for settlement in settlements {
            let mut rows = self.rows.lock().unwrap();
            let row = rows.iter_mut().find(|row| row.claim.id == settlement.id).unwrap();
            (row.state, row.due) = (settlement.state, settlement.due);
            (row.claim.attempts, row.claim.repeat_of) = (settlement.attempts, settlement.repeat_of);
            self.settled.lock().unwrap().push(settlement);
        }
        Ok(())
    }

    async fn next_due(&self, _account: &str) -> Result<Option<Time>> {
        Ok(self.rows.lock().unwrap().iter().filter_map(|row| row.due).min())
    }

    async fn next_end(&self, _account: &str) -> Result<Option<Time>> {
        Ok(None)
    }

    async fn expired(&self, _account: &str, _now: Time, _lease: Time, _limit: usize) -> Result<Vec<Claim>> {
        Ok(Vec::new())
    }

    async fn receipts_due(&self, _account: &str, _now: Time, _again: Time, _limit: usize) -> Result<Vec<ReceiptTask>> {
        Ok(Vec::new())
    }

    async fn next_receipt(&self, _account: &str) -> Result<Option<Time>> {
        Ok(None)
    }

    async fn received(&self, _delivery: DeliveryId, _results: Vec<TargetResult>, _again: Option<Time>) -> Result<()> {
        Ok(())
    }

    async fn sent_since(
        &self,
        _account: &str,
        _since: Time,
        _after: Option<DeliveryId>,
        _limit: usize,
    ) -> Result<Vec<Claim>> {
        Ok(Vec::new())
    }

    async fn calls_since(&self, _account: &str, _since: Time) -> Result<Vec<(Time, u32)>> {
        Ok(Vec::new())
    }

    async fn outages(&self, _account: &str) -> Result<Vec<Outage>> {
        Ok(Vec::new())
    }

    async fn keep_outages(&self, _account: &str, _outages: Vec<Outage>) -> Result<()> {
        Ok(())
    }

    async fn clock_stepped(&self, _account: &str, _by_ms: i64) -> Result<u64> {
        Ok(0)
    }

    async fn reanchor(&self, _account: &str, _now: Time, _longest: Duration) -> Result<u64> {
        Ok(0)
    }
}

/// What none of these tests asks for.
fn unasked<T>() -> Result<T> {
    Err(StoreError::Failed("this store is asked for deliveries only".into()))
}

#[async_trait]
impl Ledger for Memory {
    async fn accept(&self, _messages: Vec<NewMessage>) -> Result<Vec<Accepted>> {
        unasked()
    }

    async fn keyed(&self, _key: Idempotency) -> Result<Option<Accepted>> {
        unasked()
    }

    async fn message(&self, _id: MessageId) -> Result<Option<MessageRow>> {
        Ok(self.message.lock().unwrap().clone())
    }

    async fn recipients(&self, _id: MessageId) -> Result<Vec<LedgerRow>> {
        unasked()
    }

    async fn list(&self, _filter: Filter) -> Result<Page> {
        unasked()
    }

    async fn cancel(&self, _id: MessageId, _now: Time) -> Result<Option<u32>> {
        let mut message = self.message.lock().unwrap();
        let Some(message) = message.as_mut() else { return Ok(None) };
        let pending = message.deliveries.iter_mut().filter(|one| one.state == DeliveryState::Pending);
        Ok(Some(pending.map(|one| one.state = DeliveryState::Cancelled).count().try_into().unwrap()))
    }

    async fn retry(&self, _id: MessageId, _now: Time) -> Result<Option<u32>> {
        unasked()
    }

    async fn recalled(&self, results: Vec<Recalled>, _now: Time) -> Result<()> {
        self.recalled.lock().unwrap().extend(results);
        Ok(())
    }
}

#[async_trait]
impl FileStore for Memory {
    async fn keep_file(&self, _file: File, _now: Time) -> Result<FileRow> {
        unasked()
    }

    async fn file_row(&self, _id: &str) -> Result<Option<FileRow>> {
        unasked()
    }

    async fn file(&self, _id: &str) -> Result<Option<Arc<File>>> {
        unasked()
    }

    async fn upload_of(&self, _account: &str, _id: &str, _form: &str, _now: Time) -> Result<Option<String>> {
        unasked()
    }

    async fn note_upload(
        &self,
        _account: &str,
        _id: &str,
        _form: &str,
        _uploaded: Option<(String, Time)>,
    ) -> Result<()> {
        unasked()
    }

    async fn files(&self, _after: Option<&FileRow>, _limit: usize) -> Result<Vec<FileRow>> {
        unasked()
    }

    async fn note_holder(&self, _id: &str, _accounts: &[String]) -> Result<()> {
        unasked()
    }

    async fn holders(&self, _ids: &[String]) -> Result<Vec<Vec<Vec<String>>>> {
        unasked()
    }

    async fn forget_files(&self, _before: Time, _limit: usize) -> Result<u64> {
        unasked()
    }
}

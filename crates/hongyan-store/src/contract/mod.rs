//! What every store must do, as tests that know no store.
//!
//! A store gives a [`Stand`] and runs them all with [`store_contract!`](crate::store_contract):
//!
//! ```ignore
//! hongyan_store::store_contract!(MyStand);
//! ```
//!
//! What only one store has (its file, its lock, its full hand-off) is tested beside that store.

#![expect(missing_docs, reason = "a case's name is its sentence")]

mod accepting;
mod claiming;
mod deciding;
mod keeping;
mod official;
mod reading;
mod settling;

pub use accepting::*;
pub use claiming::*;
pub use deciding::*;
pub use keeping::*;
pub use official::*;
pub use reading::*;
pub use settling::*;

use hongyan_core::{
    Address, AddressKind, AttemptRow, Claim, DeliveryId, DeliveryState, IdSource, Idempotency, LedgerRow, MessageId,
    NewDelivery, NewMessage, Priority, Reason, RecipientState, Settlement, Store, TargetResult, Time, Wording,
};
use std::{collections::BTreeMap, time::Duration};

/// A place where a store can be opened, and opened again after it was dropped.
pub trait Stand: Send + Sync {
    /// What is opened.
    type Store: Store;

    /// An empty place of its own.
    fn fresh() -> Self;

    /// Opens the store; what an earlier one acknowledged is in it.
    fn open(&self) -> Self::Store;
}

/// The cases' now.
pub const NOW: Time = Time::from_millis(1_790_000_000_000);
/// The end of their leases.
pub const LEASE: Time = Time::from_millis(1_790_000_060_000);

/// That many seconds after [`NOW`].
#[must_use]
pub fn after(seconds: u64) -> Time {
    NOW + Duration::from_secs(seconds)
}

/// Makes messages, with ids in the order of making.
#[derive(Debug, Default)]
pub struct Maker(IdSource);

impl Maker {
    /// A message of an account to these user ids, in one delivery.
    #[must_use]
    pub fn message(&self, account: &str, users: &[&str]) -> NewMessage {
        NewMessage {
            id: self.0.next(NOW),
            at: NOW,
            content: r#"{"text":"The sample disk is full."}"#.into(),
            labels: BTreeMap::new(),
            priority: Priority::Normal,
            send_at: None,
            expires_at: None,
            idempotency: None,
            deliveries: vec![delivery(account, users)],
            wordings: Vec::new(),
        }
    }

    /// The same with an idempotency key of the scope `sample`.
    #[must_use]
    pub fn keyed(&self, key: &str, body: u8) -> NewMessage {
        let idempotency = Some(Idempotency { scope: "sample".into(), key: key.into(), body_hash: [body; 32] });
        NewMessage { idempotency, ..self.message("ding", &["li"]) }
    }
}

/// A delivery to these user ids.
#[must_use]
pub fn delivery(account: &str, users: &[&str]) -> NewDelivery {
    let recipients = users.iter().map(|user| Address::new(AddressKind::Userid, *user));
    NewDelivery { account: account.into(), recipients: recipients.collect(), part: None, wording: Wording::Whole }
}

/// Accepts one message and returns its id.
pub async fn put(store: &impl Store, message: NewMessage) -> MessageId {
    let id = message.id;
    assert_eq!(store.accept(vec![message]).await.unwrap(), [hongyan_core::Accepted::New(id)]);
    id
}

/// Claims everything of an account that is due at [`NOW`].
pub async fn claim_all(store: &impl Store, account: &str) -> Vec<Claim> {
    store.claim(account, NOW, LEASE, 1_000).await.unwrap()
}

/// The first delivery of a message.
#[must_use]
pub fn first(message: MessageId) -> DeliveryId {
    DeliveryId { message, number: 1 }
}

/// A settlement in which the platform took the call.
#[must_use]
pub fn sent(id: DeliveryId) -> Settlement {
    Settlement {
        id,
        state: DeliveryState::Sent,
        due: None,
        attempts: 1,
        repeat_of: None,
        handle: Some("task-1".into()),
        receipt_at: Some(after(60)),
        rest: (RecipientState::Sent, None),
        exceptions: Vec::new(),
        attempt: Some(attempt("0")),
        at: NOW,
    }
}

/// A settlement in another state, for all its recipients alike.
#[must_use]
pub fn ended(id: DeliveryId, state: DeliveryState, rest: RecipientState, due: Option<Time>) -> Settlement {
    let reason = Reason { code: "40003".into(), message: "sample words".into() };
    let rest = (rest, Some(reason));
    Settlement { state, rest, due, handle: None, receipt_at: None, attempt: Some(attempt("40003")), ..sent(id) }
}

/// A line of history.
#[must_use]
pub fn attempt(code: &str) -> AttemptRow {
    AttemptRow { at: NOW, took_ms: 12, code: code.into(), message: "sample words".into(), class: "taken".into() }
}

/// One recipient's result without a reason.
#[must_use]
pub fn result(index: u32, state: RecipientState) -> TargetResult {
    TargetResult { index, state, reason: None }
}

/// Accepts a message and sends it.
pub async fn put_sent(store: &impl Store, message: NewMessage) -> MessageId {
    let account = message.deliveries[0].account.clone();
    let id = put(store, message).await;
    let claims = claim_all(store, &account).await;
    store.settle(claims.iter().map(|claim| sent(claim.id)).collect()).await.unwrap();
    id
}

/// The states of a message's recipients, in order.
pub async fn states(store: &impl Store, id: MessageId) -> Vec<RecipientState> {
    ledger(store, id).await.iter().map(|row| row.state).collect()
}

/// The ledger of a message.
pub async fn ledger(store: &impl Store, id: MessageId) -> Vec<LedgerRow> {
    store.recipients(id).await.unwrap()
}

/// The state of a message's first delivery.
pub async fn state(store: &impl Store, id: MessageId) -> DeliveryState {
    store.message(id).await.unwrap().unwrap().deliveries[0].state
}

/// Runs every case of the contract against a [`Stand`](crate::contract::Stand), as tests of the calling module.
#[macro_export]
macro_rules! store_contract {
    ($stand:ty) => {
        $crate::store_contract! { @cases $stand;
            what_is_accepted_is_in_the_ledger
            an_accepted_message_is_there_after_a_reopening
            a_batch_is_answered_in_order
            the_same_key_with_the_same_body_is_the_same_message
            the_same_key_with_another_body_is_a_conflict
            a_key_can_be_asked_for_without_a_message
            the_same_key_of_another_scope_is_another_key
            a_key_is_recognised_within_one_batch
            concurrent_duplicates_become_one_message
            a_key_survives_a_reopening
            any_language_and_any_length_comes_back_as_it_was
            a_delivery_holds_a_thousand_recipients
            what_is_not_due_is_not_claimed
            higher_priorities_are_claimed_first_and_then_the_earlier_ones
            a_claim_has_what_the_call_needs
            deliveries_of_one_message_share_its_content
            only_the_accounts_own_deliveries_are_claimed
            a_claim_takes_no_more_than_asked
            concurrent_claimers_never_get_the_same_delivery
            an_expired_delivery_is_claimed_all_the_same
            the_next_due_time_is_the_earliest_of_any_priority
            a_lease_keeps_others_away_until_it_ends
            what_was_under_way_is_orphaned_by_a_reopening
            an_orphan_is_leased_to_one_caller
            the_time_of_the_first_lease_outlives_a_crash
            a_settled_attempt_leaves_no_first_call_behind
            a_renewed_lease_keeps_others_away_for_longer
            a_content_that_cannot_be_read_keeps_nobody_back
            a_store_says_whether_it_can_be_written
            a_claim_says_when_it_was_due_and_when_first
            what_waits_moves_with_a_clock_that_was_set
            what_was_written_down_while_the_clock_was_ahead_is_due_now
            what_has_expired_is_leased_by_itself
            outages_are_there_after_a_reopening
            the_calls_of_an_account_are_known_after_a_reopening
            the_next_end_is_that_of_what_waits
            how_it_left_is_still_said_when_it_was_read
            looked_up_ids_come_back_with_the_next_claim
            parts_go_out_one_after_another
            a_delivery_says_what_was_settled_when_its_message_was_accepted
            a_part_that_waits_can_be_called_off
            a_settled_delivery_is_sent_with_its_recipients
            exceptions_differ_from_the_rest
            a_settlement_changes_only_open_recipients
            what_failed_for_now_is_due_again
            a_repeat_remembers_the_first_lost_reply
            a_held_unknown_is_never_due
            the_handle_stays_when_a_later_attempt_has_none
            the_history_keeps_the_last_twenty_calls
            a_late_settlement_does_not_undo_a_recall
            settling_what_is_not_there_harms_nobody
            receipts_are_due_once_and_put_off
            a_look_is_counted_and_the_last_one_ends_it
            receipts_change_only_who_was_sent_to
            a_receipt_does_not_hide_that_it_was_a_repeat
            a_receipt_does_not_bring_back_what_was_recalled
            a_recall_takes_back_what_was_sent
            a_refused_recall_changes_the_history_only
            cancelling_calls_off_only_what_is_pending
            a_cancelled_delivery_is_never_claimed
            retrying_sends_to_those_it_did_not_reach
            retrying_starts_the_count_anew
            a_retry_leaves_alone_what_is_under_way_or_over
            a_retry_after_the_end_is_not_bound_by_it
            deciding_about_no_message_says_so
            what_was_sent_since_a_time_comes_back_as_it_was_claimed
            a_message_counts_its_recipients_by_state
            the_list_is_newest_first_and_goes_on_where_it_stopped
            the_list_is_filtered_by_recipient_account_state_and_labels
            the_list_finds_a_recipient_by_the_platforms_id
            the_list_is_bounded_by_time
            depths_follow_the_deliveries
            what_is_old_and_over_is_forgotten
            what_waits_is_not_forgotten
            a_forgotten_message_leaves_its_key_free
            forgetting_stops_at_its_limit
            an_issued_number_leads_back_to_its_message_after_a_restart
            the_platforms_id_leads_back_to_its_delivery
            a_callback_is_kept_once_and_read_in_order
            a_file_comes_back_as_it_was_kept
            a_file_knows_for_whom_it_was_handed_in
            equal_files_are_kept_once_with_the_newer_time
            an_upload_is_known_until_it_lapses_or_is_taken_back
            old_files_are_forgotten_with_their_uploads
            a_file_that_a_delivery_waits_for_is_not_forgotten
            a_file_lives_on_from_the_last_message_that_named_it
            forgetting_files_stops_at_its_limit
            concurrent_equal_files_become_one
            chats_are_remembered_by_account_with_their_newest_name
        }
    };
    (@cases $stand:ty; $($case:ident)*) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $case() {
            $crate::contract::$case(<$stand as $crate::contract::Stand>::fresh()).await;
        }
    )*};
}

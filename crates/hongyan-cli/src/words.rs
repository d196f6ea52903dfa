//! What people are shown of the ledger.

use crate::table::{self, Cell};
use hongyan_core::{LedgerRow, Reason};
use serde::Deserialize;

/// A ledger row with the advice that the gateway adds.
#[derive(Debug, Deserialize)]
pub(crate) struct Row {
    #[serde(flatten)]
    pub(crate) ledger: LedgerRow,
    #[serde(default)]
    pub(crate) advice: Option<Advice>,
}

/// What a reason means, and what to do.
#[derive(Debug, Deserialize)]
pub(crate) struct Advice {
    pub(crate) en: String,
    pub(crate) zh: String,
}

/// Prints a row per recipient.
pub(crate) fn print_ledger(rows: &[Row]) {
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| {
            let ledger = &row.ledger;
            vec![
                ledger.account.as_str().into(),
                ledger.address.to_string().into(),
                ledger.resolved.as_deref().unwrap_or("").into(),
                Cell::state(ledger.state.name()),
                ledger.reason.as_ref().map_or(String::new(), |reason| explain(reason, row.advice.as_ref())).into(),
            ]
        })
        .collect();
    table::print(&["ACCOUNT 账号", "RECIPIENT 接收人", "USERID", "STATE 状态", "REASON 原因"], &cells);
}

/// The code, and what it means in both languages; the platform's words where nothing better is known.
fn explain(reason: &Reason, advice: Option<&Advice>) -> String {
    match advice {
        Some(advice) => format!("{} {} / {}", reason.code, advice.en, advice.zh),
        None => format!("{} {}", reason.code, reason.words),
    }
}

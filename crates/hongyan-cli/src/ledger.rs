//! What people are shown of the ledger.

use crate::listing::{self, Cell};
use hongyan_api::{Advice, RecipientRow};
use hongyan_core::Reason;
use hongyan_endpoint::with_code;

/// Prints a row per recipient.
pub(crate) fn print_ledger(rows: &[RecipientRow]) {
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| {
            let ledger = &row.row;
            let account = match ledger.part {
                Some(part) => format!("{} ({}/{})", ledger.account, part.number, part.of),
                None => ledger.account.clone(),
            };
            vec![
                account.into(),
                ledger.address.to_string().into(),
                ledger.resolved.as_deref().unwrap_or("").into(),
                Cell::state(ledger.state.name()),
                explain(ledger.reason.as_ref(), row.advice.as_ref()).into(),
            ]
        })
        .collect();
    listing::print(&["ACCOUNT 账号", "RECIPIENT 接收人", "USERID", "STATE 状态", "REASON 原因"], &cells);
}

/// The code and what it means in both languages; the platform's words where nothing better is known.
pub(crate) fn explain(reason: Option<&Reason>, advice: Option<&Advice>) -> String {
    match (reason, advice) {
        (None, _) => String::new(),
        (Some(reason), Some(advice)) => format!("{} {}  {}", reason.code, advice.means_en, advice.means_zh),
        (Some(reason), None) => with_code(&reason.code, &reason.message),
    }
}

//! The error catalogue: every code that hongyan can name, of both platforms, mail, the network and its own, in
//! one list for the command line, the API and the documents. What a code decides is left to whoever meets it.

use crate::webhook;
use hongyan_core::Reason;
use hongyan_dingtalk::DingTalk;
use hongyan_endpoint::{ErrorCode, Platform, TRANSPORT_FAULTS};
use hongyan_wecom::WeCom;

/// One row of the catalogue: the same code means different things in different tables.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Entry {
    /// The table: one of [`TABLES`].
    pub table: &'static str,
    /// Code, class, who must act, meaning and remedy.
    pub row: &'static ErrorCode,
}

/// The tables' names: the platforms, mail, webhooks, transport faults (`network`) and hongyan's own reasons (`hongyan`).
pub const TABLES: [&str; 6] = [DingTalk::NAME, WeCom::NAME, "mail", "webhook", "network", "hongyan"];

fn rows(table: &str) -> &'static [ErrorCode] {
    match table {
        DingTalk::NAME => DingTalk::error_codes(),
        WeCom::NAME => WeCom::error_codes(),
        "mail" => hongyan_mail::ERROR_CODES,
        "webhook" => webhook::ERROR_CODES,
        "network" => TRANSPORT_FAULTS,
        "hongyan" => Reason::TABLE,
        _ => &[],
    }
}

/// Every row of every table.
#[must_use]
pub fn catalogue() -> Vec<Entry> {
    TABLES.into_iter().flat_map(|table| rows(table).iter().map(move |row| Entry { table, row })).collect()
}

/// What a code means: in one table, or in each that has it.
///
/// A platform's code in words falls back to its family, as when a fault is classed; a mail reply code also finds
/// the rows that ask for words beside it (`554` finds `554 DT:SPM`).
#[must_use]
pub fn explain(code: &str, table: Option<&str>) -> Vec<Entry> {
    let code = code.trim();
    let wanted = TABLES.into_iter().filter(|name| table.is_none_or(|only| only == *name));
    wanted
        .flat_map(|table| {
            let found: Vec<&'static ErrorCode> = match table {
                DingTalk::NAME => DingTalk::error_code(code).into_iter().collect(),
                WeCom::NAME => WeCom::error_code(code).into_iter().collect(),
                "mail" => {
                    let worded =
                        |row: &&ErrorCode| row.code.strip_prefix(code).is_some_and(|rest| rest.starts_with(' '));
                    let worded = rows(table).iter().filter(|row| !code.is_empty() && worded(row));
                    hongyan_mail::error_code(code).into_iter().chain(worded).collect()
                }
                _ => rows(table).iter().filter(|row| row.code == code).collect(),
            };
            found.into_iter().map(move |row| Entry { table, row })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_explained_in_every_table_that_has_it() {
        let tables: Vec<&str> = explain("60020", None).iter().map(|entry| entry.table).collect();
        assert_eq!(tables, ["dingtalk", "wecom"]);
        assert_eq!(explain("60020", Some("wecom")).len(), 1);
        assert!(explain("554", None).iter().any(|entry| entry.row.code == "554 DT:SPM"));
        assert_eq!(explain("net.tls", None)[0].table, "network");
        assert_eq!(explain("held", None)[0].table, "hongyan");
        assert!(explain("no-such-code", None).is_empty());
        assert!(explain("", None).is_empty());
    }

    #[test]
    fn the_catalogue_holds_every_table() {
        for table in TABLES {
            assert!(catalogue().iter().any(|entry| entry.table == table), "{table}");
        }
    }
}

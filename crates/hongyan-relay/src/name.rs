//! The table's text, under the name that the user gives it.

use crate::{Fault, Kind};

/// The table as SQL, named [`DEFAULT_TABLE`]. Safe to run again; wants SQLite 3.8 or later.
pub const OUTBOX_SQL: &str = include_str!("../outbox.sql");

/// What the table is called unless somebody says otherwise.
pub const DEFAULT_TABLE: &str = "hongyan_outbox";

/// The longest name of a table, in bytes.
const LONGEST: usize = 64;

/// The table as SQL under a name of the user's.
///
/// # Errors
/// [`Kind::Name`] for anything but a letter or `_`, then up to 63 letters, digits and `_`, all ASCII; and for
/// SQLite's own names, `sqlite_…`.
pub fn sql(table: &str) -> Result<String, Fault> {
    check(table)?;
    Ok(OUTBOX_SQL.replace(DEFAULT_TABLE, table))
}

/// So that a name can stand in SQL text as it is.
pub(crate) fn check(table: &str) -> Result<(), Fault> {
    let letters = table.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    let begins = table.bytes().next().is_some_and(|b| !b.is_ascii_digit());
    if letters && begins && table.len() <= LONGEST && !table.to_ascii_lowercase().starts_with("sqlite_") {
        return Ok(());
    }
    let message = format!(
        "{table:?} is no name for the table: give a letter, then up to {} letters, digits and _ · 表名须以字母开头，\
         仅含字母、数字与下划线",
        LONGEST - 1
    );
    Err(Fault::new(Kind::Name, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_takes_the_place_of_the_usual_one_everywhere() {
        let text = sql("ledger_out").unwrap();
        assert!(!text.contains(DEFAULT_TABLE));
        assert_eq!(text.matches("ledger_out").count(), OUTBOX_SQL.matches(DEFAULT_TABLE).count());
    }

    #[test]
    fn a_name_that_is_more_than_a_name_is_refused() {
        for table in ["", "7up", "a b", "a;drop table x", "a\"b", "订单", "sqlite_master", "main.out", &"x".repeat(65)]
        {
            assert_eq!(sql(table).unwrap_err().kind, Kind::Name, "{table}");
        }
        for table in ["x", "_out", "Out2", &"x".repeat(64)] {
            assert!(sql(table).is_ok(), "{table}");
        }
    }
}

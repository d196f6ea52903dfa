//! How many deliveries are in each state, counted as they move.

use crate::error::{Error, Result};
use hongyan_core::DeliveryState;
use rusqlite::{Connection, params};

const STATES: usize = DeliveryState::EVERY.len();

/// The moves of one transaction, by account. Few accounts: a list is quicker than a map.
#[derive(Debug, Default)]
pub(crate) struct Depths(Vec<(String, [i64; STATES])>);

impl Depths {
    fn of(&mut self, account: &str) -> &mut [i64; STATES] {
        let at = self.0.iter().position(|(name, _)| name == account).unwrap_or_else(|| {
            self.0.push((account.to_owned(), [0; STATES]));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }

    /// A delivery is new (`from` is `None`), gone (`to` is `None`) or moved on.
    pub(crate) fn moved(&mut self, account: &str, from: Option<DeliveryState>, to: Option<DeliveryState>) {
        if from == to {
            return;
        }
        let counts = self.of(account);
        for (state, step) in [(from, -1), (to, 1)] {
            if let Some(state) = state {
                counts[state as usize] += step;
            }
        }
    }

    /// Adds the moves to what the file says.
    pub(crate) fn write(&self, connection: &Connection) -> Result<()> {
        for (account, counts) in &self.0 {
            for (state, step) in DeliveryState::EVERY.iter().zip(counts).filter(|(_, step)| **step != 0) {
                connection
                    .prepare_cached(
                        "INSERT INTO depths (account, state, deliveries) VALUES (?1, ?2, ?3)
                         ON CONFLICT DO UPDATE SET deliveries = deliveries + ?3",
                    )?
                    .execute(params![account, state.number(), step])?;
            }
        }
        Ok(())
    }
}

/// What the file says.
pub(crate) fn read(connection: &Connection) -> Result<Vec<(String, DeliveryState, u64)>> {
    let mut statement =
        connection.prepare_cached("SELECT account, state, deliveries FROM depths WHERE deliveries > 0")?;
    let mut rows = statement.query([])?;
    let mut depths = Vec::new();
    while let Some(row) = rows.next()? {
        let state = DeliveryState::from_number(row.get(1)?).ok_or_else(|| Error::corrupt("delivery state"))?;
        depths.push((row.get(0)?, state, row.get(2)?));
    }
    Ok(depths)
}

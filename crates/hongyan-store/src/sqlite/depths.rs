//! How many deliveries are in each state, counted as they move.

use crate::error::Result;
use hongyan_core::DeliveryState;
use rusqlite::{Connection, params};

const STATES: usize = DeliveryState::EVERY.len();

/// The moves of one transaction, by account. Few accounts: a list is quicker than a map.
#[derive(Debug, Default)]
pub(crate) struct Depths {
    known: Vec<(String, [i64; STATES])>,
    /// What left a state that this version does not know.
    odd: Vec<(String, i64)>,
}

impl Depths {
    fn of(&mut self, account: &str) -> &mut [i64; STATES] {
        let at = self.known.iter().position(|(name, _)| name == account).unwrap_or_else(|| {
            self.known.push((account.to_owned(), [0; STATES]));
            self.known.len() - 1
        });
        &mut self.known[at].1
    }

    /// As [`Self::moved`], from a state's number, known or not.
    pub(crate) fn left(&mut self, account: &str, from: i64, to: Option<DeliveryState>) {
        let known = DeliveryState::from_number(from);
        if known.is_none() {
            self.odd.push((account.to_owned(), from));
        }
        self.moved(account, known, to);
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
        for (account, counts) in &self.known {
            for (state, step) in DeliveryState::EVERY.iter().zip(counts).filter(|(_, step)| **step != 0) {
                add(connection, account, state.number(), *step)?;
            }
        }
        self.odd.iter().try_for_each(|(account, state)| add(connection, account, *state, -1))
    }
}

fn add(connection: &Connection, account: &str, state: i64, step: i64) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO depths (account, state, deliveries) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET deliveries = deliveries + ?3",
        )?
        .execute(params![account, state, step])?;
    Ok(())
}

/// What the file says.
pub(crate) fn read(connection: &Connection) -> Result<Vec<(String, DeliveryState, u64)>> {
    let mut statement =
        connection.prepare_cached("SELECT account, state, deliveries FROM depths WHERE deliveries > 0")?;
    let mut rows = statement.query([])?;
    let mut depths = Vec::new();
    while let Some(row) = rows.next()? {
        // What a newer version counts is for its gauges.
        let Some(state) = DeliveryState::from_number(row.get(1)?) else { continue };
        depths.push((row.get(0)?, state, row.get(2)?));
    }
    Ok(depths)
}

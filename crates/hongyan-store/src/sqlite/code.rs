//! How types become columns and come back: the numbers here are in files and are never reused.

use crate::error::{Error, Result};
use hongyan_core::{
    Address, AddressKind, CallHandle, DeliveryId, DeliveryState, MessageId, Part, Priority, Reason, RecipientState,
    Time, Wording,
};
use rusqlite::{Row, types::FromSql};

/// A column.
pub(crate) fn get<T: FromSql>(row: &Row<'_>, column: usize) -> Result<T> {
    Ok(row.get(column)?)
}

/// A time.
pub(crate) fn time(row: &Row<'_>, column: usize) -> Result<Time> {
    Ok(Time::from_millis(get(row, column)?))
}

/// A time that may be absent.
pub(crate) fn maybe_time(row: &Row<'_>, column: usize) -> Result<Option<Time>> {
    Ok(get::<Option<i64>>(row, column)?.map(Time::from_millis))
}

/// As a column.
pub(crate) fn millis(time: Option<Time>) -> Option<i64> {
    time.map(Time::millis)
}

/// A message's and a delivery's number, side by side.
pub(crate) fn delivery_id(row: &Row<'_>, column: usize) -> Result<DeliveryId> {
    Ok(DeliveryId { message: MessageId::from_raw(get(row, column)?), number: get(row, column + 1)? })
}

/// The platform's ids for a delivery's calls: kept one a line.
pub(crate) fn handles(row: &Row<'_>, column: usize) -> Result<Vec<CallHandle>> {
    let joined: Option<String> = get(row, column)?;
    Ok(joined.iter().flat_map(|text| text.lines()).map(CallHandle::from).collect())
}

/// A delivery's state.
pub(crate) fn delivery_state(row: &Row<'_>, column: usize) -> Result<DeliveryState> {
    DeliveryState::from_number(get(row, column)?).ok_or_else(|| Error::corrupt("delivery state"))
}

/// A recipient's state.
pub(crate) fn recipient_state(row: &Row<'_>, column: usize) -> Result<RecipientState> {
    RecipientState::from_number(get(row, column)?).ok_or_else(|| Error::corrupt("recipient state"))
}

/// A reason: code and words, side by side.
pub(crate) fn reason(row: &Row<'_>, column: usize) -> Result<Option<Reason>> {
    Ok(match (get(row, column)?, get::<Option<String>>(row, column + 1)?) {
        (Some(code), message) => Some(Reason { code, message: message.unwrap_or_default() }),
        (None, _) => None,
    })
}

/// A part: its number and how many there are, side by side.
pub(crate) fn part(row: &Row<'_>, column: usize) -> Result<Option<Part>> {
    Ok(match (get(row, column)?, get(row, column + 1)?) {
        (Some(number), Some(of)) => Some(Part { number, of }),
        _ => None,
    })
}

/// As `0006_wordings.sql` numbers them.
pub(crate) const fn wording_number(wording: Wording) -> Option<i64> {
    match wording {
        Wording::Whole => Some(0),
        Wording::Own(index) => Some(index as i64 + 1),
        Wording::Made => None,
    }
}

/// An address: kind and value, side by side.
pub(crate) fn address(row: &Row<'_>, column: usize) -> Result<Address> {
    let kind = kind_from(get(row, column)?).ok_or_else(|| Error::corrupt("kind of address"))?;
    Ok(Address::new(kind, get::<String>(row, column + 1)?))
}

/// A priority.
pub(crate) fn priority(row: &Row<'_>, column: usize) -> Result<Priority> {
    let rank: u8 = get(row, column)?;
    PRIORITIES.into_iter().find(|priority| priority.rank() == rank).ok_or_else(|| Error::corrupt("priority"))
}

/// Every priority, the first to go first.
pub(crate) const PRIORITIES: [Priority; 4] = [Priority::Critical, Priority::High, Priority::Normal, Priority::Low];

/// The number that files keep.
pub(crate) const fn kind_number(kind: AddressKind) -> i64 {
    match kind {
        AddressKind::Userid => 0,
        AddressKind::Mobile => 1,
        AddressKind::Email => 2,
        AddressKind::Department => 3,
        AddressKind::Tag => 4,
        AddressKind::All => 5,
        AddressKind::Chat => 6,
        AddressKind::Cc => 7,
        AddressKind::Bcc => 8,
    }
}

fn kind_from(number: i64) -> Option<AddressKind> {
    AddressKind::EVERY.into_iter().find(|kind| kind_number(*kind) == number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_address_has_a_number_of_its_own() {
        for kind in AddressKind::EVERY {
            assert_eq!(kind_from(kind_number(kind)), Some(kind));
        }
    }
}

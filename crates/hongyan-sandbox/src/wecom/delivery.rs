//! From a message that was taken to the phones, and the frequencies beyond which the platform says nothing at all.

use super::content;
use crate::world::{
    World, canonical,
    company::{PersonId, PersonRule},
    digest,
    phone::{Arriving, Room},
};
use serde_json::Value;
use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

/// One message on its way to many phones.
pub(super) struct OutgoingMessage<'a> {
    /// The message's id.
    pub(super) source: &'a Arc<str>,
    /// The application, or 0 for a robot.
    pub(super) app: i64,
    /// The chat that it goes to.
    pub(super) room: Option<Room>,
    /// The robot that speaks.
    pub(super) from: Option<Arc<str>>,
    /// What people see.
    pub(super) content: &'a Value,
}

/// Messages per person within spans of time.
#[derive(Default)]
pub(super) struct Frequency {
    recent: HashMap<PersonId, VecDeque<i64>>,
}

impl Frequency {
    /// Notes one more message to a person, unless that is more than any of `most` (how many, in how many
    /// milliseconds; the longest span last) allows.
    fn is_over(&mut self, person: PersonId, now: i64, most: &[(usize, i64)]) -> bool {
        let recent = self.recent.entry(person).or_default();
        let longest = most.last().map_or(0, |(_, span)| *span);
        while recent.front().is_some_and(|at| now - at >= longest) {
            recent.pop_front();
        }
        // The n-th from the end is the one that must have left the window.
        let over = most.iter().any(|(max, span)| {
            recent.len().checked_sub(*max).and_then(|i| recent.get(i)).is_some_and(|at| now - at < *span)
        });
        if !over {
            recent.push_back(now);
        }
        over
    }
}

/// Shows a message on everybody's phone; returns who was reached. `frequency` picks the counter that holds.
pub(super) fn hand_out(
    world: &mut World,
    now: i64,
    outgoing: &OutgoingMessage<'_>,
    people: Vec<PersonId>,
    most: &[(usize, i64)],
    frequency: fn(&mut World) -> &mut Frequency,
) -> Vec<PersonId> {
    let mut same = String::new();
    canonical(outgoing.content, &mut same);
    let content: Arc<str> = outgoing.content.to_string().into();
    let kind = outgoing.room.as_ref().map_or_else(|| "wecom".to_owned(), |room| format!("wecom.{}", room.id));
    let digest = digest(&kind, outgoing.app, &same);
    let quotas = world.settings.limits.people;
    let mut reached = Vec::with_capacity(people.len());
    for person in people {
        let silent = world.company.person(person).wecom == PersonRule::Silent;
        if silent || (quotas && frequency(world).is_over(person, now, most)) {
            world.tally.of("wecom").dropped += 1;
            continue;
        }
        reached.push(person);
        let read_at = world.reads_at(person, now);
        let message = Arriving {
            platform: "wecom",
            app: outgoing.app,
            source: outgoing.source,
            content: &content,
            digest,
            at: now,
            read_at,
            recalled: false,
            room: outgoing.room.as_ref(),
            from: outgoing.from.as_ref(),
        };
        world.tally.of("wecom").effects += 1;
        if world.phones.show(person, &message) > 1 {
            world.tally.duplicates += 1;
        }
    }
    world.tally.of("wecom").sends += 1;
    reached
}

/// Names of members and departments in the place of their ids, as `enable_id_trans` asks.
pub(super) fn translate(world: &World, content: &mut Value) {
    let company = &world.company;
    content::translate(content, &|kind, id| match kind {
        "userName" | "userAlias" | "userAliasOrName" => Some(company.person(company.find(id)?).name.clone()),
        "departmentName" => Some(company.department(id.parse().ok()?)?.name.clone()),
        _ => None,
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_windows_slide() {
        let mut frequency = Frequency::default();
        let most = [(2, 60_000), (3, 3_600_000)];
        let mut at = |now| frequency.is_over(7, now, &most);
        assert_eq!([at(0), at(1), at(2), at(60_000), at(60_001)], [false, false, true, false, true]);
        assert!(!at(3_600_000));
    }
}

//! An event goes on its way to every receiver that subscribed, and what came of each try is counted.

use super::{
    World,
    event::{Destination, Event, Plan, Push},
};
use crate::options::random_hex;
use std::sync::Arc;

impl World {
    /// Puts an event on its way, once for each plan; gives the destinations that it takes.
    pub(crate) fn tell(&mut self, at: i64, push: impl Push, plans: &[Plan]) -> Vec<Destination> {
        if plans.is_empty() {
            return Vec::new();
        }
        // Without random bytes the number alone has to tell events apart.
        let id = random_hex(32).unwrap_or_else(|_| format!("{:032x}", self.events.last));
        let event = Arc::new(Event { id, at, push: Box::new(push) });
        for plan in plans {
            let kept = self.events.enqueue(event.clone(), *plan);
            let counts = self.events.counts(plan.destination);
            counts.emitted += 1;
            counts.lost += u64::from(!kept);
        }
        plans.iter().map(|plan| plan.destination).collect()
    }

    /// Notes what came of a try: the receiver took it, or what was wrong.
    pub(crate) fn tried(&mut self, number: u64, outcome: Result<(), String>, now: i64) {
        let Some(destination) = self.events.under_way(number).map(|delivery| delivery.plan.destination) else { return };
        match outcome {
            Ok(()) => {
                if let Some(delivery) = self.events.delivered(number) {
                    self.events.counts(destination).delivered += 1;
                    if self.settings.push_repeats {
                        self.events.repeat(delivery, now);
                    }
                }
            }
            Err(problem) => {
                let given_up = self.events.refused(number, &problem, now).is_some();
                let counts = self.events.counts(destination);
                counts.refused += 1;
                counts.given_up += u64::from(given_up);
                counts.last_problem = Some(problem);
            }
        }
    }
}

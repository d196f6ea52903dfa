//! The steps of an account's examination, and what came of each.

use super::cause::Cause;

/// A step of the examination: its name in both languages, and what came of it.
pub(super) struct Check {
    pub(super) name: (&'static str, &'static str),
    pub(super) outcome: Result<String, Cause>,
}

/// The steps of one account so far.
#[derive(Default)]
pub(super) struct Course(pub(super) Vec<Check>);

impl Course {
    /// Notes a step; `None` ends the course.
    pub(super) fn step(&mut self, name: (&'static str, &'static str), outcome: Result<String, Cause>) -> Option<()> {
        let well = outcome.is_ok();
        self.0.push(Check { name, outcome });
        well.then_some(())
    }

    pub(super) fn well(&self) -> bool {
        self.0.iter().all(|check| check.outcome.is_ok())
    }
}

//! A script that has been read.

use crate::ast::Program;
use crate::diagnostic::{Problem, ScriptError};
use crate::limits::Limits;
use crate::parse;
use crate::span::Source;
use std::sync::Arc;

/// A script without mistakes of form, ready to be run or checked.
#[derive(Clone, Debug)]
pub struct Script {
    source: Arc<Source>,
    program: Arc<Program>,
}

impl Script {
    /// Reads a script; `name` is what diagnostics call it.
    ///
    /// # Errors
    /// Every mistake that is found, in the order of the text, at most 20: at least one.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<ScriptError>> {
        Self::parse_with(name, text, &Limits::default())
    }

    /// Reads a script within other limits.
    ///
    /// # Errors
    /// As [`Script::parse`].
    pub fn parse_with(name: &str, text: &str, limits: &Limits) -> Result<Self, Vec<ScriptError>> {
        let source = Source::new(name, text);
        match parse::program(text, limits) {
            Ok(program) => Ok(Self { source: Arc::new(source), program: Arc::new(program) }),
            Err(problems) => Err(located(problems, &source)),
        }
    }

    /// Both, to hold on to during a run.
    pub(crate) fn parts(&self) -> (Arc<Source>, Arc<Program>) {
        (Arc::clone(&self.source), Arc::clone(&self.program))
    }

    /// Its tree.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// Its text and name, to draw diagnostics with.
    #[must_use]
    pub fn source(&self) -> &Source {
        &self.source
    }
}

fn located(problems: Vec<Problem>, source: &Source) -> Vec<ScriptError> {
    problems.into_iter().map(|problem| problem.at(source).into()).collect()
}

//! The checker: the mistakes that people copy from tutorials, found without running the script.
//!
//! ```
//! use hongyan_script::{Script, check};
//!
//! let script = Script::parse("a.dos", "param='{\"touser\":\"lisi\"，\"agentid\":1000002}';").unwrap();
//! let findings = check::check(&script, &check::Surroundings::default());
//! assert_eq!(findings[0].rule.id, "json-full-width-punctuation");
//! ```
//!
//! It follows texts, dictionaries and answers from one statement to the next, forgets what a branch or a loop may have
//! changed, and speaks only of what it is sure of: a script in its right form gets no finding. The rules are
//! [`RULES`]; what the operations of the platforms need and answer is [`OPERATIONS`]. Running is the evaluator's.

mod assign;
mod call;
mod endpoint;
mod expression;
mod field;
mod json;
mod literal;
mod mask;
mod name;
mod placeholder;
mod rule;
#[cfg(test)]
mod tests;
mod value;
mod walk;
mod web;

pub use endpoint::{OPERATIONS, Operation};
pub use mask::{masked, masked_script};
pub use placeholder::{is_placeholder, is_placeholder_address};
pub use rule::{RULES, Rule};

use crate::{
    Script,
    diagnostic::Diagnostic,
    span::{Source, Span},
};
use std::collections::HashSet;

/// What the script finds when it starts.
#[derive(Debug, Default)]
pub struct Surroundings<'a> {
    /// Variables that have a value from outside.
    pub defined: &'a [String],
}

/// One mistake, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which.
    pub rule: &'static Rule,
    /// The bytes that it is about.
    pub span: Span,
    /// What is wrong and why it matters, in English. Quotes the script, but never a secret of it.
    pub message: String,
    /// The same in Chinese.
    pub message_zh: String,
    /// The right form.
    pub right: String,
}

impl Finding {
    /// As a diagnostic with its line, which can be drawn.
    #[must_use]
    pub fn diagnostic(&self, source: &Source) -> Diagnostic {
        let message = format!("{} / {}", self.message, self.message_zh);
        let right = (!self.right.is_empty()).then(|| self.right.clone());
        Diagnostic::finding(source, self.rule.severity, self.rule.id, self.span, message, right)
    }
}

/// Finds the known mistakes of a script, in the order of its text.
#[must_use]
pub fn check(script: &Script, surroundings: &Surroundings<'_>) -> Vec<Finding> {
    let program = script.program();
    let mut findings = walk::Walk::new(script.source(), program, surroundings).run(program);
    findings.sort_by_key(|finding| (finding.span.start(), finding.span.end()));
    findings
}

/// The assignments that put a placeholder over a value that was worked out before: the variable, and the statement.
#[must_use]
pub fn overwriting_placeholders(script: &Script) -> Vec<(String, Span)> {
    let findings = check(script, &Surroundings::default());
    let overwriting = findings.into_iter().filter(|finding| finding.rule == &rule::PLACEHOLDER_OVERWRITES);
    let named = overwriting.map(|finding| {
        let statement = script.source().slice(finding.span);
        (statement.split('=').next().unwrap_or_default().trim().to_owned(), finding.span)
    });
    named.collect()
}

/// What was found, each once.
#[derive(Debug, Default)]
struct Findings {
    list: Vec<Finding>,
    seen: HashSet<(&'static str, Span)>,
}

impl Findings {
    fn add(
        &mut self,
        rule: &'static Rule,
        span: Span,
        message: impl Into<String>,
        message_zh: impl Into<String>,
        right: impl Into<String>,
    ) {
        if self.seen.insert((rule.id, span)) {
            let (message, message_zh, right) = (message.into(), message_zh.into(), right.into());
            self.list.push(Finding { rule, span, message, message_zh, right });
        }
    }
}

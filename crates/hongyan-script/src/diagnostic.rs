//! What is wrong with a script, where, and what to write instead; and how that is drawn.
//!
//! A diagnostic never holds a value of a variable, only types and keys: values may be secrets. It does quote the
//! script's own text.

use crate::span::{Place, Source, Span};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use std::fmt;
use std::fmt::Write as _;

/// What a diagnostic is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A character or a string that cannot be read.
    Lex,
    /// Words in an order that the language does not have.
    Parse,
    /// A statement that could not be done: a wrong type, an unknown name, a reply that is not JSON.
    Run,
    /// The script's own `throw`.
    Thrown,
    /// An `assert` that did not hold.
    Assert,
    /// A bound of [`Limits`](crate::Limits) was reached, or the host interrupted the run. Not caught by `catch`.
    Limit,
    /// Part of the database's language that is not here: tables, SQL, streaming.
    Refused,
    /// What the host said: a transport failure, a refused argument.
    Host,
    /// What a checker found: runs, but is likely a mistake.
    Check,
}

/// How much a diagnostic weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// For information.
    Note,
    /// Likely a mistake.
    Warning,
    /// The script did not or would not run.
    Error,
}

/// A call that an error went through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The script's function.
    pub function: String,
    /// Where it was called, from 1.
    pub line: usize,
    /// Where it was called, from 1, in characters.
    pub column: usize,
}

/// A finding with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How much it weighs.
    pub severity: Severity,
    /// What it is about.
    pub kind: Kind,
    /// A checker's rule, a kebab-case word; `None` for what the parser and the evaluator say.
    pub rule: Option<&'static str>,
    /// Bytes, line, column, the line's text.
    pub place: Place,
    /// One sentence, without a full stop.
    pub message: String,
    /// What would have been right at that place.
    pub expected: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
    /// The script's functions that were being called, innermost first.
    pub calls: Vec<Frame>,
}

impl Diagnostic {
    /// A finding of a checker.
    #[must_use]
    pub fn finding(
        source: &Source,
        severity: Severity,
        rule: &'static str,
        span: Span,
        message: impl Into<String>,
        hint: Option<String>,
    ) -> Self {
        let mut problem = Problem::new(Kind::Check, span, message);
        problem.hint = hint;
        Self { severity, rule: Some(rule), ..problem.at(source) }
    }

    /// Draws it with the lines of the source; `color` for a terminal. No line break at the end.
    #[must_use]
    pub fn render(&self, source: &Source, color: bool) -> String {
        let level = match self.severity {
            Severity::Note => Level::NOTE,
            Severity::Warning => Level::WARNING,
            Severity::Error => Level::ERROR,
        };
        let title = printable(&self.message);
        let label = self.expected.as_deref().map(|expected| printable(&format!("expected {expected}")));
        let hint = self.hint.as_deref().map(printable);
        let (shown, range, name) = (self.excerpt(source), self.shown_range(source), printable(source.name()));
        let mut mark = AnnotationKind::Primary.span(range);
        if let Some(label) = &label {
            mark = mark.label(label.as_str());
        }
        let snippet =
            Snippet::source(shown).path(name.as_str()).line_start(self.place.line).fold(false).annotation(mark);
        let title = level.primary_title(title.as_str());
        let title = match self.rule {
            Some(rule) => title.id(rule),
            None => title,
        };
        let mut group: Group<'_> = title.element(snippet);
        let calls: Vec<String> = self
            .calls
            .iter()
            .map(|call| format!("in `{}`, called at line {}, column {}", call.function, call.line, call.column))
            .collect();
        for call in &calls {
            group = group.element(Level::NOTE.message(call.as_str()));
        }
        if let Some(hint) = &hint {
            group = group.element(Level::HELP.message(hint.as_str()));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.render(&[group])
    }

    /// The lines that the span touches, no more than [`SHOWN_LINES`].
    fn excerpt<'s>(&self, source: &'s Source) -> &'s str {
        let first = source.line_range(self.place.line);
        let last = source.line(self.place.span.end().max(1) - 1).clamp(self.place.line, self.place.line + SHOWN_LINES);
        source.text().get(first.start..source.line_range(last).end.max(first.end)).unwrap_or_default()
    }

    /// The span within the excerpt.
    fn shown_range(&self, source: &Source) -> std::ops::Range<usize> {
        let (excerpt, start) = (self.excerpt(source), source.line_range(self.place.line).start);
        let from = self.place.span.start().saturating_sub(start).min(excerpt.len());
        from..(self.place.span.end().saturating_sub(start)).clamp(from, excerpt.len())
    }
}

/// How many lines after the first are drawn.
const SHOWN_LINES: usize = 3;

/// A sentence without control characters: it may quote a script or a host that has some.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect()
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.place.line, self.place.column, self.message)?;
        if let Some(expected) = &self.expected {
            write!(f, " (expected {expected})")?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "; {hint}")?;
        }
        Ok(())
    }
}

/// Why a script did not start or did not end well. The same as a [`Diagnostic`], as an error.
#[derive(Clone, PartialEq, Eq)]
pub struct ScriptError(Box<Diagnostic>);

impl ScriptError {
    /// The whole of it.
    #[must_use]
    pub fn diagnostic(&self) -> &Diagnostic {
        &self.0
    }

    /// What it is about.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.0.kind
    }

    /// Draws it with the lines of the source; see [`Diagnostic::render`].
    #[must_use]
    pub fn render(&self, source: &Source, color: bool) -> String {
        self.0.render(source, color)
    }
}

impl std::ops::Deref for ScriptError {
    type Target = Diagnostic;

    fn deref(&self) -> &Diagnostic {
        &self.0
    }
}

impl From<Diagnostic> for ScriptError {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(Box::new(diagnostic))
    }
}

impl fmt::Display for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for ScriptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for ScriptError {}

/// A diagnostic before its line is known.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
    pub(crate) message: String,
    pub(crate) expected: Option<String>,
    pub(crate) hint: Option<String>,
    /// Innermost first: the function and the bytes of its call.
    pub(crate) calls: Vec<(String, Span)>,
    /// Whether what begins there is never closed, so that all that follows would be read wrongly.
    pub(crate) unclosed: bool,
}

/// How many calls are told; the middle ones of a deep recursion say nothing new.
const TOLD_CALLS: usize = 8;

impl Problem {
    pub(crate) fn new(kind: Kind, span: Span, message: impl Into<String>) -> Self {
        Self { kind, span, message: message.into(), expected: None, hint: None, calls: Vec::new(), unclosed: false }
    }

    /// The same, of what is never closed.
    pub(crate) fn unclosed(mut self) -> Self {
        self.unclosed = true;
        self
    }

    pub(crate) fn expected(mut self, expected: impl Into<String>) -> Self {
        self.expected = Some(expected.into());
        self
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// With line, column and the line's text.
    pub(crate) fn at(self, source: &Source) -> Diagnostic {
        let mut calls: Vec<Frame> = self
            .calls
            .iter()
            .take(TOLD_CALLS)
            .map(|(function, span)| {
                let place = source.place(*span);
                Frame { function: function.clone(), line: place.line, column: place.column }
            })
            .collect();
        if let (Some(last), Some(more)) = (calls.last_mut(), self.calls.len().checked_sub(TOLD_CALLS + 1)) {
            let _ = write!(last.function, "` (and {} more calls before) `", more + 1);
        }
        Diagnostic {
            severity: Severity::Error,
            kind: self.kind,
            rule: None,
            place: source.place(self.span),
            message: self.message,
            expected: self.expected,
            hint: self.hint,
            calls,
        }
    }
}

//! Runs a script: statements in order, everything outside through the [`Host`], everything within [`Limits`].

mod access;
mod call;
mod expression;
mod function;
mod meter;
pub(crate) mod operator;
mod statement;

pub(crate) use access::{key_for, value_for};
pub(crate) use call::{Arguments, host_problem};

use crate::ast::{Function, StatementKind};
use crate::diagnostic::{Diagnostic, Kind, Problem, ScriptError, Severity};
use crate::host::Host;
use crate::limits::Limits;
use crate::script::Script;
use crate::span::{Source, Span};
use crate::value::{Value, memory};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// What is worked out, or why not. Boxed, so that the good case stays small on the stack.
pub(crate) type Run<T> = Result<T, Box<Problem>>;

/// How a script is run.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What it may cost.
    pub limits: Limits,
    /// Variables that keep these values whatever the script assigns to them; each such assignment is noted once.
    pub defines: BTreeMap<String, Value>,
    /// Nothing of it is real: a look that cannot find anything is noted where it is an error otherwise, so that a
    /// tutorial's later steps are seen too. A number as key of an answer is taken for a place in the answer's first
    /// list, a look into `NULL` finds `NULL`.
    pub rehearsal: bool,
}

/// What became of a script that ran to its end.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What is worth knowing: pinned variables, `NULL` joined to a text.
    pub notes: Vec<Diagnostic>,
    /// The assertions that did not hold; the run went on after each.
    pub failed_asserts: Vec<Diagnostic>,
    /// How many assertions held.
    pub passed_asserts: usize,
    /// What it cost.
    pub steps: u64,
    /// The script's own variables at its end.
    pub variables: BTreeMap<String, Value>,
}

impl Outcome {
    /// Whether an assertion did not hold.
    #[must_use]
    pub fn failed(&self) -> bool {
        !self.failed_asserts.is_empty()
    }
}

/// Runs one script against a host.
///
/// The 2 MiB of stack that threads have are enough within the default limits.
pub struct Interpreter<'h> {
    pub(crate) host: &'h mut dyn Host,
    pub(crate) limits: Limits,
    source: Arc<Source>,
    pinned: HashMap<Arc<str>, Value>,
    /// The script's own variables, and above them those of the functions that are running.
    scopes: Vec<VariableScope>,
    functions: HashMap<Arc<str>, Arc<Function>>,
    modules: Vec<Arc<str>>,
    meter: meter::Meter,
    /// What `@testing: case=…` said last.
    case: Option<Arc<str>>,
    noted: HashSet<Span>,
    rehearsal: bool,
    outcome: Outcome,
}

/// The variables of one function.
#[derive(Default)]
struct VariableScope {
    variables: HashMap<Arc<str>, Value>,
}

/// What a statement means for the ones after it.
enum Flow {
    Next,
    Break,
    Continue,
    Return(Value),
}

impl<'h> Interpreter<'h> {
    /// Prepares a run.
    #[must_use]
    pub fn new(host: &'h mut dyn Host, options: Options) -> Self {
        let pinned: HashMap<Arc<str>, Value> =
            options.defines.into_iter().map(|(name, value)| (Arc::from(name), value)).collect();
        let variables = pinned.clone();
        Self {
            host,
            meter: meter::Meter::new(&options.limits, memory::live()),
            limits: options.limits,
            source: Arc::new(Source::new("", "")),
            pinned,
            scopes: vec![VariableScope { variables }],
            functions: HashMap::new(),
            modules: Vec::new(),
            case: None,
            noted: HashSet::new(),
            rehearsal: options.rehearsal,
            outcome: Outcome::default(),
        }
    }

    /// Runs a script to its end.
    ///
    /// # Errors
    /// The first error that nothing in the script catches, or the limit that was reached.
    pub fn run(mut self, script: &Script) -> Result<Outcome, ScriptError> {
        let (source, program) = script.parts();
        self.source = Arc::clone(&source);
        // Functions may be called before they stand in the text; the first of a name until the next is reached.
        for statement in &program.statements {
            if let StatementKind::Define(function) = &statement.kind {
                self.functions.entry(Arc::clone(&function.name.text)).or_insert_with(|| Arc::clone(function));
            }
        }
        match self.statements(&program.statements) {
            Ok(_) => {
                let variables = std::mem::take(&mut self.scopes[0].variables);
                self.outcome.variables = variables.into_iter().map(|(name, value)| (name.to_string(), value)).collect();
                self.outcome.steps = self.meter.steps();
                Ok(self.outcome)
            }
            Err(problem) => Err(problem.at(&source).into()),
        }
    }

    /// An error of the run.
    pub(crate) fn error<T>(&self, span: Span, message: impl Into<String>) -> Run<T> {
        Err(Box::new(Problem::new(Kind::Run, span, message)))
    }

    /// An error of the run with advice.
    pub(crate) fn advise<T>(&self, span: Span, message: impl Into<String>, hint: impl Into<String>) -> Run<T> {
        Err(Box::new(Problem::new(Kind::Run, span, message).hint(hint)))
    }

    /// The script's text at a span.
    pub(crate) fn slice(&self, span: Span) -> &str {
        self.source.slice(span)
    }

    /// Notes something once for each place.
    pub(crate) fn note(&mut self, span: Span, message: String, hint: &str) {
        if !self.noted.insert(span) {
            return;
        }
        let problem = Problem::new(Kind::Run, span, message).hint(hint);
        let diagnostic = Diagnostic { severity: Severity::Note, ..problem.at(&self.source) };
        self.host.report(&diagnostic);
        self.outcome.notes.push(diagnostic);
    }

    /// Notes an assertion that did not hold.
    fn assertion_failed(&mut self, span: Span, message: String, hint: Option<String>) {
        let mut problem = Problem::new(Kind::Assert, span, message);
        problem.hint = hint;
        let diagnostic = problem.at(&self.source);
        self.host.report(&diagnostic);
        self.outcome.failed_asserts.push(diagnostic);
    }

    /// The variables of the function that is running.
    fn scope(&mut self) -> &mut VariableScope {
        let top = self.scopes.len() - 1;
        &mut self.scopes[top]
    }

    /// A variable as functions and the script see it: their own, and what is pinned.
    pub(crate) fn variable(&self, name: &str) -> Option<&Value> {
        self.scopes[self.scopes.len() - 1].variables.get(name).or_else(|| self.pinned.get(name))
    }

    /// Whether a name is a variable or a function.
    pub(crate) fn is_defined(&self, name: &str) -> bool {
        self.variable(name).is_some() || self.functions.contains_key(name) || crate::builtin::find(name).is_some()
    }

    /// Whether an assignment to it is to be left undone; that is noted.
    fn keeps(&mut self, name: &str, span: Span) -> bool {
        if self.pinned.is_empty() || !self.pinned.contains_key(name) {
            return false;
        }
        let message = format!("`{name}` keeps the value that was given from outside");
        self.note(
            span,
            message,
            "it is pinned by --define; this assignment is left out / 变量已由 --define 指定，此处赋值被忽略",
        );
        true
    }
}

//! Where a script's words go: `print` to standard output, notes and errors to standard error, or all of it into JSON.

use crate::lang::told;
use crate::out::{self, note, say};
use serde_json::{Value, json};
use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

/// What is printed is kept back at most this long while the script computes, and never while it waits.
const KEPT: Duration = Duration::from_millis(100);
/// And at most so many bytes of it.
const KEPT_BYTES: usize = 16 << 10;

/// The two streams.
pub(super) struct Output {
    /// What was printed and not written yet; in JSON all of it.
    printed: Vec<u8>,
    flushed: Instant,
    terminal: bool,
    /// Whether everything goes into one JSON object at the end.
    json: bool,
    notes: Vec<String>,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        Self {
            printed: Vec::new(),
            flushed: Instant::now(),
            terminal: std::io::stdout().is_terminal(),
            json,
            notes: Vec::new(),
        }
    }

    pub(super) fn print(&mut self, text: &str) {
        self.printed.extend_from_slice(text.as_bytes());
        self.printed.push(b'\n');
        if self.terminal || self.printed.len() > KEPT_BYTES || self.flushed.elapsed() > KEPT {
            self.flush();
        }
    }

    /// Writes what was printed.
    pub(super) fn flush(&mut self) {
        if self.json {
            return;
        }
        if !self.printed.is_empty() {
            out::write_bytes(&self.printed);
        }
        self.printed.clear();
        self.flushed = Instant::now();
    }

    /// Something about the run that is not the script's.
    pub(super) fn note(&mut self, text: String) {
        self.remark(&text);
        if self.json {
            self.notes.push(text);
        }
    }

    /// A note that is among the diagnostics as well.
    pub(super) fn remark(&mut self, text: &str) {
        if self.json {
            return;
        }
        self.flush();
        let style = anstyle::AnsiColor::Cyan.on_default().bold();
        note!("{style}{}{style:#}: {text}", told!("note" ; "提示"));
    }

    /// A diagnostic as it is drawn.
    pub(super) fn tell(&mut self, drawn: &str) {
        if !self.json {
            self.flush();
            note!("{drawn}");
        }
    }

    /// The run in one object, for programs.
    pub(super) fn finish(&mut self, outcome: &str, exit: u8, diagnostics: &[Value], sandbox: Option<Value>) {
        if !self.json {
            self.flush();
            return;
        }
        let mut all = json!({
            "outcome": outcome,
            "exit": exit,
            "output": String::from_utf8_lossy(&self.printed),
            "notes": self.notes,
            "diagnostics": diagnostics,
        });
        if let Some(sandbox) = sandbox {
            all["sandbox"] = sandbox;
        }
        say!("{all}");
    }
}

//! Hosts, started: Debian's shell and Python's module. What a machine lacks is said aloud, never passed over.

use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// The extension, as cargo built it for these tests.
pub(crate) fn library() -> PathBuf {
    let here = std::env::current_exe().unwrap();
    let file = here.parent().unwrap().join(format!(
        "{}hongyan_sqlite{}",
        std::env::consts::DLL_PREFIX,
        std::env::consts::DLL_SUFFIX
    ));
    assert!(file.exists(), "{} is not there: cargo builds it beside these tests", file.display());
    file
}

/// Without its ending, as people load it.
pub(crate) fn loadable() -> String {
    library().with_extension("").display().to_string()
}

/// Debian's shell.
pub(crate) fn shell() -> Command {
    let program = std::env::var("HONGYAN_TEST_SQLITE3").unwrap_or_else(|_| "sqlite3".into());
    let found = Command::new(&program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(
        found.is_ok_and(|status| status.success()),
        "{program} does not run: install SQLite's shell (on Debian: apt-get install sqlite3), or name one in HONGYAN_TEST_SQLITE3"
    );
    let mut command = Command::new(program);
    bare(&mut command);
    command
}

/// A Python whose sqlite3 loads extensions: not every one was built so.
pub(crate) fn python() -> Command {
    let named = ["HONGYAN_TEST_SQLITE_PYTHON", "HONGYAN_TEST_PYTHON"].map(std::env::var);
    let candidates = named.into_iter().flatten().chain(["python3", "/usr/bin/python3"].map(str::to_owned));
    for candidate in candidates {
        let fit = Command::new(&candidate)
            .args(["-c", "import sqlite3; sqlite3.connect(':memory:').enable_load_extension(True)"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if fit.is_ok_and(|status| status.success()) {
            let mut command = Command::new(candidate);
            bare(&mut command);
            return command;
        }
    }
    panic!(
        "no Python here has an sqlite3 that loads extensions: install Debian's python3, or name one in HONGYAN_TEST_SQLITE_PYTHON"
    );
}

/// Whatever the machine has set is not for the tests.
fn bare(command: &mut Command) {
    for name in ["HONGYAN_GATEWAY", "HONGYAN_KEY", "HONGYAN_KEY_FILE", "HONGYAN_LOCKED"] {
        command.env_remove(name);
    }
}

pub(crate) fn foreign(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign").join(name)
}

/// Runs statements in the shell: what it printed, and what it complained of.
pub(crate) fn run_shell(database: &str, script: &str) -> (String, String) {
    let mut child = shell()
        .args(["-batch", "-noheader", database])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let whole = format!(".load {}\n{script}", loadable());
    child.stdin.take().unwrap().write_all(whole.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.code().is_some(), "the shell was killed: {}", output.status);
    (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// A connection of Python's.
pub(crate) struct Session {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    pub(crate) version: String,
}

impl Session {
    pub(crate) fn open(database: &str) -> Self {
        Self::open_with(database, &[])
    }

    pub(crate) fn open_with(database: &str, environment: &[(&str, String)]) -> Self {
        let mut child = python()
            .arg(foreign("session.py"))
            .args([loadable().as_str(), database])
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        let mut this = Self { child, to, from, version: String::new() };
        this.version = this.hear().unwrap()[0][0].as_str().unwrap().to_owned();
        this
    }

    fn hear(&mut self) -> Result<Vec<Vec<Value>>, String> {
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        match said["error"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => Ok(serde_json::from_value(said["rows"].clone()).unwrap()),
        }
    }

    pub(crate) fn ask(&mut self, sql: &str, parameters: &[Value]) -> Result<Vec<Vec<Value>>, String> {
        writeln!(self.to, "{}", json!([sql, parameters])).unwrap();
        self.hear()
    }

    pub(crate) fn rows(&mut self, sql: &str) -> Vec<Vec<Value>> {
        self.ask(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The one value of the one row.
    pub(crate) fn value(&mut self, sql: &str, parameters: &[Value]) -> Value {
        self.ask(sql, parameters).unwrap_or_else(|error| panic!("{sql}: {error}"))[0][0].clone()
    }

    pub(crate) fn error(&mut self, sql: &str, parameters: &[Value]) -> String {
        match self.ask(sql, parameters) {
            Err(error) => error,
            Ok(rows) => panic!("{sql}: no error but {rows:?}"),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

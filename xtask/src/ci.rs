//! All checks, in the order in which a reader of the log wants to learn of them.

use crate::{alertmanager, api_table, layers, licences, prose, python, rings, schemathesis, words, workspace};
use anyhow::{Context, Result, ensure};
use std::{ffi::OsString, time::Instant};

/// Runs every step; the first that fails ends it.
///
/// # Errors
/// Names the step and its command.
pub(crate) fn run() -> Result<()> {
    let start = Instant::now();
    let nextest = workspace::has_subcommand("nextest")?;
    let tests: &[&str] = if nextest {
        &["nextest", "run", "--workspace"]
    } else {
        &["test", "--workspace", "--lib", "--bins", "--tests"]
    };
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    let doc = ["doc", "--workspace", "--no-deps", "--document-private-items", "--locked"];

    step("fmt", || cargo(&["fmt", "--all", "--check"], &[]))?;
    step("clippy", || cargo(&clippy, &[]))?;
    step("doc", || cargo(&doc, &[("RUSTDOCFLAGS", "-D warnings".into())]))?;
    // Some tests talk to servers and clients that are not ours.
    let python = step("test-python", python::provide)?;
    let alertmanager = step("test-alertmanager", alertmanager::provide)?;
    let foreign = [(python::VARIABLE, python.into()), (alertmanager::VARIABLE, alertmanager.into())];
    step("tests", || cargo(tests, &foreign))?;
    step("doc tests", || cargo(&["test", "--workspace", "--doc"], &[]))?;
    step("schemathesis", schemathesis::bounded)?;
    step("layers", layers::check)?;
    step("rings", rings::check)?;
    step("prose", prose::check)?;
    step("words", words::check)?;
    step("api-table", api_table::check)?;
    step("licences", licences::check)?;
    step("examples", || cargo(&["build", "--workspace", "--examples"], &[]))?;
    println!("ci: all passed in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn step<T>(name: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    println!("ci: {name}");
    let start = Instant::now();
    let outcome = work();
    let seconds = start.elapsed().as_secs_f64();
    match &outcome {
        Ok(_) => println!("ci: {name} passed in {seconds:.1} s"),
        Err(_) => println!("ci: {name} FAILED after {seconds:.1} s"),
    }
    outcome.with_context(|| format!("ci stopped at `{name}`"))
}

fn cargo(arguments: &[&str], variables: &[(&str, OsString)]) -> Result<()> {
    let line = format!("cargo {}", arguments.join(" "));
    println!("    {line}");
    let mut command = workspace::cargo()?;
    command.args(arguments);
    for (name, value) in variables {
        command.env(name, value);
    }
    let status = command.status().with_context(|| format!("{line}: does not start"))?;
    ensure!(status.success(), "{line}: {status}");
    Ok(())
}

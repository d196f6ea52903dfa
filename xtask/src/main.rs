//! The project's own chores: `cargo xtask COMMAND`. What CI runs is `cargo xtask ci`, and nothing else.

mod alertmanager;
mod api_table;
mod ci;
mod duckdb;
mod footer;
mod layers;
mod licences;
mod prose;
mod python;
mod rings;
mod schemathesis;
mod words;
mod workspace;

use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask COMMAND

  ci                   everything that CI runs, in order; stops at the first failure
  layers               do the crates' dependencies point down, and do no files use each other in a ring?
  prose                is anything decided by reading an error's words?
  words                are the retired words gone from names and public JSON?
  api-table [--check]  writes docs/api/*.md from the declarations; --check only compares
  licences             is the licence of every dependency on the list in deny.toml?
  schemathesis [OPTION …]
                       a real gateway against its own /openapi.json; options are handed on to schemathesis
  duckdb-extension [--release] [--platform NAME] [--out FOLDER]
                       builds the file that DuckDB loads, and prints where it is
  test-python          prints a Python that has what the foreign tests need; makes it when missing
  test-alertmanager    prints an alert manager for the foreign tests; fetches it when missing";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["ci"] => ci::run(),
        ["layers"] => layers::check().and_then(|()| rings::check()),
        ["prose"] => prose::check(),
        ["words"] => words::check(),
        ["api-table"] => api_table::write(),
        ["api-table", "--check"] => api_table::check(),
        ["licences"] => licences::check(),
        ["schemathesis", ref options @ ..] => schemathesis::test(options),
        ["duckdb-extension", ref options @ ..] => duckdb::build(options).map(|path| println!("{}", path.display())),
        ["test-alertmanager"] => alertmanager::provide().map(|path| println!("{}", path.display())),
        ["test-python"] => python::provide().map(|path| println!("{}", path.display())),
        ["--help" | "-h" | "help"] => {
            println!("{USAGE}");
            Ok(())
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

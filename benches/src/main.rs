//! Answers users' questions about speed, with real processes on this machine: load generator, sandbox and gateway
//! share its cores. Nothing here asserts a time; it prints what it measured, as a table or as JSON.
//!
//! ```text
//! cargo build --profile dist -p hongyan-cli && cargo run --profile dist -p hongyan-bench
//! cargo run --profile dist -p hongyan-bench -- functions
//! ```

mod functions;
mod load;
mod process;
mod report;
mod scenario;

use clap::{Parser, Subcommand};
use std::{path::PathBuf, time::Duration};

/// Measures an optimised build of `hongyan` (profile `dist`).
#[derive(Debug, Parser)]
struct Args {
    /// The binary to measure.
    #[arg(long, default_value = "target/dist/hongyan")]
    hongyan: PathBuf,
    /// Rounds; medians are reported.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds per measurement.
    #[arg(long, default_value_t = 5)]
    seconds: u64,
    /// Messages per end-to-end measurement.
    #[arg(long, default_value_t = 20_000)]
    messages: usize,
    /// Prints JSON lines instead of a table.
    #[arg(long)]
    json: bool,
    /// Only scenarios whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Plays the handler without a store that accepts are compared with; internal.
    #[arg(long, hide = true)]
    baseline_server: bool,
    #[command(subcommand)]
    bench: Option<Bench>,
}

/// Other benches than the gateway's.
#[derive(Debug, Subcommand)]
enum Bench {
    /// httpGet and httpPost on a kept connection, against libcurl and Python's requests.
    Functions(functions::FunctionsArgs),
    /// Plays the server that they call; internal.
    #[command(hide = true)]
    FunctionsServer,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    match &args.bench {
        Some(Bench::Functions(args)) => return functions::run(args),
        Some(Bench::FunctionsServer) => return functions::serve(),
        None => {}
    }
    let runtime = tokio::runtime::Runtime::new()?;
    if args.baseline_server {
        return runtime.block_on(process::baseline_server());
    }
    let settings = scenario::Settings {
        hongyan: args.hongyan.canonicalize().map_err(|e| {
            anyhow::anyhow!("{}: {e}; first: cargo build --profile dist -p hongyan-cli", args.hongyan.display())
        })?,
        span: Duration::from_secs(args.seconds),
        messages: args.messages,
        only: args.only,
    };
    let mut report = report::Report::default();
    for round in 1..=args.rounds {
        eprintln!("round {round} of {}", args.rounds);
        runtime.block_on(scenario::all(&settings, &mut report))?;
    }
    report.print(args.json);
    Ok(())
}

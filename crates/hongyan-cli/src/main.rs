//! `hongyan`: the gateway, its sandbox and its remote control in one binary.
//!
//! Exit codes: 0 done, 1 refused or failed, 2 usage, 3 unknown outcome.

// Both panic when a pipe is closed; `out` does not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod args;
mod commands;
mod configuration;
mod exit;
mod lang;
mod ledger;
mod listing;
mod logging;
mod out;
mod progress;
mod remote;
mod when;

use args::{Args, Command, ScriptArgs, Scripts};
use clap::{CommandFactory, FromArgMatches};
use commands::act::Action;
use std::process::ExitCode;

/// Many small allocations, made on one thread and freed on another, are this program's life.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    lang::choose(lang::given(words.iter().skip(1).cloned()));
    // Scripts start in no time: what they need of a runtime they make when a call needs it.
    if words.get(1).is_some_and(|word| Scripts::NAMES.contains(&word.as_str())) {
        return match parse::<ScriptArgs>(&words) {
            Ok(args) => done(run_scripts(&args.command, args.json), args.json),
            Err(code) => code,
        };
    }
    let args = match parse::<Args>(&words) {
        Ok(args) => args,
        Err(code) => return code,
    };
    let json = args.json;
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return exit::report(&anyhow::Error::new(error), json),
    };
    done(runtime.block_on(run(args)), json)
}

/// Reads the command line, in the language that was chosen; what is wrong with it, and help, is said at once.
fn parse<A: CommandFactory + FromArgMatches>(words: &[String]) -> Result<A, ExitCode> {
    let mut command = A::command();
    if lang::chosen() == lang::Lang::Zh {
        command = lang::in_chinese(command);
    }
    let parsed = command.try_get_matches_from_mut(std::env::args_os());
    parsed.and_then(|matches| A::from_arg_matches(&matches)).map_err(|error| {
        let shown = lang::explained(&error, &command);
        let json = words.iter().any(|word| word == "--json");
        if error.use_stderr() {
            return exit::report_usage(&error, &shown, json);
        }
        out::write(format_args!("{shown}"));
        done(Ok(exit::Exit::Done), json)
    })
}

/// The exit code. What was said and could not be written is an error, whatever came of the command.
fn done(ended: anyhow::Result<exit::Exit>, json: bool) -> ExitCode {
    match (ended, out::failure()) {
        (Ok(exit), None) => exit.into(),
        (Ok(exit), Some(why)) => {
            exit::report(&exit::unwritten(why), json);
            exit.max(exit::Exit::Failed).into()
        }
        (Err(error), _) => exit::report(&error, json),
    }
}

fn run_scripts(scripts: &Scripts, json: bool) -> anyhow::Result<exit::Exit> {
    match scripts {
        Scripts::Run(run) => commands::run::run(run, json),
        Scripts::Check(check) => commands::check::run(check, json),
    }
}

async fn run(args: Args) -> anyhow::Result<exit::Exit> {
    match args.command {
        Command::Demo(demo) => commands::demo::run(&demo, args.json).await,
        Command::Init(init) => commands::init::run(&init, args.json).await,
        Command::Serve(serve) => commands::serve::run(&serve, args.json).await,
        Command::Sandbox(sandbox) => commands::sandbox::run(&sandbox).await,
        Command::Send(send) => commands::send::run(*send, args.json).await,
        Command::Status(status) => commands::status::run(&status, args.json).await,
        Command::List(list) => commands::list::run(&list, args.json).await,
        Command::Recall(recall) => commands::recall::run(&recall, args.json).await,
        Command::Retry(retry) => commands::act::run(&retry, Action::Retry, args.json).await,
        Command::Cancel(cancel) => commands::act::run(&cancel, Action::Cancel, args.json).await,
        Command::Relay(relay) => commands::relay::run(&relay, args.json).await,
        Command::Media(media) => commands::media::run(&media, args.json).await,
        Command::Chats(chats) => commands::chats::run(&chats, args.json).await,
        Command::Contacts(contacts) => commands::contacts::run(&contacts, args.json).await,
        Command::Config(config) => commands::config::run(&config, args.json),
        Command::Explain(explain) => commands::explain::run(&explain, args.json),
        Command::Call(call) => commands::call::run(&call, args.json).await,
        Command::Doctor(doctor) => commands::doctor::run(&doctor, args.json).await,
        Command::Http(http) => commands::http::run(&http, args.json).await,
        Command::Mail(mail) => commands::mail::run(&mail, args.json).await,
        Command::Keys(keys) => commands::keys::run(&keys, args.json).await,
        Command::Scripts(scripts) => run_scripts(&scripts, args.json),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "hongyan", &mut script);
            out::write(format_args!("{}", String::from_utf8_lossy(&script)));
            Ok(exit::Exit::Done)
        }
    }
}

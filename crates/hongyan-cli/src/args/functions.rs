//! The functions of scripts, as people type them, and how careful they are.

use clap::{Arg, ArgAction, ArgMatches, Command, ValueEnum};
use hongyan_functions::{HttpMethod, Profile, SWITCHES};
use std::path::PathBuf;

/// How careful calls are. The safe profile is the default.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Care {
    /// The only authority whose certificates are believed, as PEM, for servers of one's own.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Calls loopback and private addresses too.
    #[arg(long)]
    pub(crate) allow_private: bool,
    /// As lax as the old plugin: every --dangerous-… switch at once.
    #[arg(long)]
    pub(crate) compatible: bool,
    #[command(flatten)]
    pub(crate) dangers: Dangers,
}

impl Care {
    /// The profile that it makes.
    pub(crate) fn profile(&self) -> anyhow::Result<Profile> {
        let mut profile = if self.compatible { Profile::compatible() } else { Profile::safe() };
        profile.allow_private |= self.allow_private;
        for name in &self.dangers.0 {
            profile.set(name, true);
        }
        if let Some(path) = &self.ca {
            let read = std::fs::read_to_string(path);
            profile.ca_pem = Some(read.map_err(|error| anyhow::anyhow!("--ca {}: {error}", path.display()))?);
        }
        Ok(profile)
    }
}

/// The switches that were named: a flag for each of [`SWITCHES`], so that none is missing here.
#[derive(Debug, Clone, Default)]
pub(crate) struct Dangers(pub(crate) Vec<&'static str>);

impl clap::Args for Dangers {
    fn augment_args(command: Command) -> Command {
        SWITCHES.iter().fold(command, |command, switch| {
            command.arg(
                Arg::new(switch.name)
                    .long(switch.name.replace('_', "-"))
                    .help(switch.en)
                    .help_heading("Dangerous")
                    .action(ArgAction::SetTrue),
            )
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl clap::FromArgMatches for Dangers {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let named = SWITCHES.iter().map(|switch| switch.name).filter(|name| matches.get_flag(name));
        Ok(Self(named.collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// Which HTTP function.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Verb {
    /// httpGet: params go into the query.
    Get,
    /// httpPost: params or data are the body.
    Post,
    /// httpPut: params or data are the body.
    Put,
    /// httpDelete: params go into the query.
    Delete,
}

impl Verb {
    pub(crate) fn method(self) -> HttpMethod {
        match self {
            Self::Get => HttpMethod::Get,
            Self::Post => HttpMethod::Post,
            Self::Put => HttpMethod::Put,
            Self::Delete => HttpMethod::Delete,
        }
    }
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Prints the answer's body, whatever its status; --json prints the function's result.\n\
    Exit codes: 0 an answer came, 1 none came (or, with --fail, a status from 400), 2 usage,\n\
    3 the request may have arrived and the answer was lost.")]
pub(crate) struct Http {
    /// The function.
    pub(crate) verb: Verb,
    /// The address; without a scheme it is http://.
    pub(crate) url: String,
    /// KEY=VALUE; the value is percent-encoded.
    #[arg(long = "param", value_name = "KEY=VALUE", conflicts_with = "data")]
    pub(crate) params: Vec<String>,
    /// Params as one text, sent as it is; @FILE reads a file, - standard input.
    #[arg(long, value_name = "TEXT")]
    pub(crate) data: Option<String>,
    /// 'Name: value'; @FILE reads lines of them, for headers that are secrets.
    #[arg(long = "header", short = 'H', value_name = "LINE")]
    pub(crate) headers: Vec<String>,
    /// The whole call's limit in milliseconds; 0 is the profile's, 30000.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub(crate) timeout_ms: u64,
    /// A proxy: HOST:PORT, with or without http:// before it.
    #[arg(long, value_name = "URL")]
    pub(crate) proxy: Option<String>,
    /// The login at the proxy; its password is in HONGYAN_PROXY_PASSWORD.
    #[arg(long, value_name = "USER", requires = "proxy")]
    pub(crate) proxy_user: Option<String>,
    /// Prints status line and headers before the body.
    #[arg(long, short = 'i')]
    pub(crate) include: bool,
    /// A status from 400 is a failure, exit code 1; the body is printed all the same.
    #[arg(long)]
    pub(crate) fail: bool,
    #[command(flatten)]
    pub(crate) care: Care,
}

#[derive(Debug, clap::Args)]
#[command(
    after_help = "The server is known for the usual providers; else --server, with TLS from the first byte on port\n\
    465 and 994 and STARTTLS on others. The mail goes to all recipients or to none.\n\
    Exit codes: 0 taken (250), 1 refused or failed, 2 usage, 3 the mail may have been taken."
)]
pub(crate) struct MailArgs {
    /// The sender's address, which is the login too.
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) from: String,
    /// The variable that holds the password or authorization code 授权码.
    #[arg(long, value_name = "VARIABLE", required_unless_present = "password_file")]
    pub(crate) password_env: Option<String>,
    /// A file that holds it.
    #[arg(long, value_name = "FILE", conflicts_with = "password_env")]
    pub(crate) password_file: Option<PathBuf>,
    /// A recipient; give it again for more.
    #[arg(long, value_name = "ADDRESS", required = true)]
    pub(crate) to: Vec<String>,
    /// The subject.
    #[arg(long, required_unless_present = "msg", requires = "body")]
    pub(crate) subject: Option<String>,
    /// HTML, or text, which keeps its line breaks; @FILE reads a file, - standard input.
    #[arg(long, value_name = "TEXT", required_unless_present = "msg", requires = "subject")]
    pub(crate) body: Option<String>,
    /// A file with a whole message, headers and text; - for standard input.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["subject", "body"])]
    pub(crate) msg: Option<String>,
    /// HOST or HOST:PORT of the mail server; port 25 when absent.
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) server: Option<String>,
    #[command(flatten)]
    pub(crate) care: Care,
}

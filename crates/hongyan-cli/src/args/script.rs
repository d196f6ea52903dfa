//! `run` and `check`: scripts that call HTTP interfaces and send messages.

use super::functions::Care;
use clap::value_parser;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "VALUE of --define: as it is, env:VARIABLE, @FILE, sandbox:wecom.secret, or text:VALUE where it begins like one of these.\n\
    Try a script without an account anywhere: hongyan run --sandbox FILE"
)]
pub(crate) struct Run {
    /// The script, - for standard input; what follows are its arguments, `args` in the script.
    #[arg(value_name = "FILE")]
    pub(crate) words: Vec<String>,
    /// Sends whatever is for WeCom, DingTalk or a mail provider to a sandbox: one of its own, or the running one at URL.
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    pub(crate) sandbox: Option<String>,
    /// Logins reach the sandbox as the script gives them, wrong ones too, in place of the sandbox's own.
    #[arg(long, requires = "sandbox")]
    pub(crate) strict_login: bool,
    /// sleep() moves the sandbox's clock in place of waiting, and now() reads it.
    #[arg(long, requires = "sandbox")]
    pub(crate) simulated_time: bool,
    /// Gives a variable its value and keeps the script from changing it; NAME:=JSON for numbers and the like.
    #[arg(short = 'D', long = "define", value_name = "NAME=VALUE")]
    pub(crate) defines: Vec<String>,
    /// Once NAME has a value, a placeholder such as 'xxxxx' does not take its place; * for all, as with --sandbox.
    #[arg(long = "keep", value_name = "NAME")]
    pub(crate) keeps: Vec<String>,
    /// How careful the functions are.
    #[arg(long, value_name = "PROFILE", default_value = "safe")]
    pub(crate) profile: Named,
    #[command(flatten)]
    pub(crate) care: Care,
    /// How many steps the script may take.
    #[arg(long, value_name = "STEPS", value_parser = value_parser!(u64).range(1..))]
    pub(crate) max_steps: Option<u64>,
    /// How much memory its values may take, such as 64M.
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub(crate) max_memory: Option<usize>,
    /// How long the whole run may take, such as 30s, 5m, 500ms; a bare number is seconds.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) timeout: Option<std::time::Duration>,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Check {
    /// The scripts, - for standard input.
    #[arg(value_name = "FILE", required_unless_present = "rules")]
    pub(crate) files: Vec<String>,
    /// Warnings count as errors.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Lists what is looked for.
    #[arg(long, conflicts_with = "files")]
    pub(crate) rules: bool,
    /// A variable that has a value when the script starts.
    #[arg(short = 'D', long = "define", value_name = "NAME")]
    pub(crate) defines: Vec<String>,
}

/// The two profiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Named {
    /// TLS verified and required, private addresses refused, everything bounded.
    Safe,
    /// As lax as the old plugin: the same as --compatible.
    Compatible,
}

/// `64M`, `1G`, `65536`.
fn bytes(text: &str) -> Result<usize, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let shift = match unit.to_ascii_uppercase().trim_end_matches(['B', 'I']) {
        "" => 0,
        "K" => 10,
        "M" => 20,
        "G" => 30,
        _ => return Err("expected a number with K, M or G, such as 64M".into()),
    };
    let number: usize = number.parse().map_err(|_| "expected a number, such as 64M".to_owned())?;
    number.checked_mul(1 << shift).filter(|bytes| *bytes > 0).ok_or_else(|| "out of range".into())
}

/// `30s`, `5m`, `500ms`, `2h`, `30`.
fn time(text: &str) -> Result<std::time::Duration, String> {
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let ms = match unit {
        "ms" => 1,
        "" | "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return Err("expected a number with ms, s, m or h, such as 30s".into()),
    };
    let number: u64 = number.parse().map_err(|_| "expected a number, such as 30s".to_owned())?;
    let all = number.checked_mul(ms).filter(|ms| *ms > 0).ok_or_else(|| "out of range".to_owned())?;
    Ok(std::time::Duration::from_millis(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_times_have_units() {
        assert_eq!((bytes("64M"), bytes("1KiB"), bytes("5")), (Ok(64 << 20), Ok(1024), Ok(5)));
        assert!(bytes("0").is_err() && bytes("x").is_err() && bytes("9999999999999G").is_err());
        assert_eq!(time("500ms").unwrap().as_millis(), 500);
        assert_eq!((time("2").unwrap().as_secs(), time("1m").unwrap().as_secs()), (2, 60));
        assert!(time("0s").is_err() && time("5y").is_err());
    }
}

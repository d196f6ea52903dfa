//! The language of help and errors: `--lang`, else the environment's locale.
//!
//! What is read by programs (`--json`, codes, states) has no language. Tables bear both.

mod help;
mod refusal;

pub(crate) use help::in_chinese;
pub(crate) use refusal::explained;

use std::sync::OnceLock;

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Lang {
    /// English.
    En,
    /// 中文.
    Zh,
}

static CHOSEN: OnceLock<Lang> = OnceLock::new();

/// Settles the language once, before anything is said.
pub(crate) fn choose(given: Option<Lang>) {
    // Set once: a second choice could only come from a test.
    let _ = CHOSEN.set(given.unwrap_or_else(|| of_environment(|name| std::env::var(name).ok())));
}

/// The language in which to speak.
pub(crate) fn chosen() -> Lang {
    CHOSEN.get().copied().unwrap_or(Lang::En)
}

/// What `--lang` says, read before the command line as a whole is: its help is in that language, too.
pub(crate) fn given(words: impl Iterator<Item = String>) -> Option<Lang> {
    let mut words = words.take_while(|word| word != "--");
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--lang") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => continue,
        };
        return match value?.as_str() {
            "zh" => Some(Lang::Zh),
            "en" => Some(Lang::En),
            _ => None,
        };
    }
    None
}

/// POSIX: the first of these that is not empty decides.
fn of_environment(read: impl Fn(&str) -> Option<String>) -> Lang {
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().filter_map(read).find(|value| !value.is_empty());
    match locale {
        Some(locale) if locale.starts_with("zh") => Lang::Zh,
        _ => Lang::En,
    }
}

/// One of two sentences, by the language: `told!("no key" ; "没有密钥")`. Both take the same arguments.
macro_rules! told {
    ($en:literal ; $zh:literal $(, $($argument:tt)*)?) => {
        match $crate::lang::chosen() {
            $crate::lang::Lang::En => format!($en $(, $($argument)*)?),
            $crate::lang::Lang::Zh => format!($zh $(, $($argument)*)?),
        }
    };
}

pub(crate) use told;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_that_is_set_decides() {
        let of = |pairs: &[(&str, &str)]| {
            of_environment(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
        };
        assert_eq!(of(&[]), Lang::En);
        assert_eq!(of(&[("LANG", "zh_CN.UTF-8")]), Lang::Zh);
        assert_eq!(of(&[("LANG", "zh_CN.UTF-8"), ("LC_ALL", "C")]), Lang::En);
        assert_eq!(of(&[("LANG", "en_US.UTF-8"), ("LC_MESSAGES", "zh_TW")]), Lang::Zh);
        assert_eq!(of(&[("LC_ALL", ""), ("LANG", "zh_HK")]), Lang::Zh);
    }

    #[test]
    fn the_flag_is_found_wherever_it_stands() {
        let of = |line: &str| given(line.split(' ').map(str::to_owned));
        assert_eq!(of("list --lang zh"), Some(Lang::Zh));
        assert_eq!(of("--lang=en list"), Some(Lang::En));
        assert_eq!(of("list --lang=fr"), None);
        assert_eq!(of("run x.dos -- --lang zh"), None);
        assert_eq!(of("list"), None);
    }
}

//! Refusals before a call is made, in the platform's own codes, and messages without secrets.

use hongyan_endpoint::{Fault, File, Platform};
use hongyan_net::Secret;

/// The platform's refusal, said beforehand.
pub(crate) fn refused<P: Platform>(code: &str, words: impl Into<String>) -> Fault {
    Fault::refused(code, words, P::known(code))
}

/// A request that cannot be made here.
pub(crate) fn invalid(words: impl Into<String>) -> Fault {
    Fault::transport("request.invalid", words)
}

/// Refuses a file that is larger than a platform takes.
pub(crate) fn within<P: Platform>(file: &File, kind: &str, max: usize, code: &str) -> Result<(), Fault> {
    let size = file.bytes.len();
    if size <= max {
        return Ok(());
    }
    Err(refused::<P>(code, format!("{:?} has {size} bytes, as {kind} at most {max} are taken", file.name)))
}

/// The same fault with `***` in the place of secrets that somebody quoted.
pub(crate) fn scrubbed(fault: Fault, secrets: &[&Secret]) -> Fault {
    let quoted = |secret: &&&Secret| !secret.expose().is_empty() && fault.message().contains(secret.expose());
    if !secrets.iter().any(|secret| quoted(&secret)) {
        return fault;
    }
    let words = secrets.iter().fold(fault.message().to_owned(), |words, secret| words.replace(secret.expose(), "***"));
    fault.with_message(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_endpoint::Class;

    #[test]
    fn a_quoted_secret_is_cut_out_and_the_rest_stays() {
        let secret = Secret::new("canary");
        let fault = Fault::refused("1", "token canary is bad", None).with_class(Class::RETRY).during("a.b");
        let clean = scrubbed(fault, &[&secret]);
        assert_eq!((clean.message(), clean.class(), clean.operation()), ("token *** is bad", Class::RETRY, "a.b"));
        let other = Fault::refused("1", "fine", None);
        assert_eq!(scrubbed(other.clone(), &[&secret, &Secret::new("")]), other);
    }
}

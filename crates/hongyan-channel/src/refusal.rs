//! Refusals before a call is made, in the platform's own codes.

use hongyan_core::Format;
use hongyan_endpoint::{Fault, File, Flaw, Platform, Unfit, bilingual};

/// The platform's refusal, said beforehand.
pub(crate) fn refused<P: Platform>(code: &str, words: impl Into<String>) -> Fault {
    Fault::refused(code, words, P::error_code(code))
}

/// A request that cannot be made here.
pub(crate) fn invalid(words: impl Into<String>) -> Fault {
    Fault::transport("request.invalid", words)
}

/// Refuses a file that is larger than a platform takes.
pub(crate) fn within(file: &File, kind: &str, max: usize, code: &'static str) -> Result<(), Unfit> {
    let (size, name) = (file.bytes.len(), &file.name);
    if size <= max {
        return Ok(());
    }
    let why = bilingual!(
        "{name:?} has {size} bytes, as {kind} at most {max} are taken";
        "{name:?} 有 {size} 字节，作为 {kind} 最多接受 {max} 字节"
    );
    Err(Unfit::coded(code, "", Flaw::Unfit(why)))
}

/// What is unfit, as the platform's refusal of a call.
pub(crate) fn unfit<P: Platform>(unfit: &Unfit) -> Fault {
    refused::<P>(unfit.code, unfit.text().en)
}

/// A form of content that the platform keeps no files for.
pub(crate) fn no_files(form: Format) -> Flaw {
    let form = form.name();
    Flaw::Unfit(bilingual!("there are no files for {form}"; "{form} 没有对应的文件"))
}

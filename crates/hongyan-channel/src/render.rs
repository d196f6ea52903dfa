//! From the portable content to words: what several channels share.

use hongyan_core::Content;
use std::borrow::Cow;

/// The words of a text message: the title, where there is one, is the first line.
pub(crate) fn plain(content: &Content) -> Cow<'_, str> {
    let text = content.text.as_deref().unwrap_or_default();
    match &content.title {
        Some(title) => Cow::Owned(format!("{title}\n{text}")),
        None => Cow::Borrowed(text),
    }
}

/// `Some(sentence)` when `size` is over `limit`.
pub(crate) fn over(size: usize, limit: Option<usize>) -> Option<String> {
    let limit = limit?;
    (size > limit).then(|| {
        format!("takes {size} bytes of UTF-8, at most {limit} are allowed (a Chinese character takes 3): shorten it or link to the rest")
    })
}

//! A call's arguments, each with its name for the error that it may give.

use crate::host::{Argument, Call, Failure};

impl<'a> Call<'a> {
    fn wrong(&self, name: &str, words: &str) -> Failure {
        Failure::Message(format!("{}: {name} {words}", self.name))
    }

    fn argument(&self, place: usize) -> Argument<'a> {
        self.arguments.get(place).copied().unwrap_or(Argument::Null)
    }

    /// A text, or `None` when it is left out or NULL. Numbers are no texts here: `http_get(1)` is a mistake.
    pub(crate) fn text(&self, place: usize, name: &str) -> Result<Option<&'a str>, Failure> {
        match self.argument(place) {
            Argument::Null => Ok(None),
            Argument::Text(text) if text.contains('\0') => Err(self.wrong(name, "holds a NUL · 含有 NUL 字符")),
            Argument::Text(text) => Ok(Some(text)),
            Argument::Garbled => Err(self.wrong(name, "is not UTF-8 · 不是 UTF-8 文本")),
            Argument::Blob => Err(self.wrong(name, "is a blob: write CAST(… AS TEXT) · 须为文本，不能是 BLOB")),
            Argument::Integer(_) | Argument::Real(_) => Err(self.wrong(name, "is a number, not a text · 须为文本")),
        }
    }

    /// A text that must be there.
    pub(crate) fn needed(&self, place: usize, name: &str) -> Result<&'a str, Failure> {
        self.text(place, name)?.ok_or_else(|| self.wrong(name, "is NULL · 不能为 NULL"))
    }

    /// A whole number, or `None` when it is left out or NULL.
    pub(crate) fn integer(&self, place: usize, name: &str) -> Result<Option<i64>, Failure> {
        match self.argument(place) {
            Argument::Null => Ok(None),
            Argument::Integer(number) => Ok(Some(number)),
            _ => Err(self.wrong(name, "is not a whole number · 须为整数")),
        }
    }

    /// A text or a number, as text: ids and settings.
    pub(crate) fn word(&self, place: usize, name: &str) -> Result<Option<String>, Failure> {
        match self.argument(place) {
            Argument::Integer(number) => Ok(Some(number.to_string())),
            _ => Ok(self.text(place, name)?.map(str::to_owned)),
        }
    }
}

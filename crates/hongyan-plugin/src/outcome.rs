//! Results as C sees them.

use crate::fault::terminated;
use hongyan_embed::{HttpResult, MailResult, http_json, mail_json};
use serde_json::json;
use std::{
    ffi::{CString, c_int},
    sync::OnceLock,
};

/// `hongyan_result_t`.
#[derive(Debug)]
pub struct HongyanResult {
    pub(crate) code: c_int,
    /// With a NUL behind it, which does not count.
    text: Vec<u8>,
    pub(crate) headers: CString,
    pub(crate) elapsed: f64,
    source: Source,
    /// Made when it is asked for: most callers want the text alone.
    json: OnceLock<CString>,
}

#[derive(Debug)]
enum Source {
    Http(HttpResult),
    Mail(MailResult),
    Answer,
}

impl HongyanResult {
    fn new(code: u16, text: &[u8], headers: &str, elapsed: f64, source: Source) -> Self {
        let mut terminated_text = Vec::with_capacity(text.len() + 1);
        terminated_text.extend_from_slice(text);
        terminated_text.push(0);
        Self {
            code: c_int::from(code),
            text: terminated_text,
            headers: terminated(headers.to_owned()),
            elapsed,
            source,
            json: OnceLock::new(),
        }
    }

    /// An answer that has nothing but a text.
    pub(crate) fn answer(code: u16, text: &str, elapsed: f64) -> Self {
        Self::new(code, text.as_bytes(), "", elapsed, Source::Answer)
    }

    /// The text with the NUL behind it.
    pub(crate) fn terminated_text(&self) -> &[u8] {
        &self.text
    }

    pub(crate) fn text(&self) -> &[u8] {
        self.text.strip_suffix(&[0]).unwrap_or(&self.text)
    }

    pub(crate) fn json(&self) -> &CString {
        self.json.get_or_init(|| {
            terminated(match &self.source {
                Source::Http(result) => http_json(result),
                Source::Mail(result) => mail_json(result),
                Source::Answer => json!({
                    "responseCode": self.code,
                    "text": String::from_utf8_lossy(self.text()),
                    "headers": "",
                    "elapsed": self.elapsed,
                })
                .to_string(),
            })
        })
    }
}

impl From<HttpResult> for HongyanResult {
    fn from(result: HttpResult) -> Self {
        Self::new(result.response_code, &result.text, &result.headers, result.elapsed, Source::Http(result.clone()))
    }
}

impl From<MailResult> for HongyanResult {
    fn from(result: MailResult) -> Self {
        let (text, headers) = (result.text.clone(), result.headers.clone());
        Self::new(result.response_code, text.as_bytes(), &headers, result.elapsed, Source::Mail(result))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_nul_and_gets_one_behind_it() {
        let result = HongyanResult::answer(200, "a\0b", 0.5);
        assert_eq!((result.text(), result.terminated_text()), (&b"a\0b"[..], &b"a\0b\0"[..]));
        assert!(result.json().to_str().unwrap().contains(r#""text":"a\u0000b""#));
    }
}

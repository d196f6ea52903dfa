//! HMAC-SHA256 as this platform writes it: base64, over texts.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Base64 of the code of `text` under `key`.
pub(crate) fn base64(key: &str, text: &str) -> String {
    // HMAC takes a key of any length: a longer one is hashed first.
    let code = Hmac::<Sha256>::new_from_slice(key.as_bytes()).map(|mut mac| {
        mac.update(text.as_bytes());
        mac.finalize().into_bytes()
    });
    code.map(|code| STANDARD.encode(code)).unwrap_or_default()
}

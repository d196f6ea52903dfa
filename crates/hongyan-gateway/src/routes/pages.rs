//! Pages that do not change, made once.

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use hongyan_api::{docs, openapi};
use http::HeaderValue;
use sha2::{Digest, Sha256};

/// Pages that do not change, made once.
pub(crate) struct Pages {
    pub(crate) openapi: Bytes,
    pub(crate) docs: Bytes,
    pub(crate) docs_policy: HeaderValue,
}

impl Pages {
    pub(crate) fn make() -> Result<Self, String> {
        let style = STANDARD.encode(Sha256::digest(docs::STYLE.as_bytes()));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        );
        Ok(Self {
            openapi: serde_json::to_vec(&openapi()).map_err(|e| e.to_string())?.into(),
            docs: docs::page().into(),
            docs_policy: HeaderValue::from_str(&policy).map_err(|e| e.to_string())?,
        })
    }
}

//! A foreign program's call, passed on with our token in place of its own.

use crate::{Client, Login, invalid, opened};
use bytes::Bytes;
use hongyan_endpoint::{Auth, Class, Declared, Fault, Platform, Spec, Wire};
use hongyan_net::{Reply, Secret};

/// A call as a foreign program wrote it, without its credential.
#[derive(Debug, Clone, Default)]
pub struct Raw {
    /// `GET` or `POST`.
    pub method: http::Method,
    /// Path as it stood on the request line.
    pub path: String,
    /// The query as it stood there, without the credential.
    pub query: String,
    /// `content-type`, as it came.
    pub content_type: Option<http::HeaderValue>,
    /// As it came.
    pub body: Bytes,
}

impl<P: Login> Client<P> {
    /// Passes a call on and gives the answer whatever it is; a refused token is refreshed once and the call repeated
    /// once. Redirects are answers like any other.
    ///
    /// # Errors
    /// A transport failure, or one of the login; `request.invalid` for an operation that this platform does not declare,
    /// that takes no application's token, or whose path is another.
    pub async fn forward(&self, operation: &dyn Declared, call: &Raw) -> Result<Reply, Fault> {
        let spec = operation.spec();
        if !is_own::<P>(spec, call) || !matches!(spec.auth, Auth::AccessToken | Auth::AcsHeader) {
            return Err(invalid(spec, "this call is not one to be passed on"));
        }
        let token = self.custodian.get(self).await?;
        let reply = self.pass(spec, call, token.text.expose()).await?;
        if !refuses_token::<P>(spec, &reply) {
            return Ok(reply);
        }
        let fresh = self.custodian.replace(&token, self).await?;
        self.pass(spec, call, fresh.text.expose()).await
    }

    /// As [`Self::forward`], for an operation that takes no application's token: with this credential, or with what
    /// stands in the query already.
    ///
    /// # Errors
    /// A transport failure; `request.invalid` as [`Self::forward`].
    pub async fn forward_with(
        &self,
        operation: &dyn Declared,
        call: &Raw,
        credential: &Secret,
    ) -> Result<Reply, Fault> {
        let spec = operation.spec();
        if !is_own::<P>(spec, call) || !matches!(spec.auth, Auth::Key | Auth::None) {
            return Err(invalid(spec, "this call is not one to be passed on"));
        }
        self.pass(spec, call, credential.expose()).await
    }

    async fn pass(&self, spec: &'static Spec, call: &Raw, token: &str) -> Result<Reply, Fault> {
        let mut wire = Wire::default();
        spec.auth.attach(token, &mut wire);
        let base = self.base_url.as_deref().unwrap_or_else(|| P::base(spec));
        // The credential goes first, then the query as it came.
        let attached = wire.target();
        let query = match (attached.strip_prefix('?').unwrap_or_default(), call.query.as_str()) {
            ("", "") => String::new(),
            ("", query) => format!("?{query}"),
            (credential, "") => format!("?{credential}"),
            (credential, query) => format!("?{credential}&{query}"),
        };
        let mut http = http::Request::builder().method(&call.method).uri(format!("{base}{}{query}", call.path));
        for (name, value) in &wire.headers {
            http = http.header(name, value);
        }
        if let Some(kind) = &call.content_type {
            http = http.header(http::header::CONTENT_TYPE, kind);
        }
        let http = http.body(call.body.clone()).map_err(|_| invalid(spec, "not a valid URL or header"))?;
        self.send(spec, http).await
    }
}

/// Whether the platform declares the operation for this path: a credential must not travel to another, whoever asks.
fn is_own<P: Platform>(spec: &Spec, call: &Raw) -> bool {
    let ours = P::endpoints().iter().any(|own| (own.spec().name, own.spec().path) == (spec.name, spec.path));
    ours && spec.matches(&call.path)
}

/// Whether an answer says that the token is no good; a file says nothing.
fn refuses_token<P: Platform>(spec: &Spec, reply: &Reply) -> bool {
    const LONGEST_REFUSAL: usize = 16 << 10;
    reply.body.len() <= LONGEST_REFUSAL
        && opened::<P>(spec, reply, &crate::without_bom(&reply.body))
            .is_err_and(|fault| fault.class() == Class::RefreshToken)
}

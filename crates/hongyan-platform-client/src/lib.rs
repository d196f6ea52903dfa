//! Typed calls to a platform: encode → attach → send → open → classify, with one token for all callers.
//!
//! ```ignore
//! let sent: MessageSent = wecom.call(&SendMessage { .. }).await?;
//! ```
//!
//! A request of another platform does not compile here. What to do about a [`Fault`] is the caller's decision,
//! by its class; the one thing done here is to refresh a refused token once and repeat the call once. A token that is
//! refused again stays [`Class::RefreshToken`]: it says nothing against the call, which may be made later.
//!
//! A send passes the [`BeforeWrite`] that is around the caller's work; look-ups and logins do not.

mod forward;
mod status;
mod token;

pub use forward::Raw;
pub use token::{Custodian, TokenState};

use bytes::Bytes;
use hongyan_endpoint::{
    About, Answer, Auth, Class, Declared, Effect, Endpoint, Fault, File, Invalid, Platform, Spec, Wire,
};
use hongyan_net::{BeforeWrite, Cleaning, Failure, Http, Reply, Secret, clean_body};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// A platform that one logs in to with an application's credential.
pub trait Login: Platform {
    /// What an application is known by: ids and a [`hongyan_net::Secret`].
    type Credential: Clone + Send + Sync + 'static;

    /// The operation that gives a token.
    type Call: Endpoint<Platform = Self>;

    /// The login call of a credential.
    fn login(credential: &Self::Credential) -> Self::Call;

    /// Token and life from the login's reply.
    fn token(reply: <Self::Call as Endpoint>::Reply) -> (String, Duration);
}

/// One application's client of one platform. Cheap to clone.
pub struct Client<P: Login> {
    http: Http,
    /// Of the client that was made first: whoever needs a token waits no longer than its bounds say.
    login_http: Http,
    /// In place of the platform's own hosts, for the sandbox or a proxy.
    base_url: Option<Arc<str>>,
    custodian: Arc<Custodian<P>>,
}

impl<P: Login> Clone for Client<P> {
    fn clone(&self) -> Self {
        Self {
            http: self.http.clone(),
            login_http: self.login_http.clone(),
            base_url: self.base_url.clone(),
            custodian: Arc::clone(&self.custodian),
        }
    }
}

impl<P: Login> Client<P> {
    /// A client for one application.
    #[must_use]
    pub fn new(http: Http, base_url: Option<&str>, credential: P::Credential) -> Self {
        let base_url = base_url.map(|url| Arc::from(url.trim_end_matches('/')));
        Self { login_http: http.clone(), http, base_url, custodian: Arc::new(Custodian::new(credential)) }
    }

    /// The same application with other bounds on its calls; the token and its login stay one for both.
    #[must_use]
    pub fn over(&self, http: Http) -> Self {
        Self { http, ..self.clone() }
    }

    /// Makes one call; a refused token is refreshed once (for all callers together) and the call repeated once.
    ///
    /// # Errors
    /// A [`Fault`] named after the operation: the platform's refusal with its table's class; or a transport
    /// failure, which is [`Class::Ambiguous`] when the call is a send that may have left. What the login meets is
    /// [about](Fault::about) the account or the network, never about the message.
    pub async fn call<E: Endpoint<Platform = P>>(&self, request: &E) -> Result<E::Reply, Fault> {
        let spec = &E::SPEC;
        let body = self.exchange(spec, &written(spec, request.encode())?).await?;
        read(spec, E::reply(&body))
    }

    /// As [`Self::call`], with the operation as a value: the request's fields in, the answer's JSON out.
    ///
    /// # Errors
    /// As [`Self::call`]; `request.invalid` also for an operation that this platform does not declare.
    pub async fn call_declared(&self, operation: &dyn Declared, request: Value) -> Result<Value, Fault> {
        let spec = operation.spec();
        // The types are gone: a credential must not travel to another platform's path all the same.
        if !P::endpoints().iter().any(|own| (own.spec().name, own.spec().path) == (spec.name, spec.path)) {
            return Err(invalid(spec, format!("{} has no such operation", P::NAME)));
        }
        let body = self.exchange(spec, &written(spec, operation.dry_run(request))?).await?;
        read(spec, operation.read_reply(&body))
    }

    /// Makes one call with a credential of its own, such as a robot's key, in place of the application's token.
    ///
    /// # Errors
    /// As [`Self::call`]; nothing is refreshed, so a refused credential is [`Class::Permanent`], about the account.
    pub async fn call_with<E: Endpoint<Platform = P>>(
        &self,
        request: &E,
        credential: &Secret,
    ) -> Result<E::Reply, Fault> {
        let spec = &E::SPEC;
        let wire = written(spec, request.encode())?;
        let body = self.once(spec, &wire, Some(credential.expose())).await.map_err(|fault| match fault.class() {
            Class::RefreshToken => fault.with_class(Class::Permanent).with_about(About::Account),
            _ => fault,
        })?;
        read(spec, E::reply(&body))
    }

    /// Makes a call that is written already, with a credential of its own or none: for a body that goes out as somebody
    /// else wrote it. The answer is judged like any other.
    ///
    /// # Errors
    /// As [`Self::call_with`].
    pub async fn call_written(
        &self,
        spec: &'static Spec,
        wire: &Wire,
        credential: Option<&Secret>,
    ) -> Result<(), Fault> {
        let answer = self.once(spec, wire, credential.map(Secret::expose)).await;
        answer.map(drop).map_err(|fault| match fault.class() {
            Class::RefreshToken => fault.with_class(Class::Permanent),
            _ => fault,
        })
    }

    /// Logs in now, whatever is cached: for checks of the configuration.
    ///
    /// # Errors
    /// The platform's refusal of the credential, or a transport failure.
    pub async fn log_in(&self) -> Result<(), Fault> {
        self.custodian.renew(self).await.map(drop)
    }

    /// How the token is, without asking anyone.
    #[must_use]
    pub fn token_state(&self) -> TokenState {
        self.custodian.state()
    }

    /// One call with its token, refreshed once if it is refused: the body of a successful answer.
    async fn exchange(&self, spec: &'static Spec, wire: &Wire) -> Result<Bytes, Fault> {
        match spec.auth {
            Auth::None => return self.once(spec, wire, None).await,
            // A robot's key is not the application's token: sending the token there would give it away.
            Auth::Key => return Err(invalid(spec, "this operation takes a robot's key: use call_with")),
            Auth::AccessToken | Auth::AcsHeader => {}
        }
        let token = self.custodian.get(self).await?;
        match self.once(spec, wire, Some(token.text.expose())).await {
            Err(fault) if fault.class() == Class::RefreshToken => {
                let fresh = self.custodian.replace(&token, self).await?;
                self.once(spec, wire, Some(fresh.text.expose())).await
            }
            outcome => outcome,
        }
    }

    /// One call without a token, for the login itself.
    async fn bare<E: Endpoint<Platform = P>>(&self, request: &E) -> Result<E::Reply, Fault> {
        let spec = &E::SPEC;
        let client = self.over(self.login_http.clone());
        let body = client.once(spec, &written(spec, request.encode())?, None).await?;
        read(spec, E::reply(&body))
    }

    async fn once(&self, spec: &'static Spec, wire: &Wire, token: Option<&str>) -> Result<Bytes, Fault> {
        let mut wire = wire.clone();
        if let Some(token) = token {
            spec.auth.attach(token, &mut wire);
        }
        let base = self.base_url.as_deref().unwrap_or_else(|| P::base(spec));
        let mut http = http::Request::builder().method(wire.method).uri(format!("{base}{}", wire.target()));
        for (name, value) in &wire.headers {
            http = http.header(name, value);
        }
        if !wire.body.is_empty() && !wire.headers.iter().any(|(name, _)| name == "content-type") {
            http = http.header(http::header::CONTENT_TYPE, "application/json; charset=utf-8");
        }
        let http = http.body(Bytes::from(wire.body)).map_err(|_| invalid(spec, "not a valid URL or header"))?;
        let reply = self.send(spec, http).await?;
        if (300..400).contains(&reply.status) {
            let message = format!("HTTP {}", reply.status);
            return Err(after_effect(spec, Fault::transport("net.redirect", message)).during(spec.name));
        }
        if spec.answer == Answer::File
            && let Some(file) = file_of(&reply)
        {
            return serde_json::to_vec(&file).map(Bytes::from).map_err(|error| invalid(spec, error.to_string()));
        }
        let body = without_bom(&reply.body);
        opened::<P>(spec, &reply, &body)?;
        Ok(body)
    }

    /// Writes a request to the platform; a send passes the gate around the caller's work first.
    async fn send(&self, spec: &Spec, mut request: http::Request<Bytes>) -> Result<Reply, Fault> {
        if spec.effect == Effect::Send
            && let Some(gate) = BeforeWrite::current()
        {
            request.extensions_mut().insert(gate);
        }
        // A call that takes no token of ours is a login: its answer hands one over.
        let cleaning = if spec.auth == Auth::None { Cleaning::ButTokens } else { Cleaning::Every };
        self.http.send_cleaning(request, cleaning).await.map_err(|e| transport_fault(spec, e.failure, e.message))
    }
}

/// What an answer says by its envelope, and by its status where the envelope leaves that open.
fn opened<P: Platform>(spec: &Spec, reply: &Reply, body: &[u8]) -> Result<(), Fault> {
    P::open(spec, reply.status, body).map_err(|fault| {
        // A refusal hands nothing over, whatever the call.
        let clean = clean_body(Bytes::copy_from_slice(body), Cleaning::Every);
        let fault = P::open(spec, reply.status, &clean).err().unwrap_or(fault);
        let fault = status::judge(fault, spec.effect, reply.status, reply.retry_after());
        after_effect(spec, fault).of_effect(spec.effect).during(spec.name)
    })
}

/// The file that an answer is, unless it is an envelope.
fn file_of(reply: &Reply) -> Option<File> {
    // File names travel in raw UTF-8, which `to_str` refuses.
    let head = |name: http::HeaderName| reply.headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
    let (kind, disposition) = (head(http::header::CONTENT_TYPE), head(http::header::CONTENT_DISPOSITION));
    File::arrived(reply.status, kind.as_deref(), disposition.as_deref(), &reply.body)
}

fn invalid(spec: &Spec, message: impl Into<String>) -> Fault {
    Fault::transport("request.invalid", message).during(spec.name)
}

fn written(spec: &Spec, wire: Result<Wire, Invalid>) -> Result<Wire, Fault> {
    wire.map_err(|error| invalid(spec, error.to_string()))
}

fn read<T>(spec: &Spec, reply: Result<T, Invalid>) -> Result<T, Fault> {
    reply.map_err(|error| {
        // No word of what was met there, which may be a token.
        let message = format!("the reply lacks what it should hold: {}", error.field);
        after_effect(spec, Fault::transport("net.not_json", message)).during(spec.name)
    })
}

/// Some proxies and very old answers start with a byte-order mark.
fn without_bom(body: &Bytes) -> Bytes {
    if body.starts_with(b"\xef\xbb\xbf") { body.slice(3..) } else { body.clone() }
}

/// A transport failure, classed by how far the call got.
fn transport_fault(spec: &Spec, failure: Failure, message: String) -> Fault {
    let fault = Fault::transport(failure.code(), message).during(spec.name);
    if failure.came_before_the_call() { fault } else { after_effect(spec, fault) }
}

/// An answer that is not the platform's own refusal, nor a gate's, leaves a send's outcome open.
fn after_effect(spec: &Spec, fault: Fault) -> Fault {
    const OPEN: [&str; 6] = ["net.timeout", "net.lost", "net.not_json", "net.status", "net.redirect", "net.too_large"];
    if spec.effect == Effect::Send && OPEN.contains(&fault.code()) {
        return fault.with_class(Class::Ambiguous);
    }
    fault
}

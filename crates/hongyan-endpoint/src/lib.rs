//! The declaration: one entry per platform operation, read by everyone.
//!
//! A request type *is* the endpoint. [`endpoints!`] attaches its [`Spec`] (method, path, auth, effect,
//! limits, source), and from then on the client encodes with it, the sandbox routes and decodes with it,
//! the planner chunks by it, the command line lists it and the API table prints it:
//!
//! ```
//! use hongyan_endpoint::{Endpoint, Effect};
//! # mod demo {
//! # use hongyan_endpoint::*;
//! # pub struct Post;
//! # impl Platform for Post {
//! #     const NAME: &'static str = "post";
//! #     fn base(_: &Spec) -> &'static str { "https://post.example" }
//! #     fn endpoints() -> Vec<&'static dyn Declared> { ENDPOINTS.to_vec() }
//! #     fn error_codes() -> &'static [ErrorCode] { &[] }
//! #     fn open(_: &Spec, _: u16, _: &[u8]) -> Result<(), Fault> { Ok(()) }
//! #     fn seal(_: &Spec, _: Result<serde_json::Value, &Fault>) -> Sealed { Sealed::json(200, &serde_json::json!({})) }
//! # }
//! # #[derive(serde::Serialize, serde::Deserialize)] pub struct SendLetter { pub to: String, pub text: String }
//! # #[derive(serde::Serialize, serde::Deserialize)] pub struct LetterSent {}
//! endpoints! { Post;
//!     /// Sends one letter.
//!     SendLetter -> LetterSent {
//!         "letter.send", POST "/letters",
//!         auth: None, effect: Send,
//!         limits: [bytes("text", 2048)],
//!         source: "https://post.example/docs/letters",
//!     }
//! }
//! # }
//! use demo::SendLetter;
//! assert_eq!(SendLetter::SPEC.max_bytes("text"), Some(2048));
//! let wire = SendLetter { to: "li".into(), text: "hi".into() }.encode().unwrap();
//! assert_eq!(wire.path, "/letters");
//! ```
//!
//! This crate opens no socket and reads no clock. Carrying calls out is `hongyan-platform-client`'s work.

pub mod audit;
mod bilingual;
mod error_code;
mod fault;
pub mod file;
mod flaw;
mod harmless;
pub mod lenient;
mod mailbox;
mod path;
mod read;
mod refusal;
mod role;
mod server;
mod spec;
pub mod strict;
mod wire;

pub use bilingual::Bilingual;
pub use error_code::{About, Class, ErrorCode, Origin, Responsible, TRANSPORT_FAULTS, error_code};
pub use fault::{Fault, with_code};
pub use file::File;
pub use flaw::{Flaw, Unfit};
pub use harmless::{harmless, harmless_json, is_harmful};
pub use mailbox::mail_address;
pub use path::UNRESERVED;
pub use read::{from_json, typed};
pub use refusal::{DeclaredRefusal, When, missing, unfit};
pub use role::{Needs, Pair, Reach, Role};
pub use server::{PlatformServer, Refusal, form, pairs};
pub use spec::{
    Answer, Auth, Body, Bound, DAY, Effect, HOUR, Limit, MINUTE, Method, RateScope, SECOND, Spec, Unit, bytes, chars,
    items, rate, seconds, within_hours,
};
pub use wire::{Fixture, Invalid, Sealed, Wire, json};

pub use serde_json::Value;

use serde::{Serialize, de::DeserializeOwned};
use std::marker::PhantomData;

/// A platform: its hosts, its envelope in both directions, its operations and its error table.
pub trait Platform: Send + Sync + 'static {
    /// Short lower-case name, as in `hongyan call NAME …`.
    const NAME: &'static str;

    /// The platform's own base URL for this operation (scheme and host, no trailing slash).
    fn base(spec: &Spec) -> &'static str;

    /// Every declared operation, family by family.
    fn endpoints() -> Vec<&'static dyn Declared>;

    /// The platform's error table: every code we know, with class and advice.
    fn error_codes() -> &'static [ErrorCode];

    /// Reads the reply's envelope; `Ok` means that the body may be read as the operation's reply.
    ///
    /// # Errors
    /// The platform's refusal, classed by its table; an answer that is not the platform's own (an HTML
    /// page, a 5xx of a proxy) is classed as a transport fault.
    fn open(spec: &Spec, status: u16, body: &[u8]) -> Result<(), Fault>;

    /// Writes the envelope: what the platform itself would answer. The sandbox's half of [`Self::open`].
    fn seal(spec: &Spec, reply: Result<Value, &Fault>) -> Sealed;

    /// The row of [`Self::error_codes`] for a code.
    #[must_use]
    fn error_code(code: &str) -> Option<&'static ErrorCode> {
        Self::error_codes().iter().find(|row| row.code == code)
    }
}

/// A declared operation. Written by [`endpoints!`], never by hand.
///
/// The four functions that depend on the types are compiled once, with the declaration: whoever calls the operation
/// elsewhere compiles none of it again.
pub trait Endpoint: Serialize + DeserializeOwned + Send + Sync + Sized + 'static {
    /// The platform that answers.
    type Platform: Platform;
    /// What a successful reply carries, beside the envelope.
    type Reply: Serialize + DeserializeOwned + Send + 'static;
    /// Everything else that is known of the operation.
    const SPEC: Spec;
    /// The platform's own example: the text of `fixtures/NAME.json`, without which a declaration does not compile.
    const EXAMPLE: &'static str;

    /// Reads a request from all its fields as one object.
    ///
    /// # Errors
    /// [`Invalid`] naming the field that is missing or unfit.
    fn read_request(fields: Value) -> Result<Self, Invalid>;

    /// Writes the request with all its fields as one JSON object.
    ///
    /// # Errors
    /// [`Invalid`] when a value has no JSON.
    fn write_request(&self) -> Result<Vec<u8>, Invalid>;

    /// Reads what a successful reply carries.
    ///
    /// # Errors
    /// [`Invalid`] naming the field that is missing or unfit.
    fn read_reply(reply: Value) -> Result<Self::Reply, Invalid>;

    /// Writes what a successful reply carries.
    ///
    /// # Errors
    /// [`Invalid`] when a value has no JSON.
    fn write_reply(reply: &Self::Reply) -> Result<Vec<u8>, Invalid>;

    /// The call as it travels, without credentials.
    ///
    /// # Errors
    /// [`Invalid`] when a value cannot be written as JSON, or a path or query field is not a scalar.
    fn encode(&self) -> Result<Wire, Invalid> {
        wire::written(&Self::SPEC, self.write_request()?)
    }

    /// Reads a call that arrived: the other direction of [`Self::encode`].
    ///
    /// # Errors
    /// [`Invalid`] naming the field that is missing or has the wrong type.
    fn decode(call: &Wire) -> Result<Self, Invalid> {
        Self::read_request(wire::fields(&Self::SPEC, call)?)
    }

    /// Reads the body of a successful answer.
    ///
    /// # Errors
    /// [`Invalid`] naming the field that is missing or has the wrong type.
    fn reply(body: &[u8]) -> Result<Self::Reply, Invalid> {
        Self::read_reply(wire::parsed(body)?)
    }
}

/// A declaration with its types erased: for tables, routing, dry runs and fixtures.
pub trait Declared: Send + Sync {
    /// The operation's specification.
    fn spec(&self) -> &'static Spec;

    /// As [`Endpoint::EXAMPLE`].
    fn example(&self) -> &'static str;

    /// Encodes a request given as JSON, for `hongyan call --dry-run`.
    ///
    /// # Errors
    /// [`Invalid`] naming the field.
    fn dry_run(&self, request: Value) -> Result<Wire, Invalid>;

    /// Reads a call that arrived and writes it again: what a platform understood of it.
    ///
    /// # Errors
    /// [`Invalid`] naming the field that is missing or has the wrong type.
    fn reread(&self, call: &Wire) -> Result<Wire, Invalid>;

    /// The answer's JSON as it came, once it has been read as the operation's reply: what is wrong for a typed
    /// caller is wrong for an untyped one too.
    ///
    /// # Errors
    /// What the reply lacks.
    fn read_reply(&self, body: &[u8]) -> Result<Value, Invalid>;

    /// The answer's JSON as it is written again once it has been read as the operation's reply.
    ///
    /// # Errors
    /// What the reply lacks.
    fn rewrite_reply(&self, body: &[u8]) -> Result<Value, Invalid>;

    /// As [`Platform::open`], for this operation.
    ///
    /// # Errors
    /// As there.
    fn open(&self, status: u16, body: &[u8]) -> Result<(), Fault>;

    /// As [`Platform::seal`], for this operation.
    fn seal(&self, reply: Result<Value, &Fault>) -> Sealed;

    /// Checks our types against the platform's own example: the request must encode to the example's
    /// request line and body, the reply must be read and written back without loss.
    ///
    /// # Errors
    /// A sentence that says what differs.
    fn agrees_with(&self, fixture: &Fixture) -> Result<(), String>;
}

/// The implementation of [`Declared`] for an endpoint type.
pub struct Declaration<E>(PhantomData<fn() -> E>);

impl<E> Declaration<E> {
    /// The declaration of `E`.
    pub const NEW: Self = Self(PhantomData);
}

impl<E: Endpoint> Declared for Declaration<E> {
    fn spec(&self) -> &'static Spec {
        &E::SPEC
    }

    fn example(&self) -> &'static str {
        E::EXAMPLE
    }

    fn dry_run(&self, request: Value) -> Result<Wire, Invalid> {
        E::read_request(request)?.encode()
    }

    fn reread(&self, call: &Wire) -> Result<Wire, Invalid> {
        E::decode(call)?.encode()
    }

    fn read_reply(&self, body: &[u8]) -> Result<Value, Invalid> {
        let reply = wire::parsed(body)?;
        E::read_reply(reply.clone())?;
        Ok(reply)
    }

    fn rewrite_reply(&self, body: &[u8]) -> Result<Value, Invalid> {
        wire::parsed(&E::write_reply(&E::reply(body)?)?)
    }

    fn open(&self, status: u16, body: &[u8]) -> Result<(), Fault> {
        E::Platform::open(&E::SPEC, status, body)
    }

    fn seal(&self, reply: Result<Value, &Fault>) -> Sealed {
        E::Platform::seal(&E::SPEC, reply)
    }

    fn agrees_with(&self, fixture: &Fixture) -> Result<(), String> {
        fixture.check(self)
    }
}

/// Declares operations of one family: writes `impl Endpoint` for each and the family's `ENDPOINTS`.
///
/// A field named in `{braces}` of the path travels there, one named in `query: [..]` in the query (for `GET`, all
/// others do); the rest is the JSON body, or with `body: Multipart` a form of text and [`File`] parts. With
/// `reply: File` the answer is a [`File`].
///
/// `role` says what the operation is to a message (one without is [`Role::of`] its effect), `needs` what its caller must
/// hold beside a token. `refuses: [missing("chatid") => ("49000", "…"), …]`, or the name of such a list, gives the codes
/// that a call which cannot be read has of its own; `items("touser", 1000) => "40032"` gives a limit's code.
#[macro_export]
macro_rules! endpoints {
    ($platform:ty; $(
        $(#[doc = $doc:literal])+
        $request:ident -> $reply:ident {
            $name:literal, $method:ident $path:literal,
            $(query: [$($query:literal),* $(,)?],)?
            $(body: $body:ident,)?
            $(reply: $answer:ident,)?
            auth: $auth:ident, effect: $effect:ident,
            $(role: $role:ident $(($($of:tt)*))?,)?
            $(needs: $needs:ident $(($permission:literal))?,)?
            $(refuses: $refuses:tt,)?
            limits: [$($limit:expr $(=> $code:literal)?),* $(,)?],
            source: $source:literal $(,)?
        }
    )*) => {
        $(impl $crate::Endpoint for $request {
            type Platform = $platform;
            type Reply = $reply;
            const EXAMPLE: &'static str =
                include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/", $name, ".json"));
            const SPEC: $crate::Spec = {
                #[allow(unused_imports, clippy::allow_attributes)]
                use $crate::{
                    DAY, HOUR, MINUTE, Pair::*, Reach::*, SECOND, RateScope, When::*, bytes, chars, items, missing, rate,
                    seconds, unfit, within_hours,
                };
                const REFUSES: &[&[$crate::DeclaredRefusal]] = &[$($crate::refusals!($refuses),)? &[]];
                $crate::Spec {
                    name: $name,
                    doc: concat!($($doc, "\n"),+),
                    method: $crate::Method::$method,
                    path: $path,
                    query: &[$($($query),*)?],
                    body: [$($crate::Body::$body,)? $crate::Body::Json][0],
                    answer: [$($crate::Answer::$answer,)? $crate::Answer::Json][0],
                    auth: $crate::Auth::$auth,
                    effect: $crate::Effect::$effect,
                    role: [$($crate::Role::$role $(($($of)*))?,)? $crate::Role::of($crate::Effect::$effect)][0],
                    needs: [$($crate::Needs::$needs $(($permission))?,)? $crate::Needs::Token][0],
                    refuses: REFUSES[0],
                    limits: &[$($limit$(.refused_with($code))?),*],
                    source: $source,
                }
            };

            fn read_request(fields: $crate::Value) -> ::core::result::Result<Self, $crate::Invalid> {
                $crate::typed(fields)
            }

            fn write_request(&self) -> ::core::result::Result<::std::vec::Vec<u8>, $crate::Invalid> {
                $crate::json(self)
            }

            fn read_reply(reply: $crate::Value) -> ::core::result::Result<Self::Reply, $crate::Invalid> {
                $crate::typed(reply)
            }

            fn write_reply(reply: &Self::Reply) -> ::core::result::Result<::std::vec::Vec<u8>, $crate::Invalid> {
                $crate::json(reply)
            }
        })*

        /// The operations that this family declares.
        pub static ENDPOINTS: &[&dyn $crate::Declared] = &[$(&$crate::Declaration::<$request>::NEW),*];
    };
}

/// The value of `refuses` in [`endpoints!`]: a list, or the name of one.
#[macro_export]
macro_rules! refusals {
    ([$($when:expr => $with:expr),* $(,)?]) => {
        &[$($crate::DeclaredRefusal { when: $when, code: $with.0, message: $with.1 }),*]
    };
    ($list:ident) => {
        $list
    };
}

//! Callbacks: what the platform pushes to us, signed and encrypted, and what may be answered at once.
//!
//! Both directions stand side by side: the gateway verifies and opens with [`Callback`], the sandbox signs and seals
//! with the same. Random bytes, nonce and time are the caller's ([`Stamp`]); so are the deadlines (one second for
//! [`Callback::verify_url`], five for an event), how old a timestamp may be, and the dropping of repeats, for which
//! [`Pushed::repeat_key`] gives the key. <https://developer.work.weixin.qq.com/document/path/90930>,
//! <https://developer.work.weixin.qq.com/document/path/90968>

mod pushed;
mod reply;
mod xml;

pub use pushed::{CardClick, Event, Message, Pushed, Selected};
pub use reply::{Reply, ReplyArticle};
pub use xml::{Element, MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS};

use crate::WeCom;
use hongyan_callback::{Key, Unopened, signature, signed};
use hongyan_endpoint::{endpoints, lenient};
use hongyan_net::Secret;
use serde::{Deserialize, Serialize};
use std::fmt;

endpoints! { WeCom;
    /// Lists the addresses that callbacks come from; they change over time.
    GetCallbackIp -> CallbackIps {
        "callback.getcallbackip", GET "/cgi-bin/getcallbackip",
        auth: AccessToken, effect: Read,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90930",
    }
}

/// Request of `getcallbackip`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetCallbackIp {}

/// Reply of `getcallbackip`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackIps {
    /// Addresses, some with wildcards.
    #[serde(default, deserialize_with = "lenient::list")]
    pub ip_list: Vec<String>,
}

/// Why a callback is refused. Answer all of them alike: a stranger shall not learn where he failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CallbackFault {
    /// Not signed with our token.
    #[error("the signature does not match")]
    Signature,
    /// Not the XML that is expected.
    #[error("the XML cannot be read")]
    Xml,
    /// The key is not 43 characters of base64.
    #[error("the EncodingAESKey is not valid")]
    Key,
    /// Signed and sealed for somebody else.
    #[error("the receiver is another one")]
    Receiver,
    /// Sealed with another key, cut off or altered.
    #[error("the content cannot be decrypted")]
    Decrypt,
    /// Decrypted, but no text.
    #[error("the decrypted content is not text")]
    Buffer,
    /// Not base64.
    #[error("the content is not base64")]
    Base64,
}

impl CallbackFault {
    /// The code that the vendor's own libraries give.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::Signature => -40_001,
            Self::Xml => -40_002,
            Self::Key => -40_004,
            Self::Receiver => -40_005,
            Self::Decrypt => -40_007,
            Self::Buffer => -40_008,
            Self::Base64 => -40_010,
        }
    }
}

impl From<Unopened> for CallbackFault {
    fn from(refused: Unopened) -> Self {
        match refused {
            Unopened::Key => Self::Key,
            Unopened::Encoding => Self::Base64,
            Unopened::Shut => Self::Decrypt,
        }
    }
}

/// What a callback's query carries beside the content.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signature {
    /// 40 hexadecimal digits.
    pub msg_signature: String,
    /// Unix seconds, as text.
    pub timestamp: String,
    /// Any text.
    pub nonce: String,
}

impl Signature {
    /// From decoded query pairs; what is missing stays empty and matches nothing.
    #[must_use]
    pub fn from_query(query: &[(String, String)]) -> Self {
        let get = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, text)| text.clone());
        Self {
            msg_signature: get("msg_signature").unwrap_or_default(),
            timestamp: get("timestamp").unwrap_or_default(),
            nonce: get("nonce").unwrap_or_default(),
        }
    }
}

/// What makes one sealed text differ from the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// Unix seconds.
    pub timestamp: i64,
    /// Any text, short.
    pub nonce: String,
    /// Fresh for each text.
    pub random: [u8; 16],
}

/// The callback settings of one application.
#[derive(Clone)]
pub struct Callback {
    token: Secret,
    key: Key,
    receive_id: String,
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("receive_id", &self.receive_id).finish_non_exhaustive()
    }
}

impl Callback {
    /// Token and EncodingAESKey as the console shows them; for a self-built application `receive_id` is the company.
    ///
    /// # Errors
    /// [`CallbackFault::Key`].
    pub fn new(token: Secret, encoding_aes_key: &str, receive_id: &str) -> Result<Self, CallbackFault> {
        Ok(Self { token, key: Key::parse(encoding_aes_key)?, receive_id: receive_id.to_owned() })
    }

    /// Answers the platform's question whether this address is ours: the text to answer with, as it is, within a
    /// second.
    ///
    /// # Errors
    /// [`CallbackFault`], the signature's before all others.
    pub fn verify_url(&self, signature: &Signature, echostr: &str) -> Result<String, CallbackFault> {
        // Base64 holds no blank: one was a plus sign that some layer took for one.
        self.open_text(signature, &echostr.trim().replace(' ', "+"))
    }

    /// The other direction of [`Self::verify_url`]: signature and `echostr` of the question.
    #[must_use]
    pub fn ask_url(&self, stamp: &Stamp, answer: &str) -> (Signature, String) {
        self.seal(stamp, answer)
    }

    /// Opens an event or a message.
    ///
    /// # Errors
    /// [`CallbackFault`]; nothing is decrypted before the signature matches.
    pub fn open(&self, signature: &Signature, body: &[u8]) -> Result<Pushed, CallbackFault> {
        let inner = self.open_text(signature, envelope(body)?.get("Encrypt"))?;
        let inner = Element::read(&inner).map_err(|_| CallbackFault::Xml)?;
        Ok(Pushed::read(inner))
    }

    /// The other direction of [`Self::open`]: query and body of the push.
    #[must_use]
    pub fn push(&self, stamp: &Stamp, pushed: &Pushed) -> (Signature, String) {
        let (signature, encrypted) = self.seal(stamp, &pushed.to_element().to_xml());
        let mut members = vec![Element::text("ToUserName", self.receive_id.clone())];
        members.extend(pushed.agent_id.as_ref().map(|id| Element::text("AgentID", id.clone())));
        members.push(Element::text("Encrypt", encrypted));
        (signature, Element::of("xml", members).to_xml())
    }

    /// The body of an answer to `pushed`. An empty body is an answer, too: taken, nothing to say.
    #[must_use]
    pub fn reply(&self, stamp: &Stamp, pushed: &Pushed, reply: &Reply) -> String {
        let (signature, encrypted) = self.seal(stamp, &reply.to_element(pushed, stamp.timestamp).to_xml());
        let members = vec![
            Element::text("Encrypt", encrypted),
            Element::text("MsgSignature", signature.msg_signature),
            Element::text("TimeStamp", signature.timestamp),
            Element::text("Nonce", signature.nonce),
        ];
        Element::of("xml", members).to_xml()
    }

    /// The other direction of [`Self::reply`]: the inner document.
    ///
    /// # Errors
    /// [`CallbackFault`].
    pub fn open_reply(&self, body: &[u8]) -> Result<Element, CallbackFault> {
        let outer = envelope(body)?;
        let signature = Signature {
            msg_signature: outer.get("MsgSignature").to_owned(),
            timestamp: outer.get("TimeStamp").to_owned(),
            nonce: outer.get("Nonce").to_owned(),
        };
        let inner = self.open_text(&signature, outer.get("Encrypt"))?;
        Element::read(&inner).map_err(|_| CallbackFault::Xml)
    }

    fn seal(&self, stamp: &Stamp, text: &str) -> (Signature, String) {
        let encrypted = self.key.encrypt(&stamp.random, text.as_bytes(), &self.receive_id);
        let timestamp = stamp.timestamp.to_string();
        let msg_signature = signature(self.token.expose(), &timestamp, &stamp.nonce, &encrypted);
        (Signature { msg_signature, timestamp, nonce: stamp.nonce.clone() }, encrypted)
    }

    fn open_text(&self, claim: &Signature, encrypted: &str) -> Result<String, CallbackFault> {
        // The comparison takes the same time however much of the claim is right.
        if !signed(&claim.msg_signature, self.token.expose(), &claim.timestamp, &claim.nonce, encrypted) {
            return Err(CallbackFault::Signature);
        }
        let opened = self.key.decrypt(encrypted)?;
        if opened.owner != self.receive_id {
            return Err(CallbackFault::Receiver);
        }
        String::from_utf8(opened.message).map_err(|_| CallbackFault::Buffer)
    }
}

/// The outer document.
fn envelope(body: &[u8]) -> Result<Element, CallbackFault> {
    let text = std::str::from_utf8(body).map_err(|_| CallbackFault::Xml)?;
    Element::read(text).map_err(|_| CallbackFault::Xml)
}

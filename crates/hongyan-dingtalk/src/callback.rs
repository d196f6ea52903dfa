//! Events pushed over HTTP: verify and sign, decrypt and encrypt, side by side.
//! <https://open.dingtalk.com/document/orgapp/configure-event-subcription>
//!
//! The gateway opens with [`Callback::open`] what the sandbox sealed with [`Callback::seal`], and answers with
//! [`Callback::answer`]. The box itself is `hongyan-callback`'s; registering an address is [`crate::subscription`]'s.

use crate::DingTalk;
use hongyan_callback::{Key, Unopened};
use hongyan_endpoint::{Fault, Platform};
use serde::{Deserialize, Serialize};
use std::fmt;
use subtle::ConstantTimeEq;

/// What the answer to every push says, encrypted.
pub const SUCCESS: &str = "success";

/// Address ranges that the platform pushes from, by its own page.
pub const SOURCES: [&str; 4] = ["203.119.0.0/16", "140.205.0.0/16", "106.11.0.0/16", "198.11.0.0/16"];

/// What both sides hold of one subscription.
#[derive(Clone)]
pub struct Callback {
    token: String,
    key: Key,
    owner: String,
}

/// Token and key stay out of logs.
impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("owner", &self.owner).finish_non_exhaustive()
    }
}

/// The query of a push.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The platform's page says `signature`, its samples `msg_signature`: both are read.
    #[serde(alias = "msg_signature")]
    pub signature: String,
    /// A text, taken as it stands; usually milliseconds.
    #[serde(alias = "timeStamp")]
    pub timestamp: String,
    /// Random.
    pub nonce: String,
}

/// The body of a push.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// The box.
    pub encrypt: String,
}

/// The body of the answer, HTTP 200.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Over token, timestamp, nonce and `encrypt`.
    pub msg_signature: String,
    /// With a capital S; two old pages print it small.
    #[serde(rename = "timeStamp", alias = "timestamp")]
    pub timestamp: String,
    /// Random.
    pub nonce: String,
    /// The encrypted [`SUCCESS`].
    pub encrypt: String,
}

/// Why a push (or an answer) is refused, in the platform's own numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// 900004: the key is not 43 characters of base64.
    #[error("the aes_key is not 43 characters of base64")]
    Key,
    /// 900005: the signature is not over what came, or not with this token.
    #[error("the signature does not match")]
    Signature,
    /// 900008: the box cannot be opened with this key.
    #[error("the text cannot be decrypted")]
    Decrypt,
    /// 900010: it opens, but is for somebody else.
    #[error("the owner id does not match")]
    Owner,
}

impl Rejected {
    /// The platform's number.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Key => "900004",
            Self::Signature => "900005",
            Self::Decrypt => "900008",
            Self::Owner => "900010",
        }
    }

    /// With class and advice, from the platform's table.
    #[must_use]
    pub fn fault(self) -> Fault {
        Fault::refused(self.code(), self.to_string(), DingTalk::error_code(self.code()))
    }
}

impl From<Unopened> for Rejected {
    fn from(refused: Unopened) -> Self {
        match refused {
            Unopened::Key => Self::Key,
            Unopened::Encoding | Unopened::Shut => Self::Decrypt,
        }
    }
}

impl Callback {
    /// `owner` is the AppKey when the address was set in the console, the CorpId when it was registered by
    /// [`crate::subscription`], the SuiteKey of a suite, the CustomKey of a custom app.
    ///
    /// # Errors
    /// [`Rejected::Key`].
    pub fn new(token: impl Into<String>, aes_key: &str, owner: impl Into<String>) -> Result<Self, Rejected> {
        Ok(Self { token: token.into(), key: Key::parse(aes_key)?, owner: owner.into() })
    }

    /// Signs a box that is about to travel.
    #[must_use]
    pub fn sign(&self, timestamp: &str, nonce: &str, encrypt: &str) -> String {
        hongyan_callback::signature(&self.token, timestamp, nonce, encrypt)
    }

    /// Checks the signature of a box that came; the time that it takes does not tell how much of it is right.
    ///
    /// # Errors
    /// [`Rejected::Signature`].
    pub fn verify(&self, stamp: &Stamp, encrypt: &str) -> Result<(), Rejected> {
        let good = hongyan_callback::signed(&stamp.signature, &self.token, &stamp.timestamp, &stamp.nonce, encrypt);
        if good { Ok(()) } else { Err(Rejected::Signature) }
    }

    /// Puts a message into the box; `random` is fresh for each.
    #[must_use]
    pub fn encrypt(&self, random: &[u8; 16], message: &str) -> String {
        self.key.encrypt(random, message.as_bytes(), &self.owner)
    }

    /// Takes the message out of the box.
    ///
    /// # Errors
    /// [`Rejected::Decrypt`], and [`Rejected::Owner`] when it is for somebody else.
    pub fn decrypt(&self, encrypt: &str) -> Result<String, Rejected> {
        let opened = self.key.decrypt(encrypt)?;
        if !bool::from(opened.owner.as_bytes().ct_eq(self.owner.as_bytes())) {
            return Err(Rejected::Owner);
        }
        String::from_utf8(opened.message).map_err(|_| Rejected::Decrypt)
    }

    /// The platform's half of a push: what it puts into query and body.
    #[must_use]
    pub fn seal(&self, random: &[u8; 16], timestamp: &str, nonce: &str, message: &str) -> (Stamp, Push) {
        let encrypt = self.encrypt(random, message);
        let signature = self.sign(timestamp, nonce, &encrypt);
        (Stamp { signature, timestamp: timestamp.into(), nonce: nonce.into() }, Push { encrypt })
    }

    /// The receiver's half: verify, then decrypt. How old a timestamp may be is the caller's to decide.
    ///
    /// # Errors
    /// [`Rejected`], the signature's fault first.
    pub fn open(&self, stamp: &Stamp, push: &Push) -> Result<String, Rejected> {
        self.verify(stamp, &push.encrypt)?;
        self.decrypt(&push.encrypt)
    }

    /// The receiver's answer, which says [`SUCCESS`].
    #[must_use]
    pub fn answer(&self, random: &[u8; 16], timestamp: &str, nonce: &str) -> Answer {
        let (stamp, push) = self.seal(random, timestamp, nonce, SUCCESS);
        Answer { msg_signature: stamp.signature, timestamp: stamp.timestamp, nonce: stamp.nonce, encrypt: push.encrypt }
    }

    /// The platform's half of the answer: whether it says [`SUCCESS`].
    ///
    /// # Errors
    /// [`Rejected`] as for a push; [`Rejected::Decrypt`] when it says something else.
    pub fn accept(&self, answer: &Answer) -> Result<(), Rejected> {
        let Answer { msg_signature: signature, timestamp, nonce, encrypt } = answer.clone();
        match self.open(&Stamp { signature, timestamp, nonce }, &Push { encrypt })?.as_str() {
            SUCCESS => Ok(()),
            _ => Err(Rejected::Decrypt),
        }
    }
}

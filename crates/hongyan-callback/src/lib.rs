//! The sealed box in which both platforms push their callbacks: one algorithm, written once.
//!
//! A message travels as `base64(AES-256-CBC(random16 ‖ length ‖ message ‖ owner))`, padded by PKCS#7 with a block
//! of **32**, beside a SHA-1 over the sorted token, timestamp, nonce and that text. What the owner is, which
//! code a refusal has and what is answered differ from platform to platform: that is their crates' part.
//!
//! <https://open.dingtalk.com/document/orgapp/configure-event-subcription>,
//! <https://developer.work.weixin.qq.com/document/path/90968>
//!
//! ```
//! let key = hongyan_callback::Key::parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")?;
//! let sealed = key.encrypt(b"0123456789abcdef", b"success", "sample-owner");
//! let opened = key.decrypt(&sealed)?;
//! assert_eq!((opened.message.as_slice(), opened.owner.as_str()), (&b"success"[..], "sample-owner"));
//! # Ok::<(), hongyan_callback::Unopened>(())
//! ```

mod key;
mod signature;

pub use key::{Key, Opened, Unopened};
pub use signature::{signature, signed};

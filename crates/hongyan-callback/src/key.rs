//! The box itself: key, encrypt, decrypt.

use aes::Aes256;
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use cbc::{
    Decryptor, Encryptor,
    cipher::{BlockModeDecrypt, BlockModeEncrypt, KeyIvInit, block_padding::NoPadding},
};
use std::fmt;

/// Characters of a key as it is handed out.
const KEY_CHARS: usize = 43;
/// Bytes before the message: random, then the length.
const RANDOM: usize = 16;
const HEAD: usize = RANDOM + 4;
/// The padding's block; not the cipher's, which is 16.
const BLOCK: usize = 32;

/// The last character of a key may carry bits that belong to no byte, and the padding is left out.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// An AES-256 key as the platforms hand it out; never shown.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// What was in the box.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The message: JSON or XML, by platform. Not checked for UTF-8.
    pub message: Vec<u8>,
    /// Whom it is for (a company, an application, a suite); the caller compares it. May be empty.
    pub owner: String,
}

/// Messages carry secrets (a suite ticket is one): only the size is shown.
impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = format_args!("{} bytes", self.message.len());
        f.debug_struct("Opened").field("message", &size).field("owner", &self.owner).finish()
    }
}

/// Why the box stays shut. All that is wrong inside is one case: the sender shall not learn where it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    /// The key is not 43 characters of base64.
    #[error("an encoding key is 43 characters of base64")]
    Key,
    /// The text is not base64.
    #[error("the encrypted text is not base64")]
    Encoding,
    /// Not a box that this key opens: wrong key, cut off, or altered.
    #[error("the encrypted text cannot be opened with this key")]
    Shut,
}

impl Key {
    /// Reads a key of 43 base64 characters.
    ///
    /// # Errors
    /// [`Unopened::Key`] for any other length or alphabet.
    pub fn parse(text: &str) -> Result<Self, Unopened> {
        if text.len() != KEY_CHARS {
            return Err(Unopened::Key);
        }
        let bytes = LENIENT.decode(text).map_err(|_| Unopened::Key)?;
        bytes.try_into().map(Self).map_err(|_| Unopened::Key)
    }

    /// Puts a message for `owner` into the box; `random` is the caller's, fresh for each.
    #[must_use]
    pub fn encrypt(&self, random: &[u8; RANDOM], message: &[u8], owner: &str) -> String {
        let mut plain = Vec::with_capacity(HEAD + message.len() + owner.len() + BLOCK);
        plain.extend(random);
        // A body of 4 GB never gets here; a length that says so would not be opened.
        plain.extend(u32::try_from(message.len()).unwrap_or(u32::MAX).to_be_bytes());
        plain.extend(message);
        plain.extend(owner.as_bytes());
        let pad = BLOCK - plain.len() % BLOCK;
        plain.extend(std::iter::repeat_n(u8::try_from(pad).unwrap_or_default(), pad));
        let cipher = Encryptor::<Aes256>::new(&self.0.into(), &self.iv().into());
        STANDARD.encode(cipher.encrypt_padded_vec::<NoPadding>(&plain))
    }

    /// Opens the box.
    ///
    /// # Errors
    /// [`Unopened::Encoding`] when the text is not base64, else [`Unopened::Shut`].
    pub fn decrypt(&self, encrypted: &str) -> Result<Opened, Unopened> {
        let sealed = LENIENT.decode(encrypted.trim()).map_err(|_| Unopened::Encoding)?;
        let cipher = Decryptor::<Aes256>::new(&self.0.into(), &self.iv().into());
        let plain = cipher.decrypt_padded_vec::<NoPadding>(&sealed).map_err(|_| Unopened::Shut)?;
        read(&plain).ok_or(Unopened::Shut)
    }

    /// The first half of the key is the vector, by the platforms' definition.
    fn iv(&self) -> [u8; 16] {
        let mut iv = [0; 16];
        iv.copy_from_slice(&self.0[..16]);
        iv
    }
}

/// `random16 ‖ length ‖ message ‖ owner ‖ padding`, every part where it should be.
fn read(plain: &[u8]) -> Option<Opened> {
    let pad = usize::from(*plain.last()?);
    let (body, padding) = plain.split_at(plain.len().checked_sub(pad)?);
    if !(1..=BLOCK).contains(&pad) || padding.iter().any(|byte| usize::from(*byte) != pad) {
        return None;
    }
    let length = body.get(RANDOM..HEAD)?.try_into().ok().map(u32::from_be_bytes)?;
    let (message, owner) = body[HEAD..].split_at_checked(usize::try_from(length).ok()?)?;
    Some(Opened { message: message.to_vec(), owner: String::from_utf8(owner.to_vec()).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    const SEALED: &str = "Q3stYC6hdFzMh9T8HCvyDPAmVUAR9ZeRhlEwYP+nuEC6qK0PF0szsuMx3trXpUUHdUxNtorQJ28wjVbvqSmZlw==";

    fn key() -> Key {
        Key::parse(KEY).unwrap()
    }

    /// A box around any plaintext, also around a wrong one.
    fn boxed(plain: &[u8]) -> String {
        let cipher = Encryptor::<Aes256>::new(&key().0.into(), &key().iv().into());
        STANDARD.encode(cipher.encrypt_padded_vec::<NoPadding>(plain))
    }

    fn padded(length: u32, rest: &[u8], pad: &[u8]) -> Vec<u8> {
        [b"0123456789abcdef", length.to_be_bytes().as_slice(), rest, pad].concat()
    }

    #[test]
    fn the_vectors_open() {
        let published = "YvkvaGe4hQxd3VxRmEty0dVlnCOAqwf56xwTRHDHoOURqhalbmBJQk5FNcRk42Gl5T0YQXZNwpwWSm1xAFJ5ZA==";
        let opened = Key::parse("1234567890123456789012345678901234567890123").unwrap().decrypt(published).unwrap();
        assert_eq!((opened.message.as_slice(), opened.owner.as_str()), (&b"success"[..], "dingsnotzck6pm5veliw"));
        let opened = key().decrypt(SEALED).unwrap();
        assert_eq!((opened.message.as_slice(), opened.owner.as_str()), (&b"success"[..], "dingappkey000001"));
        assert_eq!(key().encrypt(b"0123456789abcdef", b"success", "dingappkey000001"), SEALED);
    }

    #[test]
    fn a_key_is_43_characters_of_base64() {
        assert!(Key::parse(KEY).is_ok());
        // The bits that belong to no byte are ignored.
        assert!(Key::parse("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFH").is_ok());
        for bad in ["", &KEY[1..], &format!("{KEY}="), &format!("{KEY}A"), &KEY.replace('a', "!")] {
            assert_eq!(Key::parse(bad).unwrap_err(), Unopened::Key, "{bad}");
        }
        assert_eq!(format!("{:?}", key()), "Key(…)");
    }

    #[test]
    fn what_is_cut_off_altered_or_padded_wrongly_stays_shut() {
        let bytes = STANDARD.decode(SEALED).unwrap();
        for cut in [0, 1, 15, 16, 32, 48, 63] {
            assert_eq!(key().decrypt(&STANDARD.encode(&bytes[..cut])).unwrap_err(), Unopened::Shut, "{cut}");
        }
        assert_eq!(key().decrypt("not base64 at all").unwrap_err(), Unopened::Encoding);
        let other = Key::parse("1234567890123456789012345678901234567890123").unwrap();
        assert_eq!(other.decrypt(SEALED).unwrap_err(), Unopened::Shut);
        let pad5 = [5; 5];
        let good = padded(2, b"hiowner", &pad5);
        assert_eq!(key().decrypt(&boxed(&good)).unwrap().owner, "owner");
        for bad in [
            padded(2, b"hiowner", &[5, 5, 5, 4, 5]),
            padded(2, b"hiowner", &[0; 5]),
            padded(2, b"hiowner", &[33; 5]),
            padded(8, b"hiowner", &pad5),
            padded(u32::MAX, b"hiowner", &pad5),
            padded(2, b"hi\xff\xff\xff\xff\xff", &pad5),
            vec![32; 32],
            vec![16; 16],
            vec![200; 32],
        ] {
            assert_eq!(key().decrypt(&boxed(&bad)).unwrap_err(), Unopened::Shut, "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn what_was_put_in_comes_out(
            random in any::<[u8; 16]>(), message in prop::collection::vec(any::<u8>(), 0..200), owner in "\\PC{0,40}",
        ) {
            let opened = key().decrypt(&key().encrypt(&random, &message, &owner)).unwrap();
            prop_assert_eq!(opened, Opened { message, owner });
        }

        #[test]
        fn no_text_makes_it_panic(text in "[A-Za-z0-9+/]{0,120}", bytes in prop::collection::vec(any::<u8>(), 0..4)) {
            let _ = key().decrypt(&text);
            let _ = key().decrypt(&STANDARD.encode([b"0123456789abcdef".as_slice(), &bytes].concat()));
            let _ = key().decrypt(&boxed(&[text.as_bytes(), &vec![b'0'; 16 - text.len() % 16]].concat()));
        }
    }
}

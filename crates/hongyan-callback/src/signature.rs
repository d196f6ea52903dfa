//! Who pushed it: SHA-1 over four sorted texts, keyed by the token among them.

use data_encoding::HEXLOWER;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

/// SHA-1 of the four texts sorted bytewise and joined, as 40 lower-case hex digits.
#[must_use]
pub fn signature(token: &str, timestamp: &str, nonce: &str, encrypted: &str) -> String {
    let mut parts = [token, timestamp, nonce, encrypted];
    parts.sort_unstable();
    let mut hash = Sha1::new();
    for part in parts {
        hash.update(part.as_bytes());
    }
    HEXLOWER.encode(&hash.finalize())
}

/// Whether `claimed` is [`signature`] of the four; the time that it takes does not tell how much of it is right.
#[must_use]
pub fn signed(claimed: &str, token: &str, timestamp: &str, nonce: &str, encrypted: &str) -> bool {
    let expected = signature(token, timestamp, nonce, encrypted);
    claimed.to_ascii_lowercase().as_bytes().ct_eq(expected.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_vectors_hold() {
        let encrypted = "YvkvaGe4hQxd3VxRmEty0dVlnCOAqwf56xwTRHDHoOURqhalbmBJQk5FNcRk42Gl5T0YQXZNwpwWSm1xAFJ5ZA==";
        let expected = "9a95a004dd16f5c307e849b994173f76aa26e5eb";
        assert_eq!(signature("123456", "1614767836", "A7Co0cJLMzIDtMMI", encrypted), expected);
        assert!(signed(expected, "123456", "1614767836", "A7Co0cJLMzIDtMMI", encrypted));
    }

    #[test]
    fn any_other_signature_is_refused() {
        let good = signature("token", "1", "n", "e");
        assert!(signed(&good, "token", "1", "n", "e"));
        for bad in ["", &good[1..], &format!("{good}0"), &good.replacen(char::is_alphanumeric, "g", 1), "ü"] {
            assert!(!signed(bad, "token", "1", "n", "e"), "{bad}");
        }
        assert!(!signed(&good, "token", "2", "n", "e"));
        assert!(!signed(&good, "Token", "1", "n", "e"));
    }
}

//! Who a certificate is of and who issued it: the two names alone, out of its DER, for whoever has to be told.
//!
//! Nothing is trusted by what is read here; that is the verifier's affair.

use std::fmt::Write;

/// The names in a certificate.
pub(crate) struct Names<'a> {
    issuer: &'a [u8],
    subject: &'a [u8],
}

/// The longest name that is shown, in characters.
const LONGEST: usize = 200;

impl<'a> Names<'a> {
    /// `None` when it is no certificate.
    pub(crate) fn of(der: &'a [u8]) -> Option<Self> {
        let (certificate, _) = element(der, SEQUENCE)?;
        let (tbs, _) = element(certificate, SEQUENCE)?;
        // Version (missing in the first), serial number, signature's algorithm, issuer, validity, subject.
        let rest = element(tbs, VERSION).map_or(tbs, |(_, rest)| rest);
        let (_, rest) = element(rest, INTEGER)?;
        let (_, rest) = element(rest, SEQUENCE)?;
        let (issuer, rest) = element(rest, SEQUENCE)?;
        let (_, rest) = element(rest, SEQUENCE)?;
        let (subject, _) = element(rest, SEQUENCE)?;
        Some(Self { issuer, subject })
    }

    pub(crate) fn is_issued_by(&self, other: &Names<'_>) -> bool {
        self.issuer == other.subject
    }

    pub(crate) fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// `CN=Example Root, O=Example`.
    pub(crate) fn issuer(&self) -> String {
        shown(self.issuer)
    }
}

const INTEGER: u8 = 0x02;
const OBJECT_ID: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const VERSION: u8 = 0xa0;
/// UTF-16, big-endian. The other text types are UTF-8 or a part of it.
const BMP_STRING: u8 = 0x1e;

/// The content of the element at the head, which must be of this kind, and what follows it.
fn element(der: &[u8], kind: u8) -> Option<(&[u8], &[u8])> {
    let (found, content, rest) = any(der)?;
    (found == kind).then_some((content, rest))
}

fn any(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (kind, rest) = der.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(*first) {
        short @ 0..0x80 => (short, rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(long & 0x7f)?;
            // More than four bytes are no certificate's length.
            let known = (1..=4).contains(&bytes.len());
            (known.then(|| bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)))?, rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*kind, content, rest))
}

/// The parts of a name that people know it by; the others are left out.
fn shown(mut name: &[u8]) -> String {
    let mut text = String::new();
    while let Some((set, rest)) = element(name, SET) {
        name = rest;
        let Some((pair, _)) = element(set, SEQUENCE) else { continue };
        let Some((id, value)) = element(pair, OBJECT_ID) else { continue };
        let label = match id {
            [0x55, 0x04, 0x03] => "CN",
            [0x55, 0x04, 0x0a] => "O",
            [0x55, 0x04, 0x0b] => "OU",
            [0x55, 0x04, 0x06] => "C",
            _ => continue,
        };
        let Some((kind, value, _)) = any(value) else { continue };
        let value = if kind == BMP_STRING {
            let units: Vec<u16> = value.chunks_exact(2).map(|unit| u16::from_be_bytes([unit[0], unit[1]])).collect();
            String::from_utf16_lossy(&units)
        } else {
            String::from_utf8_lossy(value).into_owned()
        };
        let value = value.replace(char::is_control, "\u{fffd}");
        // Writing to a string never fails.
        let _ = write!(text, "{}{label}={value}", if text.is_empty() { "" } else { ", " });
    }
    if text.is_empty() {
        return "somebody without a name".into();
    }
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DnType, Issuer, KeyPair};

    fn named(parts: &[(DnType, &str)]) -> CertificateParams {
        let mut params = CertificateParams::new(vec!["localhost".into()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        for (kind, value) in parts {
            params.distinguished_name.push(kind.clone(), *value);
        }
        params
    }

    #[test]
    fn a_certificate_names_its_owner_and_its_issuer() {
        let root_key = KeyPair::generate().unwrap();
        let params = named(&[(DnType::CommonName, "示例根证书\u{1b}[31m"), (DnType::OrganizationName, "Example")]);
        let root = params.self_signed(&root_key).unwrap();
        let issuer = Issuer::new(params, root_key);
        let key = KeyPair::generate().unwrap();
        let leaf = named(&[(DnType::CommonName, "im.example"), (DnType::LocalityName, "x")]);
        let leaf = leaf.signed_by(&key, &issuer).unwrap();
        let (root, leaf) = (Names::of(root.der()).unwrap(), Names::of(leaf.der()).unwrap());
        assert_eq!(shown(leaf.subject), "CN=im.example");
        assert_eq!(leaf.issuer(), "CN=示例根证书\u{fffd}[31m, O=Example");
        assert!(leaf.is_issued_by(&root) && !leaf.is_self_issued());
        assert!(root.is_self_issued() && !root.is_issued_by(&leaf));
    }

    #[test]
    fn what_is_no_certificate_is_none_and_never_panics() {
        let valid = named(&[]).self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec();
        assert_eq!(shown(Names::of(&valid).unwrap().subject), "somebody without a name");
        for end in 0..valid.len() {
            assert!(Names::of(&valid[..end]).is_none(), "{end}");
        }
        for at in 0..valid.len() {
            for byte in [0x00, 0x7f, 0x80, 0x84, 0x85, 0xff] {
                let mut odd = valid.clone();
                odd[at] = byte;
                let _ = Names::of(&odd).map(|names| names.issuer());
            }
        }
    }
}

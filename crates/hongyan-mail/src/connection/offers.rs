//! What a server says that it can do.

use crate::reply::Reply;

/// What the server said to EHLO.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Offers {
    pub(super) pipelining: bool,
    pub(super) starttls: bool,
    pub(super) eight_bit: bool,
    /// The largest message it takes, in bytes.
    pub(super) max_size: Option<usize>,
    /// Some way to log in.
    pub(super) auth: bool,
    pub(super) plain: bool,
    pub(super) login: bool,
}

impl Offers {
    pub(super) fn read(reply: &Reply) -> Self {
        let mut offers = Self::default();
        for line in reply.lines.iter().skip(1).map(|line| line.to_ascii_uppercase()) {
            // `AUTH=` is how some old servers write it.
            let mut words = line.split([' ', '=']);
            match words.next() {
                Some("PIPELINING") => offers.pipelining = true,
                Some("STARTTLS") => offers.starttls = true,
                Some("8BITMIME") => offers.eight_bit = true,
                // Zero stands for "no fixed limit".
                Some("SIZE") => offers.max_size = words.next().and_then(|n| n.parse().ok()).filter(|n| *n > 0),
                Some("AUTH") => {
                    offers.auth = true;
                    for mechanism in words {
                        offers.plain |= mechanism == "PLAIN";
                        offers.login |= mechanism == "LOGIN";
                    }
                }
                _ => {}
            }
        }
        offers
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offers_are_read_in_any_spelling() {
        let lines = ["mx", "pipelining", "SIZE 73400320", "AUTH=LOGIN PLAIN", "StartTLS", "8BITMIME"];
        let reply = Reply { code: 250, lines: lines.map(str::to_owned).to_vec() };
        let all = Offers {
            pipelining: true,
            starttls: true,
            eight_bit: true,
            max_size: Some(73_400_320),
            auth: true,
            plain: true,
            login: true,
        };
        assert_eq!(Offers::read(&reply), all);
        let none = Reply { code: 250, lines: vec!["PIPELINING".into(), "SIZE 0".into(), "AUTH XOAUTH2".into()] };
        assert_eq!(
            Offers::read(&none),
            Offers { auth: true, ..Offers::default() },
            "the first line is the server's name"
        );
    }
}

//! Where calls must not go: addresses that are not of the public internet, so that an address which somebody else
//! chose cannot reach into the own network. Names are judged as they are resolved: what was judged is what is dialled.

use hyper_util::client::legacy::connect::dns::{GaiFuture, GaiResolver, Name};
use std::{
    fmt,
    future::Future,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    pin::Pin,
    task::{Context, Poll},
    vec,
};
use tower_service::Service;

/// Whether an address is of the public internet: not loopback, private, link-local, shared, reserved or multicast,
/// also when it is written as IPv6.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => {
            let parts = v6.segments();
            let inner = |high: u16, low: u16| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
            match parts {
                [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                    is_public_v4(inner(high, low))
                }
                [0x2002, high, low, ..] => is_public_v4(inner(high, low)),
                [0x2001, 0xdb8, ..] | [0x2001, 0, ..] => false,
                // Global unicast is 2000::/3 and nothing else.
                [first, ..] => first & 0xe000 == 0x2000,
            }
        }
    }
}

fn is_public_v4(v4: Ipv4Addr) -> bool {
    let [a, b, c, _] = v4.octets();
    !(v4.is_private()
        || v4.is_loopback()
        || v4.is_link_local()
        || v4.is_documentation()
        || v4.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (18..20).contains(&b)))
}

/// The refusal of an address, as a type, so that whoever meets it below others' errors knows it.
#[derive(Debug)]
pub(crate) struct Private;

impl fmt::Display for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the address is not of the public internet, and private ones are refused")
    }
}

impl std::error::Error for Private {}

/// The refusal of an address.
fn refusal() -> io::Error {
    io::Error::new(io::ErrorKind::PermissionDenied, Private)
}

/// The system's resolver, whose private answers are dropped where they are refused.
#[derive(Clone)]
pub(crate) struct Resolver {
    system: GaiResolver,
    refuse_private: bool,
}

impl Resolver {
    pub(crate) fn new(refuse_private: bool) -> Self {
        Self { system: GaiResolver::new(), refuse_private }
    }
}

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, io::Error>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), io::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (resolving, refuse): (GaiFuture, bool) = (self.system.call(name), self.refuse_private);
        Box::pin(async move {
            let mut found: Vec<SocketAddr> = resolving.await?.collect();
            if refuse {
                found.retain(|address| is_public(address.ip()));
                if found.is_empty() {
                    return Err(refusal());
                }
            }
            Ok(found.into_iter())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_of_the_public_internet_is_known() {
        for (address, expected) in [
            ("8.8.8.8", true),
            ("2606:4700::1111", true),
            ("127.0.0.1", false),
            ("10.1.2.3", false),
            ("172.31.0.1", false),
            ("192.168.1.1", false),
            ("169.254.169.254", false),
            ("100.64.0.1", false),
            ("0.0.0.0", false),
            ("224.0.0.1", false),
            ("::1", false),
            ("::", false),
            ("fe80::1", false),
            ("fd00::1", false),
            ("::ffff:127.0.0.1", false),
            ("::ffff:8.8.8.8", true),
            ("64:ff9b::a00:1", false),
            ("2002:7f00:1::", false),
        ] {
            assert_eq!(is_public(address.parse().unwrap()), expected, "{address}");
        }
    }
}

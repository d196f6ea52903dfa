//! Certificates: believed, refused, and the switch.

use crate::server::{OK, Peer, functions, get};
use hongyan_functions::Kind;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::{Arc, Mutex},
    thread,
};
use tokio_rustls::rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    crypto::ring::default_provider,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
};

/// A TLS server; returns its port.
fn serve(certificate: CertificateDer<'static>, key: &KeyPair) -> u16 {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let tls = ServerConnection::new(Arc::clone(&config)).unwrap();
            let stream = StreamOwned::new(tls, stream.unwrap());
            thread::spawn(move || talk(stream));
        }
    });
    port
}

fn talk(stream: impl Read + Write) {
    let mut peer = Peer::new(stream, Arc::new(Mutex::new(Vec::new())));
    while peer.hear().is_some() {
        peer.say(OK);
    }
}

#[test]
fn a_chain_that_nobody_vouches_for_is_refused_and_the_switch_still_compares_the_name() {
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(vec!["localhost".into()]).unwrap().self_signed(&key).unwrap();
    let port = serve(own.der().clone(), &key);
    let (right, wrong) = (format!("https://localhost:{port}/"), format!("https://127.0.0.1:{port}/"));

    let error = functions(|_| {}).http(&get(&right)).unwrap_err();
    assert_eq!(error.kind(), Kind::Transport { timeout: false });
    assert_eq!(error.switch(), Some("dangerous_accept_any_certificate"));
    assert!(error.to_string().contains("certificate of localhost:"), "{error}");

    let lax = functions(|profile| profile.dangerous_accept_any_certificate = true);
    assert_eq!(lax.http(&get(&right)).unwrap().response_code, 200);
    assert_eq!(lax.http(&get(&right)).unwrap().response_code, 200);
    let error = lax.http(&get(&wrong)).unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[test]
fn ones_own_authority_is_trusted_in_place_of_the_public_ones() {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let ca_pem = params.self_signed(&key).unwrap().pem();
    let issuer = Issuer::new(params, key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, &issuer).unwrap();
    let port = serve(leaf.der().clone(), &key);

    let own = functions(|profile| profile.ca_pem = Some(ca_pem));
    assert_eq!(own.http(&get(&format!("https://localhost:{port}/"))).unwrap().response_code, 200);
    assert!(own.http(&get(&format!("https://127.0.0.1:{port}/"))).is_err(), "the name is compared");
    let error = functions(|profile| profile.ca_pem = Some("nothing".into()))
        .http(&get(&format!("https://localhost:{port}/")))
        .unwrap_err();
    assert!(error.to_string().contains("authority's PEM"), "{error}");
}

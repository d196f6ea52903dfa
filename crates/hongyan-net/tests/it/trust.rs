//! Whose certificates are believed, against servers with certificates of their own.

use bytes::Bytes;
use hongyan_net::{Failure, Http, Identity, NetFault, Options, Reply, Secret, Trust};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
    },
};

struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, as PEM.
struct Pair {
    certificate: String,
    key: String,
}

fn params(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["localhost".into()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Authority {
    fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    fn sign(&self, params: &CertificateParams) -> Pair {
        let key = KeyPair::generate().unwrap();
        Pair { certificate: params.signed_by(&key, &self.issuer).unwrap().pem(), key: key.serialize_pem() }
    }

    /// An authority below this one, and what a server shows beside its own certificate.
    fn below(&self, name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.signed_by(&key, &self.issuer).unwrap().pem();
        Self { issuer: Issuer::new(params, key), pem }
    }
}

fn self_signed(params: &CertificateParams) -> Pair {
    let key = KeyPair::generate().unwrap();
    Pair { certificate: params.self_signed(&key).unwrap().pem(), key: key.serialize_pem() }
}

/// Answers every connection once; `callers`: whose certificate a caller must show. Gives the port.
async fn server(pair: &Pair, callers: Option<&str>) -> u16 {
    let chain = CertificateDer::pem_slice_iter(pair.certificate.as_bytes()).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(pair.key.as_bytes()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions().unwrap();
    let builder = match callers {
        None => builder.with_no_client_auth(),
        Some(pem) => {
            let mut roots = RootCertStore::empty();
            roots.add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier)
        }
    };
    let acceptor = TlsAcceptor::from(Arc::new(builder.with_single_cert(chain, key).unwrap()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let _ = stream.read(&mut [0; 4_096]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
                let _ = stream.shutdown().await;
            });
        }
    });
    port
}

async fn call(host: &str, port: u16, options: Options) -> Result<Reply, NetFault> {
    let request = http::Request::post(format!("https://{host}:{port}/")).body(Bytes::from_static(b"{}")).unwrap();
    Http::new(options).send(request).await
}

fn believing(pem: &str) -> Options {
    Options { trust: Trust::Authority(pem.to_owned()), ..Options::default() }
}

#[tokio::test]
async fn an_authority_of_ones_own_is_believed_and_any_other_is_named() {
    let ours = Authority::new("示例公司 Root");
    let port = server(&ours.sign(&params("im.example")), None).await;
    assert_eq!(call("localhost", port, believing(&ours.pem)).await.unwrap().status, 200);
    let other = Authority::new("another");
    for options in [Options::default(), believing(&other.pem)] {
        let fault = call("localhost", port, options).await.unwrap_err();
        assert_eq!(fault.failure, Failure::Untrusted, "{fault}");
        let told = "the certificate of localhost was issued by CN=示例公司 Root, which is not trusted";
        assert_eq!(fault.message, told);
    }
    // Several may stand in one file.
    let both = format!("{}{}", other.pem, ours.pem);
    assert_eq!(call("localhost", port, believing(&both)).await.unwrap().status, 200);
}

#[tokio::test]
async fn the_authority_at_the_end_of_a_chain_is_the_one_that_is_missing() {
    let root = Authority::new("root");
    let between = root.below("between");
    let mut pair = between.sign(&params("leaf"));
    let alone = server(&pair, None).await;
    let fault = call("localhost", alone, believing(&root.pem)).await.unwrap_err();
    assert!(fault.message.contains("issued by CN=between,"), "the server shows too little: {fault}");
    pair.certificate.push_str(&between.pem);
    let port = server(&pair, None).await;
    assert_eq!(call("localhost", port, believing(&root.pem)).await.unwrap().status, 200);
    let fault = call("localhost", port, Options::default()).await.unwrap_err();
    assert!(fault.message.contains("issued by CN=root,"), "{fault}");
}

#[tokio::test]
async fn a_certificate_that_signed_itself_works_as_ca_file() {
    let mut as_authority = params("self");
    as_authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    for params in [params("self"), as_authority] {
        let pair = self_signed(&params);
        let port = server(&pair, None).await;
        assert_eq!(call("localhost", port, believing(&pair.certificate)).await.unwrap().status, 200);
        let fault = call("localhost", port, Options::default()).await.unwrap_err();
        assert_eq!(fault.failure, Failure::Untrusted, "{fault}");
        assert!(fault.message.contains("signed by itself (CN=self)"), "{fault}");
        let fault = call("127.0.0.1", port, believing(&pair.certificate)).await.unwrap_err();
        assert_eq!(fault.failure, Failure::Tls, "of another name: {fault}");
        // One like it, with the same name and another key, is another.
        let fault = call("localhost", port, believing(&self_signed(&params).certificate)).await.unwrap_err();
        assert_eq!(fault.failure, Failure::Untrusted, "{fault}");
    }
}

#[tokio::test]
async fn an_authority_that_bears_the_name_of_a_trusted_one_is_not_it() {
    let (ours, like_ours) = (Authority::new("root"), Authority::new("root"));
    let port = server(&like_ours.sign(&params("leaf")), None).await;
    let fault = call("localhost", port, believing(&ours.pem)).await.unwrap_err();
    assert_eq!(fault.failure, Failure::Untrusted, "{fault}");
}

#[tokio::test]
async fn a_named_certificate_that_has_lapsed_is_refused_all_the_same() {
    let mut lapsed = params("self");
    lapsed.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    (lapsed.not_before, lapsed.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
    let pair = self_signed(&lapsed);
    let port = server(&pair, None).await;
    let fault = call("localhost", port, believing(&pair.certificate)).await.unwrap_err();
    assert_eq!(fault.failure, Failure::Tls, "{fault}");
    assert!(fault.message.contains("expired"), "{fault}");
}

#[tokio::test]
async fn a_server_that_asks_who_calls_is_shown_a_certificate() {
    let (ours, clients) = (Authority::new("servers"), Authority::new("clients"));
    let port = server(&ours.sign(&params("leaf")), Some(&clients.pem)).await;
    let caller = clients.sign(&params("hongyan"));
    let showing = |pair: &Pair| {
        let identity = Identity { certificates: pair.certificate.clone(), key: Secret::new(pair.key.clone()) };
        Options { identity: Some(identity), ..believing(&ours.pem) }
    };
    assert_eq!(call("localhost", port, showing(&caller)).await.unwrap().status, 200);
    for options in [believing(&ours.pem), showing(&self_signed(&params("stranger")))] {
        // Whether the alert or the closed connection is seen first is the network's affair.
        let fault = call("localhost", port, options).await.unwrap_err();
        assert!(matches!(fault.failure, Failure::Tls | Failure::Lost), "{fault}");
    }
}

#[test]
fn what_is_no_certificate_and_no_key_is_said_without_the_key() {
    let pair = self_signed(&params("a"));
    let refused = |certificates: &str, key: &str| {
        let identity = Identity { certificates: certificates.to_owned(), key: Secret::new(key) };
        Trust::Public.client_config_as(Some(&identity)).unwrap_err()
    };
    assert_eq!(refused("canary", &pair.key), "client_cert holds no certificate");
    let words = refused(&pair.certificate, "canary");
    assert!(words.starts_with("client_key holds no private key") && !words.contains("canary"), "{words}");
    let another = refused(&pair.certificate, &self_signed(&params("b")).key);
    assert!(another.starts_with("client_key: "), "{another}");
    let fine = Identity { certificates: pair.certificate, key: Secret::new(pair.key) };
    assert!(Trust::Public.client_config_as(Some(&fine)).is_ok());
}

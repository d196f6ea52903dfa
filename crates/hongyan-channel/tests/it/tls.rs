//! Accounts whose servers have certificates of their own, and one that asks who calls.

use crate::server::{content, deliver, somebody};
use hongyan_channel::AccountConfig;
use hongyan_core::Outcome;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::{Value, json};
use std::{path::PathBuf, sync::Arc};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring::default_provider,
        pki_types::{CertificateDer, PrivateKeyDer},
        server::WebPkiClientVerifier,
    },
};

/// An authority, its file, and the folder of both.
struct Company {
    folder: PathBuf,
    root: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Company {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("hongyan-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = params.self_signed(&key).unwrap();
        std::fs::write(folder.join("ca.pem"), root.pem()).unwrap();
        Self { folder, root: root.der().clone(), issuer: Issuer::new(params, key) }
    }

    fn file(&self, name: &str) -> String {
        self.folder.join(name).display().to_string()
    }

    fn sign(&self, name: &str) -> (rcgen::Certificate, KeyPair) {
        let key = KeyPair::generate().unwrap();
        (CertificateParams::new(vec![name.into()]).unwrap().signed_by(&key, &self.issuer).unwrap(), key)
    }

    /// A server that takes whatever comes from somebody with a certificate of this company; its port.
    async fn server(&self) -> u16 {
        let (certificate, key) = self.sign("localhost");
        let mut roots = RootCertStore::empty();
        roots.add(self.root.clone()).unwrap();
        let provider = Arc::new(default_provider());
        let callers = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider)).build();
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_client_cert_verifier(callers.unwrap())
            .with_single_cert(vec![certificate.der().clone()], PrivateKeyDer::Pkcs8(key.serialize_der().into()));
        let acceptor = TlsAcceptor::from(Arc::new(config.unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else { return };
                    let mut read = Vec::new();
                    while !read.ends_with(b"}") {
                        let mut piece = [0; 4_096];
                        match stream.read(&mut piece).await {
                            Ok(n) if n > 0 => read.extend_from_slice(&piece[..n]),
                            _ => return,
                        }
                    }
                    let _ = stream.write_all(b"HTTP/1.1 204 Fine\r\nconnection: close\r\n\r\n").await;
                    let _ = stream.shutdown().await;
                });
            }
        });
        port
    }
}

impl Drop for Company {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

async fn posted(port: u16, keys: Value) -> Outcome {
    let mut config =
        json!({"channel": "webhook", "url": format!("https://localhost:{port}/hook"), "allow_private": true});
    config.as_object_mut().unwrap().extend(keys.as_object().unwrap().clone());
    let config: AccountConfig = serde_json::from_value(config).unwrap();
    deliver(&config.open("hook").unwrap(), &content(json!({"text": "a"})), None, &somebody()).await
}

#[tokio::test]
async fn a_webhook_of_ones_own_authority_that_asks_who_calls_is_reached() {
    let company = Company::new("hook-tls");
    let port = company.server().await;
    let (certificate, key) = company.sign("hongyan");
    std::fs::write(company.folder.join("me.pem"), certificate.pem()).unwrap();
    std::fs::write(company.folder.join("me.key"), key.serialize_pem()).unwrap();
    let (ca, me, my_key) = (company.file("ca.pem"), company.file("me.pem"), company.file("me.key"));

    let all = json!({"ca_file": ca, "client_cert": me, "client_key": my_key});
    let outcome = posted(port, all).await;
    assert!(matches!(outcome, Outcome::Taken { .. }), "{outcome:?}");
    let Outcome::Failed { fault, .. } = posted(port, json!({})).await else { panic!("nobody vouches for it") };
    assert_eq!(fault.code(), "net.untrusted", "{fault}");
    let outcome = posted(port, json!({"ca_file": ca})).await;
    assert!(matches!(outcome, Outcome::Failed { .. }), "it asks who calls: {outcome:?}");
}

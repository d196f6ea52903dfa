//! A mail server that is not ours, as a process of the test: aiosmtpd with a private authority and AUTH.
//! Used by the tests of this crate and of the binary.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::timeout,
};

pub(crate) const LOGIN: &str = "alarm@sandbox.example";
pub(crate) const PASSWORD: &str = "canary-password";

pub(crate) struct Foreign {
    pub(crate) port: u16,
    pub(crate) ca_pem: String,
    said: Lines<BufReader<ChildStdout>>,
    folder: PathBuf,
    // Ends when its standard input does, and is killed at the latest with this.
    _child: Child,
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Foreign {
    pub(crate) async fn start(name: &str) -> Self {
        let python = std::env::var("HONGYAN_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
        let found = Command::new(&python).args(["-c", "import aiosmtpd"]).stderr(Stdio::null()).status().await;
        assert!(
            found.is_ok_and(|status| status.success()),
            "{python} cannot import aiosmtpd: run `cargo xtask ci`, which installs it, or set HONGYAN_TEST_PYTHON"
        );
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let ca_pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".into()]).unwrap().signed_by(&key, &issuer).unwrap();

        let folder = std::env::temp_dir().join(format!("hongyan-mail-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("certificate.pem"), certificate.pem()).unwrap();
        std::fs::write(folder.join("key.pem"), key.serialize_pem()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../hongyan-mail/tests/foreign/aiosmtpd_server.py");
        let mut child = Command::new(&python)
            .arg(script)
            .args(["certificate.pem", "key.pem", LOGIN, PASSWORD])
            .current_dir(&folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut this = Self { port: 0, ca_pem, said, folder, _child: child };
        this.port = u16::try_from(this.hear().await["port"].as_u64().unwrap()).unwrap();
        this
    }

    /// The next thing that the server says it took.
    pub(crate) async fn hear(&mut self) -> Value {
        let line = timeout(Duration::from_secs(20), self.said.next_line()).await.expect("the server says nothing");
        serde_json::from_str(&line.unwrap().expect("the server has ended")).unwrap()
    }
}

//! A sandbox and a gateway in this process, and a server that says what it heard.

use hongyan_core::{Clock, clock::System};
use hongyan_gateway::{Config, Gateway, keys};
use hongyan_sandbox::{Limits, Sandbox, SandboxOptions};
use hongyan_store::{Options, Sqlite};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

/// A folder under the target directory, removed at the end.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("plugin-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A gateway with one account, `ding`, in the sandbox.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) base: String,
    pub(crate) key: String,
    pub(crate) folder: Folder,
    gateway: Gateway,
}

impl Stage {
    pub(crate) async fn open() -> Self {
        let options = SandboxOptions {
            delivery_delay: Duration::from_millis(20),
            limits: Limits { calls: false, people: false },
            ..SandboxOptions::default()
        };
        let sandbox = Sandbox::start(options).await.unwrap();
        let said = sandbox.credentials();
        let config = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\nstop_timeout_ms = 1000\n[log]\nlevel = \"error\"\n\
             [accounts.ding]\nchannel = \"dingtalk\"\nbase_url = \"{}\"\napp_key = \"{}\"\napp_secret = \"{}\"\nagent_id = {}\n\
             receipts_after_ms = 100\nfirst_retry_ms = 40\nlongest_retry_ms = 400\n\
             rate = {{ max = 0, per_ms = 1 }}\nrecipient_rate = {{ max = 0, per_ms = 1 }}\n[routes.default]\nvia = [\"ding\"]\n",
            sandbox.base(),
            text(&said, "/dingtalk/app_key"),
            text(&said, "/dingtalk/app_secret"),
            said["dingtalk"]["agent_id"],
        );
        let config = Config::parse(&config, None, []).unwrap();
        let accounts = config.open_accounts().unwrap();
        let store = Arc::new(Sqlite::temporary(Options::default()).unwrap());
        let clock: Arc<dyn Clock> = Arc::new(System);
        let key = keys::ensure_first(store.as_ref(), clock.now()).await.unwrap().unwrap();
        let gateway = Gateway::start(config, accounts, store, clock).await.unwrap();
        let base = format!("http://{}", gateway.address);
        Self { sandbox, base, key, folder: Folder::new(), gateway }
    }

    /// The gateway and the key, for a host's environment.
    pub(crate) fn environment(&self) -> [(&'static str, String); 2] {
        [("HONGYAN_GATEWAY", self.base.clone()), ("HONGYAN_KEY", self.key.clone())]
    }

    pub(crate) async fn close(self) {
        self.gateway.stop().await;
        self.sandbox.stop().await;
    }
}

pub(crate) fn text(said: &Value, path: &str) -> String {
    said.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no {path}")).to_owned()
}

pub(crate) fn message(words: &str) -> String {
    json!({"to": [{"userid": "zhangsan"}], "content": {"text": words}}).to_string()
}

/// A server that answers what it heard as JSON: method, target, headers, body. A few paths do otherwise.
pub(crate) fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || serve(stream));
        }
    });
    base
}

fn serve(stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut writer = stream;
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).ok()? == 0 {
            return None;
        }
        let mut headers = Vec::new();
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let line = line.trim_end();
            if line.is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':') {
                if name.eq_ignore_ascii_case("content-length") {
                    length = value.trim().parse().ok()?;
                }
                headers.push(json!([name.to_ascii_lowercase(), value.trim()]));
            }
        }
        if first.contains(" /hangup ") {
            // With its body unread the system resets the connection, under the hands of whoever still writes.
            return None;
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        let mut parts = first.split(' ');
        let (method, target) = (parts.next()?, parts.next()?);
        let (status, answer) = match target {
            "/slow" => {
                std::thread::sleep(Duration::from_secs(20));
                ("200 OK", b"late".to_vec())
            }
            "/missing" => ("404 Not Found", "没有".as_bytes().to_vec()),
            "/bytes" => ("200 OK", vec![b'a', 0, 0xff, b'b']),
            "/large" => ("200 OK", vec![b'x'; 100_000]),
            _ => {
                let said = json!({"method": method, "target": target, "headers": headers,
                                  "body": String::from_utf8_lossy(&body)});
                ("200 OK", said.to_string().into_bytes())
            }
        };
        write!(writer, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nX-Echo: yes\r\n\r\n", answer.len()).ok()?;
        writer.write_all(&answer).ok()?;
    }
}

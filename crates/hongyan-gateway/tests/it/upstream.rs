//! A platform that takes everything, for tests of what is passed on to it.

use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
};

/// One call that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// Method, path and query, as on the request line.
    pub(crate) target: String,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

#[derive(Clone)]
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Seen>>>,
    /// What is answered in place of a success, the latest first.
    answers: Arc<Mutex<Vec<Reply>>>,
}

/// Path, status line, content type, body.
type Reply = (String, String, String, Vec<u8>);

impl Upstream {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self { address: listener.local_addr().unwrap(), seen: Arc::default(), answers: Arc::default() };
        let own = upstream.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move { own.serve(BufStream::new(stream)).await });
            }
        });
        upstream
    }

    /// What a path answers from now on.
    pub(crate) fn answer(&self, path: &str, status: &str, kind: &str, body: &[u8]) {
        self.answers.lock().unwrap().insert(0, (path.into(), status.into(), kind.into(), body.to_vec()));
    }

    /// The calls so far, logins left out.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        let seen = self.seen.lock().unwrap();
        seen.iter().filter(|one| !one.target.contains("gettoken")).cloned().collect()
    }

    pub(crate) fn last(&self) -> Seen {
        self.seen().last().expect("a call").clone()
    }

    async fn serve(&self, mut stream: BufStream<TcpStream>) {
        loop {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = stream.read_u8().await else { return };
                head.push(byte);
            }
            let head = String::from_utf8(head).unwrap();
            let length = head.to_lowercase().lines().find_map(|l| l.strip_prefix("content-length: ")?.parse().ok());
            let mut body = vec![0; length.unwrap_or(0)];
            stream.read_exact(&mut body).await.unwrap();
            let line = head.lines().next().unwrap_or_default();
            let target = line.trim_end_matches(" HTTP/1.1").to_owned();
            let path = target.split([' ', '?']).nth(1).unwrap_or_default().to_owned();
            self.seen.lock().unwrap().push(Seen { target, head, body });
            let (status, kind, body) = self.reply(&path);
            let head = format!("HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all(head.as_bytes()).await.unwrap();
            stream.write_all(&body).await.unwrap();
            stream.flush().await.unwrap();
        }
    }

    fn reply(&self, path: &str) -> (String, String, Vec<u8>) {
        if let Some((_, status, kind, body)) = self.answers.lock().unwrap().iter().find(|(of, ..)| of == path) {
            return (status.clone(), kind.clone(), body.clone());
        }
        let mut body: Value = json!({"errcode": 0, "errmsg": "ok", "at": path});
        if path.ends_with("gettoken") {
            body["access_token"] = json!("the-platforms-own-token");
            body["expires_in"] = json!(7200);
        }
        if path.ends_with("asyncsend_v2") {
            body["task_id"] = json!(456);
        }
        if path.ends_with("getsendprogress") {
            body["progress"] = json!({"progress_in_percent": 100, "status": 2});
        }
        if path.ends_with("getsendresult") {
            body["send_result"] = json!({"unread_user_id_list": ["li"]});
        }
        if path == "/chat/send" {
            body["messageId"] = json!("msg7");
        }
        ("200 OK".into(), "application/json".into(), body.to_string().into_bytes())
    }
}

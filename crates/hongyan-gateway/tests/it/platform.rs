//! A platform made of bytes: it gives tokens, and answers every other call as its script says.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufStream},
    net::{TcpListener, TcpStream},
};

/// One scripted answer.
#[derive(Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn ok(body: impl Into<Vec<u8>>) -> Self {
        Self { status: 200, headers: Vec::new(), body: body.into() }
    }
}

/// Answers by a path's first segment, which accounts have in their `base_url`; every call is noted.
pub(crate) struct Platform {
    pub(crate) address: SocketAddr,
    heard: Arc<Mutex<Vec<String>>>,
}

type Script = dyn Fn(&str, &str) -> Answer + Send + Sync;

impl Platform {
    /// `script` is asked with the first segment and the rest of the path for every call but the login.
    pub(crate) async fn start(script: impl Fn(&str, &str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (script, notes): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&heard));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(converse(BufStream::new(stream), Arc::clone(&script), Arc::clone(&notes)));
            }
        });
        Self { address, heard }
    }

    /// Heads of the calls so far, request lines first.
    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

async fn converse(mut stream: BufStream<TcpStream>, script: Arc<Script>, notes: Arc<Mutex<Vec<String>>>) -> Option<()> {
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let head = String::from_utf8(head).ok()?;
        let length = head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        stream.read_exact(&mut body).await.ok()?;
        let path = head.split(' ').nth(1)?.split('?').next()?.to_owned();
        notes.lock().unwrap().push(head);
        let (first, rest) = path.trim_start_matches('/').split_once('/')?;
        let said = if rest.ends_with("gettoken") {
            Answer::ok(r#"{"errcode":0,"errmsg":"ok","access_token":"sampletoken","expires_in":7200}"#)
        } else {
            script(first, rest)
        };
        let mut answer = format!("HTTP/1.1 {} Said\r\ncontent-length: {}\r\n", said.status, said.body.len());
        for (name, value) in &said.headers {
            answer.push_str(&format!("{name}: {value}\r\n"));
        }
        answer.push_str("\r\n");
        stream.write_all(answer.as_bytes()).await.ok()?;
        stream.write_all(&said.body).await.ok()?;
        stream.flush().await.ok()?;
    }
}

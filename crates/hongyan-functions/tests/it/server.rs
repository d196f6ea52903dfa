//! A server that says exact bytes, a thread for each connection.

use hongyan_functions::{Blocking, Functions, HttpCall, HttpMethod, Profile};
use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
    heard: Arc<Mutex<Vec<String>>>,
}

/// One connection of it.
pub(crate) struct Peer<S = TcpStream> {
    pub(crate) stream: S,
    heard: Arc<Mutex<Vec<String>>>,
}

impl<S: Read + Write> Peer<S> {
    pub(crate) fn new(stream: S, heard: Arc<Mutex<Vec<String>>>) -> Self {
        Self { stream, heard }
    }

    /// One request, head and body; `None` when the other side has closed.
    pub(crate) fn hear(&mut self) -> Option<String> {
        let mut bytes = Vec::new();
        let mut byte = [0];
        while !bytes.ends_with(b"\r\n\r\n") {
            match self.stream.read(&mut byte) {
                Ok(1) => bytes.push(byte[0]),
                _ => return None,
            }
        }
        let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
        let length = head.split("content-length: ").nth(1).and_then(|rest| rest.split("\r\n").next()?.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        self.stream.read_exact(&mut body).ok()?;
        bytes.extend(body);
        let request = String::from_utf8_lossy(&bytes).into_owned();
        self.heard.lock().unwrap().push(request.clone());
        Some(request)
    }

    pub(crate) fn say(&mut self, bytes: impl AsRef<[u8]>) {
        // Whoever hung up early is the test's subject now and then.
        let _ = self.stream.write_all(bytes.as_ref());
        let _ = self.stream.flush();
    }
}

impl Server {
    pub(crate) fn start(serve: impl Fn(Peer) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let heard = Arc::new(Mutex::new(Vec::new()));
        let this = Self { address, connections: Arc::clone(&connections), heard: Arc::clone(&heard) };
        let serve = Arc::new(serve);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                connections.fetch_add(1, Ordering::SeqCst);
                let (serve, heard) = (Arc::clone(&serve), Arc::clone(&heard));
                thread::spawn(move || serve(Peer::new(stream, heard)));
            }
        });
        this
    }

    /// Answers every request with the same bytes and keeps the connection.
    pub(crate) fn saying(answer: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self::start(move |mut peer| {
            while peer.hear().is_some() {
                peer.say(&answer);
            }
        })
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn last(&self) -> String {
        self.heard().pop().expect("nothing was heard")
    }
}

pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// The safe profile, with the loopback addresses that tests need.
pub(crate) fn near() -> Profile {
    Profile { allow_private: true, ..Profile::safe() }
}

pub(crate) fn functions(change: impl FnOnce(&mut Profile)) -> Blocking {
    let mut profile = near();
    change(&mut profile);
    Blocking::new(Functions::new(profile))
}

pub(crate) fn get(url: &str) -> HttpCall {
    HttpCall::new(HttpMethod::Get, url)
}

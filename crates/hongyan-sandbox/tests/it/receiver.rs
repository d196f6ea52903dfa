//! Somebody's server: takes pushes, remembers them, answers as it is told. And the box, opened by hand.

use aes::{
    Aes256,
    cipher::{Array, BlockCipherDecrypt, BlockCipherEncrypt, KeyInit},
};
use base64::{Engine, alphabet, engine};
use sha1::{Digest, Sha1};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};

/// One request that came.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: String,
    pub(crate) query: HashMap<String, String>,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

/// What is answered: status, body, and after how long.
pub(crate) type Answer = (u16, String, Duration);
type Handler = dyn Fn(&Received) -> Answer + Send + Sync;

pub(crate) struct Receiver {
    pub(crate) url: String,
    heard: Arc<Mutex<Vec<Received>>>,
    handler: Arc<Mutex<Arc<Handler>>>,
    serving: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Receiver {
    pub(crate) async fn start(handler: impl Fn(&Received) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/cb?app=1", listener.local_addr().unwrap());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let handler: Arc<Mutex<Arc<Handler>>> = Arc::new(Mutex::new(Arc::new(handler)));
        let (into, by) = (heard.clone(), handler.clone());
        let serving = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(stream, into.clone(), by.clone()));
            }
        });
        Self { url, heard, handler, serving }
    }

    /// From now on it answers so.
    pub(crate) fn answers(&self, handler: impl Fn(&Received) -> Answer + Send + Sync + 'static) {
        *self.handler.lock().unwrap() = Arc::new(handler);
    }

    pub(crate) fn heard(&self) -> Vec<Received> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until so many came, and gives them.
    pub(crate) async fn wait(&self, count: usize) -> Vec<Received> {
        for _ in 0..400 {
            if self.heard().len() >= count {
                break;
            }
            sleep(Duration::from_millis(25)).await;
        }
        let heard = self.heard();
        assert!(heard.len() >= count, "{count} were to come: {heard:?}");
        heard
    }
}

async fn serve(
    mut stream: TcpStream,
    heard: Arc<Mutex<Vec<Received>>>,
    handler: Arc<Mutex<Arc<Handler>>>,
) -> Option<()> {
    let mut bytes = Vec::new();
    loop {
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end;
            }
            let mut more = [0; 4_096];
            let count = stream.read(&mut more).await.ok().filter(|count| *count > 0)?;
            bytes.extend(&more[..count]);
        };
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.lines();
        let mut first = lines.next()?.split(' ');
        let (method, target) = (first.next()?.to_owned(), first.next()?.to_owned());
        let headers: HashMap<String, String> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length: usize = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
        while bytes.len() < end + 4 + length {
            let mut more = [0; 4_096];
            let count = stream.read(&mut more).await.ok().filter(|count| *count > 0)?;
            bytes.extend(&more[..count]);
        }
        let body = String::from_utf8(bytes[end + 4..end + 4 + length].to_vec()).unwrap();
        bytes.drain(..end + 4 + length);
        let query = target.split_once('?').map_or("", |(_, query)| query).split('&');
        let plain = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned();
        let query = query.filter_map(|pair| pair.split_once('=')).map(|(name, value)| (plain(name), plain(value)));
        let one = Received { method, query: query.collect(), headers, body };
        let handler = handler.lock().unwrap().clone();
        let (status, answer, after) = handler(&one);
        heard.lock().unwrap().push(one);
        sleep(after).await;
        let answer = format!("HTTP/1.1 {status} Replied\r\nContent-Length: {}\r\n\r\n{answer}", answer.len());
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

pub(crate) fn at_once(status: u16, body: impl Into<String>) -> Answer {
    (status, body.into(), Duration::ZERO)
}

/// The box of both platforms, written anew from their pages: shares no code with the sandbox's.
#[derive(Clone)]
pub(crate) struct Sealed {
    pub(crate) token: String,
    key: [u8; 32],
    pub(crate) owner: String,
}

const LENIENT: engine::GeneralPurpose = engine::GeneralPurpose::new(
    &alphabet::STANDARD,
    engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

impl Sealed {
    pub(crate) fn new(token: &str, key: &str, owner: &str) -> Self {
        let key = LENIENT.decode(format!("{key}=")).unwrap().try_into().unwrap();
        Self { token: token.into(), key, owner: owner.into() }
    }

    pub(crate) fn signature(&self, timestamp: &str, nonce: &str, sealed: &str) -> String {
        let mut parts = [self.token.as_str(), timestamp, nonce, sealed];
        parts.sort_unstable();
        Sha1::digest(parts.concat().as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    pub(crate) fn open(&self, sealed: &str) -> String {
        let cipher = Aes256::new(&Array::from(self.key));
        let bytes = LENIENT.decode(sealed).unwrap();
        let (mut plain, mut before) = (Vec::new(), self.key[..16].to_vec());
        for block in bytes.chunks(16) {
            let mut one = Array::try_from(block).unwrap();
            cipher.decrypt_block(&mut one);
            plain.extend(one.iter().zip(&before).map(|(a, b)| a ^ b));
            before = block.to_vec();
        }
        let pad = usize::from(*plain.last().unwrap());
        assert!((1..=32).contains(&pad) && plain.len().is_multiple_of(32), "padded to 32 bytes");
        plain.truncate(plain.len() - pad);
        let length = u32::from_be_bytes(plain[16..20].try_into().unwrap()) as usize;
        assert_eq!(std::str::from_utf8(&plain[20 + length..]).unwrap(), self.owner);
        String::from_utf8(plain[20..20 + length].to_vec()).unwrap()
    }

    pub(crate) fn close(&self, message: &str) -> String {
        let cipher = Aes256::new(&Array::from(self.key));
        let mut plain = b"0123456789abcdef".to_vec();
        plain.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
        plain.extend(message.bytes().chain(self.owner.bytes()));
        let pad = 32 - plain.len() % 32;
        plain.extend(std::iter::repeat_n(u8::try_from(pad).unwrap(), pad));
        let (mut sealed, mut before) = (Vec::new(), self.key[..16].to_vec());
        for block in plain.chunks(16) {
            let mixed: Vec<u8> = block.iter().zip(&before).map(|(a, b)| a ^ b).collect();
            let mut one = Array::try_from(mixed.as_slice()).unwrap();
            cipher.encrypt_block(&mut one);
            before = one.to_vec();
            sealed.extend(&before);
        }
        LENIENT.encode(sealed)
    }

    /// DingTalk's answer that says `word`.
    pub(crate) fn answer(&self, word: &str) -> String {
        let sealed = self.close(word);
        let signature = self.signature("1700000000000", "nonce123", &sealed);
        serde_json::json!({
            "msg_signature": signature, "timeStamp": "1700000000000", "nonce": "nonce123", "encrypt": sealed,
        })
        .to_string()
    }

    /// What DingTalk pushed, after its signature.
    pub(crate) fn event(&self, heard: &Received) -> serde_json::Value {
        let body: serde_json::Value = serde_json::from_str(&heard.body).unwrap();
        let sealed = body["encrypt"].as_str().unwrap();
        let query = &heard.query;
        assert_eq!(query["signature"], self.signature(&query["timestamp"], &query["nonce"], sealed));
        serde_json::from_str(&self.open(sealed)).unwrap()
    }

    /// What WeCom pushed, after its signature.
    pub(crate) fn xml(&self, heard: &Received) -> String {
        let sealed = between(&heard.body, "<Encrypt>", "</Encrypt>");
        let sealed = sealed.trim_start_matches("<![CDATA[").trim_end_matches("]]>");
        let query = &heard.query;
        assert_eq!(query["msg_signature"], self.signature(&query["timestamp"], &query["nonce"], sealed));
        self.open(sealed)
    }

    /// The answer to WeCom's question, when it is one.
    pub(crate) fn echo(&self, heard: &Received) -> Option<String> {
        let echo = heard.query.get("echostr")?;
        let query = &heard.query;
        assert_eq!(query["msg_signature"], self.signature(&query["timestamp"], &query["nonce"], echo));
        Some(self.open(echo))
    }
}

pub(crate) fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let (_, rest) = text.split_once(from).unwrap_or_else(|| panic!("{from} in {text}"));
    rest.split_once(to).unwrap().0
}

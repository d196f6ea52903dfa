//! A forward proxy: what it is told, and what its refusal means.

use hongyan_net::{Failure, Http, NetFault, Options, Proxy, Reply};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

/// Up to the end of a head.
async fn head(stream: &mut TcpStream) -> String {
    let mut read = Vec::new();
    while !read.ends_with(b"\r\n\r\n") {
        read.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(read).unwrap()
}

/// A proxy that answers the `CONNECT` so, and what goes through it with an empty page; it tells what it heard.
async fn proxy(answer: &'static str) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heard = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut heard = vec![head(&mut stream).await];
        stream.write_all(answer.as_bytes()).await.unwrap();
        if answer.contains(" 200 ") {
            heard.push(head(&mut stream).await);
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").await.unwrap();
        }
        heard
    });
    (address, heard)
}

async fn through(address: &str, url: &str) -> Result<Reply, NetFault> {
    let proxy = Proxy::parse(&format!("http://ops:canary@{address}")).unwrap();
    Http::new(Options { proxy: Some(proxy), ..Options::default() }).get(url).await
}

#[tokio::test]
async fn a_call_goes_through_the_tunnel_and_the_login_stays_with_the_proxy() {
    let (address, heard) = proxy("HTTP/1.1 200 Connection established\r\n\r\n").await;
    let reply = through(&address, "http://platform.example/x?access_token=t").await.unwrap();
    assert_eq!(reply.status, 204);
    let heard = heard.await.unwrap();
    assert!(heard[0].starts_with("CONNECT platform.example:80 HTTP/1.1\r\n"), "{}", heard[0]);
    assert!(heard[0].to_lowercase().contains("proxy-authorization: basic b3bzomnhbmfyeq=="), "{}", heard[0]);
    assert!(!heard[0].contains("access_token"));
    assert!(heard[1].starts_with("GET /x?access_token=t HTTP/1.1\r\n"), "{}", heard[1]);
    assert!(!heard[1].to_lowercase().contains("proxy-authorization"));
}

#[tokio::test]
async fn a_proxy_that_refuses_is_no_connection_and_its_password_is_not_told() {
    for answer in
        ["HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "HTTP/1.1 403 Forbidden\r\n\r\n", "nonsense\r\n\r\n"]
    {
        let (address, heard) = proxy(answer).await;
        let fault = through(&address, "https://platform.example/").await.unwrap_err();
        assert_eq!(fault.failure, Failure::Proxy, "{answer}: {fault}");
        assert!(!format!("{fault} {fault:?}").contains("canary"));
        heard.await.unwrap();
    }
}

#[tokio::test]
async fn loopback_is_called_directly() {
    let (address, heard) = proxy("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    // Nobody listens there: a call through this proxy would fail.
    let reply = through("127.0.0.1:1", &format!("http://{address}/sandbox")).await.unwrap();
    assert_eq!(reply.status, 200);
    heard.abort();
}

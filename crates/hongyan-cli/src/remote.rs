//! The gateway that the command line speaks to: its address and its key, and how its faults end the program.

use crate::lang::told;
use crate::{
    args::Remote,
    exit::{Remote as RemoteFault, Usage},
};
use anyhow::Context;
use bytes::Bytes;
use hongyan_client::Fault;
pub(crate) use hongyan_client::encode;
use hongyan_net::Secret;
use serde_json::Value;

/// A gateway and the key for it.
pub(crate) struct Gateway(hongyan_client::Gateway);

impl Gateway {
    /// Reads the key; opens nothing.
    pub(crate) fn open(remote: &Remote) -> anyhow::Result<Self> {
        let key = match (&remote.key_file, std::env::var("HONGYAN_KEY")) {
            (Some(path), _) => std::fs::read_to_string(path)
                .with_context(|| told!("{} cannot be read" ; "{} 无法读取", path.display()))?,
            (None, Ok(key)) if !key.trim().is_empty() => key,
            _ => {
                return Err(Usage(told!(
                    "no API key: set HONGYAN_KEY or --key-file (the gateway prints one at its first start; \
                     `hongyan keys create` makes more)" ;
                    "没有 API 密钥：请设置 HONGYAN_KEY 或 --key-file（网关首次启动时会显示一个；\
                     `hongyan keys create` 可再创建）"
                ))
                .into());
            }
        };
        Ok(Self::new(&remote.gateway, Secret::new(key.trim())))
    }

    /// A gateway at an address, with a key.
    pub(crate) fn new(base: &str, key: Secret) -> Self {
        Self(hongyan_client::Gateway::new(base, key))
    }

    /// The gateway alone, for those who sort its faults themselves.
    pub(crate) fn into_inner(self) -> hongyan_client::Gateway {
        self.0
    }

    /// Makes a call; a problem document becomes an error that says what to do.
    pub(crate) async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> anyhow::Result<Value> {
        self.0.call(method, path, headers, body).await.map_err(ending)
    }

    /// Hands in a file.
    pub(crate) async fn upload(&self, path: &str, bytes: Vec<u8>) -> anyhow::Result<Value> {
        self.0.upload(path, bytes).await.map_err(ending)
    }

    /// Gets a file's content.
    pub(crate) async fn download(&self, path: &str) -> anyhow::Result<Bytes> {
        self.0.download(path).await.map_err(ending)
    }
}

/// What a gateway of another version is told by: its answer lacks what this version reads.
pub(crate) fn other_version() -> String {
    told!("the gateway's answer is of another version" ; "网关的应答属于另一个版本")
}

/// The error that gives the right exit code.
fn ending(fault: Fault) -> anyhow::Error {
    RemoteFault(fault).into()
}

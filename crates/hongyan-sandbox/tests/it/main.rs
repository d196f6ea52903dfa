//! The sandbox met with raw bytes, without our client: what other people's SDKs and `curl` would see.

mod dingtalk;
mod fixture;
mod inspection;
mod raw;
mod trouble;
mod wecom;

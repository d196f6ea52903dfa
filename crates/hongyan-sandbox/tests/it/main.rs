//! The sandbox met with raw bytes, without our client: what other people's SDKs and `curl` would see.

mod acs;
mod callback;
mod chats;
mod dingtalk;
mod fixture;
mod foreign;
mod inspection;
mod media;
mod raw;
mod receiver;
mod robots;
mod scenes;
mod state;
mod stream;
mod trouble;
mod webhooks;
mod wecom;

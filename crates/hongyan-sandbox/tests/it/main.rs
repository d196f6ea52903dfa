//! The sandbox met with raw bytes, without our client: what other people's SDKs and `curl` would see.

mod acs;
mod chats;
mod dingtalk;
mod fixture;
mod inspection;
mod media;
mod raw;
mod seeds;
mod robots;
mod scenes;
mod trouble;
mod webhooks;
mod wecom;

//! The sandbox met with raw bytes, without our client: what other people's SDKs and `curl` would see.

mod acs;
mod chats;
mod dingtalk;
mod dingtalk_contacts;
mod dingtalk_edits;
mod dingtalk_tokens;
mod examples;
mod fixture;
mod inspection;
mod media;
mod raw;
mod robots;
mod scenes;
mod seeds;
mod trouble;
mod webhooks;
mod wecom;

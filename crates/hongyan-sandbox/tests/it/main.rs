//! The sandbox met with raw bytes, without our client: what other people's SDKs and `curl` would see.

mod acs;
mod chats;
mod dingtalk;
mod fixture;
mod foreign_wechatpy;
mod inspection;
mod media;
mod raw;
mod robots;
mod scenes;
mod trouble;
mod webhooks;
mod wecom;
mod wecom_card;
mod wecom_chat;
mod wecom_contacts;
mod wecom_media;
mod wecom_pages;
mod wecom_robot;

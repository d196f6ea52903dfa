//! Group chats of the application: made and changed by their `chatid`, scene groups by their `openConversationId`.

use super::{
    application::DingTalkChannel,
    group::{self, Handle, is_conversation},
};
use crate::refusal::invalid;
use async_trait::async_trait;
use hongyan_core::{CallHandle, Chat, ChatChange, Chats, NewChat};
use hongyan_dingtalk::{
    chat::GetChat,
    group::{CreateGroup, UpdateGroup},
    scene::{AddSceneMembers, DeleteSceneMembers, GetSceneGroup, ListSceneMembers, UpdateSceneGroup},
};
use hongyan_endpoint::{Endpoint, Fault};

/// Pages that are read of one group.
const MOST_PAGES: usize = 100;
/// Members of one page.
const PAGE: i64 = 200;

fn check_name(name: &str) -> Result<(), Fault> {
    let max = CreateGroup::SPEC.max_chars("name").unwrap_or(usize::MAX);
    match name.chars().count() {
        0 => Err(invalid("name is empty")),
        size if size > max => Err(invalid(format!("name has {size} characters, at most {max} are allowed"))),
        _ => Ok(()),
    }
}

#[async_trait]
impl Chats for DingTalkChannel {
    async fn create(&self, chat: &NewChat) -> Result<String, Fault> {
        check_name(&chat.name)?;
        if chat.id.is_some() {
            return Err(invalid("id: DingTalk gives its chats their ids itself"));
        }
        let owner = chat.owner.clone().ok_or_else(|| invalid("owner is needed on DingTalk"))?;
        let mut useridlist = chat.members.clone();
        if !useridlist.contains(&owner) {
            useridlist.insert(0, owner.clone());
        }
        let request = CreateGroup {
            name: chat.name.clone(),
            owner,
            useridlist,
            // An internal group.
            conversation_tag: Some(2),
            ..CreateGroup::default()
        };
        let made = self.client.call(&request).await?;
        Ok(made.chatid.filter(|id| !id.is_empty()).unwrap_or(made.open_conversation_id))
    }

    async fn get(&self, id: &str) -> Result<Chat, Fault> {
        let filled = |text: String| (!text.is_empty()).then_some(text);
        if !is_conversation(id) {
            let chat = self.client.call(&GetChat { chatid: id.to_owned() }).await?.chat_info;
            return Ok(Chat {
                id: id.to_owned(),
                name: chat.name,
                owner: filled(chat.owner),
                members: chat.useridlist,
            });
        }
        let open_conversation_id = id.to_owned();
        let request = GetSceneGroup { open_conversation_id, ..GetSceneGroup::default() };
        let group = self.client.call(&request).await?;
        let mut chat =
            Chat { id: id.to_owned(), name: group.title, owner: filled(group.owner_user_id), members: Vec::new() };
        let mut next_token = None;
        for _ in 0..MOST_PAGES {
            let request = ListSceneMembers {
                open_conversation_id: id.to_owned(),
                max_results: PAGE,
                next_token: next_token.clone(),
                ..ListSceneMembers::default()
            };
            let page = self.client.call(&request).await?;
            chat.members.extend(page.member_user_ids);
            match page.next_token.filter(|next| page.has_more && !next.is_empty() && next_token.as_ref() != Some(next))
            {
                Some(next) => next_token = Some(next),
                None => break,
            }
        }
        Ok(chat)
    }

    async fn update(&self, id: &str, change: &ChatChange) -> Result<(), Fault> {
        if let Some(name) = &change.name {
            check_name(name)?;
        }
        if !is_conversation(id) {
            let request = UpdateGroup {
                chatid: id.to_owned(),
                name: change.name.clone(),
                owner: change.owner.clone(),
                add_useridlist: change.add.clone(),
                del_useridlist: change.remove.clone(),
                ..UpdateGroup::default()
            };
            return self.client.call(&request).await.map(drop);
        }
        let open_conversation_id = id.to_owned();
        // Who joins comes first: a new owner must be a member.
        if !change.add.is_empty() {
            let (open_conversation_id, user_ids) = (open_conversation_id.clone(), change.add.clone());
            let request = AddSceneMembers { open_conversation_id, user_ids, ..AddSceneMembers::default() };
            self.client.call(&request).await?;
        }
        if change.name.is_some() || change.owner.is_some() {
            let request = UpdateSceneGroup {
                open_conversation_id: open_conversation_id.clone(),
                title: change.name.clone(),
                owner_user_id: change.owner.clone(),
                ..UpdateSceneGroup::default()
            };
            self.client.call(&request).await?;
        }
        if !change.remove.is_empty() {
            let user_ids = change.remove.clone();
            let request = DeleteSceneMembers { open_conversation_id, user_ids, ..DeleteSceneMembers::default() };
            self.client.call(&request).await?;
        }
        Ok(())
    }

    async fn readers(&self, handle: &CallHandle) -> Result<Vec<String>, Fault> {
        group::readers(self, Handle::read(handle.as_str())?).await
    }
}

//! Group chats that the application made. They are write-only: who read a message is not told.

use super::application::WeComChannel;
use crate::refusal::refused;
use async_trait::async_trait;
use hongyan_core::{Chat, ChatChange, Chats, NewChat};
use hongyan_endpoint::Fault;
use hongyan_wecom::{
    WeCom,
    appchat::{CreateChat, GetChat, UpdateChat},
};

#[async_trait]
impl Chats for WeComChannel {
    async fn create(&self, chat: &NewChat) -> Result<String, Fault> {
        let request = CreateChat {
            name: chat.name.clone(),
            owner: chat.owner.clone().unwrap_or_default(),
            userlist: chat.members.clone(),
            chatid: chat.id.clone().unwrap_or_default(),
        };
        request.check().map_err(|unfit| refused::<WeCom>(unfit.code, format!("{} {}", unfit.field, unfit.text())))?;
        Ok(self.client.call(&request).await?.chatid)
    }

    async fn get(&self, id: &str) -> Result<Chat, Fault> {
        let chat = self.client.call(&GetChat { chatid: id.to_owned() }).await?.chat_info;
        let owner = (!chat.owner.is_empty()).then_some(chat.owner);
        Ok(Chat { id: id.to_owned(), name: chat.name, owner, members: chat.userlist })
    }

    async fn update(&self, id: &str, change: &ChatChange) -> Result<(), Fault> {
        let request = UpdateChat {
            chatid: id.to_owned(),
            name: change.name.clone(),
            owner: change.owner.clone(),
            add_user_list: change.add.clone(),
            del_user_list: change.remove.clone(),
        };
        self.client.call(&request).await.map(drop)
    }
}

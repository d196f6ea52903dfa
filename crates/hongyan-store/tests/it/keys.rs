//! API keys.

use crate::Folder;
use hongyan_core::{Admin, KeyRow, Scope};
use hongyan_store::{
    Options, Sqlite,
    contract::{NOW, Stand, after},
};

pub(crate) fn key(id: &str) -> KeyRow {
    KeyRow {
        id: id.into(),
        name: "订单系统".into(),
        hash: [9; 32],
        scopes: vec![Scope::Send, Scope::Read],
        accounts: vec!["ding".into()],
        made_at: NOW,
        revoked_at: None,
    }
}

#[tokio::test]
async fn a_key_comes_back_as_it_was_kept_oldest_first() {
    let folder = Folder::make();
    let keys = [key("zz"), KeyRow { scopes: Scope::EVERY.to_vec(), accounts: Vec::new(), ..key("aa") }];
    for key in keys.clone() {
        folder.open().add_key(key).await.unwrap();
    }
    assert_eq!(folder.open().keys().await.unwrap(), keys);
}

#[tokio::test]
async fn an_id_is_kept_once() {
    let folder = Folder::make();
    let store = folder.open();
    store.add_key(key("a")).await.unwrap();
    let error = store.add_key(KeyRow { name: "second".into(), ..key("a") }).await.unwrap_err();
    assert!(!error.to_string().contains("second"), "{error}");
    assert_eq!(store.keys().await.unwrap(), [key("a")]);
}

#[tokio::test]
async fn a_revoked_key_stays_revoked_since_the_first_time() {
    let folder = Folder::make();
    let store = folder.open();
    store.add_key(key("a")).await.unwrap();
    assert!(store.revoke_key("a", after(5)).await.unwrap());
    assert!(store.revoke_key("a", after(9)).await.unwrap());
    assert!(!store.revoke_key("b", after(9)).await.unwrap());
    assert_eq!(store.keys().await.unwrap()[0].revoked_at, Some(after(5)));
}

#[tokio::test]
async fn a_tool_adds_a_key_while_the_gateway_runs() {
    let folder = Folder::make();
    let gateway = folder.open();
    Sqlite::open_shared(&folder.file(), Options::default()).unwrap().add_key(key("a")).await.unwrap();
    assert_eq!(gateway.keys().await.unwrap(), [key("a")]);
}

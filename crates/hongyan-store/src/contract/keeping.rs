//! Files, the platforms' ids for them, and group chats.

use super::{LEASE, Maker, NOW, Stand, after, claim_all, ended, first, put, sent};
use hongyan_core::{ChatDirectory, ChatRow, DeliveryState, FileStore, Ledger, NewMessage, Queue, RecipientState};
use hongyan_endpoint::File;

fn file(name: &str, bytes: &[u8]) -> File {
    File { name: name.into(), media_type: "image/png".into(), bytes: bytes.into() }
}

/// A message whose content shows this file.
fn showing(make: &Maker, id: &str) -> NewMessage {
    NewMessage { content: format!(r#"{{"image":{{"media":"{id}"}}}}"#), ..make.message("ding", &["li"]) }
}

pub async fn a_file_comes_back_as_it_was_kept(stand: impl Stand) {
    let kept = file("磁盘.png", &[0, 255, 7]);
    let row = stand.open().keep_file(kept.clone(), NOW).await.unwrap();
    assert_eq!((row.name.as_str(), row.media_type.as_str(), row.size_bytes, row.at), ("磁盘.png", "image/png", 3, NOW));
    let store = stand.open();
    assert_eq!(store.file_row(&row.id).await.unwrap(), Some(row.clone()));
    assert_eq!(store.file(&row.id).await.unwrap().as_deref(), Some(&kept));
    for none in ["", "f000000000000000000000000", "%"] {
        assert_eq!(store.file_row(none).await.unwrap(), None);
        assert_eq!(store.file(none).await.unwrap(), None);
    }
}

pub async fn a_file_knows_for_whom_it_was_handed_in(stand: impl Stand) {
    let store = stand.open();
    let held = store.keep_file(file("a.png", &[1]), NOW).await.unwrap().id;
    let free = store.keep_file(file("b.png", &[1]), NOW).await.unwrap().id;
    let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for accounts in [of(&["wecom", "ding"]), of(&["ding", "wecom"]), of(&["mail"])] {
        store.note_holder(&held, &accounts).await.unwrap();
    }
    store.note_holder("f000000000000000000000000", &of(&["mail"])).await.unwrap();
    let ids = [held, free, "f000000000000000000000000".to_owned()];
    drop(store);
    let store = stand.open();
    let mut known = store.holders(&ids).await.unwrap();
    known[0].sort_unstable();
    assert_eq!(known, [vec![of(&["ding", "wecom"]), of(&["mail"])], vec![], vec![]]);
    assert_eq!(store.forget_files(after(60), 9).await.unwrap(), 2);
    assert_eq!(store.holders(&ids[..1]).await.unwrap(), [Vec::<Vec<String>>::new()]);
}

pub async fn equal_files_are_kept_once_with_the_newer_time(stand: impl Stand) {
    let store = stand.open();
    let first = store.keep_file(file("a.png", &[1]), NOW).await.unwrap();
    let again = store.keep_file(file("a.png", &[1]), after(5)).await.unwrap();
    let named = store.keep_file(file("b.png", &[1]), after(1)).await.unwrap();
    assert_eq!((&again.id, again.at), (&first.id, after(5)));
    assert_ne!(named.id, first.id, "recipients see the name");
    assert_eq!(store.files(None, 10).await.unwrap(), [again.clone(), named.clone()], "the newest first");
    assert_eq!(store.files(Some(&again), 10).await.unwrap(), [named]);
    assert_eq!(store.files(None, 1).await.unwrap(), [again]);
}

pub async fn an_upload_is_known_until_it_lapses_or_is_taken_back(stand: impl Stand) {
    let store = stand.open();
    let id = store.keep_file(file("a.png", &[1]), NOW).await.unwrap().id;
    store.note_upload("ding", &id, "image", Some(("@first".into(), after(60)))).await.unwrap();
    let known = async |account: &str, form: &str, at| store.upload_of(account, &id, form, at).await.unwrap();
    assert_eq!(known("ding", "image", after(59)).await.as_deref(), Some("@first"));
    assert_eq!(known("ding", "image", after(60)).await, None, "lapsed");
    assert_eq!(known("ding", "file", NOW).await, None, "of this form only");
    assert_eq!(known("wecom", "image", NOW).await, None, "of this account only");
    store.note_upload("ding", &id, "image", Some(("@second".into(), after(90)))).await.unwrap();
    assert_eq!(known("ding", "image", after(60)).await.as_deref(), Some("@second"));
    store.note_upload("ding", &id, "image", None).await.unwrap();
    assert_eq!(known("ding", "image", NOW).await, None);
}

pub async fn old_files_are_forgotten_with_their_uploads(stand: impl Stand) {
    let store = stand.open();
    let old = store.keep_file(file("a.png", &[1]), NOW).await.unwrap().id;
    let young = store.keep_file(file("b.png", &[1]), after(60)).await.unwrap().id;
    store.note_upload("ding", &old, "image", Some(("@old".into(), after(9_999)))).await.unwrap();
    assert_eq!(store.forget_files(NOW, 10).await.unwrap(), 0, "not handed in before then");
    assert_eq!(store.forget_files(after(1), 10).await.unwrap(), 1);
    assert_eq!(store.file(&old).await.unwrap(), None);
    assert_eq!(store.upload_of("ding", &old, "image", NOW).await.unwrap(), None);
    assert!(store.file(&young).await.unwrap().is_some());
}

pub async fn a_file_that_a_delivery_waits_for_is_not_forgotten(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = store.keep_file(file("a.png", &[1]), NOW).await.unwrap().id;
    let waiting = put(&store, showing(&make, &id)).await;
    assert_eq!(store.forget_files(after(9_999), 10).await.unwrap(), 0);
    claim_all(&store, "ding").await;
    assert_eq!(store.forget_files(after(9_999), 10).await.unwrap(), 0, "its call is under way");
    let lost = ended(first(waiting), DeliveryState::Unknown, RecipientState::Unknown, Some(after(30)));
    store.settle(vec![lost]).await.unwrap();
    assert_eq!(store.forget_files(after(9_999), 10).await.unwrap(), 0, "it will be repeated");
    store.claim("ding", after(30), LEASE, 1).await.unwrap();
    store.settle(vec![sent(first(waiting))]).await.unwrap();
    assert_eq!(store.forget_files(after(9_999), 10).await.unwrap(), 1);
}

pub async fn a_file_lives_on_from_the_last_message_that_named_it(stand: impl Stand) {
    let (store, make) = (stand.open(), Maker::default());
    let id = store.keep_file(file("a.png", &[1]), NOW).await.unwrap().id;
    let later = NewMessage { at: after(100), ..showing(&make, &id) };
    let message = put(&store, later).await;
    store.cancel(message, after(101)).await.unwrap();
    assert_eq!(store.forget_files(after(100), 10).await.unwrap(), 0);
    assert_eq!(store.forget_files(after(101), 10).await.unwrap(), 1);
}

pub async fn forgetting_files_stops_at_its_limit(stand: impl Stand) {
    let store = stand.open();
    for number in 0..30_u8 {
        store.keep_file(file("a.png", &[number]), after(number.into())).await.unwrap();
    }
    assert_eq!(store.forget_files(after(999), 25).await.unwrap(), 25);
    assert_eq!(store.files(None, 99).await.unwrap().len(), 5, "the oldest go first");
    assert_eq!(store.forget_files(after(999), 25).await.unwrap(), 5);
}

pub async fn concurrent_equal_files_become_one(stand: impl Stand) {
    let store = std::sync::Arc::new(stand.open());
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let store = std::sync::Arc::clone(&store);
            tokio::spawn(async move { store.keep_file(file("a.png", &[1; 50_000]), NOW).await.unwrap().id })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }
    assert_eq!(store.files(None, 10).await.unwrap().len(), 1);
}

pub async fn chats_are_remembered_by_account_with_their_newest_name(stand: impl Stand) {
    let chat = |account: &str, id: &str, name: &str, seconds| ChatRow {
        account: account.into(),
        id: id.into(),
        name: name.into(),
        at: after(seconds),
    };
    let store = stand.open();
    for row in [chat("ding", "c1", "值班", 1), chat("ding", "c2", "Ops", 2), chat("wecom", "c1", "Other", 3)] {
        store.note_chat(row).await.unwrap();
    }
    store.note_chat(chat("ding", "c1", "新值班", 9)).await.unwrap();
    assert_eq!(store.chats("ding", 9).await.unwrap(), [chat("ding", "c2", "Ops", 2), chat("ding", "c1", "新值班", 1)]);
    assert_eq!(store.chats("ding", 1).await.unwrap().len(), 1);
    assert_eq!(store.chats("mail", 9).await.unwrap(), []);
}

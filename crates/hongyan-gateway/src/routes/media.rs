//! Files: handed in once, named by messages.

use super::{app::App, call::Call, query};
use axum::{body::Body, response::Response};
use bytes::Bytes;
use hongyan_api::{Code, FileList, Problem};
use hongyan_core::FileRow;
use hongyan_endpoint::{File, UNRESERVED};
use hongyan_intake::{
    ANY_TYPE, HasShare, checked,
    reply::{self, Reply},
};
use http::{HeaderValue, StatusCode, header};
use percent_encoding::utf8_percent_encode;
use std::sync::Arc;

/// What a form may hold beside its file.
const FORM_BYTES: usize = 64 << 10;

fn no_such_file() -> Problem {
    Problem::new(Code::NotFound, "there is no such file", "没有这个文件").at("id")
}

/// `POST /v1/media`
pub(super) async fn put(app: &Arc<App>, call: &Call, body: &mut Body) -> Reply {
    let name = call.query("name").map(str::to_owned);
    let media_type = match call.parts.headers.get(header::CONTENT_TYPE).map(HeaderValue::to_str) {
        None => "",
        Some(Ok(text)) => text,
        Some(Err(_)) => {
            return Err(Problem::field(Code::InvalidHeader, "content-type", ("is not a media type", "不是媒体类型")));
        }
    };
    let form = media_type.trim_start().get(..10).is_some_and(|head| head.eq_ignore_ascii_case("multipart/"));
    let most = app.server.max_file_bytes;
    let limit = if form { most.saturating_add(FORM_BYTES) } else { most };
    let caller = &call.caller()?.id;
    let _place = app.bodies.place(caller).await?;
    let _share = app.bodies.share(caller, &call.parts.headers, limit).await?;
    let bytes = app.bodies.read_without_share(body, &call.parts.headers, limit).await?;
    let file = if form {
        let invalid = |error: hongyan_endpoint::Invalid| Problem::field(Code::InvalidField, "", error.flaw.text());
        let file = File::in_form(media_type, &bytes).map_err(invalid)?;
        File { name: name.unwrap_or(file.name), ..file }
    } else {
        let name = name.ok_or_else(|| {
            query::wrong("name", ("is needed: the file's name as recipients see it", "必填：收件人看到的文件名"))
        })?;
        File { name, media_type: media_type.to_owned(), bytes: bytes.into() }
    };
    let file = checked(file, most)?;
    let row = app.store.keep_file(file, app.clock.now()).await.map_err(reply::store)?;
    let accounts = call.caller()?.accounts();
    if !accounts.is_empty() {
        app.store.note_holder(&row.id, accounts).await.map_err(reply::store)?;
    }
    Ok(reply::json(StatusCode::CREATED, &row))
}

/// `GET /v1/media`
pub(super) async fn list(app: &Arc<App>, call: &Call) -> Reply {
    let limit = query::limit(call)?;
    let after = match call.query("cursor") {
        None => None,
        Some(cursor) => {
            let row = app.store.file_row(cursor).await.map_err(reply::store)?;
            Some(row.ok_or_else(|| query::wrong("cursor", ("is not a next_cursor", "不是 next_cursor 的值")))?)
        }
    };
    let mut files = app.store.files(after.as_ref(), limit + 1).await.map_err(reply::store)?;
    let more = files.len() > limit;
    files.truncate(limit);
    let next_cursor = files.last().filter(|_| more).map(|row| row.id.clone());
    // A key for some accounts sees their files; the cursor goes on all the same.
    let files = app.intake.files.seen(call.caller()?, files).await?;
    reply::ok(&FileList { files, next_cursor })
}

async fn found(app: &App, call: &Call) -> Result<FileRow, Problem> {
    app.intake.files.visible(call.caller()?, call.param("id")).await?.ok_or_else(no_such_file)
}

/// `GET /v1/media/{id}`
pub(super) async fn get(app: &Arc<App>, call: &Call) -> Reply {
    reply::ok(&found(app, call).await?)
}

/// `GET /v1/media/{id}/content`
pub(super) async fn content(app: &Arc<App>, call: &Call) -> Reply {
    let row = found(app, call).await?;
    let file = async { app.store.file(&row.id).await.map_err(reply::store)?.map(Content).ok_or_else(no_such_file) };
    let bytes = app.bodies.answer(&call.caller()?.id, row.size_bytes, file).await?;
    let mut response = attachment(&row.name, bytes);
    response.extensions_mut().insert(HasShare);
    Ok(response)
}

/// A file's bytes as they lie in memory.
struct Content(Arc<File>);

impl AsRef<[u8]> for Content {
    fn as_ref(&self) -> &[u8] {
        &self.0.bytes
    }
}

/// Never to be shown by a browser under this address: somebody else made it.
fn attachment(name: &str, bytes: Bytes) -> Response {
    let mut response = reply::with_type(StatusCode::OK, ANY_TYPE, bytes);
    let encoded = utf8_percent_encode(name, UNRESERVED);
    // Only visible ASCII, so it is always a header.
    if let Ok(value) = HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{encoded}")) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
    response
}

//! A delivery's file, before its call: read from the library, handed to the platform once for all who need it.

use super::{lane::Lane, rest};
use hongyan_core::{CallFile, Content, FileUse, Format, Missing, Outcome, Reason, StoreError, Time};
use hongyan_endpoint::{Class, Fault, File};
use std::sync::Arc;

/// Why an attempt ends before its call.
pub(super) enum Stop {
    /// The platform's doing, or the network's.
    Fault(Fault),
    /// Our own: it says nothing about the platform, and nothing was sent.
    Store(StoreError),
}

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What a call has of a file.
#[derive(Debug)]
pub(super) enum Loaded {
    /// Nothing: the content shows and carries none.
    None,
    /// The platform's id that the content itself gives: not ours to renew.
    Given(String),
    /// The platform's id for a file of the library.
    Uploaded(String),
    /// Its bytes.
    Bytes(Arc<File>),
}

impl Loaded {
    /// As the channel takes it.
    pub(super) fn for_call(&self) -> Option<CallFile<'_>> {
        match self {
            Self::None => None,
            Self::Given(id) | Self::Uploaded(id) => Some(CallFile::Id(id)),
            Self::Bytes(file) => Some(CallFile::Bytes(file)),
        }
    }

    /// The upload that the platform says it does not know, when that is what the outcome says.
    pub(super) fn refused<'a>(&'a self, lane: &Lane, outcome: &Outcome) -> Option<&'a str> {
        match (self, outcome) {
            (Self::Uploaded(id), Outcome::Failed { fault, .. })
                if lane.account.channel.missing(fault.code()) == Some(Missing::File) =>
            {
                Some(id)
            }
            _ => None,
        }
    }
}

/// Gets the content's file ready for a call. `refused`: the upload that the platform no longer knows.
///
/// # Errors
/// Never ambiguous: whatever was lost here, nothing was sent.
pub(super) async fn load(lane: &Lane, content: &Content, refused: Option<&str>) -> Result<Loaded, Stop> {
    let Some((form, media)) = content.media() else { return Ok(Loaded::None) };
    if let Some(id) = &media.media_id {
        return Ok(Loaded::Given(id.clone()));
    }
    let id = media.media.as_deref().ok_or_else(no_file)?;
    match lane.account.channel.file_use(form) {
        FileUse::None => Err(cannot_upload().into()),
        FileUse::Carry => Ok(Loaded::Bytes(read(lane, id).await?)),
        FileUse::Upload => {
            let uploads = lane.account.channel.uploads().ok_or_else(cannot_upload)?;
            if refused.is_none()
                && let Some(known) = known(lane, id, form).await?
            {
                return Ok(Loaded::Uploaded(known));
            }
            let turn = lane.uploads.enter(id, form);
            let held = turn.lock().await;
            let uploaded = upload(lane, uploads, id, form, refused).await;
            drop(held);
            lane.uploads.leave(id, form, turn);
            uploaded.map(Loaded::Uploaded).map_err(|stop| match stop {
                Stop::Fault(fault) if fault.class() == Class::Ambiguous => fault.with_class(Class::RETRY).into(),
                stop => stop,
            })
        }
    }
}

/// Uploads, unless somebody else just has.
async fn upload(
    lane: &Lane,
    uploads: &dyn hongyan_core::Uploads,
    id: &str,
    form: Format,
    refused: Option<&str>,
) -> Result<String, Stop> {
    let account = &lane.account.name;
    if let Some(known) = known(lane, id, form).await? {
        if refused != Some(known.as_str()) {
            return Ok(known);
        }
        lane.files.note_upload(account, id, form.name(), None).await?;
    }
    let file = read(lane, id).await?;
    let began = lane.clock.tick();
    let uploaded = uploads.upload(form, &file, lane.clock.now()).await.inspect_err(|fault| {
        rest::heard(lane, began, Some(fault));
    })?;
    let note = Some((uploaded.id.clone(), uploaded.until));
    if let Err(error) = lane.files.note_upload(account, id, form.name(), note).await {
        // It costs another upload, no more.
        tracing::warn!(%account, file = id, %error, "an upload could not be noted");
    }
    Ok(uploaded.id)
}

async fn known(lane: &Lane, id: &str, form: Format) -> Result<Option<String>, StoreError> {
    let now: Time = lane.clock.now();
    lane.files.upload_of(&lane.account.name, id, form.name(), now).await
}

async fn read(lane: &Lane, id: &str) -> Result<Arc<File>, Stop> {
    lane.files.file(id).await?.ok_or_else(|| no_file().into())
}

fn cannot_upload() -> Fault {
    Fault::ours("cannot_upload", "", Reason::error_code("cannot_upload"))
}

fn no_file() -> Fault {
    Fault::ours("no_file", "", Reason::error_code("no_file"))
}

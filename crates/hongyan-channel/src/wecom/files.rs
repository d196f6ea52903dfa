//! For how long a file is named, and what is wrong with one.

use hongyan_core::{Bilingual, Flaw, Time, Unfit, bilingual};
use hongyan_endpoint::{Endpoint, File};
use hongyan_wecom::media::{GetMedia, UploadMedia};
use std::time::Duration;

/// Room between the end of a file's life and the last call that names it.
const FILE_ROOM: Duration = Duration::from_secs(3_600);

/// For how long an uploaded file is named.
pub(crate) fn file_until(now: Time) -> Time {
    now + (const { GetMedia::SPEC.within().unwrap() } - FILE_ROOM)
}

/// What the platform has against a file, with the limit on its size.
pub(crate) fn bad_file(file: &File, kind: &str, unfit: &Unfit) -> Unfit {
    let max = UploadMedia::max_bytes(kind).unwrap_or_default();
    let (size, name, Bilingual { en, zh }) = (file.bytes.len(), &file.name, unfit.text());
    let why = bilingual!(
        "{name:?}: {en} ({size} bytes; as {kind} at most {max} are taken)";
        "{name:?}：{zh}（{size} 字节；作为 {kind} 最多接受 {max} 字节）"
    );
    Unfit::coded(unfit.code, "", Flaw::Unfit(why))
}

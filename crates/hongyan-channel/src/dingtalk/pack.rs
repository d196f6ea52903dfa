//! A file of a name that DingTalk's page does not list, wrapped in an archive of a listed one, where the account asks
//! for it: the page promises those, and the name within is kept.

use crate::refusal;
use hongyan_dingtalk::media::UploadMedia;
use hongyan_endpoint::{Fault, File};
use std::{
    borrow::Cow,
    io::{Cursor, Write},
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// The ending of a file's name, in small letters.
pub(super) fn ending(name: &str) -> Option<String> {
    name.rsplit_once('.').map(|(_, ending)| ending.to_lowercase()).filter(|ending| !ending.is_empty())
}

/// Whether the page lists the name's ending for files.
pub(super) fn is_listed(name: &str) -> bool {
    ending(name).is_some_and(|ending| UploadMedia::endings("file").contains(&ending.as_str()))
}

/// The name that people see.
pub(super) fn name(name: &str, wraps: bool) -> Cow<'_, str> {
    if wraps && !is_listed(name) { Cow::Owned(format!("{name}.zip")) } else { Cow::Borrowed(name) }
}

/// The file as it is uploaded: the same file gives the same bytes.
///
/// # Errors
/// `request.invalid` for a name that no archive takes.
pub(super) fn file(file: &File, wraps: bool) -> Result<Cow<'_, File>, Fault> {
    if !wraps || is_listed(&file.name) {
        return Ok(Cow::Borrowed(file));
    }
    // Without compression: what people send is mostly small or compressed, and nobody waits for it here.
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(zip::DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::with_capacity(file.bytes.len() + 512)));
    let inner = if file.name.is_empty() { "file" } else { &file.name };
    let written = archive
        .start_file(inner, options)
        .and_then(|()| archive.write_all(&file.bytes).map_err(Into::into))
        .and_then(|()| archive.finish());
    let bytes = written.map_err(|_| refusal::invalid(format!("{inner:?} cannot be wrapped in a zip")))?.into_inner();
    let media_type = "application/zip".into();
    Ok(Cow::Owned(File { name: name(inner, true).into_owned(), media_type, bytes }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn what_is_not_listed_is_wrapped_under_its_own_name() {
        for (given, shown) in [("日终.csv", "日终.csv.zip"), ("README", "README.zip"), ("", "file.zip")] {
            let plain = File { name: given.into(), media_type: "text/csv".into(), bytes: "甲,1\n".into() };
            let packed = file(&plain, true).unwrap();
            assert_eq!((packed.name.as_str(), packed.media_type.as_str()), (shown, "application/zip"));
            assert_eq!(file(&plain, true).unwrap(), packed, "a repeat is the same bytes");
            let mut archive = zip::ZipArchive::new(Cursor::new(&packed.bytes)).unwrap();
            let mut inner = archive.by_index(0).unwrap();
            assert_eq!(inner.name().unwrap(), if given.is_empty() { "file" } else { given });
            let mut text = String::new();
            inner.read_to_string(&mut text).unwrap();
            assert_eq!(text, "甲,1\n");
        }
    }

    #[test]
    fn what_is_listed_or_not_to_be_wrapped_stays_as_it_is() {
        for (name, wraps) in [("a.PDF", true), ("a.zip", true), ("a.csv", false), ("a", false)] {
            let plain = File { name: name.into(), ..File::default() };
            assert!(matches!(file(&plain, wraps), Ok(Cow::Borrowed(_))), "{name}");
            assert_eq!(super::name(name, wraps), name);
        }
    }
}

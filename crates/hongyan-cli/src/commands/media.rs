//! `hongyan media`: files, handed in once and named in messages.

use crate::out::{note, say};
use crate::{
    args::{Media, MediaAction},
    exit::{Exit, Usage},
    lang::told,
    listing::{self, Cell},
    progress,
    remote::{Gateway, encode, other_version},
};
use anyhow::Context;
use hongyan_api::FileList;
use hongyan_core::FileRow;
use std::path::Path;

pub(crate) async fn run(args: &Media, json: bool) -> anyhow::Result<Exit> {
    let gateway = Gateway::open(&args.remote)?;
    match &args.action {
        MediaAction::Put { file, name } => {
            let row = put(&gateway, file, name.as_deref()).await?;
            if json {
                show(&[row], true, true)?;
            } else {
                // The id alone, so that a script can take it.
                say!("{}", row.id);
                let (name, size) = (hongyan_endpoint::harmless(&row.name), row.size_bytes);
                let size = told!("{size} bytes" ; "{size} 字节");
                note!("{name} · {} · {size}", row.media_type);
            }
        }
        MediaAction::List { limit } => {
            let page = gateway.call("GET", &format!("/v1/media?limit={limit}"), &[], None).await?;
            if json {
                say!("{page}");
            } else {
                let page: FileList = serde_json::from_value(page).with_context(other_version)?;
                show(&page.files, false, false)?;
            }
        }
        MediaAction::Get { id, output: None } => {
            let row = gateway.call("GET", &format!("/v1/media/{}", encode(id)), &[], None).await?;
            show(&[serde_json::from_value(row).with_context(other_version)?], json, true)?;
        }
        MediaAction::Get { id, output: Some(output) } => {
            let content = gateway.download(&format!("/v1/media/{}/content", encode(id))).await?;
            if output == Path::new("-") {
                crate::out::write_bytes(&content);
            } else {
                std::fs::write(output, &content)
                    .with_context(|| told!("{} cannot be written" ; "{} 无法写入", output.display()))?;
            }
        }
    }
    Ok(Exit::Done)
}

/// Hands a file in.
pub(crate) async fn put(gateway: &Gateway, path: &Path, name: Option<&str>) -> anyhow::Result<FileRow> {
    let name = match name {
        Some(name) => name.to_owned(),
        None => path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .ok_or_else(|| Usage(told!("{} names no file" ; "{} 不是文件名", path.display())))?,
    };
    let bytes = std::fs::read(path).with_context(|| told!("{} cannot be read" ; "{} 无法读取", path.display()))?;
    let what = told!("handing in {name}, {0} bytes" ; "正在上传 {name}，{0} 字节", bytes.len());
    let row = progress::during(what, gateway.upload(&format!("/v1/media?name={}", encode(&name)), bytes)).await?;
    serde_json::from_value(row).with_context(other_version)
}

fn show(files: &[FileRow], json: bool, one: bool) -> anyhow::Result<()> {
    if json {
        say!("{}", if one { serde_json::to_string(&files[0])? } else { serde_json::to_string(files)? });
        return Ok(());
    }
    let rows: Vec<Vec<Cell>> = files
        .iter()
        .map(|file| {
            vec![
                file.id.as_str().into(),
                file.name.as_str().into(),
                file.media_type.as_str().into(),
                file.size_bytes.to_string().into(),
                Cell::time(&file.at.to_string()),
            ]
        })
        .collect();
    listing::print(&["FILE 文件", "NAME 名称", "TYPE 类型", "BYTES 字节", "AT 时间"], &rows);
    Ok(())
}

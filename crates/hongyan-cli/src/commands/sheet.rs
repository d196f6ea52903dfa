//! `hongyan send --table`: a query's result on its way into a message.

use crate::lang::told;
use crate::{
    args::{AttachAs, Send, TableFormat},
    exit::Usage,
    remote::{Gateway, encode},
};
use anyhow::Context;
use hongyan_sheet::{Kind, Sheet};
use serde_json::{Map, Value, json};
use std::{io::Read, path::Path};

/// Beyond this a table is handed in as a file: a message's body is bounded more narrowly than a file.
const MOST_INSIDE: usize = 256 << 10;

/// A table that was read and is one.
pub(super) struct Given {
    bytes: Vec<u8>,
    kind: Kind,
    sheet: Sheet,
    name: Option<String>,
}

/// Reads the table that the options name.
pub(super) fn read(args: &Send) -> anyhow::Result<Option<Given>> {
    let Some(file) = &args.table else { return Ok(None) };
    let mut bytes = Vec::new();
    if file == "-" {
        if [&args.text, &args.data].into_iter().flatten().any(|text| text == "-") {
            return Err(Usage(
                told!("standard input can be read only once: it is the table" ; "标准输入只能读一次，已用于表格"),
            )
            .into());
        }
        std::io::stdin()
            .read_to_end(&mut bytes)
            .with_context(|| told!("standard input cannot be read" ; "无法读取标准输入"))?;
    } else {
        bytes = std::fs::read(file).with_context(|| told!("{file} cannot be read" ; "{file} 无法读取"))?;
    }
    let kind = match args.table_format {
        Some(TableFormat::Csv) => Kind::Csv,
        Some(TableFormat::Json) => Kind::Json,
        None => Kind::of(file, &bytes),
    };
    let shown = if file == "-" { "standard input" } else { file };
    let sheet = Sheet::read(&bytes, kind).map_err(|error| Usage(format!("{shown}: {error}")))?;
    let name = Path::new(file).file_stem().filter(|_| file != "-").map(|stem| stem.to_string_lossy().into_owned());
    Ok(Some(Given { bytes, kind, sheet, name }))
}

impl Given {
    pub(super) fn is_empty(&self) -> bool {
        self.sheet.is_empty()
    }

    /// The member `table` of a content. What is large is handed in as a file, and named.
    pub(super) async fn object(self, args: &Send, gateway: &Gateway) -> anyhow::Result<Value> {
        let mut object = Map::new();
        if self.bytes.len() > MOST_INSIDE {
            let name = if self.kind == Kind::Csv { "table.csv" } else { "table.json" };
            let row = gateway.upload(&format!("/v1/media?name={}", encode(name)), self.bytes).await?;
            object.insert("media".into(), row["id"].clone());
        } else if self.kind == Kind::Csv {
            // It was read as UTF-8 before.
            object.insert("csv".into(), String::from_utf8_lossy(&self.bytes).into());
        } else {
            object.insert("columns".into(), json!(self.sheet.columns()));
            object.insert("rows".into(), json!(self.sheet.rows()));
        }
        if let Some(attach) = args.attach_as {
            let attach = match attach {
                AttachAs::Auto => "auto",
                AttachAs::Csv => "csv",
                AttachAs::Xlsx => "xlsx",
                AttachAs::Always => "always",
                AttachAs::Never => "never",
            };
            object.insert("attach".into(), attach.into());
        }
        object.extend(args.table_name.clone().or(self.name).map(|name| ("name".to_owned(), name.into())));
        Ok(object.into())
    }
}

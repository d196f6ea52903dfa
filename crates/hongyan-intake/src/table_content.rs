//! Tables on their way in: read, counted, cut down to what messages show, and put into a file for the channels that
//! take the whole as one.
//!
//! What a message shows is the channel's ([`hongyan_core::Channel::parts`]); keeping the file is [`Files`]'s.

use crate::{
    files::{self, Files},
    keys::Caller,
    reply,
};
use hongyan_api::{Code, Problem};
use hongyan_channel::Account;
use hongyan_core::{Address, Attach, Bilingual, Channel, Content, Format, Kept, Media, Table, bilingual};
use hongyan_endpoint::File;
use hongyan_sheet::{Kind, Place, Sheet, Unread};
use serde_json::Value;
use std::{borrow::Cow, sync::Arc};

/// A cell that is kept beside a message has at most so many characters: more than any channel looks at to show it, so
/// that one that is cut here is cut there, and said to be.
const KEPT_CHARS: usize = 2_000;
/// Characters of a file's name that is made of a title.
const NAME_CHARS: usize = 60;

fn wrong(field: impl Into<String>, detail: impl Into<Bilingual>) -> Problem {
    Problem::field(Code::InvalidField, field, detail)
}

/// What is wrong with a table that came in this member of `content.table`.
fn unread(source: &'static str, error: &Unread) -> Problem {
    match &error.at {
        Place::Part(part) if source == "rows" => wrong(format!("content.table.{part}"), error.message.clone()),
        _ => wrong(format!("content.table.{source}"), Bilingual::read_from(error)),
    }
}

/// Reads the table of a content, where it has one, out of it.
pub(crate) async fn read(
    kept_files: &Files,
    caller: &Caller,
    content: &mut Content,
) -> Result<Option<Arc<Sheet>>, Problem> {
    let Some(table) = &mut content.table else { return Ok(None) };
    check_name(table)?;
    let (columns, rows, records) = (table.columns.take(), table.rows.take(), table.records.take());
    let (csv, media) = (table.csv.take(), table.media.take());
    let kept = match &media {
        Some(id) => {
            let missing = || wrong("content.table.media", files::none_kept(id));
            kept_files.visible(caller, id).await?.ok_or_else(missing)?;
            Some(kept_files.store().file(id).await.map_err(reply::store)?.ok_or_else(missing)?)
        }
        None => None,
    };
    // Tables are large and their reading is long: not all at once, and not where others wait.
    let _turn = kept_files.judge().await?;
    let sheet = tokio::task::spawn_blocking(move || match (rows, records, csv, kept) {
        (Some(rows), ..) => Sheet::of_rows(columns.unwrap_or_default(), rows).map_err(|e| unread("rows", &e)),
        (_, Some(records), ..) => Sheet::of_records(records).map_err(|e| unread("records", &e)),
        (_, _, Some(csv), _) => Sheet::read(csv.as_bytes(), Kind::Csv).map_err(|e| unread("csv", &e)),
        (_, _, _, Some(file)) => {
            Sheet::read(&file.bytes, Kind::of(&file.name, &file.bytes)).map_err(|e| unread("media", &e))
        }
        _ => Ok(Sheet::default()),
    });
    let sheet = sheet.await.map_err(|_| Problem::bare(Code::Internal))??;
    if table.align.len() > sheet.columns().len() {
        let (count, columns) = (table.align.len(), sheet.columns().len());
        let why =
            bilingual!("has {count} entries, the table has {columns} columns"; "有 {count} 项，而表格有 {columns} 列");
        return Err(wrong("content.table.align", why));
    }
    let given = table.align.len();
    table.align.extend(sheet.sides().into_iter().skip(given));
    Ok(Some(Arc::new(sheet)))
}

fn check_name(table: &mut Table) -> Result<(), Problem> {
    let Some(name) = &mut table.name else { return Ok(()) };
    files::check_name(name).map_err(|words| wrong("content.table.name", words))?;
    let ending = format!(".{}", table.attach.ending());
    if name.len() > ending.len() && name.to_lowercase().ends_with(&ending) {
        name.truncate(name.len() - ending.len());
    }
    if name.len() > 200 {
        return Err(wrong("content.table.name", ("takes more than 200 bytes", "超过 200 字节")));
    }
    Ok(())
}

/// Puts into the content what is kept beside the message: the first rows, as many as one of the accounts shows, and
/// the place of the file.
pub(crate) fn trim<'a>(content: &mut Content, sheet: &Sheet, accounts: impl Iterator<Item = &'a Account>) {
    let most = accounts.map(|account| account.channel.table_rows()).max().unwrap_or_default();
    let name = file_name(content);
    let Some(table) = &mut content.table else { return };
    // Who reads every row reads every character.
    let cut = |cell: &Value| match cell {
        Value::String(text) if most < usize::MAX && text.len() > KEPT_CHARS => {
            Value::String(text.chars().take(KEPT_CHARS).collect())
        }
        other => other.clone(),
    };
    let rows = sheet.rows().iter().take(most).map(|row| row.iter().map(cut).collect()).collect();
    table.columns = Some(sheet.columns().to_vec());
    table.rows = Some(rows);
    let media = (table.attach != Attach::Never).then(|| Media {
        media: Some(files::UNKEPT.into()),
        name: Some(name),
        ..Media::default()
    });
    table.kept = Some(Kept { total: sheet.len() as u64, numbers: sheet.numbers().to_vec(), file: media });
}

/// The name of the file: as given, else after the title.
fn file_name(content: &Content) -> String {
    let ending = content.table.as_ref().map_or("xlsx", |table| table.attach.ending());
    let given = content.table.as_ref().and_then(|table| table.name.clone());
    let titled = || {
        let title = content.title.as_deref().unwrap_or_default();
        let safe = |c: char| if c.is_control() || "/\\\"<>:|?*".contains(c) { '_' } else { c };
        let name: String = title.trim().chars().map(safe).take(NAME_CHARS).collect();
        Some(name).filter(|name| !name.trim_matches(['.', ' ', '_']).is_empty())
    };
    let bare = given.or_else(titled).unwrap_or_else(|| "table".into());
    format!("{}.{ending}", bare.trim())
}

/// The whole table as a file, for these accounts; where there are none the content loses the place of it.
pub(crate) async fn file(
    kept_files: &Files,
    content: &mut Content,
    sheet: Arc<Sheet>,
    accounts: &[&Account],
) -> Result<Option<File>, Problem> {
    let Some(table) = &mut content.table else { return Ok(None) };
    let Some(kept) = &mut table.kept else { return Ok(None) };
    let name = match &kept.file {
        Some(media) if !accounts.is_empty() => media.name.clone().unwrap_or_default(),
        _ => {
            kept.file = None;
            return Ok(None);
        }
    };
    let attach = table.attach;
    let title = table.name.clone().or_else(|| content.title.clone()).unwrap_or_default();
    let _turn = kept_files.judge().await?;
    let written = tokio::task::spawn_blocking(move || match attach {
        Attach::Csv => Ok(sheet.csv()),
        _ => sheet.xlsx(&title),
    });
    let bytes = written.await.map_err(|_| Problem::bare(Code::Internal))?;
    let bytes = bytes.map_err(|error| wrong("content.table", Bilingual::read_from(error)))?;
    let file = File { name, media_type: String::new(), bytes };
    let file = files::checked(file, kept_files.max_bytes()).map_err(|problem| problem.at("content.table"))?;
    files::fits(accounts, Format::File, &file).map_err(|problem| problem.at("content.table.attach"))?;
    Ok(Some(file))
}

/// What the recipients of one call read, and the file that goes with it.
#[derive(Debug, Clone, Default)]
pub struct Shows {
    /// The words, as the channel puts them.
    pub text: Option<String>,
    /// The file's name.
    pub file: Option<String>,
}

impl Shows {
    /// Of a part as it will be handed to the channel.
    pub(crate) fn of(channel: &dyn Channel, part: &Content, to: &[Address]) -> Self {
        Self { text: channel.words(part, to), file: part.media().and_then(|(_, media)| media.name.clone()) }
    }

    /// Of a table that goes to a program as data.
    pub(crate) fn data(part: &Content) -> Self {
        let words = part.table.as_ref().map(|table| {
            let names = table.columns.iter().flatten().map(|name| Cow::Borrowed(name.as_str())).collect::<Vec<_>>();
            format!("JSON: {} × {}", names.join(", "), table.rows.as_ref().map_or(0, Vec::len))
        });
        Self { text: words, file: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(text: &str) -> Content {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_file_is_named_after_the_table_or_the_title() {
        for (text, name) in [
            (r#"{"table":{"csv":"a","name":"positions"}}"#, "positions.xlsx"),
            (r#"{"table":{"csv":"a","name":"positions","attach":"csv"}}"#, "positions.csv"),
            (r#"{"title":"持仓/超限?","table":{"csv":"a"}}"#, "持仓_超限_.xlsx"),
            (r#"{"title":"..","table":{"csv":"a"}}"#, "table.xlsx"),
            (r#"{"table":{"csv":"a"}}"#, "table.xlsx"),
        ] {
            assert_eq!(file_name(&content(text)), name, "{text}");
        }
        let mut named = content(r#"{"table":{"csv":"a","name":"a.XLSX"}}"#).table.unwrap();
        check_name(&mut named).unwrap();
        assert_eq!(named.name.as_deref(), Some("a"));
        named.name = Some("../a".into());
        assert_eq!(check_name(&mut named).unwrap_err().field.as_deref(), Some("content.table.name"));
    }

    #[test]
    fn only_what_is_shown_is_kept_beside_a_message() {
        let rows = (0..500).map(|n| vec![Value::from(n), Value::from("长".repeat(3_000))]).collect();
        let sheet = Sheet::of_rows(vec!["n".into(), "t".into()], rows).unwrap();
        let mut content = content(r#"{"table":{"csv":"a"}}"#);
        let config = serde_json::json!({"channel": "dingtalk-robot", "access_token": "canary"});
        let config: hongyan_channel::AccountConfig = serde_json::from_value(config).unwrap();
        let account = config.open("robot").unwrap();
        trim(&mut content, &sheet, std::iter::once(&account));
        let table = content.table.unwrap();
        let rows = table.rows.as_deref().unwrap();
        assert_eq!((rows.len(), table.total()), (100, 500));
        assert_eq!(rows[0][1].as_str().unwrap().chars().count(), KEPT_CHARS);
    }
}

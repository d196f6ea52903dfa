//! What can be wrong with a field of a request or a message, and the one place where that becomes a sentence.

use crate::{Bilingual, ErrorCode, Unit, bilingual};
use std::fmt;

/// What is wrong with a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// It is not there.
    Missing,
    /// There is no such field.
    Unknown,
    /// It is there twice.
    Repeated,
    /// It is there and holds nothing.
    Empty,
    /// It is of another type: what is expected and what was found.
    Type(Bilingual),
    /// It takes more bytes of UTF-8 or characters than it may.
    TooLong {
        /// How much it takes.
        size: usize,
        /// How much it may take.
        limit: usize,
        /// In what both are counted.
        unit: Unit,
    },
    /// It has another number of entries (of characters, for a text) than it may.
    Count {
        /// How many there are.
        count: usize,
        /// The fewest that are taken.
        min: usize,
        /// The most that are taken.
        max: usize,
    },
    /// It names a kind of message that there is not.
    NotKind(String),
    /// It is no JSON: from where, and what the reader says of it (English).
    Syntax {
        /// From 1.
        line: usize,
        /// In bytes, from 1.
        column: usize,
        /// Half a sentence.
        said: String,
    },
    /// The body is no JSON object.
    NoObject,
    /// The body is no `multipart/form-data`, and a file was expected in one.
    NoForm,
    /// It has a value that it does not take: why.
    Unfit(Bilingual),
}

impl Flaw {
    /// It has a value that it does not take.
    pub fn unfit(why: impl Into<Bilingual>) -> Self {
        Self::Unfit(why.into())
    }

    /// It takes more bytes of UTF-8 than it may.
    #[must_use]
    pub const fn bytes(size: usize, limit: usize) -> Self {
        Self::TooLong { size, limit, unit: Unit::Bytes }
    }

    /// The sentence, without the field's name: `is missing`.
    #[must_use]
    pub fn text(&self) -> Bilingual {
        match self {
            Self::Missing => Bilingual::fixed("is missing", "缺失"),
            Self::Unknown => Bilingual::fixed("there is no such field", "没有这个字段"),
            Self::Repeated => Bilingual::fixed("is given more than once", "重复给出"),
            Self::Empty => Bilingual::fixed("is empty", "为空"),
            Self::TooLong { size, limit, unit: Unit::Bytes } => bilingual!(
                "takes {size} bytes of UTF-8, at most {limit} are allowed";
                "占 {size} 字节（UTF-8），最多允许 {limit} 字节"
            ),
            Self::TooLong { size, limit, unit: Unit::Chars } => bilingual!(
                "has {size} characters, at most {limit} are allowed";
                "有 {size} 个字符，最多允许 {limit} 个"
            ),
            Self::TooLong { size: count, limit: max, unit: Unit::Items } | Self::Count { count, min: 0, max } => {
                bilingual!(
                    "has {count} entries, at most {max} are allowed";
                    "有 {count} 项，最多允许 {max} 项"
                )
            }
            Self::Count { count, min, max } => bilingual!(
                "has {count} entries, {min} to {max} are allowed";
                "有 {count} 项，允许 {min} 至 {max} 项"
            ),
            Self::NotKind(kind) => bilingual!("is no kind of message: {kind:?}"; "不是一种消息类型：{kind:?}"),
            Self::Syntax { line, column, said } => bilingual!(
                "line {line}, column {column}: {said}";
                "第 {line} 行第 {column} 列不是合法的 JSON"
            ),
            Self::NoObject => Bilingual::fixed("a JSON object is expected", "应为 JSON 对象"),
            Self::NoForm => Bilingual::fixed("multipart/form-data is expected", "应为 multipart/form-data"),
            Self::Type(text) | Self::Unfit(text) => text.clone(),
        }
    }
}

/// A message that a platform or a channel does not take: which field, what is wrong with it, the platform's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Dotted path of the field: in a platform's request, or relative to a message's `content` (of a platform's own
    /// object with its path, such as `native.text.content`). Empty for the whole.
    pub field: String,
    /// What is wrong with it.
    pub flaw: Flaw,
    /// The platform's code for it; empty where the platform has none.
    pub code: &'static str,
    /// What the flaw is said of where that is not the field itself: `as a WeCom message, text.content`.
    pub subject: Option<Box<Bilingual>>,
    /// What the platform says of its code, where that is to be said too: English, Chinese.
    pub meaning: Option<(&'static str, &'static str)>,
}

impl Unfit {
    /// What only we know to be wrong.
    pub fn new(field: impl Into<String>, flaw: Flaw) -> Self {
        Self::coded("", field, flaw)
    }

    /// What the platform has a code for.
    pub fn coded(code: &'static str, field: impl Into<String>, flaw: Flaw) -> Self {
        Self { field: field.into(), flaw, code, subject: None, meaning: None }
    }

    /// The same of another field: what was refused of one that is made of it.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = field.into();
        self
    }

    /// The same, said of this instead of the field.
    #[must_use]
    pub fn of(mut self, subject: impl Into<Bilingual>) -> Self {
        self.subject = Some(Box::new(subject.into()));
        self
    }

    /// The same, with the code and its meaning as the platform's table has it.
    #[must_use]
    pub fn explained(mut self, known: Option<&'static ErrorCode>) -> Self {
        self.meaning = Some(known.map_or(("", ""), |row| (row.en, row.zh)));
        self
    }

    /// The sentence, without the field's name: `takes 2049 bytes of UTF-8, at most 2048 are allowed (45002: …)`.
    #[must_use]
    pub fn text(&self) -> Bilingual {
        let Bilingual { mut en, mut zh } = self.flaw.text();
        if let Some(subject) = &self.subject {
            (en, zh) = (format!("{} {en}", subject.en).into(), format!("{} {zh}", subject.zh).into());
        }
        match self.meaning {
            Some(("", _)) => (format!("{en} ({})", self.code), format!("{zh}（{}）", self.code)).into(),
            Some((means_en, means_zh)) => {
                let code = self.code;
                (format!("{en} ({code}: {means_en})"), format!("{zh}（{code}：{means_zh}）")).into()
            }
            None => Bilingual { en, zh },
        }
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.text())?;
        if self.code.is_empty() || self.meaning.is_some() { Ok(()) } else { write!(f, " ({})", self.code) }
    }
}

impl std::error::Error for Unfit {}

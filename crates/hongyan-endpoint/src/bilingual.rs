//! A text for people, in the two languages that everything here is said in.

use std::{borrow::Cow, fmt};

/// One text in English and in Chinese: the same facts, numbers and names in both.
///
/// Written with `{}` it is English, with `{:#}` Chinese: so it passes through whatever takes a `Display` (such as
/// `serde::de::Error::custom`) and is whole again on the other side ([`Bilingual::read_from`]).
///
/// ```
/// use hongyan_endpoint::{Bilingual, bilingual};
/// let limit = 16;
/// let text = bilingual!("at most {limit} are allowed"; "最多允许 {limit} 个");
/// assert_eq!((format!("{text}"), format!("{text:#}")), ("at most 16 are allowed".into(), "最多允许 16 个".into()));
/// assert_eq!(Bilingual::read_from(&text), text);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bilingual {
    /// In English.
    pub en: Cow<'static, str>,
    /// In Chinese.
    pub zh: Cow<'static, str>,
}

impl Bilingual {
    /// A fixed text, for constants too.
    #[must_use]
    pub const fn fixed(en: &'static str, zh: &'static str) -> Self {
        Self { en: Cow::Borrowed(en), zh: Cow::Borrowed(zh) }
    }

    /// What something says of itself in both languages; the same twice where it knows one only.
    pub fn read_from(text: impl fmt::Display) -> Self {
        Self { en: format!("{text}").into(), zh: format!("{text:#}").into() }
    }
}

impl fmt::Display for Bilingual {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if f.alternate() { &self.zh } else { &self.en })
    }
}

impl<E: Into<Cow<'static, str>>, Z: Into<Cow<'static, str>>> From<(E, Z)> for Bilingual {
    fn from((en, zh): (E, Z)) -> Self {
        Self { en: en.into(), zh: zh.into() }
    }
}

/// A [`Bilingual`] of two format strings, English first; both name what they hold in braces.
#[macro_export]
macro_rules! bilingual {
    ($en:literal ; $zh:literal) => {
        $crate::Bilingual::from((format!($en), format!($zh)))
    };
}

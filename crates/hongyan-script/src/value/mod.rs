//! What a script works with: scalars, texts, vectors, dictionaries.
//!
//! Copies are cheap: texts, vectors and dictionaries are shared and are copied when one holder changes them. Every
//! one knows how deep it is and how large it would be written out, so that nothing is walked to find out, and all
//! of a thread's together are counted ([`memory::live`]). Values stay on their thread.

mod dict;
mod json;
pub(crate) mod memory;
mod print;
mod text;
mod vector;

pub use dict::{Dict, Key, Slot};
pub use json::JsonError;
pub(crate) use json::{read as read_json, write as write_json};
pub use text::Text;
pub use vector::Vector;

use std::fmt;
use std::rc::Rc;

/// A value of a script.
#[derive(Clone, Default)]
pub enum Value {
    /// `NULL`.
    #[default]
    Null,
    /// BOOL.
    Bool(bool),
    /// INT or LONG: 64 bits.
    Int(i64),
    /// DOUBLE.
    Double(f64),
    /// STRING.
    Text(Text),
    /// A vector or a tuple.
    Vector(Vector),
    /// A dictionary, in the order of its insertions.
    Dict(Dict),
    /// `a:b`.
    Pair(i64, i64),
    /// What `parseExpr` returns: a text that `.eval()` reads as JSON.
    Code(Text),
    /// What `catch(ex)` is given.
    Failure(Rc<Failure>),
}

/// An error as a script sees it: `ex[0]` is the category, `ex[1]` the message.
#[derive(Debug)]
pub struct Failure {
    /// `SYSTEM_Runtime`, `SYSTEM_Plugin`, `USER`.
    pub category: &'static str,
    /// Without the category.
    pub message: String,
}

impl Value {
    /// A STRING.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(Text::new(text.into()))
    }

    /// A vector.
    #[must_use]
    pub fn vector(items: Vec<Self>) -> Self {
        Self::Vector(Vector::new(items))
    }

    /// The text of a STRING.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The elements of a vector.
    #[must_use]
    pub fn as_items(&self) -> Option<&[Self]> {
        match self {
            Self::Vector(vector) => Some(vector),
            _ => None,
        }
    }

    /// The dictionary.
    #[must_use]
    pub const fn as_dict(&self) -> Option<&Dict> {
        match self {
            Self::Dict(dict) => Some(dict),
            _ => None,
        }
    }

    /// The whole number.
    #[must_use]
    pub const fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// A number, whole or not.
    #[must_use]
    pub const fn as_number(&self) -> Option<f64> {
        match self {
            Self::Int(number) => Some(*number as f64),
            Self::Double(number) => Some(*number),
            _ => None,
        }
    }

    /// Whether it is `NULL`.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The type in the database's words. O(n) for a vector.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "VOID",
            Self::Bool(_) => "BOOL",
            Self::Int(number) => integer_name(*number),
            Self::Double(_) => "DOUBLE",
            Self::Text(_) => "STRING",
            Self::Vector(vector) => vector.type_name(),
            Self::Dict(dict) => dict.type_name(),
            Self::Pair(..) => "PAIR",
            Self::Code(_) => "CODE",
            Self::Failure(_) => "EXCEPTION",
        }
    }

    /// The type with its article, for a sentence.
    pub(crate) fn kind(&self) -> String {
        let name = self.type_name();
        let article = if name.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
        format!("{article} {name}")
    }

    /// How deep it nests: 0 for a scalar, 1 for a vector of scalars.
    #[must_use]
    pub fn depth(&self) -> usize {
        match self {
            Self::Vector(vector) => vector.shape().depth,
            Self::Dict(dict) => dict.shape().depth,
            _ => 0,
        }
    }

    /// About how many bytes it would take written out in full, shared parts once for each place. Never less than 1.
    #[must_use]
    pub fn weight(&self) -> u64 {
        match self {
            Self::Text(text) | Self::Code(text) => memory::VALUE_BYTES as u64 + text.len() as u64,
            Self::Vector(vector) => vector.shape().weight,
            Self::Dict(dict) => dict.shape().weight,
            Self::Failure(failure) => memory::VALUE_BYTES as u64 + failure.message.len() as u64,
            _ => memory::VALUE_BYTES as u64,
        }
    }
}

/// INT where 32 bits are enough.
const fn integer_name(number: i64) -> &'static str {
    if number >= i32::MIN as i64 && number <= i32::MAX as i64 { "INT" } else { "LONG" }
}

/// How deep and how large a vector or dictionary is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) depth: usize,
    pub(crate) weight: u64,
}

impl Shape {
    /// Of something empty.
    const EMPTY: Self = Self { depth: 1, weight: memory::VALUE_BYTES as u64 };

    /// With one more element. The depth never shrinks again: it is a bound.
    fn add(&mut self, value: &Value) {
        self.depth = self.depth.max(value.depth() + 1);
        self.weight = self.weight.saturating_add(value.weight());
    }

    fn remove(&mut self, value: &Value) {
        self.weight = self.weight.saturating_sub(value.weight()).max(Self::EMPTY.weight);
    }
}

/// The type and, of a vector or dictionary, the size: values may be secrets.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Vector(vector) => write!(f, "{}({})", self.type_name(), vector.len()),
            Self::Dict(dict) => write!(f, "{}({})", self.type_name(), dict.len()),
            _ => f.write_str(self.type_name()),
        }
    }
}

/// Equal in type and content; `1` and `1.0` are equal. Walks both.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(one), Self::Bool(two)) => one == two,
            (Self::Int(one), Self::Int(two)) => one == two,
            (Self::Double(one), Self::Double(two)) => one == two,
            (Self::Int(int), Self::Double(double)) | (Self::Double(double), Self::Int(int)) => *int as f64 == *double,
            (Self::Text(one), Self::Text(two)) | (Self::Code(one), Self::Code(two)) => **one == **two,
            (Self::Vector(one), Self::Vector(two)) => **one == **two,
            (Self::Dict(one), Self::Dict(two)) => one.same(two),
            (Self::Pair(a, b), Self::Pair(c, d)) => (a, b) == (c, d),
            (Self::Failure(one), Self::Failure(two)) => one.message == two.message,
            _ => false,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Dict> for Value {
    fn from(dict: Dict) -> Self {
        Self::Dict(dict)
    }
}

//! The functions that are always there, as a table; what they do is in the modules beside.

mod collection;
mod convert;
mod json;
mod number;
mod system;
mod text;

pub(crate) use collection::{mutate, typed_dict};
pub(crate) use json::eval_code;

use crate::eval::{Arguments, Interpreter, Run};
use crate::span::Span;
use crate::value::Value;

/// A function of the table.
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    /// What its arguments are called.
    pub(crate) parameters: &'static [&'static str],
    /// How many of them must be given.
    pub(crate) required: usize,
    /// Whether there may be more than the parameters.
    pub(crate) any_number: bool,
    pub(crate) run: fn(&mut Interpreter<'_>, &mut Arguments) -> Run<Value>,
}

macro_rules! builtins {
    ($($name:literal ($($parameter:literal),*) $required:literal $(+ $more:tt)? => $run:path;)*) => {
        /// Sorted by name, to be searched.
        const TABLE: &[Builtin] = &[
            $(Builtin {
                name: $name,
                parameters: &[$($parameter),*],
                required: $required,
                any_number: builtins!(@more $($more)?),
                run: $run,
            }),*
        ];
    };
    (@more) => { false };
    (@more more) => { true };
}

builtins! {
    "abs" ("X") 1 => number::abs;
    "all" ("X") 1 => number::all;
    "any" ("X") 1 => number::any;
    "bool" ("X") 1 => convert::bool;
    "ceil" ("X") 1 => number::ceil;
    "concat" ("X", "Y") 1 => text::concat;
    "count" ("X") 1 => collection::size;
    "defined" ("names") 1 => system::defined;
    "dict" ("keyObj", "valueObj", "ordered") 2 => collection::dict;
    "double" ("X") 1 => convert::double;
    "endsWith" ("X", "str") 2 => text::ends_with;
    "eqObj" ("obj1", "obj2") 2 => collection::equal;
    "first" ("X") 1 => collection::first;
    "floor" ("X") 1 => number::floor;
    "format" ("X", "format") 2 => number::format;
    "fromJson" ("X") 1 => json::read;
    "fromStdJson" ("X") 1 => json::read;
    "iif" ("cond", "trueResult", "falseResult") 3 => collection::choose;
    "int" ("X") 1 => convert::int;
    "isDefined" ("names") 1 => system::defined;
    "isNothing" ("X") 1 => collection::is_null;
    "isNull" ("X") 1 => collection::is_null;
    "isVoid" ("X") 1 => collection::is_null;
    "keys" ("X") 1 => collection::keys;
    "last" ("X") 1 => collection::last;
    "loadPlugin" ("path") 1 => system::load_plugin;
    "long" ("X") 1 => convert::int;
    "lower" ("X") 1 => text::lower;
    "max" ("X", "Y") 1 => number::max;
    "min" ("X", "Y") 1 => number::min;
    "now" () 0 => system::now;
    "nullFill" ("X", "Y") 2 => collection::fill;
    "parseExpr" ("X") 1 => json::code;
    "parseJson" ("X") 1 => json::read;
    "print" ("X") 0 + more => system::print;
    "reverse" ("X") 1 => collection::reverse;
    "round" ("X", "precision") 1 => number::round;
    "size" ("X") 1 => collection::size;
    "sleep" ("milliseconds") 1 => system::sleep;
    "split" ("X", "delimiter") 1 => text::split;
    "startsWith" ("X", "str") 2 => text::starts_with;
    "strFind" ("X", "pattern") 2 => text::find;
    "strReplace" ("str", "pattern", "replacement") 3 => text::replace;
    "string" ("X") 1 => convert::string;
    "stringFormat" ("format") 1 + more => text::format;
    "strip" ("X") 1 => text::trim;
    "strlen" ("X") 1 => text::length;
    "substr" ("str", "offset", "length") 2 => text::part;
    "sum" ("X") 1 => number::sum;
    "toJson" ("X") 1 => json::write;
    "toStdJson" ("X") 1 => json::write;
    "trim" ("X") 1 => text::trim;
    "typestr" ("X") 1 => convert::type_name;
    "upper" ("X") 1 => text::upper;
    "values" ("X") 1 => collection::values;
}

/// The function of a name.
pub(crate) fn find(name: &str) -> Option<&'static Builtin> {
    TABLE.binary_search_by(|builtin| builtin.name.cmp(name)).ok().map(|at| &TABLE[at])
}

/// The function that is closest to a misspelled one, among these and the built-in ones, if any is close.
pub(crate) fn nearest<'a>(name: &str, others: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    closest(name, others.into_iter().chain(TABLE.iter().map(|builtin| builtin.name)))
}

/// The name that is closest to a misspelled one, if any is close.
pub(crate) fn closest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = if name.len() < 4 { 1 } else { 2 };
    let near = names.map(|other| (distance(name, other), other));
    let letters = |word: &str| {
        let mut letters = word.to_ascii_lowercase().into_bytes();
        letters.sort_unstable();
        letters
    };
    // Two letters the wrong way round are likelier than two other letters.
    let near = near.filter(|&(distance, _)| distance <= most);
    near.min_by_key(|&(distance, other)| (letters(other) != letters(name), distance, other)).map(|(_, other)| other)
}

/// How many letters differ; the case of a letter does not count.
fn distance(one: &str, two: &str) -> usize {
    if one.len().abs_diff(two.len()) > 2 || one.len() > 64 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in two.bytes().enumerate() {
            let change = diagonal + usize::from(!a.eq_ignore_ascii_case(&b));
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[two.len()]
}

impl Interpreter<'_> {
    /// An argument that must be a STRING; a scalar of another type is none.
    pub(crate) fn text_of<'a>(&self, arguments: &'a Arguments, at: usize) -> Run<&'a str> {
        match arguments.get(at).as_text() {
            Some(text) => Ok(text),
            None => self.mistyped(arguments, at, "a STRING"),
        }
    }

    /// An argument that must be a whole number.
    pub(crate) fn whole_of(&self, arguments: &Arguments, at: usize) -> Run<i64> {
        match arguments.get(at).as_int() {
            Some(number) => Ok(number),
            None => self.mistyped(arguments, at, "a whole number"),
        }
    }

    /// An argument is of a wrong type.
    pub(crate) fn mistyped<T>(&self, arguments: &Arguments, at: usize, wanted: &str) -> Run<T> {
        let message = format!("`{}` takes {wanted}, not {}", arguments.function, arguments.get(at).kind());
        self.error(arguments.span(at), message)
    }

    /// Works on a scalar, or on each element of a vector.
    pub(crate) fn each(
        &mut self,
        value: &Value,
        span: Span,
        work: &mut dyn FnMut(&mut Self, &Value) -> Run<Value>,
    ) -> Run<Value> {
        let Value::Vector(items) = value else { return work(self, value) };
        let mut results = Vec::with_capacity(items.len());
        for item in items.iter() {
            if let Value::Vector(_) = item {
                return self.error(span, "a vector of scalars is expected here, not one of vectors");
            }
            results.push(work(self, item)?);
        }
        Ok(Value::vector(results))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_so_that_every_function_is_found() {
        assert!(TABLE.is_sorted_by_key(|builtin| builtin.name));
        assert!(TABLE.iter().all(|builtin| find(builtin.name).is_some()));
    }

    #[test]
    fn a_misspelled_name_finds_its_neighbour() {
        assert_eq!(nearest("pirnt", []), Some("print"));
        assert_eq!(nearest("httpget", ["httpGet"]), Some("httpGet"));
        assert_eq!(nearest("quite_another", []), None);
    }
}

//! The functions, in safe Rust: their names, the forms that they are called in, and what each does with a row.
//!
//! What a function needs and finds NULL makes its row NULL, and nothing is sent; an argument that may be left out may
//! be NULL as well. A row's fault ends the query, as DuckDB's own functions do it; the `try_` form of a function makes
//! it the row's result, for DuckDB's `TRY` does not take functions that act.

mod calls;
pub(crate) mod ledger;

use hongyan_embed::{Engine, EngineError, Kind as Trouble};

/// What an argument is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// VARCHAR, which JSON passes for, too.
    Text,
    /// BIGINT.
    Integer,
    /// VARCHAR[].
    Texts,
}

/// An argument in a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'a> {
    /// NULL, of any kind.
    Null,
    /// A text.
    Text(&'a str),
    /// A number.
    Integer(i64),
    /// A list of texts; an element may be NULL.
    Texts(Vec<Option<&'a str>>),
}

/// A row's arguments.
#[derive(Clone, Copy)]
struct Row<'a>(&'a [Cell<'a>]);

impl<'a> Row<'a> {
    /// A text; `None` where it is NULL or left out.
    fn text(self, place: usize) -> Option<&'a str> {
        match self.0.get(place) {
            Some(Cell::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// A number; `None` where it is NULL or left out.
    fn integer(self, place: usize) -> Option<i64> {
        match self.0.get(place) {
            Some(Cell::Integer(number)) => Some(*number),
            _ => None,
        }
    }
}

/// A row's result: a text or NULL.
type Outcome = Result<Option<String>, EngineError>;

/// A scalar function with a text as its result.
pub(crate) struct Function {
    /// As SQL calls it.
    pub(crate) name: &'static str,
    /// The arguments that it may be called with.
    pub(crate) forms: &'static [&'static [Kind]],
    /// Whether it only asks: then rows need not wait for each other. What acts goes in the rows' order.
    pub(crate) asks: bool,
    /// Whether a fault is a result.
    tries: bool,
    run: fn(&Engine, Row<'_>) -> Outcome,
}

impl Function {
    /// Computes one row.
    ///
    /// # Errors
    /// In a sentence, which DuckDB shows; it ends the query.
    pub(crate) fn call(&self, engine: &Engine, row: &[Cell<'_>]) -> Result<Option<String>, String> {
        match (self.run)(engine, Row(row)) {
            Err(fault) if self.tries => {
                Ok(Some(serde_json::json!({"error": fault.message, "kind": word(fault.kind)}).to_string()))
            }
            outcome => outcome.map_err(|fault| fault.message),
        }
    }
}

/// A kind of trouble, as a result names it.
const fn word(kind: Trouble) -> &'static str {
    match kind {
        Trouble::Argument => "argument",
        Trouble::Settings => "settings",
        Trouble::Forbidden => "forbidden",
        Trouble::Unreachable => "unreachable",
        Trouble::NoAnswer => "no_answer",
        Trouble::Refused => "refused",
        Trouble::Internal => "internal",
    }
}

const T: Kind = Kind::Text;
const N: Kind = Kind::Integer;
const L: Kind = Kind::Texts;

/// `(url, [params], [timeout_ms], [headers], [config])`.
const HTTP: &[&[Kind]] = &[&[T], &[T, T], &[T, T, N], &[T, T, N, T], &[T, T, N, T, T]];
/// `(user, password, recipient, subject, body, [msg])`; the recipient is one, a JSON array, or a list.
const MAIL: &[&[Kind]] = &[&[T, T, T, T, T], &[T, T, L, T, T], &[T, T, T, T, T, T], &[T, T, L, T, T, T]];

const fn asks(name: &'static str, forms: &'static [&'static [Kind]], run: fn(&Engine, Row<'_>) -> Outcome) -> Function {
    Function { name, forms, asks: true, tries: false, run }
}

const fn acts(name: &'static str, forms: &'static [&'static [Kind]], run: fn(&Engine, Row<'_>) -> Outcome) -> Function {
    Function { name, forms, asks: false, tries: false, run }
}

const fn tried(name: &'static str, function: Function) -> Function {
    Function { name, tries: true, ..function }
}

const GET: Function = asks("http_get", HTTP, calls::get);
const POST: Function = acts("http_post", HTTP, calls::post);
const PUT: Function = acts("http_put", HTTP, calls::put);
const DELETE: Function = acts("http_delete", HTTP, calls::delete);
const EMAIL: Function = acts("send_email", MAIL, calls::send_email);
const SUBMIT: Function = acts("hongyan_post", &[&[T], &[T, T]], calls::submit);
const STATUS: Function = asks("hongyan_status", &[&[T]], calls::status);

/// All scalar functions.
pub(crate) static ALL: &[Function] = &[
    GET,
    POST,
    PUT,
    DELETE,
    EMAIL,
    SUBMIT,
    STATUS,
    tried("try_http_get", GET),
    tried("try_http_post", POST),
    tried("try_http_put", PUT),
    tried("try_http_delete", DELETE),
    tried("try_send_email", EMAIL),
    tried("try_hongyan_post", SUBMIT),
    tried("try_hongyan_status", STATUS),
    acts("email_smtp_config", &[&[T, T], &[T, T, N]], calls::email_smtp_config),
    acts("hongyan_config", &[&[T], &[T, T]], calls::config),
    acts("hongyan_version", &[&[]], |_, _| Ok(Some(env!("CARGO_PKG_VERSION").into()))),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn find(name: &str) -> &'static Function {
        ALL.iter().find(|function| function.name == name).unwrap()
    }

    #[test]
    fn what_is_needed_and_null_makes_the_row_null() {
        let engine = Engine::new();
        for name in ["http_get", "http_post", "hongyan_post", "hongyan_status", "hongyan_config", "try_http_get"] {
            assert_eq!(find(name).call(&engine, &[Cell::Null]), Ok(None), "{name}");
        }
        let (user, password, text) = (Cell::Text("a@example.com"), Cell::Text("p"), Cell::Text("x"));
        for recipient in [Cell::Null, Cell::Texts(vec![Some("b@example.com"), None])] {
            let row = [user.clone(), password.clone(), recipient, text.clone(), text.clone()];
            assert_eq!(find("send_email").call(&engine, &row), Ok(None));
        }
    }

    #[test]
    fn a_key_that_came_out_null_is_no_send_without_a_key() {
        let row = [Cell::Text(r#"{"to":[{"userid":"ww0001"}],"content":{"text":"x"}}"#), Cell::Null];
        let fault = find("hongyan_post").call(&Engine::new(), &row).unwrap_err();
        assert!(fault.contains("key is NULL"), "{fault}");
    }

    #[test]
    fn a_try_makes_the_fault_a_result_with_its_kind() {
        let row = [Cell::Text("http://127.0.0.1:9/")];
        let fault = find("http_get").call(&Engine::new(), &row).unwrap_err();
        let result = find("try_http_get").call(&Engine::new(), &row).unwrap().unwrap();
        let result: serde_json::Value = serde_json::from_str(&result).unwrap();
        assert_eq!(result, serde_json::json!({"error": fault, "kind": "forbidden"}));
    }

    #[test]
    fn no_two_functions_or_forms_are_alike() {
        for (place, function) in ALL.iter().enumerate() {
            assert!(ALL[..place].iter().all(|other| other.name != function.name), "{}", function.name);
            for (place, form) in function.forms.iter().enumerate() {
                assert!(!function.forms[..place].contains(form), "{} {form:?}", function.name);
            }
        }
    }
}

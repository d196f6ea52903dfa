//! Whatever text comes in: it is read or refused, run or stopped; nothing panics, hangs or overflows a stack.
//!
//! `HONGYAN_FUZZ_CASES` sets how many cases each test tries.

use crate::language::FORMS;
use crate::recipes::TOKEN_RECIPE;
use crate::world::World;
use hongyan_script::{Interpreter, Limits, Options, Script, Value};
use proptest::prelude::*;
use std::time::{Duration, Instant};

const LIMITS: Limits = Limits {
    source_bytes: 1 << 20,
    nesting: 64,
    steps: 20_000,
    memory_bytes: 1 << 20,
    call_depth: 32,
    value_depth: 32,
    output_bytes: 1 << 16,
};

fn config() -> ProptestConfig {
    let cases = std::env::var("HONGYAN_FUZZ_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(256);
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 2000, ..ProptestConfig::default() }
}

/// Reads a text and, when it can be read, runs it; draws whatever is wrong with it.
fn survive(text: &str) {
    let start = Instant::now();
    match Script::parse_with("fuzz", text, &LIMITS) {
        Err(errors) => {
            assert!(!errors.is_empty() && errors.len() <= 20);
            let source = hongyan_script::Source::new("fuzz", text);
            for error in &errors {
                assert!(text.get(error.place.span.range()).is_some(), "a span off the text: {error}");
                assert!(!error.render(&source, false).is_empty());
            }
        }
        Ok(script) => {
            let mut world = World::replying(r#"{"errcode":0,"list":[{"id":1},{"id":2}],"text":"x"}"#);
            let options = Options { limits: LIMITS, ..Options::default() };
            match Interpreter::new(&mut world, options).run(&script) {
                Ok(outcome) => assert!(outcome.steps <= LIMITS.steps),
                Err(error) => assert!(!error.render(script.source(), true).is_empty()),
            }
        }
    }
    assert!(start.elapsed() < Duration::from_secs(20), "too slow: {text}");
}

/// Words that scripts are made of, good and bad.
const WORDS: &[&str] = &[
    "a",
    "b",
    "x",
    "d",
    "f",
    "print",
    "keys",
    "dict",
    "string",
    "int",
    "ANY",
    "httpClient",
    "::",
    "httpGet",
    "httpPost",
    "sendEmail",
    "if",
    "else",
    "for",
    "in",
    "do",
    "while",
    "try",
    "catch",
    "throw",
    "def",
    "return",
    "break",
    "continue",
    "assert",
    "use",
    "true",
    "false",
    "NULL",
    "and",
    "or",
    "not",
    "mutable",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    ",",
    ";",
    ".",
    "..",
    ":",
    "?",
    "=",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "+",
    "-",
    "*",
    "/",
    "\\",
    "%",
    "+=",
    "-=",
    "!",
    "&&",
    "||",
    "&",
    "|",
    "->",
    "@",
    "#",
    "\n",
    " ",
    "1",
    "0",
    "2.5",
    "9223372036854775807",
    "'a'",
    "\"b\"",
    "`c",
    "`a@b.c",
    "'",
    "\"",
    "//",
    "/*",
    "*/",
    "，",
    "“",
    "中",
    "append!",
    ".append!(1)",
    "parseExpr('[1,{\"k\":2}]').eval()",
    "select",
    "from",
    "@testing: case=\"t\"",
    "size",
    "split",
    "concat",
    "(a",
    "x=",
    "x+=",
    "d[`k]",
];

fn soup() -> impl Strategy<Value = String> {
    prop::collection::vec((prop::sample::select(WORDS), any::<bool>()), 0..60).prop_map(|words| {
        words.iter().map(|(word, apart)| if *apart { format!("{word} ") } else { (*word).to_owned() }).collect()
    })
}

/// Expressions that can be read.
fn expression() -> impl Strategy<Value = String> {
    let leaf = prop::sample::select(vec![
        "1",
        "-2",
        "0",
        "3.5",
        "'a'",
        "\"bc\"",
        "`s",
        "true",
        "false",
        "NULL",
        "a",
        "b",
        "d",
        "v",
        "1 2 3",
        "'x''y'",
        "(0:3)",
        "(0..4)",
        "d['k']",
        "d.k",
        "v[0]",
        "keys d",
        "9223372036854775807",
    ])
    .prop_map(str::to_owned);
    leaf.prop_recursive(6, 48, 4, |inner| {
        let operator =
            prop::sample::select(vec!["+", "-", "*", "/", "\\", "%", "==", "!=", "<", ">=", "&&", "||", "in"]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, o, b)| format!("{a} {o} {b}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            (inner.clone(), inner.clone(), inner.clone()).prop_map(|(c, a, b)| format!("({c}) ? ({a}) : ({b})")),
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("(({a}),({b}))")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})[{b}]")),
            inner.clone().prop_map(|a| format!("({a}).k")),
            (
                prop::sample::select(vec![
                    "f",
                    "string",
                    "int",
                    "double",
                    "size",
                    "keys",
                    "values",
                    "concat",
                    "split",
                    "upper",
                    "strlen",
                    "toStdJson",
                    "fromStdJson",
                    "max",
                    "sum",
                    "all",
                    "round",
                    "typestr",
                    "isNull",
                    "reverse",
                    "parseExpr",
                    "g",
                    "print",
                ]),
                prop::collection::vec(inner, 0..3)
            )
                .prop_map(|(f, items)| format!("{f}({})", items.join(","))),
        ]
    })
}

/// Programs that can be read.
fn program() -> impl Strategy<Value = String> {
    let simple = (
        prop::sample::select(vec![
            "a=", "b=", "v=", "d['k']=", "v[0]=", "a+=", "d[`n]+=", "print ", "assert ", "throw ",
        ]),
        expression(),
    )
        .prop_map(|(start, expr)| format!("{start}{expr}"));
    let statement = simple.prop_recursive(4, 32, 4, |inner| {
        let block = prop::collection::vec(inner, 0..4).prop_map(|inner| format!("{{\n{}\n}}", inner.join("\n")));
        prop_oneof![
            (expression(), block.clone(), block.clone()).prop_map(|(c, a, b)| format!("if({c}) {a} else {b}")),
            (expression(), block.clone()).prop_map(|(e, b)| format!("for(x in {e}) {b}")),
            (block.clone(), expression()).prop_map(|(b, c)| format!("do {b} while({c})")),
            (block.clone(), block.clone()).prop_map(|(a, b)| format!("try {a} catch(ex) {b}")),
            block.prop_map(|b| format!("if(true) {b}")),
        ]
    });
    prop::collection::vec(statement, 0..6).prop_map(|statements| {
        format!(
            "a=1; b='t'; v=[1,2]; d=dict(STRING, ANY); d['k']=v\ndef f(x=1, y=2, z=3) {{ return x }}\ndef g(mutable x) {{ x+=x\nreturn g(x) }}\n{}",
            statements.join("\n")
        )
    })
}

/// A sample with some of it cut out, doubled or replaced.
fn mutated() -> impl Strategy<Value = String> {
    let samples: Vec<String> =
        FORMS.iter().map(|(text, _)| (*text).to_owned()).chain([TOKEN_RECIPE.to_owned()]).collect();
    let edit = (any::<prop::sample::Index>(), 0_usize..4, 0_usize..12, prop::sample::select(WORDS));
    (prop::sample::select(samples), prop::collection::vec(edit, 1..6)).prop_map(|(text, edits)| {
        let mut chars: Vec<char> = text.chars().collect();
        for (at, kind, length, word) in edits {
            let at = at.index(chars.len() + 1);
            let end = (at + length).min(chars.len());
            match kind {
                0 => drop(chars.drain(at..end)),
                1 => drop(chars.splice(at..at, word.chars())),
                2 => drop(chars.splice(at..end, word.chars())),
                _ => {
                    let part: Vec<char> = chars[at..end].to_vec();
                    drop(chars.splice(at..at, part));
                }
            }
        }
        chars.into_iter().collect()
    })
}

/// JSON values with whole numbers, so that what is read can be compared exactly.
fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value as Json;
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<f64>().prop_filter("finite", |number| number.is_finite()).prop_map(Json::from),
        any::<String>().prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Json::from),
            prop::collection::vec((".{0,6}", inner), 0..5)
                .prop_map(|entries| Json::Object(entries.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        survive(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}") {
        survive(&text);
    }

    #[test]
    fn any_words_are_survived(text in soup()) {
        survive(&text);
    }

    #[test]
    fn any_program_is_survived(text in program()) {
        survive(&text);
    }

    #[test]
    fn what_is_made_of_the_grammar_is_read(text in expression()) {
        let read = Script::parse("t", &format!("x={text}"));
        prop_assert!(read.is_ok(), "{:?}", read.err());
    }

    #[test]
    fn any_mutation_of_a_sample_is_survived(text in mutated()) {
        survive(&text);
    }

    #[test]
    fn json_is_read_as_it_was_written(json in json()) {
        let read = Value::from_json_text(&json.to_string()).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(&read.to_json(), &json);
        prop_assert_eq!(&Value::from(&json).to_json(), &json);
    }

    #[test]
    fn a_text_is_json_for_us_when_it_is_for_everyone(text in r#"[\[\]{}:,"'0-9a-e.+\-ntruelfs \\]{0,24}"#) {
        let ours = Value::from_json_text(&text).is_ok();
        prop_assert_eq!(ours, serde_json::from_str::<serde_json::Value>(&text).is_ok());
    }
}

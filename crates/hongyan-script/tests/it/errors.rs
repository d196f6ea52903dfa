//! What goes wrong while running: where, what, and what to write instead.

use crate::world::{World, parse, reply};
use hongyan_script::{Interpreter, Kind, Options, ScriptError};

fn fails(text: &str) -> ScriptError {
    let mut world = World::new(|_| Ok(reply(200, r#"{"errcode":0,"department":[{"id":7}],"secret":"hush"}"#)));
    let script = parse(text);
    let error = Interpreter::new(&mut world, Options::default()).run(&script).expect_err(text);
    let drawn = error.render(script.source(), false);
    assert!(drawn.contains("test.dos:"), "{drawn}");
    assert!(!drawn.contains("hush"), "a value was told: {drawn}");
    assert!(error.render(script.source(), true).contains('\u{1b}'));
    error
}

#[test]
fn every_error_names_its_place_and_the_right_form() {
    let body = "body=parseExpr(httpClient::httpGet('x').text).eval(); ";
    for (text, line, column, message, hint) in [
        ("print nope", 1, 7, "`nope` is not defined", "--define"),
        ("total=1\nprint totl", 2, 7, "`totl` is not defined", "`total`"),
        ("x=1\ny=x.size", 2, 5, "an INT has no member `size`", "x.size()"),
        ("d['a']=1", 1, 1, "`d` is not defined", "d=dict(STRING, ANY)"),
        ("pirnt(1)", 1, 1, "there is no function `pirnt`", "`print`"),
        ("httpGet('x')", 1, 1, "there is no function `httpGet`", "httpClient::httpGet"),
        ("httpClient::httpGit('x')", 1, 13, "no function `httpGit` in `httpClient`", "httpGet"),
        ("mail::send('x')", 1, 7, "no function `send` in `mail`", "httpClient has"),
        ("x='a'-1", 1, 3, "`-` of a STRING and an INT", ""),
        ("x='0'==0", 1, 3, "`==` of a STRING and an INT", "string(…)"),
        ("v=1 2\nx=v[2]", 2, 5, "[0] to [1]", ""),
        ("v=[]\nx=v[0]", 2, 5, "the vector is empty", ""),
        ("v=1 2\nv[5]=1", 2, 3, "has 2 elements", ""),
        ("x=NULL.y", 1, 8, "is NULL and has no member `y`", "spelled"),
        ("if('a') {}", 1, 4, "a condition is a BOOL, not a STRING", ""),
        ("if([1,2]==[1,2]) {}", 1, 4, "a condition is one BOOL", "all("),
        ("for(x in dict(`a`b,1 2)) {}", 1, 10, "cannot be walked", "keys("),
        ("def f(a) { return a }\nf()", 2, 1, "`f` needs the argument `a`", ""),
        ("def f(a) { return a }\nf(1,2)", 2, 5, "takes 1 arguments, not 2", ""),
        ("def f(a) { return a }\nf(b=1)", 2, 3, "no parameter `b`", "a"),
        ("g=1\ndef f() { return g }\nf()", 2, 18, "`g` is not defined", "pass `g`"),
        ("substr('a')", 1, 1, "`substr` needs the argument `offset`", "substr("),
        ("parseExpr('<html>').eval()", 1, 1, "not JSON: line 1, column 1: found `<`: this is HTML", "never evaluated"),
        ("parseExpr('1+2').eval()", 1, 1, "there is more text after the JSON value", "never evaluated"),
        ("parseExpr('{\"a\":1},{\"a\":2}').eval()", 1, 1, "there is more text", ""),
        ("parseExpr('{\"a\":1,}').eval()", 1, 1, "trailing comma", ""),
        ("x='1'\nx.eval()", 2, 1, "`eval` of a STRING", "parseExpr(text).eval()"),
        ("x=9223372036854775807+1", 1, 3, "does not fit in 64 bits", ""),
        ("x=dict(`a, 1 2)", 1, 3, "1 keys and 2 values", ""),
        ("d=dict(string,int); d['a']='x'", 1, 28, "a STRING does not fit a STRING->LONG DICTIONARY", ""),
        ("throw 'my own'", 1, 1, "my own", ""),
    ] {
        let error = fails(text);
        assert_eq!((error.place.line, error.place.column), (line, column), "{text}: {error}");
        assert!(error.message.contains(message), "{text}: {error}");
        assert!(error.hint.as_deref().unwrap_or_default().contains(hint), "{text}: {error}");
    }
    for (text, message, hint) in [
        ("x=body[0].id", "dictionary with STRING keys", "body.department[0]"),
        ("x=body.deparment.id", "`body.deparment` is NULL", "spelled"),
        ("x=body.errcode.x", "an INT has no member `x`", ""),
    ] {
        let error = fails(&format!("{body}{text}"));
        assert!(error.message.contains(message), "{error}");
        assert!(error.hint.as_deref().unwrap_or_default().contains(hint), "{error}");
    }
    let error = fails("ret=httpClient::httpGet('x')\nprint ret.text.errcode");
    assert!(error.hint.as_deref().unwrap_or_default().contains("parseExpr(ret.text).eval().errcode"), "{error}");
}

#[test]
fn an_error_in_a_function_tells_its_calls() {
    let error = fails("def inner(x) {\n  return x.y.z\n}\ndef outer(x) { return inner(x) }\nouter(dict(`a, 1))");
    assert_eq!(error.place.line, 2);
    let calls: Vec<_> = error.calls.iter().map(|call| (call.function.as_str(), call.line)).collect();
    assert_eq!(calls, [("inner", 4), ("outer", 5)]);
}

#[test]
fn what_is_thrown_has_a_kind_of_its_own() {
    assert_eq!(fails("throw 'x'").kind(), Kind::Thrown);
    assert_eq!(fails("x=1+[1][9]").kind(), Kind::Run);
}

#[test]
fn a_drawn_error_shows_the_line_and_points_into_it() {
    let script = parse("a='鸿雁'\nb=a+c");
    let error = Interpreter::new(&mut World::replying(""), Options::default()).run(&script).unwrap_err();
    let drawn = error.render(script.source(), false);
    for part in ["error", "`c` is not defined", "test.dos:2:5", "b=a+c", "^"] {
        assert!(drawn.contains(part), "{part} in\n{drawn}");
    }
}

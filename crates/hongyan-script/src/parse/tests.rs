//! Every form of statement, and every mistake with its place and what was expected.

use crate::{Kind, Limits, Script};

fn parses(text: &str) -> Script {
    Script::parse("test", text).unwrap_or_else(|errors| panic!("{text}\n{errors:?}"))
}

#[test]
fn every_form_of_the_tutorials_is_read() {
    for text in [
        "loadPlugin(\"/opt/plugins/PluginHttpClient.txt\");",
        "url = 'https://example.com/cgi-bin/gettoken';",
        "param=dict(string,string);",
        "param['corpid']=ID;",
        "param[`corpid]='ww0001'",
        "ret=httpClient::httpGet(url,param,1000);",
        "ret=httpClient::httpPost(url,param,1000,header);",
        "res=httpClient::sendEmail(user,psw,recipient,'This is a subject','It is a text');",
        "print ret['text'];",
        "body = parseExpr(ret.text).eval();",
        "ERRCODE=body.errcode;",
        "DEPTID=string(body.department[0].id);",
        "url+='access_token='+ACCESS_TOKEN;",
        "assert  res[`responseCode]==250;",
        "to='a@example.com''b@example.com''c@example.com';",
    ] {
        assert_eq!(parses(text).program().statements.len(), 1, "{text}");
    }
}

#[test]
fn the_rest_of_the_language_is_read() {
    for (text, statements) in [
        ("a=1; b=2\nc=3 // d\n/* e */ f=4", 4),
        ("def f(a, mutable b, c=1) { return a + c }\nprint f(1, 2)", 2),
        ("def f(x): x + 1", 1),
        ("if(a==1) { b=1 } else if (a==2) { b=2 } else { b=3 }", 1),
        ("if(a) b=1; else b=2\nc=3", 2),
        ("if(a)\n{\n b=1\n}\nelse\n{\n b=2\n}\nc=1", 2),
        ("for(i in 0:10) { s+=i }", 1),
        ("for(x in [1,2]) print x", 1),
        ("do { i+=1; if(i>3) break; else continue } while(i<10)", 1),
        ("try { throw 'x' } catch(ex) { print ex }", 1),
        ("assert 1, a==b", 1),
        ("@testing: case=\"one\"\nassert a==b", 2),
        ("x=[1,2,\n 3]\ny=(1,'a')\nz=1 2 3", 3),
        ("a=1 +\n 2\nb=-1\nc=!a && b || c", 3),
        ("x\n.f()\n.g(1)", 1),
        ("f(a,,c, d=1)\nv.append!(1)\nappend!(v, 1)", 3),
        ("keys d\nd.keys()\nprint keys d\nprint -1\nprint [1,2]\nprint (a)+b", 6),
        ("x=a ? 'b' : 'c'\ny=iif(a,1,2)\nz=a in b", 3),
        ("use httpClient\nx=httpGet(url)\n::f(1)", 3),
        ("httpClient::httpGet url", 1),
        ("for(x in keys d) {}", 1),
        ("t=`a@example.com`b.c`d-e", 1),
        ("a=\r\n'b'\r\nc=1", 2),
        ("select=1\nselect+=1\ngo=2\nprint select", 4),
        ("x=1\\2\ny=0..9\nz=v[0:2]", 3),
        ("a='{\n \"k\":1\n}'", 1),
    ] {
        assert_eq!(parses(text).program().statements.len(), statements, "{text}");
    }
}

#[test]
fn a_mistake_is_told_with_line_column_and_what_was_expected() {
    for (text, line, column, expected) in [
        ("a=1\nb=(2", 2, 5, "`,` or `)`"),
        ("a=\n", 1, 3, "an expression"),
        ("if(x=1) {}", 1, 5, "`)`"),
        ("d.k='v'", 1, 1, "`d['k'] = …`"),
        ("f(x)=1", 1, 1, "a variable or an element, as in `x = …` or `d['key'] = …`"),
        ("a='b", 1, 3, "a closing '"),
        ("print 'a' b", 1, 11, "`;` or the end of the line"),
        ("a=1，b", 1, 4, "`,`"),
        ("for(x of y) {}", 1, 7, "`in`"),
        ("do { } until(1)", 1, 8, "`while(…)` after the block of a `do`"),
        ("try { }", 1, 8, "`catch(ex) { … }` after the block of a `try`"),
        ("def (x) {}", 1, 5, "the function's name"),
        ("while(1) {}", 1, 1, "`do { … } while(condition)` or `for(x in …)`"),
        ("x={\"a\":1}", 1, 3, "an expression"),
        ("if(a) {\n b=1\n", 1, 7, "`}` before the end of the script"),
        ("a=[1,2", 1, 7, "`,` or `]`"),
        ("x=a ? b", 1, 8, "`:` of `c ? x : y`"),
        ("m::f", 1, 5, "`(` with the arguments of `f`"),
        ("print(1+2))", 1, 11, "`;` or the end of the line"),
        ("i++", 1, 2, "`;` or the end of the line"),
    ] {
        let errors = Script::parse("test", text).expect_err(text);
        let first = &errors[0];
        assert_eq!(
            (first.place.line, first.place.column, first.expected.as_deref()),
            (line, column, Some(expected)),
            "{text}: {first}"
        );
        assert_eq!(first.place.source_line, text.lines().nth(line - 1).unwrap_or_default());
        assert!(!first.render(&crate::Source::new("test", text), false).is_empty());
    }
}

#[test]
fn a_stray_character_between_a_dot_and_a_name_is_told_and_no_more() {
    assert_eq!(Script::parse("t", "a.\u{16800}a=").unwrap_err().len(), 1);
}

#[test]
fn several_mistakes_are_told_at_once_and_no_more_than_twenty() {
    let errors = Script::parse("t", "a=\nb=1\nc=)\nif(x) { d=]; e=1 }\nf=(").unwrap_err();
    assert_eq!(errors.iter().map(|error| error.place.line).collect::<Vec<_>>(), [1, 3, 4, 5], "{errors:?}");
    assert_eq!(Script::parse("t", &"a=\n".repeat(1000)).unwrap_err().len(), 20);
}

#[test]
fn tables_sql_and_streaming_are_refused_by_name() {
    for (text, named) in [
        ("select * from t", "select"),
        ("x = select a from t where b", "select"),
        ("exec count(*) from t", "exec"),
        ("update t set a=1", "update"),
        ("delete from t", "delete"),
        ("insert into t values(1)", "insert"),
        ("share t as s", "share"),
        ("t=table(1 2 as a)", "table"),
        ("subscribeTable(tableName=`a)", "subscribeTable"),
        ("submitJob('a','b',f)", "submitJob"),
        ("t.loadTable('a')", "loadTable"),
        ("streamTable(1:0, `a, [INT])", "streamTable"),
        ("timer(5) { f() }", "timer"),
        ("a=1\ngo\nb=2", "go"),
        ("#include 'x.dos'", "#include"),
        ("f = x->x+1", "lambda"),
        ("g = def(x) { return x }", "function"),
        ("f{1,2}", "partial"),
        ("&a=b", "&x"),
        ("eval('1+1')", "eval"),
        ("d=2020.01.31", "date"),
        ("m[1,2]", "two dimensions"),
    ] {
        let errors = Script::parse("test", text).expect_err(text);
        let refused = errors.iter().find(|error| error.kind() == Kind::Refused).unwrap_or_else(|| panic!("{errors:?}"));
        assert!(refused.message.contains(named), "{text}: {refused}");
        assert!(refused.hint.is_some(), "{text}");
    }
    parses("def table(x) { return x }\nprint table(1)");
}

#[test]
fn every_construct_may_be_repeated_and_only_so_deep_nested() {
    const MANY: usize = 100_000;
    let limits = Limits { source_bytes: usize::MAX, ..Limits::default() };
    for (open, close) in [
        ("(", ")"),
        ("[", "]"),
        ("-", ""),
        ("- ", ""),
        ("!", ""),
        ("not ", ""),
        ("f(", ")"),
        ("f ", ""),
        ("print ", ""),
        ("{", "}"),
        ("if(1)", ""),
        ("if(1){", "}"),
        ("do{", "}while(1)"),
        ("for(x in y){", "}"),
        ("try{", "}catch(e){}"),
        ("a[", "]"),
        ("a?", ":b"),
        ("a?b:", ""),
        ("def f(x=", ")"),
        ("return ", ""),
        ("x=", ""),
        ("1:", ""),
        ("assert ", ""),
        ("a.b(", ")"),
    ] {
        let text = format!("{}1{}", open.repeat(MANY), close.repeat(MANY));
        assert!(Script::parse_with("t", &text, &limits).is_err(), "{open}");
    }
    for (first, more) in [
        ("a", "+b"),
        ("a", "-b*c"),
        ("a", "&&b"),
        ("a", ".b"),
        ("a", "[0]"),
        ("a", ".f(1)"),
        ("1", " 2"),
        ("'a'", "'b'"),
        ("a=1", ";b=2"),
        ("if(1){}", "else if(2){}"),
        ("a", "==b"),
        ("f(1", ",2"),
    ] {
        let text = format!("{first}{}{}", more.repeat(MANY), if first == "f(1" { ")" } else { "" });
        let script = Script::parse_with("t", &text, &limits).unwrap_or_else(|errors| panic!("{more}: {errors:?}"));
        drop(script);
    }
}

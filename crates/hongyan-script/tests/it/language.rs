//! What each form of the language does.

use crate::world::{World, printed, reply, run};
use hongyan_script::{HostError, Interpreter, Options, Value};
use std::collections::BTreeMap;

/// Scripts with what they print.
pub(crate) const FORMS: &[(&str, &str)] = &[
    ("print 1+2*3", "7"),
    ("print (1+2)*3", "9"),
    ("print(1+2)", "3"),
    ("print -1", "-1"),
    ("print 7/2", "3"),
    ("print 7\\2", "3.5"),
    ("print 7.0/2", "3.5"),
    ("print 'a'+'b'+1", "ab1"),
    ("x='a'; x+='b'; x+=1; print x", "ab1"),
    ("x=10; x-=1; x*=2; x/=4; x%=3; print x", "1"),
    ("print 1 2 3", "[1,2,3]"),
    ("print [1,2,3]+1", "[2,3,4]"),
    ("print 1 2 3+4 5 6", "[5,7,9]"),
    ("print 'a@x.example''b@x.example'", "[\"a@x.example\",\"b@x.example\"]"),
    ("print `a@x.example`b@x.example", "[\"a@x.example\",\"b@x.example\"]"),
    ("x=(1,'a',[2]); print x", "(1,\"a\",[2])"),
    ("print 'x'", "x"),
    ("print typestr('x')", "STRING"),
    ("print \"it's\"", "it's"),
    ("print 'a\\tb\\\\c\\'d'", "a\tb\\c'd"),
    ("d=dict(string,string); d['k']='v'; print d['k']+d[`k]+d.k", "vvv"),
    ("d=dict(STRING, ANY); d['a']=1; d['b']=[1,2]; print d", "a->1\nb->[1,2]"),
    ("d=dict(string,string); d['n']=123; print typestr(d.n)", "STRING"),
    ("d=dict(`a`b, 1 2); print d.b", "2"),
    ("d=dict(`b`a, 1 2, true); print keys d", "[\"b\",\"a\"]"),
    ("d=dict(string,any); d.x; print d.keys()", "[]"),
    ("d=dict(`a`b, 1 2); print isNull(d.c)", "true"),
    ("d=dict(`a`b, 1 2); d['a']+=10; print d.a", "11"),
    ("d=dict(1 2, `x`y); print d[2]", "y"),
    ("d=dict(STRING,ANY); d['v']=[1]; d['v'].append!(2); append!(d['v'], 3); print d.v", "[1,2,3]"),
    ("d=dict(`a`b, 1 2); d.erase!('a'); print keys(d)", "[\"b\"]"),
    ("v=[1,2]; v.append!(3 4); print v; ", "[1,2,3,4]"),
    ("v=[[1,2],[3]]; v[0][1]=9; print v[0]", "[1,9]"),
    ("v=1 2 3 4; print v[1:3]", "[2,3]"),
    ("v=`a`b`c; print v[2 0]", "[\"c\",\"a\"]"),
    ("a=[1]; b=a; b.append!(2); print size(a)", "1"),
    ("if(1>2) print 'a'; else if(2>1) print 'b'; else print 'c'", "b"),
    ("s=0; for(i in 0:5) { s+=i }; print s", "10"),
    ("s=''; for(x in `a`b`c) s+=x; print s", "abc"),
    ("s=0; for(i in 0..4) s+=i; print s", "10"),
    ("i=0; do { i+=1; if(i==2) continue; if(i>4) break } while(i<10); print i", "5"),
    ("try { x=1+[1,2][7] } catch(ex) { print 'caught' }", "caught"),
    ("try { throw 'odd' } catch(ex) { print ex }", "\"USER\" : \"odd\""),
    ("try { throw 'odd' } catch(ex) { print ex[0]+'/'+ex[1]+'/'+ex }", "USER/odd/odd"),
    ("try { try { throw 'a' } catch(e) { throw e } } catch(f) { print f.message }", "a"),
    ("def f(a, b=10) { return a+b }\nprint f(1)", "11"),
    ("def f(a, b=10) { return a+b }\nprint f(1, b=2)", "3"),
    ("def f(a, b=10): a*b\nprint f(2,)", "20"),
    ("def add(mutable v, x) { v.append!(x) }\nv=[1]; add(v, 2); v.add(3); print v", "[1,2,3]"),
    ("def f(n) { if(n<2) return 1; return n*f(n-1) }\nprint f(10)", "3628800"),
    ("print f(1)\ndef f(x): x+1", "2"),
    ("def f() { return }\nprint isNull(f())", "true"),
    ("x=5\nprint x>3 ? 'big' : 'small'", "big"),
    ("print iif(1==1, 'y', 'n')", "y"),
    ("print !true || 1==1 && not false", "true"),
    ("print false && undefined_name", "false"),
    ("print 'b' in `a`b", "true"),
    ("print 3 in 0:3", "false"),
    ("print `k in dict(`k`l, 1 2)", "true"),
    ("print [1,2]==[1,3]", "[true,false]"),
    ("print all([1,2]==[1,2])", "true"),
    ("print NULL==NULL", "true"),
    ("print 1/0", "NULL"),
    ("print size(1 2 3)+strlen('中文')", "5"),
    ("print 'a,b'.split(',').size()", "2"),
    ("print concat(`a`b`c, '-')", "a-b-c"),
    ("print strReplace('a-b-c', '-', '+')", "a+b+c"),
    ("print substr('鸿雁传书', 1, 2)", "雁传"),
    ("print strFind('鸿雁传书', '传')", "2"),
    ("print startsWith('abc', 'ab') && endsWith('abc', 'bc')", "true"),
    ("print upper('a')+lower('B')+trim('  c ')", "Abc"),
    ("print string(1.50)+string(3.0)+string(true)+string(NULL)", "1.53true"),
    ("print int('42')+int(3.9)+int(true)", "46"),
    ("print isNull(int('x'))", "true"),
    ("print double('1.5')*2", "3"),
    ("print format(1234.5678, '#,##0.00')", "1,234.57"),
    ("print stringFormat('%s has %d, 100%%', 'x', 3)", "x has 3, 100%"),
    ("print max(1 5 3)+min(4, 2)+abs(-1)+round(2.6)", "11"),
    ("print round(3.14159, 2)", "3.14"),
    ("print parseExpr('{\"a\":{\"b\":[1,2]}}').eval().a.b[1]", "2"),
    ("print typestr(parseExpr('[\"a\",\"b\"]').eval())", "STRING VECTOR"),
    ("print typestr(parseExpr('9007199254740993').eval())", "LONG"),
    ("b=parseExpr('{\"l\":[{\"id\":1},{\"id\":2}]}').eval(); print b.l.id", "[1,2]"),
    ("print parseExpr('{\"s\":\"\\u9e3f\\/\"}').eval().s", "鸿/"),
    ("print fromStdJson('{\"n\":1}').n", "1"),
    ("d=dict(STRING,ANY); d['a']=`x`y; d['b']=NULL; print toStdJson(d)", "{\"a\":[\"x\",\"y\"],\"b\":null}"),
    ("print defined(`print) && !isDefined('nope')", "true"),
    ("a=1 // one\n/* two */ print a", "1"),
    ("print nullFill(NULL, 'x')", "x"),
    ("print eqObj(dict(`a`b, 1 2), dict(`b`a, 2 1))", "true"),
    ("x=[1,2,\n  3]\nprint x.size()", "3"),
    ("print 'a' +\n 'b'", "ab"),
    ("return 1\nprint 'never'", ""),
    ("b=true; b=!b; print b", "false"),
    ("print 1.5e3", "1500"),
    ("print -2 3", "[-2,3]"),
];

#[test]
fn every_form_does_what_it_does_in_the_database() {
    for (text, expected) in FORMS {
        let lines = printed(text);
        assert_eq!(lines.join("\n"), *expected, "{text}");
    }
}

#[test]
fn calls_reach_the_host_with_skipped_and_named_arguments() {
    let mut world = World::new(|call| {
        assert_eq!((call.module.as_str(), call.function.as_str()), ("httpClient", "httpGet"));
        assert_eq!(call.positional.len(), 4);
        assert_eq!(call.positional[0].as_ref().and_then(Value::as_text), Some("http://127.0.0.1:1/x"));
        assert!(call.positional[1].is_none() && call.positional[2].is_none());
        assert_eq!(call.named.len(), 1);
        Ok(reply(404, "gone"))
    });
    run(&mut world, "\nret = httpClient::httpGet('http://127.0.0.1:1/x',,,'a:b',config=NULL)\nprint ret.responseCode");
    assert_eq!(world.calls, [("httpGet".to_owned(), 2)]);
    assert_eq!(world.printed, ["404"]);
}

#[test]
fn names_of_a_used_module_need_no_prefix() {
    let mut world = World::replying("ok");
    run(&mut world, "use httpClient\nprint httpGet('http://127.0.0.1').text\nloadPlugin('x.txt')");
    assert_eq!(world.printed, ["ok"]);
}

#[test]
fn what_the_host_refuses_is_caught_by_the_script() {
    let mut world = World::new(|_| Err(HostError::new("curl returns: Timeout was reached")));
    run(&mut world, "try { httpClient::httpGet('http://127.0.0.1') } catch(ex) { print ex }");
    assert_eq!(world.printed, ["\"SYSTEM_Plugin\" : \"curl returns: Timeout was reached\""]);
}

#[test]
fn a_pinned_variable_keeps_its_value_with_one_note_for_each_place() {
    let mut world = World::replying("");
    let script =
        crate::world::parse("for(i in 0:3) { SECRET='xxxxx' }\nprint SECRET\ndef f() { return SECRET }\nprint f()");
    let defines = BTreeMap::from([("SECRET".to_owned(), Value::text("real"))]);
    let outcome = Interpreter::new(&mut world, Options { defines, ..Options::default() }).run(&script).unwrap();
    assert_eq!(world.printed, ["real", "real"]);
    assert_eq!(outcome.notes.len(), 1);
    assert_eq!(world.reported.len(), 1);
    assert!(outcome.notes[0].message.contains("SECRET") && !outcome.notes[0].to_string().contains("real"));
}

#[test]
fn an_assertion_that_does_not_hold_is_told_and_the_run_goes_on() {
    let mut world = World::replying("");
    let outcome =
        run(&mut world, "@testing: case=\"login\"\nassert 1==1\nassert 'two', 1==2\nassert [1,2]==[1,2]\nprint 'on'");
    assert!(outcome.failed());
    assert_eq!((outcome.passed_asserts, outcome.failed_asserts.len()), (2, 1));
    assert_eq!(outcome.failed_asserts[0].place.line, 3);
    assert!(outcome.failed_asserts[0].message.contains("`login` two"));
    assert_eq!(world.printed, ["on"]);
}

#[test]
fn null_joined_to_a_text_adds_nothing_and_is_noted_once() {
    let mut world = World::replying("");
    let outcome =
        run(&mut world, "d=dict(string,string)\nfor(i in 0:3) { u='token='+d.missing\n u+=d.missing }\nprint u");
    assert_eq!(world.printed, ["token="]);
    assert_eq!(outcome.notes.iter().map(|note| note.place.line).collect::<Vec<_>>(), [2, 3]);
}

#[test]
fn time_and_waiting_go_through_the_host() {
    let mut world = World::replying("");
    run(&mut world, "a=now()\nsleep(1500)\nprint now()-a");
    assert_eq!(world.printed, ["1500"]);
}

#[test]
fn a_rehearsal_goes_on_after_a_look_that_finds_nothing() {
    let text = "body=parseExpr('{\"department\":[{\"id\":7}]}').eval()\nid=string(body[0].id)\nprint id+'!'\nprint string(body[1].id)+'!'\nprint string(body.departments.id)+'!'";
    let mut world = World::replying("");
    let options = Options { rehearsal: true, ..Options::default() };
    let outcome = Interpreter::new(&mut world, options).run(&crate::world::parse(text)).unwrap();
    assert_eq!(world.printed, ["7!", "!", "!"]);
    assert!(outcome.notes[0].message.contains("element 0 of `department`"), "{:?}", outcome.notes);
    assert!(outcome.notes[0].hint.as_deref().unwrap().contains("body.department[0]"), "{:?}", outcome.notes);
    let error =
        Interpreter::new(&mut World::replying(""), Options::default()).run(&crate::world::parse(text)).unwrap_err();
    assert_eq!(error.place.line, 2);
    // A rehearsal excuses looks, and nothing else.
    for wrong in ["x=1\nprint x.y", "print [1][4]", "print nowhere"] {
        let options = Options { rehearsal: true, ..Options::default() };
        assert!(
            Interpreter::new(&mut World::replying(""), options).run(&crate::world::parse(wrong)).is_err(),
            "{wrong}"
        );
    }
}

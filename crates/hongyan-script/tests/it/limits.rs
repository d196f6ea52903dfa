//! Whatever a script does, it ends, and within its bounds.

use crate::world::World;
use hongyan_script::{Interpreter, Kind, Limits, Options, Script, ScriptError};

/// Runs within small bounds, on a thread with the stack that threads usually have.
fn stopped(limits: Limits, text: &str) -> ScriptError {
    let text = text.to_owned();
    let run = move || {
        let script = Script::parse_with("t", &text, &limits).unwrap_or_else(|errors| panic!("{errors:?}"));
        let mut world = World::replying("{}");
        let options = Options { limits, ..Options::default() };
        Interpreter::new(&mut world, options).run(&script).expect_err(&text)
    };
    std::thread::spawn(run).join().unwrap()
}

#[test]
fn a_loop_without_an_end_is_stopped_and_no_catch_catches_that() {
    let limits = Limits { steps: 100_000, ..Limits::default() };
    for text in [
        "do { x=1 } while(true)",
        "for(i in 0:9223372036854775807) {}",
        "do { try { do {} while(true) } catch(ex) { print 'caught' } } while(true)",
        "do { try { throw 'x' } catch(ex) {} } while(true)",
    ] {
        let error = stopped(limits, text);
        assert_eq!(error.kind(), Kind::Limit, "{text}");
        assert!(error.message.contains("100000 steps"), "{error}");
    }
}

#[test]
fn work_on_something_large_counts_as_many_steps() {
    let limits = Limits { steps: 1_000_000, ..Limits::default() };
    for text in [
        "a=0..100000; do { b=a; b[0]=1 } while(true)",
        "a=0..100000; do { b=a; b.append!(1) } while(true)",
        "a=0..100000; do { b=a+1 } while(true)",
        "a=0..100000; x=a in a",
        "a='x'; for(i in 0:20) a+=a; do { b=a; b+='y' } while(true)",
        "a='x'; for(i in 0:20) a+=a; do { b=a==a } while(true)",
        "d=dict(0..100000, 0..100000); do { e=d; e[0]=1 } while(true)",
        "d=dict(0..100000, 0..100000); do { e=d; e.erase!(0..50000) } while(true)",
    ] {
        let start = std::time::Instant::now();
        let error = stopped(limits, text);
        assert!(error.message.contains("steps"), "{text}: {error}");
        assert!(start.elapsed().as_secs() < 60, "{text}: {:?}", start.elapsed());
    }
}

#[test]
fn an_error_in_a_very_long_line_is_drawn() {
    let text = format!("x='{}'+", "鸿".repeat(300_000));
    let error = &Script::parse("t", &text).unwrap_err()[0];
    assert!(error.place.source_line.len() < 2000);
    assert!(error.render(&hongyan_script::Source::new("t", text), false).len() < 5000);
}

#[test]
fn an_interrupted_run_ends() {
    let script = Script::parse("t", "do { } while(true)").unwrap();
    let mut world = World::replying("");
    world.interrupted = true;
    let error = Interpreter::new(&mut world, Options::default()).run(&script).unwrap_err();
    assert!(error.message.contains("interrupted"));
}

#[test]
fn memory_is_bounded_however_it_is_asked_for() {
    let limits = Limits { memory_bytes: 1 << 20, ..Limits::default() };
    for text in [
        "s='x'; do { s+=s } while(true)",
        "s='x'; do { s=s+s } while(true)",
        "s=''; do { s+='0123456789' } while(true)",
        "v=[1]; do { v.append!(v) } while(true)",
        "v=[1]; do { v.append!(1) } while(true)",
        "v=0..1000000000000",
        "d=dict(INT, ANY); i=0; do { i+=1; d[i]=i } while(true)",
        "v=[1]; do { v=[v,v] } while(true)",
        "v=[1]; do { v=[v] } while(true)",
        "d=dict(STRING,ANY); do { e=dict(STRING,ANY); e['a']=d; e['b']=d; d=e } while(true)",
        "d=dict(STRING,ANY); do { d['a']=d } while(true)",
        "s='x,'; for(i in 0:15) { s+=s }; v=split(s, ','); w=split(s, 'x')",
        "s='x'; for(i in 0:15) { s+=s }; do { s=strReplace(s, 'x', 'xx') } while(true)",
        "v=`a`b; for(i in 0:10) { v.append!(v) }; s=','; for(i in 0:10) { s+=s }; do { x=concat(v, s) } while(true)",
        "s='['; for(i in 0:15) { s+='[],[],[],[],[],[],[],[],[],[],[],[],[],' }; for(i in 0:7) { s+=substr(s,1) }; x=parseExpr(s+'0]').eval()",
        "def f(s) { return f(s+s) }\nf('0123456789')",
        "x=''; for(i in 0:60) { x=toStdJson([x,x]) }",
        "x='a'; do { x=stringFormat('%s%s', x, x) } while(true)",
    ] {
        let error = stopped(limits, text);
        assert_eq!(error.kind(), Kind::Limit, "{text}: {error}");
    }
}

#[test]
fn functions_call_each_other_only_so_deep() {
    for text in [
        "def f(n) { return f(n+1) }\nf(0)",
        "def f(n) { if(true) { do { for(i in 0:1) { try { return 1+(2*(f(n+1))) } catch(ex) {} } } while(true) } }\nf(0)",
        "def g(n) { return f(n) }\ndef f(n): g([[[[n]]]][0][0][0][0])\nf(0)",
        "def f(x=f()) { return x }\nf()",
    ] {
        assert_eq!(stopped(Limits::default(), text).kind(), Kind::Limit, "{text}");
    }
}

#[test]
fn the_deepest_expression_that_is_read_is_also_worked_out_on_the_stack_that_threads_have() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("-", ""), ("1+(", ")"), ("abs(", ")"), ("true ? (", ") : 1"), ("print ", "")]
    {
        let script = |depth: usize| format!("x={}1{}", open.repeat(depth), close.repeat(depth));
        let deepest = (1..200).take_while(|&depth| Script::parse("t", &script(depth)).is_ok()).last().unwrap();
        assert!(deepest >= 30, "{open}: {deepest}");
        let text = format!("def f(n) {{ {}\nreturn f(n+1) }}\nf(0)", script(deepest - 4));
        assert_eq!(stopped(Limits::default(), &text).kind(), Kind::Limit, "{open}");
    }
}

#[test]
fn output_is_bounded() {
    let limits = Limits { output_bytes: 10_000, ..Limits::default() };
    for text in ["do { print 'x' } while(true)", "s='x'; for(i in 0:14) { s+=s }; print s", "v=0..10000; print v"] {
        let error = stopped(limits, text);
        assert_eq!(error.kind(), Kind::Limit, "{text}");
        assert!(error.message.contains("prints more than"), "{error}");
    }
}

#[test]
fn a_source_that_is_too_long_is_not_read() {
    let limits = Limits { source_bytes: 10, ..Limits::default() };
    let errors = Script::parse_with("t", "a=1234567890", &limits).unwrap_err();
    assert_eq!(errors[0].kind(), Kind::Limit);
}

#[test]
fn long_chains_are_worked_out_without_depth() {
    let long = |first: &str, more: &str| format!("x={first}{}", more.repeat(50_000));
    for text in
        [long("1", "+1"), long("'a'", "+'b'"), long("true", "&&true"), long("[1]", ".reverse()"), long("0", "-1*2")]
    {
        let limits = Limits { source_bytes: usize::MAX, ..Limits::default() };
        let script = Script::parse_with("t", &text, &limits).unwrap();
        let mut world = World::replying("");
        Interpreter::new(&mut world, Options { limits, ..Options::default() }).run(&script).unwrap();
    }
    let text = format!("v=[0]\nv{}=1", "[0]".repeat(10_000));
    assert_eq!(stopped(Limits::default(), &text).kind(), Kind::Limit);
}

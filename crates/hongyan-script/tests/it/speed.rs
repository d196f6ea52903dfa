//! How long things take; run with `cargo test --release -p hongyan-script -- --ignored --nocapture speed`.

use crate::world::{World, parse};
use hongyan_script::{Interpreter, Options, Script};
use std::time::Instant;

#[test]
#[ignore = "says something in a release build on a quiet machine only"]
fn a_million_additions_take_less_than_half_a_second_and_one_line_less_than_a_hundred_microseconds() {
    let script = parse("s=0\nfor(i in 0:1000000) { s+=i }\nprint s");
    let start = Instant::now();
    let mut world = World::replying("");
    Interpreter::new(&mut world, Options::default()).run(&script).unwrap();
    let loop_time = start.elapsed();
    assert_eq!(world.printed, ["499999500000"]);
    let start = Instant::now();
    for _ in 0..1000 {
        let script = Script::parse("t", "print 'one line'").unwrap();
        Interpreter::new(&mut World::replying(""), Options::default()).run(&script).unwrap();
    }
    let line_time = start.elapsed() / 1000;
    println!("a million additions: {loop_time:?}; one line, read and run: {line_time:?}");
    assert!(loop_time.as_millis() < 500 && line_time.as_micros() < 100);
}

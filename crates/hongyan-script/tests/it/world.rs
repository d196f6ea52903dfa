//! A host that is made up: it answers from a closure and remembers what it was asked.

use hongyan_script::{Diagnostic, Dict, Host, HostCall, HostError, Interpreter, Options, Outcome, Script, Value};

/// What a call is answered with.
type Answer = Box<dyn FnMut(&HostCall) -> Result<Value, HostError>>;

pub(crate) struct World {
    pub(crate) printed: Vec<String>,
    pub(crate) reported: Vec<Diagnostic>,
    pub(crate) calls: Vec<(String, usize)>,
    pub(crate) now_ms: i64,
    pub(crate) interrupted: bool,
    answer: Answer,
}

impl World {
    pub(crate) fn new(answer: impl FnMut(&HostCall) -> Result<Value, HostError> + 'static) -> Self {
        Self {
            printed: Vec::new(),
            reported: Vec::new(),
            calls: Vec::new(),
            now_ms: 1_700_000_000_000,
            interrupted: false,
            answer: Box::new(answer),
        }
    }

    /// Every call is answered with this reply text.
    pub(crate) fn replying(text: &'static str) -> Self {
        Self::new(move |_| Ok(reply(200, text)))
    }
}

impl Host for World {
    fn call(&mut self, call: &HostCall) -> Result<Value, HostError> {
        self.calls.push((call.function.clone(), call.line));
        (self.answer)(call)
    }

    fn print(&mut self, text: &str) {
        self.printed.push(text.to_owned());
    }

    fn report(&mut self, diagnostic: &Diagnostic) {
        self.reported.push(diagnostic.clone());
    }

    fn now_ms(&mut self) -> i64 {
        self.now_ms
    }

    fn sleep_ms(&mut self, ms: u64) -> Result<(), HostError> {
        self.now_ms += i64::try_from(ms).map_err(|_| HostError::new("too long"))?;
        Ok(())
    }

    fn interrupted(&self) -> bool {
        self.interrupted
    }
}

/// What `httpGet` returns.
pub(crate) fn reply(code: i64, text: &str) -> Value {
    let mut dict = Dict::any();
    dict.set("responseCode", code.into());
    dict.set("text", text.into());
    dict.set("headers", "HTTP/1.1 200 OK\r\n\r\n".into());
    dict.set("elapsed", 0.01.into());
    dict.into()
}

pub(crate) fn parse(text: &str) -> Script {
    Script::parse("test.dos", text).unwrap_or_else(|errors| panic!("{text}\n{errors:?}"))
}

/// Runs a script that must end well.
pub(crate) fn run(world: &mut World, text: &str) -> Outcome {
    let script = parse(text);
    Interpreter::new(world, Options::default())
        .run(&script)
        .unwrap_or_else(|error| panic!("{}", error.render(script.source(), false)))
}

/// What a script prints that asks nothing of the world.
pub(crate) fn printed(text: &str) -> Vec<String> {
    let mut world = World::new(|_| Err(HostError::new("no calls here")));
    run(&mut world, text);
    world.printed
}

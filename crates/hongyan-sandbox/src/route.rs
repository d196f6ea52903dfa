//! From a call that arrived to the platform's answer, by declaration.
//!
//! A route is an operation's declaration with a handler: finding it, reading its credential and its fields, wording
//! a refusal and sealing the reply all come from the declaration and the platform's [`Simulated`] half.

use crate::{
    ask::Question,
    range,
    world::{Caller, World, tally::CountedCall},
};
use hongyan_endpoint::{
    Answer, Auth, Bilingual, Endpoint, Fault, Fixture, Invalid, Method, Platform, PlatformServer, Refusal, Sealed,
    Spec, Wire,
};
use serde_json::Value;
use std::{
    any::Any,
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What the sandbox's platform decides before an operation's handler is asked, beside what every server of it answers.
pub(crate) trait Simulated: PlatformServer + Sized {
    /// Gives operations their handlers.
    fn routes(to: &mut Routes);
    /// Token, address, frequency: in the platform's order.
    fn authenticate(world: &mut World, caller: &Caller, spec: &'static Spec, token: Option<&str>) -> Result<(), Fault>;
    /// A look at the call as it came, for operations that judge more than their fields.
    fn check_call(_: &World, _: &Caller, _: &Spec, _: &Wire) -> Result<(), Fault> {
        Ok(())
    }
    /// Brings a call into the one form that its operations read.
    fn gather(_: &World, _: &mut Wire) {}
    /// The platform's other envelope around a refusal, or bare; where it has but one, the answer as it is.
    fn rewrapped(sealed: Sealed, _wrapped: bool) -> Sealed {
        sealed
    }
    /// Whether the fields of a call came as an HTML form.
    fn is_form(_: &Wire) -> bool {
        false
    }
    /// What a call costs beside its operation's own rate, and is refused for.
    fn check_quota(_: &mut World, _: &Caller, _: &Wire) -> Result<(), Fault> {
        Ok(())
    }
    /// A code on demand, as this operation's envelope spells it.
    fn code_for(_: &Spec, code: i64) -> String {
        code.to_string()
    }
    /// The platform's words around a refusal.
    fn decorate(fault: Fault, _: &Caller) -> Fault {
        fault
    }
}

/// A refusal, with members that the platform sends beside it.
#[derive(Debug)]
pub(crate) struct Refused {
    pub(crate) fault: Fault,
    pub(crate) members: Vec<(&'static str, Value)>,
}

impl From<Fault> for Refused {
    fn from(fault: Fault) -> Self {
        Self { fault, members: Vec::new() }
    }
}

/// A refusal with this code and these words.
pub(crate) fn refuse<P: Platform>(code: &str, words: impl Into<String>) -> Fault {
    Fault::refused(code, words, P::error_code(code))
}

/// What the trouble in force wants of the platform itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Forced {
    Throttle,
    Code(i64),
}

/// How a call is to be handled, beside what it says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handling {
    pub(crate) caller: Caller,
    /// The platform refuses, whatever the call says.
    pub(crate) forced: Option<Forced>,
    /// Noted beside the call.
    pub(crate) fault: Option<&'static str>,
}

/// A request as its handler reads it.
type Request = Box<dyn Any>;
type Read = fn(&Wire) -> Result<Request, Invalid>;
type Handler = Box<dyn Fn(&mut World, &Caller, Request) -> Result<Box<dyn Told>, Refused> + Send + Sync>;
type Ask = Box<dyn Fn(&World, &Caller, &Request) -> Option<Question> + Send + Sync>;
type Authenticate = fn(&mut World, &Caller, &'static Spec, Option<&str>) -> Result<(), Fault>;

/// A handler's reply, written once the world is free again.
trait Told {
    fn write(&self) -> Result<Value, Invalid>;
}

/// A reply of its operation's type.
struct Typed<E: Endpoint>(E::Reply);

impl<E: Endpoint> Told for Typed<E> {
    fn write(&self) -> Result<Value, Invalid> {
        let written = E::write_reply(&self.0)?;
        serde_json::from_slice(&written).map_err(|error| Invalid::entire(Bilingual::read_from(error)))
    }
}

impl Told for Value {
    fn write(&self) -> Result<Value, Invalid> {
        Ok(self.clone())
    }
}

/// Reads a call as its operation does.
type Reader = Box<dyn Fn(&Wire) -> Result<Request, Invalid> + Send + Sync>;

/// One operation that has a handler. Only what depends on its types is compiled for it; all else is its platform's.
pub(crate) struct Route {
    pub(crate) spec: &'static Spec,
    pub(crate) platform: &'static str,
    pub(crate) gather: fn(&World, &mut Wire),
    pub(crate) rewrapped: fn(Sealed, bool) -> Sealed,
    authenticate: Authenticate,
    run: fn(&Route, &Mutex<World>, &Wire, &Handling) -> Sealed,
    read: Reader,
    handler: Handler,
    ask: Option<Ask>,
}

impl Route {
    /// What the platform asks an address that the call names, before it decides; then [`Caller::asked`] says what
    /// was answered. `None` where there is nothing to ask, as when the call is refused anyway.
    pub(crate) fn question(&self, world: &Mutex<World>, call: &Wire, handling: &Handling) -> Option<Question> {
        let ask = self.ask.as_ref()?;
        if handling.forced.is_some() || call.method != self.spec.method.as_str() {
            return None;
        }
        let request = (self.read)(call).ok()?;
        let mut world = enter(world);
        (self.authenticate)(&mut world, &handling.caller, self.spec, self.spec.auth.extract(call)).ok()?;
        ask(&world, &handling.caller, &request)
    }

    pub(crate) fn run(&self, world: &Mutex<World>, call: &Wire, handling: &Handling) -> Sealed {
        (self.run)(self, world, call, handling)
    }
}

/// All routes, found by path; more than one where a path answers to both methods.
#[derive(Default)]
pub(crate) struct Routes {
    by_path: HashMap<&'static str, Vec<Route>>,
    /// Those with a field in their path, in order of declaration.
    with_fields: Vec<Route>,
    /// Other spellings of paths, with the declared ones.
    aliases: Vec<(&'static str, &'static str)>,
}

impl Routes {
    /// Gives an operation a handler.
    pub(crate) fn on<E>(&mut self, handler: fn(&mut World, &Caller, E) -> Result<E::Reply, Refused>)
    where
        E: Endpoint,
        E::Platform: Simulated,
    {
        self.add(handler, None);
    }

    /// Gives a handler to an operation that names an address, which is asked before the handler decides.
    pub(crate) fn on_asking<E>(
        &mut self,
        before: fn(&World, &Caller, &E) -> Result<Question, Refused>,
        handler: fn(&mut World, &Caller, E) -> Result<E::Reply, Refused>,
    ) where
        E: Endpoint,
        E::Platform: Simulated,
    {
        let ask = move |world: &World, caller: &Caller, request: &Request| {
            before(world, caller, request.downcast_ref::<E>()?).ok()
        };
        self.add(handler, Some(Box::new(ask)));
    }

    fn add<E>(&mut self, handler: fn(&mut World, &Caller, E) -> Result<E::Reply, Refused>, ask: Option<Ask>)
    where
        E: Endpoint,
        E::Platform: Simulated,
    {
        let read: Read = |call| E::decode(call).map(|request| Box::new(request) as Request);
        let handler = move |world: &mut World, caller: &Caller, request: Request| {
            // Never another type: what `read` gave comes back.
            let request = request.downcast::<E>().map_err(|_| refuse::<E::Platform>("-1", "system busy"))?;
            handler(world, caller, *request).map(|reply| Box::new(Typed::<E>(reply)) as Box<dyn Told>)
        };
        self.keep::<E::Platform>(const { &E::SPEC }, Box::new(read), Box::new(handler), ask);
    }

    /// Lets every operation of the platform that has no handler answer with its page's own example, once the call is
    /// authenticated and can be read. Declare an operation, and the sandbox speaks it.
    pub(crate) fn rest_by_example<P: Simulated>(&mut self) {
        for declared in P::endpoints() {
            let spec = declared.spec();
            if self.all().any(|route| route.platform == P::NAME && route.spec.name == spec.name) {
                continue;
            }
            // Each fixture is read by a test; one that is not would answer with nothing.
            let reply = serde_json::from_str::<Fixture>(declared.example()).map_or(Value::Null, |page| page.reply);
            let read = |call: &Wire| declared.reread(call).map(|wire| Box::new(wire) as Request);
            let handler = move |_: &mut World, _: &Caller, _: Request| Ok(Box::new(reply.clone()) as Box<dyn Told>);
            self.keep::<P>(spec, Box::new(read), Box::new(handler), None);
        }
    }

    fn keep<P: Simulated>(&mut self, spec: &'static Spec, read: Reader, handler: Handler, ask: Option<Ask>) {
        let (gather, rewrapped) = (P::gather, P::rewrapped);
        let run = answer::<P>;
        let route = Route {
            spec,
            platform: P::NAME,
            gather,
            rewrapped,
            authenticate: P::authenticate,
            run,
            read,
            handler,
            ask,
        };
        if spec.path.contains('{') {
            self.with_fields.push(route);
        } else {
            self.by_path.entry(spec.path).or_default().push(route);
        }
    }

    /// Lets paths be spelled in other ways: each pair is another spelling and the declared one.
    pub(crate) fn alias(&mut self, aliases: &'static [(&'static str, &'static str)]) {
        self.aliases.extend(aliases);
    }

    /// The route of a path, preferring the one of this method.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<&Route> {
        let path = self.aliases.iter().find(|(alias, _)| *alias == path).map_or(path, |(_, path)| *path);
        let exact = self.by_path.get(path).map_or(&[][..], Vec::as_slice);
        let of = |route: &&Route| route.spec.method.as_str() == method;
        let fits = |route: &&Route| route.spec.matches(path);
        let exact = exact.iter().find(of).or_else(|| exact.first());
        exact.or_else(|| self.with_fields.iter().find(|route| of(route) && fits(route))).or_else(|| {
            // Nobody's method: the platform says which one it wants.
            self.with_fields.iter().find(fits)
        })
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &Route> {
        self.by_path.values().flatten().chain(&self.with_fields)
    }
}

/// The world, whatever happened to an earlier holder of the lock.
pub(crate) fn enter(world: &Mutex<World>) -> MutexGuard<'_, World> {
    world.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Answers one call of `P`.
fn answer<P: Simulated>(route: &Route, world: &Mutex<World>, call: &Wire, handling: &Handling) -> Sealed {
    let caller = &handling.caller;
    let spec = route.spec;
    // Before the world is entered: a large body is nobody else's to wait for.
    let decoded = (route.read)(call);
    let outcome = {
        let mut world = enter(world);
        world.settle(caller.now);
        let outcome = decide::<P>(route, decoded, &mut world, call, handling);
        world.tell_changes(caller.now);
        *world.tally.calls.entry(spec.path).or_default() += 1;
        let code = match &outcome {
            Ok(_) => "0".into(),
            Err(refused) => refused.fault.code().to_owned().into(),
        };
        let (method, path) = (method_name(call.method), spec.path.into());
        world.calls.record(CountedCall { seq: 0, at_ms: caller.now, method, path, code, fault: handling.fault });
        outcome
    };
    match outcome {
        Ok(reply) => {
            let reply = reply.write().unwrap_or_default();
            let sealed = P::seal(spec, Ok(reply));
            let wanted = call.headers.iter().find(|(name, _)| spec.answer == Answer::File && name == "range");
            match wanted {
                None => sealed,
                Some((_, wanted)) => range::part(sealed, wanted).unwrap_or_else(|| {
                    let fault = P::decorate(P::refuse(spec, Refusal::Range), caller);
                    P::seal(spec, Err(&fault))
                }),
            }
        }
        Err(Refused { fault, members }) => {
            let mut sealed = P::seal(spec, Err(&P::decorate(fault, caller)));
            if !members.is_empty()
                && let Ok(Value::Object(mut body)) = serde_json::from_slice(&sealed.body)
            {
                body.extend(members.into_iter().map(|(name, value)| (name.to_owned(), value)));
                sealed.body = Value::Object(body).to_string().into_bytes();
            }
            sealed
        }
    }
}

fn decide<P: Simulated>(
    route: &Route,
    decoded: Result<Request, Invalid>,
    world: &mut World,
    call: &Wire,
    handling: &Handling,
) -> Result<Box<dyn Told>, Refused> {
    let spec = route.spec;
    match handling.forced {
        Some(Forced::Throttle) => return Err(P::refuse(spec, Refusal::Throttled).into()),
        Some(Forced::Code(code)) => {
            let code = P::code_for(spec, code);
            let known = P::error_code(&code);
            return Err(Fault::refused(code, known.map_or("refused on demand", |row| row.zh), known).into());
        }
        None => {}
    }
    P::check_call(world, &handling.caller, spec, call)?;
    // Who was asked about an address was authenticated before.
    if spec.auth != Auth::None && handling.caller.asked.is_none() {
        P::authenticate(world, &handling.caller, spec, spec.auth.extract(call))?;
    }
    P::check_quota(world, &handling.caller, call)?;
    if !P::takes_method(spec, call) {
        return Err(P::refuse(spec, Refusal::Method).into());
    }
    let request = decoded
        .map_err(|invalid| P::refuse(spec, Refusal::Unreadable { invalid: &invalid, form: P::is_form(call) }))?;
    (route.handler)(world, &handling.caller, request)
}

/// Methods as they are remembered; what is none of HTTP's own is `OTHER`.
pub(crate) fn method_name(method: &str) -> &'static str {
    ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("OTHER")
}

/// Whether a rate concerns the caller as a whole, and so is counted before the call is read.
pub(crate) fn over_rate<P: Platform>(world: &mut World, spec: &'static Spec, now: i64) -> bool {
    use hongyan_endpoint::RateScope;
    if !world.settings.limits.calls {
        return false;
    }
    let mut over = false;
    for (max, per, scope) in spec.rates() {
        if scope != RateScope::Recipient {
            over |= !world.within_rate((P::NAME, spec.name), max, per, now);
        }
    }
    over
}

/// For how long after a send an operation serves, in milliseconds.
pub(crate) const fn serves_ms(spec: &Spec) -> i64 {
    spec.within().unwrap().as_millis() as i64
}

/// Whether the platform's declarations expect a body, with `POST` mostly.
pub(crate) fn expects_post(spec: &Spec) -> bool {
    spec.method != Method::GET
}

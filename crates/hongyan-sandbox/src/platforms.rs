//! The list of platforms: one that is added brings its folder and a line here.

use crate::{
    control::Controlled,
    dingtalk,
    route::{Routes, Simulated},
    wecom,
    world::{Platforms, platform::SimulatedPlatform},
};
use hongyan_dingtalk::DingTalk;
use hongyan_endpoint::Sealed;
use hongyan_wecom::WeCom;

/// One platform, as the server needs it.
pub(crate) struct Entry {
    /// Gives every operation that it plays a handler, and the others their pages' examples.
    pub(crate) routes: fn(&mut Routes),
    pub(crate) control: &'static dyn Controlled,
    has_path: fn(&str) -> bool,
    no_such_path: fn(&str) -> Sealed,
}

impl Entry {
    const fn of<P: Simulated>(control: &'static dyn Controlled) -> Self {
        let routes = |to: &mut Routes| {
            P::routes(to);
            to.rest_by_example::<P>();
        };
        Self { routes, control, has_path: P::has_path, no_such_path: P::no_such_path }
    }
}

/// Every platform that is played. The first answers to paths that are of nobody's kind.
pub(crate) static PLATFORMS: [Entry; 2] =
    [Entry::of::<DingTalk>(&dingtalk::Control), Entry::of::<WeCom>(&wecom::Control)];

/// The same platforms, as a world needs them.
pub(crate) fn simulated() -> Platforms {
    const ALL: [&dyn SimulatedPlatform; 2] = [&dingtalk::Simulation, &wecom::Simulation];
    &ALL
}

/// The answer to a path at which there is no operation.
pub(crate) fn no_such_path(path: &str) -> Sealed {
    let entry = PLATFORMS.iter().find(|entry| (entry.has_path)(path)).unwrap_or(&PLATFORMS[0]);
    (entry.no_such_path)(path)
}

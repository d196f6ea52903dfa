//! Whose credential a call came with, and what it lets its owner do.
//!
//! An application reads the contacts that it sees; the secret of the contacts synchronisation reads and writes all
//! of them, and sends nothing. Tags are an exception: an application may have tags of its own.

use super::settings::Settings;
use crate::{
    route::refuse,
    world::{World, company::Department, company::Person, company::PersonRule, token::TokenStore},
};
use hongyan_endpoint::{Fault, Needs, Spec};
use hongyan_wecom::WeCom;

/// Who calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Origin {
    /// The application, by its secret.
    #[default]
    App,
    /// The contacts synchronisation, by a secret of its own.
    Contacts,
    /// A group robot, by its key.
    Robot(usize),
}

/// The tokens that were given, and whose credential the call at hand came with: set when it is authenticated, and read
/// under the same lock.
#[derive(Default)]
pub(super) struct Access {
    pub(super) app: TokenStore,
    /// Those of the contacts' secret.
    pub(super) contacts: TokenStore,
    pub(super) origin: Origin,
}

/// What the secret cannot do, whatever the call says.
pub(super) fn authenticate(world: &World, spec: &Spec) -> Result<(), Fault> {
    match world.memory.get::<Access>().origin {
        Origin::App => is_enabled(world),
        Origin::Contacts if spec.needs == Needs::Application => Err(forbidden()),
        Origin::Contacts if spec.needs == Needs::Details && !world.memory.get::<Settings>().contacts_details => {
            Err(refuse::<WeCom>("48009", "ip not allowed to read details"))
        }
        _ => Ok(()),
    }
}

/// Whether the application is switched on.
pub(super) fn is_enabled(world: &World) -> Result<(), Fault> {
    if world.memory.get::<Settings>().enabled { Ok(()) } else { Err(refuse::<WeCom>("50003", "app is disabled")) }
}

fn forbidden() -> Fault {
    refuse::<WeCom>("48002", "api forbidden for no authority")
}

/// Contacts are only the contacts' secret's to handle.
pub(super) fn is_contacts(world: &World) -> Result<(), Fault> {
    if world.memory.get::<Access>().origin == Origin::Contacts { Ok(()) } else { Err(forbidden()) }
}

/// The contacts' secret writes; the application where it was granted.
pub(super) fn may_write(world: &World) -> Result<(), Fault> {
    if world.memory.get::<Settings>().app_writes { Ok(()) } else { is_contacts(world) }
}

/// Whether fields that tell how to reach somebody are shown.
pub(super) fn reads_private(world: &World) -> bool {
    world.memory.get::<Access>().origin == Origin::Contacts || world.memory.get::<Settings>().private_fields
}

/// Whether the caller sees somebody.
pub(super) fn sees(world: &World, person: &Person) -> bool {
    world.memory.get::<Access>().origin == Origin::Contacts || is_visible(person)
}

/// Whether the caller sees a department.
pub(super) fn sees_department(world: &World, department: &Department) -> bool {
    world.memory.get::<Access>().origin == Origin::Contacts || department.visible
}

/// Whether the application sees somebody.
pub(super) fn is_visible(person: &Person) -> bool {
    person.visible && person.wecom != PersonRule::Invisible
}

/// Out of the caller's sight.
pub(super) fn unseen() -> Fault {
    refuse::<WeCom>("60011", "no privilege to access/modify contact/party/agent")
}

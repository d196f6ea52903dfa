//! Whose credential a call came with, and what it lets its owner do.
//!
//! An application reads the contacts that it sees; the secret of the contacts synchronisation reads and writes all
//! of them, and sends nothing. Tags are an exception: an application may have tags of its own.

use crate::{
    route::refuse,
    world::{World, company::Department, company::Person, company::Treatment},
};
use hongyan_endpoint::{Fault, Needs, Spec};
use hongyan_wecom::WeCom;
use serde::{Deserialize, Serialize};

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

/// What an administrator has granted; all of it can be changed while the sandbox runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Permissions {
    /// The application is switched on (else 50003, at login too).
    #[serde(rename = "wecom_app_enabled")]
    pub(crate) enabled: bool,
    /// The application sees the root department, which group chats take (else 60011).
    #[serde(rename = "wecom_root_visible")]
    pub(crate) root_visible: bool,
    /// Whether the application counts as having a callback address, which interactive cards take (else 43012);
    /// `None`: as it is.
    #[serde(rename = "wecom_callback")]
    pub(crate) callback: Option<bool>,
    /// The application may write contacts (else 48002: only the contacts' secret may).
    #[serde(rename = "wecom_app_writes")]
    pub(crate) app_writes: bool,
    /// The application reads mobile numbers, addresses and pictures; those made after June 2022 do not.
    #[serde(rename = "wecom_private_fields")]
    pub(crate) private_fields: bool,
    /// The contacts' secret reads members and departments in full; new addresses may not (48009).
    #[serde(rename = "wecom_contacts_details")]
    pub(crate) contacts_details: bool,
    /// Seats of the company: so many members, and 200 person-times of messages a day for each.
    #[serde(rename = "wecom_seats")]
    pub(crate) seats: u32,
}

impl Default for Permissions {
    fn default() -> Self {
        Self {
            enabled: true,
            root_visible: true,
            callback: Some(true),
            app_writes: true,
            private_fields: false,
            contacts_details: true,
            seats: 5_000,
        }
    }
}

/// What the secret cannot do, whatever the call says.
pub(super) fn admit(world: &World, spec: &Spec) -> Result<(), Fault> {
    match world.wecom.origin {
        Origin::App => is_enabled(world),
        Origin::Contacts if spec.needs == Needs::Application => Err(forbidden()),
        Origin::Contacts if spec.needs == Needs::Details && !world.settings.wecom.contacts_details => {
            Err(refuse::<WeCom>("48009", "ip not allowed to read details"))
        }
        _ => Ok(()),
    }
}

/// Whether the application is switched on.
pub(super) fn is_enabled(world: &World) -> Result<(), Fault> {
    if world.settings.wecom.enabled { Ok(()) } else { Err(refuse::<WeCom>("50003", "app is disabled")) }
}

fn forbidden() -> Fault {
    refuse::<WeCom>("48002", "api forbidden for no authority")
}

/// Contacts are only the contacts' secret's to handle.
pub(super) fn is_contacts(world: &World) -> Result<(), Fault> {
    if world.wecom.origin == Origin::Contacts { Ok(()) } else { Err(forbidden()) }
}

/// The contacts' secret writes; the application where it was granted.
pub(super) fn may_write(world: &World) -> Result<(), Fault> {
    if world.settings.wecom.app_writes { Ok(()) } else { is_contacts(world) }
}

/// Whether fields that tell how to reach somebody are shown.
pub(super) fn reads_private(world: &World) -> bool {
    world.wecom.origin == Origin::Contacts || world.settings.wecom.private_fields
}

/// Whether the caller sees somebody.
pub(super) fn sees(world: &World, person: &Person) -> bool {
    world.wecom.origin == Origin::Contacts || is_visible(person)
}

/// Whether the caller sees a department.
pub(super) fn sees_department(world: &World, department: &Department) -> bool {
    world.wecom.origin == Origin::Contacts || department.visible
}

/// Whether the application sees somebody.
pub(super) fn is_visible(person: &Person) -> bool {
    person.visible && person.wecom != Treatment::Invisible
}

/// Out of the caller's sight.
pub(super) fn unseen() -> Fault {
    refuse::<WeCom>("60011", "no privilege to access/modify contact/party/agent")
}

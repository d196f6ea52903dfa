//! The recipients of a call, as the platforms write them.

use hongyan_core::{AddressKind, Target};

/// Whether an address is one person: these share a list on the wire.
pub(crate) fn is_person(kind: AddressKind) -> bool {
    matches!(kind, AddressKind::Userid | AddressKind::Mobile | AddressKind::Email)
}

/// The wire ids of those kinds, in order, joined as the platform joins them; empty when there are none.
pub(crate) fn joined(targets: &[Target], separator: &str, wanted: impl Fn(AddressKind) -> bool) -> String {
    targets.iter().filter(|t| wanted(t.address.kind)).map(Target::wire_id).collect::<Vec<_>>().join(separator)
}

/// The group chat that a call is for. A chat travels alone.
pub(crate) fn chat(targets: &[Target]) -> Option<&Target> {
    targets.iter().find(|target| target.address.kind == AddressKind::Chat)
}

/// Whether everybody is meant.
pub(crate) fn everybody(targets: &[Target]) -> bool {
    targets.iter().any(|target| target.address.kind == AddressKind::All)
}

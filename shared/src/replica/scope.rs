//! Who may bring and is sent what. Every call of a session passes here first.
//!
//! INV: nothing of an `Internal` space is ever sent: no peer's scope contains one.

use super::Role;
use crate::{
    model::{OriginId, SchoolCode, Space, SpaceKind},
    sync::engine::Peer,
};

/// May `peer` see `space` of this replica, and be asked for it?
#[must_use]
pub fn shared(me: Role, peer: &Peer, space: Space) -> bool {
    let school = match (me, peer.school) {
        // A node talks to its county's hub only.
        (Role::Node(own), None) => own,
        (Role::Hub, Some(school)) => school,
        _ => return false,
    };
    match space.kind {
        SpaceKind::School | SpaceKind::CountySchool => space.school == Some(school),
        SpaceKind::Published => true,
        SpaceKind::Internal => false,
    }
}

/// May `peer` bring changes of `space` to this replica?
#[must_use]
pub fn may_bring(me: Role, peer: &Peer, space: Space) -> bool {
    shared(me, peer, space)
        && match me {
            // The hub is the only writer of the county's spaces.
            Role::Hub => space.kind == SpaceKind::School,
            Role::Node(_) => true,
        }
}

/// Does this replica ship its log of `space` to `peer`? A node never echoes the county's own spaces: the hub would refuse them from it, and what the other side
/// refuses is taken out of the document.
#[must_use]
pub fn may_send(me: Role, peer: &Peer, space: Space) -> bool {
    shared(me, peer, space) && (me == Role::Hub || space.kind == SpaceKind::School)
}

/// What an origin stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Voice {
    /// The county.
    County,
    /// A school's node.
    School(SchoolCode),
}

/// May an origin with this voice write in `space`, whoever brings it?
#[must_use]
pub fn may_write(voice: Voice, space: Space) -> bool {
    match (voice, space.kind) {
        (Voice::County, _) => true,
        (Voice::School(school), SpaceKind::School) => space.school == Some(school),
        (Voice::School(_), _) => false,
    }
}

/// What is known of an origin.
#[derive(Clone, Debug)]
pub struct Known {
    /// Which.
    pub id: OriginId,
    /// County or school.
    pub voice: Voice,
    /// Its Ed25519 key.
    pub public_key: [u8; 32],
    /// Revoked: what it still brings goes to review.
    pub revoked: bool,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SchoolYear;

    fn spaces() -> [Space; 5] {
        let (a, b, year) = ("5299010001".parse().unwrap(), "5299010002".parse().unwrap(), SchoolYear::new(2025).unwrap());
        [Space::school(a, year), Space::school(b, year), Space::published(year), Space::county_school(a, year), Space::internal(year)]
    }

    #[test]
    fn inv_no_internal_space_is_in_any_peers_scope() {
        let school = "5299010001".parse().unwrap();
        for peer in [Peer { origin: OriginId([1; 8]), school: Some(school) }, Peer { origin: OriginId([1; 8]), school: None }] {
            for me in [Role::Hub, Role::Node(school)] {
                assert!(!shared(me, &peer, spaces()[4]));
                assert!(!may_bring(me, &peer, spaces()[4]));
            }
        }
    }

    #[test]
    fn a_school_sees_its_own_and_what_is_published_and_writes_only_its_own() {
        let peer = Peer { origin: OriginId([1; 8]), school: Some("5299010001".parse().unwrap()) };
        assert_eq!(spaces().map(|s| shared(Role::Hub, &peer, s)), [true, false, true, true, false]);
        assert_eq!(spaces().map(|s| may_bring(Role::Hub, &peer, s)), [true, false, false, false, false]);
        let hub = Peer { origin: OriginId([2; 8]), school: None };
        let node = Role::Node("5299010001".parse().unwrap());
        assert_eq!(spaces().map(|s| may_send(node, &hub, s)), spaces().map(|s| may_bring(Role::Hub, &peer, s)), "never what the hub would refuse");
        assert_eq!(spaces().map(|s| may_send(Role::Hub, &peer, s)), spaces().map(|s| may_bring(node, &hub, s)));
        let voice = Voice::School("5299010001".parse().unwrap());
        assert_eq!(spaces().map(|s| may_write(voice, s)), [true, false, false, false, false]);
    }
}

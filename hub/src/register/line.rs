//! One line of the register: JSON, its last member the hub's signature over everything before it. The signed bytes are the line's own, so a line of a later
//! version, with members this one does not know, is checked all the same.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use huxue_shared::{
    fault::Fault,
    identity::{Keypair, PublicKey, keypair},
    model::OriginId,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

const SIGNED: &[u8] = b"huxue register line v1\0";
const HASHED: &str = "huxue register line hash v1";
const BEFORE: &str = ",\"sig\":\"";
const AFTER: &str = "\"}";
/// 64 bytes in base64.
const SIGNATURE_LETTERS: usize = 88;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A node was let in.
    Enrolled {
        /// The node.
        node: OriginId,
        /// Its school.
        school: String,
        /// Its origin certificate, base64: with it the node is known again.
        certificate: String,
    },
    /// A token was used up.
    TokenSpent {
        /// Hash of its secret, base64.
        token: String,
        /// By this node.
        node: OriginId,
        /// For this school.
        school: String,
        /// When it was issued.
        issued: String,
        /// When it would have expired.
        expires: String,
    },
    /// A node was shut out.
    Revoked {
        /// The node.
        node: OriginId,
    },
    /// A node got new certificates.
    Renewed {
        /// The node.
        node: OriginId,
        /// Its school.
        school: String,
    },
    /// A node handed over its sealed database key.
    Sealed {
        /// The node.
        node: OriginId,
        /// The sealed bytes, base64.
        sealed: String,
    },
}

impl Event {
    /// What it is about, if it needs to stand in the register only once.
    #[must_use]
    pub fn key(&self) -> Option<String> {
        match self {
            Self::Enrolled { node, .. } => Some(format!("enrolled {node}")),
            Self::TokenSpent { token, .. } => Some(format!("spent {token}")),
            Self::Revoked { node } => Some(format!("revoked {node}")),
            Self::Sealed { node, sealed } => Some(format!("sealed {node} {sealed}")),
            Self::Renewed { .. } => None,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Head {
    seq: u64,
    prev: String,
    at: String,
}

#[derive(Serialize)]
struct Body<'a> {
    #[serde(flatten)]
    head: &'a Head,
    #[serde(flatten)]
    event: &'a Event,
}

/// A line that its signature vouches for.
#[derive(Clone, Debug)]
pub struct Line {
    /// 1 for the first.
    pub seq: u64,
    /// When, by the hub's clock.
    pub at: String,
    /// What; `None`: of a later version.
    pub event: Option<Event>,
    prev: String,
    hash: String,
}

/// Why a line is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Damage {
    /// Not the form of a line.
    #[error("form")]
    Form,
    /// Altered, or not written by this hub.
    #[error("signature")]
    Signature,
    /// Not the one that follows the line before it: lines were left out, exchanged or repeated.
    #[error("sequence")]
    Sequence,
}

impl Line {
    /// Checks that it is the one after `before`.
    ///
    /// # Errors
    /// [`Damage::Sequence`].
    pub fn follows(&self, before: Option<&Self>) -> Result<(), Damage> {
        let (seq, prev) = next(before);
        if self.seq == seq && self.prev == prev { Ok(()) } else { Err(Damage::Sequence) }
    }

    /// For people and scripts: no sealed bytes, no certificates.
    #[must_use]
    pub fn listed(&self) -> Json {
        let (event, node, school) = match &self.event {
            Some(Event::Enrolled { node, school, .. }) => ("enrolled", Some(node), Some(school)),
            Some(Event::TokenSpent { node, school, .. }) => ("token_spent", Some(node), Some(school)),
            Some(Event::Revoked { node }) => ("revoked", Some(node), None),
            Some(Event::Renewed { node, school }) => ("renewed", Some(node), Some(school)),
            Some(Event::Sealed { node, .. }) => ("sealed", Some(node), None),
            None => ("later_version", None, None),
        };
        json!({ "seq": self.seq, "at": self.at, "event": event, "node": node.map(ToString::to_string), "school": school })
    }
}

fn next(before: Option<&Line>) -> (u64, String) {
    before.map_or((1, String::new()), |line| (line.seq + 1, line.hash.clone()))
}

fn hash(text: &[u8]) -> String {
    STANDARD.encode(blake3::derive_key(HASHED, text))
}

/// Writes the line after `before`, without its line break.
///
/// # Errors
/// None but mistakes of ours.
pub fn write(event: &Event, at: &str, before: Option<&Line>, signer: &Keypair) -> Result<(Line, Vec<u8>), Fault> {
    let (seq, prev) = next(before);
    let head = Head { seq, prev, at: at.to_owned() };
    let mut text = serde_json::to_string(&Body { head: &head, event }).map_err(Fault::internal)?;
    text.pop();
    let signature = STANDARD.encode(signer.sign(&[SIGNED, text.as_bytes()].concat()));
    text.push_str(BEFORE);
    text.push_str(&signature);
    text.push_str(AFTER);
    let line = Line { seq, at: head.at, event: Some(event.clone()), prev: head.prev, hash: hash(text.as_bytes()) };
    Ok((line, text.into_bytes()))
}

/// Reads a line and checks its signature; whether it follows another is [`Line::follows`]' to say.
///
/// # Errors
/// [`Damage`].
pub fn read(text: &[u8], hub: &PublicKey) -> Result<Line, Damage> {
    let text = std::str::from_utf8(text).map_err(|_| Damage::Form)?;
    let rest = text.strip_suffix(AFTER).ok_or(Damage::Form)?;
    let (rest, signature) = rest.split_at_checked(rest.len().wrapping_sub(SIGNATURE_LETTERS)).ok_or(Damage::Form)?;
    let signed = rest.strip_suffix(BEFORE).ok_or(Damage::Form)?;
    let signature = STANDARD.decode(signature).map_err(|_| Damage::Form)?;
    if !keypair::verify(hub, &[SIGNED, signed.as_bytes()].concat(), &signature) {
        return Err(Damage::Signature);
    }
    let head: Head = serde_json::from_str(text).map_err(|_| Damage::Form)?;
    Ok(Line { seq: head.seq, at: head.at, event: serde_json::from_str(text).ok(), prev: head.prev, hash: hash(text.as_bytes()) })
}

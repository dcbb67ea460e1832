//! The school's desk: its own pages beside those every desk has, over the running node.

use super::{
    Node, guide,
    machine::{self, Machine},
    roll, today,
};
use crate::doctor;
use axum::{Extension, Router};
use huxue_shared::{
    command::request::{Asked, Request},
    fault::Fault,
    local::Handler as _,
    locale::Lang,
    web::{Desk, DeskConfig},
};
use std::sync::Arc;

/// The desk of a node. The head of its pages changes with every commit and with the link.
#[must_use]
pub fn desk(node: &Arc<Node>, hosts: Vec<String>) -> Arc<Desk> {
    let status = {
        let node = Arc::clone(node);
        Arc::new(move |lang: Lang| {
            let asked = Asked { who: "desk".to_owned(), ..Asked::here(lang, super::NodeRequest::Common(Request::Status)) };
            let mut answer = node.handle(asked, &mut |_| {})?;
            answer["clock"] = serde_json::to_value(doctor::clock_wrong(&node, answer["last_contact"].as_str())).map_err(Fault::internal)?;
            Ok(answer)
        })
    };
    let config = DeskConfig { place: node.file.school_name.clone(), hosts, status };
    let desk = Desk::new(Arc::clone(&node.replica), config);
    if let Some(link) = &node.link {
        let (mut status, mut agreed, mut incoming, pulses) = (link.status.clone(), link.agreed.clone(), link.incoming.clone(), desk.pulses.clone());
        tokio::spawn(async move {
            loop {
                let moved =
                    tokio::select! { moved = status.changed() => moved, moved = agreed.changed() => moved, moved = incoming.changed() => moved };
                if moved.is_err() {
                    return;
                }
                pulses.bump();
            }
        });
    }
    desk
}

/// The school's own pages, over this machine.
pub fn routes(machine: Machine) -> Router<Arc<Desk>> {
    Router::new().merge(today::routes()).merge(roll::routes()).merge(machine::routes()).merge(guide::routes()).layer(Extension(Arc::new(machine)))
}

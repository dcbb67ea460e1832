//! The session's questions to the replica, one after another in each lane, on blocking threads.

use crate::{
    model::ChangeHash,
    sync::{
        ask::{Answer, Ask, Lane, execute},
        engine::{Engine, EngineError, Peer},
    },
    transport::link::Surroundings,
};
use std::sync::Arc;
use tokio::sync::mpsc;

/// Both lanes of one link. Boxed in the queues: a queue's first block has room for 32 items, and a thousand links are idle.
///
/// Dropping it lets what is running finish and starts nothing more.
pub(super) struct Lanes {
    inward: mpsc::UnboundedSender<Box<Ask>>,
    outward: mpsc::UnboundedSender<Box<Ask>>,
    answers: mpsc::UnboundedReceiver<Box<Answer>>,
    open: usize,
}

impl Lanes {
    pub(super) fn start(around: &Surroundings, peer: &Peer) -> Self {
        let (tell, answers) = mpsc::unbounded_channel();
        let lane = || {
            let (sender, asks) = mpsc::unbounded_channel();
            tokio::spawn(work(asks, tell.clone(), around.engine.clone(), peer.clone(), around.genesis));
            sender
        };
        Self { inward: lane(), outward: lane(), answers, open: 0 }
    }

    /// Queues a question. Bounded by the driver, which stops reading when too many are open.
    pub(super) fn ask(&mut self, ask: Ask) {
        let lane = match ask.request.lane() {
            Lane::Inward => &self.inward,
            Lane::Outward => &self.outward,
        };
        if lane.send(Box::new(ask)).is_ok() {
            self.open += 1;
        }
    }

    /// Questions asked and not answered.
    pub(super) fn open(&self) -> usize {
        self.open
    }

    /// The next answer. Cancel-safe.
    pub(super) async fn answer(&mut self) -> Answer {
        match self.answers.recv().await {
            Some(answer) => {
                self.open = self.open.saturating_sub(1);
                *answer
            }
            // Both workers gone: the runtime is shutting down.
            None => std::future::pending().await,
        }
    }
}

async fn work(
    mut asks: mpsc::UnboundedReceiver<Box<Ask>>,
    tell: mpsc::UnboundedSender<Box<Answer>>,
    engine: Arc<dyn Engine>,
    peer: Peer,
    genesis: ChangeHash,
) {
    while let Some(ask) = asks.recv().await {
        // The link has ended: what was asked before is let go.
        if tell.is_closed() {
            return;
        }
        let (engine, peer, id) = (engine.clone(), peer.clone(), ask.id);
        let run = move || execute(engine.as_ref(), &peer, genesis, ask.request);
        let result = tokio::task::spawn_blocking(run).await.unwrap_or_else(|error| Err(EngineError(error.to_string())));
        if tell.send(Box::new(Answer { id, result })).is_err() {
            return;
        }
    }
}

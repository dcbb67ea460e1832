//! What the replica tells its live links: something was committed, or verdicts were reached. Sorted by school, so that one school's edits do not
//! wake a thousand others.
//!
//! Invariant: nothing is lost. A link that falls behind is told the latest head of every space instead of each step; it wants no more.

use crate::model::{SchoolCode, Space, SpaceKind};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::broadcast::{self, error::RecvError};

/// Steps a link may lag before it is told heads only.
const STEPS: usize = 64;

/// One piece of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewsItem {
    /// `space` has grown to `head`.
    Committed {
        /// Which.
        space: Space,
        /// Its highest lsn.
        head: u64,
    },
    /// [`crate::sync::engine::Engine::verdicts`] has something to say.
    Verdicts,
    /// Blobs, or records that name some, were added.
    Blobs,
}

#[derive(Debug)]
struct Topic {
    latest: BTreeMap<Space, u64>,
    sender: broadcast::Sender<NewsItem>,
}

/// The feed. Cloning shares it; telling never blocks and costs little when nobody listens.
#[derive(Clone, Debug, Default)]
pub struct News(Arc<Mutex<BTreeMap<Option<SchoolCode>, Topic>>>);

impl News {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Option<SchoolCode>, Topic>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be called after every commit, by whomever it was caused. The county's internal spaces concern no link.
    pub fn committed(&self, space: Space, head: u64) {
        if space.kind == SpaceKind::Internal {
            return;
        }
        if let Some(topic) = self.lock().get_mut(&space.school) {
            let latest = topic.latest.entry(space).or_default();
            *latest = head.max(*latest);
            // No listener at this moment is no failure.
            let _ = topic.sender.send(NewsItem::Committed { space, head });
        }
    }

    /// Verdicts on changes of `space` wait to be told.
    pub fn verdicts(&self, space: Space) {
        if space.kind == SpaceKind::Internal {
            return;
        }
        if let Some(topic) = self.lock().get(&space.school) {
            let _ = topic.sender.send(NewsItem::Verdicts);
        }
    }

    /// Blobs of `school` (`None`: published ones), or records that name some, were added.
    pub fn blobs(&self, school: Option<SchoolCode>) {
        if let Some(topic) = self.lock().get(&school) {
            let _ = topic.sender.send(NewsItem::Blobs);
        }
    }

    /// The news of one school and what is published to all, from now on.
    pub(crate) fn subscribe(&self, school: SchoolCode) -> Feed {
        Feed { news: self.clone(), school, own: self.receiver(Some(school)), published: self.receiver(None) }
    }

    fn receiver(&self, key: Option<SchoolCode>) -> broadcast::Receiver<NewsItem> {
        let mut topics = self.lock();
        let topic = topics.entry(key).or_insert_with(|| Topic { latest: BTreeMap::new(), sender: broadcast::Sender::new(STEPS) });
        topic.sender.subscribe()
    }

    fn everything(&self, key: Option<SchoolCode>) -> Vec<NewsItem> {
        let topics = self.lock();
        let heads = topics.get(&key).into_iter().flat_map(|topic| &topic.latest);
        heads.map(|(&space, &head)| NewsItem::Committed { space, head }).chain([NewsItem::Verdicts, NewsItem::Blobs]).collect()
    }
}

/// One link's ear.
#[derive(Debug)]
pub(crate) struct Feed {
    news: News,
    school: SchoolCode,
    own: broadcast::Receiver<NewsItem>,
    published: broadcast::Receiver<NewsItem>,
}

impl Feed {
    /// The next news. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Vec<NewsItem> {
        let (key, received) = tokio::select! {
            received = self.own.recv() => (Some(self.school), received),
            received = self.published.recv() => (None, received),
        };
        match received {
            Ok(item) => vec![item],
            Err(RecvError::Lagged(_)) => self.news.everything(key),
            // The feed outlives its ears: they hold it.
            Err(RecvError::Closed) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::SchoolYear;

    #[tokio::test]
    async fn a_link_hears_its_school_and_the_county_and_nobody_else() {
        let (news, year) = (News::default(), SchoolYear::new(2025).unwrap());
        let (own, other): (SchoolCode, SchoolCode) = ("5299010001".parse().unwrap(), "5299010002".parse().unwrap());
        let mut feed = news.subscribe(own);
        news.committed(Space::school(other, year), 1);
        news.committed(Space::internal(year), 2);
        news.committed(Space::school(own, year), 3);
        news.committed(Space::published(year), 4);
        let mut heard = [feed.next().await, feed.next().await].concat();
        heard.sort_by_key(|item| format!("{item:?}"));
        let expected = [(Space::published(year), 4), (Space::school(own, year), 3)];
        assert_eq!(heard, expected.map(|(space, head)| NewsItem::Committed { space, head }));
    }

    #[tokio::test]
    async fn a_link_that_falls_behind_still_learns_the_latest_head() {
        let (news, year) = (News::default(), SchoolYear::new(2025).unwrap());
        let school = "5299010001".parse().unwrap();
        let mut feed = news.subscribe(school);
        let (first, second) = (Space::school(school, year), Space::county_school(school, year));
        news.committed(second, 9);
        (1..=1_000).for_each(|head| news.committed(first, head));
        let heard = feed.next().await;
        assert!(heard.contains(&NewsItem::Committed { space: first, head: 1_000 }));
        assert!(heard.contains(&NewsItem::Committed { space: second, head: 9 }));
    }
}

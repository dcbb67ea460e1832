//! What a daemon does by itself once a day, beginning when it starts: a school's machine is seldom on the whole night.

use std::{sync::Arc, time::Duration};

const DAY: Duration = Duration::from_hours(24);

/// Does `work` now and once a day, where it may block. Ends with the runtime.
pub async fn run(work: impl Fn() + Send + Sync + 'static) {
    let work = Arc::new(work);
    let mut day = tokio::time::interval(DAY);
    loop {
        day.tick().await;
        let work = Arc::clone(&work);
        if tokio::task::spawn_blocking(move || work()).await.is_err() {
            tracing::error!("what is done once a day broke off");
        }
    }
}

//! Slows down guessing of passwords: after [`FREE`] wrong ones for a login or from an address, each further one costs a wait that doubles, up to [`WAIT_S_MAX`].
//! A right password forgives its login; nobody is shut out for good, so nobody can shut somebody else out for good.

use crate::clock::Clock;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Wrong passwords without a wait.
pub const FREE: u32 = 5;
/// Longest wait, seconds.
pub const WAIT_S_MAX: i64 = 300;
/// Most names kept; the calmest is forgotten first.
const NAMES_MAX: usize = 4096;

#[derive(Clone, Copy, Debug)]
struct Tries {
    failed: u32,
    until_s: i64,
}

/// What was tried.
#[derive(Debug, Default)]
pub struct Throttle(Mutex<HashMap<String, Tries>>);

impl Throttle {
    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Tries>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds to wait before any of `names` may be tried again; 0: now.
    pub fn wait_s(&self, clock: &dyn Clock, names: &[&str]) -> i64 {
        let now = clock.now().as_second();
        let all = self.lock();
        names.iter().filter_map(|name| all.get(*name)).map(|tries| (tries.until_s - now).clamp(0, WAIT_S_MAX)).max().unwrap_or(0)
    }

    /// Counts a wrong password.
    pub fn failed(&self, clock: &dyn Clock, names: &[&str]) {
        let now = clock.now().as_second();
        let mut all = self.lock();
        for name in names {
            if all.len() >= NAMES_MAX && !all.contains_key(*name) {
                let Some(calmest) = all.iter().min_by_key(|(_, tries)| tries.until_s).map(|(name, _)| name.clone()) else { continue };
                all.remove(&calmest);
            }
            let tries = all.entry((*name).to_owned()).or_insert(Tries { failed: 0, until_s: 0 });
            // A quarter of an hour of rest forgives.
            if tries.failed > 0 && now - tries.until_s > 3 * WAIT_S_MAX {
                tries.failed = 0;
            }
            tries.failed += 1;
            let doubled = 1i64 << tries.failed.saturating_sub(FREE).min(10);
            tries.until_s = if tries.failed > FREE { now + doubled.min(WAIT_S_MAX) } else { now };
        }
    }

    /// Forgives.
    pub fn passed(&self, name: &str) {
        self.lock().remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::TestClock;

    #[test]
    fn guessing_costs_a_wait_that_doubles_and_a_right_password_forgives() {
        let clock = TestClock::new("2026-03-02T00:00:00Z".parse().unwrap(), 3);
        let throttle = Throttle::default();
        for _ in 0..FREE {
            assert_eq!(throttle.wait_s(&clock, &["wang", "10.0.0.9"]), 0);
            throttle.failed(&clock, &["wang", "10.0.0.9"]);
        }
        throttle.failed(&clock, &["wang"]);
        assert_eq!(throttle.wait_s(&clock, &["wang"]), 2);
        throttle.failed(&clock, &["wang"]);
        assert_eq!(throttle.wait_s(&clock, &["wang", "li"]), 4);
        assert_eq!(throttle.wait_s(&clock, &["li"]), 0, "another login is not slowed down");
        throttle.passed("wang");
        assert_eq!(throttle.wait_s(&clock, &["wang"]), 0);
        for _ in 0..40 {
            throttle.failed(&clock, &["wang"]);
        }
        assert_eq!(throttle.wait_s(&clock, &["wang"]), WAIT_S_MAX, "nobody is shut out for good");
    }
}

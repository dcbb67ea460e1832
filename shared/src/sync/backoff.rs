//! When to dial again: exponential with full jitter, so that 300 schools whose hub comes back do not all dial in the same second.
//!
//! Randomness is passed in.

/// Delays between attempts: the n-th is drawn evenly from `0..=min(max, first * 2^n)`, never under `floor`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Backoff {
    first_ms: u64,
    max_ms: u64,
    floor_ms: u64,
    failures: u32,
}

impl Default for Backoff {
    /// 1 second at first, at most 5 minutes, never under 100 ms.
    fn default() -> Self {
        Self::new(1_000, 300_000, 100)
    }
}

impl Backoff {
    /// Bounds in milliseconds; `floor_ms` is raised to 1 and `max_ms` to `floor_ms`.
    #[must_use]
    pub fn new(first_ms: u64, max_ms: u64, floor_ms: u64) -> Self {
        let floor_ms = floor_ms.max(1);
        Self { first_ms, max_ms: max_ms.max(floor_ms), floor_ms, failures: 0 }
    }

    /// An attempt failed: how long to wait before the next, milliseconds. `random` is an even draw over all of `u64`.
    pub fn failed(&mut self, random: u64) -> u64 {
        let doubled = self.first_ms.saturating_mul(1u64.checked_shl(self.failures).unwrap_or(u64::MAX));
        self.failures = self.failures.saturating_add(1);
        let ceiling = doubled.clamp(self.floor_ms, self.max_ms);
        let span = u128::from(ceiling - self.floor_ms) + 1;
        // Scales the draw to 0..span; the product is under 2^128, its upper half under 2^64.
        let drawn = u64::try_from((u128::from(random) * span) >> 64).unwrap_or(0);
        self.floor_ms + drawn
    }

    /// A session came to its HELLO: start over.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Failures in a row.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_delay_is_within_bounds(first in 0u64..100_000, max in 0u64..1_000_000, floor in 0u64..10_000, draws in prop::collection::vec(any::<u64>(), 1..200)) {
            let mut backoff = Backoff::new(first, max, floor);
            for draw in draws {
                let delay = backoff.failed(draw);
                prop_assert!(delay >= floor.max(1));
                prop_assert!(delay <= max.max(floor).max(1));
            }
        }
    }

    #[test]
    fn the_ceiling_doubles_and_success_resets_it() {
        let mut backoff = Backoff::new(1_000, 300_000, 100);
        let ceilings: Vec<u64> = (0..10).map(|_| backoff.failed(u64::MAX)).collect();
        assert_eq!(ceilings, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000]);
        assert_eq!(backoff.failed(0), 100);
        assert_eq!(backoff.failures(), 11);
        backoff.succeeded();
        assert_eq!(backoff.failed(u64::MAX), 1_000);
    }
}

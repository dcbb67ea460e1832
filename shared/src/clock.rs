//! The only place that reads the time or draws randomness. Everything else is handed a [`Clock`].

use jiff::Timestamp;

/// Time and randomness as arguments, so that a simulation owns both.
pub trait Clock: Send + Sync + std::fmt::Debug {
    /// Now, UTC. May be wrong; never used for order (DESIGN §5).
    fn now(&self) -> Timestamp;
    /// Fills `out` with random bytes.
    fn random(&self, out: &mut [u8]);

    /// A new ULID of this moment: sorts by time within one writer.
    fn ulid(&self) -> ulid::Ulid {
        let mut bytes = [0u8; 10];
        self.random(&mut bytes);
        let mut wide = [0u8; 16];
        wide[6..].copy_from_slice(&bytes);
        let ms = u64::try_from(self.now().as_millisecond()).unwrap_or(0);
        ulid::Ulid::from_parts(ms, u128::from_be_bytes(wide))
    }

    /// Today's civil date in China (UTC+8), where all the schools are.
    fn today(&self) -> jiff::civil::Date {
        self.now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))).date()
    }
}

/// The machine's own clock and generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn random(&self, out: &mut [u8]) {
        use ring::rand::SecureRandom as _;
        // A machine whose generator fails must not invent keys or ids: there is nothing sensible to go on with.
        #[expect(clippy::expect_used, reason = "no safe fallback exists for missing randomness")]
        ring::rand::SystemRandom::new().fill(out).expect("the operating system's random generator works");
    }
}

/// A clock for tests and simulations: fixed steps, seeded bytes.
#[derive(Debug)]
pub struct TestClock(std::sync::Mutex<(Timestamp, u64)>);

impl TestClock {
    /// Starts at `start`; every draw is a function of `seed` and the draws before.
    #[must_use]
    pub fn new(start: Timestamp, seed: u64) -> Self {
        Self(std::sync::Mutex::new((start, seed)))
    }

    /// Moves time.
    pub fn advance_s(&self, seconds: i64) {
        let mut state = self.lock();
        state.0 = state.0.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(state.0);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Timestamp, u64)> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        self.lock().0
    }

    fn random(&self, out: &mut [u8]) {
        let mut state = self.lock();
        state.1 = state.1.wrapping_add(1);
        blake3::Hasher::new_derive_key("huxue test clock").update(&state.1.to_le_bytes()).finalize_xof().fill(out);
    }
}

//! Names and limits inside a document (DESIGN §2). One place for both sides: what the writer may write and what admission lets in.
//!
//! ```text
//! ROOT ─ subject ─ <field>                                 the profile: scalars only
//!      └ records ─ "<ledger>:<id>" ─ <field>, _v           a record: scalars only
//!                                  └ _steps ─ "<ULID>" ─ name, follows, …   lifecycle steps, appended, never changed
//! ```
//!
//! Invariant: these limits are the same for every release that shares a protocol version: the writer is judged by the reader's rules.

/// Key of a record's map of lifecycle steps; made by the change that makes the record.
pub const STEPS_KEY: &str = "_steps";
/// Key of the definition version a record was written under.
pub const VERSION_KEY: &str = "_v";

/// Key of who wrote a record last. The field `by` is who made it, and stays.
pub const WRITER_KEY: &str = "_by";

/// Longest key, in bytes.
pub const KEY_BYTES_MAX: usize = 120;
/// Longest string value, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;
/// Longest change chunk, in bytes. A change is never split, so even one that does not compress must fit a frame of 256 KiB together with the other
/// members of its batch as holes: 192 KiB + 1,023 × 50 bytes = 247,758 bytes, and room for what surrounds them.
pub const CHANGE_BYTES_MAX: usize = 192 * 1024;
/// Most operations in one change.
pub const OPERATIONS_MAX: usize = 4_096;
/// Most superseded values named in one change.
pub const PREDECESSORS_MAX: usize = 8_192;
/// Most changes one change may depend on directly.
pub const DEPENDENCIES_MAX: usize = 64;
/// Most actors one change may refer to besides its own: one a superseded value at most.
pub const ACTORS_MAX: usize = 1_024;
/// First writer's time that is refused, unix seconds. Automerge keeps times as differences of i64: 2^43 s leaves them room and is the year 280,000.
pub const TIME_S_END: i64 = 1 << 43;
/// First operation counter that is refused: Automerge keeps counters in 32 bits, and 2^31 leaves every honest writer room.
pub const COUNTER_END: u64 = 1 << 31;

/// True for a record key: a ledger code, a colon, and a ULID or derived id of 1 to 64 letters and digits.
#[must_use]
pub fn is_record_key(key: &str) -> bool {
    let Some((ledger, id)) = key.split_once(':') else { return false };
    key.len() <= KEY_BYTES_MAX
        && ledger.bytes().next().is_some_and(|first| first.is_ascii_lowercase())
        && ledger.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        && (1..=64).contains(&id.len())
        && id.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// True for the key of a step: 26 digits and capitals, as a ULID is written.
#[must_use]
pub fn is_step_key(key: &str) -> bool {
    key.len() == 26 && key.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

/// True for a key that may hold a scalar: short, not empty, no control characters, not the engine's own [`STEPS_KEY`].
#[must_use]
pub fn is_field_key(key: &str) -> bool {
    (1..=KEY_BYTES_MAX).contains(&key.len()) && key != STEPS_KEY && !key.bytes().any(|b| b < 0x20 || b == 0x7f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_keys_name_a_ledger_and_an_id() {
        assert!(is_record_key("care_log:01J8ZK3V9Q0000000000000000"));
        assert!(is_record_key("dropout_case:a1"));
        for wrong in ["", "care_log", "care_log:", ":x", "Care:x", "care:x y", "care:家", "care::x", "_care:x"] {
            assert!(!is_record_key(wrong), "{wrong}");
        }
        assert!(!is_record_key(&format!("care:{}", "x".repeat(65))));
        assert!(!is_record_key(&format!("{}:x", "c".repeat(KEY_BYTES_MAX))));
    }

    #[test]
    fn field_keys_keep_out_control_characters_and_the_engines_own() {
        assert!(is_field_key("risks.orphan") && is_field_key("_v") && is_field_key("备注"));
        for wrong in ["", "_steps", "a\nb", "a\u{7f}"] {
            assert!(!is_field_key(wrong), "{wrong:?}");
        }
        assert!(!is_field_key(&"k".repeat(KEY_BYTES_MAX + 1)));
        assert!(is_step_key("01J8ZK3V9Q0000000000000000") && !is_step_key("01j8zk3v9q0000000000000000") && !is_step_key("_steps"));
    }
}

//! Boarder or day pupil, left behind or not.

use super::clean;

/// Is the child a boarder? Empty means no: rosters tick only the boarders. `None`: not understood.
///
/// `about_day_pupils`: the column asks the other way round.
pub(super) fn boards(compact: &str, about_day_pupils: bool) -> Option<bool> {
    if compact.is_empty() {
        return Some(false);
    }
    if let Some(yes) = clean::yes_no(compact) {
        return Some(yes != about_day_pupils);
    }
    let has = |words: &[&str]| words.iter().any(|word| compact.contains(word));
    if has(&["走读", "通学", "非寄宿", "非住", "不寄宿", "不住", "未住", "外宿", "校外", "day"]) {
        Some(false)
    } else if has(&["寄宿", "住校", "住宿", "住读", "内宿", "全托", "board"]) {
        Some(true)
    } else {
        None
    }
}

/// Kind of left-behind child; education offices count both kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftBehind {
    /// Not left behind.
    No,
    /// One parent away.
    One,
    /// Both parents away.
    Both,
    /// Left behind, kind not said.
    Yes,
}

impl LeftBehind {
    /// `None`: not understood. Empty means no.
    pub(super) fn read(compact: &str) -> Option<Self> {
        if let Some(yes) = clean::yes_no(compact) {
            return Some(if yes { Self::Yes } else { Self::No });
        }
        let has = |words: &[&str]| words.iter().any(|word| compact.contains(word));
        if has(&["非留守", "不是", "未留守"]) {
            Some(Self::No)
        } else if has(&["双亲", "双留守", "父母双方", "父母均", "父母都", "父母外出"]) {
            Some(Self::Both)
        } else if has(&["单亲", "单留守", "一方", "父亲外出", "母亲外出"]) {
            Some(Self::One)
        } else if compact.contains("留守") {
            Some(Self::Yes)
        } else {
            None
        }
    }
}

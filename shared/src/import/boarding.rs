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

/// Whether a child is left behind, and by whom; education offices count both kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftBehind {
    /// Not left behind.
    No,
    /// One parent away.
    One(OneAway),
    /// Both parents away.
    Both,
    /// Left behind, kind not said.
    Yes,
}

/// What a roster says beside "one parent away".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OneAway {
    /// Who: option of the care profile's parents.
    pub parent: Option<&'static str>,
    /// Whether the other one can care for the child. Most rosters leave it open, and the civil-affairs count hangs on it.
    pub able: Option<bool>,
}

impl LeftBehind {
    /// `None`: not understood. Empty means no.
    pub(super) fn read(compact: &str) -> Option<Self> {
        if let Some(yes) = clean::yes_no(compact) {
            return Some(if yes { Self::Yes } else { Self::No });
        }
        let has = |words: &[&str]| words.iter().any(|word| compact.contains(word));
        let (father, mother) = (has(&["父亲外出", "父外出", "父亲在外"]), has(&["母亲外出", "母外出", "母亲在外"]));
        if has(&["非留守", "不是", "未留守"]) {
            Some(Self::No)
        } else if has(&["双亲", "双留守", "父母双方", "父母均", "父母都", "父母外出"]) || (father && mother) {
            Some(Self::Both)
        } else if has(&["单亲", "单留守", "一方"]) || father || mother {
            let parent = [(father, "father"), (mother, "mother")].into_iter().find_map(|(away, parent)| away.then_some(parent));
            let unable = has(&["无监护能力", "没有监护能力", "无力监护"]);
            Some(Self::One(OneAway { parent, able: if unable { Some(false) } else { has(&["有监护能力"]).then_some(true) } }))
        } else if compact.contains("留守") {
            Some(Self::Yes)
        } else {
            None
        }
    }

    /// The kind, an option of the care profile's; none for a child that is not left behind, or of whom no kind is said.
    #[must_use]
    pub fn kind(self) -> Option<&'static str> {
        match self {
            Self::No | Self::Yes => None,
            Self::Both => Some("both"),
            Self::One(OneAway { able: None, .. }) => Some("one"),
            Self::One(OneAway { able: Some(true), .. }) => Some("one_able"),
            Self::One(OneAway { able: Some(false), .. }) => Some("one_unable"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_left_behind_child_is_read_as_far_as_it_is_said() {
        let kind = |text| LeftBehind::read(text).unwrap().kind();
        for (text, wanted) in [
            ("双亲留守儿童", Some("both")),
            ("父母双方外出", Some("both")),
            ("父亲外出、母亲外出", Some("both")),
            ("单亲留守儿童", Some("one")),
            ("父母一方外出", Some("one")),
            ("一方外出另一方无监护能力", Some("one_unable")),
            ("一方外出、另一方有监护能力", Some("one_able")),
            ("留守", None),
            ("是", None),
            ("非留守儿童", None),
            ("否", None),
        ] {
            assert_eq!(kind(text), wanted, "{text}");
        }
        assert_eq!(LeftBehind::read("母亲外出"), Some(LeftBehind::One(OneAway { parent: Some("mother"), able: None })));
        assert_eq!(LeftBehind::read("留守").unwrap(), LeftBehind::Yes);
    }
}

//! Why a change was refused, in the reader's words: every code that may stand in quarantine, and those of newer releases.

use crate::{
    fault::{Exit, Fault},
    locale::{self, Lang},
    replica::refusals,
};
use serde_json::Value as Json;

/// Sentence and next step for the detail of a refused item in the inbox; `None` for an item of another kind.
#[must_use]
pub fn sentence(detail: &Json, lang: Lang) -> Option<(String, Option<String>)> {
    let code = detail["code"].as_str().filter(|_| detail["change"].is_string())?;
    let fault = match refusals::codes().find(|known| *known == code) {
        Some(known) => Fault::new(known, Exit::Found),
        None => Fault::new("refused-otherwise", Exit::Found).with("code", code),
    };
    Some(locale::fault(lang, &fault))
}

/// The lines of a refused item: why, what to do, and what could not be carried over.
#[must_use]
pub fn lines(item: &Json, lang: Lang) -> Vec<String> {
    let mut out: Vec<String> = ["message", "next"].iter().filter_map(|key| item[*key].as_str().map(str::to_owned)).collect();
    for left in item["detail"]["left_out"].as_array().into_iter().flatten() {
        let operations: Vec<&str> = left["operations"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        let record = left["record"].as_str().unwrap_or_default();
        out.push(locale::text(lang, "conflict-left-out", &[("record", record), ("text", &operations.join("; "))]));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_code_that_may_stand_in_quarantine_has_a_sentence_and_a_next_step_in_both_languages() {
        for code in refusals::codes().chain(["of-a-newer-release"]) {
            let detail = json!({ "code": code, "change": "00" });
            let (zh, zh_next) = sentence(&detail, Lang::Zh).unwrap();
            let (en, en_next) = sentence(&detail, Lang::En).unwrap();
            assert!(zh.chars().any(|c| c > '\u{4e00}'), "{code}: {zh}");
            assert!(zh != en && en.contains(' ') && en.is_ascii(), "{code}: {en}");
            assert!(zh_next.is_some() && en_next.is_some() && zh_next != en_next, "{code}");
        }
        assert!(sentence(&json!({ "code": "of-a-newer-release", "change": "00" }), Lang::En).unwrap().0.contains("of-a-newer-release"));
        assert_eq!(sentence(&json!({ "values": [] }), Lang::En), None);
    }

    #[test]
    fn what_was_left_out_is_shown_line_by_line() {
        let item = json!({ "message": "m", "next": "n", "detail": { "left_out": [{ "record": "care_log:1", "operations": ["note = \"x\"", "minutes = 3"] }] } });
        assert_eq!(lines(&item, Lang::En), ["m", "n", "Not carried over: care_log:1 note = \"x\"; minutes = 3"]);
    }
}

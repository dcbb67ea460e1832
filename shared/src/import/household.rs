//! What a roster says about a household: registered or not, and the hardship categories, as options of the enrolment ledger.

use super::clean;
use super::problem::{Problem, Reason};
use std::collections::BTreeSet;

/// Household facts of one row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Household {
    /// Option of `registered_household`; `None`: the roster does not say.
    pub registered: Option<&'static str>,
    /// Options of `categories`.
    pub categories: BTreeSet<&'static str>,
    /// Text behind `categories.other`.
    pub other: Option<String>,
}

/// Words that name a registered or monitored household, the special before the general.
const REGISTERED: [(&str, &str); 10] = [
    ("脱贫不稳定", "monitored_unstable"),
    ("边缘易致贫", "monitored_margin"),
    ("边缘户", "monitored_margin"),
    ("突发严重困难", "monitored_sudden"),
    ("严重困难户", "monitored_sudden"),
    ("已脱贫", "lifted"),
    ("脱贫", "lifted"),
    ("建档立卡", "registered"),
    ("建卡", "registered"),
    ("贫困户", "registered"),
];

/// Words that name a category, the special before the general.
const CATEGORIES: [(&str, &str); 27] = [
    ("城市低保", "urban_allowance"),
    ("城镇低保", "urban_allowance"),
    ("农村低保", "rural_allowance"),
    ("城市最低生活保障", "urban_allowance"),
    ("农村最低生活保障", "rural_allowance"),
    ("特困职工", "destitute_worker"),
    ("特困家庭", "destitute_worker"),
    ("特困", "destitute"),
    ("五保", "destitute"),
    ("事实无人抚养", "de_facto_orphan"),
    ("事实孤儿", "de_facto_orphan"),
    ("孤儿", "orphan"),
    ("残疾", "disabled"),
    ("亡故", "parent_dead"),
    ("去世", "parent_dead"),
    ("死亡", "parent_dead"),
    ("单亲", "single_parent"),
    ("离异", "single_parent"),
    ("烈士", "martyr"),
    ("优抚", "martyr"),
    ("少数民族", "minority"),
    ("受灾", "disaster"),
    ("灾害", "disaster"),
    ("重病", "parent_ill"),
    ("大病", "parent_ill"),
    ("丧失劳动", "parent_ill"),
    ("随迁", "migrant_child"),
];

/// Words a column that asks for one category answers with, beside those of [`CATEGORIES`]: the kind of it.
const KINDS: [(&str, &[&str]); 8] = [
    ("rural_allowance", &["低保", "一类", "二类", "三类", "最低生活"]),
    ("urban_allowance", &["低保", "一类", "二类", "三类", "最低生活"]),
    ("destitute", &["供养", "救助", "困境"]),
    ("orphan", &["孤"]),
    ("de_facto_orphan", &["事实", "无人抚养"]),
    ("disabled", &["视力", "听力", "言语", "肢体", "智力", "精神", "多重", "级", "残", "盲", "聋", "哑"]),
    ("single_parent", &["父", "母", "离"]),
    ("migrant_child", &["务工", "外来", "进城"]),
];

/// Words that deny: an ordinary household.
const ORDINARY: [&str; 12] =
    ["一般农户", "一般户", "普通农户", "普通家庭", "一般家庭", "正常", "非困难", "不困难", "非贫困", "无困难", "一般", "非农户"];

impl Household {
    /// Reads the column of categories: one or several, in any separators.
    pub(super) fn read_categories(&mut self, text: &str, urban: bool, remarks: &mut Vec<Problem>) {
        self.registered.get_or_insert("no");
        for part in text.split([',', '，', '、', ';', '；', '/', '+', '|', '\n', ' ']) {
            let part = clean::compact(part);
            if clean::yes_no(&part) != Some(false) && !ORDINARY.contains(&part.as_str()) && !clean::is_nothing(&part) {
                self.read_one(&part, urban, remarks);
            }
        }
    }

    fn read_one(&mut self, part: &str, urban: bool, remarks: &mut Vec<Problem>) {
        let denied = part.starts_with('非') || part.starts_with('无') || part.starts_with('不');
        if let Some((_, code)) = REGISTERED.iter().find(|(word, _)| part.contains(word)) {
            if !denied {
                self.registered = Some(code);
            }
        } else if let Some((_, code)) = CATEGORIES.iter().find(|(word, _)| part.contains(word)) {
            if !denied || *code == "de_facto_orphan" {
                self.categories.insert(code);
            }
        } else if part.contains("低保") || part.contains("最低生活保障") {
            if !denied {
                self.allowance(urban, remarks);
            }
        } else if !denied {
            self.categories.insert("other");
            let other = self.other.get_or_insert_default();
            if !other.is_empty() {
                other.push('、');
            }
            other.push_str(part);
            remarks.push(Problem::new(Reason::HardshipOther).with("value", part));
        }
    }

    /// 低保 alone does not say which of the two; the household's registration does, else the country is meant.
    fn allowance(&mut self, urban: bool, remarks: &mut Vec<Problem>) {
        self.categories.insert(if urban { "urban_allowance" } else { "rural_allowance" });
        if !urban {
            remarks.push(Problem::new(Reason::AllowanceRural));
        }
    }

    /// Reads a column that asks only whether the household is registered: yes, no, or which kind. False: not understood, nothing taken.
    pub(super) fn read_registered(&mut self, compact: &str) -> bool {
        let kind = REGISTERED.iter().find(|(word, _)| compact.contains(word)).map(|(_, code)| *code);
        let code = match clean::yes_no(compact) {
            Some(true) => "registered",
            Some(false) => "no",
            None if compact.starts_with(['非', '不', '未', '无']) || ORDINARY.contains(&compact) || clean::is_nothing(compact) => "no",
            None => match kind {
                Some(kind) => kind,
                None if compact.contains("监测") => "monitored_unstable",
                None => return false,
            },
        };
        if code != "no" || self.registered.is_none() {
            self.registered = Some(code);
        }
        true
    }

    /// Reads a column that asks for one category: yes, no, or which kind of it (视力残疾). False: not understood, nothing taken.
    pub(super) fn read_question(&mut self, option: &'static str, compact: &str) -> bool {
        let denied = ORDINARY.contains(&compact) || clean::is_nothing(compact) || compact.starts_with(['非', '无', '不', '否', '未', '健']);
        let named = CATEGORIES.iter().any(|(word, code)| *code == option && compact.contains(word))
            || KINDS.iter().any(|(code, words)| *code == option && words.iter().any(|word| compact.contains(word)));
        match clean::yes_no(compact) {
            Some(false) => true,
            None if denied => true,
            None if !named => false,
            Some(true) | None => {
                self.categories.insert(option);
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Household, Vec<Problem>) {
        let (mut household, mut remarks) = (Household::default(), Vec::new());
        household.read_categories(text, false, &mut remarks);
        (household, remarks)
    }

    #[test]
    fn categories_become_options() {
        for (text, registered, categories) in [
            ("一般农户", "no", vec![]),
            ("", "no", vec![]),
            ("建档立卡", "registered", vec![]),
            ("脱贫户、残疾", "lifted", vec!["disabled"]),
            ("监测户(边缘易致贫户)", "monitored_margin", vec![]),
            ("城市低保；单亲家庭", "no", vec!["single_parent", "urban_allowance"]),
            ("特困供养", "no", vec!["destitute"]),
            ("非建档立卡", "no", vec![]),
            ("父母一方亡故", "no", vec!["parent_dead"]),
        ] {
            let (household, remarks) = read(text);
            assert_eq!((household.registered, household.categories.into_iter().collect::<Vec<_>>()), (Some(registered), categories), "{text}");
            assert!(remarks.is_empty());
        }
    }

    #[test]
    fn what_is_not_known_is_kept_with_a_remark() {
        let (household, remarks) = read("父亲服刑");
        assert_eq!(household.other.as_deref(), Some("父亲服刑"));
        assert!(household.categories.contains("other"));
        assert_eq!(remarks[0].reason, Reason::HardshipOther);
        assert_eq!(read("低保户").1[0].reason, Reason::AllowanceRural);
    }
}

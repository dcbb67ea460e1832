//! The head of a pasted block: what a column may be called, and whether a line is a head at all.
//!
//! A column is called by its field's title or code, as the grid heads it (with the unit), or by its title without what stands in brackets where no other column could be meant.
//! Invariant: a line is a head only if it names a column by a word that cannot be a value; a line that names one is no data.

use super::{super::form, lines::Line};
use crate::{
    command::importing,
    import::table::{Candidate, Matched, match_columns},
    ledger::{
        Catalogue, Definition,
        definition::{Form, Subject},
    },
    locale::Lang,
};
use std::collections::BTreeSet;
use unicode_normalization::UnicodeNormalization as _;

/// What says whose a row is, or which: the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// The record's own number.
    Record,
    /// The child's document, or its name.
    Child,
    /// Identity number.
    Identity,
    /// Student number.
    Number,
    /// Name.
    Name,
}

/// Fields of the profile ledger that say who a child is: they lead a pasted line to its row and are not written there.
pub(super) const IDENTITY: [(&str, Key); 3] = [("id_no", Key::Identity), ("student_no", Key::Number), ("name", Key::Name)];

/// What may stand over a column of a ledger.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads {
    /// Code, Chinese and English.
    names: Vec<(String, String, String)>,
    /// Words that are values: a line of them is no head.
    values: BTreeSet<String>,
    /// Rows are the children themselves: their name and numbers are fields.
    pub(super) profile: bool,
}

impl Heads {
    /// Of a ledger.
    pub(super) fn of(catalogue: &Catalogue, definition: &Definition) -> Self {
        let mut own: Vec<(String, String, String)> =
            importing::candidates(definition).iter().map(|c| (c.code.to_owned(), c.zh.to_owned(), c.en.to_owned())).collect();
        if definition.subject == Subject::Student && !definition.fields.iter().any(|field| field.title.zh == "学籍号") {
            own.push(("_student_no".to_owned(), "学籍号".to_owned(), "Student number".to_owned()));
        }
        let (units, lists) = definition
            .fields
            .iter()
            .map(|field| {
                let titled = |lang: Lang| {
                    let unit = field.unit.as_ref().map_or_else(|| form::own_unit(field, lang), |unit| unit.get(lang).to_owned());
                    format!("{} ({unit})", field.title.get(lang))
                };
                ((field.code.clone(), titled(Lang::Zh), titled(Lang::En)), catalogue.options(definition, field))
            })
            .collect::<(Vec<_>, Vec<_>)>();
        let choices = lists.into_iter().flatten().flat_map(|list| &list.choices);
        own.extend(units);
        Self {
            names: own,
            values: choices.flat_map(|choice| [&choice.title.zh, &choice.title.en]).map(|title| plain(title)).collect(),
            profile: definition.subject == Subject::Student && definition.form == Form::Profile,
        }
    }

    /// What a column says of whose a row is; `None`: it is a value.
    pub(super) fn key(&self, code: &str) -> Option<Key> {
        match code {
            "_id" => Some(Key::Record),
            "_student" => Some(Key::Child),
            "_id_no" | "_id_no_2" => Some(Key::Identity),
            "_student_no" => Some(Key::Number),
            "_name" => Some(Key::Name),
            code => IDENTITY.iter().find(|(own, _)| self.profile && *own == code).map(|(_, key)| *key),
        }
    }

    /// The first line of a block as a head, if it is one.
    pub(super) fn read(&self, block: &[Vec<String>], lines: &[Line]) -> Option<Matched> {
        let [first, rest @ ..] = block else { return None };
        if rest.is_empty() {
            return None;
        }
        let candidates: Vec<Candidate<'_>> = self.names.iter().map(|(code, zh, en)| Candidate { code, zh, en }).collect();
        let matched = match_columns(first, &candidates);
        let (known, filled) = (matched.columns.len(), first.iter().filter(|cell| !cell.trim().is_empty()).count());
        if known == 0 {
            return None;
        }
        if matched.columns.iter().any(|(_, code)| self.key(code).is_some()) {
            return Some(matched);
        }
        // A word that is a title here and an option there: a head if no value like it stands below.
        let value = |text: &str| self.values.contains(&plain(text));
        let below = |place: usize| rest.iter().filter_map(|line| line.get(place)).any(|cell| value(cell));
        if matched.columns.iter().all(|(place, _)| first.get(*place).is_some_and(|cell| value(cell)) && below(*place)) {
            return None;
        }
        let most = known * 2 > filled && (known >= 2 || filled == 1);
        let somebody = |text: &str| lines.iter().any(|line| !line.child.0.is_empty() && plain(&line.child.0) == plain(text));
        let data = |text: &String| is_figure(text) || somebody(text) || value(text);
        (most || !first.iter().any(data)).then_some(matched)
    }
}

/// Half-width, lower-case, without white space.
pub(super) fn plain(text: &str) -> String {
    text.nfkc().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect()
}

/// A number, an amount or a date: no head.
fn is_figure(text: &str) -> bool {
    let text = plain(text);
    text.chars().any(|c| c.is_ascii_digit()) && text.chars().all(|c| c.is_ascii_digit() || ".,-/:%年月日元¥".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heads() -> Heads {
        let catalogue = Catalogue::embedded();
        let definition = catalogue.latest("aid_payment").unwrap();
        Heads::of(&catalogue, definition)
    }

    fn read(text: &str) -> Option<(Vec<String>, Vec<String>)> {
        let block = crate::import::block::parse(text);
        let line = Line { child: ("谭娟波".into(), String::new()), ..Line::default() };
        heads().read(&block, &[line]).map(|matched| (matched.columns.into_iter().map(|(_, code)| code).collect(), matched.ignored))
    }

    #[test]
    fn a_column_is_known_with_and_without_its_unit_and_what_stands_in_brackets() {
        let sum = [
            "金额",
            "金额（物品折价）",
            "金额(物品折价)",
            "金额（物品折价） (元)",
            "金额 （元）",
            " 金 额 ",
            "Amount or value (yuan)",
            "金额（物品折价） (元) *",
        ];
        for head in sum {
            assert_eq!(read(&format!("姓名\t{head}\n谭娟波\t625")), Some((vec!["_name".into(), "amount".into()], vec![])), "{head}");
        }
        // What two columns could be called is none of them but the one that is called so.
        assert_eq!(read("姓名\t用途（其他，请说明）\t用途\n谭娟波\tx\ty").unwrap().0, ["_name", "purpose_note", "purpose"]);
        assert_eq!(read("姓名\t退回金额（元）\n谭娟波\t1").unwrap().0, ["_name", "refund_amount"]);
    }

    #[test]
    fn a_line_that_names_a_column_is_no_data_and_a_line_of_values_is_no_head() {
        assert_eq!(read("姓名\t谁知道\t什么\n谭娟波\t1\t2"), Some((vec!["_name".into()], vec!["谁知道".into(), "什么".into()])));
        assert_eq!(read("金额\t谁知道\t什么\n1\t2\t3").map(|read| read.0), Some(vec!["amount".into()]));
        assert_eq!(read("物品\t谁知道\n现金\t2"), None, "a form of aid, not the column of that name");
        assert_eq!(read("物品\n物品\n现金"), None);
        assert_eq!(read("物品\n书包\n米").map(|read| read.0), Some(vec!["goods".into()]));
        assert_eq!(read("谭娟波\t数量\n王小明\t3"), None, "somebody stands in it");
        assert_eq!(read("625\t数量\n626\t3"), None);
        assert_eq!(read("谭娟波\t625\n王小明\t626"), None);
        assert_eq!(read("姓名\t金额"), None, "a head over nothing");
    }
}

//! What cannot reject a row: addresses, household, guardian. What is not understood here is kept as typed or left out, with a remark.

use super::super::boarding::LeftBehind;
use super::super::clean::{self, Phone};
use super::super::codes;
use super::super::column::Column;
use super::super::grade::Stage;
use super::super::household::Household;
use super::super::identity::IdType;
use super::super::problem::{Problem, Reason};
use super::super::pupil::{Guardian, Pupil};
use super::Row;
use crate::model::codes::SchoolCode;
use jiff::civil::Date;

/// Everything that cannot reject a row.
pub(super) struct Rest {
    former_name: Option<String>,
    ethnic: Option<String>,
    hukou_kind: Option<&'static str>,
    texts: [Option<String>; 6],
    household: Household,
    left_behind: Option<LeftBehind>,
    guardian: Option<Guardian>,
    school: Option<String>,
}

impl Row<'_> {
    pub(super) fn rest(&mut self) -> Rest {
        let hukou_kind = self.hukou_kind();
        Rest {
            former_name: self.former_name(),
            ethnic: self.ethnic(),
            hukou_kind,
            texts: [Column::HukouPlace, Column::Address, Column::Village, Column::Township, Column::HouseholdCard, Column::Note]
                .map(|column| Some(clean::free(&self.cell(column).text())).filter(|text| !clean::is_nothing(text))),
            household: self.household(hukou_kind == Some("urban")),
            left_behind: self.left_behind(),
            guardian: self.guardian(),
            school: self.school(),
        }
    }

    /// What is typed in a column and not understood does not vanish without a word.
    pub(super) fn left_out(&mut self, column: &'static str, value: impl std::fmt::Display) {
        self.remarks.push(Problem::new(Reason::ValueLeftOut).with("column", column).with("value", value));
    }

    fn former_name(&mut self) -> Option<String> {
        let name = clean::name(&self.cell(Column::FormerName).text());
        if clean::is_nothing(&name) {
            return None;
        }
        if !clean::is_name(&name) {
            self.left_out("name_former", name);
            return None;
        }
        Some(name)
    }

    fn hukou_kind(&mut self) -> Option<&'static str> {
        let text = self.compact(Column::HukouKind);
        let kind = match text.as_str() {
            text if clean::is_nothing(text) => return None,
            text if text.contains("未登记") || text.contains("未落户") => Some("unregistered"),
            text if text.contains("非农") || text.contains("城镇") || text.contains("居民") => Some("urban"),
            text if text.contains("农") => Some("rural"),
            _ => None,
        };
        if kind.is_none() {
            self.left_out("hukou_kind", text);
        }
        kind
    }

    fn ethnic(&mut self) -> Option<String> {
        let text = self.compact(Column::Ethnic);
        if clean::is_nothing(&text) {
            return None;
        }
        let code = codes::ethnic(&text);
        if code.is_none() {
            self.remarks.push(Problem::new(Reason::EthnicUnknown).with("value", text.clone()));
        }
        code.or(Some(text))
    }

    fn household(&mut self, urban: bool) -> Household {
        let mut household = Household::default();
        let context = self.context;
        for (_, column) in &context.header.columns {
            match column {
                Column::Hardship => {
                    let text = self.cell(*column).text();
                    household.read_categories(&text, urban, &mut self.remarks);
                }
                Column::Registered => {
                    let text = self.compact(*column);
                    if !household.read_registered(&text) {
                        self.left_out("registered_household", text);
                    }
                }
                Column::Category(option) => {
                    let text = self.compact(*column);
                    if !household.read_question(option, &text) {
                        self.left_out("categories", text);
                    }
                }
                _ => {}
            }
        }
        household
    }

    fn left_behind(&mut self) -> Option<LeftBehind> {
        if !self.has(Column::LeftBehind) || self.is_bad(Column::LeftBehind) {
            return None;
        }
        let typed = self.compact(Column::LeftBehind);
        let kind = LeftBehind::read(&typed);
        if kind.is_none() {
            self.remarks.push(Problem::new(Reason::LeftBehindUnclear).with("value", typed));
        }
        kind
    }

    fn guardian(&mut self) -> Option<Guardian> {
        let name = clean::name(&self.cell(Column::GuardianName).text());
        let name = if clean::is_nothing(&name) { String::new() } else { name };
        let phone = self.phone();
        let typed = self.compact(Column::GuardianRelation);
        let (relation, relation_note) = match typed.as_str() {
            text if clean::is_nothing(text) => (self.context.header.guardian_relation.filter(|_| !name.is_empty()), None),
            text => {
                let (code, note) = codes::relation(text);
                (Some(code), note)
            }
        };
        if let Some(note) = &relation_note {
            self.remarks.push(Problem::new(Reason::RelationOther).with("value", note));
        }
        (!name.is_empty() || phone.is_some() || relation.is_some()).then_some(Guardian { name, relation, relation_note, phone })
    }

    fn phone(&mut self) -> Option<String> {
        let typed = self.cell(Column::GuardianPhone).text();
        let (number, reason) = match clean::phone(&typed) {
            Phone::None => return None,
            Phone::Number(number) => return Some(number),
            Phone::First(number) => (Some(number), Reason::PhoneFirst),
            Phone::Odd(number) => (Some(number), Reason::PhoneOdd),
            Phone::Unreadable => (None, Reason::PhoneUnreadable),
        };
        self.remarks.push(Problem::new(reason).with("value", typed));
        number
    }

    fn school(&mut self) -> Option<String> {
        let code = self.compact(Column::SchoolCode);
        let Ok(named) = code.parse::<SchoolCode>() else {
            if !clean::is_nothing(&code) {
                self.left_out("school", code);
            }
            return None;
        };
        if self.context.school.is_some_and(|own| own != named) {
            self.remarks.push(Problem::new(Reason::SchoolDiffers).with("value", code.clone()));
        }
        Some(code)
    }
}

impl Rest {
    /// The judged part is filled in by the caller.
    pub(super) fn into_pupil(self, birth: Date) -> Pupil {
        let [hukou_place, address, village, township, household_card, note] = self.texts;
        let village = village.or_else(|| address.as_deref().and_then(village_of));
        Pupil {
            name: String::new(),
            former_name: self.former_name,
            id_type: IdType::None,
            id: None,
            foreign_id: None,
            student_number: None,
            male: false,
            birth,
            ethnic: self.ethnic,
            hukou_kind: self.hukou_kind,
            hukou_place,
            address,
            village,
            township,
            stage: Stage::Primary,
            grade: 0,
            class: None,
            boarding: None,
            household: self.household,
            household_card,
            left_behind: self.left_behind,
            guardian: self.guardian,
            note,
            school: self.school,
        }
    }
}

/// The village an address names, where the file has no column for it: `某某县白沙乡茶园村9组96号` → `茶园村`.
fn village_of(address: &str) -> Option<String> {
    let end = ["社区", "村"].iter().filter_map(|word| address.find(word).map(|at| at + word.len())).min()?;
    let head = address.get(..end)?;
    let from = head
        .char_indices()
        .filter(|(_, c)| ['乡', '镇', '县', '区', '市', '道'].contains(c))
        .map(|(at, c)| at + c.len_utf8())
        .filter(|at| *at + 3 < end)
        .max();
    let name = head.get(from.unwrap_or(0)..)?.trim();
    let plain = name.chars().all(|c| c.is_alphabetic() && !c.is_ascii());
    (plain && (3..=12).contains(&name.chars().count())).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::village_of;

    #[test]
    fn the_village_is_read_out_of_an_address_that_names_one() {
        for (address, village) in [
            ("某某县白沙乡茶园村9组96号", Some("茶园村")),
            ("龙塘镇红旗村6组", Some("红旗村")),
            ("某某市东区和平街道阳光社区3栋", Some("阳光社区")),
            ("红旗村6组", Some("红旗村")),
            ("白沙乡中心街12号", None),
            ("县城3村", None),
            ("", None),
        ] {
            assert_eq!(village_of(address).as_deref(), village, "{address}");
        }
    }
}

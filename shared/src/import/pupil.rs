//! A pupil as a roster gives it, every value typed, and its values as fields of the enrolment ledger.

use super::boarding::{LeftBehind, OneAway};
use super::grade::Stage;
use super::household::Household;
use super::identity::IdType;
use crate::document::view::Value;
use crate::model::codes::IdNumber;
use jiff::civil::Date;

/// A guardian.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guardian {
    /// Empty if only a phone is known.
    pub name: String,
    /// Option of the enrolment ledger's relations.
    pub relation: Option<&'static str>,
    /// Text behind the relation "other".
    pub relation_note: Option<String>,
    /// Digits.
    pub phone: Option<String>,
}

/// An accepted row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pupil {
    /// Normalised.
    pub name: String,
    /// Former name.
    pub former_name: Option<String>,
    /// Kind of document.
    pub id_type: IdType,
    /// Checked number of a resident.
    pub id: Option<IdNumber>,
    /// Unchecked number of another document.
    pub foreign_id: Option<String>,
    /// `G`, `J` or `L` and 18 characters.
    pub student_number: Option<String>,
    /// 男.
    pub male: bool,
    /// Civil date.
    pub birth: Date,
    /// GB/T 3304 code, or the text as typed where it names no group.
    pub ethnic: Option<String>,
    /// Option of the kinds of household registration.
    pub hukou_kind: Option<&'static str>,
    /// Place of registration.
    pub hukou_place: Option<String>,
    /// Where the child lives.
    pub address: Option<String>,
    /// Village or neighbourhood.
    pub village: Option<String>,
    /// Township.
    pub township: Option<String>,
    /// Stage of schooling.
    pub stage: Stage,
    /// 0 preschool, 1 to 12.
    pub grade: u8,
    /// 1 to 99.
    pub class: Option<u8>,
    /// `None`: the roster has no such column.
    pub boarding: Option<bool>,
    /// Registered household and hardship.
    pub household: Household,
    /// Household number.
    pub household_card: Option<String>,
    /// `None`: no such column, or not clear.
    pub left_behind: Option<LeftBehind>,
    /// First guardian.
    pub guardian: Option<Guardian>,
    /// Remark of the roster.
    pub note: Option<String>,
    /// School code the row names, digits.
    pub school: Option<String>,
}

/// What a roster says of a child beyond the profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beyond {
    /// Field of the profile: a rule opens a record because of it, and that record is meant.
    pub field: &'static str,
    /// Its fields and values, as a person types them; the first is what it is about.
    pub values: Vec<(&'static str, &'static str)>,
    /// Values of the first that say the same, or more.
    pub agree: &'static [&'static str],
    /// False: somebody has to look up what the roster leaves open.
    pub whole: bool,
}

impl Pupil {
    /// Of a left-behind child the kind, for its care profile.
    #[must_use]
    pub fn beyond(&self) -> Option<Beyond> {
        let kind = self.left_behind?.kind()?;
        let parent = match self.left_behind {
            Some(LeftBehind::One(OneAway { parent: Some(parent), .. })) => Some(("away_parent", parent)),
            _ => None,
        };
        let agree: &[&str] = match kind {
            "one" => &["one", "one_able", "one_unable"],
            "one_able" => &["one_able"],
            "one_unable" => &["one_unable"],
            _ => &["both"],
        };
        Some(Beyond { field: "left_behind", values: std::iter::once(("kind", kind)).chain(parent).collect(), agree, whole: kind != "one" })
    }

    /// Values by field code of the enrolment ledger; a field the roster says nothing about is absent.
    #[must_use]
    pub fn fields(&self) -> Vec<(String, Value)> {
        let text = |text: &str| Some(Value::Str(text.to_owned()));
        let optional = |text: &Option<String>| text.clone().filter(|text| !text.is_empty()).map(Value::Str);
        let number = self.id.as_ref().map(|id| id.as_str().to_owned()).or_else(|| self.foreign_id.clone());
        let guardian = self.guardian.clone().unwrap_or_default();
        let single: [(&str, Option<Value>); 26] = [
            ("name", text(&self.name)),
            ("name_former", optional(&self.former_name)),
            ("id_type", text(self.id_type.code())),
            ("id_no", number.map(Value::Str)),
            ("student_no", optional(&self.student_number)),
            ("sex", text(if self.male { "male" } else { "female" })),
            ("birth", text(&self.birth.to_string())),
            ("ethnic", optional(&self.ethnic)),
            ("hukou_kind", self.hukou_kind.and_then(text)),
            ("hukou_place", optional(&self.hukou_place)),
            ("address", optional(&self.address)),
            ("village", optional(&self.village)),
            ("township", optional(&self.township)),
            ("stage", text(self.stage.code())),
            ("grade", Some(Value::Int(i64::from(self.grade)))),
            ("class", self.class.map(|class| Value::Int(i64::from(class)))),
            ("status", text("present")),
            ("boarding", self.boarding.and_then(|boards| text(if boards { "board" } else { "day" }))),
            ("registered_household", self.household.registered.and_then(text)),
            ("household_card", optional(&self.household_card)),
            ("categories_note", optional(&self.household.other)),
            ("left_behind", self.left_behind.map(|kind| Value::Bool(kind != LeftBehind::No))),
            ("guardian", text(&guardian.name).filter(|_| !guardian.name.is_empty())),
            ("guardian_rel", guardian.relation.and_then(text)),
            ("guardian_rel_note", optional(&guardian.relation_note)),
            ("guardian_phone", optional(&guardian.phone)),
        ];
        let mut fields: Vec<(String, Value)> = single.into_iter().filter_map(|(code, value)| Some((code.to_owned(), value?))).collect();
        fields.extend(self.household.categories.iter().map(|option| (format!("categories.{option}"), Value::Bool(true))));
        fields.extend(optional(&self.note).map(|note| ("note".to_owned(), note)));
        fields
    }
}

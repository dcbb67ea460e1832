//! One row of a roster: a pupil, or every reason why not, the gravest first. The order is fixed: unreadable cells, name, number, birth, sex,
//! grade and class, boarding.

mod rest;

use super::boarding::boards;
use super::clean;
use super::column::Column;
use super::date::{self, Birth};
use super::grade::{self, Place, Stage};
use super::header::Header;
use super::identity::{self, IdType, Number};
use super::problem::{Problem, Reason};
use super::pupil::Pupil;
use super::sheet::{Cell, Unreadable};
use crate::model::SchoolYear;
use crate::model::codes::{IdNumber, SchoolCode};
use jiff::civil::Date;

/// A pupil with remarks, or the reasons against.
pub(super) type Judged = Result<(Pupil, Vec<Problem>), Vec<Problem>>;

/// What holds for every row of a file.
pub(super) struct Context<'a> {
    pub(super) header: &'a Header,
    pub(super) school: Option<SchoolCode>,
    pub(super) school_year: Option<SchoolYear>,
    /// Earliest and latest birth date taken.
    pub(super) births: (Option<Date>, Option<Date>),
    pub(super) preschool: bool,
    /// Grade and class of the whole file, if it has no column for them.
    pub(super) place: Option<Place>,
}

/// Columns without which a row cannot be judged: an unreadable cell in one of them rejects the row, elsewhere it is left out.
const NEEDED: [Column; 9] =
    [Column::Name, Column::IdNumber, Column::Birth, Column::Sex, Column::Grade, Column::Class, Column::Boarding, Column::DayPupil, Column::IdType];

/// A row under judgement.
struct Row<'a> {
    cells: &'a [Cell],
    context: &'a Context<'a>,
    problems: Vec<Problem>,
    remarks: Vec<Problem>,
}

/// Judges one row.
pub(super) fn judge(cells: &[Cell], context: &Context<'_>) -> Judged {
    let mut row = Row { cells, context, problems: Vec::new(), remarks: Vec::new() };
    row.unreadable();
    let name = row.name();
    let (id_type, number) = row.number();
    let (id, foreign_id) = match number {
        Some(Number::Resident(id)) => (Some(id), None),
        Some(Number::Foreign(text)) => (None, Some(text)),
        _ => (None, None),
    };
    let birth = row.birth(id.as_ref()).filter(|birth| row.is_born_in_time(*birth));
    let male = row.sex(id.as_ref());
    let place = row.place();
    let boarding = row.boarding();
    let rest = row.rest();
    let student_number = row.student_number(id.as_ref());
    row.age(birth, place.as_ref());
    if foreign_id.is_none() && id.is_none() {
        row.remarks.push(Problem::new(Reason::IdAbsent));
    }
    let Row { problems, remarks, .. } = row;
    let (Some(name), Some(birth), Some(male), Some(place), true) = (name, birth, male, place, problems.is_empty()) else { return Err(problems) };
    let pupil = Pupil {
        name,
        id_type,
        id,
        foreign_id,
        student_number,
        male,
        birth,
        stage: place.stage,
        grade: place.grade,
        class: place.class,
        boarding,
        ..rest.into_pupil(birth)
    };
    Ok((pupil, remarks))
}

/// Grade and class, settled.
struct Settled {
    stage: Stage,
    grade: u8,
    class: Option<u8>,
}

impl Row<'_> {
    fn cell(&self, column: Column) -> &Cell {
        self.context.header.column(column).and_then(|at| self.cells.get(at)).unwrap_or(&Cell::Empty)
    }

    /// Text of a cell, compacted; unreadable cells are empty here and have been reported.
    fn compact(&self, column: Column) -> String {
        clean::compact(&self.cell(column).text())
    }

    fn has(&self, column: Column) -> bool {
        self.context.header.column(column).is_some()
    }

    fn reject(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn unreadable(&mut self) {
        let context = self.context;
        for (at, column) in &context.header.columns {
            let Some(Cell::Bad(kind)) = self.cells.get(*at) else { continue };
            if !NEEDED.contains(column) {
                self.remarks.push(Problem::new(Reason::CellLeftOut).with("column", column.field()));
                continue;
            }
            let reason = match kind {
                Unreadable::Formula => Reason::FormulaNoValue,
                Unreadable::Error => Reason::CellError,
                Unreadable::TooLong => Reason::CellTooLong,
            };
            self.reject(Problem::new(reason).with("column", column.field()));
        }
    }

    /// Has the cell been reported as unreadable?
    fn is_bad(&self, column: Column) -> bool {
        matches!(self.cell(column), Cell::Bad(_))
    }

    fn name(&mut self) -> Option<String> {
        if self.is_bad(Column::Name) {
            return None;
        }
        let name = clean::name(&self.cell(Column::Name).text());
        if name.is_empty() {
            self.reject(Problem::new(Reason::NameMissing));
        } else if !clean::is_name(&name) {
            self.reject(Problem::new(Reason::NameInvalid).with("value", name));
        } else {
            return Some(name);
        }
        None
    }

    fn number(&mut self) -> (IdType, Option<Number>) {
        let typed = self.compact(Column::IdType);
        let kind = IdType::read(&typed);
        if kind.is_none() && !clean::is_nothing(&typed) {
            self.left_out("id_type", typed);
        }
        if self.is_bad(Column::IdNumber) {
            return (kind.unwrap_or(IdType::Resident), None);
        }
        match identity::read(self.cell(Column::IdNumber), kind) {
            Ok(Number::Missing) => {
                if let Some(IdType::HkMo | IdType::Taiwan | IdType::Passport) = kind {
                    self.reject(Problem::new(Reason::IdMissing));
                }
                (IdType::None, Some(Number::Missing))
            }
            Ok(number) => {
                if matches!(&number, Number::Resident(id) if id.as_str().ends_with("000")) {
                    self.remarks.push(Problem::new(Reason::IdEndsInZeros));
                }
                let kind = kind.filter(|kind| *kind != IdType::None).unwrap_or(IdType::Resident);
                (kind, Some(number))
            }
            Err(problem) => {
                let found = Some(&problem).filter(|problem| problem.reason == Reason::IdLostDigits).and_then(|_| self.number_elsewhere());
                let problem = match &found {
                    Some(number) => problem.with("found", number.as_str()),
                    None => problem,
                };
                self.reject(problem);
                (IdType::Resident, None)
            }
        }
    }

    /// The number whole in the student number, where the digits left, birth date and sex of the row speak for it. A proposal: a person looks it up and types it.
    fn number_elsewhere(&self) -> Option<IdNumber> {
        let number: IdNumber = self.compact(Column::StudentNumber).to_uppercase().strip_prefix('G')?.parse().ok()?;
        let left = match self.cell(Column::IdNumber) {
            Cell::Number(number) => format!("{number:E}"),
            cell => clean::compact(&cell.text()).to_uppercase(),
        };
        let left: String = left.split('E').next().unwrap_or_default().chars().filter(char::is_ascii_digit).collect();
        let left = left.trim_end_matches('0');
        // Excel keeps 15 digits; the last of those it shows is rounded.
        let sure = left.get(..left.len().saturating_sub(1).min(14)).unwrap_or_default();
        let birth = match date::read(self.cell(Column::Birth)) {
            Birth::Day(birth) => birth == number.birth(),
            Birth::Month(year, month) => (number.birth().year(), number.birth().month()) == (year, month),
            Birth::Missing => true,
            Birth::Invalid => false,
        };
        let sex = sex_of(&self.compact(Column::Sex)).is_ok_and(|male| male.is_none_or(|male| male == number.male()));
        (birth && sex && sure.len() >= 4 && number.as_str().starts_with(sure)).then_some(number)
    }

    fn birth(&mut self, id: Option<&IdNumber>) -> Option<Date> {
        let of_id = id.map(IdNumber::birth);
        let disagrees = |typed: String, id: Date| Problem::new(Reason::BirthDisagreesWithId).with("birth", typed).with("id_birth", id);
        match (date::read(self.cell(Column::Birth)), of_id) {
            _ if self.is_bad(Column::Birth) => None,
            (Birth::Day(birth), None) => Some(birth),
            (Birth::Day(birth), Some(id)) if birth == id => Some(birth),
            (Birth::Day(birth), Some(id)) => {
                self.reject(disagrees(birth.to_string(), id));
                None
            }
            (Birth::Month(year, month), Some(id)) if (id.year(), id.month()) == (year, month) => Some(id),
            (Birth::Month(year, month), Some(id)) => {
                self.reject(disagrees(format!("{year:04}-{month:02}"), id));
                None
            }
            (Birth::Missing, Some(id)) => {
                self.remarks.push(Problem::new(Reason::TakenFromId).with("column", "birth"));
                Some(id)
            }
            (Birth::Missing, None) => {
                // A broken number is the row's trouble; without it the birth date would have been known.
                if self.number_is_fine() {
                    self.reject(Problem::new(Reason::BirthMissing));
                }
                None
            }
            (Birth::Invalid | Birth::Month(..), _) => {
                let typed = self.cell(Column::Birth).text();
                self.reject(Problem::new(Reason::BirthInvalid).with("value", typed));
                None
            }
        }
    }

    /// Whether the child's file takes the date: the same bounds as in the form.
    fn is_born_in_time(&mut self, birth: Date) -> bool {
        let (earliest, today) = self.context.births;
        let problem = match (earliest, today) {
            (_, Some(today)) if birth > today => Problem::new(Reason::BirthFuture).with("birth", birth),
            (Some(earliest), _) if birth < earliest => Problem::new(Reason::BirthTooEarly).with("birth", birth).with("earliest", earliest),
            _ => return true,
        };
        self.reject(problem);
        false
    }

    fn number_is_fine(&self) -> bool {
        !self.problems.iter().any(|problem| problem.reason.code().starts_with("id-")) && !self.is_bad(Column::IdNumber)
    }

    fn sex(&mut self, id: Option<&IdNumber>) -> Option<bool> {
        let typed = self.compact(Column::Sex);
        let Ok(male) = sex_of(&typed) else {
            self.reject(Problem::new(Reason::SexUnknown).with("value", typed));
            return None;
        };
        match (male, id.map(IdNumber::male)) {
            _ if self.is_bad(Column::Sex) => None,
            (Some(male), Some(of_id)) if male != of_id => {
                self.reject(
                    Problem::new(Reason::SexDisagreesWithId)
                        .with("sex", if male { "男" } else { "女" })
                        .with("id_sex", if of_id { "男" } else { "女" }),
                );
                None
            }
            (Some(male), _) => Some(male),
            (None, Some(of_id)) => {
                self.remarks.push(Problem::new(Reason::TakenFromId).with("column", "sex"));
                Some(of_id)
            }
            (None, None) => {
                if self.number_is_fine() {
                    self.reject(Problem::new(Reason::SexMissing));
                }
                None
            }
        }
    }

    fn place(&mut self) -> Option<Settled> {
        let (grade_text, class_text) = (self.compact(Column::Grade), self.compact(Column::Class));
        if self.is_bad(Column::Grade) || self.is_bad(Column::Class) {
            return None;
        }
        let of_grade = if clean::is_nothing(&grade_text) { None } else { Some(grade::read_grade(&grade_text)) };
        let of_class = self.class_place(&class_text);
        if let Some(None) = of_grade {
            self.reject(Problem::new(Reason::GradeUnknown).with("value", grade_text));
            return None;
        }
        let (of_grade, of_class) = (self.at_stage(of_grade.flatten()), of_class.or(self.context.place));
        let Some((stage, grade)) = self.settle(of_grade, of_class) else {
            let problem = if of_grade.is_some() || of_class.is_some_and(|place| place.entry.is_some()) {
                Problem::new(Reason::GradeUnknown).with("value", if grade_text.is_empty() { class_text } else { grade_text })
            } else if class_text.is_empty() || of_class.is_some() {
                Problem::new(Reason::GradeMissing)
            } else {
                Problem::new(Reason::ClassUnknown).with("value", class_text)
            };
            self.reject(problem);
            return None;
        };
        if stage == Stage::Preschool && !self.context.preschool {
            self.reject(Problem::new(Reason::GradeUnknown).with("value", if grade_text.is_empty() { class_text } else { grade_text }));
            return None;
        }
        if let Some(other) = of_class.and_then(|place| place.grade).filter(|other| !agree(grade, stage, *other)) {
            self.reject(Problem::new(Reason::GradeDisagreesWithClass).with("grade", grade).with("class_grade", other));
            return None;
        }
        let class = of_class.and_then(|place| place.class).or_else(|| of_grade.and_then(|place| place.class));
        if class.is_none() && !clean::is_nothing(&class_text) && stage != Stage::Preschool {
            self.reject(Problem::new(Reason::ClassUnknown).with("value", class_text));
            return None;
        }
        if class.is_none() {
            self.remarks.push(Problem::new(Reason::ClassMissing));
        }
        Some(Settled { stage, grade, class })
    }

    /// A column of its own for the stage: 初中 beside 一年级 is the seventh.
    fn at_stage(&mut self, of_grade: Option<Place>) -> Option<Place> {
        let typed = self.compact(Column::Stage);
        if clean::is_nothing(&typed) {
            return of_grade;
        }
        let Some(stage) = grade::read_stage(&typed) else {
            // 九年一贯制, 完全中学: a kind of school, not one stage.
            if !["九年", "一贯", "完全", "完中", "十二年"].iter().any(|word| typed.contains(word)) {
                self.left_out("stage", typed);
            }
            return of_grade;
        };
        let place = of_grade.unwrap_or_default();
        if place.stage.is_some() {
            return of_grade;
        }
        match place.grade {
            Some(number) => Some(within(Some(stage), number).map_or(place, |grade| Place { stage: Some(stage), grade: Some(grade), ..place })),
            None => Some(Place { stage: Some(stage), ..place }),
        }
    }

    /// What the class column says. Excel makes a date of 3-2.
    fn class_place(&mut self, text: &str) -> Option<Place> {
        match self.cell(Column::Class) {
            Cell::Date(date) => {
                let place = grade::read_class(&format!("{}.{}", date.month(), date.day()));
                self.remarks.push(Problem::new(Reason::ClassWasDate).with("value", format!("{}-{}", date.month(), date.day())));
                place
            }
            _ => grade::read_class(text),
        }
    }

    /// Stage and grade from both columns.
    fn settle(&self, of_grade: Option<Place>, of_class: Option<Place>) -> Option<(Stage, u8)> {
        let (first, second) = (of_grade.unwrap_or_default(), of_class.unwrap_or_default());
        let stage = first.stage.or(second.stage);
        if let Some(entry) = first.entry.or(second.entry) {
            return self.since_entry(entry, stage);
        }
        let grade = match (first.grade, second.grade) {
            (Some(grade), _) => grade,
            // 初中 in one column, 一(2)班 in the other.
            (None, Some(grade)) => within(stage, grade)?,
            (None, None) => return None,
        };
        Some((stage.or_else(|| Stage::of(grade))?, grade))
    }

    /// 2024级: the grade follows from the school year; without a stage it is a guess and none is made.
    fn since_entry(&self, entry: u16, stage: Option<Stage>) -> Option<(Stage, u8)> {
        let years = self.context.school_year?.start().checked_sub(entry)?;
        let grade = within(Some(stage?), u8::try_from(years + 1).ok()?)?;
        Some((stage?, grade))
    }

    fn boarding(&mut self) -> Option<bool> {
        let (column, about_day_pupils) = if self.has(Column::Boarding) { (Column::Boarding, false) } else { (Column::DayPupil, true) };
        if !self.has(column) || self.is_bad(column) {
            return None;
        }
        let typed = self.compact(column);
        // A column that asks for day pupils and is empty says nothing.
        if typed.is_empty() && about_day_pupils {
            return None;
        }
        if typed.is_empty() {
            self.remarks.push(Problem::new(Reason::BoardingAssumed));
        }
        let boards = boards(&typed, about_day_pupils);
        if boards.is_none() {
            self.reject(Problem::new(Reason::BoardingUnknown).with("value", typed));
        }
        boards
    }

    fn student_number(&mut self, id: Option<&IdNumber>) -> Option<String> {
        let text = self.compact(Column::StudentNumber).to_uppercase();
        if clean::is_nothing(&text) {
            return None;
        }
        let Some(body) = text.strip_prefix(['G', 'J', 'L']) else {
            self.remarks.push(Problem::new(Reason::StudentNumberOdd).with("value", text));
            return None;
        };
        let shape = body.len() == 18 && body.bytes().enumerate().all(|(at, byte)| byte.is_ascii_digit() || (at == 17 && byte == b'X'));
        if !shape {
            self.remarks.push(Problem::new(Reason::StudentNumberOdd).with("value", text));
            return None;
        }
        if text.starts_with('G') && id.is_some_and(|id| id.as_str() != body) {
            self.remarks.push(Problem::new(Reason::StudentNumberDisagrees).with("value", text.clone()));
        }
        Some(text)
    }

    /// Age on 1 September of the school year against the usual age of the grade, five years either way.
    fn age(&mut self, birth: Option<Date>, place: Option<&Settled>) {
        let (Some(birth), Some(place), Some(year)) = (birth, place, self.context.school_year) else { return };
        let Ok(start) = i16::try_from(year.start()) else { return };
        let birthday_passed = (birth.month(), birth.day()) <= (9, 1);
        let age = start - birth.year() - i16::from(!birthday_passed);
        let usual = if place.grade == 0 { 5 } else { i16::from(place.grade) + 5 };
        if (age - usual).abs() > 5 {
            self.remarks.push(Problem::new(Reason::AgeUnusual).with("age", age));
        }
    }
}

/// What a cell says of the sex: male, female or nothing.
fn sex_of(typed: &str) -> Result<Option<bool>, ()> {
    match typed.to_lowercase().as_str() {
        "男" | "1" | "男性" | "男生" | "男孩" | "m" | "male" | "1-男" | "1.男" | "男1" => Ok(Some(true)),
        "女" | "2" | "女性" | "女生" | "女孩" | "f" | "female" | "2-女" | "2.女" | "女2" => Ok(Some(false)),
        // GB/T 2261.1: 0 unknown, 9 not stated.
        "" | "0" | "9" | "未知" | "未说明" | "-" | "/" => Ok(None),
        _ => Err(()),
    }
}

/// Do a grade and what the class text counts agree? 七年级 and 一(2)班 do in a junior school.
fn agree(grade: u8, stage: Stage, other: u8) -> bool {
    grade == other || within(Some(stage), other) == Some(grade)
}

/// A grade counted from the first of its stage or straight through.
fn within(stage: Option<Stage>, number: u8) -> Option<u8> {
    let (base, last) = match stage {
        None | Some(Stage::Preschool) => return Some(number).filter(|number| *number <= 12),
        Some(Stage::Primary) => (0, 6),
        Some(Stage::Junior) => (6, 9),
        Some(Stage::Senior | Stage::Vocational) => (9, 12),
    };
    if number >= 1 && base + number <= last { Some(base + number) } else { Some(number).filter(|number| (base + 1..=last).contains(number)) }
}

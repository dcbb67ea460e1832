//! How things look: moments and days, fields of a record, a child's class, and finding a child by what a teacher types.

use super::account::{Account, Reach};
use crate::{
    document::view::Value,
    ledger::{
        Catalogue, Definition, FieldType,
        definition::{Field, Privacy},
        value,
    },
    locale::{self, Lang},
    replica::{
        browse::{Pupil, Row},
        names,
    },
};
use jiff::{Timestamp, civil::Date};
use pinyin::ToPinyin as _;
use std::collections::BTreeMap;

pub use names::sound;

/// An instant as a teacher reads it, in China's time: `3月2日 10:05`, `2 Mar 10:05`; as it is if it is none.
#[must_use]
pub fn moment(text: &str, lang: Lang) -> String {
    let Ok(at) = text.parse::<Timestamp>() else { return text.to_owned() };
    let at = at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8)));
    let form = match lang {
        Lang::Zh => "%-m月%-d日 %H:%M",
        Lang::En => "%-d %b %H:%M",
    };
    at.strftime(form).to_string()
}

/// The day of an instant in China's time: `3月2日 周一`; as it is if it is none.
#[must_use]
pub fn moment_day(text: &str, lang: Lang) -> String {
    text.parse::<Timestamp>().map_or_else(|_| text.to_owned(), |at| day(at.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(8))).date(), lang))
}

/// A day with its weekday: `3月2日 周一`, `Mon 2 Mar`.
#[must_use]
pub fn day(date: Date, lang: Lang) -> String {
    match lang {
        Lang::Zh => {
            let names = ["一", "二", "三", "四", "五", "六", "日"];
            let at = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
            format!("{}月{}日 周{}", date.month(), date.day(), names.get(at).unwrap_or(&""))
        }
        Lang::En => date.strftime("%a %-d %b").to_string(),
    }
}

/// A civil date as Chinese paper for people outside writes it: `2026年3月2日`; any other text, and other languages, as it is.
#[must_use]
pub fn on_paper(text: &str, lang: Lang) -> String {
    match text.parse::<Date>() {
        Ok(day) if lang == Lang::Zh && text.len() == 10 => format!("{}年{}月{}日", day.year(), day.month(), day.day()),
        _ => text.to_owned(),
    }
}

/// How far a due day is: `过期 3 天`, `今天`, `还有 2 天`.
#[must_use]
pub fn distance(due: &str, today: Date, lang: Lang) -> (String, &'static str) {
    let Ok(due) = due.parse::<Date>() else { return (due.to_owned(), "") };
    let days = (due - today).get_days();
    let text = |key: &str, days: i32| locale::text(lang, key, &[("value", &days.to_string())]);
    match days {
        d if d < 0 => (text("web-overdue", -d), "bad"),
        0 => (text("web-due-today", 0), "warn"),
        d => (text("web-due-in", d), if d <= 3 { "warn" } else { "" }),
    }
}

pub use crate::replica::names::class;

/// A field with its value, for a table or a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Code.
    pub code: String,
    /// Title.
    pub title: String,
    /// Value as a person reads it; empty when it is empty.
    pub value: String,
    /// Belongs right-aligned.
    pub number: bool,
    /// It awaits a choice: where that is made. Empty otherwise.
    pub pending: String,
    /// The record it names, where the person reaches that. Empty otherwise.
    pub href: String,
}

/// A record by its ledger's title and its label; a label that begins with the title (a notice called what its ledger is called) says it already.
#[must_use]
pub fn named(title: &str, label: &str) -> String {
    match label.strip_prefix(title) {
        _ if label.is_empty() => title.to_owned(),
        Some(rest) if rest.is_empty() || rest.starts_with(" · ") => label.to_owned(),
        _ => format!("{title} · {label}"),
    }
}

/// Whether a person sees this field of a ledger: what is class C only with the right to write there. A file that any record can carry is as private as the
/// most private thing its ledger holds: it may be a photo of just that.
#[must_use]
pub fn sees(account: &Account, definition: &Definition, field: &Field) -> bool {
    let carried = field.kind == FieldType::File && definition.declared(&field.code).is_none();
    let private = field.privacy == Privacy::C || carried && definition.fields.iter().any(|f| f.privacy == Privacy::C);
    !private || account.writes(definition).any()
}

/// One field of a record.
#[must_use]
pub fn field(catalogue: &Catalogue, definition: &Definition, field: &Field, fields: &BTreeMap<String, Value>, lang: Lang) -> Shown {
    Shown {
        code: field.code.clone(),
        title: field.title.get(lang).to_owned(),
        value: value::show(catalogue, definition, field, fields, lang),
        number: field.kind.is_number(),
        pending: String::new(),
        href: String::new(),
    }
}

/// The filled fields of a record that the person may see, in the order of the definition, then note and author.
#[must_use]
pub fn filled(catalogue: &Catalogue, definition: &Definition, account: &Account, fields: &BTreeMap<String, Value>, lang: Lang) -> Vec<Shown> {
    let common = Definition::common_fields().iter().filter(|f| ["on", "note", "by"].contains(&f.code.as_str()));
    let all = definition.fields.iter().chain(common);
    all.filter(|f| sees(account, definition, f))
        .map(|f| self::field(catalogue, definition, f, fields, lang))
        .filter(|s| !s.value.is_empty())
        .collect()
}

/// The fields a list shows: those the definition says, else those that name a record, then what is searched by, then what is always filled; at most `most`, none of class C (but in a
/// ledger of that class), no long text.
#[must_use]
pub fn columns(definition: &Definition, most: usize) -> Vec<&Field> {
    let mut out: Vec<&Field> = Vec::new();
    let short = |f: &&Field| (f.privacy != Privacy::C || definition.privacy == Privacy::C) && !matches!(f.kind, FieldType::Long | FieldType::File);
    if !definition.list.is_empty() {
        return definition.list.iter().filter_map(|code| definition.declared(code)).filter(short).take(most).collect();
    }
    let label = definition.label.iter().filter_map(|code| definition.declared(code));
    let searched = definition.fields.iter().filter(|f| f.searchable);
    let required = definition.fields.iter().filter(|f| f.required == crate::ledger::definition::Required::Yes);
    for found in label.chain(searched).chain(required).filter(short) {
        if out.len() < most && !out.iter().any(|known| known.code == found.code) {
            out.push(found);
        }
    }
    out
}

/// Title of a lifecycle state.
#[must_use]
pub fn state(definition: &Definition, code: Option<&str>, lang: Lang) -> String {
    let Some(code) = code else { return String::new() };
    definition.lifecycle.as_ref().and_then(|l| l.state(code)).map_or(code, |s| s.title.get(lang)).to_owned()
}

/// Whether a row is in the person's reach.
#[must_use]
pub fn in_reach(reach: &Reach, row: &Row) -> bool {
    match (&row.student, reach) {
        (Some(_), _) => reach.holds(row.grade.zip(row.class).map(|(grade, class)| super::account::Class { grade, class })),
        // The school's own: of some classes, where each record names one.
        (None, Reach::Classes(_)) => reach.holds(super::reach::class_in(&row.fields)),
        (None, Reach::Nothing | Reach::All) => reach.any(),
    }
}

/// Initials of a name in pinyin: `王小明` → `wxm`. Letters and digits stay.
#[must_use]
pub fn initials(name: &str) -> String {
    name.chars()
        .filter_map(|c| match c.to_pinyin() {
            Some(sound) => sound.plain().chars().next(),
            None => c.is_alphanumeric().then(|| c.to_ascii_lowercase()),
        })
        .collect()
}

/// Whether a child fits what was typed: part of the name, initials (`yx` for 廖洋雪 too), sound, part of a number (also the guardian's telephone). A space or a dot between parts of the name
/// may be typed or not, and words apart may each fit.
#[must_use]
pub fn fits(pupil: &Pupil, typed: &str) -> bool {
    let parted = |c: char| c.is_whitespace() || ['·', '•', '・', '‧', '.'].contains(&c);
    let joined = |text: &str| text.chars().filter(|c| !parted(*c)).collect::<String>().to_lowercase();
    let name = joined(&pupil.name);
    let (letters, sounds) = (initials(&name), sounds(&name));
    let one = |typed: &str| {
        let number = |n: &Option<String>| n.as_deref().is_some_and(|n| typed.len() >= 4 && n.to_lowercase().contains(typed));
        let latin = typed.bytes().all(|b| b.is_ascii_alphabetic());
        // A sound is met at the beginning of one: `xue` finds 洋雪, `ang` does not find 王.
        let sounded = |at: usize| sounds.get(at..).is_some_and(|rest| rest.concat().starts_with(typed));
        name.contains(typed)
            || number(&pupil.id_no)
            || number(&pupil.student_no)
            || number(&pupil.phone)
            || latin && (letters.starts_with(typed) || typed.len() >= 2 && letters.contains(typed) || (0..sounds.len()).any(sounded))
    };
    let typed = typed.trim().to_lowercase();
    one(&joined(&typed)) || typed.split(parted).filter(|word| !word.is_empty()).all(one)
}

/// Whether a title fits what was typed: part of it, or of its initials or sound in pinyin.
#[must_use]
pub fn titled(title: &str, typed: &str) -> bool {
    let (typed, title) = (typed.trim().to_lowercase(), title.to_lowercase());
    let latin = typed.bytes().all(|b| b.is_ascii_alphabetic());
    typed.is_empty() || title.contains(&typed) || latin && (initials(&title).contains(&typed) || sound(&title).contains(&typed))
}

/// Sound of each letter of a name.
fn sounds(name: &str) -> Vec<String> {
    name.chars().map(|c| sound(&c.to_string())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::account::Role;

    fn child(name: &str, number: &str) -> Pupil {
        Pupil { name: name.into(), id_no: Some(number.into()), ..Pupil::default() }
    }

    #[test]
    fn a_child_is_found_by_name_initials_sound_and_number() {
        let found = child("王小明", "11010519491231002X");
        for typed in ["", "小明", "wxm", "WX", "xm", "wangxiao", "xiaoming", "1949", "1231002x", " 王 ", "王 小明", "wang xm", "w xiao"] {
            assert!(fits(&found, typed), "{typed}");
        }
        for typed in ["李", "wm", "123", "lxm", "ang", "iaoming", "王 大明"] {
            assert!(!fits(&found, typed), "{typed}");
        }
        let parted = child("阿依古丽·买买提", "11010519491231002X");
        for typed in ["aygl", "mmt", "ayglmmt", "阿依古丽买买提", "古丽 买提", "ayiguli", "买买提", "aygl·mmt"] {
            assert!(fits(&parted, typed), "{typed}");
        }
        let three = child("廖洋雪", "11010519491231002X");
        assert!(fits(&three, "yx") && fits(&three, "廖 洋雪") && fits(&three, "lyx") && !fits(&three, "xy"));
        assert_eq!(initials("欧阳Ab3"), "oyab3");
    }

    #[test]
    fn a_guardians_telephone_finds_the_child() {
        let found = Pupil { phone: Some("13887654321".into()), ..child("王小明", "11010519491231002X") };
        assert!(fits(&found, "13887654321") && fits(&found, "4321") && !fits(&found, "43") && !fits(&found, "13887654322"));
    }

    #[test]
    fn a_record_called_what_its_ledger_is_called_says_it_once() {
        for (label, said) in
            [("", "通知书"), ("通知书", "通知书"), ("通知书 · 3号", "通知书 · 3号"), ("通知书甲", "通知书 · 通知书甲"), ("责令", "通知书 · 责令")]
        {
            assert_eq!(named("通知书", label), said);
        }
    }

    #[test]
    fn moments_are_chinas_and_days_have_their_weekday() {
        assert_eq!(moment("2026-03-02T02:05:00Z", Lang::Zh), "3月2日 10:05");
        assert_eq!(moment("2026-03-02T02:05:00Z", Lang::En), "2 Mar 10:05");
        assert_eq!(day(jiff::civil::date(2026, 3, 2), Lang::Zh), "3月2日 周一");
        assert_eq!(class(Some(3), Some(2), Lang::Zh), "三年级2班");
        assert_eq!(class(None, Some(2), Lang::Zh), "");
    }

    #[test]
    fn paper_for_people_outside_writes_days_as_chinese_paper_does() {
        assert_eq!(on_paper("2026-11-06", Lang::Zh), "2026年11月6日");
        for same in ["2026-11", "2026-11-06 至今", "", "312.50 元"] {
            assert_eq!(on_paper(same, Lang::Zh), same);
        }
        assert_eq!(on_paper("2026-11-06", Lang::En), "2026-11-06");
    }

    #[test]
    fn what_is_past_is_told_apart_from_what_comes() {
        let today = jiff::civil::date(2026, 3, 2);
        assert_eq!(distance("2026-02-27", today, Lang::Zh).1, "bad");
        assert_eq!(distance("2026-03-02", today, Lang::Zh).1, "warn");
        assert!(distance("2026-03-12", today, Lang::En).0.contains("10"));
    }

    #[test]
    fn every_ledger_has_columns_for_a_list_and_none_of_a_narrower_class() {
        for definition in Catalogue::embedded().iter_latest() {
            let found = columns(definition, 6);
            assert!(!found.is_empty() && found.len() <= 6, "{}", definition.code);
            assert!(definition.privacy == Privacy::C || found.iter().all(|f| f.privacy != Privacy::C), "{}", definition.code);
        }
    }

    #[test]
    fn a_file_any_record_can_carry_is_as_private_as_its_ledger() {
        let catalogue = Catalogue::embedded();
        let roles = [Role::Principal].into();
        let principal =
            Account { id: 1, login: "zhang".into(), name: "张校长".into(), roles, classes: Vec::new(), must_change: false, disabled: false };
        let sees = |ledger: &str| {
            let definition = catalogue.latest(ledger).unwrap();
            assert!(principal.reads(definition).any() && !principal.writes(definition).any(), "{ledger}");
            super::sees(&principal, definition, definition.field("attachment").unwrap())
        };
        assert!(!sees("care_log"), "beside what is said in counselling");
        assert!(sees("activity"), "where nothing is private");
    }
}

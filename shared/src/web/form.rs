//! Forms generated from a ledger's definition, and what comes back from them.
//!
//! Nothing is judged here: what was typed goes to the engine as it is, and the engine's words come back beside the field. A form remembers what it showed
//! (`was.<field>`), and only what the person changed is sent on, so that a form left open does not overwrite what somebody else wrote meanwhile.
//! Long as it is, this is one room: what is drawn and what comes back speak of the same fields under the same names.

use super::{account::Account, page::sentence, shown};
use crate::{
    command::classes,
    document::view::Value,
    fault::Fault,
    ledger::{
        Catalogue, Definition, FieldType,
        definition::{Authority, Field, Form, Required},
        value,
    },
    locale::{self, Lang},
};
use std::collections::BTreeMap;

/// Most options drawn as buttons; more become a list to choose from.
const BUTTONS_MAX: usize = 6;

/// One option of a choice or flags field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Option_ {
    /// Code.
    pub code: String,
    /// Title.
    pub title: String,
    /// Chosen.
    pub on: bool,
}

/// One field of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Code.
    pub code: String,
    /// Title.
    pub title: String,
    /// Hint.
    pub help: String,
    /// How it is drawn: `text`, `long`, `number`, `date`, `month`, `time`, `tel`, `radio`, `select`, `checks`, `school` (typed, or one of a list), `file`, `files`, `held` (awaits a choice: its values, nothing to fill in).
    pub kind: &'static str,
    /// As it stands in the field.
    pub value: String,
    /// As the form first showed it.
    pub was: String,
    /// Options.
    pub options: Vec<Option_>,
    /// So many of them, at the end, do not fit and stand under this head.
    pub apart: (usize, String),
    /// Must be filled: `yes`, `sometimes` or empty.
    pub required: &'static str,
    /// Whether that hangs on what else is filled in: it is said anew while the form is filled.
    pub turns: bool,
    /// Unit behind it.
    pub unit: String,
    /// Characters at most.
    pub max_len: usize,
    /// What the engine said of it.
    pub error: String,
    /// Which of several forms of one page it stands in; empty on a page with one.
    pub form: String,
    /// The first of the form: written in at once.
    pub focus: bool,
    /// Where another record to point to is added, and what that is called; empty: nowhere.
    pub add: (String, String),
    /// A date proposed so many months after this other field, and moved with it while nobody wrote another; no months: none.
    pub follows: (String, i32),
}

impl Input {
    /// The options that fit, and those that do not.
    #[must_use]
    pub fn grouped(&self) -> (&[Option_], &[Option_]) {
        self.options.split_at(self.options.len().saturating_sub(self.apart.0))
    }

    /// Its id in the page.
    #[must_use]
    pub fn id(&self) -> String {
        if self.form.is_empty() { self.code.clone() } else { format!("{}-{}", self.form, self.code) }
    }
}

/// A form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inputs {
    /// Shown at once: what must be filled, what the definition puts first, and what is filled.
    pub first: Vec<Input>,
    /// Shown on asking.
    pub more: Vec<Input>,
}

impl Inputs {
    /// The first field is where one begins to write.
    pub fn begin(&mut self) {
        if let Some(first) = self.first.first_mut() {
            first.focus = true;
        }
    }

    /// The hands go on where something is wrong.
    pub fn mend(&mut self) {
        mend(&mut self.first);
    }

    /// Whether files can be chosen in it.
    #[must_use]
    pub fn takes_files(&self) -> bool {
        self.first.iter().chain(&self.more).any(|input| input.kind.starts_with("file"))
    }
}

/// The first of these inputs that something is wrong with gets the focus.
pub(super) fn mend(inputs: &mut [Input]) {
    if let Some(wrong) = inputs.iter_mut().find(|input| !input.error.is_empty()) {
        wrong.focus = true;
    }
}

/// Fields every record has that no form fills: voiding is an act of its own with a reason, and who writes is who is logged in.
const NEVER_TYPED: [&str; 3] = ["void", "void_reason", "by"];

/// What a form came back with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Field → what stands in it now; the options of a flags field joined by `,`.
    pub now: BTreeMap<String, String>,
    /// Field → what the form showed first.
    pub was: BTreeMap<String, String>,
    /// Everything else: `_student`, `_why`, `_on` …
    pub rest: BTreeMap<String, String>,
}

impl Sent {
    /// Reads a form's body.
    #[must_use]
    pub fn read(definition: &Definition, body: &[u8]) -> Self {
        Self::of(definition, pairs(body))
    }

    /// From a form's pairs. A field that holds a file is not text: what stands in it comes from [`super::files`] alone.
    #[must_use]
    pub fn of(definition: &Definition, pairs: Vec<(String, String)>) -> Self {
        let mut out = Self::default();
        for (key, value) in pairs {
            if NEVER_TYPED.contains(&key.as_str()) || definition.field(&key).is_some_and(|f| f.kind == FieldType::File) {
                continue;
            }
            if let Some(code) = key.strip_prefix("was.") {
                out.was.insert(code.to_owned(), value);
            } else if definition.field(&key).is_some() {
                let several = definition.field(&key).is_some_and(|f| f.kind == FieldType::Flags);
                match out.now.get_mut(&key) {
                    Some(known) if several && !known.is_empty() && !value.is_empty() => {
                        known.push(',');
                        known.push_str(&value);
                    }
                    Some(known) if several => known.push_str(&value),
                    _ => {
                        out.now.insert(key, value);
                    }
                }
            } else {
                out.rest.insert(key, value);
            }
        }
        classes::read(definition, &BTreeMap::new(), &mut out.now);
        out
    }

    /// What the person changed.
    #[must_use]
    pub fn changed(&self) -> BTreeMap<String, String> {
        let same = |code: &String, now: &String| self.was.get(code).map_or("", String::as_str).trim() == now.replace("\r\n", "\n").trim();
        self.now.iter().filter(|(code, now)| !same(code, now)).map(|(code, now)| (code.clone(), now.clone())).collect()
    }

    /// A value that is no field of the ledger; empty if absent.
    #[must_use]
    pub fn other(&self, key: &str) -> &str {
        self.rest.get(key).map_or("", |text| text.trim())
    }
}

/// `a=b&c=d` as pairs, decoded.
#[must_use]
pub fn pairs(body: &[u8]) -> Vec<(String, String)> {
    let decode = |part: &[u8]| {
        let (mut out, mut at) = (Vec::with_capacity(part.len()), 0);
        while let Some(byte) = part.get(at) {
            let hex = || part.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok());
            match (byte, if *byte == b'%' { hex() } else { None }) {
                (_, Some(decoded)) => {
                    out.push(decoded);
                    at += 2;
                }
                (b'+', _) => out.push(b' '),
                (other, _) => out.push(*other),
            }
            at += 1;
        }
        String::from_utf8_lossy(&out).into_owned()
    };
    body.split(|b| *b == b'&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let mut parts = pair.splitn(2, |b| *b == b'=');
            (decode(parts.next().unwrap_or_default()), decode(parts.next().unwrap_or_default()))
        })
        .collect()
}

/// The fields a person fills in a ledger, with values, what was typed, and what the engine said of it.
#[derive(Debug)]
pub struct Drawing<'a> {
    /// Definitions in force.
    pub catalogue: &'a Catalogue,
    /// The ledger's.
    pub definition: &'a Definition,
    /// Who fills it.
    pub account: &'a Account,
    /// Values of the record.
    pub fields: &'a BTreeMap<String, Value>,
    /// What was typed and not kept.
    pub typed: &'a BTreeMap<String, String>,
    /// What the engine said.
    pub fault: Option<&'a Fault>,
    /// Reader's language.
    pub lang: Lang,
    /// A new record: defaults are filled in.
    pub new: bool,
}

impl Drawing<'_> {
    /// All fields the person may fill.
    #[must_use]
    pub fn inputs(&self) -> Inputs {
        let (mut out, known) = (Inputs::default(), self.known());
        let common = Definition::common_fields()
            .iter()
            .filter(|f| f.code == "note" || (f.code == "on" && self.definition.form == Form::Records && self.definition.dated_by.is_none()));
        for field in self.definition.fields.iter().filter(|f| self.fills(f)) {
            let input = self.input(field, &known);
            let first = upfront(self.definition, field, input.required == "yes") || !input.value.is_empty() || !input.error.is_empty();
            if first { out.first.push(input) } else { out.more.push(input) }
        }
        if self.new && !short(self.definition) {
            let usual = |input: &Input| self.definition.field(&input.code).is_some_and(|f| f.first);
            out.first.sort_by_key(|input| if input.required == "yes" { 0 } else { 2 - u8::from(usual(input)) });
        }
        for field in common {
            let input = self.input(field, &known);
            if field.code == "on" { out.first.insert(0, input) } else { out.first.push(input) }
        }
        out
    }

    /// The fields named, as for a lifecycle step.
    #[must_use]
    pub fn only(&self, fields: &[&Field]) -> Vec<Input> {
        let known = self.known();
        fields.iter().filter(|f| self.fills(f) || f.code == "note").map(|f| self.input(f, &known)).collect()
    }

    /// What the form says as it is drawn, as far as it can be read: whether a field must be filled may hang on it.
    fn known(&self) -> BTreeMap<String, Value> {
        let mut known = self.fields.clone();
        for field in &self.definition.fields {
            let text = self.typed.get(&field.code).cloned().or_else(|| self.new.then(|| self.start_value(field))).unwrap_or_default();
            if !text.trim().is_empty() {
                known
                    .extend(value::read(self.catalogue, self.definition, field, &text, &BTreeMap::new()).map(|read| read.values).unwrap_or_default());
            }
        }
        known
    }

    pub(super) fn fills(&self, field: &Field) -> bool {
        fills(self.account, self.definition, field)
    }

    fn input(&self, field: &Field, known: &BTreeMap<String, Value>) -> Input {
        let was = self.plain(field);
        let value = match self.typed.get(&field.code) {
            Some(typed) => typed.clone(),
            None if was.is_empty() && self.new => self.start_value(field),
            None => was.clone(),
        };
        let codes: Vec<&str> = value.split(',').collect();
        let options: Vec<Option_> = self
            .catalogue
            .options(self.definition, field)
            .map(|list| {
                let option = |c: &crate::ledger::definition::Choice| Option_ {
                    code: c.code.clone(),
                    title: c.title.get(self.lang).to_owned(),
                    on: codes.contains(&c.code.as_str()),
                };
                list.choices.iter().map(option).collect()
            })
            .unwrap_or_default();
        let (kind, options) = self.kind(field, options, &value);
        Input {
            code: field.code.clone(),
            title: field.title.get(self.lang).to_owned(),
            help: field.help.as_ref().map(|h| h.get(self.lang).to_owned()).unwrap_or_default(),
            kind,
            value,
            was,
            options,
            apart: Default::default(),
            required: match &field.required {
                Required::Yes => "yes",
                Required::When(condition) if condition.holds(known, None) => "yes",
                Required::When(_) | Required::Steps(_) => "sometimes",
                Required::No => "",
            },
            turns: matches!(field.required, Required::When(_)),
            unit: field.unit.as_ref().map_or_else(|| own_unit(field, self.lang), |u| u.get(self.lang).to_owned()),
            max_len: field.max_len,
            error: self.fault.and_then(|fault| error_of(fault, &field.code, self.lang)).unwrap_or_default(),
            form: String::new(),
            focus: false,
            add: Default::default(),
            follows: Default::default(),
        }
    }

    fn kind(&self, field: &Field, options: Vec<Option_>, value: &str) -> (&'static str, Vec<Option_>) {
        match field.kind {
            FieldType::Flags => ("checks", options),
            FieldType::Choice if options.is_empty() => ("text", options),
            // A code of a later version is shown and kept.
            FieldType::Choice if !value.is_empty() && !options.iter().any(|o| o.on) => {
                let mut options = options;
                options.push(Option_ { code: value.to_owned(), title: value.to_owned(), on: true });
                ("select", options)
            }
            FieldType::Choice if options.len() <= BUTTONS_MAX => ("radio", options),
            FieldType::Choice => ("select", options),
            FieldType::Bool => {
                // As it is kept, and as people and reports write it.
                let value = match value {
                    "yes" | "是" => "true",
                    "no" | "否" => "false",
                    other => other,
                };
                let option = |code: &str, key: &str| Option_ { code: code.to_owned(), title: locale::text(self.lang, key, &[]), on: value == code };
                ("radio", vec![option("true", "ledger-yes"), option("false", "ledger-no")])
            }
            FieldType::Long => ("long", options),
            FieldType::Int | FieldType::Dec1 | FieldType::Money | FieldType::Pct => ("number", options),
            FieldType::Date => ("date", options),
            FieldType::Month => ("month", options),
            FieldType::Time => ("time", options),
            FieldType::Phone => ("tel", options),
            _ => ("text", options),
        }
    }

    /// A value as it is typed: codes, no unit.
    pub(super) fn plain(&self, field: &Field) -> String {
        if field.kind == FieldType::Flags {
            let prefix = format!("{}.", field.code);
            let on = self.fields.iter().filter(|(key, v)| key.starts_with(&prefix) && **v == Value::Bool(true));
            // In the order of the list, as the form sends them back.
            let ticked: Vec<&str> = on.filter_map(|(key, _)| key.get(prefix.len()..)).collect();
            let listed = self.catalogue.options(self.definition, field);
            let mut codes: Vec<&str> = listed.iter().flat_map(|l| &l.choices).map(|c| c.code.as_str()).filter(|c| ticked.contains(c)).collect();
            codes.extend(ticked.iter().filter(|code| listed.is_none_or(|l| l.choice(code).is_none())));
            return codes.join(",");
        }
        match (field.kind, self.fields.get(&field.code)) {
            (_, None | Some(Value::Null)) => String::new(),
            (FieldType::Bool, Some(Value::Bool(flag))) => flag.to_string(),
            (FieldType::Choice, Some(Value::Str(code))) => code.clone(),
            (_, Some(v)) => {
                let bare = Field { unit: None, ..field.clone() };
                value::show_value(self.catalogue, self.definition, &bare, v, self.lang).trim_end_matches('%').to_owned()
            }
        }
    }

    fn start_value(&self, field: &Field) -> String {
        match (&field.default, field.kind, field.code.as_str()) {
            (Some(default), ..) => default.clone(),
            (None, FieldType::Person, _) if field.required == Required::Yes => self.account.name.clone(),
            _ => String::new(),
        }
    }
}

/// A ledger of few fields is shown whole.
pub(super) fn short(definition: &Definition) -> bool {
    definition.fields.len() <= 14
}

/// Whether a field stands at the top of an empty form: it must be filled, its definition puts it there, or the form is short.
pub(super) fn upfront(definition: &Definition, field: &Field, must: bool) -> bool {
    must || field.first || short(definition)
}

/// What only a later step asks for, and what hangs on such a field.
pub(super) fn later(definition: &Definition, field: &Field) -> bool {
    let step = |field: &Field| matches!(field.required, Required::Steps(_));
    match &field.required {
        Required::When(condition) => condition.fields().into_iter().filter_map(|code| definition.declared(code)).any(step),
        _ => step(field),
    }
}

/// Whether a person fills this field: the school's to fill, not the engine's, no file, and one the person sees.
pub(super) fn fills(account: &Account, definition: &Definition, field: &Field) -> bool {
    let ours = field.authority.is_none_or(|side| side == Authority::School);
    ours && !definition.derive.contains(&field.code) && field.kind != FieldType::File && shown::sees(account, definition, field)
}

/// The unit that lies in a field's type.
pub(super) fn own_unit(field: &Field, lang: Lang) -> String {
    match field.kind {
        FieldType::Money => locale::text(lang, "web-yuan", &[]),
        FieldType::Pct => "%".to_owned(),
        _ => String::new(),
    }
}

/// What a fault says of one field.
fn error_of(fault: &Fault, code: &str, lang: Lang) -> Option<String> {
    let about = |fault: &Fault| fault.args.iter().any(|(name, value)| name == "field" && value == code);
    std::iter::once(fault).chain(&fault.details).find(|f| about(f)).map(|f| sentence(f, lang))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::account::{Class, Role};

    fn teacher() -> Account {
        Account {
            id: 1,
            login: "w".into(),
            name: "王老师".into(),
            roles: [Role::ClassTeacher].into_iter().collect(),
            classes: vec![Class { grade: 3, class: 1 }],
            must_change: false,
            disabled: false,
        }
    }

    #[test]
    fn every_ledger_gives_a_form_in_both_languages() {
        let catalogue = Catalogue::embedded();
        let registrar = Account { roles: Role::ALL.into_iter().collect(), ..teacher() };
        for definition in catalogue.iter_latest().filter(|d| d.may_write(Authority::School)) {
            for lang in [Lang::Zh, Lang::En] {
                let drawing = Drawing {
                    catalogue: &catalogue,
                    definition,
                    account: &registrar,
                    fields: &BTreeMap::new(),
                    typed: &BTreeMap::new(),
                    fault: None,
                    lang,
                    new: true,
                };
                let inputs = drawing.inputs();
                assert!(!inputs.first.is_empty(), "{}", definition.code);
                for input in inputs.first.iter().chain(&inputs.more) {
                    assert!(!input.title.is_empty(), "{} {}", definition.code, input.code);
                    assert!(!matches!(input.kind, "radio" | "select" | "checks") || !input.options.is_empty(), "{} {}", definition.code, input.code);
                }
            }
        }
    }

    #[test]
    fn what_must_be_filled_comes_first_and_what_is_usual_behind_it() {
        let catalogue = Catalogue::embedded();
        let registrar = Account { roles: Role::ALL.into_iter().collect(), ..teacher() };
        let inputs = |code: &str| {
            let (definition, fields, typed) = (catalogue.latest(code).unwrap(), BTreeMap::new(), BTreeMap::new());
            let (catalogue, account) = (&catalogue, &registrar);
            Drawing { catalogue, definition, account, fields: &fields, typed: &typed, fault: None, lang: Lang::Zh, new: true }.inputs()
        };
        let codes = |code: &str| inputs(code).first.into_iter().map(|input| input.code).collect::<Vec<_>>();
        let expected = ["on", "programme", "applicant", "reason", "categories", "household_size", "income_year", "income_from", "note"];
        assert_eq!(codes("aid_application"), expected);
        let payment = codes("aid_payment");
        assert_eq!(payment[..2], ["programme", "application"], "asked for as long as the channel is none that needs no approval");
        for definition in catalogue.iter_latest().filter(|d| d.may_write(Authority::School) && !short(d)) {
            let first = inputs(&definition.code).first;
            let declared: Vec<_> = first.iter().filter(|input| definition.declared(&input.code).is_some()).collect();
            let must = declared.iter().filter(|input| input.required == "yes").count();
            assert!(declared[..must].iter().all(|input| input.required == "yes"), "{}", definition.code);
        }
    }

    #[test]
    fn only_what_the_person_changed_is_sent_on() {
        let catalogue = Catalogue::embedded();
        let definition = catalogue.latest("care_log").unwrap();
        let body = "kind=visit&was.kind=call&minutes=20&was.minutes=20&with=&with=child&with=mother&was.with=child&note=a%0D%0Ab&was.note=a%0Ab&_why=%E7%AC%94+x";
        let sent = Sent::read(definition, body.as_bytes());
        assert_eq!(sent.changed(), BTreeMap::from([("kind".into(), "visit".into()), ("with".into(), "child,mother".into())]));
        assert_eq!(sent.other("_why"), "笔 x");
    }

    #[test]
    fn what_the_engine_says_stands_beside_its_field() {
        let catalogue = Catalogue::embedded();
        let definition = catalogue.latest("care_log").unwrap();
        let field = definition.field("minutes").unwrap();
        let fault: Fault = value::read(&catalogue, definition, field, "lang", &BTreeMap::new()).unwrap_err().into();
        let typed = BTreeMap::from([("minutes".to_owned(), "lang".to_owned())]);
        let drawing = Drawing {
            catalogue: &catalogue,
            definition,
            account: &teacher(),
            fields: &BTreeMap::new(),
            typed: &typed,
            fault: Some(&fault),
            lang: Lang::Zh,
            new: true,
        };
        let inputs = drawing.inputs();
        let minutes = inputs.first.iter().find(|i| i.code == "minutes").unwrap();
        assert!(!minutes.error.is_empty() && minutes.value == "lang");
        assert!(inputs.first.iter().filter(|i| i.code != "minutes").all(|i| i.error.is_empty()));
    }
}

//! What a new version of a ledger may not change, so that records of older versions stay readable and typed tables keep their columns.

use super::{
    catalogue::line_of,
    definition::Definition,
    problem::{Problem, ProblemCode},
};

/// The version is raised; head, field types stay; no option, field, state or step is taken out.
pub(super) fn check(new: &Definition, old: &Definition) -> Result<(), Vec<Problem>> {
    let mut problems = Vec::new();
    let mut note = |key: &str, code: ProblemCode, args: Vec<(&'static str, String)>| {
        let line = line_of(new.text(), |line| line.starts_with(key));
        problems.push(Problem { line, column: 1, code, args });
    };
    if new.version <= old.version {
        note("version", ProblemCode::VersionNotRaised, vec![("old", old.version.to_string())]);
    }
    let heads = [
        ("code", new.code != old.code, old.code.as_str()),
        ("subject", new.subject != old.subject, old.subject.word()),
        ("form", new.form != old.form, old.form.word()),
    ];
    for (key, _, was) in heads.into_iter().filter(|(_, changed, _)| *changed) {
        note(key, ProblemCode::HeadChanged, vec![("key", key.to_owned()), ("old", was.to_owned())]);
    }
    if new.space != old.space {
        note("space", ProblemCode::HeadChanged, vec![("key", "space".to_owned()), ("old", format!("{:?}", old.space))]);
    }
    for field in &old.fields {
        match new.declared(&field.code) {
            None => note("[[field]]", ProblemCode::FieldRemoved, vec![("field", field.code.clone())]),
            Some(now) if now.kind != field.kind => {
                let key = format!("code = \"{}\"", field.code);
                note(&key, ProblemCode::FieldRetyped, vec![("field", field.code.clone()), ("old", field.kind.word().to_owned())]);
            }
            Some(_) => {}
        }
    }
    for list in &old.options {
        for option in &list.choices {
            if new.option_list(&list.name).and_then(|now| now.choice(&option.code)).is_none() {
                let key = format!("[options.{}]", list.name);
                note(&key, ProblemCode::OptionRemoved, vec![("list", list.name.clone()), ("option", option.code.clone())]);
            }
        }
    }
    let states = old.lifecycle.iter().flat_map(|lifecycle| &lifecycle.states);
    for state in states.filter(|state| new.lifecycle.as_ref().and_then(|now| now.state(&state.code)).is_none()) {
        note("[lifecycle]", ProblemCode::StateRemoved, vec![("state", state.code.clone())]);
    }
    let steps = old.lifecycle.iter().flat_map(|lifecycle| &lifecycle.steps);
    for step in steps.filter(|step| new.lifecycle.as_ref().and_then(|now| now.step(&step.code)).is_none()) {
        note("[lifecycle]", ProblemCode::StepRemoved, vec![("step", step.code.clone())]);
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

#[cfg(test)]
mod tests;

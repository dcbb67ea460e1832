//! What may be added up of a list, over all that is filtered. Names in the SQL are codes of the definition in force, never what a person typed.

use super::{Wanted, filtered, tables};
use crate::{
    ledger::{Definition, definition::Field},
    replica::{Replica, Result},
};
use rusqlite::{Connection, ToSql};
use std::collections::BTreeMap;

/// What may be added up of all that a list holds, pages aside. What is disputed, and what is in a state that does not count, is in no sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Field that may be added up → its sum; of money that says what came back of another field: what came back of that.
    pub sums: BTreeMap<String, i64>,
    /// Field of which something may come back → what remains of its sum.
    pub left: BTreeMap<String, i64>,
    /// Disputed records.
    pub disputed: u32,
}

impl Replica {
    /// Sums over a list, whatever its page.
    ///
    /// # Errors
    /// The store's.
    pub fn sums(&self, definition: &Definition, wanted: &Wanted) -> Result<Sums> {
        self.store.read(|c| filtered(definition, wanted, |tail, values| sums(c, definition, tail, values)))
    }
}

fn sums(c: &Connection, definition: &Definition, tail: &str, values: &[(&str, &dyn ToSql)]) -> Result<Sums> {
    // What of a record does not count: what came back, or all of it where it is lost and nothing says how much.
    let back = |field: &Field| {
        let less = field.less.as_ref()?;
        let all = field.lost.as_ref().map(|lost| format!("WHEN t.\"{lost}\" = 1 THEN coalesce(t.\"{less}\", t.\"{}\") ", field.code));
        Some(format!("CASE {}WHEN 1 THEN coalesce(t.\"{less}\", 0) END", all.unwrap_or_default()))
    };
    let whose = |field: &Field| definition.fields.iter().find(|other| other.total && other.less.as_ref() == Some(&field.code));
    let adds: Vec<&Field> = definition.fields.iter().filter(|field| field.total).collect();
    let of = |field: &&Field| whose(field).and_then(back).unwrap_or_else(|| format!("t.\"{}\"", field.code));
    let left = |field: &Field| back(field).map(|back| format!("t.\"{}\" - {back}", field.code));
    let counting: Vec<String> = definition.lifecycle.iter().flat_map(|l| &l.states).filter(|s| s.counts).map(|s| format!("'{}'", s.code)).collect();
    let counts = if counting.is_empty() { String::new() } else { format!(" AND t._state IN ({})", counting.join(", ")) };
    let sum = |what: &str| format!(", coalesce(sum(CASE WHEN t._disputed = 0{counts} THEN {what} END), 0)");
    let remains: Vec<(&Field, String)> = adds.iter().filter_map(|field| Some((*field, left(field)?))).collect();
    let mut sql = String::from("SELECT count(CASE WHEN t._disputed = 1 THEN 1 END)");
    sql.extend(adds.iter().map(|field| sum(&of(field))));
    sql.extend(remains.iter().map(|(_, what)| sum(what)));
    let sql = format!("{sql} FROM {}{tail}", tables(definition));
    Ok(c.prepare_cached(&sql)?.query_row(values, |r| {
        let mut out = Sums { disputed: r.get(0)?, ..Sums::default() };
        for (at, field) in adds.iter().enumerate() {
            out.sums.insert(field.code.clone(), r.get(at + 1)?);
        }
        for (at, (field, _)) in remains.iter().enumerate() {
            out.left.insert(field.code.clone(), r.get(adds.len() + at + 1)?);
        }
        Ok(out)
    })?)
}

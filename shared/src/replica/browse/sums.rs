//! What may be added up of a list, over all that is filtered. Names in the SQL are codes of the definition in force, never what a person typed.

use super::{Wanted, filtered, tables};
use crate::{
    command::reporting,
    ledger::{Definition, definition::Field},
    replica::{Replica, Result},
};
use rusqlite::{Connection, ToSql};
use std::collections::BTreeMap;

/// What may be added up of all that a list holds, pages aside. What is disputed, and what is in a state that does not count, is in no sum.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Field that may be added up → its sum; of the field that says what came back (`[net]`): all that does not count.
    pub sums: BTreeMap<String, i64>,
    /// Field of which something may come back → what of its sum counts.
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
    let adds: Vec<&Field> = definition.fields.iter().filter(|field| field.total).collect();
    let net = definition.net.as_ref().filter(|net| adds.iter().any(|field| field.code == net.of));
    let counts_of_it = reporting::net(definition).map(|net| net.sql("t"));
    let (net, remaining) = net.zip(counts_of_it).unzip();
    let column = |code: &str| format!("t.\"{code}\"");
    let of = |field: &&Field| match (net, &remaining) {
        (Some(net), Some(left)) if net.less == field.code => format!("coalesce({} - {left}, {})", column(&net.of), column(&net.less)),
        _ => column(&field.code),
    };
    let counting: Vec<String> = definition.lifecycle.iter().flat_map(|l| &l.states).filter(|s| s.counts).map(|s| format!("'{}'", s.code)).collect();
    let counts = if counting.is_empty() { String::new() } else { format!(" AND t._state IN ({})", counting.join(", ")) };
    let sum = |what: &str| format!(", coalesce(sum(CASE WHEN t._disputed = 0{counts} THEN {what} END), 0)");
    let mut sql = String::from("SELECT count(CASE WHEN t._disputed = 1 THEN 1 END)");
    sql.extend(adds.iter().map(|field| sum(&of(field))));
    sql.extend(remaining.iter().map(|left| sum(left)));
    let sql = format!("{sql} FROM {}{tail}", tables(definition));
    Ok(c.prepare_cached(&sql)?.query_row(values, |r| {
        let mut out = Sums { disputed: r.get(0)?, ..Sums::default() };
        for (at, field) in adds.iter().enumerate() {
            out.sums.insert(field.code.clone(), r.get(at + 1)?);
        }
        if let Some(net) = net {
            out.left.insert(net.of.clone(), r.get(adds.len() + 1)?);
        }
        Ok(out)
    })?)
}

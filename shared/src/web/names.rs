//! Records referred to are named, not numbered: a programme's name in place of its key, in titles, lists, paper and workbooks. Names are looked up once a page.

use super::{desk::Desk, shown};
use crate::{
    document::view::Value,
    ledger::{Catalogue, Definition, FieldType},
    locale::Lang,
};
use std::{borrow::Cow, cell::RefCell, collections::BTreeMap, sync::Arc};

/// Names of records that others point to, as one page needs them.
#[derive(Debug)]
pub struct Names<'a> {
    desk: &'a Desk,
    catalogue: Arc<Catalogue>,
    lang: Lang,
    known: RefCell<BTreeMap<String, Option<String>>>,
}

impl<'a> Names<'a> {
    /// For one page.
    #[must_use]
    pub fn of(desk: &'a Desk, lang: Lang) -> Self {
        Self { desk, catalogue: desk.replica.catalogue(), lang, known: RefCell::default() }
    }

    /// The fields with the name of the record referred to in place of its key. A key nobody knows stays as it is: the record may not have arrived yet.
    pub fn fields<'f>(&self, definition: &Definition, fields: &'f BTreeMap<String, Value>) -> Cow<'f, BTreeMap<String, Value>> {
        let mut named = Cow::Borrowed(fields);
        for field in definition.fields.iter().filter(|f| f.kind == FieldType::Ref) {
            if let Some(Value::Str(key)) = fields.get(&field.code)
                && let Some(name) = self.name(key)
            {
                named.to_mut().insert(field.code.clone(), Value::Str(name));
            }
        }
        named
    }

    /// A record in one line, with what it refers to by name.
    #[must_use]
    pub fn label(&self, definition: &Definition, fields: &BTreeMap<String, Value>) -> String {
        shown::label(&self.catalogue, definition, &self.fields(definition, fields), self.lang)
    }

    /// The same where one of several is chosen: with what tells them apart.
    #[must_use]
    pub fn choice(&self, definition: &Definition, fields: &BTreeMap<String, Value>) -> String {
        if definition.choose.is_empty() {
            return self.label(definition, fields);
        }
        shown::line(&self.catalogue, definition, &definition.choose, &self.fields(definition, fields), self.lang)
    }

    fn name(&self, key: &str) -> Option<String> {
        if let Some(known) = self.known.borrow().get(key) {
            return known.clone();
        }
        let found = self.desk.replica.locate(key).ok().and_then(|place| {
            let target = self.catalogue.latest(&place.ledger)?;
            let label = shown::label(&self.catalogue, target, &place.fields, self.lang);
            (!label.is_empty()).then_some(label)
        });
        self.known.borrow_mut().insert(key.to_owned(), found.clone());
        found
    }
}

//! Text to expression: tokens, then recursive descent with a depth limit.

use super::{Condition, ConditionError, Expression, Operand, Operator, Says, Together};
use crate::{
    document::view::Value,
    ledger::{
        definition::{Definition, Field, FieldType, OptionsRef},
        problem::{ProblemCode, excerpt, listed},
        value,
    },
};

type Parsed<T> = Result<T, ConditionError>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Quoted(String),
    Symbol(&'static str),
}

struct Parser<'a> {
    /// Token and the character it starts at, from 1.
    tokens: Vec<(Token, usize)>,
    next: usize,
    end: usize,
    definition: &'a Definition,
    /// Names that do not fit; the structure is read on, so several are reported at once.
    errors: Vec<ConditionError>,
}

pub(super) fn parse(text: &str, definition: &Definition) -> Result<Expression, Vec<ConditionError>> {
    let length = text.chars().count();
    if length > Condition::LENGTH_MAX {
        return Err(vec![too_long(Condition::LENGTH_MAX)]);
    }
    let tokens = tokens(text).map_err(|error| vec![error])?;
    let mut parser = Parser { tokens, next: 0, end: length + 1, definition, errors: Vec::new() };
    let parsed = parser.any(0).and_then(|expression| match parser.peek() {
        None => Ok(expression),
        Some(_) => Err(parser.expected("and, or")),
    });
    match parsed {
        Ok(expression) if parser.errors.is_empty() => Ok(expression),
        Ok(_) => Err(parser.errors),
        Err(error) => {
            parser.errors.push(error);
            Err(parser.errors)
        }
    }
}

fn too_long(max: usize) -> ConditionError {
    ConditionError { code: ProblemCode::ConditionLong, args: vec![("max", max.to_string())] }
}

fn tokens(text: &str) -> Parsed<Vec<(Token, usize)>> {
    const SYMBOLS: [&str; 9] = ["!=", "<=", ">=", "=", "<", ">", "(", ")", ","];
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut at = 1;
    while let Some(first) = rest.chars().next() {
        let (token, bytes) = if first.is_whitespace() {
            (None, first.len_utf8())
        } else if let Some(symbol) = SYMBOLS.into_iter().find(|symbol| rest.starts_with(symbol)) {
            (Some(Token::Symbol(symbol)), symbol.len())
        } else if matches!(first, '"' | '\'') {
            let inner = rest.get(1..).unwrap_or_default();
            let Some(length) = inner.find(first) else { return Err(malformed(at, "closing quote")) };
            (Some(Token::Quoted(inner.get(..length).unwrap_or_default().to_owned())), length + 2)
        } else {
            let length = rest.find(|c: char| c.is_whitespace() || "!<>=(),\"'".contains(c)).unwrap_or(rest.len()).max(first.len_utf8());
            (Some(Token::Word(rest.get(..length).unwrap_or_default().to_owned())), length)
        };
        tokens.extend(token.map(|token| (token, at)));
        at += rest.get(..bytes).unwrap_or_default().chars().count();
        rest = rest.get(bytes..).unwrap_or_default();
    }
    Ok(tokens)
}

fn malformed(at: usize, expected: &str) -> ConditionError {
    ConditionError { code: ProblemCode::ConditionMalformed, args: vec![("at", at.to_string()), ("expected", expected.to_owned())] }
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(token, _)| token)
    }

    fn take(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.next += 1;
        token
    }

    fn expected(&self, what: &str) -> ConditionError {
        malformed(self.tokens.get(self.next).map_or(self.end, |(_, at)| *at), what)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Some(Token::Word(next)) if next == word);
        self.next += usize::from(found);
        found
    }

    fn take_symbol(&mut self, symbol: &'static str) -> Parsed<()> {
        if self.peek() != Some(&Token::Symbol(symbol)) {
            return Err(self.expected(symbol));
        }
        self.next += 1;
        Ok(())
    }

    fn any(&mut self, depth: usize) -> Parsed<Expression> {
        let first = self.all(depth)?;
        let mut parts = vec![first];
        while self.take_word("or") {
            parts.push(self.all(depth)?);
        }
        Ok(one_or(parts, Expression::Any))
    }

    fn all(&mut self, depth: usize) -> Parsed<Expression> {
        let first = self.single(depth)?;
        let mut parts = vec![first];
        while self.take_word("and") {
            parts.push(self.single(depth)?);
        }
        Ok(one_or(parts, Expression::All))
    }

    fn single(&mut self, depth: usize) -> Parsed<Expression> {
        if depth > Condition::DEPTH_MAX {
            return Err(too_long(Condition::LENGTH_MAX));
        }
        if self.take_word("not") {
            return Ok(Expression::Not(Box::new(self.single(depth + 1)?)));
        }
        if self.peek() == Some(&Token::Symbol("(")) {
            self.next += 1;
            let inner = self.any(depth + 1)?;
            self.take_symbol(")")?;
            return Ok(inner);
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Parsed<Expression> {
        let at = self.expected("field");
        let Some(Token::Word(name)) = self.take() else { return Err(at) };
        let left = self.operand(&name, &name).unwrap_or_else(|| self.left(&name));
        if self.take_word("set") {
            return Ok(Expression::Set(left));
        }
        if self.take_word("has") {
            return self.has(left, &name);
        }
        if self.take_word("shares") {
            return self.shares(left, &name);
        }
        if self.take_word("in") {
            return self.list(left, &name);
        }
        let Some(operator) = self.operator() else { return Err(self.expected("=, !=, <, <=, >, >=, in, has, shares, set")) };
        if self.definition.field(&name).is_some_and(|field| field.kind == FieldType::Flags) {
            return Err(self.expected("has, shares, set"));
        }
        let right = self.right(&name)?;
        Ok(Expression::Compare(left, operator, right))
    }

    fn operator(&mut self) -> Option<Operator> {
        let operator = match self.peek()? {
            Token::Symbol("=") => Operator::Equal,
            Token::Symbol("!=") => Operator::NotEqual,
            Token::Symbol("<") => Operator::Less,
            Token::Symbol("<=") => Operator::LessOrEqual,
            Token::Symbol(">") => Operator::Greater,
            Token::Symbol(">=") => Operator::GreaterOrEqual,
            Token::Word(_) | Token::Quoted(_) | Token::Symbol(_) => return None,
        };
        self.next += 1;
        Some(operator)
    }

    /// What is no field of the record: its state, the day (as a month beside a month), a field of a record it refers to, what an identity number says.
    fn operand(&self, word: &str, beside: &str) -> Option<Operand> {
        let kind = |name: &str| self.definition.field(name).map(|field| field.kind);
        match word {
            "$state" => Some(Operand::State),
            "$school" => Some(Operand::School),
            "$today" => Some(Operand::Today { month: kind(beside) == Some(FieldType::Month) }),
            _ if word.starts_with("$together.") => {
                let field = word.strip_prefix("$together.").filter(|field| kind(field) == Some(FieldType::Ref))?;
                let net = self.definition.net.clone()?;
                Some(Operand::Together(Box::new(Together { ledger: self.definition.code.clone(), field: field.to_owned(), net })))
            }
            _ if word.starts_with("$naming.") => {
                let (ledger, field) = word.strip_prefix("$naming.")?.split_once('.')?;
                Some(Operand::Naming(ledger.to_owned(), field.to_owned()))
            }
            _ if word.starts_with("$last.") => {
                let mut parts = word.strip_prefix("$last.")?.splitn(3, '.').map(str::to_owned);
                Some(Operand::Last(parts.next()?, parts.next()?, parts.next()?))
            }
            _ => {
                let (reference, field) = word.split_once('.')?;
                match kind(reference)? {
                    FieldType::Ref => Some(Operand::Of(reference.to_owned(), field.to_owned())),
                    FieldType::Idno => Says::from_word(field).map(|says| Operand::Holder(reference.to_owned(), says)),
                    _ => None,
                }
            }
        }
    }

    fn left(&mut self, name: &str) -> Operand {
        if self.definition.field(name).is_none() {
            let expected = listed(self.definition.fields.iter().map(|field| field.code.as_str()));
            self.errors
                .push(ConditionError { code: ProblemCode::FieldUnknown, args: vec![("field", excerpt(name).into_owned()), ("expected", expected)] });
        }
        Operand::Field(name.to_owned())
    }

    /// A bare name is a field if there is one, else a literal; quotes force a literal.
    fn right(&mut self, left: &str) -> Parsed<Operand> {
        let expected = self.expected("value");
        let beside = match self.peek() {
            Some(Token::Word(word)) => self.operand(word, left),
            _ => None,
        };
        if let Some(operand) = beside {
            self.next += 1;
            return Ok(operand);
        }
        match self.take() {
            Some(Token::Word(word)) if self.definition.field(&word).is_some() => {
                if self.is_own_option(left, &word) {
                    self.errors.push(ConditionError { code: ProblemCode::ConditionAmbiguous, args: vec![("value", word.clone())] });
                }
                Ok(Operand::Field(word))
            }
            Some(Token::Word(text) | Token::Quoted(text)) => Ok(Operand::Literal(self.literal(left, &text))),
            Some(Token::Symbol(_)) | None => Err(expected),
        }
    }

    fn is_own_option(&self, field: &str, word: &str) -> bool {
        self.definition
            .field(field)
            .and_then(|field| own_list(field))
            .and_then(|list| self.definition.option_list(list))
            .is_some_and(|list| list.choice(word).is_some())
    }

    fn list(&mut self, left: Operand, name: &str) -> Parsed<Expression> {
        self.take_symbol("(")?;
        let mut values = Vec::new();
        loop {
            let expected = self.expected("value");
            let Some(Token::Word(text) | Token::Quoted(text)) = self.take() else { return Err(expected) };
            values.push(self.literal(name, &text));
            if self.peek() != Some(&Token::Symbol(",")) {
                break;
            }
            self.next += 1;
        }
        self.take_symbol(")")?;
        Ok(Expression::In(left, values))
    }

    fn has(&mut self, left: Operand, name: &str) -> Parsed<Expression> {
        let expected = self.expected("option");
        let Some(Token::Word(option) | Token::Quoted(option)) = self.take() else { return Err(expected) };
        match self.definition.field(name) {
            Some(field) if field.kind != FieldType::Flags => {
                self.errors.push(ConditionError { code: ProblemCode::ConditionHas, args: vec![("field", name.to_owned())] });
            }
            Some(field) => {
                let missing = own_list(field).and_then(|list| self.definition.option_list(list)).is_some_and(|list| list.choice(&option).is_none());
                if missing {
                    self.wrong_value(name, &option);
                }
            }
            None => {}
        }
        Ok(Expression::Has(left, option))
    }

    /// Two flags fields, of this record or of one it refers to.
    fn shares(&mut self, left: Operand, name: &str) -> Parsed<Expression> {
        let expected = self.expected("field");
        let Some(Token::Word(other)) = self.take() else { return Err(expected) };
        let right = self.operand(&other, &other).unwrap_or_else(|| self.left(&other));
        for field in [name, &other] {
            if self.definition.field(field).is_some_and(|field| field.kind != FieldType::Flags) {
                self.errors.push(ConditionError { code: ProblemCode::ConditionHas, args: vec![("field", field.to_owned())] });
            }
        }
        Ok(Expression::Shares(left, right))
    }

    /// A literal as a value of the field it is compared with; a state for `$state`; beside another record's field a code, a word or a date as it is kept.
    fn literal(&mut self, left: &str, text: &str) -> Value {
        if left == "$state" {
            let states = self.definition.lifecycle.as_ref().map(|lifecycle| lifecycle.states.as_slice()).unwrap_or_default();
            if !states.iter().any(|state| state.code == text) {
                let expected = listed(states.iter().map(|state| state.code.as_str()));
                let args = vec![("state", excerpt(text).into_owned()), ("expected", expected)];
                self.errors.push(ConditionError { code: ProblemCode::StateUnknown, args });
            }
            return Value::Str(text.to_owned());
        }
        if matches!(self.operand(left, left), Some(Operand::Of(..) | Operand::Holder(..) | Operand::Today { .. } | Operand::School)) {
            return Value::Str(text.to_owned());
        }
        let left = match self.operand(left, left) {
            Some(Operand::Together(of)) => of.net.of,
            _ => left.to_owned(),
        };
        let left = left.as_str();
        let Some(field) = self.definition.field(left) else { return Value::Null };
        let value = value::literal(self.definition, field, text);
        if value.is_none() {
            self.wrong_value(left, text);
        }
        value.unwrap_or(Value::Null)
    }

    fn wrong_value(&mut self, field: &str, text: &str) {
        let args = vec![("field", field.to_owned()), ("value", excerpt(text).into_owned())];
        self.errors.push(ConditionError { code: ProblemCode::ConditionValue, args });
    }
}

fn own_list(field: &Field) -> Option<&str> {
    match &field.options {
        Some(OptionsRef::Own(list)) => Some(list),
        Some(OptionsRef::Other { .. }) | None => None,
    }
}

fn one_or(mut parts: Vec<Expression>, several: fn(Vec<Expression>) -> Expression) -> Expression {
    if parts.len() == 1 { parts.remove(0) } else { several(parts) }
}

//! Reads selectors. Mirrors `Lexer` and `Parser` of
//! `k8s.io/apimachinery/pkg/labels/selector.go` (v1.36), error texts included.

use std::collections::BTreeSet;

use super::names::label_key_faults;
use super::{Operator, Requirement, Selector, SelectorError};

/// `labels.Parse`.
pub(super) fn parse(text: &str) -> Result<Selector, SelectorError> {
    let mut parser = Parser { tokens: scan(text), position: 0 };
    parser.parse().map(Selector::of).map_err(SelectorError::new)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    End,
    ClosedParenthesis,
    Comma,
    Not,
    DoubleEquals,
    Equals,
    GreaterThan,
    Identifier,
    In,
    LessThan,
    NotEquals,
    NotIn,
    OpenParenthesis,
}

/// A token and the text that it stands for.
type Scanned<'a> = (Token, &'a str);

const WHITE_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];
const SPECIAL: [char; 7] = ['=', '!', '(', ')', ',', '>', '<'];

/// All tokens of a text; the last one is [`Token::End`], and a NUL ends the text as well.
fn scan(text: &str) -> Vec<Scanned<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches(WHITE_SPACE);
        let Some(first) = rest.chars().next().filter(|&first| first != '\0') else {
            tokens.push((Token::End, ""));
            return tokens;
        };
        let (scanned, used) =
            if SPECIAL.contains(&first) { scan_special(rest) } else { scan_word(rest) };
        tokens.push(scanned);
        rest = &rest[used..];
    }
}

fn scan_special(rest: &str) -> (Scanned<'_>, usize) {
    let token = match rest.as_bytes() {
        [b'=', b'=', ..] => Token::DoubleEquals,
        [b'!', b'=', ..] => Token::NotEquals,
        [b'=', ..] => Token::Equals,
        [b'!', ..] => Token::Not,
        [b'(', ..] => Token::OpenParenthesis,
        [b')', ..] => Token::ClosedParenthesis,
        [b',', ..] => Token::Comma,
        [b'>', ..] => Token::GreaterThan,
        _ => Token::LessThan,
    };
    let used = if matches!(token, Token::DoubleEquals | Token::NotEquals) { 2 } else { 1 };
    ((token, &rest[..used]), used)
}

/// A word; a NUL behind it is skipped, as upstream's lexer does.
fn scan_word(rest: &str) -> (Scanned<'_>, usize) {
    let ends =
        |symbol: char| symbol == '\0' || SPECIAL.contains(&symbol) || WHITE_SPACE.contains(&symbol);
    let end = rest.find(ends).unwrap_or(rest.len());
    let word = &rest[..end];
    let token = match word {
        "in" => Token::In,
        "notin" => Token::NotIn,
        _ => Token::Identifier,
    };
    let used = end + usize::from(rest[end..].starts_with('\0'));
    ((token, word), used)
}

struct Parser<'a> {
    tokens: Vec<Scanned<'a>>,
    position: usize,
}

impl<'a> Parser<'a> {
    /// The next token where a key or a value may stand: there `in` and `notin` are names.
    fn look(&self) -> Scanned<'a> {
        let (token, text) = self.tokens[self.position];
        match token {
            Token::In | Token::NotIn => (Token::Identifier, text),
            _ => (token, text),
        }
    }

    /// Takes the next token where a key or a value may stand.
    fn take(&mut self) -> Scanned<'a> {
        let scanned = self.look();
        self.position += 1;
        scanned
    }

    fn parse(&mut self) -> Result<Vec<Requirement>, String> {
        let mut requirements = Vec::new();
        loop {
            match self.look() {
                (Token::Identifier | Token::Not, _) => {
                    let requirement = self.requirement();
                    let wrap = |error| format!("unable to parse requirement: {error}");
                    requirements.push(requirement.map_err(wrap)?);
                    match self.take() {
                        (Token::End, _) => return Ok(requirements),
                        (Token::Comma, _) => self.expect_another()?,
                        (_, text) => return found(text, ", expected: ',' or 'end of string'"),
                    }
                }
                (Token::End, _) => return Ok(requirements),
                (_, text) => return found(text, ", expected: !, identifier, or 'end of string'"),
            }
        }
    }

    fn expect_another(&self) -> Result<(), String> {
        match self.look() {
            (Token::Identifier | Token::Not, _) => Ok(()),
            (_, text) => found(text, ", expected: identifier after ','"),
        }
    }

    fn requirement(&mut self) -> Result<Requirement, String> {
        let (key, inferred) = self.key_and_inferred_operator()?;
        let operator = match inferred {
            Some(operator) => operator,
            None => self.operator()?,
        };
        let values = match operator {
            Operator::Exists | Operator::DoesNotExist => BTreeSet::new(),
            Operator::In | Operator::NotIn => self.values()?,
            _ => self.exact_value()?,
        };
        let values = values.into_iter().map(str::to_owned).collect();
        Requirement::new(key.to_owned(), operator, values).map_err(|error| error.to_string())
    }

    /// The key, and the operator if there is none to read.
    fn key_and_inferred_operator(&mut self) -> Result<(&'a str, Option<Operator>), String> {
        let (mut token, mut key) = self.take();
        let negated = token == Token::Not;
        if negated {
            (token, key) = self.take();
        }
        if token != Token::Identifier {
            return found(key, ", expected: identifier");
        }
        let faults = label_key_faults(key);
        if !faults.is_empty() {
            return Err(format!("<nil>: Invalid value: {key:?}: {}", faults.join("; ")));
        }
        let alone = matches!(self.look().0, Token::End | Token::Comma);
        let inferred = match (negated, alone) {
            (true, _) => Some(Operator::DoesNotExist),
            (false, true) => Some(Operator::Exists),
            (false, false) => None,
        };
        Ok((key, inferred))
    }

    fn operator(&mut self) -> Result<Operator, String> {
        let (token, text) = self.tokens[self.position];
        self.position += 1;
        match token {
            Token::In => Ok(Operator::In),
            Token::Equals => Ok(Operator::Equals),
            Token::DoubleEquals => Ok(Operator::DoubleEquals),
            Token::GreaterThan => Ok(Operator::GreaterThan),
            Token::LessThan => Ok(Operator::LessThan),
            Token::NotIn => Ok(Operator::NotIn),
            Token::NotEquals => Ok(Operator::NotEquals),
            _ => found(text, ", expected: in, notin, =, ==, !=, gt, lt"),
        }
    }

    /// Values in parentheses.
    fn values(&mut self) -> Result<BTreeSet<&'a str>, String> {
        let (token, text) = self.take();
        if token != Token::OpenParenthesis {
            return found(text, " expected: '('");
        }
        match self.look() {
            (Token::Identifier | Token::Comma, text) => {
                let values = self.identifiers()?;
                match self.take() {
                    (Token::ClosedParenthesis, _) => Ok(values),
                    _ => found(text, ", expected: ')'"),
                }
            }
            (Token::ClosedParenthesis, _) => {
                self.take();
                Ok(BTreeSet::from([""]))
            }
            (_, text) => found(text, ", expected: ',', ')' or identifier"),
        }
    }

    /// Values between commas; any of them may be empty.
    fn identifiers(&mut self) -> Result<BTreeSet<&'a str>, String> {
        let mut values = BTreeSet::new();
        loop {
            match self.take() {
                (Token::Identifier, value) => {
                    values.insert(value);
                    match self.look() {
                        (Token::Comma, _) => {}
                        (Token::ClosedParenthesis, _) => return Ok(values),
                        (_, text) => return found(text, ", expected: ',' or ')'"),
                    }
                }
                (Token::Comma, _) => {
                    if values.is_empty() {
                        values.insert("");
                    }
                    match self.look().0 {
                        Token::ClosedParenthesis => {
                            values.insert("");
                            return Ok(values);
                        }
                        Token::Comma => {
                            self.take();
                            values.insert("");
                        }
                        _ => {}
                    }
                }
                (_, text) => return found(text, ", expected: ',', or identifier"),
            }
        }
    }

    /// The one value behind `=` and its kin.
    fn exact_value(&mut self) -> Result<BTreeSet<&'a str>, String> {
        if matches!(self.look().0, Token::End | Token::Comma) {
            return Ok(BTreeSet::from([""]));
        }
        match self.take() {
            (Token::Identifier, value) => Ok(BTreeSet::from([value])),
            (_, text) => found(text, ", expected: identifier"),
        }
    }
}

fn found<T>(text: &str, expected: &str) -> Result<T, String> {
    Err(format!("found '{text}'{expected}"))
}

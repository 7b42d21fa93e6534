//! What validation finds, in the API server's words. Mirrors
//! `k8s.io/apimachinery/pkg/util/validation/field/errors.go` (v1.36). Left out: origins, marks of
//! declarative validation.

use std::fmt;

use serde::Serialize;

use super::yaml::go_quote;

/// One field that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Which kind of rule.
    pub type_: ErrorType,
    /// The field, as in `spec.metrics[0].resource.name`.
    pub field: String,
    /// What upstream prints behind the path: `Invalid value: 0: must be greater than zero`.
    pub message: String,
}

/// The kinds of rules that a field can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorType {
    /// The value must be given.
    Required,
    /// The value is not allowed.
    Invalid,
    /// The value is none of a list.
    NotSupported,
    /// The field must not be given.
    Forbidden,
    /// The value may stand only once.
    Duplicate,
    /// The value is too long.
    TooLong,
}

impl ErrorType {
    /// Upstream's name of the type: `FieldValueInvalid` and so on.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorType::Required => "FieldValueRequired",
            ErrorType::Invalid => "FieldValueInvalid",
            ErrorType::NotSupported => "FieldValueNotSupported",
            ErrorType::Forbidden => "FieldValueForbidden",
            ErrorType::Duplicate => "FieldValueDuplicate",
            ErrorType::TooLong => "FieldValueTooLong",
        }
    }

    /// The code of a [`crate::diagnostic::Diagnostic`] made of such an error.
    pub const fn code(self) -> &'static str {
        match self {
            ErrorType::Required => "field-required",
            ErrorType::Invalid => "field-invalid",
            ErrorType::NotSupported => "field-not-supported",
            ErrorType::Forbidden => "field-forbidden",
            ErrorType::Duplicate => "field-duplicate",
            ErrorType::TooLong => "field-too-long",
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// A value as upstream prints it in a message: numbers bare, texts in quotes.
pub trait BadValue {
    /// The text in the message.
    fn print(&self) -> String;
}

impl BadValue for i32 {
    fn print(&self) -> String {
        self.to_string()
    }
}

impl BadValue for i64 {
    fn print(&self) -> String {
        self.to_string()
    }
}

impl BadValue for bool {
    fn print(&self) -> String {
        self.to_string()
    }
}

impl BadValue for str {
    fn print(&self) -> String {
        go_quote(self)
    }
}

impl BadValue for String {
    fn print(&self) -> String {
        go_quote(self)
    }
}

/// `field.Required`.
pub fn required(field: impl Into<String>, detail: &str) -> FieldError {
    let message = join("Required value", detail);
    FieldError { type_: ErrorType::Required, field: field.into(), message }
}

/// `field.Invalid`.
pub fn invalid<V: BadValue + ?Sized>(
    field: impl Into<String>,
    value: &V,
    detail: &str,
) -> FieldError {
    let message = join(&format!("Invalid value: {}", value.print()), detail);
    FieldError { type_: ErrorType::Invalid, field: field.into(), message }
}

/// `field.Invalid` of a value that is no scalar: it prints as JSON.
pub fn invalid_json<V: Serialize>(field: impl Into<String>, value: &V, detail: &str) -> FieldError {
    let message = join(&format!("Invalid value: {}", json(value)), detail);
    FieldError { type_: ErrorType::Invalid, field: field.into(), message }
}

/// `field.NotSupported` of a value that is no scalar.
pub fn not_supported_json<V: Serialize>(
    field: impl Into<String>,
    value: &V,
    supported: &[&str],
) -> FieldError {
    let mut error = not_supported(field, "", supported);
    error.message = error.message.replacen("\"\"", &json(value), 1);
    error
}

fn json<V: Serialize>(value: &V) -> String {
    serde_json::to_string(value).expect("plain data has no key that is not text")
}

/// `field.NotSupported`; `supported` in the order in which it is to be printed.
pub fn not_supported(field: impl Into<String>, value: &str, supported: &[&str]) -> FieldError {
    let quoted: Vec<String> = supported.iter().map(|value| go_quote(value)).collect();
    let message =
        format!("Unsupported value: {}: supported values: {}", go_quote(value), quoted.join(", "));
    FieldError { type_: ErrorType::NotSupported, field: field.into(), message }
}

/// `field.Forbidden`.
pub fn forbidden(field: impl Into<String>, detail: &str) -> FieldError {
    let message = join("Forbidden", detail);
    FieldError { type_: ErrorType::Forbidden, field: field.into(), message }
}

/// `field.Duplicate`.
pub fn duplicate(field: impl Into<String>, value: &str) -> FieldError {
    let message = format!("Duplicate value: {}", go_quote(value));
    FieldError { type_: ErrorType::Duplicate, field: field.into(), message }
}

/// `field.TooLong`.
pub fn too_long(field: impl Into<String>, bytes_max: usize) -> FieldError {
    let message = format!("Too long: may not be more than {bytes_max} bytes");
    FieldError { type_: ErrorType::TooLong, field: field.into(), message }
}

fn join(what: &str, detail: &str) -> String {
    if detail.is_empty() { what.to_owned() } else { format!("{what}: {detail}") }
}

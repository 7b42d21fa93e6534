//! From trees to values, strictly: every field is known, every value of the right type, all that is
//! wrong is found. One declaration (`object!`) gives the struct, its reader and its schema, so
//! that none of the three can fall behind the others.

mod schema;

use serde_json::{Map, json};

use crate::diagnostic::{Diagnostic, Span};
use crate::manifest::suggest::nearest;
use crate::manifest::yaml::{Entry, Node, Value};

/// A value with the place where it was written.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

/// A name in a map, with what stands under it.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<T> {
    /// The key.
    pub name: At<String>,
    /// The value.
    pub value: T,
}

/// A map whose keys are names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table<T>(pub Vec<Named<T>>);

/// What is wrong so far, and where the reader is.
#[derive(Debug, Default)]
pub struct Context {
    /// Findings in order of the text.
    pub findings: Vec<Diagnostic>,
    path: String,
}

/// Definitions of a JSON Schema, by name.
pub type Definitions = Map<String, serde_json::Value>;

/// A value that can be read from a tree.
pub trait Read: Sized {
    /// The value; none when it is wrong, which has then been reported.
    fn read(node: &Node, context: &mut Context) -> Option<Self>;
    /// The JSON Schema of what is accepted.
    fn schema(definitions: &mut Definitions) -> serde_json::Value;
}

/// A value under a key of a map, which may be absent.
pub trait Field: Sized {
    /// Whether the key must be there.
    const REQUIRED: bool;
    /// The value; none when it is wrong or missing, which has then been reported.
    fn read_field(
        map: &Node,
        key: &'static str,
        entry: Option<&Entry>,
        context: &mut Context,
    ) -> Option<Self>;
    /// The JSON Schema of the value.
    fn field_schema(definitions: &mut Definitions) -> serde_json::Value;
}

impl Context {
    /// The path of what is being read, as in `spec.traffic[0]`.
    pub fn path(&self) -> &str {
        if self.path.is_empty() { "the Scenario" } else { &self.path }
    }

    /// Reads with a longer path.
    pub fn within<T>(&mut self, step: &str, read: impl FnOnce(&mut Context) -> T) -> T {
        let length = self.path.len();
        if !self.path.is_empty() && !step.starts_with('[') {
            self.path.push('.');
        }
        self.path.push_str(step);
        let value = read(self);
        self.path.truncate(length);
        value
    }

    /// Reports a value of the wrong kind.
    pub fn wrong(&mut self, node: &Node, wants: &str, help: impl Into<String>) {
        let message = format!("`{}` takes {wants}", self.path());
        let finding = Diagnostic::error("scenario-value", message)
            .at(node.span.clone(), format!("this is {}", node.describe()))
            .help(help);
        self.findings.push(finding);
    }

    /// Reports a value of the right kind that says nothing sensible.
    pub fn refuse(&mut self, span: &Span, why: impl Into<String>, help: impl Into<String>) {
        let finding =
            Diagnostic::error("scenario-value", format!("`{}`: {}", self.path(), why.into()))
                .at(span.clone(), "")
                .help(help);
        self.findings.push(finding);
    }

    /// Whether a node is a map; reports what it is instead, and keys other than these.
    pub fn open(&mut self, node: &Node, what: &str, keys: &[&'static str]) -> bool {
        if !node.is_map() {
            let help = format!("write a map with some of these fields: {}", keys.join(", "));
            self.wrong(node, &format!("a map ({what})"), help);
            return false;
        }
        for entry in node.entries().iter().filter(|entry| !keys.contains(&entry.key.as_str())) {
            self.findings.push(unknown_field(entry, what, keys));
        }
        true
    }
}

fn unknown_field(entry: &Entry, what: &str, keys: &[&'static str]) -> Diagnostic {
    let shown: String = entry.key.chars().take(60).collect();
    let help = match nearest(&entry.key, keys.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("its fields are {}", keys.join(", ")),
    };
    Diagnostic::error("scenario-unknown-field", format!("{what} has no field `{shown}`"))
        .at(entry.key_span.clone(), "unknown")
        .help(help)
}

/// Declares what a map in a Scenario file holds: fields in order of the schema. A field of type
/// `At<T>` must be there, `Option<At<T>>` and `Vec<T>` need not.
macro_rules! object {
    (
        $(#[doc = $doc:literal])+
        $name:ident is $what:literal;
        $(
            $(#[doc = $field_doc:literal])+
            $key:literal => $field:ident: $type:ty,
        )*
    ) => {
        $(#[doc = $doc])+
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name {
            $( $(#[doc = $field_doc])+ pub $field: $type, )*
            /// Where all of it stands.
            pub span: $crate::diagnostic::Span,
        }

        impl $crate::scenario::file::read::Read for $name {
            fn read(
                node: &$crate::manifest::yaml::Node,
                context: &mut $crate::scenario::file::read::Context,
            ) -> Option<Self> {
                let keys: &[&'static str] = &[$($key),*];
                if !context.open(node, $what, keys) {
                    return None;
                }
                $(
                    let $field = <$type as $crate::scenario::file::read::Field>::read_field(
                        node, $key, node.entry($key), context,
                    );
                )*
                Some($name { $($field: $field?,)* span: node.span.clone() })
            }

            fn schema(
                definitions: &mut $crate::scenario::file::read::Definitions,
            ) -> serde_json::Value {
                $crate::scenario::file::read::define(
                    definitions,
                    stringify!($name),
                    concat!($($doc),+),
                    |definitions| vec![$((
                        $key,
                        concat!($($field_doc),+),
                        <$type as $crate::scenario::file::read::Field>::REQUIRED,
                        <$type as $crate::scenario::file::read::Field>::field_schema(definitions),
                    )),*],
                )
            }
        }
    };
}
pub(super) use object;
pub use schema::define;

impl<T: Read> Read for At<T> {
    fn read(node: &Node, context: &mut Context) -> Option<At<T>> {
        let value = T::read(node, context)?;
        Some(At { value, span: node.span.clone() })
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        T::schema(definitions)
    }
}

impl<T: Read> Read for Vec<T> {
    fn read(node: &Node, context: &mut Context) -> Option<Vec<T>> {
        let Value::Seq(items) = &node.value else {
            context.wrong(node, "a list", "begin each item with `- `");
            return None;
        };
        let read =
            |(index, item)| context.within(&format!("[{index}]"), |context| T::read(item, context));
        // Each item is read, also behind a wrong one, so that all findings come at once.
        let read: Vec<Option<T>> = items.iter().enumerate().map(read).collect();
        Some(read.into_iter().flatten().collect())
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        json!({ "type": "array", "items": T::schema(definitions) })
    }
}

impl<T: Read> Read for Table<T> {
    fn read(node: &Node, context: &mut Context) -> Option<Table<T>> {
        let Value::Map(entries) = &node.value else {
            context.wrong(node, "a map", "write `NAME: ...` for each");
            return None;
        };
        let mut named = Vec::with_capacity(entries.len());
        for entry in entries {
            let name = At { value: entry.key.clone(), span: entry.key_span.clone() };
            let step = path_step(&entry.key);
            let value = context.within(&step, |context| T::read(&entry.value, context));
            named.extend(value.map(|value| Named { name, value }));
        }
        Some(Table(named))
    }

    fn schema(definitions: &mut Definitions) -> serde_json::Value {
        json!({ "type": "object", "additionalProperties": T::schema(definitions) })
    }
}

/// A key as a step of a path; in quotes when it has dots or the like.
fn path_step(key: &str) -> String {
    if key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')) {
        return key.to_owned();
    }
    format!("\"{key}\"")
}

impl<T: Read> Field for At<T> {
    const REQUIRED: bool = true;

    fn read_field(
        map: &Node,
        key: &'static str,
        entry: Option<&Entry>,
        context: &mut Context,
    ) -> Option<At<T>> {
        let Some(node) = written(entry) else {
            // A key that was misspelt has been reported already.
            if misspelt(map, key).is_none() {
                context.findings.push(missing(context.path(), map, key, entry));
            }
            return None;
        };
        context.within(key, |context| At::read(node, context))
    }

    fn field_schema(definitions: &mut Definitions) -> serde_json::Value {
        T::schema(definitions)
    }
}

/// The value of a key; `null` counts as absent.
fn written(entry: Option<&Entry>) -> Option<&Node> {
    entry.map(|entry| &entry.value).filter(|node| !node.is_null())
}

/// An unknown key that was probably meant to be this one.
fn misspelt<'m>(map: &'m Node, key: &'static str) -> Option<&'m Entry> {
    let is_near = |entry: &&Entry| nearest(&entry.key, [key].into_iter()).is_some();
    map.entries().iter().find(is_near)
}

fn missing(path: &str, map: &Node, key: &str, entry: Option<&Entry>) -> Diagnostic {
    let place = entry.or(map.entries().first()).map_or(&map.span, |entry| &entry.key_span);
    Diagnostic::error("scenario-missing-field", format!("`{path}` lacks `{key}`"))
        .at(place.clone(), if entry.is_some() { "nothing stands here" } else { "in this map" })
        .help(format!("add `{key}: ...`"))
}

impl<T: Read> Field for Option<T> {
    const REQUIRED: bool = false;

    fn read_field(
        _: &Node,
        key: &'static str,
        entry: Option<&Entry>,
        context: &mut Context,
    ) -> Option<Option<T>> {
        // A wrong value counts as absent once it has been reported, so that the rest is read too.
        Some(written(entry).and_then(|node| context.within(key, |context| T::read(node, context))))
    }

    fn field_schema(definitions: &mut Definitions) -> serde_json::Value {
        T::schema(definitions)
    }
}

impl<T: Read> Field for Vec<T> {
    const REQUIRED: bool = false;

    fn read_field(
        map: &Node,
        key: &'static str,
        entry: Option<&Entry>,
        context: &mut Context,
    ) -> Option<Vec<T>> {
        let list: Option<Vec<T>> = Field::read_field(map, key, entry, context)?;
        Some(list.unwrap_or_default())
    }

    fn field_schema(definitions: &mut Definitions) -> serde_json::Value {
        <Vec<T> as Read>::schema(definitions)
    }
}

impl<T: Read> Field for Table<T> {
    const REQUIRED: bool = false;

    fn read_field(
        map: &Node,
        key: &'static str,
        entry: Option<&Entry>,
        context: &mut Context,
    ) -> Option<Table<T>> {
        let table: Option<Table<T>> = Field::read_field(map, key, entry, context)?;
        Some(table.unwrap_or_else(|| Table(Vec::new())))
    }

    fn field_schema(definitions: &mut Definitions) -> serde_json::Value {
        <Table<T> as Read>::schema(definitions)
    }
}

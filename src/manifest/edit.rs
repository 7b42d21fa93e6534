//! Edits: one value put at one place of one object, before anything is defaulted.
//!
//! Written as `[kind/[namespace/]name:]a.b[0].c=value`. Items of lists are also found by a field
//! (`containers[name=shop]`), and keys with dots stand in quotes. Without a prefix the edit is one
//! of the scenario itself, whose `spec` the path begins in.

mod apply;
mod parse;
pub mod patch;

use std::fmt;

use super::compose;
use super::kinds::kind_of_word;
use super::object::ObjectTree;
use super::path::EditStep;
use super::set::Documents;
use super::suggest::nearest;
use super::yaml::Node;
use crate::diagnostic::{Diagnostic, Span};

/// One change of the input.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    /// Which object; none means the scenario.
    pub object: Option<ObjectAddress>,
    /// Where in it.
    pub path: Vec<EditStep>,
    /// What to put there. A `null` takes the field away, as absent as if it had never been written;
    /// `{}` is not the same.
    pub value: Node,
    /// Where the address was written, for findings.
    pub span: Span,
}

/// Which object an edit is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectAddress {
    /// Kind as Kubernetes spells it, as far as it is a known one.
    pub kind: String,
    /// Namespace; none means any, if the name is unique.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
}

impl Edit {
    /// Puts the value where it belongs in a tree that is a map. Maps on the way are made where they
    /// are absent, and a list may be continued by one item.
    ///
    /// # Errors
    /// When the path leads into nothing: through a scalar, past the end of a list, or to an item
    /// that no list has.
    pub fn apply(&self, root: &mut Node) -> Result<(), Diagnostic> {
        apply::apply(self, root)
    }
}

impl Documents {
    /// Applies edits of objects, in their order. Those of the scenario are left out.
    pub fn edit<'e>(&mut self, edits: impl IntoIterator<Item = &'e Edit>) -> Vec<Diagnostic> {
        let mut findings = Vec::new();
        for edit in edits {
            let Some(address) = &edit.object else { continue };
            let outcome = match self.find(address, &edit.span) {
                Ok(index) => edit.apply(&mut self.objects[index].node),
                Err(finding) => Err(finding),
            };
            findings.extend(outcome.err());
        }
        findings
    }

    /// The number of the one object that an address means.
    ///
    /// # Errors
    /// When there is none, or several.
    pub fn find(&self, address: &ObjectAddress, span: &Span) -> Result<usize, Diagnostic> {
        let mut found = self.objects.iter().enumerate().filter(|(_, tree)| address.means(tree));
        let Some((index, tree)) = found.next() else {
            return Err(self.no_such_object(address, span));
        };
        match found.next() {
            None => Ok(index),
            Some((_, other)) => {
                let message = format!("`{address}` means several objects");
                Err(Diagnostic::error("edit-ambiguous", message)
                    .at(span.clone(), "")
                    .beside(tree.head(), "this one")
                    .beside(other.head(), "and this one")
                    .help("write the namespace too: `kind/namespace/name:path=value`"))
            }
        }
    }

    fn no_such_object(&self, address: &ObjectAddress, span: &Span) -> Diagnostic {
        let finding = Diagnostic::error("edit-no-object", format!("there is no `{address}`"))
            .at(span.clone(), "");
        let same_kind = self.objects.iter().filter(|tree| tree.kind == address.kind);
        let mut names: Vec<&str> = same_kind.map(ObjectTree::name).collect();
        if let Some(near) = nearest(&address.name, names.iter().copied()) {
            return finding.help(format!("did you mean `{near}`?"));
        }
        names.truncate(10);
        match names.as_slice() {
            [] => finding.help(format!("the input has no {} at all", address.kind)),
            names => finding.help(format!("there is: {}", names.join(", "))),
        }
    }
}

impl ObjectAddress {
    /// Reads `kind/name` or `kind/namespace/name`.
    ///
    /// # Errors
    /// What to write instead.
    pub fn parse(text: &str) -> Result<ObjectAddress, &'static str> {
        parse::parse_object(text)
    }

    /// An address from the words of a person: the kind may be short or plural, as in kubectl.
    pub fn new(kind: &str, namespace: Option<&str>, name: &str) -> ObjectAddress {
        ObjectAddress {
            kind: kind_of_word(kind).unwrap_or(kind).to_owned(),
            namespace: namespace.map(str::to_owned),
            name: name.to_owned(),
        }
    }

    /// Whether a tree is what is meant.
    pub fn means(&self, tree: &ObjectTree) -> bool {
        let namespace = match tree.namespace() {
            "" => "default",
            namespace => namespace,
        };
        // A Compose file often has no name: any will do.
        let nameless = tree.kind == compose::KIND && tree.name().is_empty();
        tree.kind == self.kind
            && (nameless || tree.name() == self.name)
            && self.namespace.as_deref().is_none_or(|wanted| wanted == namespace)
    }
}

impl fmt::Display for ObjectAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind.to_lowercase();
        match &self.namespace {
            Some(namespace) => write!(f, "{kind}/{namespace}/{}", self.name),
            None => write!(f, "{kind}/{}", self.name),
        }
    }
}

/// Prints as it would be written: `deployment/shop:spec.replicas=3`.
impl fmt::Display for Edit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(object) = &self.object {
            write!(f, "{object}:")?;
        }
        for (index, step) in self.path.iter().enumerate() {
            if index > 0 && matches!(step, EditStep::Key(_)) {
                f.write_str(".")?;
            }
            write!(f, "{step}")?;
        }
        write!(f, "={}", self.value.to_json())
    }
}

#[cfg(test)]
mod tests;

//! `kubectl taint nodes`. Mirrors pkg/cmd/taint of kubectl (v0.36). Left out: dry runs, selectors
//! of nodes; keys and values are validated with the node.

use std::fmt;
use std::sync::Arc;

use super::drain::reason::KubectlReason;
use crate::api::core::Taint;
use crate::kube::apiserver::{Api, Write};
use crate::kube::objects::ids::{NodeId, ObjectId};
use crate::kube::reason::Reason;

/// Effects that a taint may have.
const EFFECTS: [&str; 3] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/// What `kubectl taint` is told to do to each node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TaintEdit {
    /// Taints that are added or, with `--overwrite`, changed.
    pub add: Vec<Taint>,
    /// Taints that are removed; one without an effect stands for all of its key.
    pub remove: Vec<Taint>,
    /// `--overwrite`.
    pub overwrite: bool,
}

/// What became of a node's taints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// There are more.
    Tainted,
    /// There are fewer.
    Untainted,
    /// Both, or some were overwritten.
    Modified,
}

/// What kubectl says against it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaintError {
    /// It cannot be read.
    Invalid(Arc<str>),
    /// No such effect.
    Effect(Arc<str>),
    /// The same key and effect twice.
    Duplicate(Arc<str>),
    /// The same key and effect is to come and to go.
    Conflict(Arc<str>),
    /// The node has it already.
    Exists {
        /// Name of the node.
        node: Arc<str>,
        /// Keys, with commas.
        keys: Arc<str>,
    },
    /// The node does not have what is to go.
    NotFound(Arc<str>),
}

impl TaintEdit {
    /// Reads arguments as `dedicated=db:NoExecute`, `dedicated:NoExecute-` or `dedicated-`.
    ///
    /// # Errors
    /// kubectl's, for the first argument that is wrong.
    pub fn parse<'a>(
        arguments: impl IntoIterator<Item = &'a str>,
        overwrite: bool,
    ) -> Result<TaintEdit, TaintError> {
        let mut edit = TaintEdit { overwrite, ..TaintEdit::default() };
        for argument in arguments {
            if let Some(removed) = argument.strip_suffix('-') {
                let taint = parse_taint(removed)?;
                edit.remove.push(Taint { value: String::new(), ..taint });
                continue;
            }
            let taint = parse_taint(argument)?;
            if taint.effect.is_empty() {
                return Err(TaintError::Invalid(Arc::from(argument)));
            }
            if edit.add.iter().any(|other| matches(other, &taint)) {
                return Err(TaintError::Duplicate(Arc::from(argument)));
            }
            edit.add.push(taint);
        }
        let comes = |gone: &&Taint| edit.add.iter().any(|added| is_meant(gone, added));
        match edit.remove.iter().find(comes) {
            Some(both) => {
                Err(TaintError::Conflict(Arc::from(format!("{}={}", both.key, both.effect))))
            }
            None => Ok(edit),
        }
    }

    /// The taints of a node with that name after the edit. Mirrors `updateTaints`.
    ///
    /// # Errors
    /// kubectl's, when the node has or lacks what it should not.
    pub fn apply(
        &self,
        name: &str,
        taints: &[Taint],
    ) -> Result<(Operation, Vec<Taint>), TaintError> {
        if !self.overwrite {
            let exists = |new: &&Taint| taints.iter().any(|old| matches(old, new));
            let keys: Vec<&str> =
                self.add.iter().filter(exists).map(|taint| taint.key.as_str()).collect();
            if !keys.is_empty() {
                let (node, keys) = (Arc::from(name), Arc::from(keys.join(",")));
                return Err(TaintError::Exists { node, keys });
            }
        }
        let mut new = self.add.clone();
        let kept = taints.iter().filter(|old| !self.add.iter().any(|added| matches(added, old)));
        new.extend(kept.cloned());
        let added = new.len() != taints.len();
        let mut deleted = false;
        for gone in &self.remove {
            let before = new.len();
            new.retain(|taint| !is_meant(gone, taint));
            deleted = new.len() != before;
            if !deleted {
                return Err(TaintError::NotFound(Arc::from(text_of(gone))));
            }
        }
        let operation = match (added, deleted) {
            _ if self.overwrite => Operation::Modified,
            (true, true) => Operation::Modified,
            (true, false) => Operation::Tainted,
            (false, _) => Operation::Untainted,
        };
        Ok((operation, new))
    }
}

/// Taints a node that exists.
///
/// # Errors
/// kubectl's, which it prints too.
pub fn taint(api: &mut Api<'_>, id: NodeId, edit: &TaintEdit) -> Result<(), TaintError> {
    let Some(node) = api.cluster().node(id) else { return Ok(()) };
    let name = node.node.metadata.name.as_str();
    match edit.apply(name, &node.taints) {
        Ok((operation, taints)) => {
            let reason = KubectlReason::Tainted { node: Arc::from(name), operation };
            let (unschedulable, taints) = (node.unschedulable, Arc::from(taints));
            send(api, Write::UpdateNode { node: id, unschedulable, taints }, reason);
            Ok(())
        }
        Err(error) => {
            let note = Write::Note(ObjectId::Node(id));
            send(api, note, KubectlReason::TaintError(error.clone()));
            Err(error)
        }
    }
}

fn send(api: &mut Api<'_>, write: Write, reason: KubectlReason) {
    api.write(write, Reason::Kubectl(reason)).expect("a node that was just read can be written");
}

/// `KEY=VALUE:EFFECT`, `KEY:EFFECT` or `KEY`. Mirrors `parseTaint`.
fn parse_taint(text: &str) -> Result<Taint, TaintError> {
    let invalid = || TaintError::Invalid(Arc::from(text));
    let (pair, effect) = match text.split(':').collect::<Vec<_>>()[..] {
        [key] => (vec![key], ""),
        [pair, effect] if EFFECTS.contains(&effect) => (pair.split('=').collect(), effect),
        [_, effect] => return Err(TaintError::Effect(Arc::from(effect))),
        _ => return Err(invalid()),
    };
    let (key, value) = match pair[..] {
        [key] => (key, ""),
        [key, value] => (key, value),
        _ => return Err(invalid()),
    };
    if key.is_empty() || key.contains('=') {
        return Err(invalid());
    }
    Ok(Taint { key: key.to_owned(), value: value.to_owned(), effect: effect.to_owned() })
}

/// Mirrors `MatchTaint`.
fn matches(one: &Taint, other: &Taint) -> bool {
    one.key == other.key && one.effect == other.effect
}

/// Whether a taint is one that is to go.
fn is_meant(gone: &Taint, taint: &Taint) -> bool {
    gone.key == taint.key && (gone.effect.is_empty() || gone.effect == taint.effect)
}

/// Mirrors `Taint.ToString`.
fn text_of(taint: &Taint) -> String {
    match (taint.effect.as_str(), taint.value.as_str()) {
        ("", "") => taint.key.clone(),
        ("", value) => format!("{}={value}:", taint.key),
        (effect, "") => format!("{}:{effect}", taint.key),
        (effect, value) => format!("{}={value}:{effect}", taint.key),
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Operation::Tainted => "tainted",
            Operation::Untainted => "untainted",
            Operation::Modified => "modified",
        })
    }
}

impl fmt::Display for TaintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TaintError::Invalid(text) => write!(f, "invalid taint spec: {text}"),
            TaintError::Effect(effect) => {
                write!(f, "invalid taint effect: {effect}, unsupported taint effect")
            }
            TaintError::Duplicate(text) => {
                write!(f, "duplicated taints with the same key and effect: {text}")
            }
            TaintError::Conflict(text) => write!(
                f,
                "can not both modify and remove the following taint(s) in the same command: {text}"
            ),
            TaintError::Exists { node, keys } => write!(
                f,
                "node {node} already has {keys} taint(s) with same effect(s) and --overwrite is \
                 false"
            ),
            TaintError::NotFound(text) => write!(f, "taint \"{text}\" not found"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(taints: &[&str], arguments: &[&str], overwrite: bool) -> String {
        let old: Vec<Taint> =
            taints.iter().map(|text| parse_taint(text).expect("a taint")).collect();
        let edit = match TaintEdit::parse(arguments.iter().copied(), overwrite) {
            Ok(edit) => edit,
            Err(error) => return error.to_string(),
        };
        match edit.apply("n", &old) {
            Ok((operation, new)) => {
                let texts: Vec<String> = new.iter().map(text_of).collect();
                format!("{operation}: {}", texts.join(" "))
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn taints_come_and_go() {
        assert_eq!(after(&[], &["a=b:NoExecute"], false), "tainted: a=b:NoExecute");
        assert_eq!(
            after(&["x:NoSchedule"], &["a=b:NoExecute"], false),
            "tainted: a=b:NoExecute x:NoSchedule"
        );
        assert_eq!(after(&["a:NoSchedule", "a:NoExecute"], &["a-"], false), "untainted: ");
        assert_eq!(
            after(&["a:NoSchedule", "a:NoExecute"], &["a:NoExecute-"], false),
            "untainted: a:NoSchedule"
        );
        assert_eq!(
            after(&["a=1:NoSchedule"], &["a=2:NoSchedule"], true),
            "modified: a=2:NoSchedule"
        );
    }

    #[test]
    fn what_is_wrong_is_said_in_kubectls_words() {
        assert_eq!(
            after(&["a=1:NoSchedule"], &["a=2:NoSchedule"], false),
            "node n already has a taint(s) with same effect(s) and --overwrite is false"
        );
        assert_eq!(after(&[], &["a:NoExecute-"], false), "taint \"a:NoExecute\" not found");
        assert_eq!(after(&[], &["a"], false), "invalid taint spec: a");
        assert_eq!(
            after(&[], &["a:Never"], false),
            "invalid taint effect: Never, unsupported taint effect"
        );
        assert_eq!(
            after(&[], &["a:NoExecute", "a=1:NoExecute"], false),
            "duplicated taints with the same key and effect: a=1:NoExecute"
        );
        assert_eq!(
            after(&[], &["a:NoExecute", "a-"], false),
            "can not both modify and remove the following taint(s) in the same command: a="
        );
        assert_eq!(after(&[], &["a=b=c:NoExecute"], false), "invalid taint spec: a=b=c:NoExecute");
    }
}

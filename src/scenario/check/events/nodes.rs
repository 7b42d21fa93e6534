//! Events about nodes.

use std::sync::Arc;

use crate::api::core::{Node, NodeSpec};
use crate::api::labels::Selector;
use crate::api::meta::ObjectMeta;
use crate::diagnostic::{Diagnostic, Span};
use crate::kube::kubectl::drain::Flags;
use crate::kube::kubectl::taint::TaintEdit;
use crate::kube::objects::node::Machine;
use crate::manifest::suggest::nearest;
use crate::manifest::validation::core::validate_node;
use crate::scenario::action::nodes::{NewNodes, NodeAction, NodeNames};
use crate::scenario::check::cluster::pool_node;
use crate::scenario::check::{Checker, clip};
use crate::scenario::file::event::{AddNodes, Drain, Event, FailNode, TaintNodes};
use crate::scenario::file::read::At;
use crate::scenario::{Action, ScenarioEvent};
use crate::units::SimDuration;

use super::MAX_NODES;

/// The nodes that events may name.
pub(super) struct Known<'a> {
    nodes: &'a [Arc<Node>],
    /// Names that events give to nodes, and to pools of nodes.
    joining: Vec<(String, bool)>,
}

impl<'a> Known<'a> {
    pub(super) fn new(nodes: &'a [Arc<Node>], events: &[Event]) -> Known<'a> {
        let added = events.iter().filter_map(|event| event.add_nodes.as_ref());
        let joining = added.filter_map(|add| {
            let add = &add.value;
            let pool = add.pool.as_ref().map(|pool| (&pool.name.value, pool.count.is_some()));
            let (name, numbered) = pool.or(add.like.as_ref().map(|like| (&like.value, true)))?;
            Some((if numbered { pool_of(nodes, name) } else { name.clone() }, numbered))
        });
        Known { nodes, joining: joining.collect() }
    }

    fn has(&self, name: &str) -> bool {
        self.nodes.iter().any(|node| node.metadata.name == name)
            || self.joining.iter().any(|(other, numbered)| {
                let rest = name.strip_prefix(other.as_str());
                match rest {
                    Some("") => !numbered,
                    Some(rest) => *numbered && number(rest).is_some(),
                    None => false,
                }
            })
    }
}

/// The `N` of `-N`.
fn number(text: &str) -> Option<u32> {
    text.strip_prefix('-')?.parse().ok()
}

/// The name of the pool that a node belongs to, or that is one itself.
fn pool_of(nodes: &[Arc<Node>], name: &str) -> String {
    let is_node = nodes.iter().any(|node| node.metadata.name == name);
    match name.rsplit_once('-') {
        Some((pool, rest)) if is_node && rest.parse::<u32>().is_ok() => pool.to_owned(),
        _ => name.to_owned(),
    }
}

impl Checker<'_> {
    /// What a written event does to nodes, if it is about nodes.
    pub(super) fn node_action(&mut self, written: &Event, known: &Known<'_>) -> Option<Action> {
        let action = if let Some(drain) = &written.drain {
            self.drain(drain, known)
        } else if let Some(taint) = &written.taint {
            self.taint(taint, known)
        } else if let Some(fail) = &written.fail_node {
            self.fail_node(fail, known)
        } else if let Some(add) = &written.add_nodes {
            self.add_nodes(add, known)
        } else {
            self.plain_action(written, known)
        };
        action.map(Action::Node)
    }

    /// An event that says no more than which nodes it is about.
    fn plain_action(&mut self, written: &Event, known: &Known<'_>) -> Option<NodeAction> {
        let recovered = |nodes| NodeAction::Machine { nodes, machine: Machine::Running };
        let (some, action): (_, fn(NodeNames) -> NodeAction) =
            if let Some(some) = &written.recover_node {
                (some, recovered)
            } else if let Some(some) = &written.uncordon {
                (some, NodeAction::Uncordon)
            } else if let Some(some) = &written.delete_node {
                (some, NodeAction::Delete)
            } else {
                (written.cordon.as_ref()?, NodeAction::Cordon)
            };
        let names = (some.value.node.as_ref(), some.value.nodes.as_slice());
        self.node_names(&some.span, names, known).map(action)
    }

    fn drain(&mut self, written: &At<Drain>, known: &Known<'_>) -> Option<NodeAction> {
        let drain = &written.value;
        let nodes = self.node_names(&written.span, (drain.node.as_ref(), &drain.nodes), known);
        let is = |flag: &Option<At<bool>>| flag.as_ref().is_some_and(|flag| flag.value);
        let selector = match &drain.pod_selector {
            None => Some(Selector::everything()),
            Some(text) => self.selector(text),
        };
        let skip = &drain.skip_wait_for_delete_timeout;
        let flags = Flags {
            force: is(&drain.force),
            ignore_daemon_sets: is(&drain.ignore_daemon_sets),
            delete_empty_dir_data: is(&drain.delete_empty_dir_data),
            disable_eviction: is(&drain.disable_eviction),
            grace_period_seconds: self.seconds("gracePeriod", drain.grace_period.as_ref()),
            timeout: drain
                .timeout
                .as_ref()
                .map(|timeout| timeout.value)
                .filter(|&timeout| timeout > SimDuration::ZERO),
            skip_wait_for_delete_timeout_seconds: self
                .seconds("skipWaitForDeleteTimeout", skip.as_ref())
                .unwrap_or(0),
            pod_selector: selector?,
        };
        Some(NodeAction::Drain { nodes: nodes?, flags: Box::new(flags) })
    }

    /// A time that kubectl takes in seconds.
    fn seconds(&mut self, key: &str, written: Option<&At<SimDuration>>) -> Option<i64> {
        let written = written?;
        if written.value.0 % 1000 != 0 {
            self.report(
                Diagnostic::error("scenario-value", format!("`{key}` is not in whole seconds"))
                    .at(written.span.clone(), "")
                    .help("write whole seconds, such as `30s`"),
            );
        }
        Some(written.value.0 / 1000)
    }

    fn selector(&mut self, text: &At<String>) -> Option<Selector> {
        let parsed = Selector::parse(&text.value);
        if let Err(error) = &parsed {
            self.report(
                Diagnostic::error("scenario-value", format!("`podSelector`: {error}"))
                    .at(text.span.clone(), "")
                    .help("write a label selector, such as `app=shop,tier!=cache`"),
            );
        }
        parsed.ok()
    }

    fn taint(&mut self, written: &At<TaintNodes>, known: &Known<'_>) -> Option<NodeAction> {
        let taint = &written.value;
        let nodes = self.node_names(&written.span, (taint.node.as_ref(), &taint.nodes), known);
        let overwrite = taint.overwrite.as_ref().is_some_and(|flag| flag.value);
        let arguments = taint.taints.iter().map(|text| text.value.as_str());
        let wrong = match TaintEdit::parse(arguments, overwrite) {
            Ok(edit) if edit.add.is_empty() && edit.remove.is_empty() => {
                "at least one taint update is required".to_owned()
            }
            Ok(edit) => match faults_of(&edit).into_iter().next() {
                None => return Some(NodeAction::Taint { nodes: nodes?, edit: Box::new(edit) }),
                Some(fault) => fault,
            },
            Err(error) => error.to_string(),
        };
        let span = taint.taints.first().map_or(&written.span, |first| &first.span);
        self.report_unless_absent(
            Diagnostic::error("scenario-event", wrong)
                .at(span.clone(), "in these taints")
                .help("write taints as kubectl has them: `key=value:NoExecute`, `key:NoExecute-`"),
            taint.taints.is_empty(),
        );
        None
    }

    fn fail_node(&mut self, written: &At<FailNode>, known: &Known<'_>) -> Option<NodeAction> {
        let fail = &written.value;
        let nodes = self.node_names(&written.span, (fail.node.as_ref(), &fail.nodes), known);
        let what = [("machine", Machine::Stopped), ("kubelet", Machine::KubeletDown)];
        let machine = match &fail.what {
            None => Machine::Stopped,
            Some(written) => self.choice(written, "what", &what)?,
        };
        Some(NodeAction::Machine { nodes: nodes?, machine })
    }

    fn add_nodes(&mut self, written: &At<AddNodes>, known: &Known<'_>) -> Option<NodeAction> {
        let add = &written.value;
        match (&add.like, &add.pool) {
            (Some(like), None) => self.nodes_like(like, add.count.as_ref(), known),
            (None, Some(pool)) if add.count.is_none() => {
                self.check_pool(pool, &[]);
                self.refuse_bounds(pool);
                let name = Arc::from(pool.name.value.as_str());
                let count = pool.count.as_ref().map(|count| count.value);
                let shape = pool_node(String::new(), pool);
                Some(NodeAction::Add(Arc::new(NewNodes { name, count, shape })))
            }
            (like, pool) => {
                let finding = Diagnostic::error(
                    "scenario-event",
                    "`addNodes` says not exactly once what nodes are like",
                )
                .at(written.span.clone(), "")
                .help("write `{like: POOL, count: 2}`, or `{pool: {name: ..., count: 2, ...}}`");
                self.report_unless_absent(finding, like.is_none() && pool.is_none());
                None
            }
        }
    }

    fn nodes_like(
        &mut self,
        like: &At<String>,
        count: Option<&At<u32>>,
        known: &Known<'_>,
    ) -> Option<NodeAction> {
        let pool = pool_of(known.nodes, &like.value);
        let is_like = |node: &&Arc<Node>| {
            let name = node.metadata.name.as_str();
            name == like.value
                || name.strip_prefix(&*pool).is_some_and(|rest| number(rest).is_some())
        };
        let Some(node) = known.nodes.iter().find(is_like) else {
            self.unknown_node(like, known);
            return None;
        };
        if let Some(none) = count.filter(|count| count.value == 0) {
            self.report(
                Diagnostic::error("scenario-value", "`count` is 0: no node joins")
                    .at(none.span.clone(), "")
                    .help("write 1 or more"),
            );
        }
        let count = Some(count.map_or(1, |count| count.value));
        let shape = Node::clone(node);
        Some(NodeAction::Add(Arc::new(NewNodes { name: Arc::from(pool), count, shape })))
    }

    /// The nodes that an event names: `node`, or `nodes`.
    pub(super) fn node_names(
        &mut self,
        span: &Span,
        (one, several): (Option<&At<String>>, &[At<String>]),
        known: &Known<'_>,
    ) -> Option<NodeNames> {
        if one.is_some() != several.is_empty() {
            let finding =
                Diagnostic::error("scenario-event", "it is not clear which node this is about")
                    .at(span.clone(), "")
                    .help("write `node: NAME`, or `nodes: [NAME, NAME]`");
            self.report_unless_absent(finding, one.is_none());
            return None;
        }
        let names: Vec<&At<String>> = one.into_iter().chain(several).collect();
        let before = self.findings.len();
        for name in names.iter().filter(|name| !known.has(&name.value)) {
            self.unknown_node(name, known);
        }
        let found = self.findings.len() == before;
        found.then(|| names.into_iter().map(|name| Arc::from(name.value.as_str())).collect())
    }

    fn unknown_node(&mut self, name: &At<String>, known: &Known<'_>) {
        let names = || known.nodes.iter().map(|node| node.metadata.name.as_str());
        let first: Vec<&str> = names().take(5).collect();
        let more = if known.nodes.len() > first.len() { ", ..." } else { "" };
        let all = || format!("nodes are {}{more}", first.join(", "));
        let near = nearest(&name.value, names());
        let help = near.map_or_else(all, |near| format!("did you mean `{near}`?"));
        self.report(
            Diagnostic::error(
                "unknown-object",
                format!("no node is called `{}`", clip(&name.value)),
            )
            .at(name.span.clone(), "")
            .help(help),
        );
    }

    /// Refuses to let more nodes join than are simulated.
    pub(super) fn check_node_count(&mut self, nodes: &[Arc<Node>], events: &[ScenarioEvent]) {
        let added = events.iter().map(|event| match &event.action {
            Action::Node(NodeAction::Add(new)) => i64::from(new.count.unwrap_or(1)),
            _ => 0,
        });
        let total = added.fold(nodes.len() as i64, i64::saturating_add);
        let add = self.input.file.spec.events.iter().find_map(|event| event.add_nodes.as_ref());
        if let (true, Some(add)) = (total > MAX_NODES, add) {
            let message = format!("there may be {total} nodes, {MAX_NODES} can be simulated");
            self.report(
                Diagnostic::error("too-many-nodes", message)
                    .at(add.span.clone(), "with this event and the others")
                    .help("add fewer nodes, or less often"),
            );
        }
    }
}

/// What the API server would say against a node with these taints.
fn faults_of(edit: &TaintEdit) -> Vec<String> {
    let node = Node {
        metadata: ObjectMeta { name: "node".to_owned(), ..ObjectMeta::default() },
        spec: NodeSpec { taints: edit.add.clone(), ..NodeSpec::default() },
        ..Node::default()
    };
    validate_node(&node).into_iter().map(|error| error.to_string()).collect()
}

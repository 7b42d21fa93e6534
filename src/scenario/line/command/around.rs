//! Commands about pods and nodes, and our own about what is around them.

use super::{Action, Reader, scalar, string, text};
use crate::manifest::yaml::{Entry, Node, Value};
use crate::scenario::line::Piece;

const DELETE_POD: &str = "write `delete pod DEPLOYMENT --count=2`: its oldest pods go";
const ANNOTATE_POD: &str =
    "write `annotate pod DEPLOYMENT controller.kubernetes.io/pod-deletion-cost=-10 --count=2`";
const TAINT: &str = "write `taint nodes NODE key=value:NoExecute`";
const ADD_NODES: &str = "write `add-nodes POOL 2`, with a node or pool that exists";

impl<'t> Reader<'t> {
    /// Pods have no names before they are there: a Deployment's oldest are meant.
    pub(super) fn delete_pod(&mut self) -> Option<Action> {
        let first = self.require("whose pod", DELETE_POD)?;
        let name = first.split_once("/").map_or(first, |(_, name)| name);
        let mut entries = vec![name.entry("deployment", self.name(name))];
        entries.extend(self.flag("--count", "count", scalar));
        entries.extend(self.grace_period());
        if self.words.has("--now") {
            entries.push(self.line.entry("gracePeriod", string("1s", self.line)));
        }
        Some(("deletePod", self.map(entries)))
    }

    /// `annotate pod DEPLOYMENT key=value`, of its oldest or newest pods.
    pub(super) fn annotate_pod(&mut self) -> Option<Action> {
        let first = self.require("whose pod", ANNOTATE_POD)?;
        let name = first.split_once("/").map_or(first, |(_, name)| name);
        let mut annotations = Vec::new();
        while let Some(pair) = self.next() {
            annotations.extend(self.pairs(pair, ',', ANNOTATE_POD));
        }
        let mut entries = vec![name.entry("deployment", self.name(name))];
        entries.extend(self.flag("--count", "count", scalar));
        if self.words.has("--newest") {
            let yes = Node::new(Value::Bool(true), self.line.span());
            entries.push(self.line.entry("newest", yes));
        }
        entries.push(self.line.entry("annotations", self.map(annotations)));
        Some(("annotatePod", self.map(entries)))
    }

    /// Commands about nodes, with the flags of each.
    pub(super) fn on_nodes(&mut self, key: &'static str) -> Option<Action> {
        let first = self.require("the name of a node", "write the names of nodes")?;
        let mut names = vec![first];
        names.append(&mut self.words.alone);
        let names: Vec<Node> = names
            .into_iter()
            .map(|name| text(name.split_once("/").map_or(name, |(_, name)| name)))
            .collect();
        let nodes = Node::new(Value::Seq(names), self.line.span());
        let mut entries = vec![self.line.entry("nodes", nodes)];
        let plain = [
            ("--force", "force"),
            ("--ignore-daemonsets", "ignoreDaemonSets"),
            ("--delete-emptydir-data", "deleteEmptyDirData"),
            ("--disable-eviction", "disableEviction"),
        ];
        for (flag, key) in plain {
            if self.words.has(flag) {
                let yes = Node::new(Value::Bool(true), self.line.span());
                entries.push(self.line.entry(key, yes));
            }
        }
        entries.extend(self.grace_period());
        entries.extend(self.flag("--timeout", "timeout", as_it_is));
        let skip = "--skip-wait-for-delete-timeout";
        entries.extend(self.flag(skip, "skipWaitForDeleteTimeout", seconds));
        entries.extend(self.flag("--pod-selector", "podSelector", text));
        if self.words.has("--kubelet") {
            entries.push(self.line.entry("what", string("kubelet", self.line)));
        }
        Some((key, self.map(entries)))
    }

    /// Below 0, as kubectl has it by default, it is the pods' own.
    fn grace_period(&self) -> Option<Entry> {
        let own = |piece: Piece<'_>| piece.text.parse::<i64>().is_ok_and(|seconds| seconds < 0);
        let given = self.words.value("--grace-period").filter(|piece| !own(*piece))?;
        Some(given.entry("gracePeriod", seconds(given)))
    }

    pub(super) fn taint(&mut self) -> Option<Action> {
        let words: Vec<Piece<'t>> = self.words.alone.drain(..).collect();
        let is_taint =
            |word: &Piece<'_>| word.text.contains([':', '=']) || word.text.ends_with('-');
        let (taints, nodes): (Vec<_>, Vec<_>) = words.into_iter().partition(is_taint);
        if nodes.is_empty() || taints.is_empty() {
            self.refuse(self.line, "it is not clear which node gets which taint", TAINT);
            return None;
        }
        let list = |words: Vec<Piece<'t>>| words.into_iter().map(text).collect::<Vec<_>>();
        let span = self.line.span();
        let mut entries = vec![
            self.line.entry("nodes", Node::new(Value::Seq(list(nodes)), span.clone())),
            self.line.entry("taints", Node::new(Value::Seq(list(taints)), span.clone())),
        ];
        if self.words.has("--overwrite") {
            entries.push(self.line.entry("overwrite", Node::new(Value::Bool(true), span)));
        }
        Some(("taint", self.map(entries)))
    }

    pub(super) fn update_service(&mut self) -> Option<Action> {
        let name = self.require("a service", "write `service update --image=IMAGE NAME`")?;
        let mut entries = vec![name.entry("service", text(name))];
        entries.extend(self.flag("--image", "image", text));
        entries.extend(self.flag("--replicas", "replicas", scalar));
        Some(("updateService", self.map(entries)))
    }

    pub(super) fn add_nodes(&mut self) -> Option<Action> {
        let like = self.words.value("--like").or_else(|| self.next());
        let Some(like) = like else {
            self.refuse(self.line, "it is not said what nodes are like", ADD_NODES);
            return None;
        };
        let count = self.words.value("--count").or_else(|| self.next());
        let count = count.map(|count| count.entry("count", scalar(count)));
        Some(("addNodes", self.map([like.entry("like", text(like))].into_iter().chain(count))))
    }

    /// How long: the flag `--for`, or the word that comes next.
    fn lasting(&mut self) -> Option<Entry> {
        let lasts = self.words.value("--for").or_else(|| self.next())?;
        Some(lasts.entry("for", lasts.node()))
    }

    pub(super) fn metrics_outage(&mut self) -> Action {
        let mut entries: Vec<Entry> = self.lasting().into_iter().collect();
        if let Some(apis) = self.words.value("--apis") {
            let mut begin = 0;
            let ends = apis.text.match_indices(',').map(|(at, _)| at).chain([apis.text.len()]);
            let mut items = Vec::new();
            for end in ends {
                items.push(text(apis.part(begin, end)));
                begin = (end + 1).min(apis.text.len());
            }
            entries.push(apis.entry("apis", Node::new(Value::Seq(items), apis.span())));
        }
        entries.extend(self.flag("--hide-every", "hideEvery", scalar));
        entries.extend(self.flag("--what", "what", text));
        ("metricsOutage", self.map(entries))
    }

    pub(super) fn slow_image_pull(&mut self) -> Option<Action> {
        let pace = self.require("how slow", "write `slow-image-pull 10`, or `... 2m`")?;
        let number = pace.text.strip_suffix('x').unwrap_or(pace.text);
        let factor = match number.parse::<f64>() {
            Ok(factor) => pace.entry("factor", Node::new(Value::Float(factor), pace.span())),
            Err(_) => pace.entry("takes", pace.node()),
        };
        let mut entries = vec![factor];
        entries.extend(self.lasting());
        entries.extend(self.flag("--image", "image", text));
        entries.extend(self.flag("--node", "node", text));
        Some(("slowImagePull", self.map(entries)))
    }

    pub(super) fn traffic_scale(&mut self) -> Option<Action> {
        let factor = self.require("a factor", "write `traffic-scale 2`")?;
        let mut entries = vec![factor.entry("factor", scalar(factor))];
        entries.extend(self.lasting());
        for (flag, key) in [("--service", "service"), ("--deployment", "deployment")] {
            let name = self.words.value(flag);
            entries.extend(name.map(|name| name.entry(key, self.name(name))));
        }
        entries.extend(self.flag("--queue", "queue", text));
        Some(("trafficScale", self.map(entries)))
    }
}

/// A span of time; a bare number is seconds, as kubectl has them.
fn seconds(piece: Piece<'_>) -> Node {
    match piece.text.parse::<u32>() {
        Ok(number) => string(&format!("{number}s"), piece),
        Err(_) => piece.node(),
    }
}

/// A text as it stands.
fn as_it_is(piece: Piece<'_>) -> Node {
    piece.node()
}

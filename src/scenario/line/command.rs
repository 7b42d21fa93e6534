//! Events on one line, as kubectl has its commands: `set image deployment/shop shop=shop:v2`.
//!
//! A line is turned into the same tree that a Scenario file would give and read by the same reader:
//!
//! ```text
//! set image|env|resources|selector   scale   apply -f   patch -p   edit   rollout ...
//! delete pod|node   drain   cordon   uncordon   taint nodes   service update
//! fail-node   recover-node   add-nodes   metrics-outage   slow-image-pull   traffic-scale
//! ```

mod around;
mod kubectl;

use super::Piece;
use super::words::{Known, Words, split};
use crate::diagnostic::{Diagnostic, SourceMap};
use crate::manifest::edit::ObjectAddress;
use crate::manifest::suggest::nearest;
use crate::manifest::yaml::{Entry, Node, Value};
use crate::scenario::file::event::Event;
use crate::scenario::file::read::{Context, Read};
use crate::scenario::file::scalar::clip;

/// All commands by their first words.
const COMMANDS: [&str; 26] = [
    "set image",
    "set env",
    "set resources",
    "set selector",
    "scale",
    "apply",
    "patch",
    "edit",
    "rollout restart",
    "rollout undo",
    "rollout pause",
    "rollout resume",
    "delete pod",
    "delete node",
    "annotate pod",
    "drain",
    "cordon",
    "uncordon",
    "taint nodes",
    "service update",
    "fail-node",
    "recover-node",
    "add-nodes",
    "metrics-outage",
    "slow-image-pull",
    "traffic-scale",
];

/// Reads an event from its time and a command. Both are added to the sources under `name` (the
/// option that they came from), so that findings can show them.
pub fn parse(
    sources: &mut SourceMap,
    name: &str,
    time: &str,
    command: &str,
) -> (Vec<Event>, Vec<Diagnostic>) {
    let text = format!("{time} {command}");
    let source = sources.add(name, text.as_str());
    let whole = Piece { source, text: &text, start: 0 };
    let at = whole.part(0, time.len());
    let line = whole.part(time.len(), text.len());
    let mut context = Context::default();
    let Some((kind, words)) = read_words(line, &mut context.findings) else {
        return (Vec::new(), context.findings);
    };
    let mut reader = Reader { line, words, findings: Vec::new() };
    // An unknown flag may be the one that seems to be missing.
    let actions = if context.findings.is_empty() { reader.actions(kind) } else { Vec::new() };
    context.findings.append(&mut reader.findings);
    if !context.findings.is_empty() {
        return (Vec::new(), context.findings);
    }
    let mut events = Vec::new();
    for (key, value) in actions {
        let mut entries = vec![at.entry("at", at.node())];
        entries.extend(reader.words.value("--every").map(|it| it.entry("every", it.node())));
        entries.push(line.entry(key, value));
        let node = Node::new(Value::Map(entries), whole.span());
        let before = context.findings.len();
        let event = context.within("--at", |context| Event::read(&node, context));
        events.extend(event.filter(|_| context.findings.len() == before));
    }
    (events, context.findings)
}

/// The command of a line, and its words and flags.
fn read_words<'t>(
    line: Piece<'t>,
    findings: &mut Vec<Diagnostic>,
) -> Option<(&'static str, Words<'t>)> {
    let mut words = split(line);
    if words.first().is_some_and(|word| matches!(word.text, "kubectl" | "docker")) {
        words.remove(0);
    }
    let Some(first) = words.first().copied() else {
        findings.push(
            Diagnostic::error("command-line", "nothing is to be done")
                .at(line.span(), "")
                .help(format!("write a command such as `{EXAMPLE}`")),
        );
        return None;
    };
    // `delete node/NAME` is `delete node NAME`.
    if let Some((kind, name)) = words.get(1).and_then(|word| word.split_once("/"))
        && first.text == "delete"
    {
        words.splice(1..2, [kind, name]);
    }
    let second = words.get(1).map_or("", |word| word.text);
    let is_meant = |command: &&str| match command.split_once(' ') {
        Some((one, other)) => one == first.text && stem(other) == stem(second),
        None => *command == first.text,
    };
    let Some(command) = COMMANDS.into_iter().find(is_meant) else {
        findings.push(unknown_command(first, words.get(1).copied()));
        return None;
    };
    words.drain(..command.split(' ').count());
    Some((command, Words::sort(words, flags_of(command), findings)))
}

const EXAMPLE: &str = "set image deployment/shop shop=shop:v2";

/// A word without what makes a plural or a short form of it.
fn stem(word: &str) -> &str {
    match word {
        "po" => "pod",
        "no" => "node",
        word => word.strip_suffix('s').unwrap_or(word),
    }
}

fn unknown_command(first: Piece<'_>, second: Option<Piece<'_>>) -> Diagnostic {
    let verb = |command: &'static str| command.split(' ').next().unwrap_or(command);
    let own: Vec<&str> =
        COMMANDS.into_iter().filter(|command| verb(command) == first.text).collect();
    if let Some(second) = second.filter(|_| !own.is_empty()) {
        let message = format!("`{}` has no `{}` here", first.text, clip(second.text));
        return Diagnostic::error("command-line", message)
            .at(second.span(), "unknown")
            .help(format!("write one of {}", quoted(own.into_iter())));
    }
    let help = match nearest(first.text, COMMANDS.into_iter().map(verb)) {
        _ if !own.is_empty() => format!("write one of {}", quoted(own.into_iter())),
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("commands are {}", quoted(COMMANDS.into_iter())),
    };
    let message = format!("`{}` is no command", clip(first.text));
    Diagnostic::error("command-line", message).at(first.span(), "unknown").help(help)
}

fn quoted<'c>(words: impl Iterator<Item = &'c str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn flags_of(command: &str) -> Known {
    let (valued, plain): (&'static [&'static str], &'static [&'static str]) = match command {
        "set env" => (&["--containers", "--env"], &[]),
        "set resources" => (&["--containers", "--requests", "--limits"], &[]),
        "scale" => (&["--replicas"], &[]),
        "apply" => (&["--filename"], &[]),
        "patch" => (&["--patch", "--type"], &[]),
        "rollout undo" => (&["--to-revision"], &[]),
        "delete pod" => (&["--count", "--grace-period"], &["--force", "--now"]),
        "drain" => (
            &["--grace-period", "--timeout", "--skip-wait-for-delete-timeout", "--pod-selector"],
            &["--force", "--ignore-daemonsets", "--delete-emptydir-data", "--disable-eviction"],
        ),
        "annotate pod" => (&["--count"], &["--newest", "--overwrite"]),
        "taint nodes" => (&[], &["--overwrite"]),
        "service update" => (&["--image", "--replicas"], &[]),
        "fail-node" => (&[], &["--kubelet"]),
        "add-nodes" => (&["--like", "--count"], &[]),
        "metrics-outage" => (&["--for", "--apis", "--hide-every", "--what"], &[]),
        "slow-image-pull" => (&["--for", "--image", "--node"], &[]),
        "traffic-scale" => (&["--for", "--service", "--deployment", "--queue"], &[]),
        _ => (&[], &[]),
    };
    Known { valued, plain }
}

/// Reads the words of one command.
struct Reader<'t> {
    line: Piece<'t>,
    words: Words<'t>,
    findings: Vec<Diagnostic>,
}

/// An action of an event: its key, and what stands under it.
type Action = (&'static str, Node);

impl<'t> Reader<'t> {
    fn actions(&mut self, command: &'static str) -> Vec<Action> {
        let action = match command {
            "set image" => return self.set_image(),
            "set env" => self.set_env(),
            "set resources" => self.set_resources(),
            "set selector" => self.set_selector(),
            "scale" => self.scale(),
            "apply" => Some(self.apply()),
            "patch" => self.patch(),
            "edit" => return self.edit(),
            "rollout restart" => self.rollout("restart"),
            "rollout undo" => self.rollout("undo"),
            "rollout pause" => self.rollout("pause"),
            "rollout resume" => self.rollout("resume"),
            "delete pod" => self.delete_pod(),
            "annotate pod" => self.annotate_pod(),
            "delete node" => self.on_nodes("deleteNode"),
            "drain" => self.on_nodes("drain"),
            "cordon" => self.on_nodes("cordon"),
            "uncordon" => self.on_nodes("uncordon"),
            "taint nodes" => self.taint(),
            "service update" => self.update_service(),
            "fail-node" => self.on_nodes("failNode"),
            "recover-node" => self.on_nodes("recoverNode"),
            "add-nodes" => self.add_nodes(),
            "metrics-outage" => Some(self.metrics_outage()),
            "slow-image-pull" => self.slow_image_pull(),
            _ => self.traffic_scale(),
        };
        self.refuse_rest();
        action.into_iter().collect()
    }

    fn refuse(&mut self, piece: Piece<'_>, message: impl Into<String>, help: &str) {
        self.findings
            .push(Diagnostic::error("command-line", message).at(piece.span(), "").help(help));
    }

    /// Reports words that nothing was made of.
    fn refuse_rest(&mut self) {
        if let (Some(left), true) = (self.words.alone.first().copied(), self.findings.is_empty()) {
            let message = format!("`{}` says nothing here", clip(left.text));
            self.refuse(left, message, "leave it out; see `podtide run --help`");
        }
    }

    fn next(&mut self) -> Option<Piece<'t>> {
        (!self.words.alone.is_empty()).then(|| self.words.alone.remove(0))
    }

    fn require(&mut self, what: &str, help: &str) -> Option<Piece<'t>> {
        let next = self.next();
        if next.is_none() {
            self.refuse(self.line, format!("{what} is missing"), help);
        }
        next
    }

    /// `kind/name` or `kind name`; its kind as Kubernetes has it, and its name.
    fn target(&mut self, help: &str) -> Option<(Piece<'t>, String, Piece<'t>)> {
        let first = self.require("what this is done to", help)?;
        let (word, name) = match first.split_once("/") {
            Some((word, name)) => (word, name),
            None => (first, self.require("a name", help)?),
        };
        let plain = word.text.split('.').next().unwrap_or_default();
        Some((word, ObjectAddress::new(plain, None, "").kind, name))
    }

    /// A name, with the namespace if one was given.
    fn name(&self, name: Piece<'t>) -> Node {
        let text = match self.words.value("--namespace") {
            Some(namespace) => format!("{}/{}", namespace.text, name.text),
            None => name.text.to_owned(),
        };
        Node::new(Value::String(text), name.span())
    }

    fn of_kind(&mut self, wanted: &str, help: &str) -> Option<Node> {
        let (word, kind, name) = self.target(help)?;
        if kind != wanted {
            let message = format!("this is done to a {wanted}, not to `{}`", clip(word.text));
            self.refuse(word, message, help);
            return None;
        }
        Some(self.name(name))
    }

    fn deployment(&mut self, help: &str) -> Option<Entry> {
        let name = self.of_kind("Deployment", help)?;
        Some(self.line.entry("deployment", name))
    }

    fn map(&self, entries: impl IntoIterator<Item = Entry>) -> Node {
        Node::new(Value::Map(entries.into_iter().collect()), self.line.span())
    }

    /// The value of a flag under a key.
    fn flag(&self, flag: &str, key: &str, value: fn(Piece<'_>) -> Node) -> Option<Entry> {
        self.words.value(flag).map(|piece| piece.entry(key, value(piece)))
    }
}

/// A text, whatever it looks like.
fn text(piece: Piece<'_>) -> Node {
    string(piece.text, piece)
}

fn string(text: &str, at: Piece<'_>) -> Node {
    Node { quoted: true, ..Node::new(Value::String(text.to_owned()), at.span()) }
}

/// A number if it is one, else a text.
fn scalar(piece: Piece<'_>) -> Node {
    let value = match (piece.text.parse(), piece.text.parse()) {
        (Ok(number), _) => Value::Int(number),
        (_, Ok(number)) => Value::Float(number),
        _ => Value::String(piece.text.to_owned()),
    };
    Node::new(value, piece.span())
}

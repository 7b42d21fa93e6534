//! Traffic on one line, as in `stages:100/s@0,600/s@5m,100/s@20m` or `shop=200/s+noise:5%`.
//!
//! A line is turned into the same tree that a Scenario file would give and read by the same reader,
//! so that both accept and refuse the same things:
//!
//! ```text
//! [TARGET=]LAYER[+LAYER...]
//!     200/s                                    constant (also constant:200/s)
//!     ramp:100/s..600/s@5m,over=10m
//!     step:300/s@5m
//!     stages:100/s@0,600/s@5m,100/s@20m        linear in between; with ,hold in steps
//!     sine:300/s,amplitude=100/s,period=1h
//!     daily:50/s..400/s,peak=14:00             or daily:50/s@02:00,400/s@14:00
//!     spike:1300/s@10m,rise=30s,hold=5m,fall=2m
//!     noise:5%,correlation=60s
//!     trace:load.csv,value=rps,unit=/min
//!     scale:1.5
//! ```

pub mod command;
mod words;

use crate::diagnostic::{Diagnostic, SourceId, SourceMap, Span, has_errors};
use crate::manifest::suggest::nearest;
use crate::manifest::yaml::{Entry, Node, Value};

use super::check::{LineTarget, TrafficLine};
use super::file::read::{Context, Read};
use super::file::scalar::{clip, parse_name};
use super::file::traffic::Layer;

const KINDS: [&str; 10] =
    ["constant", "ramp", "step", "stages", "sine", "daily", "spike", "noise", "trace", "scale"];

/// Reads traffic on one line. The text is added to the sources under `name` (the option that it
/// came from), so that findings can show it.
pub fn parse(
    sources: &mut SourceMap,
    name: &str,
    text: &str,
) -> (Option<TrafficLine>, Vec<Diagnostic>) {
    let source = sources.add(name, text);
    let mut context = Context::default();
    let whole = Piece { source, text, start: 0 };
    let (target, layers) = match split_target(whole) {
        Some((target, layers)) => (Some(target), layers),
        None => (None, whole),
    };
    let target = target.map(|piece| read_target(piece, &mut context));
    let read: Vec<Option<Layer>> =
        split_layers(layers).into_iter().map(|piece| layer(piece, &mut context)).collect();
    let findings = context.findings;
    if has_errors(&findings) {
        return (None, findings);
    }
    let layers = read.into_iter().flatten().collect();
    (Some(TrafficLine { target: target.flatten(), layers, span: whole.span() }), findings)
}

/// A part of the line that knows where it stands.
#[derive(Clone, Copy, Debug)]
struct Piece<'t> {
    source: SourceId,
    text: &'t str,
    start: usize,
}

impl<'t> Piece<'t> {
    fn part(self, from: usize, to: usize) -> Piece<'t> {
        let inner = &self.text[from..to];
        let blanks = inner.len() - inner.trim_start().len();
        Piece { source: self.source, text: inner.trim(), start: self.start + from + blanks }
    }

    fn split(self, at: usize, length: usize) -> (Piece<'t>, Piece<'t>) {
        (self.part(0, at), self.part(at + length, self.text.len()))
    }

    fn split_once(self, separator: &str) -> Option<(Piece<'t>, Piece<'t>)> {
        self.text.find(separator).map(|at| self.split(at, separator.len()))
    }

    fn span(self) -> Span {
        let end = self.start + self.text.len();
        Span { source: self.source, bytes: self.start as u32..end as u32 }
    }

    fn node(self) -> Node {
        let value = match self.text {
            "true" => Value::Bool(true),
            "false" => Value::Bool(false),
            text => Value::String(text.to_owned()),
        };
        Node::new(value, self.span())
    }

    fn entry(self, key: &str, value: Node) -> Entry {
        Entry { key: key.to_owned(), key_span: self.span(), value }
    }
}

/// A target stands before the first `=`, if that comes before the first `:`.
fn split_target(whole: Piece<'_>) -> Option<(Piece<'_>, Piece<'_>)> {
    let equals = whole.text.find('=')?;
    let is_target = whole.text.find(':').is_none_or(|colon| equals < colon);
    is_target.then(|| whole.split(equals, 1))
}

fn read_target(piece: Piece<'_>, context: &mut Context) -> Option<LineTarget> {
    let (kind, name) = match piece.text.split_once('/') {
        Some(("service" | "svc", name)) => (Some("service"), name),
        Some(("deployment" | "deploy", name)) => (Some("deployment"), name),
        _ => (None, piece.text),
    };
    match parse_name(name) {
        Ok(name) => Some(LineTarget { kind, name, span: piece.span() }),
        Err(why) => {
            context.findings.push(
                Diagnostic::error("traffic-line", why)
                    .at(piece.span(), "")
                    .help("write `NAME=...`, `deployment/NAME=...` or `service/NAME=...`"),
            );
            None
        }
    }
}

/// Layers are joined by a `+` before a kind.
fn split_layers(line: Piece<'_>) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut begin = 0;
    for (at, _) in line.text.match_indices('+') {
        let rest = line.text[at + 1..].trim_start();
        let word = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        if word > 0 && rest[word..].starts_with(':') {
            pieces.push(line.part(begin, at));
            begin = at + 1;
        }
    }
    pieces.push(line.part(begin, line.text.len()));
    pieces
}

fn layer(piece: Piece<'_>, context: &mut Context) -> Option<Layer> {
    let (kind, rest) = match piece.split_once(":") {
        Some((kind, rest)) => (kind, rest),
        None => (Piece { text: "constant", ..piece }, piece),
    };
    if !KINDS.contains(&kind.text) {
        let help = match nearest(kind.text, KINDS.into_iter()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("kinds are {}", KINDS.join(", ")),
        };
        let message = format!("`{}` is no kind of traffic", clip(kind.text));
        context
            .findings
            .push(Diagnostic::error("traffic-line", message).at(kind.span(), "").help(help));
        return None;
    }
    let value = value_of(kind.text, rest, context)?;
    let key_span = if kind.start == rest.start { piece } else { kind };
    let entry = key_span.entry(kind.text, value);
    let node = Node::new(Value::Map(vec![entry]), piece.span());
    let length = context.findings.len();
    let layer = context.within("--traffic", |context| Layer::read(&node, context));
    let wrong = context.findings.len() > length;
    layer.filter(|_| !wrong)
}

/// The tree of one layer's value.
fn value_of(kind: &str, rest: Piece<'_>, context: &mut Context) -> Option<Node> {
    if matches!(kind, "constant" | "scale") {
        return Some(rest.node());
    }
    let mut arguments = Arguments::read(rest);
    match kind {
        "stages" => return Some(arguments.stages(rest)),
        "daily" if arguments.positional.first().is_some_and(|first| first.text.contains('@')) => {
            let points = arguments.points();
            arguments.named.insert(0, rest.entry("points", points));
        }
        "ramp" | "daily" => arguments.range(if kind == "ramp" { RAMP } else { DAILY }),
        "step" => arguments.rate_at("rate"),
        "spike" => arguments.rate_at("height"),
        "sine" => arguments.first("mean"),
        "noise" => arguments.first("stddev"),
        _ => arguments.first("file"),
    }
    arguments.flags(kind);
    if let Some(left) = arguments.positional.first() {
        let message = format!("`{}` says nothing here", clip(left.text));
        context.findings.push(
            Diagnostic::error("traffic-line", message)
                .at(left.span(), format!("in the layer `{kind}`"))
                .help("write further values as `name=value`; see `podtide run --help`"),
        );
        return None;
    }
    Some(Node::new(Value::Map(arguments.named), rest.span()))
}

const RAMP: (&str, &str) = ("from", "to");
const DAILY: (&str, &str) = ("low", "high");

/// What stands between commas.
struct Arguments<'t> {
    positional: Vec<Piece<'t>>,
    named: Vec<Entry>,
}

impl<'t> Arguments<'t> {
    fn read(rest: Piece<'t>) -> Arguments<'t> {
        let mut arguments = Arguments { positional: Vec::new(), named: Vec::new() };
        let mut begin = 0;
        let ends = rest.text.match_indices(',').map(|(at, _)| at).chain([rest.text.len()]);
        for end in ends {
            let piece = rest.part(begin, end);
            begin = (end + 1).min(rest.text.len());
            match piece.split_once("=") {
                Some((key, value)) => {
                    arguments.named.push(key.entry(key.text, value.node()));
                }
                None if piece.text.is_empty() => {}
                None => arguments.positional.push(piece),
            }
        }
        arguments
    }

    fn take_first(&mut self) -> Option<Piece<'t>> {
        (!self.positional.is_empty()).then(|| self.positional.remove(0))
    }

    fn put(&mut self, key: &str, value: Piece<'t>) {
        self.named.insert(0, value.entry(key, value.node()));
    }

    /// `VALUE` under a name.
    fn first(&mut self, key: &str) {
        if let Some(first) = self.take_first() {
            self.put(key, first);
        }
    }

    /// `RATE@TIME`.
    fn rate_at(&mut self, key: &str) {
        let Some(first) = self.take_first() else { return };
        match first.split_once("@") {
            Some((rate, at)) => {
                self.put("at", at);
                self.put(key, rate);
            }
            None => self.put(key, first),
        }
    }

    /// `A..B`, perhaps `A..B@TIME`.
    fn range(&mut self, (low, high): (&str, &str)) {
        let Some(first) = self.take_first() else { return };
        let (range, at) = match first.split_once("@") {
            Some((range, at)) => (range, Some(at)),
            None => (first, None),
        };
        match range.split_once("..") {
            Some((from, to)) => {
                self.put(high, to);
                self.put(low, from);
            }
            None => self.put(high, range),
        }
        if let Some(at) = at {
            self.put("at", at);
        }
    }

    /// `RATE@TIME` each, as a list of maps.
    fn points(&mut self) -> Node {
        let points = self.positional.drain(..).map(|piece| {
            let Some((rate, at)) = piece.split_once("@") else { return piece.node() };
            let entries = vec![at.entry("at", at.node()), rate.entry("rate", rate.node())];
            Node::new(Value::Map(entries), piece.span())
        });
        let points: Vec<Node> = points.collect();
        let span = points.first().map(|point| point.span.clone()).unwrap_or_default();
        Node::new(Value::Seq(points), span)
    }

    /// `RATE@TIME` each, perhaps with `hold`.
    fn stages(mut self, rest: Piece<'t>) -> Node {
        self.flags("stages");
        let points: Vec<Node> = self.positional.drain(..).map(Piece::node).collect();
        let points = Node::new(Value::Seq(points), rest.span());
        if self.named.is_empty() {
            return points;
        }
        self.named.insert(0, rest.entry("points", points));
        Node::new(Value::Map(self.named), rest.span())
    }

    /// Words that stand for `word=true`.
    fn flags(&mut self, kind: &str) {
        let known: &[&str] = match kind {
            "stages" => &["hold"],
            "trace" => &["hold", "counter"],
            _ => &[],
        };
        let (flags, positional): (Vec<_>, Vec<_>) =
            self.positional.drain(..).partition(|piece| known.contains(&piece.text));
        self.positional = positional;
        for flag in flags {
            let value = Node::new(Value::Bool(true), flag.span());
            self.named.push(flag.entry(flag.text, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        let mut sources = SourceMap::default();
        let (line, findings) = parse(&mut sources, "--traffic", text);
        let shown = match line {
            Some(line) => {
                let target = line.target.map_or_else(String::new, |target| {
                    format!(
                        "{}{}=",
                        target.kind.map_or_else(String::new, |k| format!("{k}/")),
                        target.name
                    )
                });
                let kinds: Vec<String> =
                    line.layers.iter().map(|layer| layer.kinds().join("&")).collect();
                format!("{target}{}", kinds.join("+"))
            }
            None => findings
                .iter()
                .map(|finding| {
                    let bytes = finding.labels.first().map(|label| label.span.bytes.clone());
                    let shown = bytes.map_or("", |b| &text[b.start as usize..b.end as usize]);
                    format!("{} at `{shown}`", finding.message)
                })
                .collect::<Vec<_>>()
                .join("; "),
        };
        assert_eq!(shown, expect, "of {text}");
    }

    #[test]
    fn every_kind_is_read() {
        check("200/s", "constant");
        check("stages:100/s@0,600/s@5m,100/s@20m", "stages");
        check("stages:100/s@0,600/s@5m,hold", "stages");
        check("constant:200/s + ramp:0/s..600/s@5m,over=10m", "constant+ramp");
        check("step:300/s@5m", "step");
        check("sine:300/s,amplitude=100/s,period=1h", "sine");
        check("daily:50/s..400/s,peak=14:00", "daily");
        check("daily:50/s@02:00,400/s@14:00", "daily");
        check("200/s+spike:1300/s@10m,rise=30s,hold=5m,fall=2m+noise:5%", "constant+spike+noise");
        check("trace:load.csv,value=rps,unit=/min,hold+scale:150%", "trace+scale");
        check("shop=200/s", "shop=constant");
        check("svc/default/shop=stages:100m@0,2@5m", "service/default/shop=stages");
    }

    #[test]
    fn what_is_wrong_is_found_where_it_stands() {
        check("stage:100/s@0", "`stage` is no kind of traffic at `stage`");
        check("spike:1300/s@10m,rize=30s", "`spike` has no field `rize` at `rize`");
        check("spike:1300/s", "`--traffic.spike` lacks `at` at `1300/s`");
        check("noise:5%,3", "`3` says nothing here at `3`");
        check(
            "stages:100@0,x/s@5",
            "`--traffic.stages[1]`: `5` is a number without a unit at `x/s@5`",
        );
        check("", "`--traffic.constant`: `` is no quantity at ``");
        check("a/b/c=1/s", "`a/b/c` is no name of an object at `a/b/c`");
    }
}

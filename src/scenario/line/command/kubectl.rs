//! Commands about objects, as kubectl has them.

use super::{Action, Reader, scalar, text};
use crate::manifest::yaml::{Entry, Node, Value, parse as parse_yaml};
use crate::scenario::line::Piece;

const SET_IMAGE: &str = "write `set image deployment/NAME CONTAINER=IMAGE`";
const SET_ENV: &str = "write `set env deployment/NAME VARIABLE=value OTHER-`";
const SET_RESOURCES: &str =
    "write `set resources deployment/NAME --requests=cpu=500m --limits=memory=1Gi`";
const SET_SELECTOR: &str = "write `set selector service/NAME app=shop,version=v2`";
const SCALE: &str = "write `scale deployment/NAME --replicas=5`";
const PATCH: &str = "write `patch hpa/NAME -p '{spec: {maxReplicas: 30}}'`";
const EDIT: &str = "write `edit hpa/NAME spec.maxReplicas=30`";

impl<'t> Reader<'t> {
    pub(super) fn set_image(&mut self) -> Vec<Action> {
        let Some(deployment) = self.deployment(SET_IMAGE) else { return Vec::new() };
        let mut actions = Vec::new();
        while let Some(pair) = self.next() {
            let Some((container, image)) = pair.split_once("=") else {
                self.refuse(pair, "this is no `container=image`", SET_IMAGE);
                return Vec::new();
            };
            let mut entries = vec![deployment.clone()];
            if container.text != "*" {
                entries.push(container.entry("container", text(container)));
            }
            entries.push(image.entry("image", text(image)));
            actions.push(("setImage", self.map(entries)));
        }
        if actions.is_empty() {
            self.refuse(self.line, "it is not said which image", SET_IMAGE);
        }
        actions
    }

    pub(super) fn set_env(&mut self) -> Option<Action> {
        let deployment = self.deployment(SET_ENV)?;
        let mut variables = Vec::new();
        let given = self.words.value("--env").into_iter();
        let pairs: Vec<Piece<'t>> = given.chain(self.words.alone.drain(..)).collect();
        for pair in pairs {
            match (pair.split_once("="), pair.text.strip_suffix('-')) {
                (Some((name, value)), _) => variables.push(name.entry(name.text, text(value))),
                (None, Some(name)) => {
                    variables.push(pair.entry(name, Node::new(Value::Null, pair.span())));
                }
                (None, None) => self.refuse(pair, "this is no `NAME=value`", SET_ENV),
            }
        }
        let container = self.flag("--containers", "container", text);
        let env = self.line.entry("env", self.map(variables));
        Some(("setEnv", self.map([deployment].into_iter().chain(container).chain([env]))))
    }

    pub(super) fn set_resources(&mut self) -> Option<Action> {
        let deployment = self.deployment(SET_RESOURCES)?;
        let mut entries = vec![deployment];
        entries.extend(self.flag("--containers", "container", text));
        for (flag, key) in [("--requests", "requests"), ("--limits", "limits")] {
            let Some(list) = self.words.value(flag) else { continue };
            let pairs = self.pairs(list, ',', SET_RESOURCES);
            entries.push(list.entry(key, Node::new(Value::Map(pairs), list.span())));
        }
        Some(("setResources", self.map(entries)))
    }

    /// `a=b,c=d`.
    pub(super) fn pairs(&mut self, list: Piece<'t>, separator: char, help: &str) -> Vec<Entry> {
        let mut pairs = Vec::new();
        let mut begin = 0;
        let ends = list.text.match_indices(separator).map(|(at, _)| at).chain([list.text.len()]);
        for end in ends {
            let pair = list.part(begin, end);
            begin = (end + 1).min(list.text.len());
            match pair.split_once("=") {
                Some((name, value)) => pairs.push(name.entry(name.text, text(value))),
                None => self.refuse(pair, "this is no `name=value`", help),
            }
        }
        pairs
    }

    pub(super) fn set_selector(&mut self) -> Option<Action> {
        let name = self.of_kind("Service", SET_SELECTOR)?;
        let labels = self.require("a selector", SET_SELECTOR)?;
        let pairs = self.pairs(labels, ',', SET_SELECTOR);
        let selector = Node::new(Value::Map(pairs), labels.span());
        let entries = [self.line.entry("service", name), labels.entry("selector", selector)];
        Some(("switchSelector", self.map(entries)))
    }

    pub(super) fn scale(&mut self) -> Option<Action> {
        let deployment = self.deployment(SCALE)?;
        let replicas = self.flag("--replicas", "replicas", scalar);
        if replicas.is_none() {
            self.refuse(self.line, "it is not said to how many", SCALE);
        }
        Some(("scale", self.map([deployment].into_iter().chain(replicas))))
    }

    pub(super) fn apply(&mut self) -> Action {
        let manifest = self.flag("--filename", "manifest", text);
        if manifest.is_none() {
            self.refuse(self.line, "it is not said what is applied", "write `apply -f FILE`");
        }
        ("apply", self.map(manifest))
    }

    pub(super) fn patch(&mut self) -> Option<Action> {
        let object = self.object(PATCH)?;
        if let Some(type_) = self.words.value("--type")
            && !matches!(type_.text, "strategic" | "merge")
        {
            self.refuse(type_, "patches of this type are not read", PATCH);
        }
        let Some(patch) = self.words.value("--patch") else {
            self.refuse(self.line, "the patch is missing", PATCH);
            return None;
        };
        let node = self.yaml(patch)?;
        Some(("edit", self.map([object, patch.entry("patch", node)])))
    }

    /// `edit hpa/shop spec.maxReplicas=30 ...`
    pub(super) fn edit(&mut self) -> Vec<Action> {
        let Some(object) = self.object(EDIT) else { return Vec::new() };
        let mut actions = Vec::new();
        while let Some(pair) = self.next() {
            let Some((path, value)) = split_edit(pair) else {
                self.refuse(pair, "this is no `path=value`", EDIT);
                return Vec::new();
            };
            let Some(node) = self.yaml(value) else { return Vec::new() };
            let entries =
                [object.clone(), path.entry("path", text(path)), value.entry("value", node)];
            actions.push(("edit", self.map(entries)));
        }
        if actions.is_empty() {
            self.refuse(self.line, "it is not said what is changed", EDIT);
        }
        actions
    }

    /// Which object, as an edit has it.
    fn object(&mut self, help: &str) -> Option<Entry> {
        let (word, _, name) = self.target(help)?;
        let kind = word.text.split('.').next().unwrap_or_default();
        let address = match self.words.value("--namespace") {
            Some(namespace) => format!("{kind}/{}/{}", namespace.text, name.text),
            None => format!("{kind}/{}", name.text),
        };
        let mut span = word.span();
        span.bytes.end = name.span().bytes.end;
        Some(word.entry("object", Node::new(Value::String(address), span)))
    }

    /// A value in YAML or JSON.
    fn yaml(&mut self, piece: Piece<'t>) -> Option<Node> {
        // Blanks keep the bytes where they are.
        let padded = " ".repeat(piece.start) + piece.text;
        let (mut documents, findings) = parse_yaml(piece.source, &padded);
        if !findings.is_empty() {
            self.findings.extend(findings);
            return None;
        }
        let empty = Node::new(Value::Null, piece.span());
        Some(if documents.is_empty() { empty } else { documents.swap_remove(0).root })
    }

    pub(super) fn rollout(&mut self, key: &'static str) -> Option<Action> {
        let deployment = self.deployment("write `deployment/NAME`")?;
        let revision = self.flag("--to-revision", "toRevision", scalar);
        Some((key, self.map([deployment].into_iter().chain(revision))))
    }
}

/// `path=value`, where brackets of the path may hold a `=`.
fn split_edit(pair: Piece<'_>) -> Option<(Piece<'_>, Piece<'_>)> {
    let mut depth = 0;
    let at = pair.text.char_indices().find(|(_, letter)| {
        match letter {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        *letter == '=' && depth == 0
    })?;
    Some(pair.split(at.0, 1))
}

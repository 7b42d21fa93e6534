//! `deploy.placement`: constraints become required affinity to nodes, preferences become spreading.
//! Mirrors `manager/constraint` and `convertPlacement` of SwarmKit and docker/cli. Left out: roles
//! (every node is a worker and a manager), platforms, `max_replicas_per_node` other than 1.

use super::keys;
use super::reader::{Field, Reader, join};
use crate::api::core::{
    Affinity, NodeAffinity, NodeSelectorTerm, PodAffinity, PodAffinityTerm, PodSpec,
    TopologySpreadConstraint,
};
use crate::api::meta::{LabelSelector, LabelSelectorRequirement};
use crate::diagnostic::Diagnostic;
use crate::manifest::yaml::Node;

const HOSTNAME: &str = "kubernetes.io/hostname";

impl Reader<'_> {
    /// Where tasks may and should go.
    pub(super) fn placement(
        &mut self,
        deploy: Option<&Field<'_>>,
        selector: &LabelSelector,
        pod: &mut PodSpec,
    ) {
        let field =
            deploy.and_then(|deploy| self.part(deploy, "placement", keys::PLACEMENT, |_| None));
        let Some(field) = field else { return };
        let mut expressions = Vec::new();
        for (place, item) in items(&field, "constraints").iter().enumerate() {
            let path = join(&field.path, &format!("constraints[{place}]"));
            expressions.extend(self.constraint(&Field::new(item, path)));
        }
        let spreads = items(&field, "preferences").iter().filter_map(|item| spread(item, selector));
        pod.topology_spread_constraints.extend(spreads);
        let mut affinity = Affinity::default();
        if !expressions.is_empty() {
            let term =
                NodeSelectorTerm { match_expressions: expressions, ..NodeSelectorTerm::default() };
            let required = Some(vec![term]);
            affinity.node_affinity = Some(NodeAffinity { required, ..NodeAffinity::default() });
        }
        match self.count(&field, "max_replicas_per_node", i64::from(u32::MAX)) {
            Some(1) => affinity.pod_anti_affinity = Some(apart(selector)),
            Some(0) | None => {}
            Some(_) => {
                let key = "max_replicas_per_node";
                self.not_simulated(&field.get(key).unwrap_or(field), key);
            }
        }
        pod.affinity = (affinity != Affinity::default()).then_some(affinity);
    }

    /// `node.labels.zone == a`, `node.hostname != b`; others are named and left out.
    fn constraint(&mut self, field: &Field<'_>) -> Option<LabelSelectorRequirement> {
        let text = self.text(field, "a constraint")?;
        let (key, operator, value) = match (text.split_once("=="), text.split_once("!=")) {
            (Some((key, value)), _) => (key.trim(), "In", value.trim()),
            (_, Some((key, value))) => (key.trim(), "NotIn", value.trim()),
            _ => {
                let help = "write `node.labels.KEY == VALUE` or `node.hostname != NAME`";
                self.refuse(field, "no constraint has this form", help);
                return None;
            }
        };
        let label = key.strip_prefix("node.labels.").or(match key {
            "node.hostname" => Some(HOSTNAME),
            _ => None,
        });
        let Some(label) = label else {
            if !key.starts_with("node.platform.") {
                self.not_simulated(field, &text);
            }
            return None;
        };
        Some(LabelSelectorRequirement {
            key: label.to_owned(),
            operator: operator.to_owned(),
            values: vec![value.to_owned()],
        })
    }

    fn not_simulated(&mut self, field: &Field<'_>, what: &str) {
        let shown: String = what.chars().take(60).collect();
        let message = format!("`{shown}` of `{}` is not simulated", field.path);
        self.report(
            Diagnostic::note("compose-placement", message)
                .at(field.node.span.clone(), "tasks go where they fit"),
        );
    }
}

fn items<'n>(field: &Field<'n>, key: &str) -> &'n [Node] {
    field.node.field(key).map(Node::items).unwrap_or_default()
}

/// No two tasks on one node.
fn apart(selector: &LabelSelector) -> PodAffinity {
    let term = PodAffinityTerm {
        label_selector: Some(selector.clone()),
        topology_key: HOSTNAME.to_owned(),
        ..PodAffinityTerm::default()
    };
    PodAffinity { required: vec![term], ..PodAffinity::default() }
}

/// `spread: node.labels.zone`.
fn spread(item: &Node, selector: &LabelSelector) -> Option<TopologySpreadConstraint> {
    let key = item.field("spread")?.as_str()?.strip_prefix("node.labels.")?;
    Some(TopologySpreadConstraint {
        max_skew: 1,
        topology_key: key.to_owned(),
        when_unsatisfiable: "ScheduleAnyway".to_owned(),
        label_selector: Some(selector.clone()),
        ..TopologySpreadConstraint::default()
    })
}

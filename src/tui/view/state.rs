//! Rollout and budgets.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::hpa;
use super::text::{self, piece, plain};
use crate::kube::controllers::deployment::util::{is_rolling_update, max_surge, max_unavailable};
use crate::kube::kubectl::rollout::RolloutStatus;
use crate::kube::objects::deployment::DeploymentObject;
use crate::kube::objects::disruption::PdbObject;
use crate::tui::app::App;
use crate::tui::pods::{replica_sets, revision_of};

/// Draws the panel.
pub fn draw(app: &App, rect: Rect, buffer: &mut Buffer) {
    let inner = text::head(app, rect, "rollout and budgets", buffer);
    let mut lines = rollout(app);
    lines.extend(budgets(app).into_iter().flatten());
    text::lines(&lines, inner, buffer);
}

/// The same in three lines, with one for the HPA.
pub fn draw_short(app: &App, rect: Rect, buffer: &mut Buffer) {
    let mut lines = vec![hpa::short(app)];
    let first = rollout(app).into_iter().next();
    lines.extend(first.map(|mut line| {
        line.push_span(deployment(app).map_or_else(String::new, bounds));
        line
    }));
    lines.extend(budgets(app).into_iter().next().map(|[mut first, second]| {
        first.spans.extend(second.spans);
        first
    }));
    text::lines(&lines, rect, buffer);
}

fn deployment(app: &App) -> Option<&DeploymentObject> {
    let id = app.take().subjects.get(app.workload)?.deployment?;
    app.head().cluster().deployment(id)
}

/// How far the rollout is, and how many pods it may have beside those that are wanted.
fn rollout(app: &App) -> Vec<Line<'static>> {
    let theme = app.theme;
    let Some(object) = deployment(app) else {
        return vec![Line::from(piece(" the Deployment does not exist", theme.dim()))];
    };
    let (status, wanted) = (&object.status, object.replicas());
    let name = &object.metadata.name;
    if object.spec.strategy.swarm.is_some() {
        let running = plain(format!("{}/{wanted} running  ", status.ready_replicas));
        let name = piece(format!(" service/{name}  "), theme.strong());
        return vec![Line::from(vec![name, running, plain(revisions(app))])];
    }
    let mut lines = vec![
        Line::from(vec![
            piece(format!(" deploy/{name}  "), theme.strong()),
            plain(format!(
                "{}/{wanted} ready  {} up-to-date  {} available",
                status.ready_replicas, status.updated_replicas, status.available_replicas
            )),
        ]),
        Line::from(plain(format!(" {}", revisions(app)))),
    ];
    lines[1].push_span(bounds(object));
    let message = RolloutStatus::new(object).message(name);
    lines.push(Line::from(piece(format!(" {}", message.trim_end()), theme.dim())));
    lines
}

/// `surge 1/2  unavailable 0/1`: how many there are, and how many there may be.
fn bounds(object: &DeploymentObject) -> String {
    if !is_rolling_update(&object.spec) {
        return String::new();
    }
    let (status, wanted) = (&object.status, object.replicas());
    let spare = (status.replicas - wanted).max(0);
    let lacking = (wanted - status.available_replicas).max(0);
    let (surge, unavailable) = (max_surge(&object.spec), max_unavailable(&object.spec));
    format!("  surge {spare}/{surge}  unavailable {lacking}/{unavailable}")
}

/// `rev 1: 2/2  rev 2: 4/5`: ready pods of those that are wanted, by revision.
fn revisions(app: &App) -> String {
    let deployment = app.take().subjects.get(app.workload).and_then(|it| it.deployment);
    let cluster = app.head().cluster();
    let sets = replica_sets(cluster, deployment);
    let told = sets.iter().map(|set| {
        format!("rev {}: {}/{}", revision_of(set), set.status.ready_replicas, set.replicas)
    });
    told.collect::<Vec<_>>().join("  ")
}

/// Budgets of the namespace whose selectors fit the workload's pods.
fn budgets(app: &App) -> Vec<[Line<'static>; 2]> {
    // Swarm has no budgets.
    let Some(object) = deployment(app).filter(|it| it.spec.strategy.swarm.is_none()) else {
        return Vec::new();
    };
    let labels = &object.spec.template.metadata.labels;
    let fits = |pdb: &&PdbObject| {
        pdb.metadata.namespace == object.metadata.namespace && pdb.selector.matches(labels)
    };
    let all: Vec<_> =
        app.head().cluster().pdbs().filter(fits).map(|pdb| budget(app, pdb)).collect();
    if all.is_empty() {
        let none = piece(" no PodDisruptionBudget: any pod may be evicted", app.theme.dim());
        return vec![[Line::from(none), Line::default()]];
    }
    all
}

/// The columns of `kubectl get pdb`, in a sentence.
fn budget(app: &App, pdb: &PdbObject) -> [Line<'static>; 2] {
    let (spec, status) = (&pdb.spec, &pdb.status);
    let asks = match (&spec.min_available, &spec.max_unavailable) {
        (Some(least), _) => format!("minAvailable {least}"),
        (None, Some(most)) => format!("maxUnavailable {most}"),
        (None, None) => "no bound".to_owned(),
    };
    let allowed = format!("allowed disruptions {}", status.disruptions_allowed);
    let none = status.disruptions_allowed == 0;
    let style = if none { app.theme.bad() } else { app.theme.strong() };
    let healthy =
        format!("  {} healthy, {} must be", status.current_healthy, status.desired_healthy);
    [
        Line::from(vec![
            piece(format!(" pdb/{}  ", pdb.metadata.name), app.theme.strong()),
            plain(format!("{asks}  ")),
            piece(allowed, style),
        ]),
        Line::from(plain(healthy)),
    ]
}

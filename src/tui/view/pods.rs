//! The pods, by node and revision.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::text;
use crate::kube::objects::ids::PodId;
use crate::kube::objects::pod::Pod;
use crate::render::words;
use crate::tui::app::App;
use crate::tui::pods::{NodeRow, PodState, cpu_request, revision_of, status_word};
use crate::units::SimTime;

/// Longest name of a node that is shown whole.
const NAME_MAX: usize = 24;
/// Levels of a small bar.
const LEVELS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A piece of a row, and the pod that it is.
struct Piece {
    text: String,
    style: Style,
    pod: Option<PodId>,
}

/// Draws the panel.
pub fn draw(app: &App, rect: Rect, buffer: &mut Buffer) {
    let inner = text::head(app, rect, &title(app), buffer);
    let shown = rows(app, inner);
    for (y, row) in (inner.y..inner.bottom()).zip(&shown) {
        let spans: Vec<Span<'_>> = row.iter().map(|it| Span::styled(&*it.text, it.style)).collect();
        buffer.set_line(inner.x, y, &Line::from(spans), inner.width);
    }
    if let Some(detail) = followed(app) {
        let row = inner.bottom() - 1;
        buffer.set_string(inner.x, row, " ".repeat(usize::from(inner.width)), Style::new());
        buffer.set_line(inner.x, row, &detail, inner.width);
    }
}

/// The pod at a place of the screen.
pub fn pod_at(app: &App, rect: Rect, column: u16, row: u16) -> Option<PodId> {
    let inner = Rect { y: rect.y + 1, height: rect.height.saturating_sub(1), ..rect };
    let row = row.checked_sub(inner.y)?;
    let mut x = inner.x;
    for piece in rows(app, inner).into_iter().nth(usize::from(row))? {
        let width = piece.text.chars().count() as u16;
        if (x..x + width).contains(&column) {
            return piece.pod;
        }
        x += width;
    }
    None
}

/// `pods of shop: 12 ■R  3 ◌S`, with what the letters mean.
fn title(app: &App) -> String {
    let name = app.take().workload(app.workload).map_or("", |workload| &*workload.name);
    let groups = app.nodes.iter().flat_map(|row| &row.groups);
    let states: Vec<PodState> =
        groups.flat_map(|group| group.pods.iter().map(|(_, state)| *state)).collect();
    let told = PodState::ALL.into_iter().filter_map(|state| {
        let count = states.iter().filter(|other| **other == state).count();
        let named = format!("{count} {}{} {}", state.shape(), state.letter(), state.name());
        (count > 0).then_some(named)
    });
    let told: Vec<String> = told.collect();
    let used = app.take().cpu_per_pod(app.workload, app.now());
    let request = first_pod(app).and_then(|pod| cpu_request(app.head().cluster(), pod));
    let cpu = match (used, request) {
        (Some(used), Some(request)) if request > 0 => {
            let share = words::share(used * 1000.0 / request as f64);
            let used = words::count(used * 1000.0);
            format!("   cpu {share} of the request ({used}m / {request}m a pod)")
        }
        _ => String::new(),
    };
    let told = if told.is_empty() { "none".to_owned() } else { told.join("  ") };
    format!("pods of {name}: {told}{cpu}")
}

fn first_pod(app: &App) -> Option<&Pod> {
    let pod = app.nodes.iter().flat_map(|row| &row.groups).flat_map(|group| &group.pods).next()?;
    app.head().cluster().pod(pod.0)
}

fn rows(app: &App, inner: Rect) -> Vec<Vec<Piece>> {
    if app.nodes.len() <= usize::from(inner.height) {
        return app.nodes.iter().map(|row| one_line(app, row, inner.width)).collect();
    }
    grid(app, inner)
}

fn name_width(app: &App) -> usize {
    let longest = app.nodes.iter().map(|row| row.name.chars().count()).max();
    longest.unwrap_or(0).min(NAME_MAX)
}

/// A node in one line: its name, the CPU that is requested on it, and its pods by revision.
fn one_line(app: &App, row: &NodeRow, width: u16) -> Vec<Piece> {
    let theme = app.theme;
    let width_name = name_width(app);
    let name = text::cut(&row.name, width_name);
    let mut line = vec![other(format!(" {name:width_name$} "), theme.strong())];
    line.push(other(format!("{:<13}", requested(row)), theme.dim()));
    let pods: usize = row.groups.iter().map(|group| group.pods.len()).sum();
    let room = usize::from(width).saturating_sub(width_name + 2 + 13 + 18);
    let singly = pods * 3 + row.groups.len() * 7 <= room;
    for group in &row.groups {
        line.push(other(format!(" rev {} ", group.revision), theme.dim()));
        if singly {
            line.extend(group.pods.iter().map(|(pod, state)| single(app, *pod, *state)));
        } else {
            line.extend(counts(app, &group.pods));
        }
    }
    if row.others > 0 {
        line.push(other(format!(" +{} of others", row.others), theme.dim()));
    }
    if !row.status.is_empty() {
        line.push(other(format!("  {}", row.status), theme.bad()));
    }
    line
}

/// `▃ 750m/4`
fn requested(row: &NodeRow) -> String {
    let (requested, allocatable) = row.cpu;
    if allocatable <= 0 {
        return String::new();
    }
    let share = (requested as f64 / allocatable as f64).clamp(0.0, 1.0);
    let bar = LEVELS[(share * 8.0).ceil() as usize];
    let cores = |milli: i64| words::cores(milli as f64 / 1000.0);
    format!("{bar} {}/{}", cores(requested), cores(allocatable))
}

fn other(text: String, style: Style) -> Piece {
    Piece { text, style, pod: None }
}

fn single(app: &App, pod: PodId, state: PodState) -> Piece {
    let style = app.theme.pod(state);
    let followed = app.follow == Some(pod);
    let style = if followed { style.patch(app.theme.chosen()) } else { style };
    Piece { text: format!("{}{} ", state.shape(), state.letter()), style, pod: Some(pod) }
}

/// `12 ■R 3 ◌S`: a click follows the first pod of a state.
fn counts(app: &App, pods: &[(PodId, PodState)]) -> Vec<Piece> {
    let of = |state: PodState| {
        let same: Vec<PodId> =
            pods.iter().filter(|(_, other)| *other == state).map(|(pod, _)| *pod).collect();
        let text = format!("{}{}{} ", same.len(), state.shape(), state.letter());
        let followed = app.follow.filter(|pod| same.contains(pod));
        let style = app.theme.pod(state);
        let style = if followed.is_some() { style.patch(app.theme.chosen()) } else { style };
        Some(Piece { text, style, pod: followed.or(same.first().copied()) })
            .filter(|_| !same.is_empty())
    };
    PodState::ALL.into_iter().filter_map(of).collect()
}

/// Many nodes: several beside each other, each with counts.
fn grid(app: &App, inner: Rect) -> Vec<Vec<Piece>> {
    let height = usize::from(inner.height.saturating_sub(1)).max(1);
    let name_width = name_width(app);
    let cells: Vec<Vec<Piece>> = app.nodes.iter().map(|row| small(app, row, name_width)).collect();
    let length = |cell: &Vec<Piece>| cell.iter().map(|it| it.text.chars().count()).sum::<usize>();
    let width = cells.iter().map(length).max().unwrap_or(1).max(1);
    let columns = (usize::from(inner.width) / width).max(1);
    let rows_in_all = cells.len().div_ceil(columns);
    let first = (app.first_node as usize).min(rows_in_all.saturating_sub(height));
    let mut rows: Vec<Vec<Piece>> = Vec::new();
    for (place, mut cell) in cells.into_iter().enumerate() {
        let row = place / columns;
        if row < first || row >= first + height {
            continue;
        }
        let pad = width.saturating_sub(length(&cell));
        cell.push(other(" ".repeat(pad), Style::new()));
        if rows.len() <= row - first {
            rows.push(Vec::new());
        }
        rows[row - first].extend(cell);
    }
    if rows_in_all > height {
        let nodes = app.nodes.len();
        let last = first + height;
        let note = format!(" {nodes} nodes, rows {} to {last} of {rows_in_all} (↑↓)", first + 1);
        rows.push(vec![other(note, app.theme.dim())]);
    }
    rows
}

fn small(app: &App, row: &NodeRow, name_width: usize) -> Vec<Piece> {
    let name = text::cut(&row.name, name_width);
    let style = if row.status.is_empty() { app.theme.dim() } else { app.theme.bad() };
    let mut cell = vec![other(format!(" {name:name_width$} "), style)];
    let pods: Vec<(PodId, PodState)> =
        row.groups.iter().flat_map(|group| group.pods.iter().copied()).collect();
    cell.extend(counts(app, &pods));
    cell
}

/// The pod that is followed, as `kubectl get pod -o wide` has it.
fn followed(app: &App) -> Option<Line<'static>> {
    let id = app.follow?;
    let theme = app.theme;
    let name = app.take().names.object(crate::kube::objects::ids::ObjectId::Pod(id));
    let cluster = app.head().cluster();
    let Some(pod) = cluster.pod(id) else {
        return Some(Line::from(format!(" ▸ {name} does not exist at this instant")));
    };
    let node = pod.node.and_then(|node| cluster.node(node));
    let node = node.map_or("<none>", |node| &*node.node.metadata.name);
    let revision = pod.owner.and_then(|set| cluster.replica_set(set)).map_or(0, revision_of);
    let ready = if pod.is_ready() { "Ready" } else { "not Ready" };
    let age = text::instant(SimTime((app.now() - pod.created_at).0.max(0)));
    Some(Line::from(vec![
        text::piece(format!(" ▸ {name}  "), theme.strong()),
        text::piece(status_word(pod), theme.pod(PodState::of(pod))),
        text::plain(format!(
            "  {ready}  rev {revision}  {node}  restarts {}  age {age}",
            pod.restarts
        )),
    ]))
}

//! Which panel stands where, and what lies under the mouse.

use ratatui::layout::Rect;

use super::{SIZE_MIN, charts, log, pods};
use crate::kube::objects::ids::PodId;
use crate::tui::app::App;

/// From this size on the panels stand side by side.
const WIDE: (u16, u16) = (110, 30);
/// Rows of the HPA's view where there is room.
const HPA_ROWS: u16 = 14;
/// Rows for rollout and budgets where there is room.
const STATE_ROWS: u16 = 6;
/// Rows for the numbers of two takes.
const NUMBERS_ROWS: u16 = 14;

/// All panels. Each has its head in its first row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// The first line.
    pub title: Rect,
    /// Charts, one pair for each take.
    pub charts: Vec<ChartPair>,
    /// Pods by node.
    pub pods: Rect,
    /// The HPA's view; only where there is room.
    pub hpa: Option<Rect>,
    /// The numbers of two takes.
    pub numbers: Option<Rect>,
    /// Rollout and budgets; where there is little room in short lines, with one for the HPA.
    pub state: Rect,
    /// The log.
    pub log: Rect,
    /// The last line.
    pub status: Rect,
}

/// The two charts of a take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChartPair {
    /// Load and capacity.
    pub load: Rect,
    /// Replicas.
    pub replicas: Rect,
}

/// What lies at a place of the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Hit {
    /// An instant of a chart \[ms\].
    Time(f64),
    /// A pod.
    Pod(PodId),
    /// The pods, but none of them.
    Nodes,
    /// An entry of the log of a take.
    Entry(usize, u32),
    /// The log, but no entry.
    Log,
}

impl Layout {
    /// The layout for what is played, at the size of the terminal.
    pub fn of(app: &App) -> Layout {
        let (width, height) = app.size;
        if width < SIZE_MIN.0 || height < SIZE_MIN.1 {
            return Layout::default();
        }
        let nodes = app.nodes.len() as u16;
        if app.takes.len() > 1 {
            Layout::compared(width, height, nodes)
        } else if width >= WIDE.0 && height >= WIDE.1 {
            Layout::wide(width, height, nodes)
        } else {
            Layout::narrow(width, height, nodes)
        }
    }

    fn wide(width: u16, height: u16, nodes: u16) -> Layout {
        let body = height - 2;
        let right = (width * 2 / 5).clamp(54, 84);
        let left = width - right - 1;
        let charts = (body / 3).clamp(11, 20);
        // The HPA's view needs at least so much; pods as much as they fill.
        let pods = (nodes + 2).clamp(6, (body / 3).max(6));
        let top = (charts + pods).max(HPA_ROWS + STATE_ROWS).min(body - 6);
        let x = left + 1;
        Layout {
            title: Rect::new(0, 0, width, 1),
            charts: vec![pair(Rect::new(0, 1, left, top - pods))],
            pods: Rect::new(0, 1 + top - pods, left, pods),
            hpa: Some(Rect::new(x, 1, right, top - STATE_ROWS)),
            state: Rect::new(x, 1 + top - STATE_ROWS, right, STATE_ROWS),
            log: Rect::new(0, 1 + top, width, body - top),
            status: Rect::new(0, height - 1, width, 1),
            numbers: None,
        }
    }

    /// Two takes: their charts below each other, and their numbers.
    fn compared(width: u16, height: u16, nodes: u16) -> Layout {
        let body = height - 2;
        let at = |y: u16, height: u16| Rect::new(0, y, width, height);
        let frame = Layout { title: at(0, 1), status: at(height - 1, 1), ..Layout::default() };
        let pairs = |width: u16, rows: u16| {
            vec![pair(Rect::new(0, 1, width, rows)), pair(Rect::new(0, 1 + rows, width, rows))]
        };
        if width < WIDE.0 || height < WIDE.1 {
            let charts = ((body - 7) / 2).clamp(3, 12);
            let rest = body - 2 * charts;
            let numbers = (rest * 2 / 3).min(13);
            return Layout {
                charts: pairs(width, charts),
                numbers: Some(at(1 + 2 * charts, numbers)),
                log: at(1 + 2 * charts + numbers, rest - numbers),
                ..frame
            };
        }
        let right = (width * 2 / 5).clamp(54, 84);
        let left = width - right - 1;
        let charts = (body * 3 / 10).clamp(9, 16);
        let (top, x) = (2 * charts, left + 1);
        let numbers = NUMBERS_ROWS.min(top);
        let pods = (nodes + 2).clamp(4, (body - top) / 2);
        Layout {
            charts: pairs(left, charts),
            numbers: Some(Rect::new(x, 1, right, numbers)),
            hpa: Some(Rect::new(x, 1 + numbers, right, top - numbers)),
            pods: at(1 + top, pods),
            log: at(1 + top + pods, body - top - pods),
            ..frame
        }
    }

    fn narrow(width: u16, height: u16, nodes: u16) -> Layout {
        let body = height - 2;
        let charts = (body * 2 / 5).clamp(7, 14);
        let state = 3;
        let rest = body - charts - state;
        let pods = (nodes + 1).clamp(2, (rest / 2).max(2));
        let at = |y: u16, height: u16| Rect::new(0, y, width, height);
        Layout {
            title: at(0, 1),
            charts: vec![pair(at(1, charts))],
            state: at(1 + charts, state),
            pods: at(1 + charts + state, pods),
            hpa: None,
            numbers: None,
            log: at(1 + charts + state + pods, rest - pods),
            status: at(height - 1, 1),
        }
    }
}

/// Two charts beside each other.
fn pair(rect: Rect) -> ChartPair {
    let half = rect.width / 2;
    ChartPair {
        load: Rect { width: half - 1, ..rect },
        replicas: Rect { x: rect.x + half, width: rect.width - half, ..rect },
    }
}

/// What lies under the mouse.
pub fn hit(app: &App, column: u16, row: u16) -> Option<Hit> {
    let layout = Layout::of(app);
    let inside = |rect: Rect| rect.contains((column, row).into());
    for pair in &layout.charts {
        for rect in [pair.load, pair.replicas] {
            if inside(rect) {
                return Some(Hit::Time(charts::time_at(app.span, rect, column)));
            }
        }
    }
    if inside(layout.pods) {
        return Some(pods::pod_at(app, layout.pods, column, row).map_or(Hit::Nodes, Hit::Pod));
    }
    if inside(layout.log) {
        return Some(
            log::entry_at(app, layout.log, row)
                .map_or(Hit::Log, |(take, entry)| Hit::Entry(take, entry)),
        );
    }
    None
}

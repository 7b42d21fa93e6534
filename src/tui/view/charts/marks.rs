//! Marks under and over the charts: where takes differ, and what was done when.

use super::TakeColumns;
use crate::tui::app::{App, Span};
use crate::tui::take::Take;
use crate::units::SimTime;

/// Marks columns in which two takes differ, where nothing else is marked.
pub(super) fn mark_differences(takes: &mut [TakeColumns]) {
    let [one, other] = takes else { return };
    let same_width = one.marks[1].len() == other.marks[1].len();
    let both = one.desired.len().min(other.desired.len());
    for column in 0..if same_width { both } else { 0 } {
        let differs = one.desired[column] != other.desired[column]
            || one.current[column] != other.current[column]
            || one.ready[column] != other.ready[column];
        for take in [&mut *one, &mut *other] {
            if let Some(mark) =
                take.marks[1].get_mut(column).filter(|mark| **mark == '─' && differs)
            {
                *mark = '≠';
            }
        }
    }
    let (Some(own), Some(others)) = (&one.load, &other.load) else { return };
    let differs = |(one, other): (&f64, &f64)| (one - other).abs() > 0.005 * (one + other);
    let failed = own.failed.iter().zip(&others.failed).map(differs).enumerate();
    let failed: Vec<usize> =
        failed.filter(|(_, differs)| *differs).map(|(column, _)| column).collect();
    for column in failed {
        for take in [&mut *one, &mut *other] {
            if let Some(mark) = take.marks[0].get_mut(column).filter(|mark| **mark == '─') {
                *mark = '≠';
            }
        }
    }
}

/// One character for each column: what the HPA did to the scale, and what the user did.
pub(super) fn marks(take: &Take, app: &App, width: u16) -> Vec<char> {
    let mut marks = vec!['─'; usize::from(width)];
    let mut put = |at: SimTime, mark: char| {
        if let Some(column) = column_at(app.span, width, at.0 as f64) {
            let own = &mut marks[usize::from(column)];
            let mixed = *own != '─' && *own != mark && mark != '◆';
            *own = if mixed { '▴' } else { mark };
        }
    };
    let workload = app.workload_in(take);
    let rescales = take.subjects.get(workload).map_or(&[][..], |subject| &subject.rescales);
    for decision in rescales.iter().map(|place| take.decision(*place)) {
        put(decision.at, if decision.desired > decision.current { '▲' } else { '▼' });
    }
    take.scenario.events.iter().for_each(|event| put(event.at, '◆'));
    marks
}

/// The column of an instant, if it is shown.
pub(super) fn column_at(span: Span, width: u16, at_ms: f64) -> Option<u16> {
    let share = (at_ms - span.from_ms) / span.length();
    if !(0.0..=1.0).contains(&share) || width == 0 {
        return None;
    }
    Some(((share * f64::from(width)) as u16).min(width - 1))
}

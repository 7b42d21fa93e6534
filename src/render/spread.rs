//! The spread of several runs as a table.

use crate::render::words;
use crate::report::spread::{Range, Spread};
use crate::report::{Report, WorkloadReport};

/// Numbers that are shown: path below the workload, words, and how a value is written.
type Row = (&'static str, &'static str, fn(f64) -> String);

const ROWS: [Row; 12] = [
    ("scaling/reactionSeconds", "reaction", words::brief),
    ("scaling/fullScaleSeconds", "full scale", words::brief),
    ("scaling/underCapacitySeconds", "under capacity", words::brief),
    ("requests/failed", "failed", words::count),
    ("requests/failedShare", "failed share", words::share),
    ("requests/lateShare", "late share", words::share),
    ("latency/p95Seconds", "p95", words::latency),
    ("scaling/peakPods", "peak pods", words::count),
    ("scaling/decisions", "decisions", words::count),
    ("scaling/flaps", "flaps", words::count),
    ("resources/podHours", "pod-hours", words::amount),
    ("resources/cost", "cost", words::amount),
];

/// A table for each workload of a report, with a line break at the end: least, median and greatest
/// of each number over all runs.
pub fn table(spread: &Spread, report: &Report) -> String {
    let last = report.scenario.seed + u64::from(spread.runs.saturating_sub(1));
    let mut text =
        format!("over {} runs, seeds {} to {last}:\n", spread.runs, report.scenario.seed);
    for workload in &report.workloads {
        let rows: Vec<[String; 4]> =
            ROWS.iter().filter_map(|row| cells(spread, workload, row)).collect();
        if report.workloads.len() > 1 {
            text = format!("{text}\n{}\n", workload.name);
        }
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
        let widths = [0, 1, 2, 3].map(|column| width(column).unwrap_or(0).max(HEAD[column].len()));
        text.push_str(&line(&HEAD.map(str::to_owned), widths));
        for row in &rows {
            text.push_str(&line(row, widths));
        }
    }
    text
}

const HEAD: [&str; 4] = ["", "least", "median", "greatest"];

fn cells(
    spread: &Spread,
    workload: &WorkloadReport,
    (path, name, write): &Row,
) -> Option<[String; 4]> {
    let full_name = || format!("{}.{}", workload.namespace, workload.name);
    let found = spread.get(&workload.name, path).or_else(|| spread.get(&full_name(), path));
    let Range { runs, min, median, max } = *found?;
    let name =
        if runs == spread.runs { (*name).to_owned() } else { format!("{name} (in {runs} runs)") };
    Some([name, write(min), write(median), write(max)])
}

fn line(cells: &[String; 4], widths: [usize; 4]) -> String {
    let [name, least, median, greatest] = cells;
    let line = format!(
        "  {name:<0$}  {least:>1$}  {median:>2$}  {greatest:>3$}",
        widths[0], widths[1], widths[2], widths[3]
    );
    line.trim_end().to_owned() + "\n"
}

//! Several runs of one scenario with different seeds: how far their numbers lie apart.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::Report;

/// Every number of a report by its path, as in `shop/scaling/reactionSeconds`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Numbers(BTreeMap<String, f64>);

/// How far the numbers of several runs lie apart.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spread {
    /// How many runs.
    pub runs: u32,
    /// Each number by its path: `WORKLOAD/GROUP/FIELD`, or `totals/GROUP/FIELD`.
    pub numbers: BTreeMap<String, Range>,
}

/// A number over several runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Range {
    /// Runs in which there is such a number.
    pub runs: u32,
    /// Least.
    pub min: f64,
    /// As many runs are below as above; the mean of the two in the middle.
    pub median: f64,
    /// Greatest.
    pub max: f64,
}

impl Numbers {
    /// The numbers of a report.
    pub fn of(report: &Report) -> Numbers {
        let mut numbers = Numbers::default();
        numbers.collect("totals", &report.totals);
        let mut names = BTreeMap::new();
        for workload in &report.workloads {
            *names.entry(workload.name.as_str()).or_insert(0) += 1;
        }
        for workload in &report.workloads {
            // The namespace is only named where it is needed.
            let name = match names[workload.name.as_str()] {
                1 => workload.name.clone(),
                _ => format!("{}.{}", workload.namespace, workload.name),
            };
            numbers.collect(&format!("{name}/scaling"), &workload.scaling);
            numbers.collect(&format!("{name}/requests"), &workload.requests);
            numbers.collect(&format!("{name}/attempts"), &workload.attempts);
            numbers.collect(&format!("{name}/latency"), &workload.latency);
            numbers.collect(&format!("{name}/resources"), &workload.resources);
            numbers.collect(&format!("{name}/pending"), &workload.pending);
        }
        numbers
    }

    fn collect(&mut self, path: &str, of: &impl Serialize) {
        let value = serde_json::to_value(of).expect("numbers and names can be written as JSON");
        self.add(path, &value);
    }

    fn add(&mut self, path: &str, value: &Value) {
        match value {
            Value::Number(number) => {
                let number = number.as_f64().expect("numbers of a report are f64 or smaller");
                self.0.insert(path.to_owned(), number);
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    self.add(&format!("{path}/{name}"), field);
                }
            }
            _ => {}
        }
    }
}

impl Spread {
    /// The spread of several runs.
    pub fn of(runs: &[Numbers]) -> Spread {
        let mut all: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for run in runs {
            for (path, number) in &run.0 {
                all.entry(path).or_default().push(*number);
            }
        }
        let numbers = all.into_iter().map(|(path, values)| (path.to_owned(), range(values)));
        Spread { runs: runs.len() as u32, numbers: numbers.collect() }
    }

    /// A number of a workload, as in `get("shop", "scaling/reactionSeconds")`.
    pub fn get(&self, workload: &str, path: &str) -> Option<&Range> {
        self.numbers.get(&format!("{workload}/{path}"))
    }
}

fn range(mut values: Vec<f64>) -> Range {
    values.sort_by(f64::total_cmp);
    let count = values.len();
    let median = f64::midpoint(values[(count - 1) / 2], values[count / 2]);
    Range { runs: count as u32, min: values[0], median, max: values[count - 1] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(pairs: &[(&str, f64)]) -> Numbers {
        Numbers(pairs.iter().map(|(path, number)| ((*path).to_owned(), *number)).collect())
    }

    #[test]
    fn medians_lie_between() {
        let runs = [run(&[("a/x", 3.0), ("a/y", 1.0)]), run(&[("a/x", 1.0)]), run(&[("a/x", 9.0)])];
        let spread = Spread::of(&runs);
        let range = spread.get("a", "x").expect("it is in all runs");
        assert_eq!((range.runs, range.min, range.median, range.max), (3, 1.0, 3.0, 9.0));
        assert_eq!(spread.get("a", "y").expect("it is in one run").runs, 1);
        assert_eq!(Spread::of(&runs[..2]).get("a", "x").expect("both have it").median, 2.0);
    }
}

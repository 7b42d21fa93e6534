//! The best of several groups. Mirrors cluster-autoscaler/expander/{waste,mostpods,random} of
//! kubernetes/autoscaler; those that are as good are drawn from.

use super::ClusterAutoscaler;
use super::config::Expander;
use super::scale_up::ExpansionOption;

impl ClusterAutoscaler {
    /// Mirrors `BestOption`.
    pub(super) fn best_option(
        &mut self,
        mut options: Vec<ExpansionOption>,
    ) -> Option<ExpansionOption> {
        keep_best(self.options.expander, &mut options);
        let place = match options.len() {
            0 => return None,
            1 => 0,
            several => self.ties.below(several as u64) as usize,
        };
        Some(options.swap_remove(place))
    }
}

fn keep_best(expander: Expander, options: &mut Vec<ExpansionOption>) {
    match expander {
        Expander::Random => {}
        Expander::MostPods => {
            let most = options.iter().map(|option| option.pods.len()).max().unwrap_or(0);
            options.retain(|option| option.pods.len() == most);
        }
        Expander::LeastWaste => {
            let least = options.iter().map(|option| option.waste).fold(f64::INFINITY, f64::min);
            options.retain(|option| option.waste <= least);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::objects::ids::PodId;

    fn option(group: usize, pods: u32, waste: f64) -> ExpansionOption {
        ExpansionOption { group, nodes: 1, pods: (0..pods).map(PodId).collect(), waste }
    }

    #[test]
    fn the_expander_decides() {
        let best = |expander| {
            let mut options = vec![option(0, 3, 0.4), option(1, 3, 0.2), option(2, 1, 0.2)];
            keep_best(expander, &mut options);
            options.iter().map(|option| option.group).collect::<Vec<_>>()
        };
        assert_eq!(best(Expander::LeastWaste), [1, 2]);
        assert_eq!(best(Expander::MostPods), [0, 1]);
        assert_eq!(best(Expander::Random), [0, 1, 2]);
    }
}

//! Which Services and budgets select a set of labels. Pods change far more often than what selects
//! them, so that the answer is kept until one of those changes.

use smallvec::SmallVec;

use super::cluster::Cluster;
use crate::kube::objects::ids::LabelSetId;

/// Numbers of objects of one kind, in order.
pub(super) type Numbers = SmallVec<[u32; 2]>;

/// Answers by number of the label set.
#[derive(Clone, Debug, Default)]
pub(super) struct Matching {
    services: Vec<Kept>,
    budgets: Vec<Kept>,
}

/// An answer, and the generation of the kind that it is for.
#[derive(Clone, Debug, Default)]
struct Kept {
    generation: Option<u64>,
    numbers: Numbers,
}

impl Cluster {
    /// The Services whose selectors match, in order of number.
    pub(super) fn services_selecting(&mut self, labels: LabelSetId) -> Numbers {
        let generation = self.generations.services;
        let (services, sets) = (&self.services, &self.label_sets);
        answer(&mut self.matching.services, labels, generation, || {
            let set = &sets[labels.index()];
            let services = services.iter().flatten().filter(|service| {
                *set.namespace == *service.service.metadata.namespace
                    && service.selector.as_ref().is_some_and(|it| it.matches(&set.labels))
            });
            services.map(|service| service.id.0).collect()
        })
    }

    /// The budgets whose selectors match, in order of number.
    pub(super) fn budgets_selecting(&mut self, labels: LabelSetId) -> Numbers {
        let generation = self.generations.budgets;
        let (budgets, sets) = (&self.pdbs, &self.label_sets);
        answer(&mut self.matching.budgets, labels, generation, || {
            let set = &sets[labels.index()];
            let budgets = budgets.iter().flatten().filter(|pdb| {
                *set.namespace == *pdb.metadata.namespace && pdb.selector.matches(&set.labels)
            });
            budgets.map(|pdb| pdb.id.0).collect()
        })
    }
}

fn answer(
    kept: &mut Vec<Kept>,
    labels: LabelSetId,
    generation: u64,
    find: impl FnOnce() -> Numbers,
) -> Numbers {
    if kept.len() <= labels.index() {
        kept.resize(labels.index() + 1, Kept::default());
    }
    let kept = &mut kept[labels.index()];
    if kept.generation != Some(generation) {
        *kept = Kept { generation: Some(generation), numbers: find() };
    }
    kept.numbers.clone()
}

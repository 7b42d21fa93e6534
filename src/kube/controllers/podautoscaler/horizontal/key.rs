//! What the controller keeps of one HPA, by its name.

use std::sync::Arc;

use super::super::behavior::Memory;
use super::super::config::HpaControllerConfiguration;
use super::super::scale::ParsedSelector;
use super::plan::Plan;
use crate::api::autoscaling::HorizontalPodAutoscalerSpec;
use crate::kube::objects::hpa::{HpaObject, HpaStatus};
use crate::kube::objects::ids::HpaId;

/// What the controller keeps of one HPA.
#[derive(Clone, Debug)]
pub(super) struct Key {
    /// Namespace.
    pub(super) namespace: Arc<str>,
    /// Name.
    pub(super) name: Arc<str>,
    /// The last HPA of that name.
    pub(super) hpa: HpaId,
    /// Whether a sync is pending.
    pub(super) is_pending: bool,
    /// Recommendations and scale events.
    pub(super) memory: Memory,
    /// The spec, ready to use; absent during a sync.
    pub(super) plan: Option<Box<Plan>>,
    /// Memory for the status, whose conditions are the HPA's; absent after it became a fact.
    pub(super) status: Option<Box<HpaStatus>>,
    /// The selector of the target's scale, if it is a text.
    pub(super) selector: ParsedSelector,
    /// The spec whose metrics the status reports.
    pub(super) reported: Option<Arc<HorizontalPodAutoscalerSpec>>,
}

impl Key {
    /// The key of an HPA that is new.
    pub(super) fn new(hpa: &HpaObject) -> Key {
        Key {
            namespace: hpa.metadata.namespace.as_str().into(),
            name: hpa.metadata.name.as_str().into(),
            hpa: hpa.id,
            is_pending: false,
            memory: Memory::default(),
            plan: None,
            status: None,
            selector: ParsedSelector::default(),
            reported: None,
        }
    }

    /// Whether that is an HPA's name.
    pub(super) fn is_called(&self, hpa: &HpaObject) -> bool {
        *self.name == *hpa.metadata.name && *self.namespace == *hpa.metadata.namespace
    }

    /// An HPA of this name is there, whose status is empty; what is remembered is inherited.
    pub(super) fn take_over(&mut self, hpa: HpaId) {
        self.hpa = hpa;
        self.status = None;
        self.reported = None;
    }

    /// The HPA is gone.
    pub(super) fn forget(&mut self) {
        self.memory.clear();
        self.is_pending = false;
        self.reported = None;
    }

    /// The plan of an HPA's spec, for the length of a sync.
    pub(super) fn take_plan(
        &mut self,
        hpa: &HpaObject,
        config: &HpaControllerConfiguration,
    ) -> Box<Plan> {
        let current = self.plan.take().filter(|plan| Arc::ptr_eq(&plan.source, &hpa.spec));
        current.unwrap_or_else(|| Box::new(Plan::new(&hpa.spec, &self.namespace, config)))
    }

    /// A copy of an HPA's status, to be changed.
    pub(super) fn copy_status(&mut self, hpa: &HpaObject) -> Box<HpaStatus> {
        let Some(mut status) = self.status.take() else { return Box::new(hpa.status.clone()) };
        debug_assert_eq!(status.conditions, hpa.status.conditions, "only the controller sets them");
        status.copy_numbers(&hpa.status);
        status
    }
}

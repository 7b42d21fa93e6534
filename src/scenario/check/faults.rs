//! What is wrong with an image, and how long it takes to end.

use super::Checker;
use crate::scenario::file::profile::ImageProfile;
use crate::workload::service::{Behavior, Crash};

impl Checker<'_> {
    /// What was written of this, over what is the case without it.
    pub(super) fn faults(&mut self, written: &ImageProfile, behavior: &mut Behavior) {
        if let Some(shutdown) = &written.shutdown {
            behavior.shutdown = shutdown.value;
        }
        let faults = &mut behavior.faults;
        if let Some(failing) = &written.failing {
            faults.failing = self.share("failing", failing, 1.0).unwrap_or(0.0);
        }
        if let Some(never_ready) = &written.never_ready {
            faults.never_ready = never_ready.value;
        }
        if let Some(crash) = &written.crash {
            let after = crash.after.value;
            let help = "the time after which it ends, such as `10s`";
            self.at_least_one("after", after.0, &crash.after.span, help);
            let exit_code = crash.exit_code.as_ref().map_or(1, |code| i32::from(code.value));
            faults.crash = Some(Crash { after, exit_code });
        }
    }
}

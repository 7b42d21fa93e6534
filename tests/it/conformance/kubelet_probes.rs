//! `tests/conformance/kubelet/probes`: when probes run and what comes of them.

use super::kubelet::agrees;
use super::tally::replay;

#[test]
fn kubelet_probes() {
    replay("kubelet/probes", agrees);
}

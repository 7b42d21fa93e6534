//! `tests/conformance/kubelet/backoff`: how long a container that keeps ending is held back.

use super::kubelet::agrees;
use super::tally::replay;

#[test]
fn kubelet_backoff() {
    replay("kubelet/backoff", agrees);
}

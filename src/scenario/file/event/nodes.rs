//! Events about nodes, as written.

use crate::scenario::file::cluster::NodePool;
use crate::scenario::file::read::{At, object};
use crate::units::SimDuration;

object! {
    /// `kubectl drain`: the node is cordoned, and its pods are evicted as budgets allow.
    Drain is "`drain`";
    /// Which node; or `nodes`.
    "node" => node: Option<At<String>>,
    /// Which nodes, one after the other.
    "nodes" => nodes: Vec<At<String>>,
    /// `--force`: pods without a controller go too.
    "force" => force: Option<At<bool>>,
    /// `--ignore-daemonsets`: pods of DaemonSets stay and do not matter.
    "ignoreDaemonSets" => ignore_daemon_sets: Option<At<bool>>,
    /// `--delete-emptydir-data`: pods with local data go too.
    "deleteEmptyDirData" => delete_empty_dir_data: Option<At<bool>>,
    /// `--disable-eviction`: pods are deleted, and no budget is asked.
    "disableEviction" => disable_eviction: Option<At<bool>>,
    /// `--grace-period`; the pods' own if absent.
    "gracePeriod" => grace_period: Option<At<SimDuration>>,
    /// `--timeout`: when to give up; never if absent or 0.
    "timeout" => timeout: Option<At<SimDuration>>,
    /// `--skip-wait-for-delete-timeout`: pods that should have been gone for longer are not waited
    /// for; all are if absent.
    "skipWaitForDeleteTimeout" => skip_wait_for_delete_timeout: Option<At<SimDuration>>,
    /// `--pod-selector`: which pods; all if absent.
    "podSelector" => pod_selector: Option<At<String>>,
}

object! {
    /// One node, or several.
    SomeNodes is "a map that names nodes";
    /// Which node; or `nodes`.
    "node" => node: Option<At<String>>,
    /// Which nodes.
    "nodes" => nodes: Vec<At<String>>,
}

object! {
    /// `kubectl taint nodes`.
    TaintNodes is "`taint`";
    /// Which node; or `nodes`.
    "node" => node: Option<At<String>>,
    /// Which nodes.
    "nodes" => nodes: Vec<At<String>>,
    /// Taints as kubectl has them: `key=value:NoExecute` adds one, `key:NoExecute-` and `key-`
    /// remove some.
    "taints" => taints: Vec<At<String>>,
    /// `--overwrite`: whether a taint that exists may get another value.
    "overwrite" => overwrite: Option<At<bool>>,
}

object! {
    /// A node that falls silent.
    FailNode is "`failNode`";
    /// Which node; or `nodes`.
    "node" => node: Option<At<String>>,
    /// Which nodes, all at once.
    "nodes" => nodes: Vec<At<String>>,
    /// What stops: the `machine` with all its containers (also if absent), or only the `kubelet`.
    "what" => what: Option<At<String>>,
}

object! {
    /// Nodes that join.
    AddNodes is "`addNodes`";
    /// A node, or a pool of `cluster.nodes`, that the new ones are like.
    "like" => like: Option<At<String>>,
    /// How many; 1 if absent.
    "count" => count: Option<At<u32>>,
    /// What they are like, where they are like none that exists.
    "pool" => pool: Option<NodePool>,
}

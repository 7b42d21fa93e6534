//! Lessons about the HorizontalPodAutoscaler.

use super::{Lesson, own_hpa};

pub(super) const LESSONS: &[Lesson] = &[
    Lesson {
        name: "sync",
        title: "when an HPA looks, and what it does then",
        text: &[
            (
                "when",
                "the controller looks at each HPA every 15 s \
                 (--horizontal-pod-autoscaler-sync-period), and at no other time: no load, event \
                 or pod wakes it",
            ),
            (
                "what",
                "read the scale; ask each metric; the highest proposal wins; the stabilization \
                 windows hold it; the policies and then minReplicas and maxReplicas limit it; \
                 write spec.replicas if it is another number; write the status",
            ),
            (
                "skipped",
                "above maxReplicas or below minReplicas it goes straight to the bound and asks no \
                 metric; a target with 0 replicas is left alone",
            ),
        ],
        own: own_hpa::sync,
        see: &["utilization", "tolerance", "stabilization", "policies", "bounds"],
    },
    Lesson {
        name: "utilization",
        title: "what the pods use, as a share of what they request",
        text: &[
            (
                "sum",
                "usage of all pods that count over their requests, cut to a whole percent: 250m \
                 used of 100m requested is 250 %; limits play no part, but nobody uses more than \
                 the limit",
            ),
            (
                "ratio",
                "utilization over the target; wanted are ratio times the pods that count, rounded \
                 up: at 140 % of a target of 70 % twice as many",
            ),
            (
                "requests",
                "each container of each pod needs a request of that resource, or the metric fails \
                 (missing request)",
            ),
            (
                "ceiling",
                "a limit of twice the request lets utilization reach 200 % and no more: the ratio, \
                 and so one step up, is bounded by it",
            ),
        ],
        own: own_hpa::utilization,
        see: &["tolerance", "readiness", "several-metrics"],
    },
    Lesson {
        name: "tolerance",
        title: "a ratio near 1 changes nothing",
        text: &[
            (
                "rule",
                "if the ratio of usage and target lies within 0.9 .. 1.1 \
                 (--horizontal-pod-autoscaler-tolerance 0.1), the proposal is the current count",
            ),
            (
                "own",
                "behavior.scaleUp.tolerance and behavior.scaleDown.tolerance set it for one HPA \
                 and direction",
            ),
            (
                "result",
                "a load that wants a tenth more pods than there are gets none: with 3 pods the \
                 step to the next is always larger than that, with 30 it is not",
            ),
        ],
        own: own_hpa::tolerance,
        see: &["utilization", "stabilization"],
    },
    Lesson {
        name: "several-metrics",
        title: "the metric that asks for most wins",
        text: &[
            ("rule", "each metric makes a proposal of its own, and the highest is taken"),
            (
                "failure",
                "with a metric that fails the others are enough to go up; to go down all of them \
                 must answer",
            ),
            (
                "result",
                "scaling down waits for the slowest metric: memory, which many applications never \
                 give back, keeps pods that cpu would let go",
            ),
        ],
        own: own_hpa::several_metrics,
        see: &["missing-metrics", "utilization"],
    },
    Lesson {
        name: "readiness",
        title: "pods that are not up yet do not count",
        text: &[
            (
                "pending",
                "pods in phase Pending count as unready for every metric; for cpu also pods that \
                 are not ready",
            ),
            (
                "fresh",
                "in the first 5 min after its start (--horizontal-pod-autoscaler-cpu-\
                 initialization-period) the cpu of a pod counts only if it is ready and the whole \
                 window of its sample lies after it became so",
            ),
            (
                "later",
                "after that it counts, ready or not, unless it has been unready since 30 s after \
                 its start (--horizontal-pod-autoscaler-initial-readiness-delay): it never was \
                 ready",
            ),
            (
                "effect",
                "on the way up unready pods count as 0 and dampen; on the way down they are left \
                 out; if nobody counts, the metric fails and nothing is done",
            ),
        ],
        own: own_hpa::readiness,
        see: &["missing-metrics", "metrics-lag"],
    },
    Lesson {
        name: "missing-metrics",
        title: "pods without a sample are assumed to want no change",
        text: &[
            (
                "up",
                "when the others ask for more, a pod without a sample counts as if it used nothing",
            ),
            (
                "down",
                "when the others ask for less, it counts as if it used all of its request (or the \
                 target, if that is higher); a raw value counts as the target",
            ),
            (
                "turned",
                "if that turns the direction, or brings the ratio within the tolerance, nothing is \
                 done",
            ),
            (
                "failed",
                "a metric without any sample fails: ScalingActive=False, the count stays; a metric \
                 that fails beside others never lowers the count",
            ),
        ],
        own: own_hpa::missing_metrics,
        see: &["readiness", "several-metrics"],
    },
    Lesson {
        name: "metrics-lag",
        title: "the HPA sees the past",
        text: &[
            (
                "way",
                "the kubelet reads counters of each container every 10 s or so, metrics-server \
                 fetches them every 15 s (--metric-resolution), the HPA asks every 15 s: a sample \
                 is the mean over a window that ended some seconds ago",
            ),
            (
                "result",
                "the first sync after a jump of the load sees a mixture of before and after, and \
                 often asks for too little; a new pod has its first sample two scrapes after it \
                 started",
            ),
        ],
        own: own_hpa::metrics_lag,
        see: &["readiness", "sync"],
    },
    Lesson {
        name: "stabilization",
        title: "recent recommendations hold the count",
        text: &[
            (
                "down",
                "the highest recommendation of the scaleDown window (5 min, unless said \
                 otherwise) is taken: pods go only when nobody has asked for them for that long",
            ),
            (
                "up",
                "the lowest recommendation of the scaleUp window is taken; it is 0 s unless said \
                 otherwise, so that one sync is enough to go up",
            ),
            (
                "what counts",
                "recommendations are what the metrics asked for at each sync, before policies and \
                 bounds; the condition is AbleToScale=True ScaleDownStabilized",
            ),
            (
                "first",
                "the count that the controller finds at its first sync counts as a recommendation: \
                 after a restart it does not shrink for one window",
            ),
        ],
        own: own_hpa::stabilization,
        see: &["policies", "behavior-defaults"],
    },
    Lesson {
        name: "policies",
        title: "how far the count may move in how much time",
        text: &[
            (
                "rule",
                "a policy allows so many Pods, or so many Percent of the count at the start of its \
                 period, in each periodSeconds; the percentage is rounded up on the way up and cut \
                 on the way down in favour of the change",
            ),
            (
                "start",
                "the count at the start of the period is the current one without what the HPA \
                 itself added, and with what it removed, in that time",
            ),
            (
                "several",
                "selectPolicy Max (the default) takes the policy that allows most, Min the one \
                 that allows least, Disabled closes the direction",
            ),
            (
                "told",
                "what was held back shows as ScalingLimited=True with ScaleUpLimit or \
                 ScaleDownLimit; what was not reached is asked for again at the next sync",
            ),
        ],
        own: own_hpa::policies,
        see: &["stabilization", "behavior-defaults", "bounds"],
    },
    Lesson {
        name: "behavior-defaults",
        title: "what holds when behavior says nothing",
        text: &[
            (
                "none",
                "without spec.behavior: no scaleUp window, a scaleDown window of 5 min \
                 (--horizontal-pod-autoscaler-downscale-stabilization); up to twice the count, or \
                 to 4, at each sync; no limit on the way down",
            ),
            (
                "some",
                "with spec.behavior what it leaves out is filled in: scaleUp window 0 s, Pods 4 \
                 and Percent 100 in 15 s, Max; scaleDown the same window as without, Percent 100 \
                 in 15 s",
            ),
            (
                "trap",
                "policies are not merged: whoever writes one scaleUp policy loses both of the \
                 defaults",
            ),
        ],
        own: own_hpa::behavior_defaults,
        see: &["policies", "stabilization"],
    },
    Lesson {
        name: "bounds",
        title: "minReplicas and maxReplicas have the last word",
        text: &[
            ("rule", "whatever comes of windows and policies is kept within both"),
            (
                "told",
                "ScalingLimited=True with TooFewReplicas or TooManyReplicas: at the maximum that \
                 means demand the HPA may not follow",
            ),
            (
                "straight",
                "a count that is outside the bounds is set to the bound at once, without metrics, \
                 windows and policies",
            ),
        ],
        own: own_hpa::bounds,
        see: &["sync", "policies"],
    },
];

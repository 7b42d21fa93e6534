//! Lessons about rollouts, disruptions and the life of pods.

use super::{Lesson, own_pods};

pub(super) const LESSONS: &[Lesson] = &[
    Lesson {
        name: "surge-and-unavailable",
        title: "how many pods a rolling update may add and miss",
        text: &[
            (
                "surge",
                "all ReplicaSets together have at most replicas + maxSurge; a percentage is \
                 rounded up",
            ),
            (
                "unavailable",
                "at least replicas - maxUnavailable stay available; a percentage is rounded down; \
                 if both come to 0, one may be unavailable",
            ),
            (
                "order",
                "the new ReplicaSet grows as far as the surge lets it; old pods go as new ones \
                 become available, those that are not available first",
            ),
            (
                "not counted",
                "pods that are being deleted: they take part in neither sum, but hold their place \
                 on the node until they are gone",
            ),
        ],
        own: own_pods::surge,
        see: &["proportional-scaling", "progress-deadline", "pdb"],
    },
    Lesson {
        name: "proportional-scaling",
        title: "a Deployment that is scaled in the middle of a rollout",
        text: &[
            (
                "rule",
                "while several ReplicaSets have pods, a change of spec.replicas is shared out \
                 between them in proportion to their sizes, new and old alike",
            ),
            (
                "rest",
                "what rounding leaves goes to the largest; on a tie to the newest on the way up",
            ),
            (
                "result",
                "an HPA that scales up during a bad release adds pods of the bad version as well",
            ),
        ],
        own: own_pods::proportional,
        see: &["surge-and-unavailable", "progress-deadline"],
    },
    Lesson {
        name: "progress-deadline",
        title: "when a rollout is called stuck",
        text: &[
            (
                "rule",
                "if nothing becomes updated, ready or available, and no old pod goes, for \
                 progressDeadlineSeconds (600), the condition turns to Progressing=False \
                 ProgressDeadlineExceeded",
            ),
            (
                "effect",
                "none: the controller reports it and goes on trying; nothing is rolled back",
            ),
            ("paused", "a paused rollout does not run against its deadline"),
        ],
        own: own_pods::progress,
        see: &["surge-and-unavailable", "crash-loop-backoff"],
    },
    Lesson {
        name: "victim-ranking",
        title: "which pods go when a ReplicaSet shrinks",
        text: &[
            (
                "first",
                "pods without a node; then those that do not run yet; then those that are not \
                 ready",
            ),
            ("cost", "then those with the lower controller.kubernetes.io/pod-deletion-cost"),
            (
                "node",
                "then those whose node has most pods of the same Deployment, so that the rest \
                 stays spread",
            ),
            (
                "age",
                "then those that have been ready for less time, then more restarts, then the \
                 younger; times are compared by their order of magnitude, so that among pods of \
                 about the same age the uid decides",
            ),
        ],
        own: own_pods::victims,
        see: &["surge-and-unavailable", "pdb"],
    },
    Lesson {
        name: "pdb",
        title: "how many pods may be evicted at once",
        text: &[
            (
                "rule",
                "disruptionsAllowed = healthy pods - those that must be healthy; with \
                 maxUnavailable the latter are the expected pods less that many, with minAvailable \
                 that many; percentages are of the expected pods, rounded up",
            ),
            (
                "expected",
                "spec.replicas of the controllers of the pods: with an HPA the number changes, and \
                 a fixed minAvailable at its minimum allows nothing",
            ),
            (
                "not bound",
                "scaling down, rollouts and deletions do not ask a budget: only the eviction API \
                 does, which kubectl drain uses",
            ),
        ],
        own: own_pods::pdb,
        see: &["eviction", "victim-ranking"],
    },
    Lesson {
        name: "eviction",
        title: "asking for a pod to go",
        text: &[
            (
                "answer",
                "the eviction API checks the budgets: 201 and the pod is deleted with its grace \
                 period, or 429 and it stays; kubectl drain tries again every 5 s",
            ),
            (
                "pending",
                "pods that do not run yet go without being counted; so do unready ones if the \
                 budget says AlwaysAllow, or has room",
            ),
            (
                "others",
                "a node that is tainted NoExecute, or short of memory, deletes pods without asking \
                 any budget",
            ),
        ],
        own: own_pods::eviction,
        see: &["pdb", "endpoints"],
    },
    Lesson {
        name: "scheduling",
        title: "why a pod is pending",
        text: &[
            (
                "fit",
                "a pod goes to a node where its requests fit into what the requests of the others \
                 leave of allocatable; usage and limits play no part",
            ),
            (
                "also",
                "node selector and affinity, taints, ports, anti-affinity and topology spread: \
                 the message of FailedScheduling counts the nodes by their reasons",
            ),
            (
                "again",
                "it is tried again when something changes that might help, with a back-off of 1 s \
                 to 10 s",
            ),
            ("held", "pods that are being deleted hold their requests until they are gone"),
        ],
        own: own_pods::scheduling,
        see: &["readiness", "surge-and-unavailable"],
    },
    Lesson {
        name: "crash-loop-backoff",
        title: "a container that keeps ending waits longer and longer",
        text: &[
            (
                "waits",
                "the first restart comes at once, the next ones after 10 s, 20 s, 40 s and so on \
                 up to 5 min; 10 min without a failure make it forget",
            ),
            (
                "for whom",
                "for each container whose process ends, whose liveness or startup probe fails, or \
                 that is killed for its memory (OOMKilled)",
            ),
            (
                "HPA",
                "a pod in CrashLoopBackOff is not ready and uses nothing, but stays in the count: \
                 the load falls to the others",
            ),
        ],
        own: own_pods::crash_loop,
        see: &["readiness", "progress-deadline"],
    },
    Lesson {
        name: "endpoints",
        title: "traffic comes late and goes late",
        text: &[
            (
                "in",
                "a pod gets traffic when it is ready, its EndpointSlice says so, and each node's \
                 kube-proxy has heard of it",
            ),
            (
                "out",
                "a pod that is deleted gets SIGTERM at once, but traffic until kube-proxy has \
                 heard of it: what it does not serve in that time fails; a preStop sleep covers it",
            ),
            (
                "grace",
                "terminationGracePeriodSeconds counts from the deletion, preStop included; then \
                 SIGKILL",
            ),
        ],
        own: own_pods::endpoints,
        see: &["eviction", "surge-and-unavailable"],
    },
    Lesson {
        name: "warm-world",
        title: "how things stand at the start",
        text: &[
            (
                "warm",
                "unless the Scenario says world: cold, all Deployments are rolled out an hour \
                 before the start, their pods are ready, images are cached, and metrics are there",
            ),
            (
                "replicas",
                "from the profile, else the live status of the manifest, else what the HPA would \
                 hold under the load of the start, else spec.replicas",
            ),
            ("phases", "when in their periods syncs and scrapes fall comes from the seed"),
        ],
        own: own_pods::warm_world,
        see: &["sync", "metrics-lag"],
    },
];

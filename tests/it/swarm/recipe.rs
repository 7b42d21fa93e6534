//! What a scenario of the swarm is made from: a seed, the features that are switched on, and a size.

use std::fmt;

use podtide::engine::random::RandomStream;

macro_rules! features {
    ($($name:ident)*) => {
        /// Something that a scenario has or has not.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Feature {
            $($name,)*
        }

        /// All of them.
        pub(crate) const FEATURES: &[Feature] = &[$(Feature::$name,)*];
    };
}

features! {
    // The cluster.
    Cold Instant OwnTimings Zones Taints NodeLabels SmallNodes FewPods SlowPull ContainerPhases
    SlowScrapes ManagerFlags
    // Deployments.
    Strategy Recreate MinReady Deadline History Paused NoReplicas ZeroReplicas
    // Their pods.
    StartupProbe ReadinessProbe LivenessProbe PreStop Grace Limits NodeAffinity NodeSelector
    AntiAffinity PodAffinity Spread Tolerations HostPort Sidecar InitContainer Priority
    // Their applications.
    Leak OutOfMemory Crash Failing NeverReady SlowStart Shutdown Warmup NoDrain MaxQueue WorkOnTimeout Concurrency
    Imbalance Retries OffCpu BadFromTheStart
    // Who scales them.
    Hpa CpuValue Memory ContainerCpu PodsMetric ObjectMetric ExternalMetric Behavior Tolerance
    ScaleToZero
    // Who protects them.
    Pdb AlwaysAllow Overlap
    // What they are asked for.
    Quiet Queue Downstream Demand Overload Ramp Step Stages Sine Spike Noise ScaleLayer
    // What happens.
    Scale SetImage Apply SetEnv SetResources Pause Undo Restart DeletePod Drain Cordon Taint FailNode
    DeleteNode AddNodes Again Impatient
    // Who brings nodes.
    Autoscaler
    // What happens to objects and around the cluster.
    MetricsOutage SlowImagePull EditHpa EditPdb Edit TrafficScale
}

/// Those with which less happens, or much more time passes: they are on less often.
const DULL: [Feature; 6] = [
    Feature::Paused,
    Feature::ZeroReplicas,
    Feature::BadFromTheStart,
    Feature::Quiet,
    Feature::Overload,
    Feature::Noise,
];

/// Those without which little happens: they are on more often.
const LIVELY: [Feature; 6] = [
    Feature::Hpa,
    Feature::Pdb,
    Feature::Scale,
    Feature::SetImage,
    Feature::Drain,
    Feature::FailNode,
];

/// A set of features, a bit for each.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Features(u128);

impl Features {
    /// Every feature on or off by a coin; how often the coin says on is drawn too.
    fn drawn(seed: u64) -> Features {
        let mut dice = Dice::new(seed, "features", 0);
        let percent = *dice.pick(&[10, 25, 25, 40, 60]);
        let mut bits = 0;
        for feature in FEATURES {
            let percent = match feature {
                _ if DULL.contains(feature) => percent / 5,
                _ if LIVELY.contains(feature) => percent.max(50),
                _ => percent,
            };
            bits |= u128::from(dice.chance(percent)) << *feature as u32;
        }
        Features(bits)
    }

    /// Whether a feature is on.
    pub(crate) fn has(self, feature: Feature) -> bool {
        self.0 >> feature as u32 & 1 == 1
    }

    /// The same without one of them.
    pub(crate) fn without(self, feature: Feature) -> Features {
        Features(self.0 & !(1 << feature as u32))
    }

    /// Those that are on.
    pub(crate) fn iter(self) -> impl Iterator<Item = Feature> {
        FEATURES.iter().copied().filter(move |feature| self.has(*feature))
    }
}

impl fmt::Debug for Features {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// All that a scenario follows from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Recipe {
    /// Seed of everything that is drawn.
    pub(crate) seed: u64,
    /// What is switched on.
    pub(crate) features: Features,
    /// How long it lasts [s].
    pub(crate) seconds: u32,
    /// How many Deployments there are.
    pub(crate) deployments: u32,
    /// How many nodes there are.
    pub(crate) nodes: u32,
    /// How many events there are at most.
    pub(crate) events: u32,
}

impl Recipe {
    /// The recipe of a seed.
    pub(crate) fn drawn(seed: u64) -> Recipe {
        let mut dice = Dice::new(seed, "size", 0);
        Recipe {
            seed,
            features: Features::drawn(seed),
            seconds: *dice.pick(&[60, 60, 120, 120, 180, 240, 300, 600]),
            deployments: *dice.pick(&[1, 1, 1, 2, 2, 3]),
            nodes: dice.between(1, 6) as u32,
            events: dice.between(1, 5) as u32,
        }
    }

    /// Whether a feature is on.
    pub(crate) fn has(&self, feature: Feature) -> bool {
        self.features.has(feature)
    }

    /// Whether a feature is on for one of several things alike: for most of them.
    pub(crate) fn has_for(&self, feature: Feature, number: u32) -> bool {
        self.has(feature) && self.dice(&format!("{feature:?}/for"), number).chance(75)
    }

    /// Dice for one purpose. What they show does not depend on other features, so that a scenario
    /// stays what it is when one of them is switched off.
    pub(crate) fn dice(&self, purpose: &str, number: u32) -> Dice {
        Dice::new(self.seed, purpose, number)
    }
}

/// A stream of random choices.
pub(crate) struct Dice(RandomStream);

impl Dice {
    fn new(seed: u64, purpose: &str, number: u32) -> Dice {
        Dice(RandomStream::numbered(seed, &format!("swarm/{purpose}"), u64::from(number)))
    }

    /// A number from `low` to `high`.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.0.below((high - low + 1) as u64) as i64
    }

    /// True in so many of a hundred cases.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.0.below(100) < percent
    }

    /// One of several.
    pub(crate) fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.0.below(choices.len() as u64) as usize]
    }

    /// A number or a percentage.
    pub(crate) fn int_or_percent(&mut self, most: i64) -> String {
        if self.chance(50) {
            return self.between(0, most).to_string();
        }
        format!("{}%", self.pick(&[0, 10, 25, 34, 50, 100]))
    }
}

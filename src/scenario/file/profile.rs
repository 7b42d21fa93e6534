//! `spec.profiles` as written: what manifests cannot tell about an application.

use super::read::{At, Table, object};
use super::scalar::{Amount, Growth, ObjectName, Share};
use super::traffic::Retries;
use crate::units::{Bytes, MilliCpu, NanoCpu, SimDuration};

/// Declares a struct with its own fields and those that may differ by image.
macro_rules! with_behavior {
    (
        $(#[doc = $doc:literal])+
        $name:ident is $what:literal;
        $( $(#[doc = $field_doc:literal])+ $key:literal => $field:ident: $type:ty, )*
    ) => {
        object! {
            $(#[doc = $doc])+
            $name is $what;
            $( $(#[doc = $field_doc])+ $key => $field: $type, )*
            /// CPU time that one request takes, such as `8ms`.
            "cpuPerRequest" => cpu_per_request: Option<At<NanoCpu>>,
            /// Time of a request off the CPU: waiting for a database, say. 0 if absent.
            "latency" => latency: Option<At<SimDuration>>,
            /// How long clients wait; 10 s if absent.
            "timeout" => timeout: Option<At<SimDuration>>,
            /// `drop` (requests whose clients are gone cost nothing) or `work` (they are worked on
            /// all the same; needs `maxQueue`).
            "onTimeout" => on_timeout: Option<At<String>>,
            /// Requests that may wait in a pod.
            "maxQueue" => max_queue: Option<At<u32>>,
            /// Requests that a pod works on at once; any number if absent.
            "concurrency" => concurrency: Option<At<u32>>,
            /// Cores that one request can use at once; 1 if absent.
            "coresPerRequest" => cores_per_request: Option<At<f64>>,
            /// Squared coefficient of variation of the service time: 1 (also if absent) is
            /// exponential, 0 constant.
            "serviceVariation" => service_variation: Option<At<f64>>,
            /// CPU used without any request; 1m if absent.
            "idle" => idle: Option<At<MilliCpu>>,
            /// Work of starting; 5 s at the CPU request if absent.
            "startup" => startup: Option<Startup>,
            /// Slowness just after the pod became ready.
            "warmup" => warmup: Option<Warmup>,
            /// Memory of the container.
            "memory" => memory: Option<Memory>,
            /// Time from SIGTERM to its end, when no request keeps it longer; 0 if absent.
            "shutdown" => shutdown: Option<At<SimDuration>>,
            /// Share of requests that fail at once, without any work; 0 if absent.
            "failing" => failing: Option<At<Share>>,
            /// A process that ends by itself.
            "crash" => crash: Option<Crash>,
            /// Whether readiness probes and health checks fail for ever.
            "neverReady" => never_ready: Option<At<bool>>,
        }

        impl $name {
            /// The fields that may differ by image.
            pub fn behavior(&self) -> ImageProfile {
                ImageProfile {
                    cpu_per_request: self.cpu_per_request.clone(),
                    latency: self.latency.clone(),
                    timeout: self.timeout.clone(),
                    on_timeout: self.on_timeout.clone(),
                    max_queue: self.max_queue.clone(),
                    concurrency: self.concurrency.clone(),
                    cores_per_request: self.cores_per_request.clone(),
                    service_variation: self.service_variation.clone(),
                    idle: self.idle.clone(),
                    startup: self.startup.clone(),
                    warmup: self.warmup.clone(),
                    memory: self.memory.clone(),
                    shutdown: self.shutdown.clone(),
                    failing: self.failing.clone(),
                    crash: self.crash.clone(),
                    never_ready: self.never_ready.clone(),
                    span: self.span.clone(),
                }
            }
        }
    };
}

with_behavior! {
    /// What manifests cannot tell about one Deployment's application.
    Profile is "a profile";
    /// Whose application.
    "deployment" => deployment: At<ObjectName>,
    /// The container that serves; the one behind the Service's port, or the first, if absent.
    "container" => container: Option<At<String>>,
    /// Pods at the start of a warm world.
    "replicas" => replicas: Option<At<i32>>,
    /// The rate at which one pod uses its CPU request, to tell `cpuPerRequest` from.
    "saturateAt" => saturate_at: Option<At<Amount>>,
    /// What clients do when a request fails.
    "retries" => retries: Option<Retries>,
    /// Coefficient of variation of the pods' shares of the load; 0 (also if absent) is even.
    "imbalance" => imbalance: Option<At<Share>>,
    /// Whether requests accepted before SIGTERM are finished; true if absent.
    "drains" => drains: Option<At<bool>>,
    /// Other containers of the pod, by name.
    "sidecars" => sidecars: Table<Sidecar>,
    /// What is different with certain images, by image as in the manifest.
    "images" => images: Table<ImageProfile>,
}

with_behavior! {
    /// What is different with an image; the rest is as without it.
    ImageProfile is "an image of a profile";
}

object! {
    /// Work of starting.
    Startup is "`startup`";
    /// How long it takes when the CPU is there; 5 s if absent.
    "time" => time: Option<At<SimDuration>>,
    /// CPU that it uses; the request if absent.
    "cpu" => cpu: Option<At<MilliCpu>>,
}

object! {
    /// A process that ends by itself.
    Crash is "`crash`";
    /// How long after the container's start.
    "after" => after: At<SimDuration>,
    /// Its exit code; 1 if absent.
    "exitCode" => exit_code: Option<At<u8>>,
}

object! {
    /// Slowness just after the pod became ready.
    Warmup is "`warmup`";
    /// CPU time of a request at first, as a multiple; falls to 1.
    "factor" => factor: At<f64>,
    /// Until it is 1.
    "time" => time: At<SimDuration>,
}

object! {
    /// Memory of a container: base + perRequest x requests inside + growth x uptime.
    Memory is "`memory`";
    /// Without any request; the greater of 32 MiB and half the request if absent.
    "base" => base: Option<At<Bytes>>,
    /// For each request that is worked on or waits.
    "perRequest" => per_request: Option<At<Bytes>>,
    /// A leak, such as `10Mi/h`.
    "growth" => growth: Option<At<Growth>>,
    /// Share of the high-water mark that is kept: 0 (also if absent) gives back at once, 1 keeps
    /// it.
    "retain" => retain: Option<At<Share>>,
    /// Time in which half of what is kept is given back; never if absent.
    "halfLife" => half_life: Option<At<SimDuration>>,
}

object! {
    /// A container that does not serve itself.
    Sidecar is "a sidecar";
    /// CPU used without any request; 1m if absent.
    "idle" => idle: Option<At<MilliCpu>>,
    /// CPU time for each request that the pod serves.
    "cpuPerRequest" => cpu_per_request: Option<At<NanoCpu>>,
    /// Memory; 16 MiB if absent.
    "memory" => memory: Option<At<Bytes>>,
}

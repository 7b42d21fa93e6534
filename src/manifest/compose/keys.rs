//! The keys that a Compose file may have. Mirrors `schema/compose-spec.json` of the Compose
//! Specification, and what docker/cli says of keys that a stack does not use.

/// At the top.
pub(super) const ROOT: &[&str] = &[
    "version", "name", "services", "networks", "volumes", "configs", "secrets", "include",
    "extends", "models",
];

/// Of a service.
pub(super) const SERVICE: &[&str] = &[
    "annotations",
    "attach",
    "blkio_config",
    "build",
    "cap_add",
    "cap_drop",
    "cgroup",
    "cgroup_parent",
    "command",
    "configs",
    "container_name",
    "cpu_count",
    "cpu_percent",
    "cpu_period",
    "cpu_quota",
    "cpu_rt_period",
    "cpu_rt_runtime",
    "cpu_shares",
    "cpus",
    "cpuset",
    "credential_spec",
    "depends_on",
    "deploy",
    "develop",
    "device_cgroup_rules",
    "devices",
    "dns",
    "dns_opt",
    "dns_search",
    "domainname",
    "entrypoint",
    "env_file",
    "environment",
    "expose",
    "extends",
    "external_links",
    "extra_hosts",
    "gpus",
    "group_add",
    "healthcheck",
    "hostname",
    "image",
    "init",
    "ipc",
    "isolation",
    "label_file",
    "labels",
    "links",
    "logging",
    "mac_address",
    "mem_limit",
    "mem_reservation",
    "mem_swappiness",
    "memswap_limit",
    "models",
    "network_mode",
    "networks",
    "oom_kill_disable",
    "oom_score_adj",
    "pid",
    "pids_limit",
    "platform",
    "ports",
    "post_start",
    "pre_stop",
    "privileged",
    "profiles",
    "provider",
    "pull_policy",
    "pull_refresh_after",
    "read_only",
    "restart",
    "runtime",
    "scale",
    "secrets",
    "security_opt",
    "shm_size",
    "stdin_open",
    "stop_grace_period",
    "stop_signal",
    "storage_opt",
    "sysctls",
    "tmpfs",
    "tty",
    "ulimits",
    "use_api_socket",
    "user",
    "userns_mode",
    "uts",
    "volume_driver",
    "volumes",
    "volumes_from",
    "working_dir",
];

/// Keys of a service that Swarm does not look at, though they would matter if it did.
pub(super) const IGNORED_BY_SWARM: &[&str] = &[
    "build",
    "container_name",
    "depends_on",
    "develop",
    "links",
    "network_mode",
    "post_start",
    "pre_stop",
    "privileged",
    "profiles",
    "restart",
];

/// Of `deploy`.
pub(super) const DEPLOY: &[&str] = &[
    "mode",
    "replicas",
    "labels",
    "endpoint_mode",
    "placement",
    "resources",
    "restart_policy",
    "rollback_config",
    "update_config",
];

/// Of `update_config` and `rollback_config`.
pub(super) const UPDATE: &[&str] =
    &["parallelism", "delay", "failure_action", "monitor", "max_failure_ratio", "order"];

/// Of `restart_policy`.
pub(super) const RESTART: &[&str] = &["condition", "delay", "max_attempts", "window"];

/// Of `resources`.
pub(super) const RESOURCES: &[&str] = &["limits", "reservations"];

/// Of `limits` and `reservations`.
pub(super) const AMOUNTS: &[&str] = &["cpus", "memory", "pids", "devices", "generic_resources"];

/// Of `placement`.
pub(super) const PLACEMENT: &[&str] = &["constraints", "preferences", "max_replicas_per_node"];

/// Of `healthcheck`.
pub(super) const HEALTHCHECK: &[&str] =
    &["test", "interval", "timeout", "retries", "start_period", "start_interval", "disable"];

/// Where a key belongs that was found in a service: below it, `deploy.replicas` for `replicas`.
pub(super) fn below_service(key: &str) -> Option<String> {
    let deploy = DEPLOY.contains(&key).then(|| format!("deploy.{key}"));
    let resources = || RESOURCES.contains(&key).then(|| format!("deploy.resources.{key}"));
    let health = || HEALTHCHECK.contains(&key).then(|| format!("healthcheck.{key}"));
    deploy.or_else(resources).or_else(health).or_else(|| update_key(key, "deploy."))
}

/// Where a key belongs that was found in `deploy`.
pub(super) fn below_deploy(key: &str) -> Option<String> {
    let resources = RESOURCES.contains(&key).then(|| format!("resources.{key}"));
    let restart = || {
        (RESTART.contains(&key) && !UPDATE.contains(&key)).then(|| format!("restart_policy.{key}"))
    };
    let placement = || PLACEMENT.contains(&key).then(|| format!("placement.{key}"));
    resources.or_else(|| update_key(key, "")).or_else(restart).or_else(placement)
}

/// Keys that only `update_config` has.
fn update_key(key: &str, before: &str) -> Option<String> {
    let only_there = UPDATE.contains(&key) && !RESTART.contains(&key);
    only_there.then(|| format!("{before}update_config.{key}"))
}

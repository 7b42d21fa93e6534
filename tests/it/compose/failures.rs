//! Tasks that fail: what counts, what a service does then, restarts and health checks.

use super::played::{Played, at};

/// Tasks without a health check: they run once they are started.
fn plain(replicas: u32, deploy: &str) -> String {
    format!(
        "services:
  web:
    image: web:v1
    deploy:
      replicas: {replicas}
{deploy}"
    )
}

fn crash(after: &str) -> String {
    format!("{{deployment: web, images: {{'web:v2': {{crash: {{after: {after}}}}}}}}}")
}

/// Example 5: the first task that ends within the monitoring period pauses the update.
#[test]
fn an_early_crash_pauses_the_update() {
    let played = Played::update(&plain(3, ""), &crash("3s"));
    // Without a delay and a health check all slots are done at once.
    assert_eq!(played.statuses(), [at(0.0, "updating"), at(3.0, "paused")]);
    let slow = plain(3, "      update_config: {delay: 10s}\n");
    let played = Played::update(&slow, &crash("3s"));
    assert_eq!(played.statuses(), [at(0.0, "updating"), at(3.0, "paused")]);
    let message = &played.messages()[1];
    let start = "update paused due to failure or early termination of task ";
    let id = message.strip_prefix(start).unwrap_or_else(|| panic!("{message}"));
    assert_eq!(id.len(), 25, "{message}");
    // The other slots are untouched, and the first one is tried again every 3 + 5 s.
    assert_eq!((played.running_with("web:v1", 400.0), played.tasks(400.0)), (2, 3));
    assert_eq!((played.running(3.0), played.running(7.999), played.running(8.0)), (2, 2, 3));
}

/// Example 5, second half: what ends after the monitoring period is not counted.
#[test]
fn a_late_crash_completes_the_update() {
    let played = Played::update(&plain(3, ""), &crash("7s"));
    assert_eq!(played.statuses(), [at(0.0, "updating"), at(5.0, "completed")]);
    assert_eq!(played.running_with("web:v1", 60.0), 0);
}

/// Example 4: 2 failures of 10 are borne, the third is one too many.
#[test]
fn a_share_of_failures_is_borne() {
    let deploy = "      update_config: {delay: 10s, max_failure_ratio: 0.2}
      restart_policy: {condition: none}
";
    let played = Played::update(&plain(10, deploy), &crash("1s"));
    assert_eq!(played.statuses(), [at(0.0, "updating"), at(21.0, "paused")]);
    assert_eq!((played.running(15.0), played.running(21.0)), (8, 7));
}

/// Example 8: the fourth of 10 slots fails. Those four go back, the fourth too.
#[test]
fn a_failure_rolls_back_what_was_changed() {
    let deploy = "      update_config: {delay: 10s, failure_action: rollback, monitor: 40s}
      rollback_config: {parallelism: 0}
";
    let played = Played::update(&plain(10, deploy), &crash("35s"));
    // The first task crashes at 35 s, when the fourth slot has just been changed.
    let expected =
        [at(0.0, "updating"), at(35.0, "rollback_started"), at(40.0, "rollback_completed")];
    assert_eq!(played.statuses(), expected);
    assert_eq!((played.running_with("web:v2", 34.0), played.running_with("web:v1", 34.0)), (4, 6));
    assert_eq!((played.running_with("web:v2", 35.1), played.running_with("web:v1", 35.1)), (0, 10));
    let messages = played.messages();
    assert!(messages[1].starts_with("update rolled back due to failure"), "{messages:?}");
    assert_eq!(messages[2], "rollback completed");
    let untouched = played.at(300.0).pods().iter().filter(|pod| pod.id.0 < 10).count();
    assert_eq!(untouched, 6, "six tasks are those of the start");
}

/// A roll-back that fails is paused: here to a version that crashes, too, but later than its own
/// update looked.
#[test]
fn a_failing_roll_back_is_paused() {
    let deploy = "      update_config: {failure_action: rollback, monitor: 5s}
      rollback_config: {monitor: 20s}
";
    let spec = "  profiles:
    - deployment: web
      images: {'web:v2': {crash: {after: 8s}}, 'web:v3': {crash: {after: 1s}}}
  events:
    - {at: 30s, setImage: {deployment: web, image: 'web:v2'}}
    - {at: 60s, setImage: {deployment: web, image: 'web:v3'}}
";
    let played = Played::new(&plain(2, deploy), spec);
    let expected = [
        at(-30.0, "updating"),
        at(-25.0, "completed"),
        at(0.0, "updating"),
        at(1.0, "rollback_started"),
        at(9.0, "rollback_paused"),
    ];
    assert_eq!(played.statuses(), expected);
    let start = "rollback paused due to failure or early termination of task ";
    assert!(played.messages()[4].starts_with(start), "{:?}", played.messages());
}

#[test]
fn continuing_looks_at_no_failure() {
    let deploy = "      update_config: {failure_action: continue, delay: 10s}\n";
    let played = Played::update(&plain(3, deploy), &crash("3s"));
    assert_eq!(played.statuses(), [at(0.0, "updating"), at(35.0, "completed")]);
}

/// Start-first: the old task stays when the new one fails.
#[test]
fn start_first_keeps_the_old_task_when_the_new_one_fails() {
    let compose = "services:
  web:
    image: web:v1
    healthcheck: {test: [CMD, 'true'], interval: 5s, retries: 2}
    deploy:
      replicas: 3
      update_config: {order: start-first, delay: 10s}
";
    let played =
        Played::update(compose, "{deployment: web, images: {'web:v2': {neverReady: true}}}");
    assert_eq!(played.statuses(), [at(0.0, "updating"), at(10.0, "paused")]);
    assert_eq!(played.bounds(), (3, 3));
    assert_eq!(played.running_with("web:v1", 300.0), 3);
}

/// Example 7: never healthy. It fails at the third check, whatever the monitoring period is.
#[test]
fn a_task_that_never_gets_healthy_fails() {
    let compose = "services:
  web:
    image: web:v1
    healthcheck: {test: [CMD, 'true'], interval: 10s, retries: 3, timeout: 2s}
    deploy:
      replicas: 2
      update_config: {monitor: 1s}
";
    let played = Played::update(
        compose,
        "{deployment: web, images: {'web:v2': {startup: {time: 1h, cpu: 0}}}}",
    );
    assert_eq!(played.statuses(), [at(0.0, "updating"), at(30.0, "paused")]);
    let failed = played.tasks_in("task: non-zero exit (0): dockerexec: unhealthy container");
    assert_eq!(failed[0], 30.0);
    // The next one starts 5 s later and fails 30 s after that.
    assert_eq!(failed[1], 65.0);
    assert_eq!((played.running(29.0), played.running(200.0)), (1, 1));
}

/// Example 6: checks of the start period find the app healthy sooner.
#[test]
fn a_start_period_has_its_own_interval() {
    let healthy_at = |start_interval: &str| {
        let compose = format!(
            "services:
  web:
    image: web:v1
    healthcheck:
      test: curl -f http://localhost/
      interval: 10s
      retries: 3
      start_period: 60s
{start_interval}"
        );
        let profile = "{deployment: web, images: {'web:v2': {startup: {time: 25s, cpu: 0}}}}";
        let played = Played::update(&compose, profile);
        played.tasks_in("started").first().copied()
    };
    assert_eq!(healthy_at("      start_interval: 5s\n"), Some(25.0));
    assert_eq!(healthy_at(""), Some(25.0), "the engine's own start_interval is 5 s");
    assert_eq!(healthy_at("      start_interval: 10s\n"), Some(30.0));
}

#[test]
fn restarts_have_a_limit() {
    let deploy = "      restart_policy: {condition: on-failure, delay: 5s, max_attempts: 3}
      update_config: {failure_action: continue}
";
    let played = Played::update(&plain(1, deploy), &crash("10s"));
    // At 10, 25, 40 and 55 s; three times there is another try.
    assert_eq!(played.tasks_in("task: non-zero exit (1)"), [10.0, 25.0, 40.0, 55.0]);
    assert_eq!(played.running(300.0), 0);
    let windowed = deploy.replace("max_attempts: 3", "max_attempts: 3, window: 40s");
    let played = Played::update(&plain(1, &windowed), &crash("10s"));
    // Within 40 s there are never three restarts before a crash: it goes on for ever.
    assert_eq!(played.tasks_in("task: non-zero exit (1)").len(), 36);
}

#[test]
fn a_task_that_ends_well_is_no_failure_for_its_restarts() {
    let deploy = "      restart_policy: {condition: on-failure}
      update_config: {failure_action: continue}
";
    let done = "{deployment: web, images: {'web:v2': {crash: {after: 10s, exitCode: 0}}}}";
    let played = Played::update(&plain(1, deploy), done);
    assert_eq!((played.running(5.0), played.running(300.0)), (1, 0));
    assert_eq!(played.tasks_in("finished"), [10.0]);
}

#[test]
fn a_stop_grace_period_ends_with_a_kill() {
    let compose = "services:
  web:
    image: web:v1
    stop_grace_period: 4s
    deploy: {replicas: 1}
";
    let played = Played::update(compose, "{deployment: web, shutdown: 1m}");
    assert_eq!((played.tasks(3.999), played.tasks(4.0)), (2, 1));
    assert_eq!(played.statuses(), [at(0.0, "updating"), at(9.0, "completed")]);
}

/// The load balancer forgets a task at once, so that only what it had in hand is lost when it
/// crashes, and nothing when it is told to stop.
#[test]
fn traffic_goes_to_tasks_that_run() {
    let spec = |fault: &str| {
        format!(
            "  profiles:
    - {{deployment: web, cpuPerRequest: 10ms, latency: 20ms, shutdown: 2s, images: {{'web:v2': {{{fault}}}}}}}
  traffic: [{{to: {{service: web}}, layers: [{{constant: 150/s}}]}}]
  events: [{{at: 1m, setImage: {{deployment: web, image: 'web:v2'}}}}]
"
        )
    };
    let deploy = "      update_config: {failure_action: rollback, delay: 10s}\n";
    let failed = |fault: &str| -> f64 {
        let played = Played::with_latencies(&plain(3, deploy), &spec(fault));
        played.recording.segments.iter().map(|segment| segment.failed).sum()
    };
    assert_eq!(failed(""), 0.0);
    let lost = failed("crash: {after: 3s}");
    assert!((lost - 150.0 / 3.0 * 0.03).abs() < 1e-6, "{lost}");
}

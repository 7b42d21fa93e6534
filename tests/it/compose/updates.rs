//! How updates go: parallelism, order, delay, monitoring.

use super::played::Played;

/// Six tasks that are healthy 8 s after their start.
fn six(update: &str) -> String {
    format!(
        "services:
  web:
    image: web:v1
    healthcheck: {{test: [CMD, 'true'], interval: 8s}}
    deploy:
      replicas: 6
      update_config: {{{update}}}
"
    )
}

const PROFILE: &str = "{deployment: web, startup: {time: 8s, cpu: 0}}";

#[test]
fn stop_first_goes_in_rounds() {
    let played = Played::update(&six("parallelism: 2, delay: 10s, monitor: 5s"), PROFILE);
    println!("{:?} {:?}", played.statuses(), played.bounds());
    for s in [0.0, 1.0, 7.9, 8.0, 17.9, 18.0, 26.0, 36.0, 44.0, 54.0, 59.0] {
        println!("{s}: {} {}", played.running(s), played.running_with("web:v2", s));
    }
}

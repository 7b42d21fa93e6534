//! How updates go: parallelism, order, delay, monitoring.

use super::played::Played;

/// Six tasks that are healthy 8 s after their start, and stop at once.
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
fn a_service_without_an_update_stays_as_it_is() {
    let played = Played::new(&six("parallelism: 2"), "");
    assert_eq!((played.running(0.0), played.running(300.0)), (6, 6));
    assert_eq!(played.messages(), [""; 0]);
}

#[test]
fn stop_first_goes_in_rounds() {
    let played = Played::update(&six("parallelism: 2, delay: 10s, monitor: 5s"), PROFILE);
    let statuses = [(0.0, "updating".to_owned()), (59.0, "completed".to_owned())];
    assert_eq!(played.statuses(), statuses);
    assert_eq!(played.messages(), ["update in progress", "update completed"]);
    let counts = |seconds: f64| (played.running(seconds), played.running_with("web:v2", seconds));
    assert_eq!(counts(0.0), (4, 0));
    assert_eq!((counts(7.999), counts(8.0)), ((4, 0), (6, 2)));
    assert_eq!((counts(17.999), counts(18.0)), ((6, 2), (4, 2)));
    assert_eq!((counts(44.0), counts(59.0)), ((6, 6), (6, 6)));
    assert_eq!(played.bounds(), (4, 6));
}

#[test]
fn all_at_once_is_an_outage() {
    let played = Played::update(&six("parallelism: 0"), PROFILE);
    assert_eq!((played.running(0.0), played.running(7.999), played.running(8.0)), (0, 0, 6));
    assert_eq!(played.statuses().last(), Some(&(13.0, "completed".to_owned())));
}

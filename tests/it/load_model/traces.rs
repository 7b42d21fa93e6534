//! Recordings as they come from load generators, clouds and Prometheus.

use podtide::workload::trace::{
    CsvOptions, PrometheusOptions, Trace, TraceError, TraceStamp, Unit, parse_csv, parse_prometheus,
};

fn csv(text: &str) -> Trace {
    parse_csv(text, &CsvOptions::default()).expect("the recording is valid")
}

fn csv_error(text: &str) -> TraceError {
    parse_csv(text, &CsvOptions::default()).expect_err("the recording is broken")
}

fn points(trace: &Trace) -> Vec<(i64, f64)> {
    trace.iter().collect()
}

fn prometheus(text: &str) -> Result<Trace, TraceError> {
    parse_prometheus(text, &PrometheusOptions::default())
}

fn matrix(series: &str) -> String {
    format!(r#"{{"status":"success","data":{{"resultType":"matrix","result":[{series}]}}}}"#)
}

#[test]
fn seconds_and_values_are_read() {
    let trace = csv("seconds,value\n0,52\n1,55\n2,48\n");
    assert_eq!(trace.stamp(), TraceStamp::Relative);
    assert_eq!(points(&trace), [(0, 52.0), (1000, 55.0), (2000, 48.0)]);
}

#[test]
fn dates_and_times_are_read() {
    let trace = csv("timestamp,value\n2014-03-07 03:41:00,45.868\n2014-03-07 03:46:00,47.6\n");
    assert_eq!(trace.stamp(), TraceStamp::Unix);
    assert_eq!(points(&trace), [(1_394_163_660_000, 45.868), (1_394_163_960_000, 47.6)]);
}

#[test]
fn counts_are_divided_by_the_distance_of_rows() {
    let options = CsvOptions { unit: Some(Unit::Count), ..CsvOptions::default() };
    let text = "timestamp,value\n2014-04-10 00:04:00,90.0\n2014-04-10 00:09:00,60.0\n";
    let trace = parse_csv(text, &options).expect("the recording is valid");
    assert_eq!(trace.values(), [0.3, 0.2]);
}

#[test]
fn locust_history_gives_the_aggregated_rate() {
    let text = "Timestamp,User Count,Type,Name,Requests/s,Failures/s,50%\n\
                1743426996,0,,Aggregated,0.000000,0.000000,N/A\n\
                1743426997,1,GET,/cart,9.5,0,12\n\
                1743426997,1,,Aggregated,31.600000,31.600000,280\n";
    let trace = csv(text);
    assert_eq!(points(&trace), [(1_743_426_996_000, 0.0), (1_743_426_997_000, 31.6)]);
}

#[test]
fn tables_without_a_header_and_with_other_separators_are_read() {
    assert_eq!(points(&csv("0;1.5\n60;2.5\n")), [(0, 1.5), (60_000, 2.5)]);
    assert_eq!(points(&csv("# saved by hand\nrps\ttime\n4\t08:00\n5\t08:01\n"))[1].1, 5.0);
}

#[test]
fn times_of_day_go_on_after_midnight() {
    let trace = csv("time,rpm\n23:59,60\n00:00,120\n");
    assert_eq!(trace.stamp(), TraceStamp::TimeOfDay);
    assert_eq!(points(&trace), [(86_340_000, 1.0), (86_400_000, 2.0)]);
}

#[test]
fn holes_and_repeats_are_said() {
    let trace = csv("seconds,value\n0,1\n1,NaN\n2,3\n2,5\n3,\n4,6\n");
    assert_eq!(points(&trace), [(0, 1.0), (2000, 4.0), (4000, 6.0)]);
    let notes = trace.notes().join("; ");
    assert!(notes.contains("2 rows without a value"), "{notes}");
    assert!(notes.contains("1 repeated"), "{notes}");
}

#[test]
fn broken_rows_are_named_by_line() {
    let error = csv_error("seconds,value\n0,1\nlater,2\n");
    assert_eq!((error.line, error.message.as_str()), (Some(3), "`later` is no time stamp"));
    let error = csv_error("seconds,value\n0,1\n1,many\n");
    assert_eq!((error.line, error.message.as_str()), (Some(3), "`many` is no number"));
    let error = csv_error("seconds,value\n0,-1\n");
    assert_eq!((error.line, error.message.as_str()), (Some(2), "`-1` is below zero"));
    assert_eq!(csv_error("").message, "the recording is empty");
    assert_eq!(csv_error("seconds,value\n").message, "the recording has no values");
    let options = CsvOptions { value: Some("rps".to_owned()), ..CsvOptions::default() };
    let error = parse_csv("seconds,value\n0,1\n", &options).expect_err("no such column");
    assert_eq!(error.help, "write one of `seconds`, `value`");
}

#[test]
fn hostile_text_is_an_error_and_no_panic() {
    for text in ["\0\0\0", "\"", "a\n\"b", "1e999,1\n", "inf,nan\n", ",\n,\n", "\u{feff}"] {
        let _ = parse_csv(text, &CsvOptions::default());
        let _ = prometheus(text);
    }
    assert!(prometheus(&"[".repeat(100_000)).is_err());
    assert!(prometheus(&matrix(r#"{"values":[[1e300,"1"]]}"#)).is_err());
}

#[test]
fn gauges_are_summed_over_series() {
    let series = r#"{"metric":{"pod":"a"},"values":[[10,"1"],[20,"2"],[30,"3"]]},
                    {"metric":{"pod":"b"},"values":[[10,"5"],[30,"9"]]}"#;
    let trace = prometheus(&matrix(series)).expect("the answer is valid");
    assert_eq!(points(&trace), [(10_000, 6.0), (20_000, 9.0), (30_000, 12.0)]);
}

#[test]
fn counters_are_taken_by_rate_with_resets() {
    let series = r#"{"metric":{"__name__":"http_requests_total"},
                     "values":[[0.5,"100"],[10.5,"150"],[20.5,"30"],[30.5,"30"]]}"#;
    let trace = prometheus(&matrix(series)).expect("the answer is valid");
    assert_eq!(points(&trace), [(5_500, 5.0), (15_500, 3.0), (25_500, 0.0)]);
    assert!(trace.notes().join("; ").contains("1 counter resets"));
}

#[test]
fn answers_without_a_load_are_explained() {
    assert_eq!(prometheus(&matrix("")).expect_err("empty").message, "the answer is empty");
    let vector = r#"{"status":"success","data":{"resultType":"vector",
                     "result":[{"metric":{},"value":[1,"2"]}]}}"#;
    let message = prometheus(vector).expect_err("a vector").message;
    assert_eq!(message, "the answer is a vector, a matrix is needed");
    let scalar = r#"{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}"#;
    let message = prometheus(scalar).expect_err("a scalar").message;
    assert_eq!(message, "the answer is a scalar, a matrix is needed");
    let failed = r#"{"status":"error","errorType":"bad_data","error":"parse error"}"#;
    let message = prometheus(failed).expect_err("an error").message;
    assert_eq!(message, "Prometheus answered with an error: `parse error`");
    let once = r#"{"metric":{"__name__":"a_total"},"values":[[0,"1"]]}"#;
    assert!(prometheus(&matrix(once)).expect_err("one sample").help.contains("two samples"));
}

//! Text and pictures, from reports made by hand.

mod world;

use std::collections::BTreeSet;

use podtide::render::chart::{self, ChartOptions, Theme};
use podtide::render::text::{Style, TextOptions, text};
use podtide::render::{csv, json};
use podtide::report::EventRow;

#[test]
fn a_summary_fits_80_columns() {
    let options = TextOptions::default();
    let summary = text(&world::flash_sale(), &options);
    assert!(summary.lines().all(|line| line.chars().count() <= 80), "{summary}");
    insta::assert_snapshot!(summary);
}

#[test]
fn a_summary_in_ascii() {
    let style = Style { ascii: true, width: 100, color: false };
    let summary = text(&world::saturated(), &TextOptions { style, ..TextOptions::default() });
    assert!(summary.is_ascii(), "{summary}");
    insta::assert_snapshot!(summary);
}

#[test]
fn a_summary_of_several_workloads() {
    let style = Style { width: 120, ..Style::default() };
    let options = TextOptions { style, ..TextOptions::default() };
    insta::assert_snapshot!(text(&world::shop_of_three(), &options));
}

#[test]
fn json_has_the_documented_fields() {
    let mut report = world::saturated();
    report.events = vec![EventRow { at_seconds: 1.0, text: "an event".to_owned(), refused: None }];
    let text = json::json(&report);
    insta::assert_snapshot!(text);
    let docs = std::fs::read_to_string("docs/output.md").expect("the output is documented");
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON can be read back");
    let mut names = BTreeSet::new();
    collect(&value, &mut names);
    let known = |name: &String| {
        docs.contains(&format!("`{name}`")) || docs.contains(&format!("`{name}[]`"))
    };
    let missing: Vec<_> = names.into_iter().filter(|name| !known(name)).collect();
    assert!(missing.is_empty(), "not documented: {missing:?}");
}

fn collect(value: &serde_json::Value, names: &mut BTreeSet<String>) {
    match value {
        serde_json::Value::Object(fields) => {
            for (name, field) in fields {
                names.insert(name.clone());
                collect(field, names);
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, names)),
        _ => {}
    }
}

#[test]
fn csv_has_the_documented_columns() {
    let report = world::saturated();
    let docs = std::fs::read_to_string("docs/output.md").expect("the output is documented");
    let (series, decisions) = (csv::series(&report, Some(60.0)), csv::decisions(&report));
    for column in
        series.lines().chain(decisions.lines()).next().into_iter().flat_map(|line| line.split(','))
    {
        let name = if column.starts_with("metric:") { "metric:NAME" } else { column };
        assert!(docs.contains(&format!("`{name}`")), "not documented: {name}");
    }
    insta::assert_snapshot!(format!("{series}\n{decisions}"));
    let all = csv::series(&report, None);
    assert!(all.lines().count() > series.lines().count());
}

#[test]
fn a_chart_is_the_same_twice() {
    let options = ChartOptions { width: 800, height: 450, ..ChartOptions::default() };
    let svg = chart::svg(&world::saturated(), &options);
    assert_eq!(svg, chart::svg(&world::saturated(), &options));
    insta::assert_snapshot!(svg);
    let small = ChartOptions { width: 320, height: 320, ..options };
    let png = chart::png(&world::saturated(), &small);
    assert_eq!(png, chart::png(&world::saturated(), &small));
}

#[test]
fn a_png_has_the_size_asked_for() {
    let options =
        ChartOptions { width: 400, height: 320, theme: Theme::Dark, ..ChartOptions::default() };
    let bytes = chart::png(&world::shop_of_three(), &options);
    let mut reader = png::Decoder::new(bytes.as_slice()).read_info().expect("it is a PNG");
    let mut pixels = vec![0; reader.output_buffer_size()];
    let info = reader.next_frame(&mut pixels).expect("it has a picture");
    assert_eq!((info.width, info.height), (400, 320));
    assert_eq!(&pixels[..3], &[19, 23, 28], "the ground is dark");
    let colours: BTreeSet<&[u8]> = pixels.chunks(3).collect();
    assert!(colours.len() > 100, "there is something on it");
}

#[test]
fn no_text_is_smaller_than_11_pixels() {
    for width in [320, 800, 1600] {
        let options = ChartOptions { width, height: 600, ..ChartOptions::default() };
        let svg = chart::svg(&world::flash_sale(), &options);
        let sizes = svg.split("font-size=\"").skip(1).map(|rest| {
            let size = rest.split('"').next().expect("an attribute ends");
            size.parse::<f64>().expect("a size is a number") / 4.0
        });
        let least = sizes.fold(f64::INFINITY, f64::min);
        assert!(least >= 10.99, "{least} px at a width of {width}");
    }
}

#[test]
fn odd_reports_can_be_drawn() {
    let nothing = world::report("nothing", &[]);
    let mut bare = world::saturated();
    bare.workloads[0].hpa = None;
    bare.workloads[0].requests = None;
    bare.series.workloads[0] = podtide::report::WorkloadSeries::default();
    for report in [nothing, bare] {
        let options = ChartOptions {
            from_seconds: Some(9e9),
            to_seconds: Some(-1.0),
            ..ChartOptions::default()
        };
        assert!(chart::svg(&report, &options).ends_with("</svg>\n"));
        assert!(!text(&report, &TextOptions::default()).is_empty());
        assert!(!csv::series(&report, None).is_empty());
    }
}

#[test]
#[ignore = "writes pictures to look at"]
fn pictures_to_look_at() {
    let reports = [world::flash_sale(), world::day(), world::saturated(), world::shop_of_three()];
    for report in reports {
        for (theme, name) in [(Theme::Light, "light"), (Theme::Dark, "dark")] {
            let options = ChartOptions { theme, ..ChartOptions::default() };
            let path = format!("target/look-{}-{name}", report.scenario.name);
            let png = chart::png(&report, &options);
            std::fs::write(format!("{path}.png"), png).expect("target can be written");
            let svg = chart::svg(&report, &options);
            std::fs::write(format!("{path}.svg"), svg).expect("target can be written");
        }
        let path = format!("target/look-{}.txt", report.scenario.name);
        std::fs::write(path, text(&report, &TextOptions::default()))
            .expect("target can be written");
    }
}

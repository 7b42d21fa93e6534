//! Text and pictures, from reports made by hand.

mod world;

use podtide::render::chart::{self, ChartOptions, Theme};
use podtide::render::text::{Style, TextOptions, text};

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

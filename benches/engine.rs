//! The engine's queue under the hold model: take the next wake, put one back a random time later,
//! with so many pending throughout.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use podtide::engine::random::RandomStream;
use podtide::engine::timer::PeriodicTimer;
use podtide::engine::wakes::{Component, Wakes};
use podtide::units::{SimDuration, SimTime};

const COMPONENT: Component = Component { number: 0, rank: 0 };

fn hold(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine/hold");
    for pending in [10_u32, 100, 1_000, 10_000] {
        group.bench_function(BenchmarkId::from_parameter(pending), |bencher| {
            let mut stream = RandomStream::new(1, "hold");
            let mut wakes = Wakes::default();
            for key in 0..pending {
                wakes.wake(COMPONENT, key, SimTime(stream.below(10_000) as i64));
            }
            bencher.iter(|| {
                let wake = wakes.pop_due(SimTime::MAX, 1).expect("wakes are pending throughout");
                let later = SimDuration(1 + stream.below(10_000) as i64);
                wakes.wake(COMPONENT, wake.key, wake.at + later);
            });
        });
    }
    group.finish();
}

fn tick(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("engine/periodic");
    for keys in [1_u32, 100] {
        group.bench_function(BenchmarkId::from_parameter(keys), |bencher| {
            let mut timer = PeriodicTimer::new(SimDuration::from_secs(15));
            for key in 0..keys {
                timer.start(key, SimTime(i64::from(key) * 7));
            }
            bencher.iter(|| {
                let (at, key) = timer.pop().expect("keys come again");
                timer.again(key, at);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, hold, tick);
criterion_main!(benches);

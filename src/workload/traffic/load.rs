//! The compiled load: linear pieces in arrays, with prefix integrals and maxima per block.

mod search;

use crate::units::{SimDuration, SimTime};

use super::curve::Curve;

/// Length of a block of maxima, unless the load lasts longer than [`MAX_BLOCKS`] of them \[ms\].
const BLOCK_MS: i64 = 15_000;
/// The most blocks kept; a longer load has longer blocks.
const MAX_BLOCKS: i64 = 1 << 20;
/// A rate over time: linear pieces over `[0, duration)`, held outside. Immutable; share it with
/// [`std::sync::Arc`].
///
/// Rates are requests/s (or cores), integrals are requests (or core-seconds). Methods that end in
/// `_ms` take an instant in ms as `f64`, because the model's own instants (the moment at which a
/// backlog is gone) lie between whole milliseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    duration_ms: i64,
    /// In order of time, the first from 0. All of a piece is in one place, because it is read at
    /// instants far from each other.
    pieces: Vec<Piece>,
    /// Length of every piece but the last, where they are equal; else 0.
    grid_ms: i64,
    block_ms: i64,
    /// The piece that holds the start of each block.
    block_piece: Vec<u32>,
    /// Maxima per block, per 16 blocks, per 256 blocks, ...; never empty.
    maxima: Vec<Vec<f64>>,
}

/// A linear piece of a load.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Piece {
    at_ms: i64,
    end_ms: i64,
    /// Rate at the start.
    first: f64,
    /// Rate just before the end.
    last: f64,
    /// Integral from 0 to the start.
    before: f64,
}

/// The load from one instant to the next breakpoint.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LoadPiece {
    /// The instant asked for \[ms\].
    pub from_ms: f64,
    /// The next breakpoint \[ms\]; infinite after the last.
    pub to_ms: f64,
    /// Rate at `from_ms` \[1/s\].
    pub rate: f64,
    /// Change of the rate \[1/s²\].
    pub slope: f64,
}

/// A reader that remembers its place: O(1) amortised for instants that grow.
#[derive(Clone, Debug)]
pub struct LoadCursor<'a> {
    load: &'a Load,
    piece: usize,
}

impl Load {
    /// The same rate always.
    pub fn constant(rate: f64, duration: SimDuration) -> Load {
        Load::from_curve(Curve::constant(duration.0.max(1), rate))
    }

    pub(super) fn from_curve(curve: Curve) -> Load {
        let Curve { duration_ms, at_ms, first, last } = curve;
        let mut pieces = Vec::with_capacity(at_ms.len());
        let mut before = 0.0;
        for (place, (&at_ms, end_ms)) in at_ms.iter().zip(ends(&at_ms, duration_ms)).enumerate() {
            let (first, last) = (first[place], last[place]);
            pieces.push(Piece { at_ms, end_ms, first, last, before });
            before += 0.5 * (first + last) * seconds((end_ms - at_ms) as f64);
        }
        let blocks = duration_ms.div_euclid(BLOCK_MS) + 1;
        let block_ms = BLOCK_MS * (blocks / MAX_BLOCKS + 1);
        let grid_ms = grid(&at_ms, duration_ms);
        let mut load = Load {
            duration_ms,
            pieces,
            grid_ms,
            block_ms,
            block_piece: Vec::new(),
            maxima: Vec::new(),
        };
        load.index_blocks();
        load
    }

    /// How long the load lasts; its last rate is held after that.
    pub fn duration(&self) -> SimDuration {
        SimDuration(self.duration_ms)
    }

    /// The number of linear pieces.
    pub fn pieces(&self) -> u32 {
        self.pieces.len() as u32
    }

    /// The rate at `at` \[1/s\]; at a jump the one that follows.
    pub fn rate(&self, at: SimTime) -> f64 {
        self.piece_at_ms(at.0 as f64).rate
    }

    /// The integral over `[from, to)` \[requests\].
    pub fn integral(&self, from: SimTime, to: SimTime) -> f64 {
        self.cumulative_ms(to.0 as f64) - self.cumulative_ms(from.0 as f64)
    }

    /// The integral from 0 to `at_ms` \[requests\]; negative in the past.
    pub fn cumulative_ms(&self, at_ms: f64) -> f64 {
        if at_ms < 0.0 {
            return self.pieces[0].first * seconds(at_ms);
        }
        let piece = self.find(at_ms);
        self.cumulative_in(piece, at_ms)
    }

    fn cumulative_in(&self, piece: usize, at_ms: f64) -> f64 {
        let from = self.pieces[piece].at_ms as f64;
        let end = self.end_ms(piece) as f64;
        let first = self.pieces[piece].first;
        if at_ms > end {
            let last = self.pieces[piece].last;
            let whole = 0.5 * (first + last) * seconds(end - from);
            return self.pieces[piece].before + whole + last * seconds(at_ms - end);
        }
        self.pieces[piece].before
            + 0.5 * (first + self.rate_in(piece, at_ms)) * seconds(at_ms - from)
    }

    /// The linear piece that begins at `at_ms`.
    pub fn piece_at_ms(&self, at_ms: f64) -> LoadPiece {
        if at_ms < 0.0 {
            return LoadPiece {
                from_ms: at_ms,
                to_ms: 0.0,
                rate: self.pieces[0].first,
                slope: 0.0,
            };
        }
        let piece = self.find(at_ms);
        self.piece_from(piece, at_ms)
    }

    fn piece_from(&self, piece: usize, at_ms: f64) -> LoadPiece {
        let end = self.end_ms(piece) as f64;
        if at_ms >= end {
            let rate = self.pieces[piece].last;
            return LoadPiece { from_ms: at_ms, to_ms: f64::INFINITY, rate, slope: 0.0 };
        }
        let slope = self.slope(piece);
        LoadPiece { from_ms: at_ms, to_ms: end, rate: self.rate_in(piece, at_ms), slope }
    }

    /// The first breakpoint after `at`, if there is one.
    pub fn next_breakpoint(&self, at: SimTime) -> Option<SimTime> {
        let to_ms = self.piece_at_ms(at.0 as f64).to_ms;
        (to_ms.is_finite()).then_some(SimTime(to_ms as i64))
    }

    /// All breakpoints in order: instant, rate just before, rate from then on.
    pub fn breakpoints(&self) -> impl Iterator<Item = (SimTime, f64, f64)> + '_ {
        (0..self.pieces.len()).map(|piece| {
            let left = if piece == 0 { self.pieces[0].first } else { self.pieces[piece - 1].last };
            (SimTime(self.pieces[piece].at_ms), left, self.pieces[piece].first)
        })
    }

    /// A reader that starts at time 0.
    pub fn cursor(&self) -> LoadCursor<'_> {
        LoadCursor { load: self, piece: 0 }
    }

    fn block_of(&self, at_ms: i64) -> usize {
        ((at_ms / self.block_ms) as usize).min(self.maxima[0].len() - 1)
    }

    fn end_ms(&self, piece: usize) -> i64 {
        self.pieces[piece].end_ms
    }

    /// The rate after the end.
    fn held_rate(&self) -> f64 {
        self.pieces[self.pieces.len() - 1].last
    }

    fn slope(&self, piece: usize) -> f64 {
        let (first, last) = (self.pieces[piece].first, self.pieces[piece].last);
        if first == last {
            return 0.0;
        }
        (last - first) / seconds((self.end_ms(piece) - self.pieces[piece].at_ms) as f64)
    }

    /// The rate at an instant inside a piece, or at its end from the left.
    fn rate_in(&self, piece: usize, at_ms: f64) -> f64 {
        let (first, last) = (self.pieces[piece].first, self.pieces[piece].last);
        if first == last {
            return first;
        }
        let from = self.pieces[piece].at_ms as f64;
        let share = ((at_ms - from) / (self.end_ms(piece) as f64 - from)).clamp(0.0, 1.0);
        first + (last - first) * share
    }

    /// The piece that holds an instant that is not negative.
    fn find(&self, at_ms: f64) -> usize {
        let at = at_ms as i64;
        let pieces = self.pieces.len();
        if self.grid_ms > 0 {
            return ((at / self.grid_ms) as usize).min(pieces - 1);
        }
        let block = self.block_of(at);
        let low = self.block_piece[block] as usize;
        let high = self.block_piece.get(block + 1).map_or(pieces, |piece| *piece as usize + 1);
        low + self.pieces[low..high].partition_point(|piece| piece.at_ms <= at).saturating_sub(1)
    }
}

impl LoadCursor<'_> {
    /// As [`Load::piece_at_ms`].
    pub fn piece_at_ms(&mut self, at_ms: f64) -> LoadPiece {
        if at_ms < 0.0 {
            return self.load.piece_at_ms(at_ms);
        }
        self.seek(at_ms);
        self.load.piece_from(self.piece, at_ms)
    }

    /// As [`Load::cumulative_ms`].
    pub fn cumulative_ms(&mut self, at_ms: f64) -> f64 {
        if at_ms < 0.0 {
            return self.load.cumulative_ms(at_ms);
        }
        self.seek(at_ms);
        self.load.cumulative_in(self.piece, at_ms)
    }

    /// The piece of the last instant, the one after it, or any other one.
    fn seek(&mut self, at_ms: f64) {
        let at = at_ms as i64;
        let pieces = &self.load.pieces;
        let near = self.piece..pieces.len().min(self.piece + 2);
        let holds = |place: &usize| pieces[*place].at_ms <= at && at < pieces[*place].end_ms;
        self.piece = near.into_iter().find(holds).unwrap_or_else(|| self.load.find(at_ms));
    }
}

/// Where each piece ends: where the next one begins.
fn ends(at_ms: &[i64], duration_ms: i64) -> impl Iterator<Item = i64> {
    at_ms[1..].iter().copied().chain([duration_ms])
}

/// The common length of all pieces but the last, or 0.
fn grid(at_ms: &[i64], duration_ms: i64) -> i64 {
    if at_ms.len() == 1 {
        return duration_ms;
    }
    let step = at_ms[1];
    if at_ms.windows(2).all(|pair| pair[1] - pair[0] == step) { step } else { 0 }
}

/// Milliseconds as seconds.
fn seconds(ms: f64) -> f64 {
    ms / 1000.0
}

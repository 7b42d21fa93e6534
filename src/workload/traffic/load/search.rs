//! Looking for the greatest rate and for the first rate above a threshold: by maxima of blocks, and
//! of groups of 16, 256, ... blocks.

use crate::units::SimTime;

use super::Load;

/// Blocks that one entry of the next level stands for.
const FAN: usize = 16;

impl Load {
    pub(super) fn index_blocks(&mut self) {
        let mut piece = 0;
        let mut maxima = Vec::new();
        let mut from = 0;
        while from < self.duration_ms {
            while piece + 1 < self.pieces.len() && self.pieces[piece + 1].at_ms <= from {
                piece += 1;
            }
            self.block_piece.push(piece as u32);
            let to = (from + self.block_ms).min(self.duration_ms);
            maxima.push(self.max_of_pieces(piece, from as f64, to as f64));
            from = to;
        }
        self.maxima.push(maxima);
        while let Some(level) = self.maxima.last().filter(|level| level.len() > 1) {
            let next = level.chunks(FAN).map(|chunk| chunk.iter().copied().fold(0.0, f64::max));
            let next = next.collect();
            self.maxima.push(next);
        }
    }

    /// The greatest rate in `[from, to)`, where `from` lies in `piece`.
    fn max_of_pieces(&self, mut piece: usize, from: f64, to: f64) -> f64 {
        let mut greatest: f64 = 0.0;
        let mut at = from;
        while at < to && piece < self.pieces.len() {
            let end = self.end_ms(piece) as f64;
            let until = end.min(to);
            greatest = greatest.max(self.rate_in(piece, at)).max(self.rate_in(piece, until));
            at = until;
            piece += 1;
        }
        greatest
    }

    /// The greatest rate in `[from, to]` \[1/s\]; exact.
    pub fn max_in(&self, from: SimTime, to: SimTime) -> f64 {
        let (from, to) = (from.0.min(to.0), to.0.max(from.0));
        let mut greatest: f64 = if from < 0 { self.pieces[0].first } else { 0.0 };
        if to >= self.duration_ms {
            greatest = greatest.max(self.held_rate());
        }
        let from = from.clamp(0, self.duration_ms);
        let to = to.clamp(0, self.duration_ms);
        greatest = greatest.max(self.rate(SimTime(from)));
        let (mut block, last_block) = (self.block_of(from) + 1, self.block_of(to));
        if block > last_block {
            return greatest.max(self.max_of_pieces(
                self.find(from as f64),
                from as f64,
                to as f64,
            ));
        }
        let head = (block as i64 * self.block_ms) as f64;
        let tail = (last_block as i64 * self.block_ms) as f64;
        greatest = greatest.max(self.max_of_pieces(self.find(from as f64), from as f64, head));
        while block < last_block {
            let (value, skip) = self.aligned_max(block, last_block);
            greatest = greatest.max(value);
            block += skip;
        }
        greatest.max(self.max_of_pieces(self.find(tail), tail, to as f64))
    }

    /// The greatest rate of all time \[1/s\].
    pub fn greatest(&self) -> f64 {
        let blocks = self.maxima.last().map_or(0.0, |top| top.iter().copied().fold(0.0, f64::max));
        blocks.max(self.pieces[0].first).max(self.held_rate())
    }

    /// The greatest known group of blocks that begins at `block` and ends by `limit`.
    fn aligned_max(&self, block: usize, limit: usize) -> (f64, usize) {
        let mut best = (self.maxima[0][block], 1);
        let mut width = 1;
        for level in &self.maxima[1..] {
            width *= FAN;
            if !block.is_multiple_of(width) || block + width > limit {
                break;
            }
            best = (level[block / width], width);
        }
        best
    }

    /// The first instant at or after `at_ms` \[ms\] at which the rate is above `threshold`;
    /// infinite if it never is. O(log n): whole groups of blocks are skipped by their maxima.
    pub fn first_above_ms(&self, at_ms: f64, threshold: f64) -> f64 {
        if at_ms < 0.0 {
            let now = self.pieces[0].first > threshold;
            return if now { at_ms } else { self.first_above_ms(0.0, threshold) };
        }
        if at_ms < self.duration_ms as f64 {
            let found = self.first_in_blocks(at_ms, threshold);
            if found.is_finite() {
                return found;
            }
        }
        let held = self.held_rate() > threshold;
        if held { at_ms.max(self.duration_ms as f64) } else { f64::INFINITY }
    }

    fn first_in_blocks(&self, at_ms: f64, threshold: f64) -> f64 {
        let mut block = self.block_of(at_ms as i64);
        let mut at = at_ms;
        loop {
            let found = self.first_in_block(block, at, threshold);
            if found.is_finite() {
                return found;
            }
            block += 1;
            while let Some(width) = self.width_below(block, threshold) {
                block += width;
            }
            if block >= self.maxima[0].len() {
                return f64::INFINITY;
            }
            at = (block as i64 * self.block_ms) as f64;
        }
    }

    /// How many blocks from `block` on one group shows to be at most `threshold`; none if the block
    /// itself is above.
    fn width_below(&self, block: usize, threshold: f64) -> Option<usize> {
        let mut below = None;
        let mut width = 1;
        for level in &self.maxima {
            let value = level.get(block / width)?;
            if !block.is_multiple_of(width) || *value > threshold {
                break;
            }
            below = Some(width);
            width *= FAN;
        }
        below
    }

    fn first_in_block(&self, block: usize, at_ms: f64, threshold: f64) -> f64 {
        if self.maxima[0][block] <= threshold {
            return f64::INFINITY;
        }
        let end = (((block + 1) as i64) * self.block_ms).min(self.duration_ms) as f64;
        let mut piece = self.find(at_ms);
        let mut at = at_ms;
        while at < end && piece < self.pieces.len() {
            let until = (self.end_ms(piece) as f64).min(end);
            let rate = self.rate_in(piece, at);
            if rate > threshold {
                return at;
            }
            if self.rate_in(piece, until) > threshold {
                let crossing = at + (threshold - rate) / self.slope(piece) * 1000.0;
                return crossing.clamp(at, until);
            }
            at = until;
            piece += 1;
        }
        f64::INFINITY
    }
}

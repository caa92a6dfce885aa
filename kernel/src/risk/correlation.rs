//! Correlations between what was drawn and what came of it.
//!
//! A thousand activities are set beside a thousand dates: each run of numbers is standardised once, and a correlation is
//! then a sum of products in lanes. Single precision leaves six digits, of which four are told.

use super::LANES;
use super::sample::Lanes;

/// A run of numbers less their mean, over their spread: the products of two such runs add up to their correlation. All
/// zero when the numbers do not vary.
pub(crate) fn standardised<'a>(blocks: impl Iterator<Item = &'a [i32]>) -> Vec<Lanes<f32>> {
    let mut origin = None;
    let from_origin = |block: &[i32]| -> Lanes<f32> {
        // Minutes since 1970 have more digits than a float.
        let origin = *origin.get_or_insert(block[0]);
        std::array::from_fn(|lane| (block[lane] - origin) as f32)
    };
    let mut run: Vec<Lanes<f32>> = blocks.map(from_origin).collect();
    let mean = sum(run.iter().copied()) / (run.len() * LANES).max(1) as f32;
    for block in &mut run {
        *block = block.map(|value| value - mean);
    }
    let spread = sum(run.iter().map(|block| block.map(|value| value * value))).sqrt();
    let scale = if spread > 0.0 { 1.0 / spread } else { 0.0 };
    for block in &mut run {
        *block = block.map(|value| value * scale);
    }
    run
}

/// Correlation after Pearson of two standardised runs, rounded to four digits.
pub(crate) fn correlation(one: &[Lanes<f32>], other: &[Lanes<f32>]) -> f64 {
    let products = one.iter().zip(other).map(|(one, other)| std::array::from_fn(|lane| one[lane] * other[lane]));
    (f64::from(sum(products)) * 1e4).round() / 1e4
}

fn sum(blocks: impl Iterator<Item = Lanes<f32>>) -> f32 {
    let mut sums = [0.0; LANES];
    for block in blocks {
        for (sum, value) in sums.iter_mut().zip(block) {
            *sum += value;
        }
    }
    sums.iter().sum()
}

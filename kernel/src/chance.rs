//! Seeded chance: the same seed draws the same numbers on every machine and in every order of work.
//!
//! SplitMix64 (Steele, Lea & Flood 2014). Its state is a counter, so that a stream can be opened at any place: the
//! n-th iteration of a simulation draws the same numbers whichever thread runs it.

/// Weyl increment of SplitMix64, the odd integer nearest to 2⁶⁴ ÷ φ.
const INCREMENT: u64 = 0x9E37_79B9_7F4A_7C15;

/// A stream of numbers.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

/// Scrambles 64 bits; a bijection without visible structure.
fn mixed(bits: u64) -> u64 {
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

impl Chance {
    /// The n-th stream of a seed; streams are independent of each other for all practical purposes.
    pub(crate) fn stream(seed: u64, n: u64) -> Chance {
        Chance(mixed(mixed(seed.wrapping_add(INCREMENT)).wrapping_add(n.wrapping_mul(INCREMENT))))
    }

    /// 64 bits.
    pub(crate) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(INCREMENT);
        mixed(self.0)
    }

    /// A whole number below a bound (Lemire 2019, without the rejection: the bias is under 2⁻³²).
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (((self.bits() >> 32) * bound as u64) >> 32) as usize
    }

    /// A number in 0..1.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }
}

//! The only source of chance: a small generator whose sequence is ours to keep.
//!
//! A corpus is named by its seed, so its bytes must not change when a library does. The generator is
//! xoshiro256++, seeded through SplitMix64; all draws use integers, because the last bit of a float
//! function may differ between platforms.
//!
//! # Source
//! Blackman and Vigna, "Scrambled linear pseudorandom number generators" (public domain).

/// A seeded generator. Not for secrets.
#[derive(Debug, Clone)]
pub(crate) struct Rng {
    state: [u64; 4],
}

impl Rng {
    /// Returns the generator of one named stream of a seed; streams do not overlap in practice.
    pub(crate) fn new(seed: u64, stream: u64) -> Self {
        let mut mix = seed ^ stream.wrapping_mul(0xD605_BBB5_8C8A_BBED).rotate_left(17);
        Rng { state: std::array::from_fn(|_| split_mix(&mut mix)) }
    }

    /// Returns 64 random bits.
    pub(crate) fn next_u64(&mut self) -> u64 {
        let [a, b, c, d] = &mut self.state;
        let result = a.wrapping_add(*d).rotate_left(23).wrapping_add(*a);
        let shifted = *b << 17;
        *c ^= *a;
        *d ^= *b;
        *b ^= *c;
        *a ^= *d;
        *c ^= shifted;
        *d = d.rotate_left(45);
        result
    }

    /// Returns a number in `0..bound`; 0 when the bound is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        // The high half of the product: the bias is far below anything a corpus could show.
        ((u128::from(self.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// Returns an index in `0..length`; 0 for an empty list.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.below(length as u64) as usize
    }

    /// Returns one of the items; the list must not be empty.
    pub(crate) fn pick<'a>(&mut self, items: &[&'a str]) -> &'a str {
        items.get(self.index(items.len())).copied().unwrap_or_default()
    }

    /// Returns true in `share` of `1 << 32` cases.
    pub(crate) fn hit(&mut self, share: Share) -> bool {
        self.next_u64() >> 32 < share.0
    }
}

/// A probability as a whole number of `1 / 2^32`, so that drawing with it is exact.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share(u64);

impl Share {
    /// Returns the share for a number between 0 and 1.
    pub(crate) fn new(share: f64) -> Self {
        Share((share.clamp(0.0, 1.0) * 4_294_967_296.0) as u64)
    }

    /// Returns the share for a number of cases in a thousand.
    pub(crate) fn per_mille(cases: u16) -> Self {
        Share((u64::from(cases) << 32) / 1000)
    }
}

/// A choice among indexes with fixed weights.
#[derive(Debug, Clone)]
pub(crate) struct Weighted {
    /// Running sums; the last one is the total.
    sums: Vec<u64>,
}

impl Weighted {
    /// Makes a choice whose index `i` has `weights[i]` in the total.
    pub(crate) fn new(weights: impl IntoIterator<Item = u64>) -> Self {
        let mut total = 0;
        let sums = weights
            .into_iter()
            .map(|weight| {
                total += weight;
                total
            })
            .collect();
        Weighted { sums }
    }

    /// Makes a Zipf-like choice: index `i` weighs about `1 / (i + 1)`.
    pub(crate) fn zipf(length: usize) -> Self {
        Weighted::new((1..=length as u64).map(|rank| 1_000_000 / rank + 1))
    }

    /// Draws an index; 0 when there is nothing to draw from.
    pub(crate) fn draw(&self, rng: &mut Rng) -> usize {
        let total = self.sums.last().copied().unwrap_or(0);
        let point = rng.below(total);
        self.sums.partition_point(|sum| *sum <= point).min(self.sums.len().saturating_sub(1))
    }
}

/// A pool of names from which the first ones are drawn most often.
#[derive(Debug, Clone)]
pub(crate) struct Pool<T> {
    items: Vec<T>,
    choice: Weighted,
}

impl<T> Pool<T> {
    /// Makes a pool; the order of the items is their rank. `None` when there are no items, so that
    /// drawing never fails.
    pub(crate) fn new(items: Vec<T>) -> Option<Self> {
        let choice = Weighted::zipf(items.len());
        (!items.is_empty()).then_some(Pool { items, choice })
    }

    /// Draws an item.
    pub(crate) fn draw(&self, rng: &mut Rng) -> &T {
        &self.items[self.choice.draw(rng)]
    }

    /// Returns all items in the order of their rank.
    pub(crate) fn items(&self) -> &[T] {
        &self.items
    }

    /// Returns the item that is drawn most often.
    pub(crate) fn first(&self) -> &T {
        &self.items[0]
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_of_one_seed_differ_and_repeat() {
        let draw = |seed, stream| Rng::new(seed, stream).next_u64();
        assert_eq!(draw(1, 1), draw(1, 1));
        assert_ne!(draw(1, 1), draw(1, 2));
        assert_ne!(draw(1, 1), draw(2, 1));
    }

    #[test]
    fn the_sequence_is_kept_across_versions() {
        // Changing these numbers changes every corpus that someone has named by its seed.
        let mut rng = Rng::new(7, 3);
        let drawn: Vec<u64> = (0..4).map(|_| rng.below(1_000)).collect();
        assert_eq!(drawn, KEPT_SEQUENCE);
    }

    const KEPT_SEQUENCE: [u64; 4] = [889, 618, 914, 764];

    #[test]
    fn zipf_prefers_low_ranks_and_reaches_all() {
        let choice = Weighted::zipf(10);
        let mut rng = Rng::new(1, 1);
        let mut counts = [0_u32; 10];
        for _ in 0..10_000 {
            counts[choice.draw(&mut rng)] += 1;
        }
        assert!(counts[0] > counts[4] && counts[4] > 0 && counts[9] > 0, "{counts:?}");
    }

    #[test]
    fn a_share_of_one_always_hits_and_of_zero_never() {
        let mut rng = Rng::new(1, 1);
        assert!((0..1_000).all(|_| rng.hit(Share::new(1.0))));
        assert!((0..1_000).all(|_| !rng.hit(Share::new(0.0))));
    }
}

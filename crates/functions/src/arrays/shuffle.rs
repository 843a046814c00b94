//! An array in an order of chance.

use datafusion::common::{DataFusionError, Result};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};
use ring::rand::{SecureRandom, SystemRandom};

use super::lists::item_of;
use super::takes::{lists, made};

/// The items in an order that changes from call to call.
pub(super) fn shuffle(args: &ScalarFunctionArgs) -> Result<ColumnarValue> {
    let lists = lists(args, 0)?;
    let item = item_of(args.return_type())?;
    let mut chance = Chance::new()?;
    made(lists.pick(item, |row| {
        let mut items: Vec<usize> = lists.range(row).collect();
        for last in (1..items.len()).rev() {
            items.swap(last, chance.below(last + 1));
        }
        Ok(items)
    })?)
}

/// Numbers that nobody foresees, by the xorshift method from a seed of the system.
struct Chance(u64);

impl Chance {
    fn new() -> Result<Self> {
        let mut seed = [0u8; 8];
        let filled = SystemRandom::new().fill(&mut seed);
        filled.map_err(|_| DataFusionError::Execution("the system gives no random numbers".to_owned()))?;
        Ok(Self(u64::from_le_bytes(seed) | 1))
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % (bound as u64)).unwrap_or(0)
    }
}

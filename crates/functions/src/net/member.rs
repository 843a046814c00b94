//! `ip_in`: an address in any of several networks.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::common::{Result, ScalarValue};
use datafusion::logical_expr::Volatility;

use super::address::{Address, Network, malformed_network};
use crate::call::{Call, Kind, Texts, coerce, coerce_many, field, planned_text, run};
use crate::delegate::is_list;
use crate::scalar::Scalar;

/// Beyond Trino. A constant that is no network is an error; a value of a column that is none is as NULL, so that one
/// wrong line of a reference table stops no query.
pub(super) const IP_IN: Scalar = Scalar {
    name: "ip_in",
    aliases: &[],
    signature: "ip_in(ip, network[, ...])",
    help: "Tells whether an address is in any of the networks, which may be an array; NULL for what is no address.",
    volatility: Volatility::Immutable,
    coerce: |types| match types {
        [_, list] if is_list(list) => coerce("ip_in", &[&[Kind::Text, Kind::Texts]], types),
        _ => coerce_many("ip_in", &[Kind::Text], Kind::Text, types),
    },
    returns: |args| {
        for index in 1..args.arg_fields.len() {
            if let Some(text) = planned_text(args, index) {
                checked(text)?;
            }
        }
        Ok(field("ip_in", Kind::Boolean))
    },
    invoke: |args| run(args, ip_in),
};

fn checked(text: &str) -> Result<Network> {
    Network::parse(text).ok_or_else(|| malformed_network(text))
}

/// The networks of one argument.
enum Networks<'a> {
    /// The same for all rows; the second tells whether there is a NULL among them.
    Constant(Vec<Network>, bool),
    Each(Texts<'a>),
    Arrays(ArrayRef),
}

impl<'a> Networks<'a> {
    fn of(call: &Call<'a>, index: usize) -> Result<Self> {
        if is_list(&call.type_of(index)) {
            return match call.constant(index) {
                Some(ScalarValue::List(list)) if list.is_valid(0) => Self::of_array(&list.value(0)),
                Some(_) => Ok(Self::Constant(Vec::new(), true)),
                None => Ok(Self::Arrays(call.array(index)?)),
            };
        }
        let texts = call.texts(index)?;
        match texts.constant() {
            Some(Some(text)) => Ok(Self::Constant(vec![checked(text)?], false)),
            Some(None) => Ok(Self::Constant(Vec::new(), true)),
            None => Ok(Self::Each(texts)),
        }
    }

    fn of_array(items: &ArrayRef) -> Result<Self> {
        let texts = items.as_string_view();
        let networks = texts.iter().flatten().map(checked).collect::<Result<_>>()?;
        Ok(Self::Constant(networks, texts.null_count() > 0))
    }

    /// Tells whether the address is in one of them; `None` if it may be in one that is NULL.
    fn contain(&self, address: Address, row: usize) -> Option<bool> {
        let found = |network: Option<&str>| network.and_then(Network::parse).map(|n| n.contains(address));
        match self {
            Self::Constant(networks, has_null) => {
                let is_in = networks.iter().any(|network| network.contains(address));
                (is_in || !has_null).then_some(is_in)
            }
            Self::Each(texts) => found(texts.at(row)),
            Self::Arrays(lists) => {
                let lists = lists.as_list::<i32>();
                if lists.is_null(row) {
                    return None;
                }
                let items = lists.value(row);
                any(items.as_string_view().iter().map(found))
            }
        }
    }
}

/// As SQL's OR: true if any is, else NULL if any is.
fn any(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(false);
    for answer in answers {
        match answer {
            Some(true) => return Some(true),
            Some(false) => {}
            None => all = None,
        }
    }
    all
}

fn ip_in(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    let networks =
        (1..call.len()).map(|index| Networks::of(call, index)).collect::<Result<Vec<Networks<'_>>>>()?;
    call.give_booleans(|row| {
        let Some(address) = texts.at(row).and_then(Address::parse) else { return Ok(None) };
        Ok(any(networks.iter().map(|networks| networks.contain(address, row))))
    })
}

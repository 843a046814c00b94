//! IP addresses and networks, kept as text.
//!
//! Trino casts text to `ipaddress`, and the cast fails for what is none. `sourceIPAddress` often holds the name of a
//! service (`s3.amazonaws.com`), so that here such text gives NULL where an address is wanted, as Trino's
//! `TRY(CAST(x AS ipaddress))` does. A network that is none is an error.

mod address;
mod contains;
mod member;

use datafusion::arrow::array::ArrayRef;
use datafusion::common::Result;
use datafusion::logical_expr::ReturnFieldArgs;

use crate::call::{Call, invalid, planned_text, scalar};
use crate::family::Family;
use crate::scalar::Scalar;
use address::{Address, Network, malformed_network};

static FUNCTIONS: &[Scalar] = &[
    contains::CONTAINS,
    member::IP_IN,
    scalar!("is_private_ip", [], "is_private_ip(ip)",
        "Tells whether an address is private: 10/8, 172.16/12, 192.168/16, 100.64/10, 127/8, 169.254/16, ::1, fc00::/7, fe80::/10.",
        [Text] -> Boolean, is_private),
    scalar!("ip_prefix", [], "ip_prefix(ip, bits)", "Returns the network of so many bits that an address is in.",
        [Text Integer] -> Text, prefix),
    scalar!("ip_subnet_min", [], "ip_subnet_min(network)", "Returns the first address of a network.",
        [Text] -> Text, |call| edge(call, |network| network.first), check_network),
    scalar!("ip_subnet_max", [], "ip_subnet_max(network)", "Returns the last address of a network.",
        [Text] -> Text, |call| edge(call, |network| network.last), check_network),
    scalar!("ip_subnet_range", [], "ip_subnet_range(network)", "Returns the first and the last address of a network.",
        [Text] -> Texts, range, check_network),
    scalar!("is_subnet_of", [], "is_subnet_of(network, ip or network)",
        "Tells whether an address or network is within a network.",
        [Text Text] -> Boolean, is_subnet_of, check_network),
];

/// Returns the functions of this family.
pub(crate) fn family() -> Family {
    Family::of_scalars(FUNCTIONS)
}

fn check_network(args: &ReturnFieldArgs<'_>) -> Result<()> {
    match planned_text(args, 0) {
        Some(text) => network(text).map(|_| ()),
        None => Ok(()),
    }
}

fn network(text: &str) -> Result<Network> {
    Network::parse(text).ok_or_else(|| malformed_network(text))
}

fn is_private(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.give_booleans(|row| Ok(texts.at(row).and_then(Address::parse).map(Address::is_private)))
}

fn prefix(call: &Call<'_>) -> Result<ArrayRef> {
    let (texts, bits) = (call.texts(0)?, call.integers(1)?);
    call.give_texts(|row| {
        let Some((address, bits)) = texts.at(row).and_then(Address::parse).zip(bits.at(row)) else {
            return Ok(None);
        };
        match u8::try_from(bits).ok().filter(|bits| *bits <= address.bits()) {
            Some(bits) => Ok(Some(address.network(bits).to_string())),
            None => {
                Err(invalid(format!("a network of {bits} bits"), "IPv4 has 0 to 32 bits, IPv6 0 to 128."))
            }
        }
    })
}

fn edge(call: &Call<'_>, edge: fn(Network) -> Address) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.give_texts(|row| texts.at(row).map(|text| Ok(edge(network(text)?).to_string())).transpose())
}

fn range(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.texts(0)?;
    call.give_lists(|row, items| {
        let Some(text) = texts.at(row) else { return Ok(false) };
        let Network { first, last, .. } = network(text)?;
        items.append_value(first.to_string());
        items.append_value(last.to_string());
        Ok(true)
    })
}

fn is_subnet_of(call: &Call<'_>) -> Result<ArrayRef> {
    let (outer, inner) = (call.texts(0)?, call.texts(1)?);
    call.give_booleans(|row| {
        let Some((outer, inner)) = outer.at(row).zip(inner.at(row)) else { return Ok(None) };
        let outer = network(outer)?;
        Ok(Network::parse(inner).map(|inner| outer.contains(inner.first) && outer.contains(inner.last)))
    })
}

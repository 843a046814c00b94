//! Addresses as numbers, networks as ranges of them.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use datafusion::common::DataFusionError;

use crate::call::invalid;

/// An IP address; an IPv4 address that is mapped into IPv6 is the IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Address {
    is_v4: bool,
    number: u128,
}

/// The addresses from the first to the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Network {
    pub(super) first: Address,
    pub(super) last: Address,
    bits: u8,
}

/// What is in no public routing table: private use, shared by carriers, this machine, this link.
const PRIVATE_V4: [(Ipv4Addr, u8); 6] = [
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
];
const PRIVATE_V6: [(Ipv6Addr, u8); 3] = [
    (Ipv6Addr::LOCALHOST, 128),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
];

impl Address {
    /// Parses an address; `None` for other text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        // The names of services are many in an event data store; none of them looks like this.
        if !text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'.' || byte == b':') {
            return None;
        }
        text.parse::<IpAddr>().ok().map(Self::from)
    }

    /// Returns how many bits an address of its kind has.
    pub(super) fn bits(self) -> u8 {
        if self.is_v4 { 32 } else { 128 }
    }

    /// Returns the network of so many bits, at most [`Self::bits`], that this address is in.
    pub(super) fn network(self, bits: u8) -> Network {
        let free = u32::from(self.bits().saturating_sub(bits));
        let mask = 1u128.checked_shl(free).map_or(u128::MAX, |one| one - 1);
        let at = |number| Self { is_v4: self.is_v4, number };
        Network { first: at(self.number & !mask), last: at(self.number | mask), bits }
    }

    pub(super) fn is_private(self) -> bool {
        let within = |address: IpAddr, bits: u8| Self::from(address).network(bits).contains(self);
        if self.is_v4 {
            return PRIVATE_V4.iter().any(|(address, bits)| within(IpAddr::V4(*address), *bits));
        }
        PRIVATE_V6.iter().any(|(address, bits)| within(IpAddr::V6(*address), *bits))
    }
}

impl From<IpAddr> for Address {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self { is_v4: true, number: u128::from(u32::from(address)) },
            IpAddr::V6(address) => Self { is_v4: false, number: u128::from(address) },
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match u32::try_from(self.number) {
            Ok(number) if self.is_v4 => Ipv4Addr::from(number).fmt(f),
            _ => Ipv6Addr::from(self.number).fmt(f),
        }
    }
}

impl Network {
    /// Parses `address/bits`, or an address alone; `None` for other text.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let Some((address, bits)) = text.split_once('/') else {
            let address = Address::parse(text)?;
            return Some(address.network(address.bits()));
        };
        let address = Address::parse(address)?;
        if bits.is_empty() || !bits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let bits = bits.parse().ok().filter(|bits| *bits <= address.bits())?;
        Some(address.network(bits))
    }

    pub(super) fn contains(self, address: Address) -> bool {
        self.first.is_v4 == address.is_v4 && (self.first.number..=self.last.number).contains(&address.number)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.bits)
    }
}

/// Makes the error for text that is no network.
pub(super) fn malformed_network(text: &str) -> DataFusionError {
    invalid(
        format!("`{text}` is no IP network"),
        "Write one as '10.0.0.0/8' or '2001:db8::/32', or as an address alone.",
    )
}

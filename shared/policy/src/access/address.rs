//! Lists of addresses and networks, and which address a caller has behind proxies.

use core::net::{IpAddr, Ipv6Addr};

/// Addresses and networks, such as `10.0.0.0/8` and `2001:db8::1`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Addresses(Vec<Network>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    bits: u128,
    /// How many leading bits count, of 128.
    length: u32,
}

impl Addresses {
    /// Reads each entry; `None` for the first that is neither an address nor a network.
    ///
    /// # Errors
    /// The entry that cannot be read.
    pub fn parse<'a>(entries: impl IntoIterator<Item = &'a str>) -> Result<Self, &'a str> {
        entries.into_iter().map(|entry| Network::parse(entry.trim()).ok_or(entry)).collect::<Result<_, _>>().map(Self)
    }

    /// Whether an address is in the list.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let bits = bits(address);
        self.0.iter().any(|it| it.length == 0 || (bits ^ it.bits) >> (128 - it.length) == 0)
    }

    /// Whether the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().ok()?;
        let (most, before) = if address.is_ipv4() { (32, 96) } else { (128, 0) };
        let length = match length {
            Some(length) if length.bytes().all(|it| it.is_ascii_digit()) => length.parse().ok()?,
            Some(_) => return None,
            None => most,
        };
        (length <= most).then_some(Self { bits: bits(address), length: before + length })
    }
}

/// An IPv4 address is its IPv6 form `::ffff:a.b.c.d`, so that both spellings are one address.
fn bits(address: IpAddr) -> u128 {
    let address: Ipv6Addr = match address {
        IpAddr::V4(address) => address.to_ipv6_mapped(),
        IpAddr::V6(address) => address,
    };
    address.to_bits()
}

/// The address of a caller. `peer` is who opened the connection, `forwarded` what `X-Forwarded-For` says, where that
/// header is to be believed. Each proxy adds to the header's end whom it was called by, so the end counts, and what a
/// caller wrote before it does not: with `trusted` proxies, the last address that is none of theirs, and only if the
/// connection came from one of them.
#[must_use]
pub fn caller_address(peer: Option<IpAddr>, forwarded: Option<&str>, trusted: &Addresses) -> Option<IpAddr> {
    let Some(forwarded) = forwarded else { return peer };
    let mut hops = forwarded.rsplit(',').map(|it| hop(it.trim()));
    if trusted.is_empty() {
        return hops.next().flatten();
    }
    let mut last = peer?;
    while trusted.contains(last) {
        match hops.next() {
            Some(hop) => last = hop?,
            None => break,
        }
    }
    Some(last)
}

/// An address with or without a port.
fn hop(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    text.parse::<core::net::SocketAddr>().ok().map(|it| it.ip())
}

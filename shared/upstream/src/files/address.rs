//! Which addresses belong to the public internet (IANA, "IPv4 Special-Purpose Address Registry" and "IPv6
//! Special-Purpose Address Registry").

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks of IPv4 that are not public, as address and length of the prefix.
const NOT_PUBLIC_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    // Metadata services of the clouds among them.
    ([169, 254, 0, 0], 16),
    // Azure's own services for its machines ("What is IP address 168.63.129.16?").
    ([168, 63, 129, 16], 32),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    // Multicast, reserved, broadcast.
    ([224, 0, 0, 0], 3),
];

/// Networks within the global unicast space of IPv6 that are not public, or that carry an address of IPv4.
const NOT_PUBLIC_V6: &[([u16; 2], u32)] = &[
    // Protocol assignments, with Teredo, benchmarking and ORCHID.
    ([0x2001, 0], 23),
    // Documentation.
    ([0x2001, 0x0db8], 32),
    ([0x3fff, 0], 20),
    // 6to4.
    ([0x2002, 0], 16),
];

/// Whether an address is public.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Whether an address of IPv4 is public.
pub(super) fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    !NOT_PUBLIC_V4.iter().any(|(network, length)| {
        let differing = bits ^ Ipv4Addr::from_octets(*network).to_bits();
        differing.leading_zeros() >= *length
    })
}

/// Whether an address of IPv6 is public: only global unicast space (`2000::/3`) can be, so that loopback, mapped and
/// translated addresses of IPv4, local and multicast addresses are not.
pub(super) fn is_public_v6(address: Ipv6Addr) -> bool {
    let bits = address.to_bits();
    bits >> 125 == 0b001
        && !NOT_PUBLIC_V6.iter().any(|([first, second], length)| {
            let network = u128::from(*first) << 112 | u128::from(*second) << 96;
            (bits ^ network).leading_zeros() >= *length
        })
}

#[cfg(test)]
mod tests;

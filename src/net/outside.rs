//! Our address as a server sees it, or cannot: for data connections that it makes.

use std::net::{IpAddr, SocketAddr};

/// How a server at `peer` reaches our port `own`: at the address outside, unless it is in this network itself.
pub(super) fn named_outside(own: SocketAddr, peer: IpAddr, external: Option<IpAddr>) -> SocketAddr {
    let own_family = own.ip().to_canonical().is_ipv4();
    match external.filter(|external| !is_inside(peer) && external.is_ipv4() == own_family) {
        Some(external) => SocketAddr::new(external, own.port()),
        None => own,
    }
}

/// Whether a server at `peer` may come to us at `own`: from outside into a network with addresses of its own it cannot, and
/// need not know them.
pub(super) fn may_be_reached(own: IpAddr, peer: IpAddr, external: Option<IpAddr>) -> bool {
    is_inside(peer) || !is_inside(own) || external.is_some()
}

/// Whether an address is one of this machine or of a network that does not show it outside (RFC 1918, 3927, 4193, 6598).
fn is_inside(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            let is_shared = first == 100 && second & 0xc0 == 64;
            ip.is_loopback() || ip.is_private() || ip.is_link_local() || is_shared
        }
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_servers_outside_hear_of_the_address_outside() {
        let own: SocketAddr = "192.168.1.7:50000".parse().unwrap();
        let external = "203.0.113.9".parse().ok();
        let named = |peer: &str, external| named_outside(own, peer.parse().unwrap(), external).to_string();
        assert_eq!(named("198.51.100.1", external), "203.0.113.9:50000");
        assert_eq!(named("198.51.100.1", None), own.to_string());
        for near in ["127.0.0.1", "192.168.1.1", "10.0.0.1", "169.254.1.1", "::1", "fd00::1", "fe80::1"] {
            assert_eq!(named(near, external), own.to_string(), "{near}");
        }
        assert_eq!(named("198.51.100.1", "2001:db8::9".parse().ok()), own.to_string());
    }

    #[test]
    fn nobody_outside_hears_of_an_address_inside_unasked() {
        let reached = |own: &str, peer: &str| may_be_reached(own.parse().unwrap(), peer.parse().unwrap(), None);
        assert!(!reached("192.168.1.7", "198.51.100.1") && !reached("100.64.0.9", "198.51.100.1"));
        assert!(reached("192.168.1.7", "192.168.1.1") && reached("203.0.113.9", "198.51.100.1"));
        assert!(reached("2001:db8::7", "2001:db8:1::1") && !reached("fd00::7", "2001:db8::1"));
        let external = "203.0.113.9".parse().ok();
        assert!(may_be_reached("192.168.1.7".parse().unwrap(), "198.51.100.1".parse().unwrap(), external));
    }
}

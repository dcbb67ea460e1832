//! What this machine is called on its network: its addresses and names, for the certificate, for the Host allow-list and to be typed into other PCs.

use std::net::{IpAddr, SocketAddr};

/// Networks that exist inside this machine only: containers, virtual machines.
const INSIDE: [&str; 8] = ["docker", "br-", "veth", "virbr", "lxc", "vmnet", "vboxnet", "cni"];
/// A machine has a few; more would make a certificate that phones refuse.
const ADDRESSES_MAX: usize = 16;

/// Addresses of this machine in a network, the ones people type first: IPv4 before IPv6. Not loopback, not link-local (needs a zone to be typed).
#[must_use]
pub fn addresses() -> Vec<IpAddr> {
    let mut found: Vec<IpAddr> = if_addrs::get_if_addrs()
        .unwrap_or_default()
        .into_iter()
        .filter(|interface| !interface.is_loopback() && !interface.is_link_local() && !INSIDE.iter().any(|name| interface.name.starts_with(name)))
        .map(|interface| interface.ip())
        .collect();
    found.sort();
    found.dedup();
    found.truncate(ADDRESSES_MAX);
    found
}

/// Whether this machine has the address now, asked of the system: all of them, loopback too.
#[must_use]
pub fn is_here(ip: IpAddr) -> bool {
    let away = |error: std::io::Error| error.kind() == std::io::ErrorKind::AddrNotAvailable;
    // A port of the system's choice, closed at once.
    std::net::TcpListener::bind(SocketAddr::new(ip, 0)).err().is_none_or(|error| !away(error))
}

/// The machine's own name, and as neighbours without a name server find it (mDNS).
#[must_use]
pub fn names() -> Vec<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_ascii_lowercase();
    if !is_name(&name) || name == "localhost" {
        return Vec::new();
    }
    let local = (!name.contains('.')).then(|| format!("{name}.local"));
    [name].into_iter().chain(local).collect()
}

/// Whether `text` may stand in a certificate and in an address.
#[must_use]
pub fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 253
        && text.split('.').all(|label| !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'))
}

/// What others type to reach `at`: names first if somebody gave some, then addresses; IPv6 only where there is nothing else.
#[must_use]
pub fn urls(at: SocketAddr, hosts: &[String]) -> Vec<String> {
    let own = if at.ip().is_unspecified() { addresses() } else { vec![at.ip()] };
    let simple: Vec<IpAddr> = own.iter().copied().filter(IpAddr::is_ipv4).collect();
    let shown = if simple.is_empty() { own } else { simple };
    let names = hosts.iter().filter(|name| is_name(name)).map(|name| format!("https://{name}:{}", at.port()));
    names.chain(shown.iter().map(|ip| format!("https://{}", SocketAddr::new(*ip, at.port())))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_has_scheme_and_port_and_a_bound_address_stands_alone() {
        let urls = urls("192.168.1.20:4482".parse().unwrap(), &["huxue.school.lan".into(), "no name".into()]);
        assert_eq!(urls, ["https://huxue.school.lan:4482", "https://192.168.1.20:4482"]);
        assert_eq!(super::urls("[fd00::2]:4482".parse().unwrap(), &[]), ["https://[fd00::2]:4482"]);
    }

    #[test]
    fn own_addresses_are_such_as_another_machine_can_type() {
        assert!(addresses().iter().all(|ip| !ip.is_loopback() && !ip.is_unspecified()));
        assert!(names().iter().all(|name| is_name(name)));
        assert!(!is_name("a b") && !is_name("a..b") && !is_name(""));
    }
}

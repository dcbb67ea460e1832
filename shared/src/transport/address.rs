//! `--hub`: where the county's hub is. A name or an address, with a port or without.

use crate::fault::{Exit, Fault};
use crate::transport::{ConnectError, DEFAULT_PORT, error::Unreachable};
use serde::{Deserialize, Serialize};
use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    str::FromStr,
};

/// At most so many addresses of one name are tried.
const ADDRESSES_MAX: usize = 8;

/// Host and port of a hub. The host is looked up anew at every dial, so that a hub may move behind its name.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HubAddress {
    host: String,
    port: u16,
}

/// Not an address a hub could have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// Empty, or with signs no host name has (a scheme `https://`, a path, a space).
    #[error("not a host name or an IP address")]
    Host,
    /// Not 1 to 65535.
    #[error("not a port from 1 to 65535")]
    Port,
}

impl AddressError {
    /// For a person who typed `text`.
    #[must_use]
    pub fn fault(self, text: &str) -> Fault {
        let code = match self {
            Self::Host => "hub-address",
            Self::Port => "hub-port",
        };
        Fault::new(code, Exit::Input).with("text", text)
    }
}

impl HubAddress {
    /// Host name or IP address, without brackets.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// UDP port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Asks the system's resolver, unless the host is an address already.
    ///
    /// # Errors
    /// [`Unreachable::NoSuchName`].
    pub async fn resolve(&self) -> Result<Vec<SocketAddr>, ConnectError> {
        if let Ok(ip) = self.host.parse::<IpAddr>() {
            return Ok(vec![SocketAddr::new(ip, self.port)]);
        }
        let nothing = || ConnectError::Unreachable(Unreachable::NoSuchName);
        let found = tokio::net::lookup_host((self.host.as_str(), self.port)).await.map_err(|_| nothing())?;
        let mut addresses: Vec<SocketAddr> = found.take(ADDRESSES_MAX).collect();
        // Schools' networks route IPv4 far more surely.
        addresses.sort_by_key(SocketAddr::is_ipv6);
        if addresses.is_empty() { Err(nothing()) } else { Ok(addresses) }
    }
}

impl FromStr for HubAddress {
    type Err = AddressError;

    /// `hub.example`, `hub.example:4433`, `10.1.2.3`, `10.1.2.3:4433`, `2001:db8::1`, `[2001:db8::1]:4433`.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.contains('/') {
            return Err(AddressError::Host);
        }
        if text.parse::<std::net::Ipv6Addr>().is_ok() {
            return Ok(Self { host: text.to_owned(), port: DEFAULT_PORT });
        }
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, tail) = rest.split_once(']').ok_or(AddressError::Host)?;
                host.parse::<std::net::Ipv6Addr>().map_err(|_| AddressError::Host)?;
                (host, if tail.is_empty() { None } else { Some(tail.strip_prefix(':').ok_or(AddressError::Port)?) })
            }
            None => match text.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (text, None),
            },
        };
        let port = match port {
            None => DEFAULT_PORT,
            Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => digits.parse().ok().filter(|&port| port > 0).ok_or(AddressError::Port)?,
            Some(_) => return Err(AddressError::Port),
        };
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':');
        if host.is_empty() || host.len() > 253 || !host.bytes().all(plain) {
            return Err(AddressError::Host);
        }
        Ok(Self { host: host.to_ascii_lowercase(), port })
    }
}

impl fmt::Display for HubAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') { write!(f, "[{}]:{}", self.host, self.port) } else { write!(f, "{}:{}", self.host, self.port) }
    }
}

impl fmt::Debug for HubAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HubAddress({self})")
    }
}

impl Serialize for HubAddress {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HubAddress {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_are_read_with_and_without_a_port() {
        for (text, shown) in [
            ("Hub.Example", "hub.example:4433"),
            ("hub.example:5000", "hub.example:5000"),
            (" 10.1.2.3 ", "10.1.2.3:4433"),
            ("2001:db8::1", "[2001:db8::1]:4433"),
            ("[2001:db8::1]", "[2001:db8::1]:4433"),
            ("[2001:db8::1]:9", "[2001:db8::1]:9"),
        ] {
            let address: HubAddress = text.parse().unwrap();
            assert_eq!(address.to_string(), shown);
            assert_eq!(shown.parse(), Ok(address));
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_its_reason() {
        for (text, error) in [
            ("", AddressError::Host),
            ("https://hub", AddressError::Host),
            ("hub/path", AddressError::Host),
            ("hub:0", AddressError::Port),
            ("hub:70000", AddressError::Port),
            ("hub:+5", AddressError::Port),
            ("[::1", AddressError::Host),
            ("[hub]:1", AddressError::Host),
        ] {
            assert_eq!(text.parse::<HubAddress>(), Err(error), "{text}");
        }
    }
}

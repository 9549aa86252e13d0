//! Socket addresses: from the text that JavaScript hands down, and back.

use std::ffi::CString;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use napi_derive::napi;
use socket2::{SockAddr, SockAddrStorage};

use crate::error::from_errno;

/// A TCP endpoint, as `socket.address()` gives it.
#[napi(object)]
pub struct Endpoint {
    /// The IP address as text, with its scope (`%eth0`) where it is link-local.
    pub address: String,
    /// `'IPv4'` or `'IPv6'`.
    pub family: String,
    /// The port, 0 to 65535.
    pub port: u16,
}

/// The address that `text` and `port` name; `text` is an IP address, with `%scope` or without.
///
/// # Errors
///
/// `EINVAL` where `text` is no IP address or names no interface.
pub fn parse(text: &str, port: u16) -> io::Result<SocketAddr> {
    if let Ok(ip) = text.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, port));
    }
    let invalid = || from_errno(libc::EINVAL);
    let (ip, scope) = text.split_once('%').ok_or_else(invalid)?;
    let ip: Ipv6Addr = ip.parse().map_err(|_| invalid())?;
    let scope = scope_id(scope).ok_or_else(invalid)?;
    Ok(SocketAddr::V6(SocketAddrV6::new(ip, port, 0, scope)))
}

/// The number of the interface that a scope names: `eth0`, or the number itself.
fn scope_id(scope: &str) -> Option<u32> {
    let name = CString::new(scope).ok()?;
    // SAFETY: `name` is a NUL-terminated string that outlives the call.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => scope.parse().ok(),
        index => Some(index),
    }
}

/// `address` as JavaScript sees it; `None` where it is no IP endpoint (a Unix socket).
pub fn endpoint(address: &SockAddr) -> Option<Endpoint> {
    let address = address.as_socket()?;
    let (text, family) = match address {
        SocketAddr::V4(v4) => (v4.ip().to_string(), "IPv4"),
        SocketAddr::V6(v6) => (ipv6_text(&v6), "IPv6"),
    };
    Some(Endpoint { address: text, family: family.to_owned(), port: address.port() })
}

/// IPv6 in the notation of `inet_ntop(3)`, which shows the deprecated `::1.2.3.4` dotted.
fn ipv6_text(address: &SocketAddrV6) -> String {
    let ip = address.ip();
    let mut text = match ip.segments() {
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => {
            let v4 = Ipv4Addr::from((u32::from(high) << 16) | u32::from(low));
            format!("::{v4}")
        }
        _ => ip.to_string(),
    };
    if ip.is_unicast_link_local() && address.scope_id() != 0 {
        text.push('%');
        text.push_str(&interface_name(address.scope_id()));
    }
    text
}

fn interface_name(index: u32) -> String {
    let mut name = [0_u8; libc::IF_NAMESIZE];
    // SAFETY: `name` has the IF_NAMESIZE bytes that if_indextoname(3) may write.
    let found = unsafe { libc::if_indextoname(index, name.as_mut_ptr().cast()) };
    if found.is_null() {
        return index.to_string();
    }
    let end = name.iter().position(|byte| *byte == 0).unwrap_or(name.len());
    String::from_utf8_lossy(&name[..end]).into_owned()
}

/// Whether Unix sockets may have names that are in no file system.
const HAS_ABSTRACT_NAMES: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// The address of the Unix socket `path`; a leading NUL is Linux's abstract namespace. A path may
/// fill `sun_path` to its last byte, without a NUL behind it.
///
/// # Errors
///
/// `EINVAL` where the path does not fit into `sockaddr_un`, or the system has no such namespace.
pub fn unix(path: &[u8]) -> io::Result<SockAddr> {
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: `sockaddr_un` is one of the types that the storage may be seen as.
    let address = unsafe { storage.view_as::<libc::sockaddr_un>() };
    let is_abstract = path.first().is_none_or(|first| *first == 0);
    if path.len() > address.sun_path.len() || is_abstract && !HAS_ABSTRACT_NAMES {
        return Err(from_errno(libc::EINVAL));
    }
    address.sun_family = libc::AF_UNIX as libc::sa_family_t;
    for (place, byte) in address.sun_path.iter_mut().zip(path) {
        *place = *byte as libc::c_char;
    }
    // A path in the file system ends with a NUL where there is room; an abstract name does not.
    let end = usize::from(!is_abstract && path.len() < address.sun_path.len());
    let length = std::mem::offset_of!(libc::sockaddr_un, sun_path) + path.len() + end;
    // SAFETY: the storage has the family, and as many bytes of a path, as the length says.
    Ok(unsafe { SockAddr::new(storage, length as libc::socklen_t) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn text(input: &str) -> String {
        endpoint(&SockAddr::from(parse(input, 1).unwrap())).unwrap().address
    }

    #[test]
    fn addresses_come_back_as_inet_ntop_writes_them() {
        for same in ["127.0.0.1", "::", "::1", "::ffff:1.2.3.4", "::1.2.3.4", "2001:db8::1"] {
            assert_eq!(text(same), same);
        }
        assert_eq!(text("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
    }

    #[test]
    fn a_scope_is_a_name_or_a_number() {
        let loopback = format!("fe80::1%{}", interface_name(1));
        assert_eq!(text(&loopback), loopback);
        assert_eq!(text("fe80::1%1"), loopback);
        assert!(parse("fe80::1%no-such-interface", 1).is_err());
    }

    #[test]
    fn what_is_no_address_is_einval() {
        for odd in ["", "localhost", "1.2.3", "1.2.3.4.5", "::g"] {
            let error = parse(odd, 1).unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::EINVAL), "{odd:?}");
        }
    }

    #[test]
    fn a_unix_path_fits_or_is_einval() {
        let most = if cfg!(target_os = "linux") { 108 } else { 104 };
        assert!(unix(&vec![b'a'; most - 1]).is_ok());
        assert!(unix(&vec![b'a'; most]).is_ok());
        assert!(unix(&vec![b'a'; most + 1]).is_err());
        assert_eq!(unix(b"\0abstract").is_ok(), HAS_ABSTRACT_NAMES);
    }

    #[test]
    fn every_address_comes_back_as_the_same_one() {
        let mut random = Random::new(1);
        for _ in 0..5000 {
            let ip = if random.below(2) == 0 {
                IpAddr::from(Ipv4Addr::from(random.next() as u32))
            } else {
                let mut ip = (u128::from(random.next()) << 64) | u128::from(random.next());
                // Runs of zeros are what the notation is about.
                for _ in 0..random.below(8) {
                    ip &= !(0xffff << (16 * random.below(8)));
                }
                IpAddr::from(Ipv6Addr::from(ip))
            };
            let port = random.next() as u16;
            let address = endpoint(&SockAddr::from(SocketAddr::new(ip, port))).unwrap();
            assert_eq!(address.port, port);
            assert_eq!(parse(&address.address, port).unwrap(), SocketAddr::new(ip, port));
        }
    }

    #[test]
    fn any_text_is_an_address_or_einval() {
        const PARTS: &[&str] = &[
            "1", "255", "256", ".", ":", "::", "f", "ffff", "%", "lo", "0", "-", "\0", "é", " ",
            "]",
        ];
        let mut random = Random::new(2);
        for _ in 0..50_000 {
            let text: String =
                (0..random.below(12)).map(|_| PARTS[random.below(PARTS.len())]).collect();
            match parse(&text, 1) {
                Ok(address) => {
                    let bare = text.split('%').next().unwrap();
                    assert_eq!(bare.parse::<IpAddr>().unwrap(), address.ip(), "{text:?}");
                }
                Err(error) => assert_eq!(error.raw_os_error(), Some(libc::EINVAL), "{text:?}"),
            }
        }
    }

    #[test]
    fn any_bytes_are_a_path_that_fits_or_einval() {
        let mut random = Random::new(3);
        for _ in 0..5000 {
            let path: Vec<u8> = (0..random.below(130)).map(|_| random.next() as u8).collect();
            match unix(&path) {
                Ok(address) => {
                    assert!(path.len() <= 108);
                    assert!(address.len() as usize <= size_of::<libc::sockaddr_un>());
                    assert!(endpoint(&address).is_none());
                }
                Err(error) => {
                    assert!(path.len() > 103 || !HAS_ABSTRACT_NAMES);
                    assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
                }
            }
        }
    }
}

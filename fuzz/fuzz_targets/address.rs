//! Addresses as text, as bytes of a path, and as the kernel may give them.

#![no_main]

use std::net::{IpAddr, SocketAddr, SocketAddrV4, SocketAddrV6};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use socket2::SockAddr;
use tokio_net_fuzz::address::{endpoint, parse, unix};

#[derive(Arbitrary, Debug)]
enum Input<'a> {
    Text(&'a str, u16),
    Path(&'a [u8]),
    Bytes4([u8; 4], u16),
    Bytes6([u8; 16], u16, u32, u32),
}

fuzz_target!(|input: Input<'_>| match input {
    Input::Text(text, port) => {
        let bare = text.split('%').next().unwrap_or_default();
        match parse(text, port) {
            Ok(address) => {
                assert_eq!(bare.parse::<IpAddr>().ok(), Some(address.ip()));
                comes_back(address);
            }
            Err(error) => {
                assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
                assert!(text.parse::<IpAddr>().is_err());
            }
        }
    }
    Input::Path(path) => match unix(path) {
        Ok(address) => {
            assert!(address.is_unix() && endpoint(&address).is_none());
            let start = std::mem::offset_of!(libc::sockaddr_un, sun_path);
            // SAFETY: the address has as many bytes as it says.
            let bytes = unsafe {
                std::slice::from_raw_parts(address.as_ptr().cast::<u8>(), address.len() as usize)
            };
            let (named, end) = bytes[start..].split_at(path.len());
            assert_eq!(named, path);
            let is_abstract = path.first().is_none_or(|first| *first == 0);
            assert_eq!(end, if is_abstract || path.len() == 108 { &[][..] } else { &[0] });
        }
        Err(error) => {
            assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
            assert!(path.len() > 108);
        }
    },
    Input::Bytes4(ip, port) => comes_back(SocketAddrV4::new(ip.into(), port).into()),
    Input::Bytes6(ip, port, flow, scope) => {
        comes_back(SocketAddrV6::new(ip.into(), port, flow, scope).into());
    }
});

/// What JavaScript is told of an address names that address.
fn comes_back(address: SocketAddr) {
    let told = endpoint(&SockAddr::from(address)).expect("an IP endpoint");
    let again = parse(&told.address, told.port).expect("an address");
    assert_eq!((again.ip(), again.port()), (address.ip(), address.port()));
    assert_eq!(told.family, if address.is_ipv4() { "IPv4" } else { "IPv6" });
    if let (SocketAddr::V6(before), SocketAddr::V6(after)) = (address, again) {
        let has_scope = before.ip().is_unicast_link_local();
        assert_eq!(after.scope_id(), if has_scope { before.scope_id() } else { 0 });
    }
}

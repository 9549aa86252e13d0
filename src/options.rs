//! Socket options, by level. Values are those of `man 7 socket`, `man 7 tcp` and `man 7 ip`.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use socket2::{SockRef, Socket, TcpKeepalive};

// ---- SOL_SOCKET

/// `SO_KEEPALIVE`, `TCP_KEEPIDLE`, `TCP_KEEPINTVL` (seconds) and `TCP_KEEPCNT`; 0 leaves the
/// system's value, or libuv's where there is an idle time.
///
/// # Errors
///
/// `EINVAL` for values the system does not take, `ENOTSOCK`, `EOPNOTSUPP`.
pub fn set_keep_alive(
    fd: BorrowedFd<'_>,
    enable: bool,
    idle: u32,
    interval: u32,
    count: u32,
) -> io::Result<()> {
    let socket = SockRef::from(&fd);
    socket.set_keepalive(enable)?;
    if !enable {
        return Ok(());
    }
    let mut keepalive = TcpKeepalive::new();
    // With an idle time of one's own, libuv probes ten times, a second apart.
    let (interval, count) = match idle {
        0 => (interval, count),
        _ => (if interval > 0 { interval } else { 1 }, if count > 0 { count } else { 10 }),
    };
    if idle > 0 {
        keepalive = keepalive.with_time(Duration::from_secs(idle.into()));
    }
    if interval > 0 {
        keepalive = keepalive.with_interval(Duration::from_secs(interval.into()));
    }
    if count > 0 {
        keepalive = keepalive.with_retries(count);
    }
    socket.set_tcp_keepalive(&keepalive)
}

/// `SO_REUSEPORT`: several sockets on one port, among which the kernel shares connections out.
///
/// # Errors
///
/// `ENOTSUP` where the system does not share them out.
pub fn set_reuse_port(socket: &Socket) -> io::Result<()> {
    #[cfg(any(target_os = "linux", target_os = "freebsd"))]
    return socket.set_reuse_port(true);
    #[cfg(not(any(target_os = "linux", target_os = "freebsd")))]
    {
        let _ = socket;
        Err(crate::error::from_errno(libc::ENOTSUP))
    }
}

// ---- IPPROTO_IP, IPPROTO_IPV6

/// `IP_TOS`, or `IPV6_TCLASS` on an IPv6 socket; 0 to 255.
///
/// # Errors
///
/// Whatever setsockopt(2) says.
pub fn set_type_of_service(fd: BorrowedFd<'_>, tos: u32) -> io::Result<()> {
    let socket = SockRef::from(&fd);
    if is_ipv6(&socket)? { socket.set_tclass_v6(tos) } else { socket.set_tos_v4(tos) }
}

/// `IP_TOS`, or `IPV6_TCLASS` on an IPv6 socket.
///
/// # Errors
///
/// Whatever getsockopt(2) says.
pub fn type_of_service(fd: BorrowedFd<'_>) -> io::Result<u32> {
    let socket = SockRef::from(&fd);
    if is_ipv6(&socket)? { socket.tclass_v6() } else { socket.tos_v4() }
}

fn is_ipv6(socket: &Socket) -> io::Result<bool> {
    Ok(socket.local_addr()?.is_ipv6())
}

// ---- IPPROTO_TCP

/// `TCP_NODELAY`: small writes leave at once instead of waiting for an acknowledgement (Nagle).
///
/// # Errors
///
/// Whatever setsockopt(2) says.
pub fn set_no_delay(fd: BorrowedFd<'_>, enable: bool) -> io::Result<()> {
    SockRef::from(&fd).set_tcp_nodelay(enable)
}

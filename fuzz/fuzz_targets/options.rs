//! Options of sockets, of pipes and of what is no socket, with any values.

#![no_main]

use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use socket2::SockRef;
use tokio_net_fuzz::options;

#[derive(Arbitrary, Debug)]
enum Call {
    KeepAlive { enable: bool, idle: u32, interval: u32, count: u32 },
    SmallKeepAlive { idle: u8, interval: u8, count: u8 },
    TypeOfService(u32),
    SmallTypeOfService(u8),
    NoDelay(bool),
}

thread_local! {
    static OPEN: [OwnedFd; 4] = {
        let four = TcpListener::bind("127.0.0.1:0").expect("an IPv4 socket");
        let near = TcpStream::connect(four.local_addr().expect("bound")).expect("connected");
        let six = TcpListener::bind("[::1]:0").expect("an IPv6 socket");
        let (unix, _) = UnixStream::pair().expect("a pair");
        let (pipe, _) = io::pipe().expect("a pipe");
        [near.into(), six.into(), unix.into(), pipe.into()]
    };
}

fuzz_target!(|calls: Vec<(u8, Call)>| OPEN.with(|open| {
    for (at, call) in calls {
        let at = usize::from(at) % open.len();
        let done = play(open[at].as_fd(), at < 2, call);
        assert!(done.is_ok_and_told(), "an error without a number");
    }
}));

trait Told {
    fn is_ok_and_told(&self) -> bool;
}

impl Told for io::Result<()> {
    fn is_ok_and_told(&self) -> bool {
        self.as_ref().err().is_none_or(|error| error.raw_os_error().is_some())
    }
}

fn play(fd: BorrowedFd<'_>, is_tcp: bool, call: Call) -> io::Result<()> {
    match call {
        Call::KeepAlive { enable, idle, interval, count } => {
            keep_alive(fd, is_tcp, enable, idle, interval, count)
        }
        Call::SmallKeepAlive { idle, interval, count } => {
            keep_alive(fd, is_tcp, true, idle.into(), interval.into(), count.into())
        }
        Call::TypeOfService(tos) => type_of_service(fd, tos),
        Call::SmallTypeOfService(tos) => type_of_service(fd, tos.into()),
        Call::NoDelay(enable) => {
            options::set_no_delay(fd, enable)?;
            assert_eq!(SockRef::from(&fd).tcp_nodelay()?, enable);
            Ok(())
        }
    }
}

fn keep_alive(
    fd: BorrowedFd<'_>,
    is_tcp: bool,
    enable: bool,
    idle: u32,
    interval: u32,
    count: u32,
) -> io::Result<()> {
    options::set_keep_alive(fd, enable, idle, interval, count)?;
    let socket = SockRef::from(&fd);
    assert_eq!(socket.keepalive()?, enable);
    if enable && is_tcp {
        if idle > 0 {
            assert_eq!(socket.tcp_keepalive_time()?.as_secs(), idle.into());
        }
        if interval > 0 {
            assert_eq!(socket.tcp_keepalive_interval()?.as_secs(), interval.into());
        }
        if count > 0 {
            assert_eq!(socket.tcp_keepalive_retries()?, count);
        }
    }
    Ok(())
}

fn type_of_service(fd: BorrowedFd<'_>, tos: u32) -> io::Result<()> {
    options::set_type_of_service(fd, tos)?;
    // JavaScript asks for no more than a byte has. Its last two bits are TCP's own (RFC 3168).
    if tos <= 0xff {
        assert_eq!(options::type_of_service(fd)? & 0xfc, tos & 0xfc);
    }
    Ok(())
}

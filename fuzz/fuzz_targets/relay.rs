//! What is between the two ends of a native pipe: no byte is lost, doubled or out of its order.

#![no_main]

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use socket2::SockRef;
use tokio_net_fuzz::bridge::Bridge;
use tokio_net_fuzz::socket::relay::Relay;
use tokio_net_fuzz::socket::{Connection, Origin};

#[derive(Arbitrary, Debug)]
enum End {
    Unix,
    /// With a buffer as small as the kernel has them.
    Narrow,
    Tcp,
    Pipe,
}

#[derive(Arbitrary, Debug)]
enum Step {
    /// The source's peer.
    Write(u32),
    /// The destination's peer.
    Read(u32),
    Advance,
    Drain,
    Take,
}

/// A connection to read from or to write to, and its peer.
fn pair(bridge: &Arc<Bridge>, end: &End, is_source: bool) -> (Arc<Connection>, File) {
    let (near, far): (OwnedFd, OwnedFd) = match end {
        End::Unix | End::Narrow => {
            let (near, far) = UnixStream::pair().expect("a pair");
            if matches!(end, End::Narrow) {
                for socket in [&near, &far] {
                    SockRef::from(socket).set_send_buffer_size(1).expect("a size");
                }
            }
            (near.into(), far.into())
        }
        End::Tcp => {
            let listener = TcpListener::bind("127.0.0.1:0").expect("a listener");
            let near = TcpStream::connect(listener.local_addr().expect("bound"));
            let (far, _) = listener.accept().expect("a connection");
            (near.expect("connected").into(), far.into())
        }
        End::Pipe => {
            let (reader, writer) = io::pipe().expect("a pipe");
            if is_source { (reader.into(), writer.into()) } else { (writer.into(), reader.into()) }
        }
    };
    for fd in [&near, &far] {
        // SAFETY: an open descriptor; only its flags change.
        unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_SETFL, libc::O_NONBLOCK) };
    }
    let connection = Connection::register(bridge, near.into(), Origin::Adopted).expect("a number");
    (connection, far.into())
}

const PERIOD: usize = 251;

/// Bytes that are moved at a time, at most.
const MOST: usize = 1 << 20;

/// Bytes of a stream that begins over and over.
fn stream(at: usize, count: usize) -> &'static [u8] {
    static BYTES: LazyLock<Vec<u8>> =
        LazyLock::new(|| (0..MOST + PERIOD).map(|at| (at % PERIOD) as u8).collect());
    &BYTES[at % PERIOD..at % PERIOD + count]
}

/// What has come out, in order.
fn check(seen: &mut usize, bytes: &[u8]) {
    assert!(bytes == stream(*seen, bytes.len()), "at {seen}");
    *seen += bytes.len();
}

/// Takes what has come out, at most so much.
fn receive(from: &mut File, most: usize, seen: &mut usize) -> usize {
    let mut memory = Vec::new();
    if let Err(error) = from.take(most as u64).read_to_end(&mut memory) {
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
    check(seen, &memory);
    memory.len()
}

fuzz_target!(|input: (End, End, Vec<Step>)| {
    let (from, to, steps) = input;
    let bridge = Arc::new(Bridge::new());
    bridge.connect(Arc::new(AtomicUsize::new(0)));
    let (source, mut sender) = pair(&bridge, &from, true);
    let (destination, mut receiver) = pair(&bridge, &to, false);
    let mut relay = Relay::default();
    // Bytes that were sent to the source, that have left it, and that have come out.
    let (mut written, mut seen) = (0, 0);
    let moved = std::cell::Cell::new(0);
    let advance = |relay: &mut Relay| {
        let before = moved.get();
        let step = relay.advance(&source, &destination, |count| moved.set(moved.get() + count));
        match step {
            Ok(step) => {
                step.sent.expect("the destination is there");
                assert_eq!(moved.get(), before + step.count);
                step.count == 0
            }
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::WouldBlock);
                assert_eq!(moved.get(), before);
                false
            }
        }
    };
    let drain = |relay: &mut Relay| match relay.drain(&destination) {
        Ok(()) => {}
        Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
    };
    for step in steps.iter().take(60) {
        match step {
            Step::Write(size) => {
                let size = *size as usize % 300_000;
                written += sender.write(stream(written, size)).unwrap_or(0);
            }
            Step::Read(size) => {
                receive(&mut receiver, *size as usize % 300_000, &mut seen);
            }
            Step::Advance if relay.is_empty() => {
                advance(&mut relay);
            }
            Step::Advance => {}
            Step::Drain => drain(&mut relay),
            Step::Take => {
                let rest = relay.take();
                assert!(relay.is_empty());
                let sent = moved.get() - rest.len();
                // What was sent comes before it.
                let deadline = Instant::now() + Duration::from_secs(20);
                while seen < sent {
                    assert!(Instant::now() < deadline, "{seen} of {sent}");
                    receive(&mut receiver, MOST, &mut seen);
                }
                assert_eq!(seen, sent);
                check(&mut seen, &rest);
            }
        }
        assert!(seen <= moved.get() && moved.get() <= written);
    }
    drop(sender);
    // TCP takes its time.
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut has_ended = false;
    while !has_ended || seen < written {
        assert!(Instant::now() < deadline, "{seen} of {written}");
        if !relay.is_empty() {
            drain(&mut relay);
        } else if !has_ended {
            has_ended = advance(&mut relay);
        }
        receive(&mut receiver, MOST, &mut seen);
    }
    assert_eq!((seen, moved.get()), (written, written));
    assert!(relay.is_empty());
});

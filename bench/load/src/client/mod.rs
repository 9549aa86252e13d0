//! The client side of each scenario.

pub mod broadcast;
pub mod churn;
pub mod echo;
pub mod http;
pub mod idle;
pub mod pair;
pub mod sink;
pub mod source;

use std::io;
use std::net::{Ipv4Addr, Shutdown};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::args::Args;
use crate::control;
use crate::pattern;
use crate::samples::Samples;

/// A run in which nothing at all happens for this long has failed.
const STALLED: Duration = Duration::from_secs(10);

/// How many connections are opened before the server must show that it accepted them. Fewer than
/// the backlog of 511 that a server of Node's has unless told otherwise: a full one costs a second's retry.
const BURST: usize = 128;

/// Interest in reading and in writing.
const BOTH: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// A blocking connection to the server under test, which resets on close: a closed benchmark
/// leaves nothing in TIME_WAIT for the next one to trip over.
fn connect(port: u16) -> io::Result<std::net::TcpStream> {
    let stream = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    let socket = socket2::SockRef::from(&stream);
    socket.set_tcp_nodelay(true)?;
    socket.set_linger(Some(Duration::ZERO))?;
    Ok(stream)
}

/// Hands a connection to the poll, with its index as the token; answers where its pattern starts.
fn register(
    poll: &Poll,
    stream: std::net::TcpStream,
    index: usize,
    interest: Interest,
) -> io::Result<(TcpStream, u64)> {
    let start = pattern::start(stream.local_addr()?.port());
    stream.set_nonblocking(true)?;
    let mut stream = TcpStream::from_std(stream);
    poll.registry().register(&mut stream, Token(index), interest)?;
    Ok((stream, start))
}

/// Waits for events, at most until `deadline`; an error when none comes for `STALLED`.
fn wait(poll: &mut Poll, events: &mut Events, deadline: Option<Instant>) -> io::Result<()> {
    let left = deadline.map(|at| at.saturating_duration_since(Instant::now()));
    let limit = left.map_or(STALLED, |left| left.min(STALLED));
    match poll.poll(events, Some(limit)) {
        Ok(()) if events.is_empty() && limit == STALLED => {
            Err(io::Error::new(io::ErrorKind::TimedOut, "the server has stopped answering"))
        }
        Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
        _ => Ok(()),
    }
}

/// Turns "try again later" into `None`.
fn unblocked<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(None),
        Err(error) => Err(error),
    }
}

fn closed_early() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the server closed a connection")
}

fn wrong_bytes(offset: u64) -> io::Error {
    let message = format!("the bytes from offset {offset} of a connection are wrong");
    io::Error::new(io::ErrorKind::InvalidData, message)
}

/// Half-closes a connection: the server sees its end, and can still answer.
fn finish(stream: &TcpStream) -> io::Result<()> {
    stream.shutdown(Shutdown::Write)
}

/// Has `subject` play to warm up, and again for what counts; answers how long that took.
fn measured<T>(
    args: &Args,
    subject: &mut T,
    samples: impl Fn(&mut T) -> &mut Samples,
    play: impl Fn(&mut T, Duration) -> io::Result<Duration>,
) -> io::Result<Duration> {
    let (seconds, warmup) = (args.seconds("seconds", 2.0)?, args.seconds("warmup", 0.5)?);
    play(subject, warmup)?;
    samples(subject).clear();
    control::warmed_up(args.wait())?;
    play(subject, seconds)
}

/// Prints what was measured in `elapsed`: how many a second, and the percentiles of their latencies.
fn announce(samples: &mut Samples, elapsed: Duration) -> io::Result<()> {
    let (messages, elapsed) = (samples.len(), elapsed.as_secs_f64());
    let [p50, p99, p999] = samples.percentiles([0.5, 0.99, 0.999]);
    control::announce(&format!(
        r#"{{"event":"result","seconds":{elapsed:.6},"messages":{messages},"perSecond":{:.3},"p50":{p50:.3},"p99":{p99:.3},"p999":{p999:.3}}}"#,
        messages as f64 / elapsed,
    ))
}

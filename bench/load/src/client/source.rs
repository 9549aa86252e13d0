//! Bulk out of the server, which sends from the moment it accepts.

use std::io::{self, Read};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Poll};

use super::{BOTH, closed_early, connect, register, unblocked, wait, wrong_bytes};
use crate::args::Args;
use crate::control;
use crate::pattern::{Pattern, SPAN};

struct Connection {
    stream: TcpStream,
    start: u64,
    received: u64,
    readable: bool,
}

/// Receives for `length` on connections of its own, and resets them.
fn play(args: &Args, pattern: &Pattern, length: Duration) -> io::Result<(u64, Duration)> {
    let port = args.port()?;
    let mut poll = Poll::new()?;
    let mut connections = Vec::new();
    let begin = Instant::now();
    for index in 0..args.count("connections", 4)? {
        let (stream, start) = register(&poll, connect(port)?, index, BOTH)?;
        connections.push(Connection { stream, start, received: 0, readable: false });
    }
    let deadline = begin + length;
    let mut buffer = vec![0; SPAN];
    let mut events = Events::with_capacity(64);
    while Instant::now() < deadline {
        let mut idle = true;
        for connection in connections.iter_mut().filter(|connection| connection.readable) {
            idle = false;
            match unblocked(connection.stream.read(&mut buffer))? {
                Some(0) => return Err(closed_early()),
                Some(read) => {
                    let position = connection.start + connection.received;
                    if !pattern.matches(position, &buffer[..read]) {
                        return Err(wrong_bytes(connection.received));
                    }
                    connection.received += read as u64;
                }
                None => connection.readable = false,
            }
        }
        if idle {
            wait(&mut poll, &mut events, Some(deadline))?;
            for event in &events {
                connections[event.token().0].readable |= event.is_readable();
            }
        }
    }
    let elapsed = begin.elapsed();
    Ok((connections.iter().map(|connection| connection.received).sum(), elapsed))
}

/// Prints what a bulk transfer reached.
fn report(bytes: u64, elapsed: Duration) -> io::Result<()> {
    let elapsed = elapsed.as_secs_f64();
    control::announce(&format!(
        r#"{{"event":"result","seconds":{elapsed:.6},"bytes":{bytes},"megabytesPerSecond":{:.3}}}"#,
        bytes as f64 / elapsed / 1e6,
    ))
}

/// Runs the scenario and prints MB/s.
pub fn run(args: &Args) -> io::Result<()> {
    measure(args, play)
}

/// Runs a bulk transfer and prints MB/s. `play` transfers for so long, and answers how many
/// bytes, in what time.
pub fn measure(
    args: &Args,
    play: impl Fn(&Args, &Pattern, Duration) -> io::Result<(u64, Duration)>,
) -> io::Result<()> {
    let (seconds, warmup) = (args.seconds("seconds", 2.0)?, args.seconds("warmup", 0.5)?);
    let pattern = Pattern::new();
    play(args, &pattern, warmup)?;
    control::warmed_up(args.wait())?;
    let (bytes, elapsed) = play(args, &pattern, seconds)?;
    report(bytes, elapsed)
}

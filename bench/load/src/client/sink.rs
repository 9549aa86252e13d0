//! Bulk into the server. At the end each connection is half-closed, and the server answers with the
//! number of bytes it got and checked: only what was confirmed counts.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Poll};

use super::{BOTH, closed_early, connect, finish, register, unblocked, wait};
use crate::args::Args;
use crate::pattern::Pattern;

struct Connection {
    stream: TcpStream,
    start: u64,
    sent: u64,
    writable: bool,
    /// The server's count, as far as it has arrived.
    answer: [u8; 8],
    answered: usize,
}

impl Connection {
    /// Reads the server's count; answers whether it is complete, and fails when it is wrong.
    fn confirmed(&mut self) -> io::Result<bool> {
        while self.answered < self.answer.len() {
            match unblocked(self.stream.read(&mut self.answer[self.answered..]))? {
                Some(0) => return Err(closed_early()),
                Some(read) => self.answered += read,
                None => return Ok(false),
            }
        }
        let count = u64::from_le_bytes(self.answer);
        if count == self.sent {
            return Ok(true);
        }
        let message = format!("{} bytes were sent, the server counts {count}", self.sent);
        Err(io::Error::new(io::ErrorKind::InvalidData, message))
    }
}

/// Sends for `length` on connections of its own; answers the bytes and the time until the last of
/// them was confirmed.
fn play(args: &Args, pattern: &Pattern, length: Duration) -> io::Result<(u64, Duration)> {
    let (port, size) = (args.port()?, args.count("size", 65_536)? as u64);
    let mut poll = Poll::new()?;
    let mut connections = Vec::new();
    for index in 0..args.count("connections", 4)? {
        let (stream, start) = register(&poll, connect(port)?, index, BOTH)?;
        let answer = [0; 8];
        connections.push(Connection {
            stream,
            start,
            sent: 0,
            writable: true,
            answer,
            answered: 0,
        });
    }
    let begin = Instant::now();
    let deadline = begin + length;
    let mut events = Events::with_capacity(64);
    while Instant::now() < deadline {
        let mut idle = true;
        for connection in connections.iter_mut().filter(|connection| connection.writable) {
            idle = false;
            let bytes = pattern.at(connection.start + connection.sent, size);
            match unblocked(connection.stream.write(bytes))? {
                Some(written) => connection.sent += written as u64,
                None => connection.writable = false,
            }
        }
        // Only when nothing can be written: an edge that came meanwhile is kept by the poll.
        if idle {
            wait(&mut poll, &mut events, Some(deadline))?;
            for event in &events {
                if event.is_error() {
                    return Err(closed_early());
                }
                connections[event.token().0].writable |= event.is_writable();
            }
        }
    }
    for connection in &connections {
        finish(&connection.stream)?;
    }
    let mut open: Vec<bool> = vec![true; connections.len()];
    while open.contains(&true) {
        for (connection, open) in connections.iter_mut().zip(&mut open) {
            if *open && connection.confirmed()? {
                *open = false;
            }
        }
        if open.contains(&true) {
            wait(&mut poll, &mut events, None)?;
        }
    }
    Ok((connections.iter().map(|connection| connection.sent).sum(), begin.elapsed()))
}

/// Runs the scenario and prints MB/s.
pub fn run(args: &Args) -> io::Result<()> {
    super::source::measure(args, play)
}

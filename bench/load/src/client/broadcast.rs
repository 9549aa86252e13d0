//! Broadcast: one connection sends a message, which has to come to all of them, and then the next.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll};

use super::{announce, closed_early, connect, measured, register, unblocked, wait, wrong_bytes};
use crate::args::Args;
use crate::pattern::{Pattern, SPAN};
use crate::samples::Samples;

struct Connection {
    stream: TcpStream,
    received: u64,
}

struct Broadcast {
    poll: Poll,
    connections: Vec<Connection>,
    pattern: Pattern,
    /// Where in the pattern begins what all receive.
    start: u64,
    /// Bytes that were sent.
    sent: u64,
    size: u64,
    buffer: Vec<u8>,
    samples: Samples,
}

impl Broadcast {
    fn open(args: &Args) -> io::Result<Self> {
        let (port, count) = (args.port()?, args.count("connections", 20)?);
        let (poll, mut connections, mut start) = (Poll::new()?, Vec::with_capacity(count), 0);
        for index in 0..count {
            let (stream, at) = register(&poll, connect(port)?, index, Interest::READABLE)?;
            connections.push(Connection { stream, received: 0 });
            // The last one speaks: connections are accepted in order, so all hear it.
            start = at;
        }
        Ok(Self {
            poll,
            connections,
            pattern: Pattern::new(),
            start,
            sent: 0,
            size: args.count("size", 64)? as u64,
            buffer: vec![0; SPAN],
            samples: Samples::default(),
        })
    }

    fn send(&mut self) -> io::Result<()> {
        let speaker = self.connections.last_mut().ok_or_else(closed_early)?;
        // A message is small, and the one before has arrived: the kernel takes it.
        speaker.stream.write_all(self.pattern.at(self.start + self.sent, self.size))?;
        self.sent += self.size;
        Ok(())
    }

    /// Reads what came; answers whether that was the last byte of the message.
    fn receive(&mut self, index: usize) -> io::Result<bool> {
        let connection = &mut self.connections[index];
        let before = connection.received;
        while let Some(read) = unblocked(connection.stream.read(&mut self.buffer))? {
            if read == 0 {
                return Err(closed_early());
            }
            let position = self.start + connection.received;
            let is_right = self.pattern.matches(position, &self.buffer[..read]);
            connection.received += read as u64;
            if !is_right || connection.received > self.sent {
                return Err(wrong_bytes(before));
            }
        }
        Ok(connection.received == self.sent && connection.received > before)
    }

    /// Plays for `length`; answers the time it took.
    fn play(&mut self, length: Duration) -> io::Result<Duration> {
        let begin = Instant::now();
        let mut events = Events::with_capacity(1024);
        while begin.elapsed() < length {
            let sent = Instant::now();
            self.send()?;
            let mut left = self.connections.len();
            while left > 0 {
                wait(&mut self.poll, &mut events, None)?;
                for event in &events {
                    if self.receive(event.token().0)? {
                        left -= 1;
                    }
                }
            }
            self.samples.record(sent.elapsed());
        }
        Ok(begin.elapsed())
    }
}

/// Runs the scenario and prints broadcasts a second, and how long it took until the last had one.
pub fn run(args: &Args) -> io::Result<()> {
    let mut broadcast = Broadcast::open(args)?;
    let elapsed =
        measured(args, &mut broadcast, |broadcast| &mut broadcast.samples, Broadcast::play)?;
    announce(&mut broadcast.samples, elapsed)
}

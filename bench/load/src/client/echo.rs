//! Ping-pong: every connection sends a message, waits for it to come back, and sends the next.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Poll};

use super::{BOTH, BURST, closed_early, connect, measured, register, unblocked, wait, wrong_bytes};
use crate::args::Args;
use crate::control;
use crate::pattern::{self, Pattern, SPAN};
use crate::samples::Samples;

struct Connection {
    stream: TcpStream,
    /// Where in the pattern the stream began.
    start: u64,
    /// Bytes that are to be sent in all, that are sent, and that came back.
    wanted: u64,
    sent: u64,
    received: u64,
    /// When each message that is under way was sent.
    under_way: VecDeque<Instant>,
}

impl Connection {
    fn send_message(&mut self, size: u64, now: Instant) {
        self.wanted += size;
        self.under_way.push_back(now);
    }

    fn flush(&mut self, pattern: &Pattern) -> io::Result<()> {
        while self.sent < self.wanted {
            let bytes = pattern.at(self.start + self.sent, self.wanted - self.sent);
            match unblocked(self.stream.write(bytes))? {
                Some(written) => self.sent += written as u64,
                None => break,
            }
        }
        Ok(())
    }
}

struct Echo {
    poll: Poll,
    connections: Vec<Connection>,
    pattern: Pattern,
    buffer: Vec<u8>,
    samples: Samples,
    size: u64,
    depth: usize,
}

impl Echo {
    fn open(args: &Args) -> io::Result<Self> {
        let (port, count) = (args.port()?, args.count("connections", 1)?);
        let size = args.count("size", 64)?;
        let mut echo = Self {
            poll: Poll::new()?,
            connections: Vec::with_capacity(count),
            pattern: Pattern::new(),
            buffer: vec![0; SPAN],
            samples: Samples::default(),
            size: size as u64,
            depth: args.count("depth", 1)?,
        };
        for index in 0..count {
            let mut stream = connect(port)?;
            let mut done = 0;
            // Connections are accepted in order: one that answers speaks for all before it.
            if index % BURST == BURST - 1 {
                let at = pattern::start(stream.local_addr()?.port());
                let mut answer = [0; 1];
                stream.write_all(echo.pattern.at(at, 1))?;
                stream.read_exact(&mut answer)?;
                if !echo.pattern.matches(at, &answer) {
                    return Err(wrong_bytes(0));
                }
                done = 1;
            }
            let (stream, start) = register(&echo.poll, stream, index, BOTH)?;
            let under_way = VecDeque::with_capacity(echo.depth);
            let start = start + done;
            echo.connections.push(Connection {
                stream,
                start,
                wanted: 0,
                sent: 0,
                received: 0,
                under_way,
            });
        }
        Ok(echo)
    }

    /// Reads what came, and sends the next message for each that is complete.
    fn receive(&mut self, index: usize, until_end: bool, deadline: Instant) -> io::Result<()> {
        let connection = &mut self.connections[index];
        while let Some(read) = unblocked(connection.stream.read(&mut self.buffer))? {
            if read == 0 {
                return Err(closed_early());
            }
            let position = connection.start + connection.received;
            if !self.pattern.matches(position, &self.buffer[..read]) {
                return Err(wrong_bytes(connection.received));
            }
            let before = connection.received / self.size;
            connection.received += read as u64;
            if connection.received > connection.wanted {
                return Err(wrong_bytes(connection.wanted));
            }
            let now = Instant::now();
            for _ in before..connection.received / self.size {
                let sent = connection.under_way.pop_front().expect("a message is under way");
                self.samples.record(now - sent);
                if now < deadline {
                    connection.send_message(self.size, now);
                }
            }
            connection.flush(&self.pattern)?;
            // A short read has emptied the socket; the next byte is an event of its own.
            if read < self.buffer.len() && !until_end {
                break;
            }
        }
        Ok(())
    }

    /// Plays for `length`, then lets what is under way arrive; answers the time it all took.
    fn play(&mut self, length: Duration) -> io::Result<Duration> {
        let begin = Instant::now();
        let deadline = begin + length;
        let mut under_way = 0;
        for connection in &mut self.connections {
            for _ in 0..self.depth {
                connection.send_message(self.size, Instant::now());
                under_way += 1;
            }
            connection.flush(&self.pattern)?;
        }
        let mut events = Events::with_capacity(1024);
        while under_way > 0 {
            wait(&mut self.poll, &mut events, None)?;
            for event in &events {
                let index = event.token().0;
                if event.is_readable() {
                    let queued = self.connections[index].under_way.len();
                    self.receive(index, event.is_read_closed() || event.is_error(), deadline)?;
                    under_way -= queued - self.connections[index].under_way.len();
                }
                if event.is_writable() {
                    self.connections[index].flush(&self.pattern)?;
                }
            }
        }
        Ok(begin.elapsed())
    }
}

/// Runs the scenario and prints messages a second, MB/s and latencies.
pub fn run(args: &Args) -> io::Result<()> {
    let mut echo = Echo::open(args)?;
    let elapsed = measured(args, &mut echo, |echo| &mut echo.samples, Echo::play)?.as_secs_f64();
    let messages = echo.samples.len();
    // Every message travels both ways; MB/s counts it once.
    let bytes = messages as u64 * echo.size;
    let [p50, p99, p999] = echo.samples.percentiles([0.5, 0.99, 0.999]);
    control::announce(&format!(
        r#"{{"event":"result","seconds":{elapsed:.6},"messages":{messages},"bytes":{bytes},"perSecond":{:.3},"megabytesPerSecond":{:.3},"p50":{p50:.3},"p99":{p99:.3},"p999":{p999:.3}}}"#,
        messages as f64 / elapsed,
        bytes as f64 / elapsed / 1e6,
    ))
}

//! Short lives: connect, one echo, reset, and again; `--connections` at a time.
//!
//! What one connection costs here is what the server cannot be given to do, so there are no more
//! system calls than it takes: connect(2) to no address resets a connection and leaves a socket that
//! connects again, with nothing to make, register and close in between.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Poll, Token};
use rustix::io::Errno;
use rustix::net::{self, AddressFamily, SocketFlags, SocketType};

use super::{announce, closed_early, measured, unblocked, wait, wrong_bytes};
use crate::args::Args;
use crate::pattern::Pattern;
use crate::samples::Samples;

/// How far apart two connections begin in the pattern: a prime, as the period is.
const STRIDE: u64 = 7919;

/// One socket, for one connection after the other.
struct Connection {
    stream: TcpStream,
    start: u64,
    /// Whether the message is out; it mostly is at once, for on loopback a connect ends that soon.
    sent: bool,
    received: u64,
    begun: Instant,
}

struct Churn {
    poll: Poll,
    address: SocketAddr,
    size: u64,
    pattern: Pattern,
    samples: Samples,
    /// Connections so far.
    count: u64,
}

impl Churn {
    fn socket(&self, index: usize) -> io::Result<Connection> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        let socket = net::socket_with(AddressFamily::INET, SocketType::STREAM, flags, None)?;
        let mut stream = TcpStream::from_std(socket.into());
        self.poll.registry().register(&mut stream, Token(index), super::BOTH)?;
        Ok(Connection { stream, start: 0, sent: false, received: 0, begun: Instant::now() })
    }

    /// Begins to connect, and sends the one message, which always fits an empty socket's buffer.
    fn open(&mut self, connection: &mut Connection) -> io::Result<()> {
        connection.begun = Instant::now();
        match net::connect(&connection.stream, &self.address) {
            Ok(()) | Err(Errno::INPROGRESS) => {}
            Err(error) => return Err(error.into()),
        }
        self.count += 1;
        connection.start = self.count * STRIDE;
        connection.sent = false;
        connection.received = 0;
        self.send(connection)
    }

    fn send(&self, connection: &mut Connection) -> io::Result<()> {
        let message = self.pattern.at(connection.start, self.size);
        match connection.stream.write(message) {
            Ok(count) if count == message.len() => connection.sent = true,
            Ok(_) => return Err(io::Error::other("a message did not fit an empty socket")),
            // Not connected yet.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) if error.kind() == io::ErrorKind::NotConnected => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    /// Reads what came; answers whether the echo is complete.
    fn receive(&self, connection: &mut Connection, buffer: &mut [u8]) -> io::Result<bool> {
        if !connection.sent {
            self.send(connection)?;
        }
        while connection.received < self.size {
            let Some(read) = unblocked(connection.stream.read(buffer))? else {
                return Ok(false);
            };
            if read == 0 {
                return Err(closed_early());
            }
            let position = connection.start + connection.received;
            connection.received += read as u64;
            let bytes = &buffer[..read];
            if connection.received > self.size || !self.pattern.matches(position, bytes) {
                return Err(wrong_bytes(position - connection.start));
            }
        }
        Ok(true)
    }

    fn play(&mut self, width: usize, length: Duration) -> io::Result<Duration> {
        let begin = Instant::now();
        let deadline = begin + length;
        let mut connections = Vec::with_capacity(width);
        for index in 0..width {
            let mut connection = self.socket(index)?;
            self.open(&mut connection)?;
            connections.push(connection);
        }
        let mut buffer = vec![0; self.size as usize + 1];
        let mut events = Events::with_capacity(1024);
        let mut open = vec![true; width];
        while open.contains(&true) {
            wait(&mut self.poll, &mut events, None)?;
            for event in &events {
                let index = event.token().0;
                let connection = &mut connections[index];
                // An event of the connection before is harmless: the read blocks.
                if !open[index] || !self.receive(connection, &mut buffer)? {
                    continue;
                }
                let now = Instant::now();
                self.samples.record(now - connection.begun);
                net::connect_unspec(&connection.stream)?;
                open[index] = now < deadline;
                if open[index] {
                    self.open(connection)?;
                }
            }
        }
        Ok(begin.elapsed())
    }
}

/// Runs the scenario and prints connections a second and how long one takes.
pub fn run(args: &Args) -> io::Result<()> {
    let width = args.count("connections", 16)?;
    let mut churn = Churn {
        poll: Poll::new()?,
        address: SocketAddr::from((Ipv4Addr::LOCALHOST, args.port()?)),
        size: args.count("size", 64)?.min(4096) as u64,
        pattern: Pattern::new(),
        samples: Samples::default(),
        count: 0,
    };
    let play = |churn: &mut Churn, length| churn.play(width, length);
    let elapsed = measured(args, &mut churn, |churn| &mut churn.samples, play)?;
    announce(&mut churn.samples, elapsed)
}

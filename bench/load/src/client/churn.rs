//! Short lives: connect, one echo, reset, and again; `--connections` at a time.
//!
//! What one connection costs here is what the server cannot be given to do, so there are no more
//! system calls than it takes: blocking sockets, and the oldest connection is waited for first.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use super::{STALLED, closed_early, wrong_bytes};
use crate::args::Args;
use crate::control;
use crate::pattern::Pattern;
use crate::samples::Samples;

/// How far apart two connections begin in the pattern: a prime, as the period is.
const STRIDE: u64 = 7919;

struct Connection {
    stream: TcpStream,
    start: u64,
    begun: Instant,
}

struct Churn {
    port: u16,
    size: u64,
    pattern: Pattern,
    samples: Samples,
    /// Connections so far.
    count: u64,
}

impl Churn {
    /// Connects and sends the one message, which always fits an empty socket's buffer.
    fn open(&mut self) -> io::Result<Connection> {
        let begun = Instant::now();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(STALLED))?;
        self.count += 1;
        let start = self.count * STRIDE;
        stream.write_all(self.pattern.at(start, self.size))?;
        Ok(Connection { stream, start, begun })
    }

    /// Waits for the echo, and resets.
    fn finish(&mut self, mut connection: Connection, buffer: &mut [u8]) -> io::Result<()> {
        let mut received = 0;
        while received < self.size {
            let read = connection.stream.read(buffer)?;
            if read == 0 {
                return Err(closed_early());
            }
            let bytes = &buffer[..read];
            let position = connection.start + received;
            received += read as u64;
            if received > self.size || !self.pattern.matches(position, bytes) {
                return Err(wrong_bytes(position - connection.start));
            }
        }
        socket2::SockRef::from(&connection.stream).set_linger(Some(Duration::ZERO))?;
        self.samples.record(connection.begun.elapsed());
        Ok(())
    }

    fn play(&mut self, width: usize, length: Duration) -> io::Result<Duration> {
        let begin = Instant::now();
        let deadline = begin + length;
        let mut connections = VecDeque::with_capacity(width);
        let mut buffer = vec![0; self.size as usize + 1];
        while connections.len() < width {
            connections.push_back(self.open()?);
        }
        while let Some(oldest) = connections.pop_front() {
            self.finish(oldest, &mut buffer)?;
            if Instant::now() < deadline {
                connections.push_back(self.open()?);
            }
        }
        Ok(begin.elapsed())
    }
}

/// Runs the scenario and prints connections a second and how long one takes.
pub fn run(args: &Args) -> io::Result<()> {
    let (seconds, warmup) = (args.seconds("seconds", 2.0)?, args.seconds("warmup", 0.5)?);
    let width = args.count("connections", 16)?;
    let mut churn = Churn {
        port: args.port()?,
        size: args.count("size", 64)?.min(4096) as u64,
        pattern: Pattern::new(),
        samples: Samples::default(),
        count: 0,
    };
    churn.play(width, warmup)?;
    churn.samples.clear();
    control::warmed_up(args.wait())?;
    let elapsed = churn.play(width, seconds)?.as_secs_f64();
    let messages = churn.samples.len();
    let [p50, p99, p999] = churn.samples.percentiles([0.5, 0.99, 0.999]);
    control::announce(&format!(
        r#"{{"event":"result","seconds":{elapsed:.6},"messages":{messages},"perSecond":{:.3},"p50":{p50:.3},"p99":{p99:.3},"p999":{p999:.3}}}"#,
        messages as f64 / elapsed,
    ))
}

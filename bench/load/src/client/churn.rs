//! Short lives: connect, one echo, reset, and again; `--connections` at a time.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll};

use super::{closed_early, connect, register, unblocked, wait, wrong_bytes};
use crate::args::Args;
use crate::control;
use crate::pattern::Pattern;
use crate::samples::Samples;

struct Connection {
    stream: TcpStream,
    start: u64,
    received: usize,
    begun: Instant,
}

struct Churn {
    poll: Poll,
    port: u16,
    size: usize,
    pattern: Pattern,
    samples: Samples,
}

impl Churn {
    /// Connects and sends the one message, which always fits an empty socket's buffer.
    fn open(&self, index: usize) -> io::Result<Connection> {
        let begun = Instant::now();
        let (mut stream, start) =
            register(&self.poll, connect(self.port)?, index, Interest::READABLE)?;
        stream.write_all(self.pattern.at(start, self.size as u64))?;
        Ok(Connection { stream, start, received: 0, begun })
    }

    /// Reads what came; answers whether the echo is complete.
    fn receive(&self, connection: &mut Connection, buffer: &mut [u8]) -> io::Result<bool> {
        while connection.received < self.size {
            let Some(read) = unblocked(connection.stream.read(buffer))? else {
                return Ok(false);
            };
            if read == 0 {
                return Err(closed_early());
            }
            let position = connection.start + connection.received as u64;
            connection.received += read;
            if connection.received > self.size || !self.pattern.matches(position, &buffer[..read]) {
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
            connections.push(Some(self.open(index)?));
        }
        let mut buffer = vec![0; self.size + 1];
        let mut events = Events::with_capacity(1024);
        let mut open = width;
        while open > 0 {
            wait(&mut self.poll, &mut events, None)?;
            for event in events.iter().filter(|event| event.is_readable()) {
                let slot = &mut connections[event.token().0];
                // An event of the connection that had this slot before is harmless: the read blocks.
                let Some(connection) = slot else { continue };
                if !self.receive(connection, &mut buffer)? {
                    continue;
                }
                self.samples.record(connection.begun.elapsed());
                // Dropped, and so reset, before its successor opens.
                *slot = None;
                if Instant::now() < deadline {
                    *slot = Some(self.open(event.token().0)?);
                } else {
                    open -= 1;
                }
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
        poll: Poll::new()?,
        port: args.port()?,
        size: args.count("size", 64)?.min(4096),
        pattern: Pattern::new(),
        samples: Samples::default(),
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

//! HTTP: every connection asks for a path, waits for the answer, whose body is that path, and asks for the next.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll};

use super::{announce, closed_early, connect, measured, register, unblocked, wait, wrong_bytes};
use crate::args::Args;
use crate::samples::Samples;

/// Bytes of a path: a slash and digits.
const PATH: usize = 64;

const METHOD: &[u8] = b"GET ";
const REST: &[u8] = b" HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// What the first line of an answer has to be.
const OK: &[u8] = b"HTTP/1.1 200 OK\r\n";

/// The end of an answer's head.
const END: &[u8] = b"\r\n\r\n";

/// The longest head that is expected.
const MOST: usize = 4096;

struct Connection {
    stream: TcpStream,
    /// The answer that is under way, and how much of it has come.
    answer: Vec<u8>,
    received: usize,
    begun: Instant,
}

struct Http {
    poll: Poll,
    connections: Vec<Connection>,
    /// How many were asked.
    count: u64,
    request: Vec<u8>,
    buffer: Vec<u8>,
    samples: Samples,
}

fn path(number: u64) -> Vec<u8> {
    format!("/{number:0width$}", width = PATH - 1).into_bytes()
}

fn bad_answer() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the answer is not what was expected")
}

/// Asks once, and answers the head of the answer: the same for all paths.
fn first(stream: &mut std::net::TcpStream) -> io::Result<Vec<u8>> {
    let path = path(0);
    stream.write_all(&[METHOD, &path, REST].concat())?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(END) {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
        if head.len() > MOST {
            return Err(bad_answer());
        }
    }
    let mut body = [0; PATH];
    stream.read_exact(&mut body)?;
    if head.starts_with(OK) && body == *path { Ok(head) } else { Err(bad_answer()) }
}

impl Http {
    fn open(args: &Args) -> io::Result<Self> {
        let (port, count) = (args.port()?, args.count("connections", 1)?);
        let mut http = Self {
            poll: Poll::new()?,
            connections: Vec::with_capacity(count),
            count: 0,
            request: [METHOD, &path(0), REST].concat(),
            buffer: vec![0; MOST],
            samples: Samples::default(),
        };
        for index in 0..count {
            let mut stream = connect(port)?;
            let answer = [first(&mut stream)?, path(0)].concat();
            let (stream, _) = register(&http.poll, stream, index, Interest::READABLE)?;
            let begun = Instant::now();
            http.connections.push(Connection { stream, answer, received: 0, begun });
        }
        Ok(http)
    }

    /// Asks for the next path. The request fits: there is none under way.
    fn ask(&mut self, index: usize) -> io::Result<()> {
        self.count += 1;
        let path = path(self.count);
        self.request[METHOD.len()..][..PATH].copy_from_slice(&path);
        let connection = &mut self.connections[index];
        let body = connection.answer.len() - PATH;
        connection.answer[body..].copy_from_slice(&path);
        connection.received = 0;
        connection.begun = Instant::now();
        connection.stream.write_all(&self.request)
    }

    /// Reads what came; `true` where that is the whole answer.
    fn receive(&mut self, index: usize) -> io::Result<bool> {
        let connection = &mut self.connections[index];
        let Some(read) = unblocked(connection.stream.read(&mut self.buffer))? else {
            return Ok(false);
        };
        if read == 0 {
            return Err(closed_early());
        }
        if !connection.answer[connection.received..].starts_with(&self.buffer[..read]) {
            return Err(wrong_bytes(connection.received as u64));
        }
        connection.received += read;
        if connection.received < connection.answer.len() {
            return Ok(false);
        }
        self.samples.record(connection.begun.elapsed());
        Ok(true)
    }

    /// Plays for `length`, then lets what is under way arrive; answers the time it all took.
    fn play(&mut self, length: Duration) -> io::Result<Duration> {
        let begin = Instant::now();
        let deadline = begin + length;
        let mut under_way = self.connections.len();
        for index in 0..under_way {
            self.ask(index)?;
        }
        let mut events = Events::with_capacity(1024);
        while under_way > 0 {
            wait(&mut self.poll, &mut events, None)?;
            for event in &events {
                let index = event.token().0;
                if !self.receive(index)? {
                    continue;
                }
                if Instant::now() < deadline {
                    self.ask(index)?;
                } else {
                    under_way -= 1;
                }
            }
        }
        Ok(begin.elapsed())
    }
}

/// Runs the scenario and prints requests a second and latencies.
pub fn run(args: &Args) -> io::Result<()> {
    let mut http = Http::open(args)?;
    let elapsed = measured(args, &mut http, |http| &mut http.samples, Http::play)?;
    announce(&mut http.samples, elapsed)
}

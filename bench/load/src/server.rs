//! The limit: what one thread with epoll and nothing else reaches in the same scenarios.

use std::fs;
use std::io::{self, Read, Write};
use std::mem;
use std::net::{Ipv4Addr, Shutdown, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};

use crate::args::Args;
use crate::control;
use crate::pattern::{self, Pattern, SPAN};

const LISTENER: Token = Token(usize::MAX);

#[derive(Clone, Copy, PartialEq)]
enum Mode {
    Echo,
    Sink,
    Source,
    Proxy,
}

struct Connection {
    stream: TcpStream,
    /// Where in the pattern the stream began, and how far into it this side is.
    start: u64,
    offset: u64,
    /// What was read here, and how much of it the destination has taken.
    pending: Vec<u8>,
    taken: usize,
    /// The proxy's other leg; the connection itself where it echoes.
    peer: usize,
}

struct Server {
    poll: Poll,
    mode: Mode,
    size: u64,
    upstream: u16,
    pattern: Pattern,
    buffer: Vec<u8>,
    connections: Vec<Option<Connection>>,
    free: Vec<usize>,
    /// Connections that used up their turn and have more to do.
    busy: Vec<usize>,
    open: Arc<AtomicUsize>,
}

/// How a connection's turn went.
enum Turn {
    /// It waits for the next event.
    Blocked,
    /// It can go on at once, when the others had their turn.
    More,
    /// It is done with.
    Ended,
}

/// Reads or writes in one turn, so that no connection starves the others.
const TURN: usize = 16;

/// `Blocked` where the call would block, and the error otherwise.
fn blocked(error: io::Error) -> io::Result<Turn> {
    if error.kind() == io::ErrorKind::WouldBlock { Ok(Turn::Blocked) } else { Err(error) }
}

impl Server {
    fn add(&mut self, mut stream: TcpStream, start: u64) -> io::Result<usize> {
        let index = self.free.pop().unwrap_or_else(|| {
            self.connections.push(None);
            self.connections.len() - 1
        });
        let both = Interest::READABLE | Interest::WRITABLE;
        self.poll.registry().register(&mut stream, Token(index), both)?;
        let (pending, taken) = (Vec::new(), 0);
        let connection = Connection { stream, start, offset: 0, pending, taken, peer: index };
        self.connections[index] = Some(connection);
        self.open.fetch_add(1, Ordering::Relaxed);
        Ok(index)
    }

    fn remove(&mut self, index: usize) {
        if let Some(connection) = self.connections[index].take() {
            self.open.fetch_sub(1, Ordering::Relaxed);
            self.free.push(index);
            // The proxy's other leg goes too; an echo's peer is itself, and gone.
            self.remove(connection.peer);
        }
    }

    fn accept(&mut self, stream: TcpStream, peer: SocketAddr) -> io::Result<()> {
        let start = pattern::start(peer.port());
        let index = self.add(stream, start)?;
        if self.mode == Mode::Proxy {
            let upstream = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.upstream))?;
            upstream.set_nonblocking(true)?;
            let other = self.add(TcpStream::from_std(upstream), start)?;
            for (from, to) in [(index, other), (other, index)] {
                self.connections[from].as_mut().expect("just added").peer = to;
            }
        }
        Ok(())
    }

    /// Moves bytes from `from` to its peer. `to_end`: a short read does not mean that the socket is
    /// empty, for the end of the stream may stand behind it and has no event of its own.
    fn forward(&mut self, from: usize, to_end: bool) -> io::Result<Turn> {
        // The source leaves its slot meanwhile, for in the proxy its peer is another entry.
        let Some(mut source) = self.connections[from].take() else {
            return Ok(Turn::Blocked);
        };
        let target = self.connections[source.peer].as_ref().map(|peer| &peer.stream);
        let result = source.forward(target, &mut self.buffer, to_end);
        self.connections[from] = Some(source);
        result
    }

    /// Reads and checks what there is; at the end, answers with the number of bytes.
    fn swallow(&mut self, index: usize) -> io::Result<Turn> {
        let Some(connection) = &mut self.connections[index] else {
            return Ok(Turn::Blocked);
        };
        for _ in 0..TURN {
            let read = match connection.stream.read(&mut self.buffer) {
                Ok(read) => read,
                Err(error) => return blocked(error),
            };
            if read == 0 {
                connection.stream.write_all(&connection.offset.to_le_bytes())?;
                connection.stream.shutdown(Shutdown::Write)?;
                return Ok(Turn::Ended);
            }
            let position = connection.start + connection.offset;
            if !self.pattern.matches(position, &self.buffer[..read]) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "wrong bytes"));
            }
            connection.offset += read as u64;
        }
        Ok(Turn::More)
    }

    /// Writes the pattern as long as the socket takes it.
    fn pour(&mut self, index: usize) -> io::Result<Turn> {
        let Some(connection) = &mut self.connections[index] else {
            return Ok(Turn::Blocked);
        };
        for _ in 0..TURN {
            let position = connection.start + connection.offset;
            match connection.stream.write(self.pattern.at(position, self.size)) {
                Ok(written) => connection.offset += written as u64,
                Err(error) => return blocked(error),
            }
        }
        Ok(Turn::More)
    }

    fn turn(&mut self, index: usize, writable: bool, to_end: bool) -> io::Result<Turn> {
        match self.mode {
            Mode::Sink => self.swallow(index),
            Mode::Source => self.pour(index),
            Mode::Echo => self.forward(index, to_end),
            Mode::Proxy => {
                // Room here is what the other leg may have waited for.
                let peer = self.connections[index].as_ref().map(|connection| connection.peer);
                if let (true, Some(peer)) = (writable, peer) {
                    self.serve(peer, false, false);
                }
                self.forward(index, to_end)
            }
        }
    }

    fn serve(&mut self, index: usize, writable: bool, to_end: bool) {
        match self.turn(index, writable, to_end) {
            Ok(Turn::Blocked) => {}
            Ok(Turn::More) => self.busy.push(index),
            Err(error) if error.kind() == io::ErrorKind::InvalidData => panic!("{error}"),
            // A client that resets its connections at the end of a run is the usual way out.
            Ok(Turn::Ended) | Err(_) => self.remove(index),
        }
    }

    fn run(&mut self, listener: &TcpListener) -> io::Result<()> {
        let mut events = Events::with_capacity(1024);
        loop {
            let limit = if self.busy.is_empty() { None } else { Some(Duration::ZERO) };
            if let Err(error) = self.poll.poll(&mut events, limit)
                && error.kind() != io::ErrorKind::Interrupted
            {
                return Err(error);
            }
            for index in mem::take(&mut self.busy) {
                self.serve(index, false, true);
            }
            for event in &events {
                if event.token() != LISTENER {
                    let to_end = event.is_read_closed() || event.is_error();
                    self.serve(event.token().0, event.is_writable(), to_end);
                    continue;
                }
                loop {
                    match listener.accept() {
                        Ok((stream, peer)) => self.accept(stream, peer)?,
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                        Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                        Err(error) => return Err(error),
                    }
                }
            }
        }
    }
}

impl Connection {
    /// Moves bytes from here to `target`, which is the connection itself where there is none.
    fn forward(
        &mut self,
        target: Option<&TcpStream>,
        buffer: &mut [u8],
        to_end: bool,
    ) -> io::Result<Turn> {
        let mut target = target.unwrap_or(&self.stream);
        for _ in 0..TURN {
            while self.taken < self.pending.len() {
                match target.write(&self.pending[self.taken..]) {
                    Ok(written) => self.taken += written,
                    Err(error) => return blocked(error),
                }
            }
            let read = match (&self.stream).read(buffer) {
                Ok(0) => return Ok(Turn::Ended),
                Ok(read) => read,
                Err(error) => return blocked(error),
            };
            let written = match target.write(&buffer[..read]) {
                Ok(written) => written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
                Err(error) => return Err(error),
            };
            self.taken = 0;
            self.pending.clear();
            self.pending.extend_from_slice(&buffer[written..read]);
            if written == read && read < buffer.len() && !to_end {
                return Ok(Turn::Blocked);
            }
        }
        Ok(Turn::More)
    }
}

/// The thread's time on a CPU in nanoseconds, as the scheduler counts it.
fn cpu_nanos(thread: u32) -> u64 {
    fs::read_to_string(format!("/proc/self/task/{thread}/schedstat"))
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .unwrap_or(0)
}

/// The process's resident memory in bytes.
fn resident() -> u64 {
    fs::read_to_string("/proc/self/status")
        .ok()
        .and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("VmRSS:"))?;
            line.split_whitespace().nth(1)?.parse::<u64>().ok()
        })
        .unwrap_or(0)
        * 1024
}

/// Answers `stats` lines on stdin, and ends the process when stdin ends.
fn answer_stats(open: &AtomicUsize) -> io::Result<()> {
    while control::next_line()?.is_some() {
        let cpu = cpu_nanos(std::process::id());
        control::announce(&format!(
            r#"{{"event":"stats","threadNs":{cpu},"processNs":{cpu},"rss":{},"connections":{}}}"#,
            resident(),
            open.load(Ordering::Relaxed),
        ))?;
    }
    Ok(())
}

/// Serves until stdin ends.
pub fn run(mode: &str, args: &Args) -> io::Result<()> {
    let mode = match mode {
        "echo" => Mode::Echo,
        "sink" => Mode::Sink,
        "source" => Mode::Source,
        "proxy" => Mode::Proxy,
        _ => return Err(io::Error::other(format!("unknown server mode '{mode}'"))),
    };
    let poll = Poll::new()?;
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
    socket.bind(&SocketAddr::from((Ipv4Addr::LOCALHOST, 0)).into())?;
    socket.listen(511)?;
    socket.set_nonblocking(true)?;
    let mut listener = TcpListener::from_std(socket.into());
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let open = Arc::new(AtomicUsize::new(0));
    let shared = Arc::clone(&open);
    thread::spawn(move || {
        let failed = answer_stats(&shared).is_err();
        std::process::exit(i32::from(failed));
    });
    let mut server = Server {
        poll,
        mode,
        size: args.count("size", 65_536)? as u64,
        upstream: args.number("upstream", 0)?,
        pattern: Pattern::new(),
        buffer: vec![0; SPAN],
        connections: Vec::new(),
        free: Vec::new(),
        busy: Vec::new(),
        open,
    };
    control::announce(&format!(
        r#"{{"event":"listening","port":{}}}"#,
        listener.local_addr()?.port()
    ))?;
    server.run(&listener)
}

//! Two connections with their tasks, and a native pipe from the one to the other; this thread is
//! JavaScript's, the I/O thread's and that of the peers. No byte is lost, doubled or out of its order,
//! whoever moves it, nobody waits for what has happened already, and nothing is left behind.

#![no_main]

use std::io::{ErrorKind, IoSlice, Read, Write};
use std::os::unix::net::UnixStream;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use socket2::SockRef;
use tokio_net_fuzz::bridge::{
    Bridge, Event, Kind, Loan, Payload, READ_SIZE, nudge_deferred, start_deferring,
};
use tokio_net_fuzz::runtime::{Wake, tasks, work};
use tokio_net_fuzz::socket::handle::{Admission, Glance};
use tokio_net_fuzz::socket::{Connection, Origin, SocketHandle};

#[derive(Arbitrary, Debug)]
enum Step {
    // The peers.
    PeerWrites(bool, u32),
    PeerReads(bool, u32),
    PeerEnds(bool),
    PeerGoes(bool),
    // JavaScript.
    Write(bool, u32),
    Gather(bool, u16),
    Shutdown(bool),
    StartReading(bool),
    StopReading(bool),
    SetReadLimits(bool, u32, u32),
    Pipe(bool),
    Unpipe,
    Close(bool),
    Answer(u8),
    /// All that is to be done now is done, on either thread.
    Turn,
    // Who waits for the socket.
    Engage(bool),
    Retire(bool),
    Look(bool, Further),
    /// JavaScript lends memory for large reads.
    Lend,
    Work(u8),
}

/// What becomes of the pieces that a read has brought beyond its first.
#[derive(Arbitrary, Clone, Copy, Debug)]
enum Further {
    /// JavaScript asks for each.
    Asked,
    /// It is told of each.
    Told,
    /// It does not want to read any more, after one of them or after the first.
    Stopped(bool),
}

const PERIOD: usize = 251;

const MOST_LENT: usize = 8;

/// Bytes that are moved at a time, at most.
const MOST: usize = 1 << 21;

/// A number below `most`, small more often than not.
fn skewed(number: u32, most: usize) -> usize {
    (number >> (number % 24)) as usize % most
}

/// One connection, as JavaScript and its peer know it.
struct Side {
    /// JavaScript's share; `None` once it is closed.
    socket: Option<SocketHandle>,
    number: u32,
    peer: Option<UnixStream>,
    /// What the peer has written, and how much of it JavaScript or a pipe has seen.
    to_us: usize,
    seen: usize,
    /// What was written here, and how much of that the peer has read.
    from_us: Vec<u8>,
    read: Vec<u8>,
    /// Bytes of the write under way that the task has not been given, and has and was not told to
    /// have sent.
    rest: &'static [u8],
    under_way: usize,
    is_shut_down: bool,
    /// Whether JavaScript was told that gathered bytes wait.
    is_full: bool,
    /// Whether reading or writing has failed, or the peer has gone.
    is_broken: bool,
    has_ended: bool,
    is_closed: bool,
}

/// What is between the two.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pipe {
    None,
    Halting(usize),
    Halted(usize),
    Running(usize),
}

struct World {
    bridge: Arc<Bridge>,
    calls: Arc<AtomicUsize>,
    sides: [Side; 2],
    pipe: Pipe,
    /// What JavaScript has lent, by its number.
    lent: Vec<Box<[u8]>>,
}

/// Bytes of the stream to or from one side, which begins over and over.
fn stream(side: usize, range: std::ops::Range<usize>) -> &'static [u8] {
    static BYTES: LazyLock<Vec<u8>> =
        LazyLock::new(|| (0..MOST + PERIOD).map(|at| (at % PERIOD) as u8).collect());
    let start = (range.start + 17 * side) % PERIOD;
    &BYTES[start..start + range.len()]
}

impl Side {
    fn new(bridge: &Arc<Bridge>, is_narrow: bool) -> Self {
        let (near, far) = UnixStream::pair().expect("a pair");
        for socket in [&near, &far] {
            socket.set_nonblocking(true).expect("a flag");
            if is_narrow {
                SockRef::from(socket).set_send_buffer_size(1).expect("a size");
            }
        }
        let fd = std::os::fd::OwnedFd::from(near).into();
        let connection = Connection::register(bridge, fd, Origin::Accepted).expect("a number");
        Side {
            number: connection.handle(),
            socket: Some(SocketHandle::new(connection)),
            peer: Some(far),
            to_us: 0,
            seen: 0,
            from_us: Vec::new(),
            read: Vec::new(),
            rest: &[],
            under_way: 0,
            is_shut_down: false,
            is_full: false,
            is_broken: false,
            has_ended: false,
            is_closed: false,
        }
    }

    fn connection(&self) -> Option<Arc<Connection>> {
        Some(Arc::clone(self.socket.as_ref()?.connection()))
    }

    fn has_write(&self) -> bool {
        !self.rest.is_empty() || self.under_way > 0
    }

    fn can_write(&self) -> bool {
        self.socket.is_some() && !self.is_broken && !self.is_shut_down && !self.has_write()
    }

    fn peer_reads(&mut self, most: usize) -> usize {
        let Some(peer) = &mut self.peer else { return 0 };
        let before = self.read.len();
        if let Err(error) = peer.take(most as u64).read_to_end(&mut self.read) {
            // It has been reset, or there is no more for now.
            self.is_broken |= error.kind() != ErrorKind::WouldBlock;
        }
        self.read.len() - before
    }
}

impl World {
    fn step(&mut self, step: &Step) {
        match step {
            Step::PeerWrites(side, size) => {
                let index = usize::from(*side);
                let side = &mut self.sides[index];
                let size = skewed(*size, 200_000);
                let bytes = stream(index, side.to_us..side.to_us + size);
                if let Some(peer) = &mut side.peer {
                    side.to_us += peer.write(bytes).unwrap_or(0);
                }
            }
            Step::PeerReads(side, size) => {
                self.sides[usize::from(*side)].peer_reads(skewed(*size, 200_000));
            }
            Step::PeerEnds(side) => {
                if let Some(peer) = &self.sides[usize::from(*side)].peer {
                    let _ = peer.shutdown(std::net::Shutdown::Write);
                }
            }
            Step::PeerGoes(side) => {
                let side = &mut self.sides[usize::from(*side)];
                side.is_broken = true;
                side.peer = None;
            }
            Step::Write(side, size) => self.write(usize::from(*side), skewed(*size, 1_500_000)),
            Step::Gather(side, size) => self.gather(usize::from(*side), usize::from(*size)),
            Step::Shutdown(side) => self.shut_down(usize::from(*side)),
            Step::StartReading(side) => self.start_reading(usize::from(*side)),
            Step::StopReading(side) => {
                if let Some(socket) = &mut self.sides[usize::from(*side)].socket {
                    socket.stop_reading();
                }
            }
            Step::SetReadLimits(side, size, mark) => {
                if let Some(connection) = self.sides[usize::from(*side)].connection() {
                    connection.set_read_limits(size % 100_000, mark % 1_000_000);
                }
            }
            Step::Pipe(from) => self.halt(usize::from(*from)),
            Step::Unpipe => self.unpipe(),
            Step::Close(side) => self.close(usize::from(*side)),
            Step::Answer(count) => {
                for _ in 0..*count % 8 {
                    self.answer();
                }
            }
            Step::Turn => {
                self.work(3);
                while self.answer() {}
            }
            Step::Engage(side) => self.engage(usize::from(*side)),
            Step::Retire(side) => {
                if let Some(connection) = self.sides[usize::from(*side)].connection()
                    && connection.retire()
                {
                    connection.wake();
                }
            }
            Step::Look(side, further) => {
                self.look(usize::from(*side), *further);
            }
            Step::Lend => self.lend(),
            Step::Work(turns) => self.work(usize::from(*turns % 8)),
        }
    }

    fn work(&self, turns: usize) {
        work(turns);
        nudge_deferred();
    }

    /// As `Environment::engage`.
    fn engage(&mut self, side: usize) {
        let Some(socket) = &mut self.sides[side].socket else { return };
        let connection = Arc::clone(socket.connection());
        if connection.recall() {
            connection.wake();
        } else if !connection.has_failed() {
            connection.start().expect("a place");
        }
    }

    fn write(&mut self, side: usize, size: usize) {
        self.unpipe();
        if !self.sides[side].can_write() {
            return;
        }
        let side_ = &mut self.sides[side];
        let connection = side_.connection().expect("it can be written to");
        let start = side_.from_us.len();
        let mut bytes = stream(side, start..start + size);
        match connection.try_write(&[IoSlice::new(bytes)]) {
            Ok(count) => {
                side_.from_us.extend_from_slice(&bytes[..count]);
                bytes = &bytes[count..];
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => {
                side_.is_broken = true;
                return;
            }
        }
        side_.rest = bytes;
        self.queue(side);
    }

    /// Leaves what fits of the write under way to the task.
    fn queue(&mut self, side: usize) {
        let side_ = &mut self.sides[side];
        if side_.rest.is_empty() {
            return;
        }
        let Some(connection) = side_.connection() else { return };
        let count = connection.queue(side_.rest);
        let (queued, rest) = side_.rest.split_at(count);
        side_.from_us.extend_from_slice(queued);
        side_.rest = rest;
        side_.under_way += count;
        self.engage(side);
    }

    fn gather(&mut self, side: usize, size: usize) {
        self.unpipe();
        let side_ = &mut self.sides[side];
        if !side_.can_write() || side_.is_full || size == 0 {
            return;
        }
        let start = side_.from_us.len();
        let bytes = stream(side, start..start + size);
        side_.connection().expect("it can be written to").gather(bytes);
        side_.from_us.extend_from_slice(bytes);
        self.engage(side);
    }

    fn shut_down(&mut self, side: usize) {
        self.unpipe();
        let side_ = &mut self.sides[side];
        if !side_.can_write() {
            return;
        }
        let Some(socket) = &mut side_.socket else { return };
        side_.is_shut_down = true;
        if socket.connection().has_unsent() {
            socket.connection().shut_down_after_last();
            self.engage(side);
        } else {
            socket.connection().shut_down_next();
            socket.shutdown_due = true;
            nudge_deferred();
        }
    }

    fn start_reading(&mut self, side: usize) {
        let Some(socket) = &self.sides[side].socket else { return };
        let wakes = socket.start_reading() && socket.connection().is_running();
        nudge_deferred();
        if wakes {
            self.engage(side);
        }
    }

    fn halt(&mut self, from: usize) {
        let [one, other] = &self.sides;
        let is_open = |side: &Side| side.socket.is_some() && !side.is_broken && !side.has_ended;
        if self.pipe != Pipe::None || !is_open(one) || !is_open(other) {
            return;
        }
        let to = &self.sides[1 - from];
        if to.is_shut_down || to.has_write() {
            return;
        }
        let Some(connection) = self.sides[from].connection() else { return };
        connection.halt();
        self.pipe = Pipe::Halting(from);
        self.engage(from);
    }

    fn start_pump(&mut self, from: usize) {
        self.engage(1 - from);
        let (Some(source), Some(destination)) =
            (self.sides[from].connection(), self.sides[1 - from].connection())
        else {
            return;
        };
        if source.start_pump(&destination) {
            self.pipe = Pipe::Running(from);
            self.engage(from);
        } else {
            self.unpipe();
        }
    }

    fn unpipe(&mut self) {
        let (Pipe::Halting(from) | Pipe::Halted(from) | Pipe::Running(from)) = self.pipe else {
            return;
        };
        let was_running = matches!(self.pipe, Pipe::Running(_));
        self.pipe = Pipe::None;
        let connection = self.sides[from].connection().expect("it is closed after that");
        let stopped = connection.stop_pump();
        assert_eq!(stopped.is_some(), was_running);
        self.engage(from);
        let Some((pump, wakes)) = stopped else { return };
        if wakes {
            self.engage(1 - from);
        }
        let start = self.sides[from].seen;
        let moved = pump.moved() as usize;
        self.sides[from].seen += moved;
        for start in (start..start + moved).step_by(MOST) {
            let end = (start + MOST).min(self.sides[from].seen);
            self.sides[1 - from].from_us.extend_from_slice(stream(from, start..end));
        }
    }

    fn close(&mut self, side: usize) {
        self.unpipe();
        let Some(socket) = self.sides[side].socket.take() else { return };
        let connection = socket.connection();
        connection.close();
        if connection.recall() {
            connection.wake();
        }
        drop(socket);
        nudge_deferred();
        self.sides[side].is_broken = true;
    }

    /// Answers a call that the core has asked Node for.
    fn answer(&mut self) -> bool {
        if self.calls.load(Ordering::SeqCst) == 0 {
            return false;
        }
        self.calls.fetch_sub(1, Ordering::SeqCst);
        let Some((event, _)) = self.bridge.pop() else { return true };
        let side = usize::from(event.handle != self.sides[0].number);
        assert!(!self.sides[side].is_closed, "an event after the last");
        if event.kind == Kind::Close {
            assert!(self.sides[side].socket.is_none());
            self.sides[side].is_closed = true;
            return true;
        }
        // As `Environment::admit`.
        let Some(socket) = &mut self.sides[side].socket else { return true };
        let connection = Arc::clone(socket.connection());
        match event.kind {
            Kind::Read | Kind::Chunk | Kind::End => {
                let admission = socket.admit(event);
                self.deliver(side, admission);
            }
            Kind::Resume => {
                let admission = socket.release();
                self.deliver(side, admission);
            }
            Kind::Retired => {
                connection.heard_retired();
                assert!(!connection.is_closing());
            }
            Kind::Shutdown => {
                let is_due = event.number == 1 || socket.shutdown_due;
                socket.shutdown_due = false;
                if is_due {
                    assert!(!connection.has_unsent() || self.sides[side].is_broken);
                    let _ = connection.shut_down();
                }
            }
            Kind::Write if event.number < 0 => {
                let side = &mut self.sides[side];
                side.is_broken = true;
                side.rest = &[];
                side.under_way = 0;
            }
            Kind::Write => {
                let side_ = &mut self.sides[side];
                let count = event.number as usize;
                assert!(count <= side_.under_way, "{count} of {}", side_.under_way);
                side_.under_way -= count;
                side_.is_full = false;
                self.queue(side);
            }
            Kind::Full => {
                let side = &mut self.sides[side];
                assert!(!side.is_full, "once");
                side.is_full = true;
            }
            Kind::Halted => match self.pipe {
                Pipe::Halting(from) if from == side => {
                    self.pipe = Pipe::Halted(from);
                    self.start_pump(from);
                }
                // Of one that was stopped before.
                _ => {}
            },
            Kind::Block | Kind::Connection | Kind::Connect | Kind::Room | Kind::Flush => {
                panic!("{:?} of a connection", event.kind)
            }
            Kind::Close => unreachable!(),
        }
        nudge_deferred();
        true
    }

    fn deliver(&mut self, side: usize, Admission { event, wake }: Admission) {
        if let Some(connection) = wake {
            connection.wake();
        }
        if let Some(event) = event {
            self.receive(side, event);
        }
    }

    /// JavaScript gets an event of reading.
    fn receive(&mut self, side: usize, event: Event) {
        assert!(
            !matches!(self.pipe, Pipe::Running(from) if from == side) || event.kind == Kind::End,
            "a read while a pump runs"
        );
        if matches!(self.pipe, Pipe::Running(from) if from == side) {
            self.unpipe();
        }
        let to = &mut self.sides[side];
        assert!(!to.has_ended, "after the end");
        let mut see = |bytes: &[u8]| {
            assert_eq!(bytes.len(), event.number as usize);
            assert!(bytes == stream(side, to.seen..to.seen + bytes.len()), "at {}", to.seen);
            to.seen += bytes.len();
        };
        match &event.payload {
            Payload::Pooled(slice) => see(slice.bytes()),
            Payload::Owned(memory) => see(memory),
            Payload::None => {
                assert_eq!(event.kind, Kind::End);
                to.has_ended = true;
                to.is_broken |= event.number != 0;
            }
            // SAFETY: the read has filled as many bytes as its event says.
            Payload::Lent(loan) => see(unsafe { loan.filled(event.number as usize) }),
            Payload::Accepted(_) => panic!("nothing was accepted"),
        }
        if let Payload::Lent(loan) = event.payload {
            self.lend_again(loan);
        }
    }

    fn lend(&mut self) {
        let index = self.lent.len();
        if index < MOST_LENT {
            self.lent.push(vec![0; READ_SIZE].into_boxed_slice());
            self.lend_piece(index as u32);
        }
    }

    fn lend_again(&mut self, loan: Loan) {
        let index = loan.give_back();
        self.lend_piece(index);
    }

    fn lend_piece(&mut self, index: u32) {
        let start = NonNull::from(&mut self.lent[index as usize][0]);
        // SAFETY: kept until the tasks have ended, of that size, and used by nobody else.
        unsafe { self.bridge.memory.lend(index, start) };
    }

    /// JavaScript's thread looks at a socket that it waits for itself; whether that brought something.
    fn look(&mut self, side: usize, further: Further) -> bool {
        let Some(socket) = &mut self.sides[side].socket else { return false };
        match socket.glance() {
            Glance::Read { event, .. } => {
                self.receive(side, event);
                self.look_further(side, further);
                true
            }
            Glance::Ended(status) => {
                let number = self.sides[side].number;
                self.receive(side, Event::new(number, Kind::End, status));
                true
            }
            Glance::Nothing => false,
        }
    }

    /// As `Environment::tell_further`, and what JavaScript does before.
    fn look_further(&mut self, side: usize, further: Further) {
        if let Further::Asked | Further::Stopped(true) = further {
            while self.deliver_next(side, SocketHandle::next_lent)
                && !matches!(further, Further::Stopped(_))
            {}
        }
        if let Some(socket) = &mut self.sides[side].socket
            && let Further::Stopped(_) = further
        {
            socket.stop_reading();
        }
        while self.deliver_next(side, SocketHandle::go_on) {}
    }

    /// As `Environment::next_piece`; whether there was one.
    fn deliver_next(
        &mut self,
        side: usize,
        take: impl FnOnce(&mut SocketHandle) -> Admission,
    ) -> bool {
        let Some(socket) = &mut self.sides[side].socket else { return false };
        let admission = take(socket);
        let is_there = admission.event.is_some();
        self.deliver(side, admission);
        is_there
    }

    /// Lets everything happen that is to happen.
    fn settle(&mut self) {
        self.unpipe();
        let mut still = 0;
        while still < 4 {
            still += 1;
            for side in 0..2 {
                self.start_reading(side);
            }
            self.work(4);
            for side in 0..2 {
                if self.sides[side].peer_reads(1 << 18) > 0 || self.look(side, Further::Asked) {
                    still = 0;
                }
            }
            while self.answer() {
                still = 0;
            }
        }
    }
}

fuzz_target!(|input: ([bool; 2], Vec<Step>)| {
    let ([one, other], steps) = input;
    start_deferring();
    let calls = Arc::new(AtomicUsize::new(0));
    let bridge = Arc::new(Bridge::new());
    bridge.connect(Arc::clone(&calls));
    let sides = [Side::new(&bridge, one), Side::new(&bridge, other)];
    let mut world = World { bridge, calls, sides, pipe: Pipe::None, lent: Vec::new() };
    for step in steps.iter().take(100) {
        world.step(step);
    }
    world.settle();
    for side in &world.sides {
        // Until something has failed all arrives; and never anything else.
        assert!(side.from_us.starts_with(&side.read), "the peer has read something else");
        if !side.is_broken {
            assert_eq!(side.seen, side.to_us);
            assert_eq!(side.read.len(), side.from_us.len());
            assert!(!side.has_write() && !side.is_full);
        }
    }
    for side in 0..2 {
        world.close(side);
    }
    world.work(4);
    while world.answer() {}
    assert!(world.sides.iter().all(|side| side.is_closed), "a descriptor is open");
    assert_eq!(tasks(), 0);
    assert!(world.bridge.pop().is_none());
});

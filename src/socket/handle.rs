//! What the handle table keeps of a socket: JavaScript's share of its connection.

use std::collections::VecDeque;
use std::ffi::c_int;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::reader::{MOST_AHEAD, Reader};
use super::system;
use crate::bridge::{Crowd, Event, INPUT, Kind, Payload, ROOM, Ready, Watch};
use crate::error::code;

/// Full reads of which JavaScript made much work, more of them than others, after which a socket is left
/// to a task.
const BULK: u32 = 16;

/// How much longer than a read JavaScript's work on it has to take, to be worth another thread.
const MUCH_WORK: u32 = 3;

/// A socket in the handle table.
pub struct SocketHandle {
    // Dropped before the descriptor is closed.
    /// The wait for the descriptor, if it is JavaScript's thread that waits.
    pub watch: Option<Watch>,
    connection: Arc<Connection>,
    held: Held,
    /// Whether a write waits on JavaScript's thread for room in the kernel.
    pub wants_room: bool,
    /// Whether the writing side is to be shut down, and JavaScript told, before anything else.
    pub shutdown_due: bool,
    /// Reads for JavaScript's thread, and how many of the full ones were much work.
    reader: Reader,
    bulk: u32,
    /// The window in which the crowd has seen it last.
    seen: u32,
}

/// Events that arrived while JavaScript did not read; in order, before any newer one. Few sockets have
/// any.
#[derive(Default)]
#[expect(clippy::box_collection, reason = "it takes less of those that have none")]
struct Held(Option<Box<VecDeque<Event>>>);

impl Held {
    fn is_empty(&self) -> bool {
        self.count() == 0
    }

    fn count(&self) -> usize {
        self.0.as_ref().map_or(0, |events| events.len())
    }

    fn push(&mut self, event: Event) {
        self.0.get_or_insert_default().push_back(event);
    }

    fn pop(&mut self) -> Option<Event> {
        let oldest = self.0.as_mut()?.pop_front();
        if self.is_empty() {
            self.0 = None;
        }
        oldest
    }

    /// Whether the oldest is in memory of JavaScript's.
    fn is_lent(&self) -> bool {
        let oldest = self.0.as_ref().and_then(|events| events.front());
        oldest.is_some_and(|event| matches!(event.payload, Payload::Lent(_)))
    }

    /// They may stay for long.
    fn settle(&mut self) {
        for event in self.0.iter_mut().flat_map(|events| events.iter_mut()) {
            into_own_memory(event);
        }
    }

    /// All of them.
    fn take(&mut self) -> VecDeque<Event> {
        self.0.take().map_or_else(VecDeque::new, |events| *events)
    }
}

/// What a look at a watched socket has found.
pub enum Glance {
    /// Bytes; and whether there may be more.
    Read {
        /// What JavaScript is told.
        event: Event,
        /// How many pieces are held behind it, of the same read.
        further: usize,
        /// Whether the kernel may have more now.
        more: bool,
        /// How long it took, where it may be one of bulk.
        took: Option<Duration>,
    },
    /// The end of the stream (0), or what reading ended with.
    Ended(i32),
    /// Nothing to read, or nothing that JavaScript wants to know now.
    Nothing,
}

/// What becomes of an event.
pub struct Admission {
    /// The event, where JavaScript gets it now.
    pub event: Option<Event>,
    /// The connection, where its task is to be woken.
    pub wake: Option<Arc<Connection>>,
}

impl SocketHandle {
    /// The share of `connection` that JavaScript holds.
    pub fn new(connection: Arc<Connection>) -> Self {
        SocketHandle {
            watch: None,
            connection,
            held: Held::default(),
            wants_room: false,
            shutdown_due: false,
            reader: Reader::default(),
            bulk: 0,
            seen: 0,
        }
    }

    /// The connection.
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// The connection, of which JavaScript wants nothing any more.
    pub fn into_connection(self) -> Arc<Connection> {
        self.connection
    }

    /// Lets events of reading through, held ones first; `true` where the task is to be woken.
    pub fn start_reading(&self) -> bool {
        for _ in 0..self.held.count() {
            self.connection.tell(Kind::Resume, 0);
        }
        self.connection.start_reading()
    }

    /// Whether JavaScript wants to read what its thread is to wait for.
    pub fn awaits_input(&self) -> bool {
        let connection = &self.connection;
        // What is held was read before, and comes first.
        connection.can_be_read() && self.held.is_empty() && !connection.is_task_work()
    }

    /// What JavaScript's thread is to wait for.
    pub fn awaits(&self) -> c_int {
        if self.connection.is_connecting() {
            // Input, which there is none of, so that nothing has to change where it is read from next: that
            // would cost it its place among what becomes ready meanwhile.
            return if self.connection.is_task_work() { 0 } else { INPUT | ROOM };
        }
        let input = if self.awaits_input() { INPUT } else { 0 };
        input | if self.wants_room { ROOM } else { 0 }
    }

    /// Whether somebody waits already for all that JavaScript wants to be told.
    pub fn is_attended(&self) -> bool {
        let events = self.awaits();
        events == 0 || self.watch.as_ref().is_some_and(|watch| watch.waits_for(events))
    }

    /// Whether it is `ready` for nothing that it waits for. (If there is something, too, it keeps its place.)
    pub fn is_told_in_vain(&self, ready: Ready) -> bool {
        let events = self.awaits();
        let is_of_use = |told, what| told && events & what != 0;
        !is_of_use(ready.readable, INPUT) && !is_of_use(ready.writable, ROOM)
    }

    /// A watched descriptor is `writable`: whether a write has waited for that, and does no more.
    pub fn takes_room(&mut self, writable: bool) -> bool {
        writable && std::mem::take(&mut self.wants_room)
    }

    /// Shuts the writing side down, where that is due; answers how it went.
    pub fn shut_down_due(&mut self) -> Option<i32> {
        std::mem::take(&mut self.shutdown_due).then(|| self.connection.shut_down())
    }

    /// How the connect has ended.
    pub fn connect_status(&self) -> i32 {
        system::connect_status(self.connection.fd())
    }

    /// Keeps events of reading back, from now on.
    pub fn stop_reading(&mut self) {
        self.reader.falters();
        self.connection.stop_reading();
    }

    /// Reads, on JavaScript's thread, what there is. What is read beyond the first piece is held, and
    /// [`SocketHandle::go_on`] is to be called for that.
    pub fn glance(&mut self) -> Glance {
        let connection = &self.connection;
        if !self.awaits_input() {
            return Glance::Nothing;
        }
        let wanted = connection.read_size();
        let begun = self.reader.is_large().then(Instant::now);
        match self.reader.read(connection, wanted, MOST_AHEAD) {
            Ok(received) => match received.event {
                Some(event) => {
                    let is_full = received.count >= wanted;
                    let further = received.further.len();
                    for event in received.further {
                        connection.undelivered(event.number.unsigned_abs() as usize);
                        self.held.push(event);
                    }
                    let took = begun.filter(|_| is_full).map(|begun| begun.elapsed());
                    Glance::Read { event, further, more: received.more, took }
                }
                None => self.ended(0),
            },
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Glance::Nothing,
            Err(error) => self.ended(code(&error)),
        }
    }

    /// The next piece of what was read, where JavaScript goes on to read. Else the pieces stay, but are no
    /// burden to anybody.
    pub fn go_on(&mut self) -> Admission {
        let next = self.release();
        if next.event.is_none() {
            self.held.settle();
        }
        next
    }

    /// The next piece of what was read, where JavaScript goes on to read, and has lent the memory that it is
    /// in.
    pub fn next_lent(&mut self) -> Admission {
        if self.held.is_lent() { self.release() } else { Admission { event: None, wake: None } }
    }

    fn ended(&self, status: i32) -> Glance {
        self.connection.ended(status);
        Glance::Ended(status)
    }

    /// A full read has taken so long, and JavaScript's work on it.
    pub fn worked(&mut self, read: Duration, work: Duration) {
        let is_much = work > read * MUCH_WORK;
        self.bulk = if is_much { self.bulk + 1 } else { self.bulk.saturating_sub(1) };
    }

    /// Whether another thread had better read it: side by side with JavaScript's work on what came
    /// before.
    pub fn is_bulk(&self) -> bool {
        self.bulk >= BULK
    }

    /// A read of the task's has arrived: asks the task to end where there is no `crowd` any more.
    /// `true` where it is to be woken.
    pub fn settle(&mut self, crowd: &Crowd, count: usize) -> bool {
        crowd.read(&mut self.seen);
        let is_small = count < crate::bridge::LARGE_READ;
        is_small && crowd.is_gone() && self.retire()
    }

    /// Asks the task to end, if there is one; `true` where it is to be woken.
    fn retire(&mut self) -> bool {
        let retires = self.connection.retire();
        if retires {
            self.bulk = 0;
        }
        retires
    }

    /// Asks the task to end that was started for a crowd; `true` where it is to be woken.
    pub fn leave_crowd(&mut self) -> bool {
        !self.is_bulk() && self.retire()
    }

    /// An event of reading, unless it has to wait.
    pub fn admit(&mut self, mut event: Event) -> Admission {
        if self.connection.is_reading() && self.held.is_empty() {
            return self.deliver(event);
        }
        into_own_memory(&mut event);
        self.held.push(event);
        if self.connection.is_reading() {
            self.connection.tell(Kind::Resume, 0);
        }
        Admission { event: None, wake: None }
    }

    /// The oldest held event, where JavaScript reads again.
    pub fn release(&mut self) -> Admission {
        let held = if self.connection.is_reading() { self.held.pop() } else { None };
        match held {
            Some(event) => self.deliver(event),
            None => Admission { event: None, wake: None },
        }
    }

    /// What has arrived and was held, as bytes, and how reading has ended, if it has with an error;
    /// with `later`, which comes after that.
    pub fn take_received(&mut self, later: Vec<Event>) -> (Vec<u8>, i32) {
        let mut received = Vec::new();
        let mut status = 0;
        for mut event in self.held.take().into_iter().chain(later) {
            match event.kind {
                Kind::Read | Kind::Chunk => {
                    into_own_memory(&mut event);
                    if let Payload::Owned(memory) = event.payload {
                        received.extend_from_slice(&memory);
                    }
                }
                Kind::End => status = event.number,
                _ => {}
            }
        }
        (received, status)
    }

    fn deliver(&self, event: Event) -> Admission {
        let caught_up = event.kind != Kind::End
            && self.connection.delivered(event.number.unsigned_abs() as usize);
        let wake = caught_up.then(|| Arc::clone(&self.connection));
        Admission { event: Some(event), wake }
    }
}

/// A held event may stay for long, and must not keep a block of read memory from its next use.
fn into_own_memory(event: &mut Event) {
    let memory = match &event.payload {
        Payload::Pooled(slice) => slice.bytes().to_vec(),
        // SAFETY: the read filled as many bytes as its event says.
        Payload::Lent(loan) => unsafe { loan.filled(event.number as usize) }.to_vec(),
        Payload::None | Payload::Owned(_) | Payload::Accepted(_) => return,
    };
    event.kind = Kind::Chunk;
    event.payload = Payload::Owned(memory);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::{Bridge, READ_SIZE};
    use crate::socket::Origin;
    use std::io::Write;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;

    /// A socket, and its peer.
    fn open() -> (SocketHandle, UnixStream) {
        let bridge = Arc::new(Bridge::new());
        bridge.connect(std::ptr::null_mut());
        let (near, far) = UnixStream::pair().unwrap();
        let fd = OwnedFd::from(near).into();
        let connection = Connection::register(&bridge, fd, Origin::Accepted).unwrap();
        (SocketHandle::new(connection), far)
    }

    #[test]
    fn what_is_held_comes_before_what_is_read_next() {
        let (mut socket, mut far) = open();
        let payload = Payload::Owned(b"first".to_vec());
        let first = Event { handle: 1, kind: Kind::Chunk, number: 5, payload };
        socket.connection().undelivered(5);
        assert!(socket.admit(first).event.is_none(), "JavaScript does not read");
        far.write_all(b"second").unwrap();
        socket.start_reading();
        assert!(matches!(socket.glance(), Glance::Nothing));
        assert_eq!(socket.release().event.map(|event| event.number), Some(5));
        assert!(matches!(socket.glance(), Glance::Read { event: Event { number: 6, .. }, .. }));
    }

    /// Memory to lend, and a socket that is about to read `bytes` of a steady stream into it.
    fn steady(bytes: &[u8]) -> (Vec<Vec<u8>>, SocketHandle, UnixStream) {
        let (mut socket, mut far) = open();
        socket.start_reading();
        far.write_all(&[0; READ_SIZE]).unwrap();
        assert!(
            matches!(socket.glance(), Glance::Read { further: 0, .. }),
            "the first one is single"
        );
        let mut lent = vec![vec![0; READ_SIZE]; 4];
        for (index, memory) in lent.iter_mut().enumerate() {
            let start = std::ptr::NonNull::new(memory.as_mut_ptr()).unwrap();
            // SAFETY: of that size, and kept by the test for longer than the socket.
            unsafe { socket.connection().bridge().memory.lend(index as u32, start) };
        }
        far.write_all(bytes).unwrap();
        (lent, socket, far)
    }

    fn bytes_of(event: &Event) -> &[u8] {
        match &event.payload {
            // SAFETY: the read filled as many bytes as its event says.
            Payload::Lent(loan) => unsafe { loan.filled(event.number as usize) },
            Payload::Owned(memory) => memory,
            _ => panic!("it was lent, or held"),
        }
    }

    fn pattern(count: usize) -> Vec<u8> {
        (0..count).map(|at| (at % 251) as u8).collect()
    }

    #[test]
    fn a_read_of_a_steady_stream_brings_several_pieces() {
        let bytes = pattern(2 * READ_SIZE + 100);
        let (_lent, mut socket, _far) = steady(&bytes);
        let Glance::Read { event, further: 2, more: false, .. } = socket.glance() else {
            panic!("three pieces are there")
        };
        assert_eq!(bytes_of(&event), &bytes[..READ_SIZE]);
        assert!(socket.connection().has_pending_read());
        let next = socket.next_lent().event.expect("JavaScript may ask for it");
        assert_eq!(bytes_of(&next), &bytes[READ_SIZE..2 * READ_SIZE]);
        let last = socket.go_on().event.expect("or be told");
        assert_eq!(bytes_of(&last), &bytes[2 * READ_SIZE..]);
        assert!(socket.next_lent().event.is_none() && socket.go_on().event.is_none());
        assert!(!socket.connection().has_pending_read());
    }

    #[test]
    fn a_task_that_waits_for_pieces_to_be_seen_is_woken_when_javascript_asks_for_the_last() {
        let (_lent, mut socket, _far) = steady(&pattern(3 * READ_SIZE));
        assert!(matches!(socket.glance(), Glance::Read { further: 2, .. }));
        // One that was started meanwhile.
        assert!(!socket.connection().wants_read(), "too much is undelivered");
        assert!(socket.next_lent().wake.is_none());
        assert!(socket.next_lent().wake.is_some());
    }

    #[test]
    fn pieces_wait_for_who_has_stopped_and_are_no_burden_then() {
        let bytes = pattern(2 * READ_SIZE);
        let (_lent, mut socket, _far) = steady(&bytes);
        let Glance::Read { event, further: 1, .. } = socket.glance() else {
            panic!("two pieces are there")
        };
        drop(event);
        socket.stop_reading();
        assert!(socket.next_lent().event.is_none() && socket.go_on().event.is_none());
        // All that was lent is there again.
        let memory = &socket.connection().bridge().memory;
        let loans: Vec<_> = std::iter::from_fn(|| memory.borrow()).collect();
        assert_eq!(loans.len(), 4);
        drop(loans);
        assert!(matches!(socket.glance(), Glance::Nothing));
        socket.start_reading();
        let event = socket.release().event.expect("it goes on where it was");
        assert_eq!(bytes_of(&event), &bytes[READ_SIZE..]);
        assert!(!socket.reader.is_steady(), "it begins with single ones again");
    }

    #[test]
    fn what_is_held_of_a_read_goes_along() {
        let bytes = pattern(3 * READ_SIZE);
        let (_lent, mut socket, _far) = steady(&bytes);
        assert!(matches!(socket.glance(), Glance::Read { further: 2, .. }));
        let (received, status) = socket.take_received(Vec::new());
        assert_eq!((&received[..], status), (&bytes[READ_SIZE..], 0));
    }
}

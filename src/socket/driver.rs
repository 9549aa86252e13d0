//! The task of one connection.

use std::future::{Future, poll_fn};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::connection::Connection;
use super::pump::{Outcome, Pump};
use super::reader::{Reader, Received};
use super::system::{self, Piece};
use crate::bridge::{self, Kind};
use crate::error;
use crate::place::Place;

/// Waits for readiness and for JavaScript, until JavaScript closes the connection.
pub fn drive(connection: Arc<Connection>, place: Arc<Place>) -> impl Future<Output = ()> {
    let mut driver = Driver {
        place: Some(place),
        asked: false,
        connection,
        reader: Reader::default(),
        sending: Vec::new(),
        sent: 0,
        failed: false,
        reset: false,
        retired: false,
    };
    poll_fn(move |context| driver.poll(context))
}

struct Driver {
    // Dropped before the descriptor that it is a place of.
    place: Option<Arc<Place>>,
    /// Whether the kernel has been asked for room since the place was taken.
    asked: bool,
    connection: Arc<Connection>,
    reader: Reader,
    /// Bytes taken out of the outgoing queue, and how many of them the kernel has.
    sending: Vec<u8>,
    sent: usize,
    /// Whether the connection is broken; then there is nothing left to do.
    failed: bool,
    /// Whether a write has met a reset that a read is to tell.
    reset: bool,
    /// Whether JavaScript's thread waits for the descriptor from now on.
    retired: bool,
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Who has retired may have a successor.
        if self.retired {
            return;
        }
        // Tokio catches a panic of the task; the socket is told, the rest lives on.
        if std::thread::panicking() {
            let _ = self.read_ended(error::UNKNOWN);
        }
        self.connection.finished();
    }
}

impl Driver {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // Before the flags are looked at, so that a change after the look wakes the task.
        self.connection.task().register(context.waker());
        if self.retire() {
            return Poll::Ready(());
        }
        let Some(place) = self.place.clone() else { return Poll::Ready(()) };
        loop {
            if self.connection.is_closing() {
                // What counts as written goes out, as far as the kernel takes it. That is tried: a new
                // task does not know yet whether there is room.
                while self.has_piece() && self.send_piece().is_ok() {}
                return Poll::Ready(());
            }
            if self.connection.is_connecting() {
                ready!(self.poll_connect(&place, context));
                continue;
            }
            let write = self.poll_write(&place, context);
            if self.connection.takes_shutdown() {
                self.connection.tell(Kind::Shutdown, 1);
            }
            if self.connection.takes_halt() {
                self.connection.tell(Kind::Halted, 0);
            }
            let read = match self.connection.running_pump() {
                Some(pump) => self.poll_pump(&pump, &place, context),
                None => self.poll_read(&place, context),
            };
            if self.failed {
                return Poll::Ready(());
            }
            if self.reset && !self.connection.is_reading() {
                self.reset = false;
                self.connection.write_failed(&error::from_errno(libc::ECONNRESET));
            }
            if write.is_pending() && read.is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// Leaves the descriptor to JavaScript's thread, where that has asked for it and nothing is to be
    /// done here.
    fn retire(&mut self) -> bool {
        if !self.connection.may_retire() || self.failed || self.reset {
            return false;
        }
        let Some(place) = self.place.take() else { return true };
        // First the place, then the word: who hears it may take the next one.
        self.place = self.connection.leave(place);
        if self.place.is_some() {
            return false;
        }
        self.retired = self.connection.retire_now();
        if self.retired {
            self.connection.tell(Kind::Retired, 0);
            return true;
        }
        // Called back in between.
        match self.connection.take_place() {
            Ok(place) => {
                self.place = Some(place);
                self.asked = false;
            }
            Err(error) => {
                let _ = self.read_ended(error::code(&error));
            }
        }
        self.failed
    }

    fn poll_connect(&mut self, place: &Place, context: &mut Context<'_>) -> Poll<()> {
        let connection = &self.connection;
        let status = match ready!(place.io().poll_write_ready(context)) {
            Ok(_ready) => system::connect_status(connection.fd()),
            Err(error) => error::code(&error),
        };
        connection.connected();
        connection.tell(Kind::Connect, status);
        Poll::Ready(())
    }

    /// Sends a piece of what is queued; pending where nothing is, or the kernel is full.
    fn poll_write(&mut self, place: &Place, context: &mut Context<'_>) -> Poll<()> {
        if self.reset || !self.has_piece() {
            return Poll::Pending;
        }
        loop {
            let ready = match place.io().poll_write_ready(context) {
                Poll::Ready(Ok(ready)) => Some(ready),
                Poll::Ready(Err(error)) => return self.write_failed(&error),
                // Of a new place nothing is known yet; the send finds out.
                Poll::Pending if !self.asked => None,
                Poll::Pending => {
                    self.connection.blocked();
                    return Poll::Pending;
                }
            };
            self.asked = true;
            match self.send_piece() {
                Ok(()) => return Poll::Ready(()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if let Some(mut ready) = ready {
                        ready.clear_ready();
                    }
                }
                Err(error) => return self.write_failed(&error),
            }
        }
    }

    /// Whether there is something to send; takes the next piece out of the queue where the last one is
    /// sent.
    fn has_piece(&mut self) -> bool {
        if self.sent == self.sending.len() && self.connection.has_unsent() {
            self.sending = self.connection.outgoing().take();
            self.sent = 0;
        }
        self.sent < self.sending.len()
    }

    /// Sends what the kernel takes of the piece.
    fn send_piece(&mut self) -> io::Result<()> {
        let count = self.connection.send(&self.sending[self.sent..])?;
        self.sent += count;
        if self.sent == self.sending.len() {
            // An idle socket owns no memory.
            self.sending = Vec::new();
            self.sent = 0;
        }
        self.connection.sent(count);
        Ok(())
    }

    fn write_failed(&mut self, error: &io::Error) -> Poll<()> {
        self.sending = Vec::new();
        self.sent = 0;
        // To built-in net it is a read that fails of a reset, where it reads: what came before is
        // delivered, and then the error is that of the read.
        self.reset = error.raw_os_error() == Some(libc::ECONNRESET)
            && self.connection.wants_read()
            && self.connection.running_pump().is_none();
        if !self.reset {
            self.connection.write_failed(error);
        }
        Poll::Ready(())
    }

    /// Moves bytes to another connection, until the pump ends.
    fn poll_pump(&mut self, pump: &Pump, place: &Place, context: &mut Context<'_>) -> Poll<()> {
        let moved = pump.poll(&self.connection, place, context);
        if moved.is_pending() {
            // Pumps can keep the thread from its sleep, before which it tells JavaScript the news.
            bridge::nudge_deferred();
        }
        match ready!(moved) {
            // What comes next, the end of the stream for one, is read for JavaScript.
            Outcome::Stopped => Poll::Ready(()),
            Outcome::SourceFailed(error) => self.read_ended(error::code(&error)),
            Outcome::DestinationFailed(error) => {
                pump.destination().write_failed(&error);
                Poll::Ready(())
            }
        }
    }

    /// Reads once; pending where JavaScript does not want it, or there is nothing.
    fn poll_read(&mut self, place: &Place, context: &mut Context<'_>) -> Poll<()> {
        if !self.connection.wants_read() {
            return Poll::Pending;
        }
        let connection = Arc::clone(&self.connection);
        loop {
            let mut ready = match ready!(place.io().poll_read_ready(context)) {
                Ok(ready) => ready,
                Err(error) => return self.read_ended(error::code(&error)),
            };
            let wanted = connection.read_size();
            match self.read(wanted) {
                Ok(Piece { count: 0, .. }) if self.reset => {
                    return self.read_ended(-libc::ECONNRESET);
                }
                Ok(Piece { count: 0, .. }) => return self.read_ended(0),
                Ok(Piece { more, .. }) => {
                    // The kernel has no more, and says so when it has.
                    if !more && !place.was_urgent() {
                        ready.clear_ready();
                    }
                    return Poll::Ready(());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                Err(error) => return self.read_ended(error::code(&error)),
            }
        }
    }

    fn read_ended(&mut self, status: i32) -> Poll<()> {
        self.connection.ended(status);
        if status != 0 {
            // Before JavaScript hears of it: it closes then, and has no task to wait for.
            self.failed = true;
            self.connection.finished();
        }
        self.connection.tell(Kind::End, status);
        Poll::Ready(())
    }

    /// Reads at most `wanted` bytes and hands them to JavaScript.
    fn read(&mut self, wanted: usize) -> io::Result<Piece> {
        let connection = &self.connection;
        connection.receiving();
        let received = self.reader.read(connection, wanted, connection.ahead());
        let piece = received.map(|Received { count, more, event, further }| {
            connection.undelivered(count);
            for event in event.into_iter().chain(further) {
                connection.bridge().push(event);
            }
            Piece { count, more }
        });
        connection.received();
        piece
    }
}

#[cfg(test)]
pub use tests::panic_if_asked;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::{Bridge, Event, Payload};
    use crate::random::Random;
    use crate::runtime::Wake;
    use crate::socket::Origin;
    use std::io::{IoSlice, Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::thread;
    use std::time::{Duration, Instant};

    const BOMB: &[u8] = b"the task that reads this panics";

    /// The one place where a task of a test can be made to panic.
    pub fn panic_if_asked(bytes: Option<&[u8]>) {
        assert!(bytes != Some(BOMB), "as a peer asks for it");
    }

    fn connected(bridge: &Arc<Bridge>) -> (Arc<Connection>, UnixStream) {
        let (near, far) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        (started(bridge, near.into()), far)
    }

    fn connected_by_tcp(bridge: &Arc<Bridge>) -> (Arc<Connection>, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (far, _) = listener.accept().unwrap();
        near.set_nonblocking(true).unwrap();
        (started(bridge, near.into()), far)
    }

    fn started(bridge: &Arc<Bridge>, fd: OwnedFd) -> Arc<Connection> {
        let connection = Connection::register(bridge, fd.into(), Origin::Eager).unwrap();
        connection.start().unwrap();
        connection
    }

    fn next(bridge: &Bridge) -> Event {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some((event, _)) = bridge.pop() {
                return event;
            }
            assert!(Instant::now() < deadline, "no event");
            thread::sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_panic_ends_its_socket_and_no_other() {
        let bridge = Arc::new(Bridge::new());
        bridge.connect(std::ptr::null_mut());
        let (victim, mut far) = connected(&bridge);
        let (other, mut other_far) = connected(&bridge);
        far.write_all(BOMB).unwrap();
        let end = next(&bridge);
        assert_eq!(
            (end.handle, end.kind, end.number),
            (victim.handle(), Kind::End, error::UNKNOWN)
        );
        // There is no task left: JavaScript's share is the last.
        assert!(!victim.is_running());
        let number = victim.handle();
        drop(victim);
        let close = next(&bridge);
        assert_eq!((close.handle, close.kind), (number, Kind::Close));
        other_far.write_all(b"hello").unwrap();
        let read = next(&bridge);
        assert_eq!((read.handle, read.kind, read.number), (other.handle(), Kind::Read, 5));
        other.close();
        other.wake();
        drop(other);
        drop(read);
        assert_eq!(next(&bridge).kind, Kind::Close);
    }

    #[test]
    fn a_reset_that_a_write_meets_is_told_as_one_of_reading() {
        let bridge = Arc::new(Bridge::new());
        bridge.connect(std::ptr::null_mut());
        let (connection, far) = connected_by_tcp(&bridge);
        // More than the kernel takes, and it is closed with bytes unread.
        let bytes = vec![7; 1 << 20];
        while connection.try_write(&[std::io::IoSlice::new(&bytes)]).is_ok() {}
        connection.queue(&bytes);
        connection.wake();
        drop(far);
        let end = next(&bridge);
        assert_eq!((end.kind, end.number), (Kind::End, -libc::ECONNRESET));
    }

    #[test]
    fn a_write_behind_a_reset_that_the_task_has_read_is_told_of_that() {
        let bridge = Arc::new(Bridge::new());
        bridge.connect(std::ptr::null_mut());
        let (connection, far) = connected_by_tcp(&bridge);
        // It is closed with bytes unread.
        assert_eq!(connection.try_write(&[std::io::IoSlice::new(b"unread")]).unwrap(), 6);
        drop(far);
        let end = next(&bridge);
        assert_eq!((end.kind, end.number), (Kind::End, -libc::ECONNRESET));
        let error = connection.try_write(&[std::io::IoSlice::new(b"late")]).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::ECONNRESET));
    }

    #[test]
    fn what_counts_as_written_goes_out_though_the_task_has_just_begun() {
        let bridge = Arc::new(Bridge::new());
        for _ in 0..100 {
            let (near, mut far) = UnixStream::pair().unwrap();
            near.set_nonblocking(true).unwrap();
            let fd = OwnedFd::from(near).into();
            let connection = Connection::register(&bridge, fd, Origin::Accepted).unwrap();
            connection.gather(b"the last words");
            // Before the task knows whether there is room.
            connection.close();
            connection.start().unwrap();
            drop(connection);
            let mut text = String::new();
            far.read_to_string(&mut text).unwrap();
            assert_eq!(text, "the last words");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn what_comes_behind_an_urgent_byte_is_read() {
        use std::net::{TcpListener, TcpStream};

        let bridge = Arc::new(Bridge::new());
        bridge.connect(std::ptr::null_mut());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut far = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (near, _) = listener.accept().unwrap();
        near.set_nonblocking(true).unwrap();
        far.set_nodelay(true).unwrap();
        far.write_all(b"before").unwrap();
        socket2::SockRef::from(&far).send_out_of_band(b"!").unwrap();
        far.write_all(b"behind").unwrap();
        let fd = OwnedFd::from(near).into();
        let connection = Connection::register(&bridge, fd, Origin::Eager).unwrap();
        connection.start().unwrap();
        assert_eq!(bytes(&next(&bridge)), b"before");
        assert_eq!(bytes(&next(&bridge)), b"behind");
        connection.close();
        connection.wake();
    }

    /// As `Environment::engage`.
    fn summon(connection: &Arc<Connection>) {
        if connection.recall() {
            connection.wake();
        } else {
            connection.start().unwrap();
        }
    }

    /// The bytes of a read.
    fn bytes(event: &Event) -> &[u8] {
        match &event.payload {
            Payload::Pooled(slice) => slice.bytes(),
            Payload::Owned(memory) => memory,
            _ => panic!("an event without bytes: {:?}", event.kind),
        }
    }

    #[test]
    fn a_task_retires_and_another_one_follows() {
        let bridge = Arc::new(Bridge::new());
        bridge.connect(std::ptr::null_mut());
        let (connection, mut far) = connected(&bridge);
        let mut received = [0; 3];
        connection.gather(b"one");
        summon(&connection);
        far.read_exact(&mut received).unwrap();
        assert_eq!(&received, b"one");
        far.write_all(b"in").unwrap();
        let read = next(&bridge);
        assert_eq!(bytes(&read), b"in");
        assert!(connection.retire());
        connection.wake();
        assert_eq!(next(&bridge).kind, Kind::Retired);
        connection.heard_retired();
        assert!(!connection.is_task_work() && connection.place().is_none());
        // This thread's turn.
        far.write_all(b"between").unwrap();
        let mut memory = [0; 16];
        assert_eq!(connection.receive(&mut memory).unwrap().count, 7);
        assert_eq!(connection.try_write(&[IoSlice::new(b"two")]).unwrap(), 3);
        far.read_exact(&mut received).unwrap();
        assert_eq!(&received, b"two");
        // What has come before there was a task again is read, too.
        far.write_all(b"again").unwrap();
        connection.gather(b"six");
        summon(&connection);
        far.read_exact(&mut received).unwrap();
        assert_eq!(&received, b"six");
        let read = next(&bridge);
        assert_eq!(bytes(&read), b"again");
        connection.close();
        connection.wake();
        drop(connection);
        assert_eq!(next(&bridge).kind, Kind::Close);
    }

    #[test]
    fn a_new_task_finds_out_by_itself_whether_there_is_room() {
        let bridge = Arc::new(Bridge::new());
        bridge.connect(std::ptr::null_mut());
        let (connection, mut far) = connected(&bridge);
        let mut received = [0; 3];
        for _ in 0..100 {
            assert!(connection.retire());
            connection.wake();
            assert_eq!(next(&bridge).kind, Kind::Retired);
            connection.heard_retired();
            connection.gather(b"one");
            summon(&connection);
            far.read_exact(&mut received).unwrap();
        }
        while connection.try_write(&[IoSlice::new(&[7; 4096])]).is_ok() {}
        assert!(connection.retire());
        connection.wake();
        assert_eq!(next(&bridge).kind, Kind::Retired);
        connection.heard_retired();
        connection.gather(b"no room");
        summon(&connection);
        assert_eq!(next(&bridge).kind, Kind::Full);
        connection.close();
        connection.wake();
    }

    #[test]
    fn a_task_with_a_pump_to_it_keeps_its_place() {
        let bridge = Arc::new(Bridge::new());
        bridge.connect(std::ptr::null_mut());
        let (source, _source_far) = connected(&bridge);
        let (destination, mut far) = connected(&bridge);
        assert!(source.start_pump(&destination));
        assert!(destination.retire());
        destination.wake();
        far.write_all(b"still read").unwrap();
        let read = next(&bridge);
        assert_eq!(bytes(&read), b"still read");
        assert!(destination.is_running() && destination.place().is_some());
        drop(source.stop_pump());
        far.write_all(b".").unwrap();
        // Whether it reads that before it retires or leaves it is up to it.
        while next(&bridge).kind != Kind::Retired {}
        assert!(!destination.is_running());
        source.close();
        source.wake();
    }

    #[test]
    fn bytes_keep_their_order_whoever_moves_them() {
        const COUNT: usize = 300_000;
        let byte = |at: usize| (at % 251) as u8;
        let check = move |at: &mut usize, bytes: &[u8]| {
            for found in bytes {
                assert_eq!(*found, byte(*at), "at {at}");
                *at += 1;
            }
        };
        let bridge = Arc::new(Bridge::new());
        bridge.connect(std::ptr::null_mut());
        let (connection, mut far) = connected(&bridge);
        let mut far_writes = far.try_clone().unwrap();
        let reader = thread::spawn(move || {
            let (mut at, mut memory) = (0, [0; 4096]);
            while at < COUNT {
                let count = far.read(&mut memory).unwrap();
                assert_ne!(count, 0, "it ends at {at}");
                check(&mut at, &memory[..count]);
            }
            at
        });
        let writer = thread::spawn(move || {
            let (mut random, mut at) = (Random::new(1), 0);
            while at < COUNT {
                let end = COUNT.min(at + 1 + random.below(600));
                far_writes.write_all(&(at..end).map(byte).collect::<Vec<u8>>()).unwrap();
                at = end;
                thread::yield_now();
            }
        });
        let (mut random, mut memory) = (Random::new(2), [0; 4096]);
        let (mut written, mut seen, mut retired) = (0, 0, 0);
        let deadline = Instant::now() + Duration::from_secs(60);
        while seen < COUNT || written < COUNT || connection.has_unsent() {
            assert!(Instant::now() < deadline, "{seen} seen, {written} written, {retired} retired");
            match random.below(6) {
                0 => {
                    let end = COUNT.min(written + random.below(600));
                    let bytes: Vec<u8> = (written..end).map(byte).collect();
                    // Sometimes all of it is left to a task, as of many writes.
                    let here = random.below(2) * bytes.len();
                    let sent = connection.try_write(&[IoSlice::new(&bytes[..here])]).unwrap_or(0);
                    let rest = &bytes[sent..];
                    if !rest.is_empty() {
                        connection.gather(rest);
                        summon(&connection);
                    }
                    written = end;
                }
                1 => summon(&connection),
                2 => {
                    if connection.retire() {
                        connection.wake();
                    }
                }
                _ if connection.is_task_work() => match bridge.pop() {
                    Some((event, _)) if event.kind == Kind::Retired => {
                        connection.heard_retired();
                        retired += 1;
                    }
                    Some((event, _)) if matches!(event.kind, Kind::Read | Kind::Chunk) => {
                        check(&mut seen, bytes(&event));
                        if connection.delivered(bytes(&event).len()) {
                            connection.wake();
                        }
                    }
                    Some(_) => {}
                    None => thread::yield_now(),
                },
                _ => match connection.receive(&mut memory) {
                    Ok(piece) => check(&mut seen, &memory[..piece.count]),
                    Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
                },
            }
        }
        assert_eq!((reader.join().unwrap(), seen), (COUNT, COUNT));
        writer.join().unwrap();
        assert!(retired > 10, "{retired}");
        connection.close();
        connection.wake();
    }
}

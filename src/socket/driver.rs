//! The task of one connection.

use std::future::{Future, poll_fn};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::connection::Connection;
use super::pump::{Outcome, Pump};
use super::reader::Reader;
use super::system;
use crate::bridge::Kind;
use crate::error;
use crate::place::Place;

/// Waits for readiness and for JavaScript, until JavaScript closes the connection.
pub fn drive(connection: Arc<Connection>, place: Arc<Place>) -> impl Future<Output = ()> {
    let mut driver = Driver {
        place: Some(place),
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
        self.connection.finished();
        // Tokio catches a panic of the task; the socket is told, the rest lives on.
        if std::thread::panicking() {
            self.connection.ended(error::UNKNOWN);
            self.connection.tell(Kind::End, error::UNKNOWN);
        }
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
                // What counts as written goes out, as far as it goes without waiting.
                while self.connection.has_unsent() && self.poll_write(&place, context).is_ready() {}
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
            Ok(place) => self.place = Some(place),
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
        let connection = &self.connection;
        if self.reset {
            return Poll::Pending;
        }
        if self.sent == self.sending.len() {
            if !connection.has_unsent() {
                return Poll::Pending;
            }
            self.sending = connection.outgoing().take();
            self.sent = 0;
            if self.sending.is_empty() {
                return Poll::Pending;
            }
        }
        loop {
            let mut ready = match place.io().poll_write_ready(context) {
                Poll::Ready(Ok(ready)) => ready,
                Poll::Ready(Err(error)) => return self.write_failed(&error),
                Poll::Pending => {
                    connection.blocked();
                    return Poll::Pending;
                }
            };
            match connection.send(&self.sending[self.sent..]) {
                Ok(count) => {
                    self.sent += count;
                    if self.sent == self.sending.len() {
                        // An idle socket owns no memory.
                        self.sending = Vec::new();
                        self.sent = 0;
                    }
                    connection.sent(count);
                    return Poll::Ready(());
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                Err(error) => return self.write_failed(&error),
            }
        }
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
        match ready!(pump.poll(&self.connection, place, context)) {
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
                Ok(0) if self.reset => return self.read_ended(-libc::ECONNRESET),
                Ok(0) => return self.read_ended(0),
                Ok(count) => {
                    // Fewer bytes than asked for: the kernel has no more, and says so when it has.
                    if count < wanted {
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
    fn read(&mut self, wanted: usize) -> io::Result<usize> {
        let connection = &self.connection;
        let received = self.reader.read(connection, wanted)?;
        if let Some(event) = received.event {
            connection.undelivered(received.count);
            connection.bridge().push(event);
        }
        Ok(received.count)
    }
}

#[cfg(test)]
pub use tests::panic_if_asked;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::{Bridge, Event};
    use crate::runtime::Wake;
    use crate::socket::Origin;
    use std::io::Write;
    use std::os::fd::OwnedFd;
    use std::os::unix::net::UnixStream;
    use std::time::{Duration, Instant};

    const BOMB: &[u8] = b"the task that reads this panics";

    /// The one place where a task of a test can be made to panic.
    pub fn panic_if_asked(bytes: Option<&[u8]>) {
        assert!(bytes != Some(BOMB), "as a peer asks for it");
    }

    fn connected(bridge: &Arc<Bridge>) -> (Arc<Connection>, UnixStream) {
        let (near, far) = UnixStream::pair().unwrap();
        near.set_nonblocking(true).unwrap();
        let fd = OwnedFd::from(near).into();
        let connection = Connection::register(bridge, fd, Origin::Eager).unwrap();
        connection.start().unwrap();
        (connection, far)
    }

    fn next(bridge: &Bridge) -> Event {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some((event, _)) = bridge.pop() {
                return event;
            }
            assert!(Instant::now() < deadline, "no event");
            std::thread::sleep(Duration::from_millis(1));
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
        use std::net::{TcpListener, TcpStream};

        let bridge = Arc::new(Bridge::new());
        bridge.connect(std::ptr::null_mut());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (far, _) = listener.accept().unwrap();
        near.set_nonblocking(true).unwrap();
        let fd = OwnedFd::from(near).into();
        let connection = Connection::register(&bridge, fd, Origin::Eager).unwrap();
        connection.start().unwrap();
        // More than the kernel takes, and it is closed with bytes unread.
        let bytes = vec![7; 1 << 20];
        while connection.try_write(&[std::io::IoSlice::new(&bytes)]).is_ok() {}
        connection.queue(&bytes);
        connection.wake();
        drop(far);
        let end = next(&bridge);
        assert_eq!((end.kind, end.number), (Kind::End, -libc::ECONNRESET));
    }
}

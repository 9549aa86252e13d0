//! The task of one connection.

use std::future::{Future, poll_fn};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::connection::Connection;
use super::pump::{Outcome, Pump};
use super::system;
use crate::bridge::{Event, Kind, LARGE_READ, Payload, READ_SIZE};
use crate::{error, spin};

/// Waits for readiness and for JavaScript, until JavaScript closes the connection.
pub fn drive(connection: Arc<Connection>) -> impl Future<Output = ()> {
    let mut driver = Driver {
        connection,
        sending: Vec::new(),
        sent: 0,
        failed: false,
        reset: false,
        large: false,
    };
    poll_fn(move |context| driver.poll(context))
}

struct Driver {
    connection: Arc<Connection>,
    /// Bytes taken out of the outgoing queue, and how many of them the kernel has.
    sending: Vec<u8>,
    sent: usize,
    /// Whether the connection is broken; then there is nothing left to do.
    failed: bool,
    /// Whether a write has met a reset that a read is to tell.
    reset: bool,
    /// Whether the last read was large; then the next one gets memory of its own.
    large: bool,
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.connection.finished();
        // Tokio catches a panic of the task; the socket is told, the rest lives on.
        if std::thread::panicking() {
            self.connection.tell(Kind::End, error::UNKNOWN);
        }
    }
}

impl Driver {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // Before the flags are looked at, so that a change after the look wakes the task.
        self.connection.task().register(context.waker());
        spin::worked();
        loop {
            if self.connection.is_closing() {
                // What counts as written goes out, as far as it goes without waiting.
                while self.connection.has_unsent() && self.poll_write(context).is_ready() {}
                return Poll::Ready(());
            }
            if self.connection.is_connecting() {
                ready!(self.poll_connect(context));
                continue;
            }
            let write = self.poll_write(context);
            if self.connection.takes_shutdown() {
                self.connection.tell(Kind::Shutdown, 1);
            }
            if self.connection.takes_halt() {
                self.connection.tell(Kind::Halted, 0);
            }
            let read = match self.connection.running_pump() {
                Some(pump) => self.poll_pump(&pump, context),
                None => self.poll_read(context),
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

    fn poll_connect(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let connection = &self.connection;
        let status = match ready!(connection.io().poll_write_ready(context)) {
            Ok(_ready) => system::connect_status(connection.fd()),
            Err(error) => error::code(&error),
        };
        connection.connected();
        connection.tell(Kind::Connect, status);
        Poll::Ready(())
    }

    /// Sends a piece of what is queued; pending where nothing is, or the kernel is full.
    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<()> {
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
            let mut ready = match connection.io().poll_write_ready(context) {
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
    fn poll_pump(&mut self, pump: &Pump, context: &mut Context<'_>) -> Poll<()> {
        match ready!(pump.poll(&self.connection, context)) {
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
    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if !self.connection.wants_read() {
            return Poll::Pending;
        }
        let connection = Arc::clone(&self.connection);
        loop {
            let mut ready = match ready!(connection.io().poll_read_ready(context)) {
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
        self.connection.ended();
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
        let connection = Arc::clone(&self.connection);
        let memory = &connection.bridge().memory;
        if self.large
            && let Some(mut loan) = memory.borrow()
        {
            // SAFETY: lent memory is good for writes of READ_SIZE bytes.
            let count = unsafe { connection.receive_to(loan.start(), wanted.min(READ_SIZE)) }?;
            return Ok(self.hand_over(Kind::Chunk, count, Payload::Lent(loan)));
        }
        let Some(mut block) = memory.check_out() else { return self.read_own(wanted) };
        let result = connection.receive(&mut block.free()[..wanted]);
        let slice = result.as_ref().ok().map(|count| block.take(*count));
        #[cfg(test)]
        tests::panic_if_asked(slice.as_ref().map(crate::bridge::Slice::bytes));
        memory.check_in(block);
        let count = result?;
        Ok(match slice {
            Some(slice) => self.hand_over(Kind::Read, count, Payload::Pooled(slice)),
            None => count,
        })
    }

    /// Reads into memory of its own, where there is no block left.
    fn read_own(&mut self, wanted: usize) -> io::Result<usize> {
        let mut memory = vec![0; wanted];
        let count = self.connection.receive(&mut memory)?;
        memory.truncate(count);
        Ok(self.hand_over(Kind::Chunk, count, Payload::Owned(memory)))
    }

    /// Hands what was read to JavaScript; nothing at the end of the stream.
    fn hand_over(&mut self, kind: Kind, count: usize, payload: Payload) -> usize {
        if count > 0 {
            self.large = count >= LARGE_READ;
            if self.large {
                spin::worked_hard();
            }
            let connection = &self.connection;
            connection.undelivered(count);
            let handle = connection.handle();
            // At most READ_SIZE, which fits.
            connection.bridge().push(Event { handle, kind, number: count as i32, payload });
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::Bridge;
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
        connection.start();
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
        assert!(victim.is_finished());
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
        connection.start();
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

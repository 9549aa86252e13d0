//! The task of one listener.

use std::fs::File;
use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tokio::io::unix::AsyncFd;

use super::listener::Listener;
use crate::bridge::{Event, Kind, Payload};
use crate::descriptor::Descriptor;
use crate::error;
use crate::socket::{Accepted, Connection};

/// Connections accepted before other tasks get their turn.
const BURST: usize = 32;

/// Accepts until JavaScript closes the listener.
pub fn accept(listener: Arc<Listener>) -> impl Future<Output = ()> {
    let mut acceptor = Acceptor { listener, reserve: reserve() };
    poll_fn(move |context| acceptor.poll(context))
}

struct Acceptor {
    listener: Arc<Listener>,
    /// A descriptor kept back for the day when there are no others: given up, it lets a
    /// connection be accepted and closed, so that its peer is not left to wait.
    reserve: Option<OwnedFd>,
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        // Tokio catches a panic of the task; the server is told that it accepts no more.
        if std::thread::panicking() {
            self.fail(&io::Error::other("the accepting task has panicked"));
        }
    }
}

fn reserve() -> Option<OwnedFd> {
    File::open("/dev/null").ok().map(OwnedFd::from)
}

impl Acceptor {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let listener = Arc::clone(&self.listener);
        // Before the state is looked at, so that a change after the look wakes the task.
        listener.task().register(context.waker());
        for _ in 0..BURST {
            let io = listener.io();
            let Some(io) = &*io else { return Poll::Ready(()) };
            if !listener.has_room() {
                return Poll::Pending;
            }
            ready!(self.poll_accept(io, context));
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_accept(&mut self, io: &AsyncFd<Descriptor>, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let mut ready = match ready!(io.poll_read_ready(context)) {
                Ok(ready) => ready,
                // The runtime is gone, and with it everything that could be accepted.
                Err(_) => return Poll::Pending,
            };
            let error = match accept_one(io.get_ref().as_fd()) {
                Ok(fd) => {
                    self.hand_over(fd);
                    return Poll::Ready(());
                }
                Err(error) => error,
            };
            match error.raw_os_error() {
                // The peer gave up while it waited; the next one may not have.
                Some(libc::ECONNABORTED | libc::EINTR | libc::EPROTO) => return Poll::Ready(()),
                Some(libc::EAGAIN) => {}
                Some(libc::EMFILE | libc::ENFILE) if self.shed(io.get_ref().as_fd()) => {}
                _ => self.fail(&error),
            }
            // Tried again when the kernel has news, not before: no spinning.
            ready.clear_ready();
        }
    }

    fn hand_over(&self, fd: OwnedFd) {
        let listener = &self.listener;
        match Connection::register(listener.bridge(), fd.into(), listener.origin()) {
            Ok(connection) => {
                listener.connection_accepted();
                listener.bridge().push(Event {
                    handle: listener.handle(),
                    kind: Kind::Connection,
                    number: connection.handle().cast_signed(),
                    payload: Payload::Accepted(Accepted::new(Arc::clone(&connection))),
                });
                // Only now, so that nothing is told of it before its listener has announced it.
                connection.start();
            }
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&self, error: &io::Error) {
        self.listener.connection_accepted();
        let event = Event::new(self.listener.handle(), Kind::Connection, error::code(error));
        self.listener.bridge().push(event);
    }

    /// Out of descriptors: accepts all that wait with the reserve, and closes them. Whoever comes
    /// later is news from the kernel again.
    fn shed(&mut self, listener: BorrowedFd<'_>) -> bool {
        if self.reserve.is_none() {
            self.reserve = reserve();
        }
        if self.reserve.take().is_none() {
            return false;
        }
        while accept_one(listener).is_ok() {}
        self.reserve = reserve();
        true
    }
}

/// Accepts a connection, non-blocking and closed on exec, in one system call.
#[cfg(not(any(target_os = "macos", target_os = "ios")))]
fn accept_one(listener: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    use std::os::fd::{AsRawFd, FromRawFd};
    use std::ptr;

    let flags = libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC;
    // SAFETY: a null address is allowed: the peer's is asked for when JavaScript wants it.
    let fd =
        unsafe { libc::accept4(listener.as_raw_fd(), ptr::null_mut(), ptr::null_mut(), flags) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the kernel has just made the descriptor, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Accepts a connection, non-blocking and closed on exec.
#[cfg(any(target_os = "macos", target_os = "ios"))]
fn accept_one(listener: BorrowedFd<'_>) -> io::Result<OwnedFd> {
    let (socket, _peer) = socket2::SockRef::from(&listener).accept()?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

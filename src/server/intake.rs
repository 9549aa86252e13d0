//! One connection after the other, off a listening socket.

use std::fs::File;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

/// What became of an attempt to accept.
pub enum Step {
    /// A connection.
    Connection(OwnedFd),
    /// A peer gave up while it waited; the next one may not have.
    Again,
    /// Nobody waits any more, or nobody who could be served: the kernel says when there is somebody.
    Blocked,
    /// Whatever accept(2) says. It says nothing of who waits, and the kernel has no news of them later:
    /// to be tried again in the next turn, as built-in net does without a word.
    Failed,
}

/// What accepting needs besides the listening socket.
pub struct Intake {
    /// A descriptor kept back for the day when there are no others: given up, it lets a
    /// connection be accepted and closed, so that its peer is not left to wait.
    reserve: Option<OwnedFd>,
}

impl Default for Intake {
    fn default() -> Self {
        Intake { reserve: reserve() }
    }
}

fn reserve() -> Option<OwnedFd> {
    File::open("/dev/null").ok().map(OwnedFd::from)
}

impl Intake {
    /// Accepts one connection, without waiting.
    pub fn accept(&mut self, listener: BorrowedFd<'_>) -> Step {
        let error = match accept_one(listener) {
            Ok(fd) => return Step::Connection(fd),
            Err(error) => error,
        };
        match error.raw_os_error() {
            Some(libc::ECONNABORTED | libc::EINTR | libc::EPROTO) => Step::Again,
            Some(libc::EAGAIN) => Step::Blocked,
            Some(libc::EMFILE | libc::ENFILE) if self.shed(listener) => Step::Blocked,
            _ => Step::Failed,
        }
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
        let end = loop {
            if let Err(error) = accept_one(listener) {
                break error;
            }
        };
        self.reserve = reserve();
        // Somebody else may have taken the descriptor first.
        end.kind() == io::ErrorKind::WouldBlock
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

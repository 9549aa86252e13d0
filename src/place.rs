//! Where an I/O thread waits for a descriptor.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use crate::runtime::{self, IoThread, Seat};

/// What is to be told of a connection.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub const EVERYTHING: Interest = Interest::READABLE.add(Interest::WRITABLE).add(Interest::PRIORITY);
/// As above: only Linux tells of urgent bytes.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub const EVERYTHING: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// The number of a descriptor that somebody else owns, and keeps open meanwhile.
pub struct Number(RawFd);

impl AsRawFd for Number {
    fn as_raw_fd(&self) -> RawFd {
        self.0
    }
}

/// A descriptor's place in the readiness queue of an I/O thread.
pub struct Place {
    io: AsyncFd<Number>,
    seat: Seat,
}

impl Place {
    /// Has an I/O thread wait for `fd`, which must stay open until the place is dropped.
    ///
    /// # Errors
    ///
    /// When there is no I/O thread (`EAGAIN`) or the descriptor cannot be waited for (`EPERM`).
    pub fn of(fd: BorrowedFd<'_>, interest: Interest) -> io::Result<Self> {
        let seat = runtime::take_seat()?;
        let _context = seat.thread().runtime().enter();
        let number = Number(fd.as_raw_fd());
        // SAFETY: it answers with one descriptor, which stays open by the caller's word.
        let io = unsafe { AsyncFd::register_with_interest(number, interest) }?;
        Ok(Place { io, seat })
    }

    /// The descriptor's readiness.
    pub fn io(&self) -> &AsyncFd<Number> {
        &self.io
    }

    /// Whether the kernel has told of urgent bytes since this was last asked: in front of them a read
    /// stops, whatever there is behind them.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    pub fn was_urgent(&self) -> bool {
        let mut told = false;
        // That it would block is what takes the news.
        let _ = self.io.try_io(Interest::PRIORITY, |_| {
            told = true;
            io::Result::<()>::Err(io::ErrorKind::WouldBlock.into())
        });
        told
    }

    /// No other system tells.
    #[cfg(not(any(target_os = "linux", target_os = "android")))]
    pub fn was_urgent(&self) -> bool {
        false
    }

    /// The I/O thread.
    pub fn thread(&self) -> &'static IoThread {
        self.seat.thread()
    }
}

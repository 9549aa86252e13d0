//! Moving bytes between sockets within the kernel, by splice(2).

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::system::{self, Medium};

/// Bytes that one splice asks for at most.
const MOST_BYTES: usize = 256 * 1024;

/// What a kernel pipe is asked to hold: more pieces of a stream than it does by itself.
const CAPACITY: libc::c_int = 256 * 1024;

/// Kernel pipes that the process may have at a time; each takes two descriptors. Who gets none
/// moves bytes through memory.
const MOST_PIPES: usize = 128;

/// Empty kernel pipes that an I/O thread keeps.
const MOST_SPARE: usize = 8;

static PIPES: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static SPARE: RefCell<Vec<KernelPipe>> = const { RefCell::new(Vec::new()) };
}

/// A pipe(2) with bytes in it.
pub struct KernelPipe {
    reader: OwnedFd,
    writer: OwnedFd,
    filled: usize,
}

impl Drop for KernelPipe {
    fn drop(&mut self) {
        PIPES.fetch_sub(1, Ordering::Relaxed);
    }
}

impl KernelPipe {
    /// An empty one, or `None` where there are enough, or the system gives none.
    pub fn take() -> Option<Self> {
        if let Some(spare) = SPARE.with_borrow_mut(Vec::pop) {
            return Some(spare);
        }
        if PIPES.fetch_add(1, Ordering::Relaxed) >= MOST_PIPES {
            PIPES.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        let mut fds: [RawFd; 2] = [-1; 2];
        // SAFETY: there is room for two descriptors.
        if unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_NONBLOCK | libc::O_CLOEXEC) } != 0 {
            PIPES.fetch_sub(1, Ordering::Relaxed);
            return None;
        }
        // SAFETY: a fresh descriptor that nobody else owns.
        let reader = unsafe { OwnedFd::from_raw_fd(fds[0]) };
        // SAFETY: as above.
        let writer = unsafe { OwnedFd::from_raw_fd(fds[1]) };
        // Where the system says no, it holds less.
        // SAFETY: F_SETPIPE_SZ takes a number.
        unsafe { libc::fcntl(fds[1], libc::F_SETPIPE_SZ, CAPACITY) };
        Some(KernelPipe { reader, writer, filled: 0 })
    }

    /// Keeps an empty one for the next move of this thread.
    pub fn put_back(self) {
        SPARE.with_borrow_mut(|spare| {
            if self.filled == 0 && spare.len() < MOST_SPARE {
                spare.push(self);
            }
        });
    }

    /// Whether everything that went in has come out.
    pub fn is_empty(&self) -> bool {
        self.filled == 0
    }

    /// Takes bytes from `source`; 0 at the end of the stream.
    ///
    /// # Errors
    ///
    /// Whatever splice(2) says: `WouldBlock` where there is nothing now, `InvalidInput` where that
    /// is nothing to splice from.
    pub fn fill(&mut self, source: BorrowedFd<'_>) -> io::Result<usize> {
        let count = splice(source.as_raw_fd(), self.writer.as_raw_fd(), MOST_BYTES)?;
        self.filled += count;
        Ok(count)
    }

    /// Sends what `destination` takes.
    ///
    /// # Errors
    ///
    /// As [`KernelPipe::fill`].
    pub fn drain(&mut self, destination: BorrowedFd<'_>) -> io::Result<usize> {
        let count = splice(self.reader.as_raw_fd(), destination.as_raw_fd(), self.filled)?;
        self.filled -= count.min(self.filled);
        Ok(count)
    }

    /// What is in it. JavaScript's thread asks for that, which has no use for the pipe.
    pub fn into_memory(self) -> Vec<u8> {
        let mut memory = vec![0; self.filled];
        let mut start = 0;
        while start < memory.len() {
            match system::read(self.reader.as_fd(), Medium::File, &mut memory[start..]) {
                Ok(piece) if piece.count > 0 => start += piece.count,
                // It holds what was put in, so there is more to read until all is.
                _ => break,
            }
        }
        memory.truncate(start);
        memory
    }
}

fn splice(from: RawFd, to: RawFd, length: usize) -> io::Result<usize> {
    let flags = libc::SPLICE_F_NONBLOCK | libc::SPLICE_F_MOVE;
    loop {
        // SAFETY: without offsets, splice(2) takes any numbers.
        let count = unsafe {
            libc::splice(from, std::ptr::null_mut(), to, std::ptr::null_mut(), length, flags)
        };
        if count >= 0 {
            return Ok(count.cast_unsigned());
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::os::unix::net::UnixStream;

    #[test]
    fn bytes_go_through_and_can_be_taken_out_half_way() {
        let (mut first, source) = UnixStream::pair().unwrap();
        let (destination, mut last) = UnixStream::pair().unwrap();
        let mut pipe = KernelPipe::take().unwrap();
        first.write_all(b"one").unwrap();
        assert_eq!(pipe.fill(source.as_fd()).unwrap(), 3);
        assert_eq!(pipe.drain(destination.as_fd()).unwrap(), 3);
        assert!(pipe.is_empty());
        let mut memory = [0; 3];
        last.read_exact(&mut memory).unwrap();
        assert_eq!(&memory, b"one");
        first.write_all(b"two").unwrap();
        pipe.fill(source.as_fd()).unwrap();
        assert_eq!(pipe.into_memory(), b"two");
        assert!(SPARE.with_borrow(Vec::is_empty), "no descriptors are kept for this thread");
    }

    #[test]
    fn the_end_of_the_source_is_zero() {
        let (first, source) = UnixStream::pair().unwrap();
        drop(first);
        let mut pipe = KernelPipe::take().unwrap();
        assert_eq!(pipe.fill(source.as_fd()).unwrap(), 0);
    }
}

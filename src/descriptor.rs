//! A file descriptor with one owner.

use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

/// Closes its descriptor when it goes, unless that is standard input, output or error: a program
/// that adopts one of these goes on to print, and nothing good comes of 1 being a socket next.
pub struct Descriptor(ManuallyDrop<OwnedFd>);

impl From<OwnedFd> for Descriptor {
    fn from(fd: OwnedFd) -> Self {
        Descriptor(ManuallyDrop::new(fd))
    }
}

impl AsFd for Descriptor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for Descriptor {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl Drop for Descriptor {
    fn drop(&mut self) {
        if self.as_raw_fd() > libc::STDERR_FILENO {
            // SAFETY: dropped here once, and not used afterwards.
            unsafe { ManuallyDrop::drop(&mut self.0) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::FromRawFd;

    fn is_open(fd: RawFd) -> bool {
        // SAFETY: F_GETFD takes any number.
        unsafe { libc::fcntl(fd, libc::F_GETFD) >= 0 }
    }

    #[test]
    fn standard_error_stays_open() {
        // SAFETY: open in every test process; the owner below does not close it.
        let fd = unsafe { OwnedFd::from_raw_fd(libc::STDERR_FILENO) };
        drop(Descriptor::from(fd));
        assert!(is_open(libc::STDERR_FILENO));
    }

    #[test]
    fn others_are_closed() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        drop(Descriptor::from(OwnedFd::from(reader)));
        let error = std::io::Write::write(&mut writer, b"x").unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    }
}

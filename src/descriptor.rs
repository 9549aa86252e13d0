//! A file descriptor with one owner.

use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, IntoRawFd, OwnedFd, RawFd};

use napi_derive::napi;

use crate::error;

/// Closes its descriptor when it goes, unless that is standard input, output or error: a program
/// that adopts one of these goes on to print, and nothing good comes of 1 being a socket next.
pub struct Descriptor(ManuallyDrop<OwnedFd>);

impl From<OwnedFd> for Descriptor {
    fn from(fd: OwnedFd) -> Self {
        Descriptor(ManuallyDrop::new(fd))
    }
}

impl IntoRawFd for Descriptor {
    fn into_raw_fd(self) -> RawFd {
        let fd = self.as_raw_fd();
        std::mem::forget(self);
        fd
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

/// Another descriptor for what `fd` stands for, closed on exec; the caller's to close. A negative
/// errno where there is none.
#[napi(catch_unwind)]
pub fn duplicate(fd: i32) -> i32 {
    // SAFETY: F_DUPFD_CLOEXEC takes any number and answers EBADF for what is not open.
    let copy = unsafe { libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, libc::STDERR_FILENO + 1) };
    if copy < 0 { error::last() } else { copy }
}

/// As [`duplicate`], with an owner.
///
/// # Errors
///
/// Whatever fcntl(2) says; `EMFILE` for one.
pub fn duplicate_of(fd: BorrowedFd<'_>) -> io::Result<Descriptor> {
    let copy = duplicate(fd.as_raw_fd());
    if copy < 0 {
        return Err(error::from_errno(-copy));
    }
    // SAFETY: just made, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) }.into())
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_duplicate_outlives_the_original() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        let copy = duplicate(reader.as_raw_fd());
        assert!(copy > libc::STDERR_FILENO);
        drop(reader);
        std::io::Write::write_all(&mut writer, b"x").unwrap();
        // SAFETY: just made, and nobody else's.
        drop(unsafe { OwnedFd::from_raw_fd(copy) });
        assert_eq!(duplicate(-1), -libc::EBADF);
    }

    #[test]
    fn others_are_closed() {
        let (reader, mut writer) = std::io::pipe().unwrap();
        drop(Descriptor::from(OwnedFd::from(reader)));
        let error = std::io::Write::write(&mut writer, b"x").unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    }
}

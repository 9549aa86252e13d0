//! Error numbers.
//!
//! Across the boundary an error is a negative errno, as libuv's are on Unix: `-ECONNREFUSED` is
//! `-111` on Linux. `lib/errors.js` turns the number into the `Error` that a program sees.

use std::io;

/// The number that stands for an error that carries no errno of its own.
pub const UNKNOWN: i32 = -libc::EIO;

/// The negative errno of `error`.
pub fn code(error: &io::Error) -> i32 {
    error.raw_os_error().map_or(UNKNOWN, |errno| -errno)
}

/// The negative errno that the last failed system call of this thread left.
pub fn last() -> i32 {
    code(&io::Error::last_os_error())
}

/// What a verb that only succeeds or fails answers: 0, or a negative errno.
pub fn status(result: io::Result<()>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(error) => code(&error),
    }
}

/// An [`io::Error`] made of a positive errno.
pub fn from_errno(errno: i32) -> io::Error {
    io::Error::from_raw_os_error(errno)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_system_error_keeps_its_number() {
        assert_eq!(code(&from_errno(libc::ECONNREFUSED)), -libc::ECONNREFUSED);
        assert_eq!(status(Err(from_errno(libc::EPIPE))), -libc::EPIPE);
        assert_eq!(status(Ok(())), 0);
    }

    #[test]
    fn an_error_without_a_number_is_eio() {
        assert_eq!(code(&io::Error::other("no number")), UNKNOWN);
    }
}

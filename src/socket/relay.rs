//! What is between the two ends of a pump: bytes that were read and are not sent yet.
//!
//! Few bytes go through memory of the I/O thread's. Where reads bring many, Linux moves them
//! without a copy: see `splice`.

use std::cell::RefCell;
use std::io;

use super::connection::Connection;
#[cfg(target_os = "linux")]
use super::splice::KernelPipe;
use super::system::Piece;

/// Bytes that one read into memory asks for.
const RELAY_SIZE: usize = 64 * 1024;

/// A read of at least that many bytes makes the next one worth a splice.
#[cfg(target_os = "linux")]
const WORTH_A_SPLICE: usize = 16 * 1024;

thread_local! {
    /// Where the I/O thread's pumps read to. Nothing stays there after a move, so that idle pumps
    /// own no memory, and what was read is still in the core's cache when it is sent.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Bytes that the destination did not take at once.
#[derive(Default)]
pub struct Relay {
    rest: Rest,
    #[cfg(target_os = "linux")]
    splices: bool,
    #[cfg(target_os = "linux")]
    cannot_splice: bool,
}

#[derive(Default)]
enum Rest {
    #[default]
    None,
    Memory {
        bytes: Vec<u8>,
        sent: usize,
    },
    #[cfg(target_os = "linux")]
    Kernel(KernelPipe),
}

/// What one move brought.
pub struct Moved {
    /// How many bytes were read; 0 at the end of the stream.
    pub count: usize,
    /// Whether the source has no more now.
    pub is_last: bool,
    /// How sending them went; where the destination did not take all, the rest waits.
    pub sent: io::Result<()>,
}

impl Relay {
    /// Whether everything that was read is sent.
    pub fn is_empty(&self) -> bool {
        matches!(self.rest, Rest::None)
    }

    /// Reads from `source` and sends what `destination` takes of it, without waiting. To be called
    /// where nothing is left of the last move. `on_read` is told how many bytes were read, before
    /// the first of them is sent.
    ///
    /// # Errors
    ///
    /// Those of reading; `WouldBlock` where there is nothing to read now.
    #[cfg(target_os = "linux")]
    pub fn advance(
        &mut self,
        source: &Connection,
        destination: &Connection,
        on_read: impl Fn(usize),
    ) -> io::Result<Moved> {
        let pipe = if self.splices { KernelPipe::take() } else { None };
        let Some(pipe) = pipe else {
            let moved = self.advance_in_memory(source, destination, on_read)?;
            self.splices = moved.count >= WORTH_A_SPLICE && !self.cannot_splice;
            return Ok(moved);
        };
        match self.advance_in_kernel(pipe, source, destination, &on_read) {
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                self.cannot_splice = true;
                self.splices = false;
                self.advance_in_memory(source, destination, on_read)
            }
            moved => moved,
        }
    }

    /// As on Linux.
    ///
    /// # Errors
    ///
    /// As on Linux.
    #[cfg(not(target_os = "linux"))]
    pub fn advance(
        &mut self,
        source: &Connection,
        destination: &Connection,
        on_read: impl Fn(usize),
    ) -> io::Result<Moved> {
        self.advance_in_memory(source, destination, on_read)
    }

    fn advance_in_memory(
        &mut self,
        source: &Connection,
        destination: &Connection,
        on_read: impl Fn(usize),
    ) -> io::Result<Moved> {
        SCRATCH.with_borrow_mut(|scratch| {
            scratch.resize(RELAY_SIZE, 0);
            let Piece { count, more } = source.receive(scratch)?;
            on_read(count);
            let bytes = &scratch[..count];
            let mut sent = 0;
            let result = until_blocked(|| {
                sent += destination.send(&bytes[sent..])?;
                Ok(sent == count)
            });
            if sent < count {
                self.rest = Rest::Memory { bytes: bytes[sent..].to_vec(), sent: 0 };
            }
            Ok(Moved { count, is_last: !more, sent: result })
        })
    }

    #[cfg(target_os = "linux")]
    fn advance_in_kernel(
        &mut self,
        mut pipe: KernelPipe,
        source: &Connection,
        destination: &Connection,
        on_read: impl Fn(usize),
    ) -> io::Result<Moved> {
        let filled = pipe.fill(source.fd());
        let count = match filled {
            Ok(count) => count,
            Err(error) => {
                pipe.put_back();
                return Err(error);
            }
        };
        on_read(count);
        self.splices = count >= WORTH_A_SPLICE;
        let sent = until_blocked(|| {
            if !pipe.is_empty() {
                pipe.drain(destination.fd())?;
            }
            Ok(pipe.is_empty())
        });
        if pipe.is_empty() {
            pipe.put_back();
        } else {
            self.rest = Rest::Kernel(pipe);
        }
        // A kernel pipe may have been full before the source was empty.
        Ok(Moved { count, is_last: false, sent })
    }

    /// Sends what `destination` takes of the rest.
    ///
    /// # Errors
    ///
    /// Those of sending; `WouldBlock` where it takes nothing now.
    pub fn drain(&mut self, destination: &Connection) -> io::Result<()> {
        match std::mem::take(&mut self.rest) {
            Rest::None => {}
            Rest::Memory { bytes, mut sent } => {
                let result = destination.send(&bytes[sent..]);
                sent += *result.as_ref().unwrap_or(&0);
                if sent < bytes.len() {
                    self.rest = Rest::Memory { bytes, sent };
                }
                result?;
            }
            #[cfg(target_os = "linux")]
            Rest::Kernel(mut pipe) => {
                let result = pipe.drain(destination.fd());
                if pipe.is_empty() {
                    pipe.put_back();
                } else {
                    self.rest = Rest::Kernel(pipe);
                }
                result?;
            }
        }
        Ok(())
    }

    /// The rest; nothing is left here.
    pub fn take(&mut self) -> Vec<u8> {
        match std::mem::take(&mut self.rest) {
            Rest::None => Vec::new(),
            Rest::Memory { mut bytes, sent } => bytes.split_off(sent),
            #[cfg(target_os = "linux")]
            Rest::Kernel(pipe) => pipe.into_memory(),
        }
    }
}

/// Calls `step` until it says that it is done, or would have to wait.
fn until_blocked(mut step: impl FnMut() -> io::Result<bool>) -> io::Result<()> {
    loop {
        match step() {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

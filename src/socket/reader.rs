//! Reading for JavaScript: into which memory, and what becomes of it.

use std::io;
use std::ptr;

use super::connection::Connection;
use super::system::Piece;
use crate::bridge::{Event, Kind, LARGE_READ, Loan, Payload, READ_SIZE};

/// Pieces that one read brings at most.
const MOST_PIECES: usize = 4;

/// Bytes of them beyond the first.
pub const MOST_AHEAD: usize = (MOST_PIECES - 1) * READ_SIZE;

/// Full reads in a row after which one brings several pieces; fewer where streams are short.
const STEADY: u32 = if cfg!(any(test, fuzzing)) { 1 } else { 8 };

/// What one read has brought.
pub struct Received {
    /// How many bytes; 0 at the end of the stream.
    pub count: usize,
    /// Whether the kernel may have more now.
    pub more: bool,
    /// What JavaScript is told; nothing at the end of the stream.
    pub event: Option<Event>,
    /// What it is told next, of the pieces behind the first.
    pub further: Vec<Event>,
}

/// Reads from one connection.
#[derive(Default)]
pub struct Reader {
    /// Whether the last read was large; then the next one gets memory of its own.
    large: bool,
    /// How many reads in a row were full, as far as that matters.
    full: u32,
}

impl Reader {
    /// Whether the last read was large.
    pub fn is_large(&self) -> bool {
        self.large
    }

    /// Whether so many reads in a row were full that the next may bring several pieces.
    pub fn is_steady(&self) -> bool {
        self.full == STEADY
    }

    /// JavaScript has stopped to read: it may want no more than a piece at a time.
    pub fn falters(&mut self) {
        self.full = 0;
    }

    /// Reads at most `wanted` bytes, without waiting. In a steady stream of full reads it brings several
    /// such pieces, up to `ahead` bytes beyond the first: the way through the kernel, with what it does for
    /// a sender who waits for room, costs little more for several than for one, and so does JavaScript's
    /// work on them, whose code is at hand for the second.
    ///
    /// # Errors
    ///
    /// As [`Connection::receive`].
    pub fn read(
        &mut self,
        connection: &Connection,
        wanted: usize,
        ahead: usize,
    ) -> io::Result<Received> {
        let memory = &connection.bridge().memory;
        if self.large
            && let Some(loan) = memory.borrow()
        {
            return self.read_lent(connection, wanted.min(READ_SIZE), ahead, loan);
        }
        let Some(mut block) = memory.check_out() else { return self.read_own(connection, wanted) };
        let result = connection.receive(&mut block.free()[..wanted]);
        let slice = result.as_ref().ok().map(|piece| block.take(piece.count));
        #[cfg(test)]
        super::driver::panic_if_asked(slice.as_ref().map(crate::bridge::Slice::bytes));
        memory.check_in(block);
        let piece = result?;
        let event = slice.and_then(|slice| {
            Event::read(connection.handle(), Kind::Read, piece.count, Payload::Pooled(slice))
        });
        Ok(self.received(piece, wanted, event, Vec::new()))
    }

    /// Reads into `first` and, where it may be more than fits there, what else JavaScript has lent.
    fn read_lent(
        &mut self,
        connection: &Connection,
        wanted: usize,
        ahead: usize,
        first: Loan,
    ) -> io::Result<Received> {
        let memory = &connection.bridge().memory;
        let has_pieces = self.is_steady() && wanted == READ_SIZE;
        let pieces = if has_pieces { 1 + ahead / READ_SIZE } else { 1 };
        let mut loans = [Some(first), None, None, None];
        let nowhere = libc::iovec { iov_base: ptr::null_mut(), iov_len: 0 };
        let mut places = [nowhere; MOST_PIECES];
        let mut count = 0;
        for (loan, place) in loans.iter_mut().zip(&mut places).take(pieces) {
            *loan = loan.take().or_else(|| memory.borrow());
            let Some(loan) = loan else { break };
            *place = libc::iovec { iov_base: loan.start().cast(), iov_len: wanted };
            count += 1;
        }
        // SAFETY: lent memory is good for writes of READ_SIZE bytes.
        let piece = unsafe { connection.receive_to(&mut places[..count]) }?;
        let mut left = piece.count;
        // What got nothing goes back.
        let mut events = loans.into_iter().flatten().map_while(|loan| {
            let count = left.min(wanted);
            left -= count;
            Event::read(connection.handle(), Kind::Chunk, count, Payload::Lent(loan))
        });
        let (event, further) = (events.next(), events.collect());
        Ok(self.received(piece, wanted, event, further))
    }

    /// Reads into memory of its own, where there is no block left.
    fn read_own(&mut self, connection: &Connection, wanted: usize) -> io::Result<Received> {
        let mut memory = vec![0; wanted];
        let piece = connection.receive(&mut memory)?;
        memory.truncate(piece.count);
        let payload = Payload::Owned(memory);
        let event = Event::read(connection.handle(), Kind::Chunk, piece.count, payload);
        Ok(self.received(piece, wanted, event, Vec::new()))
    }

    fn received(
        &mut self,
        Piece { count, more }: Piece,
        wanted: usize,
        event: Option<Event>,
        further: Vec<Event>,
    ) -> Received {
        if count > 0 {
            self.large = count >= LARGE_READ;
        }
        self.full = if count < wanted { 0 } else { STEADY.min(self.full + 1) };
        Received { count, more, event, further }
    }
}

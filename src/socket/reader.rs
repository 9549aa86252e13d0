//! Reading for JavaScript: into which memory, and what becomes of it.

use std::io;

use super::connection::Connection;
use super::system::Piece;
use crate::bridge::{Event, Kind, LARGE_READ, Payload, READ_SIZE};

/// What one read has brought.
pub struct Received {
    /// How many bytes; 0 at the end of the stream.
    pub count: usize,
    /// Whether the kernel may have more now.
    pub more: bool,
    /// What JavaScript is told; nothing at the end of the stream.
    pub event: Option<Event>,
}

/// Reads from one connection.
#[derive(Default)]
pub struct Reader {
    /// Whether the last read was large; then the next one gets memory of its own.
    large: bool,
}

impl Reader {
    /// Whether the last read was large.
    pub fn is_large(&self) -> bool {
        self.large
    }

    /// Reads at most `wanted` bytes, without waiting.
    ///
    /// # Errors
    ///
    /// As [`Connection::receive`].
    pub fn read(&mut self, connection: &Connection, wanted: usize) -> io::Result<Received> {
        let memory = &connection.bridge().memory;
        if self.large
            && let Some(mut loan) = memory.borrow()
        {
            // SAFETY: lent memory is good for writes of READ_SIZE bytes.
            let piece = unsafe { connection.receive_to(loan.start(), wanted.min(READ_SIZE)) }?;
            return Ok(self.received(connection, Kind::Chunk, piece, Payload::Lent(loan)));
        }
        let Some(mut block) = memory.check_out() else { return self.read_own(connection, wanted) };
        let result = connection.receive(&mut block.free()[..wanted]);
        let slice = result.as_ref().ok().map(|piece| block.take(piece.count));
        #[cfg(test)]
        super::driver::panic_if_asked(slice.as_ref().map(crate::bridge::Slice::bytes));
        memory.check_in(block);
        let piece = result?;
        Ok(match slice {
            Some(slice) => self.received(connection, Kind::Read, piece, Payload::Pooled(slice)),
            None => Received { count: piece.count, more: piece.more, event: None },
        })
    }

    /// Reads into memory of its own, where there is no block left.
    fn read_own(&mut self, connection: &Connection, wanted: usize) -> io::Result<Received> {
        let mut memory = vec![0; wanted];
        let piece = connection.receive(&mut memory)?;
        memory.truncate(piece.count);
        Ok(self.received(connection, Kind::Chunk, piece, Payload::Owned(memory)))
    }

    fn received(
        &mut self,
        connection: &Connection,
        kind: Kind,
        Piece { count, more }: Piece,
        payload: Payload,
    ) -> Received {
        if count == 0 {
            return Received { count, more, event: None };
        }
        self.large = count >= LARGE_READ;
        // At most READ_SIZE, which fits.
        let number = count as i32;
        Received {
            count,
            more,
            event: Some(Event { handle: connection.handle(), kind, number, payload }),
        }
    }
}

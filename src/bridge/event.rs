//! What a task tells JavaScript.

use super::memory::{LARGE_READ, Loan, Slice};
use crate::socket::Accepted;

/// The kinds of event, by number; `lib/bridge.js` declares the same ones in the same order.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[repr(u32)]
pub enum Kind {
    /// A block of read memory: `number` is its index, `bytes` the memory. No handle.
    Block = 0,
    /// A listener accepted a connection: `number` is its handle, or a negative errno.
    Connection = 1,
    /// A connect ended: `number` is 0 or a negative errno.
    Connect = 2,
    /// Bytes were read into a block: `number` is their count, `bytes` their position.
    Read = 3,
    /// Bytes were read into memory of their own: `number` is their count, `bytes` that memory, or
    /// the number by which JavaScript has lent it.
    Chunk = 4,
    /// Nothing will be read any more: `number` is 0 at the end of the stream, else a negative errno.
    End = 5,
    /// Queued bytes were written: `number` is how many since the last time, or a negative errno.
    Write = 6,
    /// A shutdown is due (`number` is 1; 2: unless it was done before), or ended: `number` is 0 or a
    /// negative errno.
    Shutdown = 7,
    /// The descriptor is closed; the last event of its handle.
    Close = 8,
    /// Written bytes wait for the kernel; JavaScript is to slow down until a `Write`.
    Full = 9,
    /// Nothing is read for JavaScript any more, until a pump was started and has ended.
    Halted = 10,
    /// There is room for a write that waits on JavaScript's thread.
    Room = 11,
    /// A held event may go on its way; the bridge answers it itself, JavaScript never sees it.
    Resume = 12,
    /// The turn is over: tasks are woken and gathered writes go out. JavaScript never sees it.
    Flush = 13,
    /// The task has ended: JavaScript's thread waits for the descriptor. JavaScript never sees it.
    Retired = 14,
}

/// One event of one handle.
pub struct Event {
    /// The handle's number.
    pub handle: u32,
    /// What happened.
    pub kind: Kind,
    /// A count, a status or a handle, as [`Kind`] says.
    pub number: i32,
    /// What comes with it.
    pub payload: Payload,
}

impl Event {
    /// An event that is all said by its number.
    pub fn new(handle: u32, kind: Kind, number: i32) -> Self {
        Event { handle, kind, number, payload: Payload::None }
    }

    /// `count` bytes were read, no more than fit into one piece of read memory; nothing where it is none.
    pub fn read(handle: u32, kind: Kind, count: usize, payload: Payload) -> Option<Self> {
        (count > 0).then_some(Event { handle, kind, number: count as i32, payload })
    }

    /// Whether it is about many bytes.
    pub fn is_bulk(&self) -> bool {
        matches!(self.kind, Kind::Read | Kind::Chunk | Kind::Write)
            && usize::try_from(self.number).is_ok_and(|count| count >= LARGE_READ)
    }
}

/// What an event owns until JavaScript has seen it.
pub enum Payload {
    /// Nothing.
    None,
    /// Bytes in a block that JavaScript knows.
    Pooled(Slice),
    /// Bytes in memory that JavaScript has lent.
    Lent(Loan),
    /// Bytes in memory of their own.
    Owned(Vec<u8>),
    /// A connection that has no handle yet; closed where nobody takes it.
    Accepted(Accepted),
}

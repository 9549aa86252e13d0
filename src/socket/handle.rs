//! What the handle table keeps of a socket: JavaScript's share of its connection.

use std::collections::VecDeque;
use std::net::Shutdown;
use std::sync::Arc;

use socket2::SockRef;

use super::connection::Connection;
use crate::bridge::{Event, Kind, Payload};
use crate::error::status;

/// A socket in the handle table.
pub struct SocketHandle {
    connection: Arc<Connection>,
    /// Events that arrived while JavaScript did not read; in order, before any newer one.
    held: VecDeque<Event>,
}

impl SocketHandle {
    /// The share of `connection` that JavaScript holds.
    pub fn new(connection: Arc<Connection>) -> Self {
        SocketHandle { connection, held: VecDeque::new() }
    }

    /// The connection.
    pub fn connection(&self) -> &Arc<Connection> {
        &self.connection
    }

    /// Lets events of reading through, held ones first.
    pub fn start_reading(&self) {
        self.connection.start_reading();
        for _ in &self.held {
            self.connection.tell(Kind::Resume, 0);
        }
    }

    /// Holds events of reading back from now on.
    pub fn stop_reading(&self) {
        self.connection.stop_reading();
    }

    /// An event of reading, unless it has to wait.
    pub fn admit(&mut self, event: Event) -> Option<Event> {
        if self.connection.is_reading() && self.held.is_empty() {
            return Some(self.count(event));
        }
        self.held.push_back(into_own_memory(event));
        if self.connection.is_reading() {
            self.connection.tell(Kind::Resume, 0);
        }
        None
    }

    /// The oldest held event, where JavaScript reads again.
    pub fn release(&mut self) -> Option<Event> {
        if !self.connection.is_reading() {
            return None;
        }
        let event = self.held.pop_front()?;
        Some(self.count(event))
    }

    /// Half-closes; 0 or a negative errno.
    pub fn shut_down(&self) -> i32 {
        status(SockRef::from(&self.connection.fd()).shutdown(Shutdown::Write))
    }

    /// Lets go of the connection.
    pub fn abandon(self) {
        self.connection.close();
    }

    fn count(&self, event: Event) -> Event {
        if event.kind != Kind::End {
            self.connection.delivered(event.number.unsigned_abs() as usize);
        }
        event
    }
}

/// A held event may stay for long, and must not keep a block of read memory from its next use.
fn into_own_memory(event: Event) -> Event {
    let Payload::Pooled(slice) = &event.payload else { return event };
    let memory = slice.bytes().to_vec();
    Event { kind: Kind::Chunk, payload: Payload::Owned(memory), ..event }
}

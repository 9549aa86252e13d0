//! What the handle table keeps of a socket: JavaScript's share of its connection.

use std::collections::VecDeque;
use std::sync::Arc;

use super::connection::Connection;
use crate::bridge::{Event, Kind, Payload};

/// A socket in the handle table.
pub struct SocketHandle {
    connection: Arc<Connection>,
    /// Events that arrived while JavaScript did not read; in order, before any newer one.
    held: VecDeque<Event>,
}

/// What becomes of an event.
pub struct Admission {
    /// The event, where JavaScript gets it now.
    pub event: Option<Event>,
    /// The connection, where its task is to be woken.
    pub wake: Option<Arc<Connection>>,
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

    /// Lets events of reading through, held ones first; `true` where the task is to be woken.
    pub fn start_reading(&self) -> bool {
        for _ in &self.held {
            self.connection.tell(Kind::Resume, 0);
        }
        self.connection.start_reading()
    }

    /// An event of reading, unless it has to wait.
    pub fn admit(&mut self, event: Event) -> Admission {
        if self.connection.is_reading() && self.held.is_empty() {
            return self.deliver(event);
        }
        self.held.push_back(into_own_memory(event));
        if self.connection.is_reading() {
            self.connection.tell(Kind::Resume, 0);
        }
        Admission { event: None, wake: None }
    }

    /// The oldest held event, where JavaScript reads again.
    pub fn release(&mut self) -> Admission {
        let held = if self.connection.is_reading() { self.held.pop_front() } else { None };
        match held {
            Some(event) => self.deliver(event),
            None => Admission { event: None, wake: None },
        }
    }

    /// What has arrived and was held, as bytes, and how reading has ended, if it has with an error;
    /// with `later`, which comes after that.
    pub fn take_received(&mut self, later: Vec<Event>) -> (Vec<u8>, i32) {
        let mut received = Vec::new();
        let mut status = 0;
        for event in self.held.drain(..).chain(later) {
            match event.kind {
                Kind::Read | Kind::Chunk => {
                    if let Payload::Owned(memory) = into_own_memory(event).payload {
                        received.extend_from_slice(&memory);
                    }
                }
                Kind::End => status = event.number,
                _ => {}
            }
        }
        (received, status)
    }

    fn deliver(&self, event: Event) -> Admission {
        let caught_up = event.kind != Kind::End
            && self.connection.delivered(event.number.unsigned_abs() as usize);
        let wake = caught_up.then(|| Arc::clone(&self.connection));
        Admission { event: Some(event), wake }
    }
}

/// A held event may stay for long, and must not keep a block of read memory from its next use.
fn into_own_memory(event: Event) -> Event {
    let memory = match &event.payload {
        Payload::Pooled(slice) => slice.bytes().to_vec(),
        // SAFETY: the read filled as many bytes as its event says.
        Payload::Lent(loan) => unsafe { loan.filled(event.number as usize) }.to_vec(),
        Payload::None | Payload::Owned(_) | Payload::Accepted(_) => return event,
    };
    Event { kind: Kind::Chunk, payload: Payload::Owned(memory), ..event }
}

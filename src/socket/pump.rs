//! A native pipe: bytes of one connection go to another without JavaScript.
//!
//! The source's task moves them. JavaScript's thread starts a pump when nobody there looks at the
//! bytes, and stops it as soon as somebody does: [`Pump::stop`] returns with not a byte in between.

use std::io;
use std::sync::{Arc, LazyLock, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Instant;

use super::connection::Connection;
use super::relay::Relay;
use crate::place::Place;
use crate::sync::{AtomicU64, Mutex, MutexGuard, Ordering};

/// The time that [`Pump::idle`] is measured from.
static BEGINNING: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Moves of one pump before others on its thread get their turn: each may be one of a quarter of a
/// megabyte.
const BURST: usize = 2;

/// A native pipe from the connection that holds it to another one.
pub struct Pump {
    // Dropped before the descriptor that it is a place of.
    outlet: Arc<Place>,
    destination: Arc<Connection>,
    transfer: Mutex<Transfer>,
    /// Bytes that were read from the source.
    moved: AtomicU64,
    /// When that was last so, in milliseconds since the beginning.
    last_move: AtomicU64,
}

/// What is on its way. Whoever moves bytes holds it locked, so that stopping waits for one move.
#[derive(Default)]
struct Transfer {
    relay: Relay,
    stopped: bool,
}

/// How a pump came to its end.
pub enum Outcome {
    /// The source has ended, and everything was sent; or JavaScript has stopped the pump.
    Stopped,
    /// The source cannot be read from.
    SourceFailed(io::Error),
    /// The destination cannot be written to.
    DestinationFailed(io::Error),
}

impl Pump {
    /// A pump to `destination`, to which nothing may be on its way, and whose place is `outlet`.
    pub fn new(destination: Arc<Connection>, outlet: Arc<Place>) -> Self {
        let now = now();
        Pump {
            outlet,
            destination,
            transfer: Mutex::default(),
            moved: AtomicU64::new(0),
            last_move: AtomicU64::new(now),
        }
    }

    /// Where the bytes go.
    pub fn destination(&self) -> &Arc<Connection> {
        &self.destination
    }

    /// How many bytes were taken from the source.
    pub fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Milliseconds since the last move, or since the start.
    pub fn idle(&self) -> u64 {
        now().saturating_sub(self.last_move.load(Ordering::Relaxed))
    }

    /// Moves bytes until there are none, the destination is full, or it is the turn of others. To be
    /// called by the source's task only, which waits at `inlet`.
    pub fn poll(
        &self,
        source: &Connection,
        inlet: &Place,
        context: &mut Context<'_>,
    ) -> Poll<Outcome> {
        for _ in 0..BURST {
            let mut transfer = self.lock();
            if transfer.stopped {
                return Poll::Ready(Outcome::Stopped);
            }
            let step = if transfer.relay.is_empty() {
                self.poll_move(&mut transfer, source, inlet, context)
            } else {
                self.poll_write(&mut transfer, context)
            };
            if let Some(outcome) = ready!(step) {
                transfer.stopped = true;
                // While it is locked: JavaScript may be about to stop this pump and start another.
                source.end_pump();
                return Poll::Ready(outcome);
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes bytes from the source and sends what the destination takes of them.
    fn poll_move(
        &self,
        transfer: &mut Transfer,
        source: &Connection,
        inlet: &Place,
        context: &mut Context<'_>,
    ) -> Poll<Option<Outcome>> {
        loop {
            let mut ready = match ready!(inlet.io().poll_read_ready(context)) {
                Ok(ready) => ready,
                Err(error) => return Poll::Ready(Some(Outcome::SourceFailed(error))),
            };
            // Who gets the bytes may ask at once how many they are.
            let on_read = |count| {
                self.moved.fetch_add(count as u64, Ordering::Relaxed);
                self.last_move.store(now(), Ordering::Relaxed);
            };
            let moved = match transfer.relay.advance(source, &self.destination, on_read) {
                Ok(moved) => moved,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    ready.clear_ready();
                    continue;
                }
                Err(error) => return Poll::Ready(Some(Outcome::SourceFailed(error))),
            };
            if moved.count == 0 {
                return Poll::Ready(Some(Outcome::Stopped));
            }
            if moved.is_last && !inlet.was_urgent() {
                ready.clear_ready();
            }
            return Poll::Ready(moved.sent.err().map(Outcome::DestinationFailed));
        }
    }

    /// Sends what the destination did not take before.
    fn poll_write(
        &self,
        transfer: &mut Transfer,
        context: &mut Context<'_>,
    ) -> Poll<Option<Outcome>> {
        loop {
            let mut ready = match ready!(self.outlet.io().poll_write_ready(context)) {
                Ok(ready) => ready,
                Err(error) => return Poll::Ready(Some(Outcome::DestinationFailed(error))),
            };
            match transfer.relay.drain(&self.destination) {
                Ok(()) => {
                    self.last_move.store(now(), Ordering::Relaxed);
                    return Poll::Ready(None);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => ready.clear_ready(),
                Err(error) => return Poll::Ready(Some(Outcome::DestinationFailed(error))),
            }
        }
    }

    /// Stops for good. What was taken from the source and not yet sent counts as written to the
    /// destination, and is left to its task; `true` where that is to be woken for it.
    pub fn stop(&self) -> bool {
        let mut transfer = self.lock();
        transfer.stopped = true;
        let rest = transfer.relay.take();
        if !rest.is_empty() {
            self.destination.gather(&rest);
        }
        !rest.is_empty()
    }

    fn lock(&self) -> MutexGuard<'_, Transfer> {
        self.transfer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> u64 {
    u64::try_from(BEGINNING.elapsed().as_millis()).unwrap_or(u64::MAX)
}

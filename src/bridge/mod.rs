//! The only way from a Tokio task to JavaScript.
//!
//! A task pushes an [`Event`] onto the [`Bridge`] of its environment and nudges that environment's
//! one threadsafe function; for each nudge, [`Environment`] takes one event off on the JavaScript
//! thread and calls the one `dispatch(handle, kind, number, bytes)` that `lib/bridge.js` handed to
//! [`start`]. One event is one callback scope, so Node runs `process.nextTick` and microtasks
//! between two events, as it does with built-in `net`.

mod crowd;
mod deferred;
mod environment;
mod event;
mod event_loop;
mod function;
mod memory;
mod outbox;
mod pace;
mod queue;
mod ready;
mod table;
mod uv;
mod watch;

pub use crowd::Crowd;
pub use deferred::{nudge_deferred, start_deferring};
pub use environment::{Environment, flush, keep_alive, lend, start};
pub use event::{Event, Kind, Payload};
pub use event_loop::Due;
#[cfg(test)]
pub use memory::Slice;
pub use memory::{LARGE_READ, Loan, READ_SIZE, ReadMemory};
pub use queue::Bridge;
pub use table::Handle;
pub use watch::{INPUT, ROOM, Ready, Watch};

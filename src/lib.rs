//! The native core of `tokio-net`: handles and I/O.
//!
//! It knows nothing of streams, names of events, DNS or timers; those are JavaScript's, in `lib/`.
//! Data flows one way each: JavaScript calls a verb of [`socket`] or [`server`], and a Tokio task
//! answers through the [`bridge`] with events. There is no third path.
//!
//! Exported to JavaScript: the classes `Socket` and `Server`, the verbs on a socket's number, and
//! [`bridge::start`].

#![deny(missing_docs)]

pub mod address;
pub mod bridge;
pub mod compiled;
pub mod descriptor;
pub mod error;
pub mod inbox;
pub mod options;
pub mod place;
#[cfg(test)]
mod random;
pub mod runtime;
pub mod server;
pub mod socket;
pub mod socket_path;
pub mod sync;
pub mod ticket;

//! One connection: connect, read, write, shutdown, close.
//!
//! A [`Connection`] is shared by JavaScript's thread, which writes inline and sets flags, and by
//! one Tokio task (`driver`), which waits for readiness, reads, and finishes what the kernel did
//! not take. The last of the two to let go closes the descriptor.

mod connection;
mod driver;
mod flow;
mod handle;
mod native;
mod outgoing;
mod pump;
mod reader;
mod relay;
#[cfg(target_os = "linux")]
mod splice;
mod system;
mod verbs;

pub use connection::{Accepted, Connection, IF_DUE, Notice, Origin};
pub use handle::{Admission, Glance, SocketHandle};
pub use native::Socket;

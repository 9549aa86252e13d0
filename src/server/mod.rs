//! One listener: bind, listen, accept.

mod acceptor;
mod listener;
mod native;

pub use listener::Listener;
pub use native::Server;

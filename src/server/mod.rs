//! One listener: bind, listen, accept.

mod acceptor;
mod intake;
mod listener;
mod native;

pub use intake::Step;
pub use listener::Listener;
pub use native::Server;

//! The core without Node, for the fuzz targets beside it: the addon's own files, of which all is
//! public here. Only what calls Node, and the I/O threads, have something else in their place.

#![allow(dead_code, reason = "the files under test have more than the targets need")]

#[path = "../../src/address.rs"]
pub mod address;
#[path = "../../src/descriptor.rs"]
pub mod descriptor;
#[path = "../../src/error.rs"]
pub mod error;
#[path = "../../src/inbox.rs"]
pub mod inbox;
#[path = "../../src/options.rs"]
pub mod options;
#[path = "../../src/place.rs"]
pub mod place;
#[path = "../../src/socket_path.rs"]
pub mod socket_path;
#[path = "../../src/sync.rs"]
pub mod sync;
#[path = "../../src/ticket.rs"]
pub mod ticket;

pub mod runtime;

#[path = "."]
pub mod bridge {
    //! Of `src/bridge/`, what tasks hold.

    #[path = "../../src/bridge/crowd.rs"]
    pub mod crowd;
    #[path = "../../src/bridge/deferred.rs"]
    pub mod deferred;
    #[path = "../../src/bridge/event.rs"]
    pub mod event;
    pub mod function;
    #[path = "../../src/bridge/memory.rs"]
    pub mod memory;
    #[path = "../../src/bridge/outbox.rs"]
    pub mod outbox;
    #[path = "../../src/bridge/queue.rs"]
    pub mod queue;
    #[path = "../../src/bridge/table.rs"]
    pub mod table;
    pub mod watch;

    pub use crowd::Crowd;
    pub use deferred::{nudge_deferred, start_deferring};
    pub use event::{Event, Kind, Payload};
    pub use memory::{LARGE_READ, Loan, READ_SIZE, ReadMemory};
    pub use queue::Bridge;
    pub use table::Handle;
    pub use watch::{INPUT, ROOM, Ready, Watch};
}

pub mod server {
    //! The handle table names it.

    /// A listener.
    pub struct Listener;
}

#[path = "."]
pub mod socket {
    //! `src/socket/` but for what JavaScript calls.

    #[path = "../../src/socket/connection.rs"]
    pub mod connection;
    #[path = "../../src/socket/driver.rs"]
    pub mod driver;
    #[path = "../../src/socket/flow.rs"]
    pub mod flow;
    #[path = "../../src/socket/handle.rs"]
    pub mod handle;
    #[path = "../../src/socket/outgoing.rs"]
    pub mod outgoing;
    #[path = "../../src/socket/pump.rs"]
    pub mod pump;
    #[path = "../../src/socket/reader.rs"]
    pub mod reader;
    #[path = "../../src/socket/relay.rs"]
    pub mod relay;
    #[cfg(target_os = "linux")]
    #[path = "../../src/socket/splice.rs"]
    pub mod splice;
    #[path = "../../src/socket/system.rs"]
    pub mod system;

    pub use connection::{Accepted, Connection, Origin};
    pub use handle::SocketHandle;
}

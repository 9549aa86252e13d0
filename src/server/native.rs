//! The `Server` that JavaScript holds.

use std::cell::{Cell, RefCell};
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use napi::Env;
use napi::bindgen_prelude::{ClassInstance, Result};
use napi_derive::napi;
use socket2::SockRef;

use super::listener::Listener;
use crate::address::{self, Endpoint};
use crate::bridge::{Environment, Handle, Payload};
use crate::descriptor::duplicate_of;
use crate::error::{code, from_errno, status};
use crate::socket::{Socket, SocketHandle};
use crate::socket_path::SocketPath;
use crate::ticket::{self, Ticket};

/// What is left of a listener that was detached.
#[napi(object)]
pub struct DetachedServer {
    /// The number of its ticket, or a negative errno.
    pub key: i32,
    /// The numbers of connections that it had accepted and not announced.
    pub connections: Vec<u32>,
}

/// One listening socket.
#[napi]
pub struct Server {
    environment: Rc<Environment>,
    number: Cell<u32>,
    /// The Unix path that is ours to remove.
    path: RefCell<Option<SocketPath>>,
}

#[napi]
impl Server {
    /// A server that does not listen yet.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env) -> Result<Self> {
        let environment = Environment::of(&env)?;
        Ok(Server { environment, number: Cell::new(0), path: RefCell::new(None) })
    }

    /// Listens on the descriptor of `socket`, which it takes over; 0 or a negative errno.
    #[napi(catch_unwind)]
    pub fn listen(&self, socket: ClassInstance<Socket>, backlog: i32) -> i32 {
        status(self.try_listen(&socket, backlog))
    }

    /// The server's number; 0 where it does not listen.
    #[napi(getter, catch_unwind)]
    pub fn number(&self) -> u32 {
        self.number.get()
    }

    /// The descriptor, or -1.
    #[napi(getter, catch_unwind)]
    pub fn fd(&self) -> i32 {
        self.with_fd(|fd| fd.as_raw_fd()).unwrap_or(-1)
    }

    /// Where it listens; `null` where that is no IP address.
    #[napi(catch_unwind)]
    pub fn local_endpoint(&self) -> Option<Endpoint> {
        let address = self.with_fd(|fd| SockRef::from(&fd).local_addr())?;
        address::endpoint(&address.ok()?)
    }

    /// Lets connections be read from before JavaScript has seen them, where it will surely take
    /// and read them; saves each a wait.
    #[napi(catch_unwind)]
    pub fn set_eager(&self, eager: bool) {
        self.with_listener(|listener| listener.set_eager(eager));
    }

    /// Makes the Unix path that `socket` was bound to the server's own: it is removed when the
    /// server closes. A socket that another thread has bound knows it by its name only.
    #[napi(catch_unwind)]
    pub fn own_path(&self, socket: ClassInstance<Socket>, path: &[u8]) {
        self.path.replace(socket.take_path().or_else(|| SocketPath::of(path)));
    }

    /// Opens the Unix path that is the server's own to everybody, as `Socket.allow` does.
    #[napi(catch_unwind)]
    pub fn allow(&self, readable: bool, writable: bool, adds: bool) -> i32 {
        match &*self.path.borrow() {
            Some(path) => status(path.allow(readable, writable, adds)),
            None => -libc::ENOENT,
        }
    }

    /// Takes the listener away from this environment, to be redeemed by another one within
    /// `patience` milliseconds. Connections that were accepted before stay: they are answered, too.
    #[napi(catch_unwind)]
    pub fn detach(&self, patience: u32) -> DetachedServer {
        match self.try_detach(patience) {
            Ok(detached) => detached,
            Err(error) => DetachedServer { key: code(&error), connections: Vec::new() },
        }
    }

    /// Removes the Unix path that is the server's own.
    #[napi(catch_unwind)]
    pub fn remove_path(&self) {
        if let Some(path) = self.path.take() {
            // Gone already, or not ours to remove any more: the same to the caller, as with
            // libuv's uv_pipe_t.
            let _ = path.remove();
        }
    }
}

impl Server {
    fn with_listener<T>(&self, use_listener: impl FnOnce(&Arc<Listener>) -> T) -> Option<T> {
        self.environment.with_table(|table| match table.get(self.number.get()) {
            Some(Handle::Server(_, listener)) => Some(use_listener(listener)),
            _ => None,
        })
    }

    fn with_fd<T>(&self, use_fd: impl FnOnce(BorrowedFd<'_>) -> T) -> Option<T> {
        self.with_listener(Arc::clone)?.with_fd(use_fd)
    }

    fn try_detach(&self, patience: u32) -> io::Result<DetachedServer> {
        let closed = || from_errno(libc::EBADF);
        let number = self.number.get();
        let listener = self.with_listener(Arc::clone).ok_or_else(closed)?;
        let fd = self.with_fd(duplicate_of).ok_or_else(closed)??;
        let thread = listener.thread();
        self.environment.unwatch_listener(number);
        // The task accepts under the same lock: what it has accepted is in the queue after this.
        listener.close();
        let mut connections = Vec::new();
        for event in self.environment.bridge.withdraw(number) {
            let Payload::Accepted(accepted) = event.payload else { continue };
            let Some(connection) = accepted.take() else { continue };
            connections.push(connection.handle());
            let handle = Handle::Socket(SocketHandle::new(Arc::clone(&connection)));
            self.environment.with_table(|table| table.insert(connection.handle(), handle));
        }
        self.environment.with_table(|table| {
            if let Some(slot) = table.get(number) {
                *slot = Handle::Closed;
            }
        });
        if let Some(thread) = thread {
            self.environment.wake_later(thread, listener);
        }
        let ticket = Ticket { fd, received: Vec::new(), status: 0, path: self.path.take() };
        let key = ticket::deposit(ticket, Duration::from_millis(patience.into()))?;
        Ok(DetachedServer { key: key.cast_signed(), connections })
    }

    fn try_listen(&self, socket: &Socket, backlog: i32) -> io::Result<()> {
        let Some(fd) = socket.take_descriptor() else {
            return Err(from_errno(libc::EBADF));
        };
        if let Err(error) = SockRef::from(&fd).listen(backlog) {
            socket.put_descriptor(fd);
            return Err(error);
        }
        let listener = Listener::register(&self.environment.bridge, fd)?;
        let number = listener.handle();
        let handle = Handle::Server(None, Arc::clone(&listener));
        self.environment.with_table(|table| table.insert(number, handle));
        self.number.set(number);
        self.environment.attend_listener(&listener);
        Ok(())
    }
}

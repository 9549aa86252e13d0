//! The `Socket` that JavaScript holds.

use std::cell::RefCell;
use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::rc::Rc;
use std::sync::Arc;

use napi::bindgen_prelude::Result;
use napi::{Env, Error, Status};
use napi_derive::napi;
use socket2::{Domain, SockAddr, SockRef};

use super::connection::{Connection, Origin};
use super::handle::SocketHandle;
use super::system;
use crate::address::{self, Endpoint};
use crate::bridge::{Due, Environment, Handle, Kind};
use crate::descriptor::Descriptor;
use crate::error::{code, from_errno, status};
use crate::options;
use crate::socket_path::SocketPath;

/// One stream socket, from before it has a descriptor to its end.
///
/// Verbs answer 0 or a negative errno. Verbs that every message needs are plain functions on the
/// socket's number instead (`write`, `startReading` …).
#[napi]
pub struct Socket {
    environment: Rc<Environment>,
    state: RefCell<State>,
    /// The Unix path that it was bound to, and that is ours to remove.
    path: RefCell<Option<SocketPath>>,
}

enum State {
    /// No descriptor yet.
    Fresh,
    /// A descriptor that no task waits for: bound, or adopted and not used yet.
    Idle(Descriptor),
    /// In the handle table under this number.
    Active(u32),
}

#[napi]
impl Socket {
    /// A socket without a descriptor.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env) -> Result<Self> {
        Ok(Socket::with_state(Environment::of(&env)?, State::Fresh))
    }

    /// The socket that a 'connection' event has announced as `number`.
    #[napi(factory, catch_unwind)]
    pub fn accepted(env: Env, number: u32) -> Result<Self> {
        Ok(Socket::with_state(Environment::of(&env)?, State::Active(number)))
    }

    /// Adopts an open descriptor, which it owns from then on.
    #[napi(catch_unwind)]
    pub fn open(&self, fd: i32) -> i32 {
        match system::adopt(fd) {
            Ok(fd) => {
                *self.state.borrow_mut() = State::Idle(fd.into());
                0
            }
            Err(error) => code(&error),
        }
    }

    /// Binds to an IP address and port. `EADDRINUSE` is told by listen or connect, not here.
    #[napi(catch_unwind)]
    pub fn bind(&self, address: String, port: u16, ipv6_only: bool, reuse_port: bool) -> i32 {
        status(self.try_bind(&address, port, ipv6_only, reuse_port))
    }

    /// Binds to a Unix path; a leading NUL is Linux's abstract namespace.
    #[napi(catch_unwind)]
    pub fn bind_path(&self, path: &[u8]) -> i32 {
        status(self.try_bind_path(path))
    }

    /// Removes the Unix path that it was bound to.
    #[napi(catch_unwind)]
    pub fn remove_path(&self) {
        if let Some(path) = self.take_path() {
            // Gone already, or not ours to remove any more.
            let _ = path.remove();
        }
    }

    /// Opens the Unix path that it was bound to to everybody: what the file allows becomes what is
    /// asked for, added to what it allows already where `adds`. 0 or a negative errno.
    #[napi(catch_unwind)]
    pub fn allow(&self, readable: bool, writable: bool, adds: bool) -> i32 {
        match &*self.path.borrow() {
            Some(path) => status(path.allow(readable, writable, adds)),
            None => -libc::ENOENT,
        }
    }

    /// Connects to an IP address and port; a 'connect' event tells how it ended.
    #[napi(catch_unwind)]
    pub fn connect(&self, address: String, port: u16) -> i32 {
        status(self.try_connect(&address, port))
    }

    /// Connects to a Unix path; a 'connect' event tells how it ended.
    #[napi(catch_unwind)]
    pub fn connect_path(&self, path: &[u8]) -> i32 {
        let connected = address::unix(path).and_then(|address| {
            self.ensure_descriptor(Domain::UNIX)?;
            self.start_connect(&address)
        });
        status(connected)
    }

    /// Puts an adopted descriptor to work: from now on it has a number.
    #[napi(catch_unwind)]
    pub fn activate(&self) -> i32 {
        status(self.try_activate(Origin::Adopted))
    }

    /// The socket's number; 0 where it has none (yet).
    #[napi(getter, catch_unwind)]
    pub fn number(&self) -> u32 {
        match *self.state.borrow() {
            State::Active(number) => number,
            _ => 0,
        }
    }

    /// The descriptor, or -1.
    #[napi(getter, catch_unwind)]
    pub fn fd(&self) -> i32 {
        self.with_fd(|fd| Ok(fd.as_raw_fd())).unwrap_or(-1)
    }

    /// The local end; `null` where it has none, or the socket is no IP socket.
    #[napi(catch_unwind)]
    pub fn local_endpoint(&self) -> Option<Endpoint> {
        let address = self.with_fd(|fd| SockRef::from(&fd).local_addr()).ok()?;
        address::endpoint(&address)
    }

    /// The remote end; `null` where it has none, or the socket is no IP socket.
    #[napi(catch_unwind)]
    pub fn remote_endpoint(&self) -> Option<Endpoint> {
        let address = self.with_fd(|fd| SockRef::from(&fd).peer_addr()).ok()?;
        address::endpoint(&address)
    }

    /// Whether there is somebody at the other end; so with everything that is no socket.
    #[napi(catch_unwind)]
    pub fn is_connected(&self) -> bool {
        let peer = self.with_fd(|fd| SockRef::from(&fd).peer_addr());
        !matches!(peer, Err(error) if error.raw_os_error() == Some(libc::ENOTCONN))
    }

    /// `TCP_NODELAY`.
    #[napi(catch_unwind)]
    pub fn set_no_delay(&self, enable: bool) -> i32 {
        status(self.with_fd(|fd| options::set_no_delay(fd, enable)))
    }

    /// `SO_KEEPALIVE`, with its idle time, interval (both in seconds) and count of probes; 0
    /// leaves the system's value.
    #[napi(catch_unwind)]
    pub fn set_keep_alive(&self, enable: bool, idle: u32, interval: u32, count: u32) -> i32 {
        status(self.with_fd(|fd| options::set_keep_alive(fd, enable, idle, interval, count)))
    }

    /// `IP_TOS` or `IPV6_TCLASS`, 0 to 255.
    #[napi(catch_unwind)]
    pub fn set_type_of_service(&self, tos: u32) -> i32 {
        status(self.with_fd(|fd| options::set_type_of_service(fd, tos)))
    }

    /// `IP_TOS` or `IPV6_TCLASS`, or a negative errno.
    #[napi(catch_unwind)]
    pub fn type_of_service(&self) -> i32 {
        match self.with_fd(options::type_of_service) {
            Ok(tos) => tos.cast_signed(),
            Err(error) => code(&error),
        }
    }

    /// Makes the following close send a reset.
    #[napi(catch_unwind)]
    pub fn reset_on_close(&self) -> i32 {
        status(self.with_fd(system::reset_on_close))
    }

    /// Closes a descriptor that has no number; `true` where it had one to close.
    #[napi(catch_unwind)]
    pub fn discard(&self) -> bool {
        let idle = matches!(*self.state.borrow(), State::Idle(_));
        if idle {
            *self.state.borrow_mut() = State::Fresh;
        }
        idle
    }
}

impl Socket {
    fn with_state(environment: Rc<Environment>, state: State) -> Self {
        Socket { environment, state: RefCell::new(state), path: RefCell::new(None) }
    }

    /// Takes the Unix path over that the socket was bound to.
    pub fn take_path(&self) -> Option<SocketPath> {
        self.path.take()
    }

    /// Takes the bound or adopted descriptor out, for a listener.
    pub fn take_descriptor(&self) -> Option<Descriptor> {
        match self.state.replace(State::Fresh) {
            State::Idle(fd) => Some(fd),
            other => {
                self.state.replace(other);
                None
            }
        }
    }

    /// Gives a descriptor back that a listener could not use.
    pub fn put_descriptor(&self, fd: Descriptor) {
        self.state.replace(State::Idle(fd));
    }

    fn with_fd<T>(&self, use_fd: impl FnOnce(BorrowedFd<'_>) -> io::Result<T>) -> io::Result<T> {
        let bad = || from_errno(libc::EBADF);
        match &*self.state.borrow() {
            State::Fresh => Err(bad()),
            State::Idle(fd) => use_fd(fd.as_fd()),
            State::Active(number) => self
                .environment
                .with_socket(*number, |socket| use_fd(socket.connection().fd()))
                .unwrap_or_else(|| Err(bad())),
        }
    }

    /// Makes a descriptor where there is none.
    fn ensure_descriptor(&self, domain: Domain) -> io::Result<()> {
        let mut state = self.state.borrow_mut();
        if matches!(*state, State::Fresh) {
            let socket = system::stream_socket(domain)?;
            *state = State::Idle(socket.into());
        }
        Ok(())
    }

    fn try_bind(
        &self,
        address: &str,
        port: u16,
        ipv6_only: bool,
        reuse_port: bool,
    ) -> io::Result<()> {
        let address = address::parse(address, port)?;
        self.ensure_descriptor(Domain::for_address(address))?;
        self.with_fd(|fd| {
            let socket = SockRef::from(&fd);
            socket.set_reuse_address(true)?;
            if reuse_port {
                options::set_reuse_port(&socket)?;
            }
            if address.is_ipv6() {
                socket.set_only_v6(ipv6_only)?;
            }
            socket.bind(&SockAddr::from(address))
        })
    }

    fn try_bind_path(&self, path: &[u8]) -> io::Result<()> {
        let address = address::unix(path)?;
        self.ensure_descriptor(Domain::UNIX)?;
        self.with_fd(|fd| SockRef::from(&fd).bind(&address)).map_err(|error| {
            // A directory that is not there is EACCES, as libuv has it for every platform.
            if error.raw_os_error() == Some(libc::ENOENT) {
                return from_errno(libc::EACCES);
            }
            error
        })?;
        self.path.replace(SocketPath::of(path));
        Ok(())
    }

    fn try_connect(&self, address: &str, port: u16) -> io::Result<()> {
        let address = address::parse(address, port)?;
        self.ensure_descriptor(Domain::for_address(address))?;
        self.start_connect(&SockAddr::from(address))
    }

    fn start_connect(&self, address: &SockAddr) -> io::Result<()> {
        let started = self.with_fd(|fd| SockRef::from(&fd).connect(address));
        match started {
            // The system takes a second connect of a connection for a question how the first has ended.
            Ok(()) if self.number() != 0 => {
                self.end_connect(0);
                Ok(())
            }
            // Where it succeeds at once, as on a Unix path, the event loop tells that all the same:
            // behind the listener, which became ready before.
            Ok(()) => self.try_activate(Origin::Connecting),
            Err(error) if error.raw_os_error() == Some(libc::EINPROGRESS) => {
                self.try_activate(Origin::Connecting)
            }
            // A refusal is told like any other end of a connect, never by the verb itself.
            Err(error) if is_late(&error, address) => {
                self.try_activate(Origin::Adopted)?;
                self.end_connect(code(&error));
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    fn try_activate(&self, origin: Origin) -> io::Result<()> {
        let Some(fd) = self.take_descriptor() else {
            return Err(from_errno(libc::EBADF));
        };
        let connection = Connection::register(&self.environment.bridge, fd, origin)?;
        let number = connection.handle();
        let handle = Handle::Socket(SocketHandle::new(Arc::clone(&connection)));
        self.environment.with_table(|table| table.insert(number, handle));
        self.state.replace(State::Active(number));
        self.environment.attend(number);
        Ok(())
    }

    fn end_connect(&self, status: i32) {
        let State::Active(number) = *self.state.borrow() else { return };
        if !self.environment.do_soon(Due::Connect(number, status)) {
            let tell = |socket: &mut SocketHandle| socket.connection().tell(Kind::Connect, status);
            self.environment.with_socket(number, tell);
        }
    }
}

/// Whether libuv tells this failure of connect(2) by event: refusals, and all of a Unix path's.
fn is_late(error: &io::Error, address: &SockAddr) -> bool {
    address.is_unix() || error.raw_os_error() == Some(libc::ECONNREFUSED)
}

/// What the descriptor `fd` is: `'TCP'`, `'PIPE'`, `'UDP'`, `'TTY'`, `'FILE'` or `'UNKNOWN'`.
#[napi(catch_unwind)]
pub fn guess_handle_type(fd: i32) -> Result<&'static str> {
    if fd < 0 {
        return Err(Error::new(Status::InvalidArg, "a descriptor is not negative"));
    }
    Ok(system::kind_of(fd))
}

//! What JavaScript's thread and the accepting task share of one listener.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use atomic_waker::AtomicWaker;
use tokio::io::Interest;

use super::acceptor;
use super::intake::{Intake, Step};
use crate::bridge::{Bridge, Event, Kind};
use crate::descriptor::Descriptor;
use crate::error::code;
use crate::place::Place;
use crate::runtime::{IoThread, Wake};
use crate::socket::{Notice, Origin};

/// Accepted connections that JavaScript may not have seen yet. Past that they wait in the kernel,
/// as all of them do with built-in net.
const MOST_UNDELIVERED: usize = 512;

/// So many connections of a listener are accepted one in each round of the event loop, as built-in net
/// does it: a program with few of them can tell. To a server under load the rounds are a cost.
const FIRST: u32 = 256;

/// One listener.
pub struct Listener {
    // Fields are dropped in this order; see `Connection`.
    /// The descriptor; `None` once JavaScript has closed it. That is done on the spot: a program may
    /// listen on the same port as soon as `close` has returned.
    open: Mutex<Option<Open>>,
    notice: Notice,
    undelivered: AtomicUsize,
    /// How many of the first [`FIRST`] connections JavaScript's thread has accepted.
    begun: AtomicU32,
    /// Whether connections are read from before JavaScript has seen them.
    eager: AtomicBool,
    /// Where the task is woken, if there is one.
    task: AtomicWaker,
}

/// A listening socket.
pub struct Open {
    // Dropped before the descriptor that it is a place of.
    /// Where the task waits; without, JavaScript's own thread does.
    pub place: Option<Place>,
    /// The descriptor.
    pub fd: Descriptor,
    /// What accepting needs.
    pub intake: Intake,
}

impl Listener {
    /// Gives the listening socket `fd` a number. Nobody accepts yet.
    ///
    /// # Errors
    ///
    /// As [`crate::socket::Connection::register`].
    pub fn register(bridge: &Arc<Bridge>, fd: Descriptor) -> io::Result<Arc<Listener>> {
        Ok(Arc::new(Listener {
            open: Mutex::new(Some(Open { place: None, fd, intake: Intake::default() })),
            notice: Notice::new(bridge)?,
            undelivered: AtomicUsize::new(0),
            begun: AtomicU32::new(0),
            eager: AtomicBool::new(false),
            task: AtomicWaker::new(),
        }))
    }

    /// Starts to accept, by a task on an I/O thread.
    ///
    /// # Errors
    ///
    /// As [`Place::of`].
    pub fn start(self: &Arc<Self>) -> io::Result<()> {
        let mut slot = self.open();
        let Some(open) = &mut *slot else { return Ok(()) };
        let place = Place::of(open.fd.as_fd(), Interest::READABLE)?;
        let runtime = place.thread().runtime().clone();
        open.place = Some(place);
        drop(slot);
        runtime.spawn(acceptor::accept(Arc::clone(self)));
        Ok(())
    }

    /// Tells JavaScript that nothing can be accepted, and why.
    pub fn failed(&self, error: &io::Error) {
        self.connection_accepted();
        let event = Event::new(self.handle(), Kind::Connection, code(error));
        self.bridge().push(event);
    }

    /// The listening socket, for as long as the lock is held; `None` once it is closed.
    pub fn open(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls `use_fd` with the descriptor; `None` once it is closed.
    pub fn with_fd<T>(&self, use_fd: impl FnOnce(BorrowedFd<'_>) -> T) -> Option<T> {
        self.open().as_ref().map(|open| use_fd(open.fd.as_fd()))
    }

    /// Accepts one connection on the calling thread, without waiting.
    pub fn accept(&self) -> Step {
        match &mut *self.open() {
            Some(Open { fd, intake, .. }) => intake.accept(fd.as_fd()),
            None => Step::Blocked,
        }
    }

    /// JavaScript's thread is about to accept; whether it is to be one connection only. Counts it.
    pub fn accepts_singly(&self) -> bool {
        let begun = self.begun.load(Ordering::Relaxed);
        if begun < FIRST {
            self.begun.store(begun + 1, Ordering::Relaxed);
        }
        begun < FIRST
    }

    /// Where the task is woken.
    pub fn task(&self) -> &AtomicWaker {
        &self.task
    }

    /// The bridge to the listener's environment.
    pub fn bridge(&self) -> &Arc<Bridge> {
        self.notice.bridge()
    }

    /// The listener's number.
    pub fn handle(&self) -> u32 {
        self.notice.handle()
    }

    /// The I/O thread that its task runs on; `None` where there is no task.
    pub fn thread(&self) -> Option<&'static IoThread> {
        self.open().as_ref()?.place.as_ref().map(Place::thread)
    }

    /// Whether a task accepts.
    pub fn is_running(&self) -> bool {
        self.thread().is_some()
    }

    /// Closes the descriptor. The task ends once it is woken.
    pub fn close(&self) {
        let open = self.open().take();
        drop(open);
    }

    /// As [`close`](Self::close), where there is no task; answers the number, whose 'close' event is left to
    /// the caller.
    pub fn release(&self) -> u32 {
        self.close();
        self.notice.leave_to_caller()
    }

    /// Says whether connections are read from before JavaScript has seen them.
    pub fn set_eager(&self, eager: bool) {
        self.eager.store(eager, Ordering::Relaxed);
    }

    /// Where its connections come from.
    pub fn origin(&self) -> Origin {
        if self.eager.load(Ordering::Relaxed) { Origin::Eager } else { Origin::Accepted }
    }

    /// A connection is on its way to JavaScript.
    pub fn connection_accepted(&self) {
        self.undelivered.fetch_add(1, Ordering::SeqCst);
    }

    /// JavaScript has seen one; `true` where the task is to be woken.
    pub fn connection_delivered(&self) -> bool {
        self.undelivered.fetch_sub(1, Ordering::SeqCst) == MOST_UNDELIVERED
    }

    /// Whether more connections may be on their way.
    pub fn has_room(&self) -> bool {
        self.undelivered.load(Ordering::SeqCst) < MOST_UNDELIVERED
    }
}

impl Wake for Listener {
    fn wake(&self) {
        self.task.wake();
    }
}

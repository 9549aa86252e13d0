//! What JavaScript's thread and the accepting task share of one listener.

use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use atomic_waker::AtomicWaker;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

use super::acceptor;
use crate::bridge::Bridge;
use crate::descriptor::Descriptor;
use crate::runtime::{self, IoThread, Seat, Wake};
use crate::socket::{Notice, Origin};

/// Accepted connections that JavaScript may not have seen yet. Past that they wait in the kernel,
/// as all of them do with built-in net.
const MOST_UNDELIVERED: usize = 512;

/// One listener.
pub struct Listener {
    // Fields are dropped in this order; see `Connection`.
    /// The registered descriptor; `None` once JavaScript has closed it. That is done on the spot:
    /// a program may listen on the same port as soon as `close` has returned.
    io: Mutex<Option<AsyncFd<Descriptor>>>,
    notice: Notice,
    undelivered: AtomicUsize,
    /// Whether connections are read from before JavaScript has seen them.
    eager: AtomicBool,
    /// Where the task runs, and its waker.
    seat: Seat,
    task: AtomicWaker,
}

impl Listener {
    /// Gives the listening socket `fd` a number and puts it on an I/O thread.
    ///
    /// # Errors
    ///
    /// As [`crate::socket::Connection::register`].
    pub fn register(bridge: &Arc<Bridge>, fd: Descriptor) -> io::Result<Arc<Listener>> {
        let seat = runtime::take_seat()?;
        let _context = seat.thread().runtime().enter();
        // SAFETY: a `Descriptor` answers with one descriptor, which stays open for its whole life.
        let io = unsafe { AsyncFd::register_with_interest(fd, Interest::READABLE) }?;
        Ok(Arc::new(Listener {
            io: Mutex::new(Some(io)),
            notice: Notice::new(bridge)?,
            undelivered: AtomicUsize::new(0),
            eager: AtomicBool::new(false),
            seat,
            task: AtomicWaker::new(),
        }))
    }

    /// Starts to accept.
    pub fn start(self: &Arc<Self>) {
        self.thread().runtime().spawn(acceptor::accept(Arc::clone(self)));
    }

    /// The registered descriptor, for as long as the lock is held; `None` once it is closed.
    pub fn io(&self) -> MutexGuard<'_, Option<AsyncFd<Descriptor>>> {
        self.io.lock().unwrap_or_else(PoisonError::into_inner)
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

    /// The I/O thread that the listener is pinned to.
    pub fn thread(&self) -> &'static IoThread {
        self.seat.thread()
    }

    /// Closes the descriptor. The task ends once it is woken.
    pub fn close(&self) {
        let io = self.io().take();
        drop(io);
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

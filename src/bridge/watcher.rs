//! Readiness on JavaScript's own thread.
//!
//! As long as few descriptors are ready at a time, the shortest way from the kernel to JavaScript is
//! its own event loop: no other thread is woken, and none has to wake it. All descriptors that nobody
//! else waits for are in one readiness queue, and the event loop waits for that.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::time::Duration;

use mio::event::Event;
use mio::unix::SourceFd;
use mio::{Events, Interest, Token};
use napi::sys;

use super::uv;

/// Descriptors that are taken notice of at a time.
const MOST_READY: usize = 256;

/// What is to be told of a descriptor.
#[cfg(any(target_os = "linux", target_os = "android"))]
const EVERYTHING: Interest = Interest::READABLE.add(Interest::WRITABLE).add(Interest::PRIORITY);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const EVERYTHING: Interest = Interest::READABLE.add(Interest::WRITABLE);

/// A descriptor that is ready, by its handle's number.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// The handle's number.
    pub handle: u32,
    /// Whether there is something to read, or an error.
    pub readable: bool,
    /// Whether there is room to write, or an error.
    pub writable: bool,
    /// Whether the peer has sent its last byte.
    pub read_closed: bool,
    /// Whether nothing can be sent any more, either.
    pub hung_up: bool,
    /// Whether there are urgent bytes, in front of which a read stops.
    pub urgent: bool,
}

impl From<&Event> for Ready {
    fn from(event: &Event) -> Self {
        Ready {
            handle: event.token().0 as u32,
            readable: event.is_readable() || event.is_read_closed() || event.is_error(),
            writable: event.is_writable() || event.is_write_closed() || event.is_error(),
            read_closed: event.is_read_closed(),
            hung_up: event.is_read_closed() && event.is_write_closed(),
            urgent: event.is_priority(),
        }
    }
}

/// What waits for nothing, and still is told by event.
#[derive(Clone, Copy, Debug)]
pub enum Due {
    /// The connect of a handle has ended, with this status.
    Connect(u32, i32),
    /// The writing side of a handle is to be shut down.
    Shutdown(u32),
}

/// The readiness queue of one environment.
pub struct Watcher {
    queue: RefCell<mio::Poll>,
    events: RefCell<Events>,
    /// What the last look has found, while it is not looked at.
    ready: Cell<Vec<Ready>>,
    poll: uv::Poll,
    /// Calls back for what waits in `due`.
    soon: uv::Soon,
    /// What is to be done in this round of the event loop.
    due: RefCell<Vec<Due>>,
    /// Calls back for what waits in `asked`.
    prepare: uv::Phase,
    /// The handles that are to be watched, or looked at again, from the next look for events on.
    asked: RefCell<Vec<u32>>,
}

impl Watcher {
    /// Has the event loop of `env` call `on_ready` when something is ready; `None` where it cannot.
    pub fn start(env: sys::napi_env, on_ready: uv::OnReady, data: *mut c_void) -> Option<Self> {
        let queue = mio::Poll::new().ok()?;
        let prepare = uv::Phase::prepare(env, data)?;
        let Some(soon) = uv::Soon::new(env, data) else {
            prepare.close();
            return None;
        };
        let Some(poll) = uv::Poll::start(env, queue.as_raw_fd(), uv::READABLE, on_ready, data)
        else {
            prepare.close();
            soon.close();
            return None;
        };
        Some(Watcher {
            queue: RefCell::new(queue),
            events: RefCell::new(Events::with_capacity(MOST_READY)),
            ready: Cell::default(),
            poll,
            soon,
            due: RefCell::default(),
            prepare,
            asked: RefCell::default(),
        })
    }

    /// Tells once when `fd` becomes ready, or is already, and each time that there is something new.
    ///
    /// # Errors
    ///
    /// `EPERM` where the descriptor cannot be waited for.
    pub fn watch(&self, fd: BorrowedFd<'_>, handle: u32) -> io::Result<()> {
        let number = fd.as_raw_fd();
        let token = Token(handle as usize);
        self.queue.borrow().registry().register(&mut SourceFd(&number), token, EVERYTHING)
    }

    /// Tells of `fd` once more if it is ready.
    pub fn look_again(&self, fd: BorrowedFd<'_>, handle: u32) {
        let number = fd.as_raw_fd();
        let token = Token(handle as usize);
        // It is being watched, so there is nothing to fail.
        let _ =
            self.queue.borrow().registry().reregister(&mut SourceFd(&number), token, EVERYTHING);
    }

    /// Tells of `fd` no more.
    pub fn unwatch(&self, fd: BorrowedFd<'_>) {
        let number = fd.as_raw_fd();
        // Where it was not watched there is nothing to do.
        let _ = self.queue.borrow().registry().deregister(&mut SourceFd(&number));
    }

    /// What is ready now; to be given back to [`Watcher::done`].
    pub fn take_ready(&self) -> Vec<Ready> {
        let mut ready = self.ready.take();
        let mut events = self.events.borrow_mut();
        if self.queue.borrow_mut().poll(&mut events, Some(Duration::ZERO)).is_ok() {
            ready.extend(events.iter().map(Ready::from));
        }
        ready
    }

    /// Keeps the memory for the next time.
    pub fn done(&self, mut ready: Vec<Ready>) {
        ready.clear();
        self.ready.set(ready);
    }

    /// Has `before` or `after` called in this round of the event loop, as [`uv::Soon`] has it, where
    /// [`Watcher::take_due`] gives `one` then.
    pub fn do_soon(&self, one: Due, before: uv::OnPhase, after: uv::OnPhase) {
        let mut due = self.due.borrow_mut();
        if due.is_empty() {
            self.soon.start(before, after);
        }
        due.push(one);
    }

    /// What is due; nothing is then.
    pub fn take_due(&self) -> Vec<Due> {
        self.soon.stop();
        self.due.take()
    }

    /// Has `callback` called just before the next look for events, where [`Watcher::take_asked`] gives
    /// `handle` then.
    pub fn ask(&self, handle: u32, callback: uv::OnPhase) {
        let mut asked = self.asked.borrow_mut();
        if asked.is_empty() {
            self.prepare.start(callback);
        }
        asked.push(handle);
    }

    /// The handles that are to be watched from now on; to be given back to [`Watcher::done_asked`].
    pub fn take_asked(&self) -> Vec<u32> {
        self.prepare.stop();
        self.asked.take()
    }

    /// Keeps the memory for the next time.
    pub fn done_asked(&self, mut handles: Vec<u32>) {
        let mut asked = self.asked.borrow_mut();
        if asked.is_empty() {
            handles.clear();
            *asked = handles;
        }
    }

    /// Stops; the loop calls `on_close` later, which finds `data` and must free what it is called with.
    pub fn close(&self, on_close: uv::OnClose, data: *mut c_void) {
        self.prepare.close();
        self.soon.close();
        self.poll.close(on_close, data);
    }
}

//! A descriptor for which JavaScript's event loop waits.
//!
//! As long as few descriptors are ready at a time, the shortest way from the kernel to JavaScript is
//! its own event loop: no other thread is woken, and none has to wake it. Each is there by itself, among
//! those of core's, so that what becomes ready first comes first, whoever it belongs to.

use std::ffi::{c_int, c_void};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};

use napi::sys;

use super::environment::Environment;
use super::event::{Event, Kind};
use super::uv;

/// What the event loop tells while there is something to read.
pub const INPUT: c_int = uv::READABLE | uv::DISCONNECT;

/// What it tells while there is room to write, or once a connect has ended.
pub const ROOM: c_int = uv::WRITABLE;

/// What is ready.
#[derive(Clone, Copy, Debug)]
pub struct Ready {
    /// Whether there is something to read, or an error.
    pub readable: bool,
    /// Whether there is room to write, or an error.
    pub writable: bool,
    /// Whether the peer has sent its last byte.
    pub is_last: bool,
    /// Whether the event loop waits no more: there is an error.
    pub is_over: bool,
}

/// The wait for one descriptor, on the environment's own thread, until it is dropped. That is to be before
/// the descriptor is closed.
pub struct Watch {
    poll: uv::Poll<Target>,
    /// What is waited for.
    events: c_int,
}

/// Whom it is told to.
struct Target {
    environment: *const Environment,
    env: sys::napi_env,
    handle: u32,
    /// Whether the 'close' event is told when the event loop has let go of it.
    tells_close: bool,
}

impl Watch {
    /// Waits for nothing yet; `None` where the event loop cannot wait for `fd`.
    pub fn new(environment: &Environment, fd: BorrowedFd<'_>, handle: u32) -> Option<Self> {
        let env = environment.raw;
        let target = Target { environment, env, handle, tells_close: false };
        let poll = uv::Poll::new(env, fd.as_raw_fd(), target)?;
        Some(Watch { poll, events: 0 })
    }

    /// Whether all `events` are waited for.
    pub fn waits_for(&self, events: c_int) -> bool {
        self.events & events == events
    }

    /// Waits for `events`, and for nothing else, from the next look for events on; `false` where that
    /// cannot be.
    pub fn wait_for(&mut self, events: c_int) -> bool {
        if events == self.events {
            return true;
        }
        let done = self.poll.start(events, on_ready);
        self.events = if done { events } else { 0 };
        done
    }

    /// As [`Watch::wait_for`]; `None` where that cannot be.
    pub fn started(mut self, events: c_int) -> Option<Self> {
        self.wait_for(events).then_some(self)
    }

    /// The event loop has ceased to wait.
    pub fn has_stopped(&mut self) {
        self.events = 0;
    }

    /// Waits no more, and tells the handle's 'close' event when the event loop closes it: after this
    /// round's immediates, the last one first, as of core's.
    pub fn close_and_tell(mut self) {
        self.poll.target().tells_close = true;
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        // SAFETY: nobody calls it after this.
        unsafe { self.poll.close(on_closed) };
    }
}

/// The event loop calls this when the descriptor is ready. With an error that is `EBADF`, whatever it
/// was, and it waits no more; the descriptor knows better.
unsafe extern "C" fn on_ready(handle: *mut c_void, status: c_int, events: c_int) {
    // SAFETY: libuv calls back with the handle of a `uv::Poll<Target>`.
    let &Target { environment, handle: number, .. } = unsafe { &*uv::target_of::<Target>(handle) };
    // SAFETY: the environment closes all its handles, and so their watches, before it is gone.
    let environment = unsafe { &*environment };
    let is_over = status != 0;
    let ready = Ready {
        readable: is_over || events & INPUT != 0,
        writable: is_over || events & ROOM != 0,
        is_last: is_over || events & uv::DISCONNECT != 0,
        is_over,
    };
    // A panic must not cross into C; what it met is lost, the environment lives on.
    let _ = catch_unwind(AssertUnwindSafe(|| environment.serve(number, ready)));
}

/// The event loop calls this when it has let go of the handle.
unsafe extern "C" fn on_closed(handle: *mut c_void) {
    // SAFETY: libuv calls back once with the handle of a `uv::Poll<Target>` that was closed.
    let Target { env, handle, tells_close, .. } = unsafe { uv::Poll::<Target>::free(handle) };
    if tells_close {
        // A panic must not cross into C; what it met is lost, the environment lives on.
        let _ = catch_unwind(|| tell_closed(env, handle));
    }
}

/// Tells the 'close' event of the handle `number`, in the phase in which the event loop closes handles.
pub fn tell_closed(env: sys::napi_env, number: u32) {
    // An environment that has ended is not found any more.
    if let Some(environment) = Environment::of_raw(env)
        && let Some(event) = environment.admit(Event::new(number, Kind::Close, 0))
    {
        environment.tell_now(event);
    }
}

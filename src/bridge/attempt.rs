//! A connect under way: JavaScript's event loop waits for each by itself.
//!
//! In the readiness queue with all others, news of a connect could be taken along with older ones, and
//! come before what the event loop has known for longer than that: that somebody has it to accept.

use std::ffi::{c_int, c_void};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use super::environment::Environment;
use super::uv;

/// The wait for the end of a connect. To be closed before its descriptor is.
pub struct Attempt {
    poll: uv::Poll,
    target: *mut Target,
}

/// Whom it is told to.
struct Target {
    environment: *const Environment,
    handle: u32,
}

impl Attempt {
    /// Has `environment` told when the connect of `handle` by `fd` has ended; `None` where its event
    /// loop cannot wait for that.
    pub fn start(environment: &Environment, fd: BorrowedFd<'_>, handle: u32) -> Option<Self> {
        let target = Box::into_raw(Box::new(Target { environment, handle }));
        let raw = environment.raw;
        let poll = uv::Poll::start(
            raw,
            fd.as_raw_fd(),
            uv::WRITABLE,
            on_writable,
            target.cast::<c_void>(),
        );
        if poll.is_none() {
            // SAFETY: made above, and nobody else was told of it.
            drop(unsafe { Box::from_raw(target) });
        }
        Some(Attempt { poll: poll?, target })
    }

    /// Waits no more.
    pub fn close(self) {
        self.poll.close(on_closed, self.target.cast());
    }
}

/// The event loop calls this when the connect has ended. With an error that is `EBADF`, whatever it
/// was; the descriptor knows better.
unsafe extern "C" fn on_writable(handle: *mut c_void, _status: c_int, _events: c_int) {
    // SAFETY: libuv calls back with the handle that was started.
    let target: *const Target = unsafe { uv::data_of(handle) }.cast();
    if target.is_null() {
        return;
    }
    // SAFETY: it is freed when the handle was closed, after which libuv does not call this.
    let Target { environment, handle } = unsafe { ptr::read(target) };
    // SAFETY: the environment closes all its sockets, and so their attempts, before it is gone.
    let environment = unsafe { &*environment };
    // A panic must not cross into C; what it met is lost, the environment lives on.
    let _ = catch_unwind(AssertUnwindSafe(|| environment.connect_ended(handle)));
}

/// The event loop calls this when it has let go of the handle.
unsafe extern "C" fn on_closed(handle: *mut c_void) {
    // SAFETY: libuv calls back with the handle that was closed.
    let target: *mut Target = unsafe { uv::data_of(handle) }.cast();
    // SAFETY: made by `start` and kept with this handle alone, which nobody calls back with again.
    drop(unsafe { Box::from_raw(target) });
    // SAFETY: as above.
    unsafe { uv::free(handle) };
}

//! JavaScript's event loop, as one environment uses it besides waiting for descriptors: what is to be
//! done in the round under way, and how much was ready in it.

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::environment::Environment;
use super::uv;

/// How often what is due is looked for after a look for events, as in libuv.
const MOST_ROUNDS: usize = 8;

/// What waits for nothing, and still is told by event.
#[derive(Clone, Copy, Debug)]
pub enum Due {
    /// The connect of a handle has ended, with this status.
    Connect(u32, i32),
    /// The writing side of a handle is to be shut down.
    Shutdown(u32),
}

/// The event loop of one environment.
pub struct EventLoop {
    /// Calls back for what waits in `due`.
    soon: uv::Soon,
    /// What is to be done in this round.
    due: RefCell<Vec<Due>>,
    /// Calls back when the turn is over.
    flush: uv::Soon,
    /// Calls back when everything was served that was ready.
    served: uv::Phase,
    /// How many descriptors were ready in this round so far.
    ready: Cell<usize>,
}

impl EventLoop {
    /// That of `environment`, which must outlive it; `None` where there is none of libuv's.
    pub fn of(environment: &Environment) -> Option<Self> {
        let data = std::ptr::from_ref(environment).cast_mut().cast();
        let env = environment.raw;
        let served = uv::Phase::check(env, data)?;
        match (uv::Soon::hasty(env, data), uv::Soon::patient(env, data)) {
            (Some(soon), Some(flush)) => Some(EventLoop {
                soon,
                due: RefCell::default(),
                flush,
                served,
                ready: Cell::new(0),
            }),
            (one, other) => {
                one.or(other).inspect(uv::Soon::close);
                served.close();
                None
            }
        }
    }

    /// Ends the turn in this round.
    pub fn schedule_flush(&self) {
        self.flush.start(on_turn_over, on_turn_over);
    }

    /// One more descriptor is ready.
    pub fn count_ready(&self) {
        self.tell_served();
        self.ready.set(self.ready.get() + 1);
    }

    /// The environment is to be told when everything was served that is ready, before immediates.
    pub fn tell_served(&self) {
        self.served.start(on_served);
    }

    /// How many were ready; none are then.
    fn take_ready(&self) -> usize {
        self.served.stop();
        self.ready.take()
    }

    /// Does `one` in this round, as [`uv::Soon`] has it.
    pub fn do_soon(&self, one: Due) {
        let mut due = self.due.borrow_mut();
        if due.is_empty() {
            self.soon.start(before_look, after_look);
        }
        due.push(one);
    }

    /// What is due; nothing is then.
    fn take_due(&self) -> Vec<Due> {
        self.soon.stop();
        self.due.take()
    }

    /// Lets go of it; the loop calls `on_close` later, which finds `data` and must free what it is called
    /// with. All that the environment has closed before is closed by then, or in the same moment.
    pub fn close(&self, on_close: uv::OnClose, data: *mut c_void) {
        self.soon.close();
        self.flush.close();
        self.served.close_with(on_close, data);
    }
}

/// The event loop calls this when it has served what was ready.
unsafe extern "C" fn on_served(handle: *mut c_void) {
    let count = |environment: &Environment, event_loop: &EventLoop| {
        environment.served(event_loop.take_ready());
    };
    // SAFETY: by the caller's word.
    unsafe { call_back(handle, count) };
}

/// The event loop calls this where a turn is over.
unsafe extern "C" fn on_turn_over(handle: *mut c_void) {
    let flush = |environment: &Environment, event_loop: &EventLoop| {
        event_loop.flush.stop();
        environment.flush();
    };
    // SAFETY: by the caller's word.
    unsafe { call_back(handle, flush) };
}

/// The event loop calls this where something is due, before it looks for events.
unsafe extern "C" fn before_look(handle: *mut c_void) {
    // SAFETY: by the caller's word.
    unsafe { serve_due(handle, 1) };
}

/// The event loop calls this where something is due, after it has looked for events.
unsafe extern "C" fn after_look(handle: *mut c_void) {
    // SAFETY: by the caller's word.
    unsafe { serve_due(handle, MOST_ROUNDS) };
}

/// Does what is due in this round of the event loop; and what became due by that, so many times.
///
/// # Safety
///
/// As [`call_back`].
unsafe fn serve_due(handle: *mut c_void, times: usize) {
    let serve = |environment: &Environment, event_loop: &EventLoop| {
        for _ in 0..times {
            for one in event_loop.take_due() {
                environment.serve_due(one);
            }
        }
    };
    // SAFETY: by the caller's word.
    unsafe { call_back(handle, serve) };
}

/// # Safety
///
/// `handle` must be one of an [`EventLoop`]'s that libuv has called back with.
unsafe fn call_back(handle: *mut c_void, use_both: impl FnOnce(&Environment, &EventLoop)) {
    // SAFETY: by the caller's word.
    let data = unsafe { uv::data_of(handle) };
    // SAFETY: the environment is there as long as its event loop is not closed.
    let environment = unsafe { &*(data as *const Environment) };
    // A panic must not cross into C; what it met is lost, the environment lives on.
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if let Some(event_loop) = environment.event_loop() {
            use_both(environment, event_loop);
        }
    }));
}

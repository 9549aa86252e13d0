//! The event loop of JavaScript's thread, as far as it is needed: it can wait for a descriptor, and call
//! back in three phases of a round: before it looks for events, when it has looked, and when it closes
//! handles.
//!
//! Node exports libuv's functions, of which those used here have been stable for all of its 1.x. They
//! are looked up when they are first needed, so that the addon loads where they are not.
//!
//! Source: <https://docs.libuv.org/en/v1.x/poll.html>, <https://docs.libuv.org/en/v1.x/design.html>

use std::ffi::{CStr, c_int, c_uint, c_void};
use std::marker::PhantomData;
use std::os::fd::RawFd;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use napi::sys;

/// `UV_CHECK`, `UV_IDLE`, `UV_POLL` and `UV_PREPARE` of `uv_handle_type`.
const UV_CHECK: c_int = 2;
const UV_IDLE: c_int = 6;
const UV_POLL: c_int = 8;
const UV_PREPARE: c_int = 9;

/// `UV_READABLE` of `uv_poll_event`.
pub const READABLE: c_int = 1;

/// `UV_WRITABLE` of `uv_poll_event`.
pub const WRITABLE: c_int = 2;

/// `UV_DISCONNECT` of `uv_poll_event`: the peer has sent its last byte.
pub const DISCONNECT: c_int = 4;

/// What is called when the descriptor is ready.
pub type OnReady = unsafe extern "C" fn(handle: *mut c_void, status: c_int, events: c_int);

/// What is called in a phase of a round of the loop.
pub type OnPhase = unsafe extern "C" fn(handle: *mut c_void);

/// What is called once the loop has let go of a handle.
pub type OnClose = unsafe extern "C" fn(handle: *mut c_void);

type HandleSize = unsafe extern "C" fn(c_int) -> usize;
type PollInit = unsafe extern "C" fn(*mut c_void, *mut c_void, c_int) -> c_int;
type PollStart = unsafe extern "C" fn(*mut c_void, c_int, OnReady) -> c_int;
type PhaseInit = unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int;
type PhaseStart = unsafe extern "C" fn(*mut c_void, OnPhase) -> c_int;
type PhaseStop = unsafe extern "C" fn(*mut c_void) -> c_int;
type Close = unsafe extern "C" fn(*mut c_void, Option<OnClose>);
type Unref = unsafe extern "C" fn(*mut c_void);
type SetData = unsafe extern "C" fn(*mut c_void, *mut c_void);
type GetData = unsafe extern "C" fn(*const c_void) -> *mut c_void;
type Version = unsafe extern "C" fn() -> c_uint;

struct Functions {
    handle_size: HandleSize,
    poll_init: PollInit,
    poll_start: PollStart,
    idle_init: PhaseInit,
    idle_start: PhaseStart,
    idle_stop: PhaseStop,
    check_init: PhaseInit,
    check_start: PhaseStart,
    check_stop: PhaseStop,
    prepare_init: PhaseInit,
    prepare_start: PhaseStart,
    prepare_stop: PhaseStop,
    close: Close,
    unref: Unref,
    set_data: SetData,
    data: GetData,
    version: Version,
}

fn symbol(name: &CStr) -> Option<NonNull<c_void>> {
    // SAFETY: the name is a C string; every loaded object may be searched.
    NonNull::new(unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) })
}

/// libuv's function of that name, as the type of the place it goes to.
macro_rules! function {
    ($name:literal, $type:ty) => {{
        let address = symbol($name)?.as_ptr();
        // SAFETY: the function of that name has this type in all of libuv 1.x.
        unsafe { std::mem::transmute::<*mut c_void, $type>(address) }
    }};
}

fn functions() -> Option<&'static Functions> {
    static FUNCTIONS: OnceLock<Option<Functions>> = OnceLock::new();
    let look_up = || {
        Some(Functions {
            handle_size: function!(c"uv_handle_size", HandleSize),
            poll_init: function!(c"uv_poll_init", PollInit),
            poll_start: function!(c"uv_poll_start", PollStart),
            idle_init: function!(c"uv_idle_init", PhaseInit),
            idle_start: function!(c"uv_idle_start", PhaseStart),
            idle_stop: function!(c"uv_idle_stop", PhaseStop),
            check_init: function!(c"uv_check_init", PhaseInit),
            check_start: function!(c"uv_check_start", PhaseStart),
            check_stop: function!(c"uv_check_stop", PhaseStop),
            prepare_init: function!(c"uv_prepare_init", PhaseInit),
            prepare_start: function!(c"uv_prepare_start", PhaseStart),
            prepare_stop: function!(c"uv_prepare_stop", PhaseStop),
            close: function!(c"uv_close", Close),
            unref: function!(c"uv_unref", Unref),
            set_data: function!(c"uv_handle_set_data", SetData),
            data: function!(c"uv_handle_get_data", GetData),
            version: function!(c"uv_version", Version),
        })
    };
    FUNCTIONS.get_or_init(look_up).as_ref()
}

/// Whether libuv tells of the end at once behind the last bytes, where both sides have ended. From 1.52 on
/// it does so in the next round of the event loop, as where only the peer has.
pub fn ends_at_once() -> bool {
    const LATER: c_uint = (1 << 16) | (52 << 8);
    // SAFETY: it takes nothing, and only answers.
    functions().is_some_and(|functions| unsafe { (functions.version)() } < LATER)
}

/// The event loop of `env`.
fn loop_of(env: sys::napi_env) -> Option<*mut c_void> {
    let mut event_loop = ptr::null_mut();
    // SAFETY: called on the environment's own thread.
    let status = unsafe { sys::napi_get_uv_event_loop(env, &mut event_loop) };
    (status == sys::Status::napi_ok && !event_loop.is_null()).then_some(event_loop.cast())
}

/// A handle of the loop's. Its memory is not freed with it: the loop may look at it until it is
/// closed, and programs end without that.
struct Raw {
    handle: NonNull<c_void>,
    functions: &'static Functions,
}

impl Raw {
    /// A handle that does not keep the loop alive, behind `room` bytes of memory. `init` may fail.
    fn new(
        kind: c_int,
        room: usize,
        init: impl FnOnce(&Functions, *mut c_void) -> c_int,
    ) -> Option<Self> {
        let functions = functions()?;
        // SAFETY: it takes any type of handle.
        let size = unsafe { (functions.handle_size)(kind) };
        // SAFETY: calloc(3) may be called with any sizes; it gives zeroed memory or null.
        let memory = NonNull::new(unsafe { libc::calloc(1, room + size) })?;
        // SAFETY: the memory goes on for `size` behind that.
        let handle = unsafe { memory.byte_add(room) };
        if init(functions, handle.as_ptr()) != 0 {
            // SAFETY: a handle that was not initialised is known to nobody.
            unsafe { libc::free(memory.as_ptr()) };
            return None;
        }
        // SAFETY: an initialised handle.
        unsafe { (functions.unref)(handle.as_ptr()) };
        Some(Raw { handle, functions })
    }

    /// Closes it. `on_close` is called by the loop later, with the handle, which it must [`free`].
    /// To be called once.
    fn close(&self, on_close: OnClose) {
        // SAFETY: an initialised handle that was not closed before, by the caller's word.
        unsafe { (self.functions.close)(self.handle.as_ptr(), Some(on_close)) };
    }
}

/// A `uv_poll_t` that does not keep the loop alive, and the `T` that it calls back for: they share one
/// piece of memory. To be closed before its descriptor is.
pub struct Poll<T> {
    raw: Raw,
    target: PhantomData<T>,
}

/// Where the handle is, behind its `T`.
const fn place_behind<T>() -> usize {
    const { assert!(align_of::<T>() <= ALIGNMENT) };
    size_of::<T>().next_multiple_of(ALIGNMENT)
}

/// That of what calloc(3) gives.
const ALIGNMENT: usize = align_of::<libc::max_align_t>();

impl<T> Poll<T> {
    /// For `fd`, in the event loop of `env`; it waits for nothing yet.
    ///
    /// `None` where there is no libuv, or it cannot wait for `fd`.
    pub fn new(env: sys::napi_env, fd: RawFd, target: T) -> Option<Self> {
        let event_loop = loop_of(env)?;
        let raw = Raw::new(UV_POLL, place_behind::<T>(), |functions, handle| {
            // SAFETY: the memory has the size of such a handle, and the loop is this thread's.
            unsafe { (functions.poll_init)(event_loop, handle, fd) }
        })?;
        let handle = raw.handle.as_ptr();
        // SAFETY: so much memory is in front of the handle, and aligned for it, as asserted.
        let start: *mut T = unsafe { handle.byte_sub(place_behind::<T>()) }.cast();
        // SAFETY: as above; nobody knows of it yet.
        unsafe { start.write(target) };
        Some(Poll { raw, target: PhantomData })
    }

    /// Calls `on_ready` while the descriptor is ready for one of `events`, instead of what it was called
    /// for before; for none, it stops. `false` where that cannot be: then it waits for nothing.
    pub fn start(&self, events: c_int, on_ready: OnReady) -> bool {
        // SAFETY: an initialised handle; with no events this is `uv_poll_stop`.
        unsafe { (self.raw.functions.poll_start)(self.raw.handle.as_ptr(), events, on_ready) == 0 }
    }

    /// What it calls back for.
    pub fn target(&mut self) -> &mut T {
        // SAFETY: made by `new`, and freed by nobody before `close`. Callbacks of the loop look at it only
        // while nobody else on this thread does.
        unsafe { &mut *target_of::<T>(self.raw.handle.as_ptr()).cast_mut() }
    }

    /// Stops. `on_close` is called by the loop later, with the handle, which it must give to
    /// [`Poll::free`].
    ///
    /// # Safety
    ///
    /// To be called once, and nothing of it after that.
    pub unsafe fn close(&mut self, on_close: OnClose) {
        self.raw.close(on_close);
    }

    /// Frees a closed handle; answers what it has called back for.
    ///
    /// # Safety
    ///
    /// `handle` must be one that libuv calls the `on_close` of a `Poll<T>` with.
    pub unsafe fn free(handle: *mut c_void) -> T {
        let start = target_of::<T>(handle).cast_mut();
        // SAFETY: written by `new`, and nobody reads it again.
        let target = unsafe { start.read() };
        // SAFETY: it is where the memory begins that came from calloc(3); the loop has let go of it.
        unsafe { libc::free(start.cast()) };
        target
    }
}

/// What a [`Poll<T>`] calls back for, by the handle that libuv calls back with.
pub fn target_of<T>(handle: *mut c_void) -> *const T {
    handle.wrapping_byte_sub(place_behind::<T>()).cast()
}

/// What the loop calls back for in one phase of each round. One that is not started is called for nothing.
pub struct Phase {
    raw: Raw,
    start: PhaseStart,
    stop: PhaseStop,
}

impl Phase {
    /// When the loop has looked for events, before immediates.
    ///
    /// For the event loop of `env`; what is called finds `data` with [`data_of`]. `None` where there is
    /// no libuv.
    pub fn check(env: sys::napi_env, data: *mut c_void) -> Option<Self> {
        let Functions { check_init, check_start, check_stop, .. } = *functions()?;
        Phase::new(env, UV_CHECK, data, check_init, check_start, check_stop)
    }

    /// Before it looks for events, which then does not wait.
    fn idle(env: sys::napi_env, data: *mut c_void) -> Option<Self> {
        let Functions { idle_init, idle_start, idle_stop, .. } = *functions()?;
        Phase::new(env, UV_IDLE, data, idle_init, idle_start, idle_stop)
    }

    /// Before it looks for events, which then waits as long as it would have.
    fn prepare(env: sys::napi_env, data: *mut c_void) -> Option<Self> {
        let Functions { prepare_init, prepare_start, prepare_stop, .. } = *functions()?;
        Phase::new(env, UV_PREPARE, data, prepare_init, prepare_start, prepare_stop)
    }

    fn new(
        env: sys::napi_env,
        kind: c_int,
        data: *mut c_void,
        init: PhaseInit,
        start: PhaseStart,
        stop: PhaseStop,
    ) -> Option<Self> {
        let event_loop = loop_of(env)?;
        let raw = Raw::new(kind, 0, |_, handle| {
            // SAFETY: the memory has the size of such a handle, and the loop is this thread's.
            unsafe { init(event_loop, handle) }
        })?;
        // SAFETY: an initialised handle.
        unsafe { (raw.functions.set_data)(raw.handle.as_ptr(), data) };
        Some(Phase { raw, start, stop })
    }

    /// Has `callback` called in each round, until [`Phase::stop`]; where it is to be called already,
    /// nothing changes.
    pub fn start(&self, callback: OnPhase) {
        // SAFETY: an initialised handle, which is not closed before the environment ends.
        unsafe { (self.start)(self.raw.handle.as_ptr(), callback) };
    }

    /// Has it called no more.
    pub fn stop(&self) {
        // SAFETY: as in `start`.
        unsafe { (self.stop)(self.raw.handle.as_ptr()) };
    }

    /// Closes it. To be called once.
    pub fn close(&self) {
        self.raw.close(free);
    }

    /// Closes it. `on_close` is called by the loop later, with the handle, whose data is `data` then; it
    /// must [`free`] it. To be called once.
    pub fn close_with(&self, on_close: OnClose, data: *mut c_void) {
        // SAFETY: an initialised handle.
        unsafe { (self.raw.functions.set_data)(self.raw.handle.as_ptr(), data) };
        self.raw.close(on_close);
    }
}

/// Calls back in this round of the loop: when it has looked for events, before immediates. From
/// outside a look it is before the next one.
pub struct Soon {
    before: Phase,
    after: Phase,
}

impl Soon {
    /// One for which the next look does not wait: that is when the loop calls back for what waits for
    /// nothing. As [`Phase::check`].
    pub fn hasty(env: sys::napi_env, data: *mut c_void) -> Option<Self> {
        Soon::new(Phase::idle(env, data), Phase::check(env, data))
    }

    /// One for which it does. As [`Phase::check`].
    pub fn patient(env: sys::napi_env, data: *mut c_void) -> Option<Self> {
        Soon::new(Phase::prepare(env, data), Phase::check(env, data))
    }

    fn new(before: Option<Phase>, after: Option<Phase>) -> Option<Self> {
        match (before, after) {
            (Some(before), Some(after)) => Some(Soon { before, after }),
            (one, other) => {
                one.or(other).inspect(Phase::close);
                None
            }
        }
    }

    /// Has `before` or `after` called, as it comes to a look for events, until [`Soon::stop`]; where they
    /// are to be called already, nothing changes.
    pub fn start(&self, before: OnPhase, after: OnPhase) {
        self.before.start(before);
        self.after.start(after);
    }

    /// Has nothing called any more.
    pub fn stop(&self) {
        self.before.stop();
        self.after.stop();
    }

    /// Closes both. To be called once.
    pub fn close(&self) {
        self.before.close();
        self.after.close();
    }
}

/// Calls `callback` when the event loop of `env` closes handles: in the order of those that core
/// closes, the last one first. It finds `data` with [`data_of`], and must [`free`] what it is called
/// with. `false` where there is no libuv.
pub fn call_at_close(env: sys::napi_env, callback: OnClose, data: *mut c_void) -> bool {
    let Some(idle) = Phase::idle(env, data) else { return false };
    idle.raw.close(callback);
    true
}

/// What a handle was started with.
///
/// # Safety
///
/// `handle` must be one that libuv has called back with.
pub unsafe fn data_of(handle: *mut c_void) -> *mut c_void {
    let Some(functions) = functions() else { return ptr::null_mut() };
    // SAFETY: an initialised handle, by the caller's word.
    unsafe { (functions.data)(handle) }
}

/// Frees a closed handle.
///
/// # Safety
///
/// To be called by libuv, which has closed it.
pub unsafe extern "C" fn free(handle: *mut c_void) {
    // SAFETY: the memory came from calloc(3), and the loop has let go of it.
    unsafe { libc::free(handle) };
}

//! The event loop of JavaScript's thread, as far as it is needed: it can wait for one more descriptor.
//!
//! Node exports libuv's functions, of which those used here have been stable for all of its 1.x. They
//! are looked up when they are first needed, so that the addon loads where they are not.
//!
//! Source: <https://docs.libuv.org/en/v1.x/poll.html>

use std::ffi::{CStr, c_int, c_void};
use std::os::fd::RawFd;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;

use napi::sys;

/// `UV_POLL` of `uv_handle_type`.
const UV_POLL: c_int = 8;

/// `UV_READABLE` of `uv_poll_event`.
pub const READABLE: c_int = 1;

/// `UV_WRITABLE` of `uv_poll_event`.
pub const WRITABLE: c_int = 2;

/// What is called when the descriptor is ready.
pub type OnReady = unsafe extern "C" fn(handle: *mut c_void, status: c_int, events: c_int);

/// What is called once the loop has let go of a handle.
pub type OnClose = unsafe extern "C" fn(handle: *mut c_void);

type HandleSize = unsafe extern "C" fn(c_int) -> usize;
type PollInit = unsafe extern "C" fn(*mut c_void, *mut c_void, c_int) -> c_int;
type PollStart = unsafe extern "C" fn(*mut c_void, c_int, OnReady) -> c_int;
type Close = unsafe extern "C" fn(*mut c_void, Option<OnClose>);
type Unref = unsafe extern "C" fn(*mut c_void);
type SetData = unsafe extern "C" fn(*mut c_void, *mut c_void);
type GetData = unsafe extern "C" fn(*const c_void) -> *mut c_void;

struct Functions {
    handle_size: HandleSize,
    poll_init: PollInit,
    poll_start: PollStart,
    close: Close,
    unref: Unref,
    set_data: SetData,
    data: GetData,
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
            close: function!(c"uv_close", Close),
            unref: function!(c"uv_unref", Unref),
            set_data: function!(c"uv_handle_set_data", SetData),
            data: function!(c"uv_handle_get_data", GetData),
        })
    };
    FUNCTIONS.get_or_init(look_up).as_ref()
}

/// A `uv_poll_t` that does not keep the loop alive. Its memory is not freed with it: the loop may
/// look at it until it is closed, and programs end without that.
pub struct Poll {
    handle: NonNull<c_void>,
    functions: &'static Functions,
}

impl Poll {
    /// Calls `on_ready` in the event loop of `env` while `fd` is ready for one of `events`; with
    /// [`data_of`] it finds `data`.
    ///
    /// `None` where there is no libuv, or it cannot wait for `fd`.
    pub fn start(
        env: sys::napi_env,
        fd: RawFd,
        events: c_int,
        on_ready: OnReady,
        data: *mut c_void,
    ) -> Option<Self> {
        let functions = functions()?;
        let mut event_loop = ptr::null_mut();
        // SAFETY: called on the environment's own thread.
        let status = unsafe { sys::napi_get_uv_event_loop(env, &mut event_loop) };
        if status != sys::Status::napi_ok || event_loop.is_null() {
            return None;
        }
        // SAFETY: it takes any type of handle.
        let size = unsafe { (functions.handle_size)(UV_POLL) };
        // SAFETY: calloc(3) may be called with any sizes; it gives zeroed memory or null.
        let handle = NonNull::new(unsafe { libc::calloc(1, size) })?;
        // SAFETY: the memory has the size of such a handle, and the loop is this thread's.
        let status = unsafe { (functions.poll_init)(event_loop.cast(), handle.as_ptr(), fd) };
        if status != 0 {
            // SAFETY: a handle that was not initialised is known to nobody.
            unsafe { libc::free(handle.as_ptr()) };
            return None;
        }
        let poll = Poll { handle, functions };
        // SAFETY: an initialised handle.
        unsafe { (functions.set_data)(handle.as_ptr(), data) };
        // SAFETY: an initialised handle.
        unsafe { (functions.unref)(handle.as_ptr()) };
        // SAFETY: an initialised handle.
        let status = unsafe { (functions.poll_start)(handle.as_ptr(), events, on_ready) };
        if status != 0 {
            poll.close(free, ptr::null_mut());
            return None;
        }
        Some(poll)
    }

    /// Stops. `on_close` is called by the loop later, with the handle, whose data is `data` then; it
    /// must [`free`] it.
    pub fn close(&self, on_close: OnClose, data: *mut c_void) {
        // SAFETY: an initialised handle.
        unsafe { (self.functions.set_data)(self.handle.as_ptr(), data) };
        // SAFETY: an initialised handle that was not closed before: the one owner does so once.
        unsafe { (self.functions.close)(self.handle.as_ptr(), Some(on_close)) };
    }
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

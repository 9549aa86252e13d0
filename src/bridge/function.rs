//! The one function of an environment that other threads may call.

use std::ptr;

use napi::sys;

/// The function as Node knows it.
pub type RawFunction = sys::napi_threadsafe_function;

/// Node's threadsafe function, callable from any thread.
pub struct ThreadsafeFunction(RawFunction);

// SAFETY: a threadsafe function may be called from any thread while it has not been released, and
// `Bridge::function` is emptied before it is.
unsafe impl Send for ThreadsafeFunction {}
// SAFETY: as above; Node locks inside the call.
unsafe impl Sync for ThreadsafeFunction {}

impl ThreadsafeFunction {
    /// `function`, which must not be released while this is there.
    pub fn new(function: RawFunction) -> Self {
        ThreadsafeFunction(function)
    }

    /// Calls the function once more.
    pub fn nudge(&self) {
        // There is no Node in tests.
        if cfg!(test) {
            return;
        }
        // SAFETY: whoever calls holds `Bridge::function` locked, so the function is not released.
        // The item carries no pointer, so nothing is lost where Node refuses or drops it.
        unsafe {
            sys::napi_call_threadsafe_function(
                self.0,
                ptr::null_mut(),
                sys::ThreadsafeFunctionCallMode::nonblocking,
            );
        }
    }
}

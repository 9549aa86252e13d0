//! The locks and atomics of what is shared between threads and checked in `models/`, where others
//! stand in their place that try out every order of events.

pub use std::sync::atomic::{AtomicU32, AtomicU64, AtomicUsize, Ordering};
pub use std::sync::{Condvar, Mutex, MutexGuard, RwLock};

pub use atomic_waker::AtomicWaker;

//! In the place of `src/bridge/function.rs`, here and in `models/`: a function that counts its calls.

use std::sync::Arc;

use crate::sync::{AtomicUsize, Ordering};

/// Calls that were not answered.
pub type RawFunction = Arc<AtomicUsize>;

/// In the place of Node's.
pub struct ThreadsafeFunction(RawFunction);

impl ThreadsafeFunction {
    /// Counts in `calls`.
    pub fn new(calls: RawFunction) -> Self {
        ThreadsafeFunction(calls)
    }

    /// One more.
    pub fn nudge(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

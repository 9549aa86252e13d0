//! Calls of threadsafe functions that an I/O thread puts off until it goes to sleep.

use std::cell::RefCell;
use std::sync::Arc;

use super::queue::Bridge;

thread_local! {
    /// The bridges whose functions this I/O thread has put off to call; `None` on other threads.
    static DEFERRED: RefCell<Option<Vec<Arc<Bridge>>>> = const { RefCell::new(None) };
}

/// Makes the calling thread one that puts calls off until [`nudge_deferred`].
pub fn start_deferring() {
    DEFERRED.set(Some(Vec::new()));
}

/// Calls all functions that the calling thread has put off to call.
pub fn nudge_deferred() {
    let mut bridges = DEFERRED
        .with_borrow_mut(|deferred| deferred.as_mut().map(std::mem::take).unwrap_or_default());
    for bridge in bridges.drain(..) {
        bridge.nudge_deferred();
    }
    DEFERRED.with_borrow_mut(|deferred| {
        // The vector keeps its memory.
        if let Some(empty) = deferred.as_mut().filter(|deferred| deferred.is_empty()) {
            *empty = bridges;
        }
    });
}

/// Puts the call of `bridge`'s function off, where the calling thread does that.
pub fn defer(bridge: &Arc<Bridge>) -> bool {
    let put_off = |deferred: &RefCell<Option<Vec<_>>>| match &mut *deferred.borrow_mut() {
        Some(bridges) => {
            bridges.push(Arc::clone(bridge));
            true
        }
        None => false,
    };
    // A thread that ends, JavaScript's at `process.exit()`, has nothing of its own any more.
    DEFERRED.try_with(put_off).unwrap_or(false)
}

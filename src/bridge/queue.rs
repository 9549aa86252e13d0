//! The half of the bridge that tasks hold: the event queue and the threadsafe function.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::ptr;
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::Duration;

use napi::sys;

use super::event::{Event, Kind};
use super::memory::ReadMemory;
use super::table::Numbers;

/// How often the end of an environment looks whether there are threads to wait for.
const LOOK_AROUND: Duration = Duration::from_millis(100);

/// Takes events from any thread to one environment.
pub struct Bridge {
    /// The environment's read memory.
    pub memory: ReadMemory,
    /// Payloads wait here and not in the threadsafe function's own queue, which frees nothing
    /// that it refuses or that it still holds when the environment ends.
    events: Mutex<Events>,
    /// `None` once the environment ends. A task that nudges holds the lock for reading, so when
    /// [`Bridge::disconnect`] returns, no task calls the function any more.
    function: RwLock<Option<ThreadsafeFunction>>,
    numbers: Mutex<Numbers>,
    /// Descriptors that tasks of this environment may still use.
    descriptors: Mutex<usize>,
    released: Condvar,
}

/// Events on their way.
#[derive(Default)]
struct Events {
    queue: VecDeque<Event>,
    nudge: Nudge,
}

/// Whether the function was called for the events that wait. While there are any, JavaScript's
/// thread calls it for one after the other by itself, which costs no system call: a task has to
/// call only where there were none.
#[derive(Clone, Copy, Default)]
enum Nudge {
    /// There were no events.
    #[default]
    None,
    /// An I/O thread will, before it goes to sleep.
    Deferred,
    /// It was.
    Done,
}

/// Events that an I/O thread gathers at most before it calls the function.
const MOST_DEFERRED: usize = 16;

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
fn defer(bridge: &Arc<Bridge>) -> bool {
    DEFERRED.with_borrow_mut(|deferred| match deferred {
        Some(bridges) => {
            bridges.push(Arc::clone(bridge));
            true
        }
        None => false,
    })
}

/// Node's threadsafe function, callable from any thread.
struct ThreadsafeFunction(sys::napi_threadsafe_function);

// SAFETY: a threadsafe function may be called from any thread while it has not been released, and
// `Bridge::function` is emptied before it is.
unsafe impl Send for ThreadsafeFunction {}
// SAFETY: as above; Node locks inside the call.
unsafe impl Sync for ThreadsafeFunction {}

impl ThreadsafeFunction {
    /// Calls the function once more.
    fn nudge(&self) {
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

impl Default for Bridge {
    fn default() -> Self {
        Self::new()
    }
}

impl Bridge {
    /// A bridge that is not connected yet: events are dropped.
    pub fn new() -> Self {
        Bridge {
            memory: ReadMemory::default(),
            events: Mutex::new(Events::default()),
            function: RwLock::new(None),
            numbers: Mutex::new(Numbers::default()),
            descriptors: Mutex::new(0),
            released: Condvar::new(),
        }
    }

    /// Nudges `function` for each event from now on.
    pub fn connect(&self, function: sys::napi_threadsafe_function) {
        let mut slot = self.function.write().unwrap_or_else(PoisonError::into_inner);
        *slot = Some(ThreadsafeFunction(function));
    }

    /// Calls the function no more, and drops what was under way.
    pub fn disconnect(&self) {
        let mut slot = self.function.write().unwrap_or_else(PoisonError::into_inner);
        *slot = None;
        drop(slot);
        let events = std::mem::take(&mut self.lock_events().queue);
        drop(events);
    }

    /// Hands an event to JavaScript; drops it where the environment has ended.
    ///
    /// An I/O thread calls the function before it goes to sleep, once for all that it has pushed
    /// meanwhile; at once where that has become much, or where the event is one of bulk: then both
    /// threads have work for longer than the call takes.
    pub fn push(self: &Arc<Self>, event: Event) {
        let function = self.function.read().unwrap_or_else(PoisonError::into_inner);
        let Some(function) = function.as_ref() else { return };
        let mut events = self.lock_events();
        let is_bulk = event.is_bulk();
        events.queue.push_back(event);
        match events.nudge {
            Nudge::Done => return,
            Nudge::Deferred if events.queue.len() < MOST_DEFERRED && !is_bulk => return,
            Nudge::None if !is_bulk && defer(self) => {
                events.nudge = Nudge::Deferred;
                return;
            }
            Nudge::None | Nudge::Deferred => events.nudge = Nudge::Done,
        }
        drop(events);
        function.nudge();
    }

    /// Calls the function where that was put off.
    fn nudge_deferred(&self) {
        let function = self.function.read().unwrap_or_else(PoisonError::into_inner);
        let Some(function) = function.as_ref() else { return };
        let mut events = self.lock_events();
        if !matches!(events.nudge, Nudge::Deferred) {
            return;
        }
        events.nudge = Nudge::Done;
        drop(events);
        function.nudge();
    }

    /// The oldest event, and whether there are more behind it; then there will be a call for the
    /// next one. To be called once for each call of the function.
    pub fn pop(&self) -> Option<(Event, bool)> {
        let mut events = self.lock_events();
        let event = events.queue.pop_front();
        let more = !events.queue.is_empty();
        events.nudge = if more { Nudge::Done } else { Nudge::None };
        drop(events);
        if more {
            let function = self.function.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(function) = function.as_ref() {
                function.nudge();
            }
        }
        event.map(|event| (event, more))
    }

    /// Takes out what is on its way from `handle`, but for its last event; in order.
    pub fn withdraw(&self, handle: u32) -> Vec<Event> {
        let mut events = self.lock_events();
        let (withdrawn, left) = std::mem::take(&mut events.queue)
            .into_iter()
            .partition(|event| event.handle == handle && event.kind != Kind::Close);
        events.queue = left;
        // Calls of the function that are under way find nothing, or what comes next.
        let withdrawn: VecDeque<Event> = withdrawn;
        withdrawn.into()
    }

    /// A number for a handle, or `None` where all are in use.
    pub fn take_number(&self) -> Option<u32> {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Takes a number out of use, after the last event of its handle.
    pub fn give_back_number(&self, number: u32) {
        self.numbers.lock().unwrap_or_else(PoisonError::into_inner).give_back(number);
    }

    /// Counts a descriptor in.
    pub fn descriptor_opened(&self) {
        *self.descriptors.lock().unwrap_or_else(PoisonError::into_inner) += 1;
    }

    /// Counts a descriptor out, after it was closed.
    pub fn descriptor_closed(&self) {
        let mut count = self.descriptors.lock().unwrap_or_else(PoisonError::into_inner);
        *count -= 1;
        if *count == 0 {
            self.released.notify_all();
        }
    }

    /// Waits until every descriptor of the environment is closed, which takes its tasks
    /// microseconds. It gives up only where `is_worth_it` says no: where there is no thread left
    /// to run the tasks, none of them touches memory of the environment any more, either.
    pub fn wait_for_descriptors(&self, is_worth_it: impl Fn() -> bool) {
        let mut count = self.descriptors.lock().unwrap_or_else(PoisonError::into_inner);
        while *count > 0 && is_worth_it() {
            let waited = self.released.wait_timeout(count, LOOK_AROUND);
            count = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn lock_events(&self) -> std::sync::MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_environment_that_ended_takes_no_events() {
        let bridge = Arc::new(Bridge::new());
        bridge.push(Event::new(1, Kind::Connect, 0));
        assert!(bridge.pop().is_none());
    }

    #[test]
    fn waiting_ends_with_the_last_descriptor() {
        let bridge = std::sync::Arc::new(Bridge::new());
        bridge.descriptor_opened();
        bridge.descriptor_opened();
        let other = std::sync::Arc::clone(&bridge);
        let thread = std::thread::spawn(move || {
            other.descriptor_closed();
            other.descriptor_closed();
        });
        bridge.wait_for_descriptors(|| true);
        assert_eq!(*bridge.descriptors.lock().unwrap(), 0);
        thread.join().unwrap();
    }
}

//! The half of the bridge that tasks hold: the event queue and the threadsafe function.

use std::collections::VecDeque;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use super::deferred::defer;
use super::event::{Event, Kind};
use super::function::{RawFunction, ThreadsafeFunction};
use super::memory::ReadMemory;
use super::table::Numbers;
use crate::sync::{AtomicUsize, Condvar, Mutex, MutexGuard, Ordering, RwLock};

/// How often the end of an environment looks whether there are threads to wait for.
const LOOK_AROUND: Duration = Duration::from_millis(100);

/// Takes events from any thread to one environment.
pub struct Bridge {
    /// The environment's read memory.
    pub memory: ReadMemory,
    /// Payloads wait here and not in the threadsafe function's own queue, which frees nothing
    /// that it refuses or that it still holds when the environment ends.
    events: Mutex<Events>,
    /// Events that an I/O thread gathers at most before it calls the function.
    most_deferred: AtomicUsize,
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
/// call only where there were none. There is one call under way for as long as the queue is not
/// empty and this is `Done`: `put` and `nudge_deferred` begin it, `pop` goes on with it.
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

/// Events that an I/O thread gathers at most before it calls the function, unless it is told of another number.
pub const MOST_DEFERRED: usize = 32;

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
            most_deferred: AtomicUsize::new(MOST_DEFERRED),
            function: RwLock::new(None),
            numbers: Mutex::new(Numbers::default()),
            descriptors: Mutex::new(0),
            released: Condvar::new(),
        }
    }

    /// Nudges `function` for each event from now on.
    pub fn connect(&self, function: RawFunction) {
        let mut slot = self.function.write().unwrap_or_else(PoisonError::into_inner);
        *slot = Some(ThreadsafeFunction::new(function));
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
        self.put(event, VecDeque::push_back);
    }

    /// The same, for an event that comes before all that wait.
    pub fn push_first(self: &Arc<Self>, event: Event) {
        self.put(event, VecDeque::push_front);
    }

    fn put(self: &Arc<Self>, event: Event, put: impl FnOnce(&mut VecDeque<Event>, Event)) {
        let function = self.function.read().unwrap_or_else(PoisonError::into_inner);
        let Some(function) = function.as_ref() else { return };
        let mut events = self.lock_events();
        let is_bulk = event.is_bulk();
        let most = self.most_deferred.load(Ordering::Relaxed);
        put(&mut events.queue, event);
        match events.nudge {
            Nudge::Done => return,
            Nudge::Deferred if events.queue.len() < most && !is_bulk => return,
            Nudge::None if !is_bulk && defer(self) => {
                events.nudge = Nudge::Deferred;
                return;
            }
            Nudge::None | Nudge::Deferred => events.nudge = Nudge::Done,
        }
        drop(events);
        function.nudge();
    }

    /// Has I/O threads gather no more than `most` events from now on.
    pub fn set_most_deferred(&self, most: usize) {
        self.most_deferred.store(most, Ordering::Relaxed);
    }

    /// Calls the function where that was put off.
    pub fn nudge_deferred(&self) {
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

    fn lock_events(&self) -> MutexGuard<'_, Events> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

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

    #[test]
    fn events_come_out_as_they_went_in_whatever_else_is_done() {
        for seed in 0..200 {
            let mut random = Random::new(seed);
            let bridge = Arc::new(Bridge::new());
            bridge.connect(std::ptr::null_mut());
            let mut expected: VecDeque<(u32, i32)> = VecDeque::new();
            for number in 0..500 {
                match random.below(9) {
                    0 => {
                        let handle = random.below(5) as u32;
                        bridge.push_first(Event::new(handle, Kind::Shutdown, number));
                        expected.push_front((handle, number));
                    }
                    1..5 => {
                        let handle = random.below(5) as u32;
                        bridge.push(Event::new(handle, Kind::Write, number));
                        expected.push_back((handle, number));
                    }
                    5..8 => {
                        let popped = bridge.pop();
                        let front = expected.pop_front();
                        assert_eq!(
                            popped.as_ref().map(|(event, _)| (event.handle, event.number)),
                            front
                        );
                        assert!(popped.is_none_or(|(_, more)| more != expected.is_empty()));
                    }
                    _ => {
                        let handle = random.below(5) as u32;
                        let withdrawn = bridge.withdraw(handle);
                        let seen: Vec<_> =
                            withdrawn.iter().map(|event| (event.handle, event.number)).collect();
                        let (of_it, rest): (Vec<_>, VecDeque<_>) = (
                            expected.iter().filter(|(of, _)| *of == handle).copied().collect(),
                            expected.iter().filter(|(of, _)| *of != handle).copied().collect(),
                        );
                        assert_eq!(seen, of_it);
                        expected = rest;
                    }
                }
            }
            bridge.disconnect();
            assert!(bridge.pop().is_none());
        }
    }
}

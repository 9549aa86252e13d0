//! How a task hands its connection over to JavaScript's thread, and that to another task.
//!
//! The flags are the addon's own; what is around them does the same steps in the same order as
//! `socket/driver.rs`, `socket/connection.rs` and `bridge/ready.rs` with places, bytes and events.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

use loom::future::block_on;
use loom::thread::{self, JoinHandle};

use crate::socket::flow::{CLOSING, Flow, READING, RUNNING};
use crate::sync::{AtomicUsize, AtomicWaker, Mutex, Ordering};

/// What a task tells.
enum Word {
    Read(usize),
    Retired,
}

/// In the place of the connection.
struct Shared {
    flow: Flow,
    task: AtomicWaker,
    slot: Mutex<Option<Arc<Place>>>,
    /// How many places there are: a readiness queue refuses a second one (`EEXIST`).
    places: Arc<AtomicUsize>,
    unsent: AtomicUsize,
    sent: AtomicUsize,
    /// What the peer sends, in order.
    kernel: Mutex<VecDeque<usize>>,
    events: Mutex<VecDeque<Word>>,
    /// Wakes JavaScript.
    told: AtomicWaker,
    /// Tasks that have retired.
    retired: AtomicUsize,
}

/// A task's place.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Shared {
    fn new(flags: u32) -> Self {
        Shared {
            flow: Flow::new(flags),
            task: AtomicWaker::default(),
            slot: Mutex::new(None),
            places: Arc::new(AtomicUsize::new(0)),
            unsent: AtomicUsize::new(0),
            sent: AtomicUsize::new(0),
            kernel: Mutex::new(VecDeque::new()),
            events: Mutex::new(VecDeque::new()),
            told: AtomicWaker::default(),
            retired: AtomicUsize::new(0),
        }
    }

    fn tell(&self, word: Word) {
        self.events.lock().unwrap().push_back(word);
        self.told.wake();
    }

    fn take_place(&self) -> Arc<Place> {
        let others = self.places.fetch_add(1, Ordering::SeqCst);
        assert_eq!(others, 0, "a place is taken while there is another");
        let place = Arc::new(Place(Arc::clone(&self.places)));
        *self.slot.lock().unwrap() = Some(Arc::clone(&place));
        place
    }

    fn place(&self) -> Option<Arc<Place>> {
        self.slot.lock().unwrap().clone()
    }

    fn leave(&self, place: Arc<Place>) -> Option<Arc<Place>> {
        let mut slot = self.slot.lock().unwrap();
        if Arc::strong_count(&place) > 2 {
            return Some(place);
        }
        *slot = None;
        None
    }

    fn has_unsent(&self) -> bool {
        self.unsent.load(Ordering::SeqCst) != 0
    }

    fn read(&self) -> Option<usize> {
        self.kernel.lock().unwrap().pop_front()
    }

    // ---- the task's side

    fn retire(&self, place: &mut Option<Arc<Place>>) -> bool {
        if !self.flow.may_retire() || self.has_unsent() {
            return false;
        }
        *place = self.leave(place.take().unwrap());
        if place.is_some() {
            return false;
        }
        if self.flow.retire() {
            self.retired.fetch_add(1, Ordering::SeqCst);
            self.tell(Word::Retired);
            return true;
        }
        *place = Some(self.take_place());
        false
    }

    fn poll(&self, place: &mut Option<Arc<Place>>, context: &Context<'_>) -> Poll<()> {
        self.task.register(context.waker());
        if self.retire(place) {
            return Poll::Ready(());
        }
        loop {
            if self.flow.has(CLOSING) {
                return Poll::Ready(());
            }
            let count = self.unsent.load(Ordering::SeqCst);
            if count > 0 {
                self.sent.fetch_add(count, Ordering::SeqCst);
                self.unsent.fetch_sub(count, Ordering::SeqCst);
                self.told.wake();
            }
            let read = if self.flow.can_be_read() { self.read() } else { None };
            if let Some(byte) = read {
                self.tell(Word::Read(byte));
            }
            if count == 0 && read.is_none() {
                return Poll::Pending;
            }
        }
    }
}

/// JavaScript's thread.
struct JavaScript {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
    seen: Vec<usize>,
    heard: usize,
}

impl JavaScript {
    /// With a connection that has a task.
    fn new(flags: u32) -> Self {
        let shared = Arc::new(Shared::new(flags));
        let mut script = JavaScript { shared, tasks: Vec::new(), seen: Vec::new(), heard: 0 };
        script.summon();
        script
    }

    /// Has the task look; starts it where there is none.
    fn summon(&mut self) {
        let shared = Arc::clone(&self.shared);
        if shared.flow.recall() {
            if shared.place().is_some() {
                shared.task.wake();
            }
            return;
        }
        let mut place = Some(shared.take_place());
        shared.flow.set(RUNNING);
        self.tasks.push(thread::spawn(move || {
            block_on(poll_fn(|context| shared.poll(&mut place, context)));
        }));
    }

    fn write(&mut self) {
        self.shared.unsent.fetch_add(1, Ordering::SeqCst);
        self.summon();
    }

    fn ask_to_retire(&self) {
        if self.shared.flow.ask_to_retire() {
            self.shared.task.wake();
        }
    }

    /// The peer sends: who has a place is told of it.
    fn receive(&self, byte: usize) {
        self.shared.kernel.lock().unwrap().push_back(byte);
        if self.shared.place().is_some() {
            self.shared.task.wake();
        }
    }

    /// Hears what the tasks have told so far.
    fn hear(&mut self) {
        loop {
            let word = self.shared.events.lock().unwrap().pop_front();
            match word {
                None => return,
                Some(Word::Read(byte)) => self.seen.push(byte),
                Some(Word::Retired) => {
                    self.heard += 1;
                    assert!(self.heard <= self.shared.retired.load(Ordering::SeqCst));
                    self.shared.flow.heard_retired();
                    self.attend();
                }
            }
        }
    }

    /// Reads on this thread, where no task does.
    fn attend(&mut self) {
        let shared = &self.shared;
        if shared.flow.can_be_read() && !shared.flow.is_task_work() {
            assert_eq!(shared.places.load(Ordering::SeqCst), 0, "a task still waits");
            self.seen.extend(std::iter::from_fn(|| shared.read()));
        }
    }

    /// Waits until so much is sent and seen; what will never be is found out.
    fn wait_for(&mut self, sent: usize, seen: usize) {
        let shared = Arc::clone(&self.shared);
        block_on(poll_fn(|context| {
            shared.told.register(context.waker());
            self.hear();
            let is_all = shared.sent.load(Ordering::SeqCst) == sent && self.seen.len() == seen;
            if is_all { Poll::Ready(()) } else { Poll::Pending }
        }));
    }

    /// Closes.
    fn end(mut self) {
        self.shared.flow.set(CLOSING);
        if self.shared.flow.recall() && self.shared.place().is_some() {
            self.shared.task.wake();
        }
        for task in self.tasks.drain(..) {
            task.join().unwrap();
        }
        self.hear();
        assert_eq!(self.heard, self.shared.retired.load(Ordering::SeqCst));
        assert!(self.seen.iter().copied().eq(0..self.seen.len()), "{:?}", self.seen);
    }
}

/// Writes meet a task that retires.
pub fn of_a_writer() {
    let mut script = JavaScript::new(0);
    script.ask_to_retire();
    script.write();
    script.ask_to_retire();
    script.write();
    script.wait_for(2, 0);
    script.end();
}

/// A task that has retired is followed by one that is asked to, before the first one's word is heard.
pub fn of_a_reader() {
    let mut script = JavaScript::new(READING);
    script.ask_to_retire();
    script.summon();
    script.summon();
    script.receive(0);
    script.ask_to_retire();
    script.receive(1);
    script.attend();
    script.wait_for(0, 2);
    script.end();
}

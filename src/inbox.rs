//! How other threads wake the tasks of an I/O thread: all of a turn at the price of one wake.

use std::sync::{Arc, PoisonError};
use std::task::Context;

use crate::sync::{AtomicWaker, Mutex};

/// What a task waits on.
pub trait Wake: Send + Sync {
    /// Wakes the task.
    fn wake(&self);
}

/// Tasks to wake, and the one task that does.
#[derive(Default)]
pub struct Inbox {
    tasks: Mutex<Vec<Arc<dyn Wake>>>,
    clerk: AtomicWaker,
}

impl Inbox {
    /// Has all of `tasks` woken; leaves the vector empty.
    pub fn put(&self, tasks: &mut Vec<Arc<dyn Wake>>) {
        let mut inbox = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = inbox.is_empty();
        inbox.append(tasks);
        drop(inbox);
        if was_empty {
            self.clerk.wake();
        }
    }

    /// Wakes what is there, from within the tasks' own thread, where that costs no system call, and
    /// sees to it that the calling task is woken when there is more. `tasks` is empty before and
    /// after, and keeps its memory.
    pub fn empty(&self, context: &Context<'_>, tasks: &mut Vec<Arc<dyn Wake>>) {
        // Before the look into the inbox, so that what comes after it wakes the task again.
        self.clerk.register(context.waker());
        tasks.append(&mut self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        for task in tasks.drain(..) {
            task.wake();
        }
    }
}

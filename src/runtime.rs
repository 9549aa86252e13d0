//! The one process-wide Tokio runtime.
//!
//! It is a handful of I/O threads, each with a current-thread runtime of its own: a connection is
//! pinned to one of them for life, so between its readiness and JavaScript there is one wake of
//! one thread and no hand-over from worker to worker. Nothing is started before the first socket.

use std::future::{Future, poll_fn};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Poll;
use std::thread;

use atomic_waker::AtomicWaker;
use tokio::runtime::{Builder, Handle};

use crate::bridge;

/// Overrides how many I/O threads there are (1 to 64).
const WORKER_THREADS: &str = "TOKIO_NET_WORKER_THREADS";

/// The I/O threads; made once, kept until the process ends.
static THREADS: OnceLock<Vec<Arc<IoThread>>> = OnceLock::new();

/// Where the next connection goes.
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// One I/O thread.
pub struct IoThread {
    runtime: Handle,
    /// Tasks to wake, put here by other threads.
    inbox: Mutex<Vec<Arc<dyn Wake>>>,
    /// Wakes the one task that looks into the inbox.
    clerk: AtomicWaker,
    /// Whether the thread runs; a panic outside of any task would end it.
    alive: AtomicBool,
}

/// Says that its thread has ended.
struct LastWord(Arc<IoThread>);

impl Drop for LastWord {
    fn drop(&mut self) {
        self.0.alive.store(false, Ordering::SeqCst);
    }
}

/// What a task waits on.
pub trait Wake: Send + Sync {
    /// Wakes the task.
    fn wake(&self);
}

impl IoThread {
    /// The thread's runtime.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Wakes all of `tasks` at the price of one wake of the thread; leaves the vector empty.
    pub fn wake_all(&self, tasks: &mut Vec<Arc<dyn Wake>>) {
        let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
        let was_empty = inbox.is_empty();
        inbox.append(tasks);
        drop(inbox);
        if was_empty {
            self.clerk.wake();
        }
    }

    /// The task that wakes others, from within their own thread, where that costs no system call.
    fn clerk(self: Arc<Self>) -> impl Future<Output = ()> {
        let mut tasks = Vec::new();
        poll_fn(move |context| {
            // Before the look into the inbox, so that what comes after it wakes the task again.
            self.clerk.register(context.waker());
            tasks.append(&mut self.inbox.lock().unwrap_or_else(PoisonError::into_inner));
            for task in tasks.drain(..) {
                task.wake();
            }
            Poll::Pending
        })
    }
}

/// The I/O thread that takes the next connection or listener.
///
/// # Errors
///
/// When no thread or no readiness queue can be had (`EAGAIN`, `EMFILE`). A later call tries again.
pub fn next() -> io::Result<&'static IoThread> {
    let threads = threads()?;
    let turn = NEXT.fetch_add(1, Ordering::Relaxed);
    Ok(&threads[turn % threads.len()])
}

/// Whether there is a thread that runs tasks.
pub fn is_alive() -> bool {
    THREADS
        .get()
        .is_some_and(|threads| threads.iter().any(|thread| thread.alive.load(Ordering::SeqCst)))
}

fn threads() -> io::Result<&'static [Arc<IoThread>]> {
    if let Some(threads) = THREADS.get() {
        return Ok(threads);
    }
    let mut started = Vec::new();
    for number in 0..worker_count() {
        match start(number) {
            Ok(thread) => started.push(thread),
            // One thread is enough to serve; with none there is nothing to serve with.
            Err(_) if number > 0 => break,
            Err(error) => return Err(error),
        }
    }
    // Another environment's thread may have been faster; then ours are surplus but harmless.
    Ok(THREADS.get_or_init(|| started))
}

fn start(number: usize) -> io::Result<Arc<IoThread>> {
    let runtime =
        Builder::new_current_thread().enable_io().on_thread_park(bridge::nudge_deferred).build()?;
    let io_thread = Arc::new(IoThread {
        runtime: runtime.handle().clone(),
        inbox: Mutex::new(Vec::new()),
        clerk: AtomicWaker::new(),
        alive: AtomicBool::new(true),
    });
    let clerk = Arc::clone(&io_thread).clerk();
    let last_word = LastWord(Arc::clone(&io_thread));
    thread::Builder::new().name(format!("tokio-net-{number}")).spawn(move || {
        let _last_word = last_word;
        bridge::start_deferring();
        runtime.block_on(clerk);
    })?;
    Ok(io_thread)
}

fn worker_count() -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    count_from(std::env::var(WORKER_THREADS).ok().as_deref(), cores)
}

/// As many threads as `setting` says, else one fewer than there are cores, from 1 to 4.
fn count_from(setting: Option<&str>, cores: usize) -> usize {
    setting
        .and_then(|value| value.trim().parse::<usize>().ok())
        .filter(|count| (1..=64).contains(count))
        .unwrap_or_else(|| cores.saturating_sub(1).clamp(1, 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_core_is_left_to_javascript() {
        assert_eq!(count_from(None, 1), 1);
        assert_eq!(count_from(None, 2), 1);
        assert_eq!(count_from(None, 4), 3);
        assert_eq!(count_from(None, 64), 4);
    }

    #[test]
    fn the_setting_wins_where_it_makes_sense() {
        assert_eq!(count_from(Some("8"), 2), 8);
        assert_eq!(count_from(Some(" 2 "), 64), 2);
        for odd in ["0", "-1", "65", "many", ""] {
            assert_eq!(count_from(Some(odd), 4), 3, "{odd:?}");
        }
    }
}

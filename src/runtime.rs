//! The one process-wide Tokio runtime.
//!
//! It is a handful of I/O threads, each with a current-thread runtime of its own: a connection is
//! pinned to one of them for life, so between its readiness and JavaScript there is one wake of
//! one thread and no hand-over from worker to worker.
//!
//! Nothing is started before the first socket, and no second thread before there is a crowd. A few
//! sockets stay together: what happens to two of them reaches JavaScript in the order in which it
//! happened, as with a single event loop. Many are shared out evenly.

use std::future::{Future, poll_fn};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::Poll;
use std::thread;

use napi_derive::napi;
use tokio::runtime::{Builder, Handle};

use crate::bridge;
use crate::inbox::Inbox;
pub use crate::inbox::Wake;

/// Overrides how many I/O threads there are (1 to 64).
const WORKER_THREADS: &str = "TOKIO_NET_WORKER_THREADS";

/// The most I/O threads that can be asked for.
const MOST_THREADS: usize = 64;

/// Descriptors on the first thread from which on others take their share.
const CROWD: usize = 32;

/// The I/O threads that were started; each is kept until the process ends.
static THREADS: [OnceLock<Arc<IoThread>>; MOST_THREADS] = [const { OnceLock::new() }; MOST_THREADS];

/// Held while a thread is started, so that no environment starts the same one.
static STARTING: Mutex<()> = Mutex::new(());

/// One I/O thread.
pub struct IoThread {
    runtime: Handle,
    /// Tasks to wake, put here by other threads.
    inbox: Arc<Inbox>,
    /// How many descriptors it waits for.
    seats: AtomicUsize,
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

/// A descriptor's place on an I/O thread.
pub struct Seat(&'static IoThread);

impl Seat {
    /// The thread.
    pub fn thread(&self) -> &'static IoThread {
        self.0
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.seats.fetch_sub(1, Ordering::Relaxed);
    }
}

impl IoThread {
    /// The thread's runtime.
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    fn seats(&self) -> usize {
        self.seats.load(Ordering::Relaxed)
    }

    /// Wakes all of `tasks` at the price of one wake of the thread; leaves the vector empty.
    pub fn wake_all(&self, tasks: &mut Vec<Arc<dyn Wake>>) {
        self.inbox.put(tasks);
    }

    /// The task that wakes others, from within their own thread, where that costs no system call.
    fn clerk(self: Arc<Self>) -> impl Future<Output = ()> {
        let mut tasks = Vec::new();
        poll_fn(move |context| {
            self.inbox.empty(context, &mut tasks);
            Poll::Pending
        })
    }
}

/// Starts the first thread, as long as there are the descriptors for it. Where that fails, it is tried
/// again when a thread is needed.
pub fn prepare() {
    let _ = thread(0);
}

/// A place for the next connection or listener.
///
/// # Errors
///
/// When no thread or no readiness queue can be had (`EAGAIN`, `EMFILE`). A later call tries again.
pub fn take_seat() -> io::Result<Seat> {
    let first = thread(0)?;
    let mut thread = first;
    if first.seats.load(Ordering::Relaxed) >= CROWD {
        // The emptiest one; one that cannot be started leaves its share to the others.
        let seats = |number: &usize| THREADS[*number].get().map_or(0, |thread| thread.seats());
        let emptiest = (0..worker_count()).min_by_key(seats).unwrap_or(0);
        thread = self::thread(emptiest).unwrap_or(first);
    }
    thread.seats.fetch_add(1, Ordering::Relaxed);
    Ok(Seat(thread))
}

/// Whether there is a thread that runs tasks.
pub fn is_alive() -> bool {
    THREADS.iter().any(|slot| slot.get().is_some_and(|thread| thread.alive.load(Ordering::SeqCst)))
}

/// How many tasks there are: one for each connection and listener, those included that JavaScript
/// has let go of and that have not ended yet. Of the whole process; for tests that look for leaks.
#[napi(catch_unwind)]
pub fn alive_tasks() -> u32 {
    let alive = |thread: &Arc<IoThread>| thread.runtime.metrics().num_alive_tasks();
    let count: usize = THREADS.iter().filter_map(OnceLock::get).map(alive).sum();
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// The I/O thread of that number; started where it was not.
fn thread(number: usize) -> io::Result<&'static IoThread> {
    if let Some(thread) = THREADS[number].get() {
        return Ok(thread);
    }
    let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(thread) = THREADS[number].get() {
        return Ok(thread);
    }
    let started = start(number)?;
    Ok(THREADS[number].get_or_init(|| started))
}

fn start(number: usize) -> io::Result<Arc<IoThread>> {
    let inbox = Arc::new(Inbox::default());
    let runtime =
        Builder::new_current_thread().enable_io().on_thread_park(bridge::nudge_deferred).build()?;
    let io_thread = Arc::new(IoThread {
        runtime: runtime.handle().clone(),
        inbox,
        seats: AtomicUsize::new(0),
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

/// How many I/O threads there may be; found out once.
fn worker_count() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| count_from(std::env::var(WORKER_THREADS).ok().as_deref(), cores()))
}

/// How many cores the process may use.
fn cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// As many threads as `setting` says, else one fewer than there are cores, from 1 to 4.
fn count_from(setting: Option<&str>, cores: usize) -> usize {
    setting
        .and_then(|value| value.trim().parse::<usize>().ok())
        .filter(|count| (1..=MOST_THREADS).contains(count))
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

//! The one process-wide Tokio runtime.
//!
//! It is a handful of I/O threads, each with a current-thread runtime of its own: a connection is
//! pinned to one of them for life, so between its readiness and JavaScript there is one wake of
//! one thread and no hand-over from worker to worker. Nothing is started before the first socket.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tokio::runtime::{Builder, Handle};

/// Overrides how many I/O threads there are (1 to 64).
const WORKER_THREADS: &str = "TOKIO_NET_WORKER_THREADS";

/// The runtimes of the I/O threads; made once, kept until the process ends.
static THREADS: OnceLock<Vec<Handle>> = OnceLock::new();

/// Where the next connection goes.
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// The runtime of the I/O thread that takes the next connection or listener.
///
/// # Errors
///
/// When no thread or no readiness queue can be had (`EAGAIN`, `EMFILE`). A later call tries again.
pub fn next() -> io::Result<&'static Handle> {
    let threads = threads()?;
    let turn = NEXT.fetch_add(1, Ordering::Relaxed);
    Ok(&threads[turn % threads.len()])
}

fn threads() -> io::Result<&'static [Handle]> {
    if let Some(threads) = THREADS.get() {
        return Ok(threads);
    }
    let mut started = Vec::new();
    for number in 0..worker_count() {
        match start(number) {
            Ok(handle) => started.push(handle),
            // One thread is enough to serve; with none there is nothing to serve with.
            Err(_) if number > 0 => break,
            Err(error) => return Err(error),
        }
    }
    // Another environment's thread may have been faster; then ours are surplus but harmless.
    Ok(THREADS.get_or_init(|| started))
}

fn start(number: usize) -> io::Result<Handle> {
    let runtime = Builder::new_current_thread().enable_io().build()?;
    let handle = runtime.handle().clone();
    thread::Builder::new()
        .name(format!("tokio-net-{number}"))
        .spawn(move || runtime.block_on(std::future::pending::<()>()))?;
    Ok(handle)
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

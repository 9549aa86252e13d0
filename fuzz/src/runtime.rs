//! In the place of `src/runtime.rs`: one I/O thread, which is the target's own and works when the
//! target says so. So what happens depends on the input alone.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

pub use crate::inbox::Wake;

/// The I/O thread.
pub struct IoThread(Handle);

impl IoThread {
    /// Its runtime.
    pub fn runtime(&self) -> &Handle {
        &self.0
    }
}

thread_local! {
    static THREAD: (Runtime, &'static IoThread) = {
        let runtime = Builder::new_current_thread().enable_io().build().expect("a runtime");
        let thread = Box::leak(Box::new(IoThread(runtime.handle().clone())));
        (runtime, thread)
    };
}

/// A descriptor's place on the I/O thread.
pub struct Seat(&'static IoThread);

impl Seat {
    /// The thread.
    pub fn thread(&self) -> &'static IoThread {
        self.0
    }
}

/// A place for the next connection.
///
/// # Errors
///
/// Never.
pub fn take_seat() -> io::Result<Seat> {
    Ok(Seat(THREAD.with(|(_, thread)| *thread)))
}

/// Has the I/O thread do what there is to be done, for `turns` turns.
pub fn work(turns: usize) {
    THREAD.with(|(runtime, _)| {
        runtime.block_on(async {
            for _ in 0..turns {
                tokio::task::yield_now().await;
            }
        });
    });
}

/// How many tasks there are.
pub fn tasks() -> usize {
    THREAD.with(|(runtime, _)| runtime.metrics().num_alive_tasks())
}

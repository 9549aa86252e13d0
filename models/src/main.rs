//! Tries out every order in which two or three threads can come to meet in what they share.
//!
//! The files under test are those of the addon itself; only the locks, atomics and wakers in them are
//! [loom](https://docs.rs/loom)'s, and what they call of the system is replaced by stand-ins that
//! count. `npm run test:models` runs all of it.

#![allow(dead_code, reason = "the files under test have more than the models need")]

mod sync {
    //! In the place of `src/sync.rs`.

    use std::task::Waker;

    pub use loom::sync::atomic::Ordering;
    pub use loom::sync::{Condvar, Mutex, MutexGuard, RwLock};

    /// An atomic whose sequentially consistent loads are that: loom's see what acquiring ones may.
    macro_rules! atomic {
        ($name:ident, $number:ty) => {
            /// As the standard library's.
            #[derive(Debug)]
            pub struct $name(loom::sync::atomic::$name);

            impl $name {
                /// With that value.
                pub fn new(value: $number) -> Self {
                    $name(loom::sync::atomic::$name::new(value))
                }

                /// Its value.
                pub fn load(&self, ordering: Ordering) -> $number {
                    match ordering {
                        // What reads and writes at once sees the last value.
                        Ordering::SeqCst => self.0.fetch_add(0, ordering),
                        weaker => self.0.load(weaker),
                    }
                }

                /// Gives it another.
                pub fn store(&self, value: $number, ordering: Ordering) {
                    self.0.store(value, ordering);
                }

                /// Another one, where it has the one that is expected.
                pub fn compare_exchange(
                    &self,
                    expected: $number,
                    value: $number,
                    success: Ordering,
                    failure: Ordering,
                ) -> Result<$number, $number> {
                    self.0.compare_exchange(expected, value, success, failure)
                }

                /// Adds.
                pub fn fetch_add(&self, value: $number, ordering: Ordering) -> $number {
                    self.0.fetch_add(value, ordering)
                }

                /// Subtracts.
                pub fn fetch_sub(&self, value: $number, ordering: Ordering) -> $number {
                    self.0.fetch_sub(value, ordering)
                }

                /// Sets bits.
                pub fn fetch_or(&self, value: $number, ordering: Ordering) -> $number {
                    self.0.fetch_or(value, ordering)
                }

                /// Keeps bits.
                pub fn fetch_and(&self, value: $number, ordering: Ordering) -> $number {
                    self.0.fetch_and(value, ordering)
                }
            }
        };
    }

    atomic!(AtomicU32, u32);
    atomic!(AtomicU64, u64);
    atomic!(AtomicUsize, usize);

    /// In the place of that of `atomic-waker`.
    #[derive(Default)]
    pub struct AtomicWaker(loom::future::AtomicWaker);

    impl AtomicWaker {
        /// Remembers `waker`.
        pub fn register(&self, waker: &Waker) {
            self.0.register_by_ref(waker);
        }

        /// Wakes the task that registered last.
        pub fn wake(&self) {
            self.0.wake();
        }
    }
}

#[path = "../../src/inbox.rs"]
mod inbox;

mod place {
    //! A place where everything is ready at any time.

    use std::io;
    use std::task::{Context, Poll};

    /// Readiness of a stand-in.
    pub struct Readiness;

    impl Readiness {
        /// Nothing to clear.
        pub fn clear_ready(&mut self) {}
    }

    /// What is ready or not.
    pub struct Io;

    impl Io {
        /// Always: a move says by itself that there is nothing.
        pub fn poll_read_ready(&self, _: &mut Context<'_>) -> Poll<io::Result<Readiness>> {
            Poll::Ready(Ok(Readiness))
        }

        /// Always.
        pub fn poll_write_ready(&self, _: &mut Context<'_>) -> Poll<io::Result<Readiness>> {
            Poll::Ready(Ok(Readiness))
        }
    }

    /// In the place of that of `src/place.rs`.
    pub struct Place;

    impl Place {
        /// What is ready.
        pub fn io(&self) -> &Io {
            &Io
        }

        /// Nothing is.
        pub fn was_urgent(&self) -> bool {
            false
        }
    }
}

#[path = "."]
mod bridge {
    //! In the place of `src/bridge/`.

    pub mod deferred {
        //! An I/O thread of a model has one bridge.

        use std::cell::Cell;
        use std::sync::Arc;

        use super::queue::Bridge;

        loom::thread_local! {
            static DEFERS: Cell<bool> = Cell::new(false);
        }

        /// Makes the calling thread an I/O thread.
        pub fn start_deferring() {
            DEFERS.with(|defers| defers.set(true));
        }

        /// Whether the calling thread is one.
        pub fn defer(_bridge: &Arc<Bridge>) -> bool {
            DEFERS.with(Cell::get)
        }
    }

    pub mod event {
        //! Events without what they carry.

        /// A kind of event.
        #[derive(Clone, Copy, Debug, Eq, PartialEq)]
        pub enum Kind {
            /// Any.
            Read,
            /// The last of a handle.
            Close,
        }

        /// An event.
        pub struct Event {
            /// The handle's number.
            pub handle: u32,
            /// What happened.
            pub kind: Kind,
        }

        impl Event {
            /// None is.
            pub fn is_bulk(&self) -> bool {
                false
            }
        }
    }

    #[path = "../../fuzz/src/function.rs"]
    pub mod function;

    pub mod memory {
        //! None.

        /// Nothing is read.
        #[derive(Default)]
        pub struct ReadMemory;
    }

    #[path = "../../src/bridge/queue.rs"]
    pub mod queue;

    #[path = "../../src/bridge/table.rs"]
    pub mod table;

    #[path = "../../fuzz/src/watch.rs"]
    pub mod watch;

    /// As the addon's, but for a size that a model can fill.
    pub const READ_SIZE: usize = 1;

    /// As the addon's.
    pub const LARGE_READ: usize = 1;
}

mod server {
    //! The handle table names it.

    /// A listener.
    pub struct Listener;
}

#[path = "."]
mod socket {
    //! In the place of `src/socket/`.

    pub mod connection {
        //! A connection whose kernel is a counter.

        use crate::sync::{AtomicUsize, Ordering};

        /// A connection.
        pub struct Connection {
            /// Bytes that are there to be read.
            pub readable: AtomicUsize,
            /// Bytes that were sent.
            pub sent: AtomicUsize,
            /// Bytes that were left to the connection's own task.
            pub gathered: AtomicUsize,
            /// How often a pump has ended.
            pub ended: AtomicUsize,
        }

        impl Connection {
            /// With so many bytes to read.
            pub fn new(readable: usize) -> Self {
                Connection {
                    readable: AtomicUsize::new(readable),
                    sent: AtomicUsize::new(0),
                    gathered: AtomicUsize::new(0),
                    ended: AtomicUsize::new(0),
                }
            }

            /// Leaves bytes to the connection's task.
            pub fn gather(&self, bytes: &[u8]) {
                self.gathered.fetch_add(bytes.len(), Ordering::SeqCst);
            }

            /// The pump has ended.
            pub fn end_pump(&self) {
                self.ended.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    pub mod relay {
        //! Takes two bytes at a time and sends one of them at once.

        use std::io;

        use super::connection::Connection;
        use crate::sync::Ordering;

        /// What is between two connections.
        #[derive(Default)]
        pub struct Relay {
            held: usize,
        }

        /// What a step has brought.
        pub struct Moved {
            /// Bytes that were taken.
            pub count: usize,
            /// Whether there are no more for now.
            pub is_last: bool,
            /// How sending went.
            pub sent: io::Result<()>,
        }

        impl Relay {
            /// Whether all that was taken was sent.
            pub fn is_empty(&self) -> bool {
                self.held == 0
            }

            /// Takes and sends.
            pub fn advance(
                &mut self,
                from: &Connection,
                to: &Connection,
                on_read: impl Fn(usize),
            ) -> io::Result<Moved> {
                let left = from.readable.load(Ordering::SeqCst);
                let count = left.min(2);
                from.readable.store(left - count, Ordering::SeqCst);
                on_read(count);
                let sent = count.min(1);
                to.sent.fetch_add(sent, Ordering::SeqCst);
                self.held = count - sent;
                Ok(Moved { count, is_last: false, sent: Ok(()) })
            }

            /// Sends the rest.
            pub fn drain(&mut self, to: &Connection) -> io::Result<()> {
                to.sent.fetch_add(std::mem::take(&mut self.held), Ordering::SeqCst);
                Ok(())
            }

            /// Gives the rest away.
            pub fn take(&mut self) -> Vec<u8> {
                vec![0; std::mem::take(&mut self.held)]
            }
        }
    }

    #[path = "../../src/socket/flow.rs"]
    pub mod flow;

    #[path = "../../src/socket/pump.rs"]
    pub mod pump;

    /// A socket in the handle table.
    pub struct SocketHandle;
}

mod model;
mod retirement;

fn main() {
    for (name, model) in model::MODELS {
        let started = std::time::Instant::now();
        let mut builder = loom::model::Builder::new();
        builder.preemption_bound = Some(3);
        let orders = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let count = std::sync::Arc::clone(&orders);
        builder.check(move || {
            count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            model();
        });
        let orders = orders.load(std::sync::atomic::Ordering::Relaxed);
        println!("{name}: {orders} orders in {:.1} s", started.elapsed().as_secs_f64());
    }
}

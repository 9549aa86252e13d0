//! The task of one listener.

use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use super::intake::Step;
use super::listener::{Listener, Open};
use crate::bridge::{Event, Kind, Payload};
use crate::socket::{Accepted, Connection};

/// Connections accepted before other tasks get their turn.
const BURST: usize = 32;

/// Accepts until JavaScript closes the listener.
pub fn accept(listener: Arc<Listener>) -> impl Future<Output = ()> {
    let mut acceptor = Acceptor { listener };
    poll_fn(move |context| acceptor.poll(context))
}

struct Acceptor {
    listener: Arc<Listener>,
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        // Tokio catches a panic of the task; the server is told that it accepts no more.
        if std::thread::panicking() {
            self.listener.failed(&io::Error::other("the accepting task has panicked"));
        }
    }
}

impl Acceptor {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let listener = Arc::clone(&self.listener);
        // Before the state is looked at, so that a change after the look wakes the task.
        listener.task().register(context.waker());
        for _ in 0..BURST {
            let mut open = listener.open();
            let Some(open) = &mut *open else { return Poll::Ready(()) };
            if !listener.has_room() {
                return Poll::Pending;
            }
            ready!(self.poll_accept(open, context));
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn poll_accept(&mut self, open: &mut Open, context: &mut Context<'_>) -> Poll<()> {
        let Open { place: Some(place), fd, intake } = open else { return Poll::Pending };
        loop {
            let mut ready = match ready!(place.io().poll_read_ready(context)) {
                Ok(ready) => ready,
                // The runtime is gone, and with it everything that could be accepted.
                Err(_) => return Poll::Pending,
            };
            match intake.accept(fd.as_fd()) {
                Step::Connection(fd) => {
                    self.hand_over(fd);
                    return Poll::Ready(());
                }
                Step::Again => return Poll::Ready(()),
                Step::Blocked => ready.clear_ready(),
                Step::Failed => {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
        }
    }

    fn hand_over(&self, fd: OwnedFd) {
        let listener = &self.listener;
        let registered = Connection::register(listener.bridge(), fd.into(), listener.origin());
        // It has a task before JavaScript hears of it, or JavaScript would wait for it itself.
        let prepared = registered.and_then(|connection| Ok((connection.prepare()?, connection)));
        match prepared {
            Ok((place, connection)) => {
                listener.connection_accepted();
                listener.bridge().push(Event {
                    handle: listener.handle(),
                    kind: Kind::Connection,
                    number: connection.handle().cast_signed(),
                    payload: Payload::Accepted(Accepted::new(Arc::clone(&connection))),
                });
                // Only now, so that nothing is told of it before its listener has announced it.
                connection.run(place);
            }
            Err(error) => self.listener.failed(&error),
        }
    }
}

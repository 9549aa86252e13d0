//! The models. Each is run in every order that its threads' steps can have.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use loom::future::block_on;
use loom::thread;

use crate::bridge::deferred::start_deferring;
use crate::bridge::event::{Event, Kind};
use crate::bridge::queue::Bridge;
use crate::bridge::table::{Handle, Table};
use crate::inbox::{Inbox, Wake};
use crate::place::Place;
use crate::retirement;
use crate::socket::connection::Connection;
use crate::socket::flow::{Flow, READING};
use crate::socket::pump::Pump;
use crate::sync::{AtomicUsize, AtomicWaker, Mutex, Ordering};

/// All of them, by what must hold.
pub const MODELS: &[(&str, fn())] = &[
    ("each event gets its call, whoever pushes it and whenever", every_event_is_called_for),
    ("after the end of the environment nobody calls its function", nobody_calls_after_the_end),
    ("the end of the environment waits for the last descriptor", the_end_waits),
    ("two handles never have the same number", numbers_are_unique),
    ("a number kept too long finds nothing", late_numbers_find_nothing),
    ("a task that is put into the inbox is woken", the_inbox_wakes_all),
    ("a task that is throttled reads on when JavaScript has caught up", reading_goes_on),
    ("a pump that was stopped moves nothing, and loses nothing", a_stopped_pump_is_still),
    ("a pump that always finds something lets others have their turn", a_pump_is_fair),
    ("a task that retires leaves nothing unsent, and nobody beside it", retirement::of_a_writer),
    ("what a task has read comes before what is read after it", retirement::of_a_reader),
];

fn event(handle: u32) -> Event {
    Event { handle, kind: Kind::Read }
}

/// A bridge, and the calls that were made and not answered.
fn bridge() -> (Arc<Bridge>, Arc<AtomicUsize>) {
    let bridge = Arc::new(Bridge::new());
    let calls = Arc::new(AtomicUsize::new(0));
    bridge.connect(Arc::clone(&calls));
    (bridge, calls)
}

/// Answers the calls that were made, as JavaScript's thread does.
fn answer(bridge: &Bridge, calls: &AtomicUsize, seen: &mut Vec<u32>) {
    while calls.load(Ordering::SeqCst) > 0 {
        calls.fetch_sub(1, Ordering::SeqCst);
        seen.extend(bridge.pop().map(|(event, _)| event.handle));
    }
}

fn every_event_is_called_for() {
    let (bridge, calls) = bridge();
    let io_thread = thread::spawn({
        let bridge = Arc::clone(&bridge);
        move || {
            start_deferring();
            bridge.push(event(1));
            bridge.push(event(2));
            // It goes to sleep.
            bridge.nudge_deferred();
        }
    });
    let other = thread::spawn({
        let bridge = Arc::clone(&bridge);
        move || bridge.push(event(3))
    });
    let mut seen = Vec::new();
    answer(&bridge, &calls, &mut seen);
    io_thread.join().unwrap();
    other.join().unwrap();
    answer(&bridge, &calls, &mut seen);
    assert!(bridge.pop().is_none(), "an event waits that nobody was called for");
    let order =
        |of: &[u32]| seen.iter().copied().filter(|one| of.contains(one)).collect::<Vec<_>>();
    assert_eq!(order(&[1, 2]), [1, 2], "events of one thread keep their order");
    assert_eq!(order(&[3]), [3]);
}

fn nobody_calls_after_the_end() {
    let (bridge, calls) = bridge();
    let io_thread = thread::spawn({
        let bridge = Arc::clone(&bridge);
        move || {
            start_deferring();
            bridge.push(event(1));
            bridge.nudge_deferred();
            bridge.push(event(2));
            bridge.nudge_deferred();
        }
    });
    bridge.disconnect();
    let before = calls.load(Ordering::SeqCst);
    io_thread.join().unwrap();
    assert_eq!(calls.load(Ordering::SeqCst), before);
}

fn the_end_waits() {
    let bridge = Arc::new(Bridge::new());
    let closed = Arc::new(AtomicUsize::new(0));
    bridge.descriptor_opened();
    bridge.descriptor_opened();
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let (bridge, closed) = (Arc::clone(&bridge), Arc::clone(&closed));
            thread::spawn(move || {
                closed.fetch_add(1, Ordering::SeqCst);
                bridge.descriptor_closed();
            })
        })
        .collect();
    bridge.wait_for_descriptors(|| true);
    assert_eq!(closed.load(Ordering::SeqCst), 2);
    for task in tasks {
        task.join().unwrap();
    }
}

fn numbers_are_unique() {
    let bridge = Arc::new(Bridge::new());
    let first = bridge.take_number().unwrap();
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let bridge = Arc::clone(&bridge);
            thread::spawn(move || bridge.take_number().unwrap())
        })
        .collect();
    bridge.give_back_number(first);
    let taken: Vec<u32> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_ne!(taken[0], taken[1]);
    assert!(!taken.contains(&first), "a number comes back with its next generation");
}

fn late_numbers_find_nothing() {
    let (bridge, calls) = bridge();
    let number = bridge.take_number().unwrap();
    let mut table = Table::default();
    table.insert(number, Handle::Closed);
    // The task's last word, and one of a socket that gets the same place in the table.
    let task = thread::spawn({
        let bridge = Arc::clone(&bridge);
        move || bridge.push(Event { handle: number, kind: Kind::Close })
    });
    let mut next = None;
    let mut deliver = || {
        while calls.load(Ordering::SeqCst) > 0 {
            calls.fetch_sub(1, Ordering::SeqCst);
            let Some((event, _)) = bridge.pop() else { continue };
            assert!(table.remove(event.handle).is_some());
            bridge.give_back_number(event.handle);
            let number = bridge.take_number().unwrap();
            table.insert(number, Handle::Closed);
            next = Some(number);
        }
    };
    deliver();
    task.join().unwrap();
    deliver();
    let next = next.unwrap();
    assert_ne!(next, number);
    assert!(table.get(number).is_none() && table.get(next).is_some());
}

/// A task that counts how often it is woken.
struct Woken(Arc<AtomicUsize>);

impl Wake for Woken {
    fn wake(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn the_inbox_wakes_all() {
    let inbox = Arc::new(Inbox::default());
    let woken = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let (inbox, woken) = (Arc::clone(&inbox), Arc::clone(&woken));
            thread::spawn(move || {
                let mut tasks: Vec<Arc<dyn Wake>> = vec![Arc::new(Woken(woken))];
                inbox.put(&mut tasks);
                assert!(tasks.is_empty());
            })
        })
        .collect();
    let mut tasks = Vec::new();
    // A wake that is lost would leave this waiting for ever, which is found out.
    block_on(poll_fn(|context| {
        inbox.empty(context, &mut tasks);
        if woken.load(Ordering::SeqCst) == 2 { Poll::Ready(()) } else { Poll::Pending }
    }));
    for thread in threads {
        thread.join().unwrap();
    }
}

/// The oldest event; the lock is not held on.
fn pop(queue: &Mutex<VecDeque<usize>>) -> Option<usize> {
    queue.lock().unwrap().pop_front()
}

fn reading_goes_on() {
    const READS: usize = 3;
    let flow = Arc::new(Flow::new(READING));
    flow.set_high_water_mark(1);
    let task = Arc::new(AtomicWaker::default());
    let arrived = Arc::new(AtomicWaker::default());
    let queue = Arc::new(Mutex::new(VecDeque::new()));
    let reader = thread::spawn({
        let (flow, task, queue) = (Arc::clone(&flow), Arc::clone(&task), Arc::clone(&queue));
        let arrived = Arc::clone(&arrived);
        move || {
            let mut left = READS;
            block_on(poll_fn(|context| {
                task.register(context.waker());
                while left > 0 {
                    if !flow.wants_read(|| false) {
                        return Poll::Pending;
                    }
                    flow.undelivered(1);
                    queue.lock().unwrap().push_back(1);
                    arrived.wake();
                    left -= 1;
                }
                Poll::Ready(())
            }));
        }
    });
    // JavaScript waits for events as the task waits for JavaScript.
    let mut seen = 0;
    block_on(poll_fn(|context| {
        arrived.register(context.waker());
        while let Some(count) = pop(&queue) {
            seen += count;
            if flow.delivered(count, || false) {
                task.wake();
            }
        }
        if seen == READS { Poll::Ready(()) } else { Poll::Pending }
    }));
    reader.join().unwrap();
}

fn a_pump_is_fair() {
    let source = Connection::new(1000);
    let pump = Pump::new(Arc::new(Connection::new(0)), Arc::new(Place));
    block_on(poll_fn(|context| {
        assert!(pump.poll(&source, &Place, context).is_pending());
        Poll::Ready(())
    }));
    assert!((1..100).contains(&pump.moved()));
}

fn a_stopped_pump_is_still() {
    let source = Arc::new(Connection::new(3));
    let destination = Arc::new(Connection::new(0));
    let pump = Arc::new(Pump::new(Arc::clone(&destination), Arc::new(Place)));
    let task = thread::spawn({
        let (source, pump) = (Arc::clone(&source), Arc::clone(&pump));
        move || {
            block_on(poll_fn(|context| pump.poll(&source, &Place, context).map(drop)));
        }
    });
    pump.stop();
    let state = || {
        let [readable, sent, gathered] =
            [&source.readable, &destination.sent, &destination.gathered]
                .map(|count| count.load(Ordering::SeqCst));
        (readable, sent, gathered)
    };
    let stopped = state();
    let moved = pump.moved() as usize;
    task.join().unwrap();
    assert_eq!(state(), stopped, "nothing moves after the stop");
    let (readable, sent, gathered) = stopped;
    assert_eq!(sent + gathered, moved, "what was taken was sent, or counts as written");
    assert_eq!(readable + moved, 3);
}

//! Bytes between JavaScript's thread and the task.

#![no_main]

use std::sync::LazyLock;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use tokio_net_fuzz::socket::outgoing::{MOST_QUEUED, Outgoing};

#[derive(Arbitrary, Debug)]
enum Step {
    Gather(u16),
    Queue(u16),
    QueueMuch(u32),
    Take,
    Send(u32),
    Blocked,
    Fail,
}

const PERIOD: usize = 251;

/// Bytes of a stream that begins over and over.
fn stream(at: usize, count: usize) -> &'static [u8] {
    static BYTES: LazyLock<Vec<u8>> =
        LazyLock::new(|| (0..2 * MOST_QUEUED + PERIOD).map(|at| (at % PERIOD) as u8).collect());
    &BYTES[at % PERIOD..at % PERIOD + count]
}

fuzz_target!(|steps: Vec<Step>| {
    let mut outgoing = Outgoing::default();
    // Bytes put in and sent; those of writes that were put in and told of; what the task holds.
    let (mut put, mut sent, mut queued, mut told) = (0, 0, 0, 0);
    let mut taken: Vec<u8> = Vec::new();
    // Whether there is more of a write than has fitted, and whether `Full` was told.
    let (mut more, mut full) = (false, false);
    for step in steps.iter().take(200) {
        match step {
            // None is gathered while a write is under way.
            Step::Gather(size) if queued == told && !more => {
                let size = usize::from(*size);
                outgoing.gather(stream(put, size));
                put += size;
            }
            Step::Gather(_) => {}
            Step::Queue(_) | Step::QueueMuch(_) => {
                let size = match step {
                    Step::Queue(size) => usize::from(*size),
                    Step::QueueMuch(size) => *size as usize % (2 * MOST_QUEUED),
                    _ => unreachable!(),
                };
                let before = outgoing.pending();
                let count = outgoing.queue(stream(put, size));
                assert_eq!(count, size.min(MOST_QUEUED.saturating_sub(before)));
                more = count < size;
                put += count;
                queued += count;
            }
            Step::Take => taken.extend(outgoing.take()),
            Step::Send(count) => {
                let count = (*count as usize).min(taken.len()).min(MOST_QUEUED);
                if count == 0 {
                    continue;
                }
                assert!(taken[..count] == *stream(sent, count), "another byte");
                taken.drain(..count);
                sent += count;
                let answer = outgoing.sent(count);
                told += answer.unwrap_or(0);
                more &= answer.is_none();
                if outgoing.pending() == 0 {
                    assert!(!full || answer.is_some(), "JavaScript slows down for good");
                    full = false;
                }
            }
            Step::Blocked => {
                let tells = outgoing.blocked();
                assert!(!(tells && full), "once");
                full |= tells;
            }
            Step::Fail => {
                outgoing.clear();
                taken.clear();
                (sent, queued, told, more, full) = (put, 0, 0, false, false);
            }
        }
        assert_eq!(outgoing.pending(), put - sent);
        assert!(told <= queued);
    }
    taken.extend(outgoing.take());
    assert_eq!(taken.len(), put - sent);
    if !taken.is_empty() {
        told += outgoing.sent(taken.len()).unwrap_or(0);
    }
    assert_eq!((outgoing.pending(), told), (0, queued));
});

//! The queue of events, and the calls that it makes for them.

#![no_main]

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use tokio_net_fuzz::bridge::{
    Bridge, Event, Kind, LARGE_READ, Payload, nudge_deferred, start_deferring,
};

#[derive(Arbitrary, Debug)]
enum Step {
    /// Of one of a few handles.
    Push(u8),
    PushBulk(u8),
    PushRead(u8, u16),
    PushClose(u8),
    PushFirst(u8),
    /// Node answers a call.
    Answer,
    /// The I/O thread goes to sleep.
    Sleep,
    Withdraw(u8),
    Disconnect,
}

fuzz_target!(|input: (bool, Vec<Step>)| {
    let (defers, steps) = input;
    if defers {
        // An I/O thread never stops to put calls off. Joined, so that nothing of it is left.
        let io_thread = std::thread::spawn(|| {
            start_deferring();
            play(steps, true);
        });
        io_thread.join().expect("no panic");
    } else {
        play(steps, false);
    }
});

fn play(steps: Vec<Step>, defers: bool) {
    let calls = Arc::new(AtomicUsize::new(0));
    let bridge = Arc::new(Bridge::new());
    bridge.connect(Arc::clone(&calls));
    let mut expected: VecDeque<(u32, Kind, i32)> = VecDeque::new();
    let mut is_connected = true;
    for (number, step) in steps.into_iter().enumerate() {
        let event = |handle: u8, kind, number| Event::new(u32::from(handle % 4), kind, number);
        let number = number as i32;
        let pushed = match step {
            Step::Push(handle) => Some(event(handle, Kind::Connect, number)),
            Step::PushBulk(handle) => Some(event(handle, Kind::Write, LARGE_READ as i32)),
            Step::PushClose(handle) => Some(event(handle, Kind::Close, number)),
            Step::PushRead(handle, length) => {
                let slice = bridge.memory.check_out().map(|mut block| {
                    let slice = block.take(length.into());
                    bridge.memory.check_in(block);
                    slice
                });
                let payload = slice.map_or(Payload::Owned(vec![0; length.into()]), Payload::Pooled);
                Some(Event { payload, ..event(handle, Kind::Read, length.into()) })
            }
            Step::PushFirst(handle) => {
                let event = event(handle, Kind::Shutdown, number);
                if is_connected {
                    expected.push_front((event.handle, event.kind, event.number));
                }
                bridge.push_first(event);
                None
            }
            Step::Answer if calls.load(Ordering::SeqCst) > 0 => {
                answer(&bridge, &calls, &mut expected);
                None
            }
            Step::Answer => None,
            Step::Sleep => {
                nudge_deferred();
                is_called_for(&expected, &calls);
                None
            }
            Step::Withdraw(handle) => {
                let handle = u32::from(handle % 4);
                let seen: Vec<_> = bridge.withdraw(handle).iter().map(told).collect();
                let (of_it, rest): (VecDeque<_>, _) = expected
                    .into_iter()
                    .partition(|(of, kind, _)| *of == handle && *kind != Kind::Close);
                expected = rest;
                assert_eq!(of_it, seen);
                None
            }
            Step::Disconnect => {
                bridge.disconnect();
                // Node drops the calls that it was asked for.
                calls.store(0, Ordering::SeqCst);
                expected.clear();
                is_connected = false;
                None
            }
        };
        if let Some(event) = pushed {
            if is_connected {
                expected.push_back(told(&event));
            }
            bridge.push(event);
        }
        if !defers {
            is_called_for(&expected, &calls);
        }
    }
    nudge_deferred();
    // Each event gets a call, and by then it is there.
    while calls.load(Ordering::SeqCst) > 0 {
        answer(&bridge, &calls, &mut expected);
    }
    assert!(expected.is_empty() && bridge.pop().is_none());
}

fn told(event: &Event) -> (u32, Kind, i32) {
    (event.handle, event.kind, event.number)
}

fn is_called_for(expected: &VecDeque<(u32, Kind, i32)>, calls: &AtomicUsize) {
    assert!(expected.is_empty() || calls.load(Ordering::SeqCst) > 0, "nobody was called");
}

fn answer(bridge: &Bridge, calls: &AtomicUsize, expected: &mut VecDeque<(u32, Kind, i32)>) {
    calls.fetch_sub(1, Ordering::SeqCst);
    let popped = bridge.pop();
    assert_eq!(popped.as_ref().map(|(event, _)| told(event)), expected.pop_front());
    assert!(popped.is_none_or(|(_, more)| more != expected.is_empty()));
}

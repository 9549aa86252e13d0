//! How long JavaScript takes with an event of an I/O thread's, and so how much the two hand each other at
//! a time.
//!
//! To wake the other thread takes a while, so it is done for many events at once, and for many writes.
//! But where JavaScript works long on each, it would have nothing to do while the many are read, and
//! the I/O thread nothing while they are worked on.

use std::cell::Cell;
use std::time::Duration;

use super::queue::MOST_DEFERRED;

/// So much work is worth to wake the thread that does it.
const WORTH: Duration = Duration::from_micros(120);

/// Events that an I/O thread gathers before it wakes JavaScript's, at least and at most.
const EVENTS: (usize, usize) = (4, MOST_DEFERRED);

/// Writes that JavaScript gathers before it hands them over, at least and at most.
const WRITES: (usize, usize) = (16, 128);

/// To hand them over is worth that many times as much work, as it is done in the middle of it.
const WRITES_WORTH: u32 = 4;

/// It looks at the clock in one of so many rounds of the event loop: that is a system call.
const SELDOM: u32 = 4;

/// How many measurements the one that counts is made of.
const SMOOTH: u32 = 4;

/// The time that events take.
#[derive(Default)]
pub struct Pace {
    /// The number of the round in which events are delivered.
    round: Cell<u32>,
    /// The thread's time when the round began, if that was looked at, and the events since.
    begun: Cell<Option<Duration>>,
    events: Cell<u32>,
    writes: Cell<u32>,
    /// What an event took lately, and a write with what led to it.
    event: Cell<Duration>,
    write: Cell<Duration>,
}

impl Pace {
    /// Events are about to be delivered.
    pub fn begins(&self) {
        if self.begun.get().is_some() {
            return;
        }
        self.round.set(self.round.get().wrapping_add(1));
        if self.round.get().is_multiple_of(SELDOM) {
            self.events.set(0);
            self.writes.set(0);
            self.begun.set(thread_time());
        }
    }

    /// One is.
    pub fn delivered(&self) {
        self.events.set(self.events.get().saturating_add(1));
    }

    /// So many writes were handed over.
    pub fn wrote(&self, count: usize) {
        self.writes.set(self.writes.get().saturating_add(count as u32));
    }

    /// All were; `true` where it is known anew what they take.
    pub fn ended(&self) -> bool {
        let Some(begun) = self.begun.take() else { return false };
        let Some(took) = thread_time().and_then(|now| now.checked_sub(begun)) else { return false };
        self.took(took)
    }

    fn took(&self, time: Duration) -> bool {
        let events = self.events.get();
        let parts = [(&self.event, events), (&self.write, events.max(self.writes.get()))];
        for (cost, count) in parts {
            let Some(each) = time.checked_div(count) else { return false };
            // What takes longer is an exception, as the collection of garbage is, and makes no difference.
            let sum = cost.get() * (SMOOTH - 1) + each.min(WORTH);
            cost.set(sum / SMOOTH);
        }
        true
    }

    /// How many events are to wait before JavaScript's thread is woken, unless the I/O thread goes to sleep.
    pub fn most_events(&self) -> usize {
        count_of(WORTH, self.event.get(), EVENTS)
    }

    /// How many writes are to wait before they are handed over, unless the turn ends.
    pub fn most_writes(&self) -> usize {
        count_of(WRITES_WORTH * WORTH, self.write.get(), WRITES)
    }
}

/// How many parts that cost `each` are `worth` as much, within the limits; the most, where that is not known.
fn count_of(worth: Duration, each: Duration, (least, most): (usize, usize)) -> usize {
    let count = worth.as_nanos().checked_div(each.as_nanos());
    count.map_or(most, |count| (count as usize).clamp(least, most))
}

/// How long the calling thread has had a CPU.
fn thread_time() -> Option<Duration> {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the structure is there for the call to fill.
    let status = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    let (seconds, nanos) = (u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?);
    (status == 0).then(|| Duration::new(seconds, nanos))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace_of(each: Duration) -> Pace {
        let pace = Pace::default();
        for _ in 0..100 {
            pace.events.set(10);
            assert!(pace.took(10 * each));
        }
        pace
    }

    #[test]
    fn what_takes_long_comes_in_small_portions() {
        let of = |micros| {
            let pace = pace_of(Duration::from_micros(micros));
            (pace.most_events(), pace.most_writes())
        };
        assert_eq!(of(1), (32, 128));
        assert_eq!(of(12), (10, 40));
        assert_eq!(of(60), (4, 16));
        assert_eq!(of(1_000_000), (4, 16));
    }

    #[test]
    fn nothing_is_known_of_what_was_not_measured() {
        let pace = Pace::default();
        assert_eq!(pace.most_events(), MOST_DEFERRED);
        assert!(!pace.ended());
        for _ in 0..SELDOM {
            pace.begins();
        }
        // No events, no time for each.
        assert!(!pace.ended());
        assert_eq!(pace.most_events(), MOST_DEFERRED);
    }

    #[test]
    fn one_round_in_several_is_measured() {
        let pace = Pace::default();
        let measured = (0..40).filter(|_| {
            pace.begins();
            pace.delivered();
            let begun = thread_time().unwrap();
            while thread_time().unwrap() - begun < Duration::from_micros(50) {}
            pace.ended()
        });
        assert_eq!(measured.count(), 10);
        assert!(pace.most_events() < MOST_DEFERRED);
    }

    #[test]
    fn many_writes_of_one_event_are_handed_over_together() {
        let pace = Pace::default();
        for _ in 0..100 {
            pace.events.set(1);
            pace.writes.set(0);
            pace.wrote(500);
            assert!(pace.took(Duration::from_millis(1)));
        }
        assert_eq!((pace.most_events(), pace.most_writes()), (4, 128));
    }

    #[test]
    fn a_pause_is_forgotten() {
        let pace = pace_of(Duration::from_micros(2));
        pace.events.set(1);
        pace.took(Duration::from_secs(1));
        for _ in 0..20 {
            pace.events.set(30);
            pace.took(Duration::from_micros(60));
        }
        assert_eq!(pace.most_events(), MOST_DEFERRED);
    }
}

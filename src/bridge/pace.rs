//! How long JavaScript takes with an event of an I/O thread's, and so how much the two hand each other at
//! a time.
//!
//! To wake the other thread takes a while, so it is done for many events at once, and for many writes.
//! But where JavaScript works long on each, it would have nothing to do while the many are read, and
//! the I/O thread nothing while they are worked on. And where JavaScript's thread has time to spare, nothing is
//! handed over at all that it can do itself.

use std::cell::Cell;
use std::time::{Duration, Instant};

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

/// For so long it is observed how busy JavaScript's thread is, at least.
const WINDOW: Duration = Duration::from_millis(20);

/// About what a send(2) of a small write takes.
const SEND: Duration = Duration::from_micros(8);

/// Whether JavaScript's thread has time to send itself what was gathered: the peers have it sooner then than
/// from another thread that has to be woken for it.
pub struct Leisure {
    is_there: Cell<bool>,
    /// When the window began, and the thread's time then.
    since: Cell<Option<(Instant, Duration)>>,
    /// Writes since then that were left to I/O threads.
    left: Cell<u32>,
}

impl Default for Leisure {
    fn default() -> Self {
        Leisure { is_there: Cell::new(true), since: Cell::new(None), left: Cell::new(0) }
    }
}

impl Leisure {
    /// Whether it has time for `count` writes. If not, they are left to I/O threads.
    pub fn is_there_for(&self, count: usize) -> bool {
        let now = Instant::now();
        let is_due = self.since.get().is_none_or(|(begun, _)| now - begun >= WINDOW);
        if is_due
            && let Some(time) = thread_time()
            && let Some((begun, before)) = self.since.replace(Some((now, time)))
        {
            self.observed(now - begun, time.saturating_sub(before));
        }
        if !self.is_there.get() {
            self.left.set(self.left.get().saturating_add(count as u32));
        }
        self.is_there.get()
    }

    /// The thread was `busy` for so much of a window of that length.
    fn observed(&self, length: Duration, busy: Duration) {
        // What was left would have come on top of that.
        let busy = busy + SEND.saturating_mul(self.left.take());
        let most = if self.is_there.get() { 49 } else { 45 };
        self.is_there.set(busy < length * most / 50);
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

    const MILLI: Duration = Duration::from_millis(1);

    #[test]
    fn a_thread_that_is_busy_leaves_writes_to_others() {
        let leisure = Leisure::default();
        leisure.observed(100 * MILLI, 97 * MILLI);
        assert!(leisure.is_there.get());
        leisure.observed(100 * MILLI, 99 * MILLI);
        assert!(!leisure.is_there.get());
        // It would be as busy again.
        let left = 25 * MILLI.as_micros() / SEND.as_micros();
        for busy in [90, 80, 66] {
            leisure.left.set(left as u32);
            leisure.observed(100 * MILLI, busy * MILLI);
            assert!(!leisure.is_there.get());
        }
        leisure.left.set(left as u32);
        leisure.observed(100 * MILLI, 60 * MILLI);
        assert!(leisure.is_there.get());
    }

    #[test]
    fn it_is_looked_at_from_time_to_time() {
        while thread_time().unwrap() < 3 * WINDOW {}
        let since =
            |begun: Instant, busy: u32| Some((begun, thread_time().unwrap() - busy * WINDOW));
        let now = Instant::now();
        let leisure = Leisure::default();
        assert!(leisure.is_there_for(20), "nothing is known yet");
        leisure.since.set(since(now - 2 * WINDOW, 3));
        assert!(!leisure.is_there_for(20), "it was busy all the time");
        assert_eq!(leisure.left.get(), 20);
        leisure.since.set(since(now + 100 * WINDOW, 0));
        assert!(!leisure.is_there_for(20), "that may be so for a moment only");
        leisure.since.set(since(now - 100 * WINDOW, 0));
        assert!(leisure.is_there_for(20) && leisure.left.get() == 0);
    }
}

//! How many descriptors are busy at a time, and so whose work it is to wait for them.
//!
//! A few are served best by JavaScript's own event loop: to wake another thread for each takes longer
//! than their work. A crowd is left to the I/O threads, so that JavaScript's has time for JavaScript.

use std::cell::Cell;
use std::sync::OnceLock;

/// What the environment variable of that name says of who waits; for tests.
const EVENT_LOOP: &str = "TOKIO_NET_EVENT_LOOP";

/// So many ready at once are a crowd …
const CROWD: usize = 32;

/// … if they are again and again.
const OFTEN: u32 = 4;

/// Reads of I/O threads' that are looked at together.
const WINDOW: u32 = 256;

/// If no more than that many sockets had them, they were no crowd.
const FEW: u32 = 16;

/// Nor were they, if no more than that many came one behind the other on average: then it is many sockets
/// that say little.
const SPARSE: u32 = 4;

/// For so many looks of JavaScript's thread a window counts as recent.
const RECENT: u32 = 256;

/// What was seen lately.
#[derive(Default)]
pub struct Crowd {
    /// Where tests want that, chance says whether there is a crowd, by this state.
    chance: Option<Cell<u32>>,
    /// How much more often there was a crowd than not: 0 to twice [`OFTEN`].
    score: Cell<u32>,
    /// The number of the window, the reads in it so far, the sockets that had them, and how often in it
    /// there was nothing more behind an event.
    window: Cell<u32>,
    reads: Cell<u32>,
    readers: Cell<u32>,
    gaps: Cell<u32>,
    /// How many had those of the last window, and the looks since then.
    last_readers: Cell<u32>,
    looks: Cell<u32>,
}

impl Crowd {
    /// Nothing was seen yet.
    pub fn new() -> Self {
        let is_restless = std::env::var(EVENT_LOOP).is_ok_and(|value| value == "restless");
        Crowd { chance: is_restless.then(|| Cell::new(1)), ..Crowd::default() }
    }

    /// Whether JavaScript's thread waits for nothing itself.
    pub fn is_everything() -> bool {
        static IS_EVERYTHING: OnceLock<bool> = OnceLock::new();
        *IS_EVERYTHING.get_or_init(|| std::env::var(EVENT_LOOP).is_ok_and(|value| value == "off"))
    }

    /// What chance says, where it does.
    fn guess(&self) -> Option<bool> {
        let state = self.chance.as_ref()?;
        let mut next = state.get();
        next ^= next << 13;
        next ^= next >> 17;
        next ^= next << 5;
        state.set(next);
        Some(next % 4 == 0)
    }

    /// So many descriptors were ready at once.
    pub fn seen(&self, ready: usize) {
        self.looks.set(self.looks.get().saturating_add(1));
        let score = self.score.get();
        self.score.set(if ready >= CROWD {
            (score + 1).min(2 * OFTEN)
        } else {
            score.saturating_sub(1)
        });
    }

    /// Whether there is a crowd.
    pub fn is_there(&self) -> bool {
        if let Some(guess) = self.guess() {
            return guess;
        }
        let elsewhere = self.last_readers.get() >= CROWD as u32 && self.looks.get() < RECENT;
        elsewhere || self.score.get() >= OFTEN
    }

    /// An event of an I/O thread's has arrived, behind which there are more or not.
    pub fn arrived(&self, more: bool) {
        self.gaps.set(self.gaps.get() + u32::from(!more));
    }

    /// It is a read, for the socket that keeps `last`.
    pub fn read(&self, last: &mut u32) {
        if self.reads.get() == WINDOW {
            let sparse = self.gaps.get() >= WINDOW / SPARSE;
            self.last_readers.set(if sparse { 1 } else { self.readers.get() });
            self.looks.set(0);
            if self.last_readers.get() <= FEW {
                // This thread may have nothing to look at by which it could see that.
                self.score.set(0);
            }
            self.window.set(self.window.get().wrapping_add(1));
            self.reads.set(0);
            self.readers.set(0);
            self.gaps.set(0);
        }
        self.reads.set(self.reads.get() + 1);
        if *last != self.window.get() || self.window.get() == 0 {
            *last = self.window.get();
            self.readers.set(self.readers.get() + 1);
        }
    }

    /// Whether I/O threads have had few sockets to read from lately.
    pub fn is_gone(&self) -> bool {
        if let Some(guess) = self.guess() {
            return guess;
        }
        (1..=FEW).contains(&self.last_readers.get()) && !self.is_there()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_at_once_are_a_crowd_if_they_stay() {
        let crowd = Crowd::default();
        crowd.seen(CROWD);
        assert!(!crowd.is_there());
        for _ in 0..OFTEN {
            crowd.seen(CROWD);
        }
        assert!(crowd.is_there());
        for _ in 0..2 * OFTEN {
            crowd.seen(CROWD - 1);
        }
        assert!(!crowd.is_there());
    }

    #[test]
    fn many_that_say_little_are_none() {
        let crowd = Crowd::default();
        let mut sockets = [0; 8 * FEW as usize];
        // So many events come one behind the other.
        let mut play = |crowd: &Crowd, run: usize| {
            for turn in 0..3 * WINDOW as usize {
                crowd.arrived(turn % run + 1 < run);
                crowd.read(&mut sockets[turn % (8 * FEW as usize)]);
            }
        };
        play(&crowd, 2 * SPARSE as usize);
        assert!(!crowd.is_gone());
        play(&crowd, SPARSE as usize);
        assert!(crowd.is_gone());
        play(&crowd, 2 * SPARSE as usize);
        assert!(!crowd.is_gone());
        assert!(crowd.is_there());
    }

    #[test]
    fn a_few_that_read_often_are_none() {
        let crowd = Crowd::default();
        let mut sockets = [0; 3 * FEW as usize];
        let mut play = |crowd: &Crowd, count: usize| {
            for turn in 0..3 * WINDOW as usize {
                crowd.read(&mut sockets[turn % count]);
            }
        };
        assert!(!crowd.is_gone());
        play(&crowd, FEW as usize);
        assert!(crowd.is_gone());
        play(&crowd, 3 * FEW as usize);
        assert!(!crowd.is_gone());
        for _ in 0..OFTEN {
            crowd.seen(CROWD);
        }
        play(&crowd, FEW as usize);
        assert!(crowd.is_gone(), "what was seen before the last reads does not count");
    }
}

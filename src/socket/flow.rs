//! What JavaScript's thread and the task tell each other by flags, and how much is on its way.
//!
//! Who waits for the descriptor goes round in a circle: JavaScript's thread, until it starts a task
//! ([`RUNNING`]); the task, until it is asked to retire ([`RETIRING`]) and does, which clears both in
//! one step; nobody, while the task's word, and all that it had read before, is on its way
//! ([`RETIRED`]); JavaScript's thread again. [`Flow::recall`] leaves that circle in the middle.

use crate::bridge::{LARGE_READ, READ_SIZE};
use crate::sync::{AtomicU32, Ordering};

/// JavaScript wants to read.
pub const READING: u32 = 1;
/// The task found the end of the stream, or an error, and reads no more.
pub const ENDED: u32 = 1 << 1;
/// A connect is under way.
pub const CONNECTING: u32 = 1 << 2;
/// The task stopped reading because too much is undelivered.
pub const THROTTLED: u32 = 1 << 3;
/// JavaScript let go; the task ends.
pub const CLOSING: u32 = 1 << 4;
/// The writing side is to be shut down after the last byte.
pub const SHUTTING_DOWN: u32 = 1 << 5;
/// There is a task. Else JavaScript's own thread waits for the descriptor.
pub const RUNNING: u32 = 1 << 6;
/// The task reads nothing for JavaScript: a pump does, or is about to.
pub const HALTED: u32 = 1 << 7;
/// JavaScript waits for the task to say that it has halted.
pub const HALTING: u32 = 1 << 8;
/// The task is to move bytes by the pump.
pub const PUMPING: u32 = 1 << 9;
/// The task is to end, and to leave the descriptor to JavaScript's thread, if it has nothing to do.
pub const RETIRING: u32 = 1 << 10;

/// The connection is broken: it is of no use to wait for it.
pub const FAILED: u32 = 1 << 11;

/// A write has failed, which JavaScript may not know yet.
pub const BROKEN: u32 = 1 << 12;

/// A task has retired, and JavaScript's thread has not heard of it: what that task has read may be
/// on its way.
pub const RETIRED: u32 = 1 << 13;

/// The task reads: bytes may have left the kernel that are not counted yet.
pub const RECEIVING: u32 = 1 << 14;

/// The descriptor is open elsewhere, too.
pub const SHARED: u32 = 1 << 15;

/// What keeps a task from retiring.
const BUSY: u32 =
    CONNECTING | CLOSING | ENDED | SHUTTING_DOWN | HALTED | HALTING | PUMPING | BROKEN;

fn may_retire(state: u32) -> bool {
    state & (RETIRING | BUSY) == RETIRING
}

const FULL_READ: u32 = READ_SIZE as u32;

/// Bytes that may be undelivered before the task stops to read, where JavaScript says nothing else:
/// enough for the two threads to work side by side.
const READ_AHEAD: u32 = 4 * FULL_READ;

/// Where JavaScript keeps up it may become that many: a sender who never meets a full window costs
/// the I/O thread less, as the kernel works on his side then.
const MOST_READ_AHEAD: u32 = 16 * FULL_READ;

/// The flags of one connection, and the bytes that were read and not seen.
pub struct Flow {
    state: AtomicU32,
    /// Bytes read that JavaScript has not seen.
    undelivered: AtomicU32,
    /// Undelivered bytes past which the task does not read: where JavaScript has just stopped or
    /// said so, and now. A new connection begins with less: of one that nobody reads, little more
    /// is read than JavaScript's own buffer holds.
    high_water_mark: AtomicU32,
    read_ahead: AtomicU32,
}

impl Flow {
    /// With these flags, and nothing on its way.
    pub fn new(flags: u32) -> Self {
        Flow {
            state: AtomicU32::new(flags),
            undelivered: AtomicU32::new(0),
            high_water_mark: AtomicU32::new(READ_AHEAD),
            read_ahead: AtomicU32::new(LARGE_READ as u32),
        }
    }

    /// Whether any of `flags` is set.
    pub fn has(&self, flags: u32) -> bool {
        self.state.load(Ordering::SeqCst) & flags != 0
    }

    /// Sets `flags`; answers those that were set before.
    pub fn set(&self, flags: u32) -> u32 {
        self.state.fetch_or(flags, Ordering::SeqCst)
    }

    /// Clears `flags`; answers those that were set before.
    pub fn clear(&self, flags: u32) -> u32 {
        self.state.fetch_and(!flags, Ordering::SeqCst)
    }

    /// Asks the task to retire; `true` where there is one that was not asked before, and none whose
    /// word is still to come. So a word is always that of the task that was asked last.
    pub fn ask_to_retire(&self) -> bool {
        let state = self.state.load(Ordering::SeqCst);
        let asks = state & (RUNNING | RETIRING | RETIRED) == RUNNING;
        if asks {
            self.set(RETIRING);
        }
        asks
    }

    /// The task is needed: whether there is one, which will not retire now. Who leaves it something
    /// to do does that before, and starts a task where there is none.
    pub fn recall(&self) -> bool {
        self.clear(RETIRING) & RUNNING != 0
    }

    /// Whether the task was asked to retire, and may.
    pub fn may_retire(&self) -> bool {
        may_retire(self.state.load(Ordering::SeqCst))
    }

    /// The task may end, if it was asked to and nobody has called it back: then there is none from
    /// now on, and JavaScript's thread starts the next one.
    pub fn retire(&self) -> bool {
        let mut state = self.state.load(Ordering::SeqCst);
        while may_retire(state) {
            let retired = state & !(RETIRING | RUNNING | THROTTLED) | RETIRED;
            let swapped =
                self.state.compare_exchange(state, retired, Ordering::SeqCst, Ordering::SeqCst);
            match swapped {
                Ok(_) => return true,
                Err(now) => state = now,
            }
        }
        false
    }

    /// JavaScript's thread has heard that the task has retired, and all that it has read.
    pub fn heard_retired(&self) {
        self.clear(RETIRED);
    }

    /// Whether it is a task that reads, or what one has read may still be on its way.
    pub fn is_task_work(&self) -> bool {
        self.has(RUNNING | RETIRED)
    }

    /// Says past how many unseen bytes the task does not read.
    pub fn set_high_water_mark(&self, bytes: u32) {
        // One read more must not be too many to count.
        let bytes = bytes.min(u32::MAX / 2);
        self.high_water_mark.store(bytes, Ordering::Relaxed);
        self.read_ahead.store(bytes, Ordering::Relaxed);
    }

    /// JavaScript does not want to read any more.
    pub fn stop_reading(&self) {
        self.clear(READING);
        self.read_ahead.store(self.high_water_mark.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The task has read `count` bytes, as many as one read brings at most.
    pub fn undelivered(&self, count: usize) {
        self.undelivered.fetch_add(count as u32, Ordering::SeqCst);
    }

    /// Whether there are, or may be, bytes that have left the kernel and that JavaScript has not seen.
    pub fn has_undelivered(&self) -> bool {
        self.has(RECEIVING) || self.undelivered.load(Ordering::SeqCst) > 0
    }

    /// Whether JavaScript has let go with bytes unseen, which nobody else is to see.
    pub fn leaves_unseen(&self) -> bool {
        let is_over = self.state.load(Ordering::SeqCst) & (CLOSING | SHARED) == CLOSING;
        is_over && self.undelivered.load(Ordering::SeqCst) > 0
    }

    /// JavaScript has seen `count` bytes; `true` where the task is to be woken. `is_scarce` says
    /// whether the environment's memory for reads is used up.
    pub fn delivered(&self, count: usize, is_scarce: impl Fn() -> bool) -> bool {
        self.undelivered.fetch_sub(count as u32, Ordering::SeqCst);
        if !self.has(THROTTLED) || self.is_throttled(is_scarce) {
            return false;
        }
        let read_ahead = self.read_ahead.load(Ordering::Relaxed);
        if read_ahead < MOST_READ_AHEAD {
            self.read_ahead.store(2 * read_ahead, Ordering::Relaxed);
        }
        self.clear(THROTTLED);
        true
    }

    /// Whether JavaScript wants to read, and there may be something. Not where a write has failed: that
    /// may have taken the error, and what looks like the end of the stream then is none.
    pub fn can_be_read(&self) -> bool {
        self.state.load(Ordering::SeqCst) & (READING | ENDED | HALTED | BROKEN) == READING
    }

    /// Bytes that may be read beyond one read's.
    pub fn ahead(&self) -> u32 {
        let undelivered = self.undelivered.load(Ordering::SeqCst);
        self.read_ahead.load(Ordering::Relaxed).saturating_sub(undelivered)
    }

    /// Whether the task is to read now. Where too much is undelivered, delivery will wake it.
    pub fn wants_read(&self, is_scarce: impl Fn() -> bool) -> bool {
        if !self.can_be_read() {
            return false;
        }
        if !self.is_throttled(&is_scarce) {
            return true;
        }
        self.set(THROTTLED);
        // JavaScript may have caught up in between, without seeing the flag.
        !self.is_throttled(is_scarce)
    }

    fn is_throttled(&self, is_scarce: impl Fn() -> bool) -> bool {
        let undelivered = self.undelivered.load(Ordering::SeqCst);
        let read_ahead = self.read_ahead.load(Ordering::Relaxed);
        if undelivered <= read_ahead.min(FULL_READ) {
            return false;
        }
        // One read must do where the environment's memory for them is used up.
        undelivered > read_ahead || is_scarce()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_asked_retires_once() {
        let flow = Flow::new(READING);
        assert!(!flow.ask_to_retire(), "there is no task");
        flow.set(RUNNING | THROTTLED);
        assert!(!flow.retire(), "it was not asked");
        assert!(flow.ask_to_retire());
        assert!(!flow.ask_to_retire(), "it was asked before");
        assert!(flow.may_retire() && flow.retire());
        assert!(!flow.has(RUNNING | RETIRING | THROTTLED) && flow.has(READING));
        assert!(!flow.retire());
        assert!(!flow.recall(), "the next one is to be started");
    }

    #[test]
    fn what_is_being_read_is_undelivered_until_javascript_has_seen_it() {
        let flow = Flow::new(READING | RUNNING);
        assert!(!flow.has_undelivered());
        flow.set(RECEIVING);
        assert!(flow.has_undelivered());
        flow.undelivered(1);
        flow.clear(RECEIVING);
        assert!(flow.has_undelivered());
        flow.delivered(1, || false);
        assert!(!flow.has_undelivered());
    }

    #[test]
    fn bytes_are_left_unseen_by_who_has_let_go_and_is_alone() {
        let flow = Flow::new(READING);
        flow.undelivered(2);
        assert!(!flow.leaves_unseen());
        flow.set(CLOSING);
        assert!(flow.leaves_unseen());
        flow.set(SHARED);
        assert!(!flow.leaves_unseen());
        flow.clear(SHARED);
        flow.delivered(2, || false);
        assert!(!flow.leaves_unseen());
    }

    #[test]
    fn who_is_called_back_does_not_retire() {
        let flow = Flow::new(RUNNING);
        assert!(flow.ask_to_retire());
        assert!(flow.recall());
        assert!(!flow.may_retire() && !flow.retire());
        assert!(flow.ask_to_retire() && flow.retire());
    }

    #[test]
    fn who_is_busy_does_not_retire_until_that_is_over() {
        for bit in 0..u32::BITS {
            let flag = 1 << bit;
            if BUSY & flag != 0 {
                let flow = Flow::new(RUNNING | flag);
                assert!(flow.ask_to_retire());
                assert!(!flow.may_retire() && !flow.retire(), "{flag}");
                flow.clear(flag);
                assert!(flow.may_retire() && flow.retire(), "{flag}");
            }
        }
    }

    #[test]
    fn one_word_at_a_time_is_on_its_way() {
        let flow = Flow::new(RUNNING);
        assert!(flow.ask_to_retire() && flow.retire());
        assert!(flow.is_task_work(), "what it has read may not have arrived");
        // Its successor.
        assert!(!flow.recall());
        flow.set(RUNNING);
        assert!(flow.recall() && !flow.ask_to_retire());
        flow.heard_retired();
        assert!(flow.is_task_work());
        assert!(flow.ask_to_retire() && flow.retire());
        flow.heard_retired();
        assert!(!flow.is_task_work());
    }
}

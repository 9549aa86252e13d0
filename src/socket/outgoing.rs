//! Bytes that the kernel did not take at once, on their way from JavaScript to the task.

/// Bytes of one socket that may be copied out of JavaScript's memory at a time. The rest stays in
/// the stream's own queue, by reference.
pub const MOST_QUEUED: usize = 1024 * 1024;

/// From here down JavaScript is asked for more, so that the kernel does not run dry meanwhile.
const LOW_WATER: usize = MOST_QUEUED / 2;

/// The queue between the two threads.
///
/// Gathered bytes count as written to JavaScript, which hears of them no more unless they have to
/// wait; those of a write under way are told back as they are sent. At most one write is under
/// way, and none is gathered meanwhile, so gathered bytes come first.
#[derive(Default)]
pub struct Outgoing {
    queued: Vec<u8>,
    /// Queued bytes and those that the task has taken but not sent.
    pending: usize,
    /// How many of the pending bytes were gathered.
    gathered: usize,
    /// Sent bytes that JavaScript was not told of.
    untold: usize,
    /// Whether JavaScript has more than fitted.
    more: bool,
    /// Whether JavaScript was told that gathered bytes wait.
    full: bool,
}

impl Outgoing {
    /// Copies as much of `bytes` as fits, of a write under way; returns how much did.
    pub fn queue(&mut self, bytes: &[u8]) -> usize {
        let count = bytes.len().min(MOST_QUEUED - self.pending.min(MOST_QUEUED));
        self.queued.extend_from_slice(&bytes[..count]);
        self.pending += count;
        self.more = count < bytes.len();
        count
    }

    /// Copies all of `bytes`, which were gathered. JavaScript is told early enough to stop.
    pub fn gather(&mut self, bytes: &[u8]) {
        self.queued.extend_from_slice(bytes);
        self.pending += bytes.len();
        self.gathered += bytes.len();
    }

    /// Everything queued; the task's from now on.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.queued)
    }

    /// Counts sent bytes out; answers how many JavaScript is to be told of, if it is time: when
    /// all are sent, or when those that wait for room are to come.
    pub fn sent(&mut self, count: usize) -> Option<usize> {
        let gathered = count.min(self.gathered);
        self.gathered -= gathered;
        self.pending -= count;
        self.untold += count - gathered;
        let empty = self.pending == 0;
        let due = if empty {
            self.untold > 0 || self.full
        } else {
            self.more && self.pending <= LOW_WATER
        };
        due.then(|| {
            self.more = false;
            self.full &= !empty;
            std::mem::take(&mut self.untold)
        })
    }

    /// The kernel takes no more; answers whether JavaScript is to be told.
    pub fn blocked(&mut self) -> bool {
        let tell = self.gathered > 0 && !self.full;
        self.full |= tell;
        tell
    }

    /// Whether there are gathered bytes, and the kernel has not refused them.
    pub fn is_moving(&self) -> bool {
        self.gathered > 0 && !self.full
    }

    /// Bytes that were not sent yet.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Drops everything, after an error.
    pub fn clear(&mut self) {
        *self = Outgoing::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn what_does_not_fit_stays_with_javascript() {
        let mut outgoing = Outgoing::default();
        let bytes = vec![7; MOST_QUEUED + 10];
        assert_eq!(outgoing.queue(&bytes), MOST_QUEUED);
        assert_eq!(outgoing.queue(&bytes), 0);
        assert_eq!(outgoing.take().len(), MOST_QUEUED);
        assert_eq!(outgoing.queue(&bytes), 0, "taken is not sent");
    }

    #[test]
    fn javascript_is_asked_once_at_low_water_and_told_of_the_end() {
        let mut outgoing = Outgoing::default();
        outgoing.queue(&vec![7; MOST_QUEUED + 1]);
        assert_eq!(outgoing.sent(10), None);
        assert_eq!(outgoing.sent(LOW_WATER - 10), Some(LOW_WATER));
        assert_eq!(outgoing.sent(10), None);
        assert_eq!(outgoing.sent(LOW_WATER - 10), Some(LOW_WATER));
    }

    #[test]
    fn a_write_that_fitted_is_told_only_at_its_end() {
        let mut outgoing = Outgoing::default();
        outgoing.queue(&[1; 100]);
        assert_eq!(outgoing.sent(99), None);
        assert_eq!(outgoing.sent(1), Some(100));
    }

    #[test]
    fn gathered_bytes_are_told_of_only_when_they_wait() {
        let mut outgoing = Outgoing::default();
        outgoing.gather(&[1; 100]);
        assert_eq!(outgoing.sent(100), None);
        outgoing.gather(&[1; 100]);
        assert!(outgoing.blocked());
        assert!(!outgoing.blocked(), "once");
        assert_eq!(outgoing.sent(60), None);
        assert_eq!(outgoing.sent(40), Some(0));
        assert!(!outgoing.blocked());
    }

    #[test]
    fn gathered_bytes_come_before_those_of_a_write_under_way() {
        let mut outgoing = Outgoing::default();
        outgoing.gather(&[1; 10]);
        outgoing.queue(&[2; 20]);
        assert_eq!(outgoing.sent(15), None);
        assert_eq!(outgoing.sent(15), Some(20));
    }

    #[test]
    fn bytes_leave_in_their_order_and_those_of_writes_are_told_once() {
        for seed in 0..3 {
            let mut random = Random::new(seed);
            let mut outgoing = Outgoing::default();
            let (mut put, mut queued, mut told) = (0_usize, 0, 0);
            let mut left: Vec<u8> = Vec::new();
            let mut sent = 0_usize;
            let byte = |at: usize| (at % 251) as u8;
            for _ in 0..400 {
                let most = if random.below(10) == 0 { 700_000 } else { 3000 };
                let size = random.below(most);
                let bytes: Vec<u8> = (put..put + size).map(byte).collect();
                match random.below(4) {
                    // No write is gathered while one is under way.
                    0 if queued == told => {
                        outgoing.gather(&bytes);
                        put += size;
                    }
                    1 => {
                        let count = outgoing.queue(&bytes);
                        assert!(count <= size && count <= MOST_QUEUED);
                        put += count;
                        queued += count;
                    }
                    2 => {
                        outgoing.blocked();
                    }
                    _ => {
                        if left.is_empty() {
                            left = outgoing.take();
                        }
                        let count = random.below(left.len() + 1);
                        for (index, sent_byte) in left.drain(..count).enumerate() {
                            assert_eq!(sent_byte, byte(sent + index));
                        }
                        sent += count;
                        if count > 0 {
                            told += outgoing.sent(count).unwrap_or(0);
                        }
                    }
                }
                assert_eq!(outgoing.pending(), put - sent);
                assert!(told <= queued);
            }
            sent += left.len();
            if !left.is_empty() {
                told += outgoing.sent(left.len()).unwrap_or(0);
            }
            let rest = outgoing.take();
            if !rest.is_empty() {
                told += outgoing.sent(rest.len()).unwrap_or(0);
            }
            assert_eq!((sent + rest.len(), told), (put, queued), "seed {seed}");
            assert_eq!(outgoing.pending(), 0);
        }
    }
}

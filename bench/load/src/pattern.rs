//! The bytes that travel, and their check.
//!
//! A connection's byte at offset `o` is the pattern's byte at `start(port) + o`, where `port` is the
//! client's. So a byte that is lost, repeated, reordered or delivered to another connection shows. The
//! period is prime: no message or buffer size divides it, and a missing block of any usual size shifts
//! everything after it. `bench/lib/pattern.js` makes the same bytes.

/// The pattern repeats after this many bytes.
pub const PERIOD: usize = 65_521;

/// The longest slice that `Pattern::at` can give, in bytes.
pub const SPAN: usize = 256 * 1024;

/// One period of the pattern, repeated far enough that every slice is contiguous.
pub struct Pattern {
    bytes: Vec<u8>,
}

/// Where in the pattern the stream of the client with this port begins.
pub fn start(port: u16) -> u64 {
    (usize::from(port) * 31 % PERIOD) as u64
}

impl Pattern {
    /// Makes the pattern: the low bytes of a xorshift generator.
    pub fn new() -> Self {
        let mut state: u32 = 0x9e37_79b9;
        let mut bytes = Vec::with_capacity(PERIOD + SPAN);
        for _ in 0..PERIOD {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            bytes.push(state as u8);
        }
        for at in 0..SPAN {
            bytes.push(bytes[at]);
        }
        Self { bytes }
    }

    /// The `len` bytes at `position`, or `SPAN` where `len` is more.
    pub fn at(&self, position: u64, len: u64) -> &[u8] {
        let from = (position % PERIOD as u64) as usize;
        &self.bytes[from..from + len.min(SPAN as u64) as usize]
    }

    /// Whether `bytes` are the pattern's at `position`.
    pub fn matches(&self, position: u64, bytes: &[u8]) -> bool {
        let mut position = position;
        bytes.chunks(SPAN).all(|chunk| {
            let len = chunk.len() as u64;
            let same = self.at(position, len) == chunk;
            position += len;
            same
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_continues_across_the_period() {
        let pattern = Pattern::new();
        let whole = pattern.at(PERIOD as u64 - 3, 6).to_vec();
        assert_eq!(&whole[..3], pattern.at(PERIOD as u64 - 3, 3));
        assert_eq!(&whole[3..], pattern.at(0, 3));
    }

    #[test]
    fn a_shift_by_any_usual_block_is_seen() {
        let pattern = Pattern::new();
        let sent = pattern.at(0, 4096).to_vec();
        assert!(pattern.matches(PERIOD as u64 * 7, &sent));
        for block in [1, 64, 1024, 1448, 4096, 16_384, 65_536, 131_072, 262_144] {
            assert!(!pattern.matches(block, &sent), "a lost block of {block} bytes goes unseen");
        }
    }

    #[test]
    fn one_wrong_byte_is_seen() {
        let pattern = Pattern::new();
        let mut sent = pattern.at(11, SPAN as u64).to_vec();
        assert!(pattern.matches(11, &sent));
        sent[SPAN - 1] ^= 1;
        assert!(!pattern.matches(11, &sent));
    }

    #[test]
    fn no_two_ports_share_a_start() {
        let mut starts: Vec<u64> = (0..PERIOD as u16).map(start).collect();
        starts.sort_unstable();
        starts.dedup();
        assert_eq!(starts.len(), PERIOD);
    }
}

//! Memory through which JavaScript hands small writes down without a call for each.
//!
//! It starts with a header of 32-bit integers: how many writes were gathered, the bytes they have,
//! the number of the turn, and how many writes are gathered at most; then for each of them the
//! socket's number and its length. Behind the header are their bytes, one write after the other, and behind those there is room for one
//! write that goes out by itself. `lib/outbox.js` knows the layout too.

use std::ptr::NonNull;

/// Writes that can be gathered before they have to go out.
const MOST_WRITES: usize = 128;

/// Integers before those of the writes.
const FIXED: usize = 4;

/// Bytes of the header.
const HEADER: usize = (FIXED + 2 * MOST_WRITES) * 4;

/// The memory, which belongs to JavaScript and is reached from its thread only.
pub struct Outbox {
    start: NonNull<u8>,
    size: usize,
}

impl Outbox {
    /// The outbox in `memory`.
    ///
    /// # Safety
    ///
    /// The memory must be aligned to 4 bytes and stay where it is as long as the outbox is used,
    /// and no slice that the outbox gives may live on while JavaScript runs.
    pub unsafe fn new(memory: &mut [u8]) -> Option<Self> {
        let start = NonNull::new(memory.as_mut_ptr())?;
        let fits = memory.len() > HEADER && start.as_ptr().cast::<u32>().is_aligned();
        let outbox = fits.then_some(Outbox { start, size: memory.len() })?;
        outbox.set_limit(MOST_WRITES);
        Some(outbox)
    }

    /// Calls `write` with the number and the bytes of each gathered write, and begins a new turn.
    pub fn drain(&self, mut write: impl FnMut(u32, &[u8])) {
        let count = (self.integer(0) as usize).min(MOST_WRITES);
        let mut offset = 0;
        for index in 0..count {
            let number = self.integer(FIXED + 2 * index);
            let length = self.integer(FIXED + 2 * index + 1) as usize;
            let Some(bytes) = self.bytes(offset, length) else {
                break;
            };
            write(number, bytes);
            offset += length;
        }
        self.set_integer(0, 0);
        self.set_integer(1, 0);
        // Small enough to stay a small integer to V8.
        self.set_integer(2, self.integer(2).wrapping_add(1) & 0x3fff_ffff);
    }

    /// Has JavaScript gather no more than `most` writes, as far as there is room for them.
    pub fn set_limit(&self, most: usize) {
        self.set_integer(3, most.clamp(1, MOST_WRITES) as u32);
    }

    /// How many writes are gathered.
    pub fn count(&self) -> usize {
        self.integer(0) as usize
    }

    /// The write behind the gathered ones.
    pub fn single(&self, length: usize) -> Option<&[u8]> {
        self.bytes(self.integer(1) as usize, length)
    }

    fn bytes(&self, offset: usize, length: usize) -> Option<&[u8]> {
        let start = HEADER.checked_add(offset)?;
        if start.checked_add(length)? > self.size {
            return None;
        }
        // SAFETY: within the memory, as just checked.
        let start = unsafe { self.start.as_ptr().add(start) };
        // SAFETY: JavaScript made the memory, so all of it has values; it does not run meanwhile.
        Some(unsafe { std::slice::from_raw_parts(start, length) })
    }

    fn integer(&self, index: usize) -> u32 {
        debug_assert!(index < HEADER / 4);
        // SAFETY: within the header, which is part of the memory.
        let place = unsafe { self.start.as_ptr().cast::<u32>().add(index) };
        // SAFETY: aligned, as `new` has checked.
        unsafe { place.read() }
    }

    fn set_integer(&self, index: usize, value: u32) {
        debug_assert!(index < HEADER / 4);
        // SAFETY: within the header, which is part of the memory.
        let place = unsafe { self.start.as_ptr().cast::<u32>().add(index) };
        // SAFETY: aligned, as `new` has checked.
        unsafe { place.write(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn memory() -> Vec<u32> {
        vec![0; 1024]
    }

    fn outbox(memory: &mut [u32]) -> Outbox {
        let start = memory.as_mut_ptr().cast();
        // SAFETY: the same memory, as bytes.
        let bytes = unsafe { std::slice::from_raw_parts_mut(start, memory.len() * 4) };
        // SAFETY: the vector outlives the outbox in every test below.
        unsafe { Outbox::new(bytes) }.unwrap()
    }

    #[test]
    fn writes_come_out_as_they_went_in() {
        let mut memory = memory();
        let outbox = outbox(&mut memory);
        for (index, value) in [(0, 2), (1, 4), (4, 7), (5, 3), (6, 8), (7, 1)] {
            outbox.set_integer(index, value);
        }
        let mut seen = Vec::new();
        outbox.drain(|number, bytes| seen.push((number, bytes.len())));
        assert_eq!(seen, [(7, 3), (8, 1)]);
        assert_eq!((outbox.integer(0), outbox.integer(1), outbox.integer(2)), (0, 0, 1));
    }

    #[test]
    fn numbers_out_of_range_reach_no_memory() {
        let mut memory = memory();
        let outbox = outbox(&mut memory);
        outbox.set_integer(0, u32::MAX);
        outbox.set_integer(5, u32::MAX);
        outbox.drain(|_, _| panic!("nothing fits"));
        outbox.set_integer(1, u32::MAX);
        assert!(outbox.single(1).is_none());
        outbox.set_integer(1, 0);
        assert!(outbox.single(usize::MAX).is_none());
    }

    #[test]
    fn what_is_too_small_is_no_outbox() {
        // SAFETY: not used after the call.
        assert!(unsafe { Outbox::new(&mut [0; 8]) }.is_none());
    }

    #[test]
    fn no_header_reaches_beyond_the_memory() {
        let mut random = Random::new(1);
        for _ in 0..20_000 {
            let mut memory = memory();
            let size = memory.len() * 4;
            for place in &mut memory[..HEADER / 4] {
                // Mostly such as could be right.
                *place = random.next() as u32 >> [0, 8, 16, 20, 24, 28][random.below(6)];
            }
            let outbox = outbox(&mut memory);
            let used = outbox.integer(1) as usize;
            let length = random.below(2 * size);
            let single = outbox.single(length);
            assert_eq!(single.is_some(), HEADER + used + length <= size);
            let (mut writes, mut total) = (0, 0);
            outbox.drain(|_, bytes| {
                writes += 1;
                total += bytes.len();
            });
            assert!(writes <= MOST_WRITES && total <= size - HEADER);
        }
    }
}

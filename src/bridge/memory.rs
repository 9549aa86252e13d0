//! Read memory.
//!
//! A small read goes into a block that JavaScript can see, and from there by one copy into a
//! Buffer of its own size. A block is written to again only when every slice of it was taken.
//!
//! A large read goes straight into memory that JavaScript has lent for it, and that becomes the
//! user's Buffer without a copy where the read filled it. JavaScript lends only what large reads
//! have called for.

use std::collections::VecDeque;
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes that one read asks the kernel for at most, as libuv does.
pub const READ_SIZE: usize = 64 * 1024;

/// From here on a read is large: copying it would cost more than memory of its own.
pub const LARGE_READ: usize = 16 * 1024;

/// Bytes in a block. The untouched part of one costs address space only.
const BLOCK_SIZE: usize = 256 * 1024;

/// Blocks of one environment at most; past that, small reads get memory of their own.
const MOST_BLOCKS: usize = 16;

/// One block of memory, shared by the I/O threads that fill it and the JavaScript that reads it.
pub struct Block {
    /// The block's number, by which JavaScript knows it.
    pub index: u32,
    memory: NonNull<u8>,
    /// Slices that JavaScript has not taken yet.
    outstanding: AtomicU32,
}

// SAFETY: the memory belongs to the block and is reached through `Checkout` (its one writer at a
// time, above what is outstanding) and `Slice` (readers of ranges that nobody writes to).
unsafe impl Send for Block {}
// SAFETY: as above; the counter is atomic.
unsafe impl Sync for Block {}

impl Block {
    fn new(index: u32) -> io::Result<Arc<Block>> {
        // SAFETY: calloc(3) may be called with any sizes; it gives zeroed memory or null.
        let memory = unsafe { libc::calloc(1, BLOCK_SIZE) };
        let memory = NonNull::new(memory.cast()).ok_or(io::ErrorKind::OutOfMemory)?;
        Ok(Arc::new(Block { index, memory, outstanding: AtomicU32::new(0) }))
    }

    /// Where the block starts.
    pub fn start(&self) -> *mut u8 {
        self.memory.as_ptr()
    }

    /// How many bytes it has.
    pub fn size(&self) -> usize {
        BLOCK_SIZE
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: the memory came from calloc(3) and nobody else frees it.
        unsafe { libc::free(self.memory.as_ptr().cast()) }
    }
}

/// Bytes of a block, put there by one read.
pub struct Slice {
    block: Arc<Block>,
    offset: usize,
    length: usize,
}

impl Slice {
    /// The block that the bytes are in.
    pub fn block(&self) -> &Arc<Block> {
        &self.block
    }

    /// Where JavaScript finds them: the block's index above 18 bits of offset.
    pub fn position(&self) -> u32 {
        (self.block.index << 18) | self.offset as u32
    }

    /// The bytes themselves.
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the range was filled before the slice was made and lies within the block.
        let start = unsafe { self.block.start().add(self.offset) };
        // SAFETY: nobody writes to the range while the slice is outstanding.
        unsafe { std::slice::from_raw_parts(start, self.length) }
    }
}

impl Drop for Slice {
    fn drop(&mut self) {
        self.block.outstanding.fetch_sub(1, Ordering::Release);
    }
}

/// The right to fill a block, held by one thread for the time of one read.
pub struct Checkout {
    block: Arc<Block>,
    used: usize,
}

impl Checkout {
    /// The free part of the block, at least [`READ_SIZE`] bytes.
    pub fn free(&mut self) -> &mut [u8] {
        let length = BLOCK_SIZE - self.used;
        // SAFETY: `used` never passes the block's size.
        let start = unsafe { self.block.start().add(self.used) };
        // SAFETY: above `used` there is no slice, and this checkout is the block's only writer;
        // the memory was zeroed when it was made.
        unsafe { std::slice::from_raw_parts_mut(start, length) }
    }

    /// The first `length` bytes of the free part, as a slice for an event.
    pub fn take(&mut self, length: usize) -> Slice {
        let offset = self.used;
        // The next slice starts on a word.
        self.used = (offset + length).next_multiple_of(8).min(BLOCK_SIZE);
        self.block.outstanding.fetch_add(1, Ordering::Relaxed);
        Slice { block: Arc::clone(&self.block), offset, length }
    }

    /// Starts at the front again where JavaScript has taken everything.
    fn rewind(&mut self) -> bool {
        let empty = self.block.outstanding.load(Ordering::Acquire) == 0;
        if empty {
            self.used = 0;
        }
        empty
    }

    fn has_room(&self) -> bool {
        BLOCK_SIZE - self.used >= READ_SIZE
    }
}

/// Memory of [`READ_SIZE`] bytes that JavaScript has lent for one large read.
pub struct Loan {
    /// The number by which JavaScript knows it.
    pub index: u32,
    start: NonNull<u8>,
    lender: Arc<Lent>,
    /// Whether JavaScript has it again.
    returned: bool,
}

/// A piece of lent memory, at rest.
struct Loaned {
    index: u32,
    start: NonNull<u8>,
}

// SAFETY: JavaScript keeps the memory and stays away from it until it gets it back, and an
// environment ends only after its tasks.
unsafe impl Send for Loaned {}
// SAFETY: as above; only the holder reaches the memory.
unsafe impl Send for Loan {}

impl Loan {
    /// The memory, of [`READ_SIZE`] bytes.
    pub fn start(&mut self) -> *mut u8 {
        self.start.as_ptr()
    }

    /// The first `length` bytes, which a read has filled.
    ///
    /// # Safety
    ///
    /// They must have been.
    pub unsafe fn filled(&self, length: usize) -> &[u8] {
        // SAFETY: filled by the caller's word, and nobody writes to it while it is borrowed.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr(), length.min(READ_SIZE)) }
    }

    /// JavaScript takes it back, by the number that this answers.
    pub fn give_back(mut self) -> u32 {
        self.returned = true;
        self.index
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if !self.returned {
            self.lender.put(Loaned { index: self.index, start: self.start });
        }
    }
}

/// The read memory of one environment.
#[derive(Default)]
pub struct ReadMemory {
    blocks: Mutex<Blocks>,
    lent: Arc<Lent>,
}

/// What JavaScript has lent, and no read is made into.
#[derive(Default)]
struct Lent {
    memory: Mutex<Vec<Loaned>>,
    /// How many pieces that are, to be asked for without the lock.
    count: AtomicUsize,
}

impl Lent {
    fn put(&self, loaned: Loaned) {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        memory.push(loaned);
        self.count.store(memory.len(), Ordering::Relaxed);
    }

    fn take(&self) -> Option<Loaned> {
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let loaned = memory.pop();
        self.count.store(memory.len(), Ordering::Relaxed);
        loaned
    }
}

#[derive(Default)]
struct Blocks {
    /// Blocks with room for a read.
    open: Vec<Checkout>,
    /// Blocks that wait for JavaScript, the longest waiting first.
    full: VecDeque<Checkout>,
    made: u32,
}

impl ReadMemory {
    /// Takes memory of JavaScript's on loan.
    ///
    /// # Safety
    ///
    /// `start` must be good for writes of [`READ_SIZE`] bytes, by any thread, until JavaScript is
    /// given it back, or the environment has ended; and nobody else may use it.
    pub unsafe fn lend(&self, index: u32, start: NonNull<u8>) {
        self.lent.put(Loaned { index, start });
    }

    /// Memory for a large read, if JavaScript has lent any.
    pub fn borrow(&self) -> Option<Loan> {
        let Loaned { index, start } = self.lent.take()?;
        Some(Loan { index, start, lender: Arc::clone(&self.lent), returned: false })
    }

    /// Whether JavaScript has lent nothing more, because reads are small or it falls behind.
    pub fn is_scarce(&self) -> bool {
        self.lent.count.load(Ordering::Relaxed) == 0
    }

    /// A block with room for a read, or `None` where there are enough blocks and all are full.
    pub fn check_out(&self) -> Option<Checkout> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(mut block) = blocks.open.pop() {
            block.rewind();
            return Some(block);
        }
        if let Some(mut block) = blocks.full.pop_front() {
            if block.rewind() {
                return Some(block);
            }
            blocks.full.push_front(block);
        }
        if blocks.made as usize >= MOST_BLOCKS {
            return None;
        }
        let block = Block::new(blocks.made).ok()?;
        blocks.made += 1;
        Some(Checkout { block, used: 0 })
    }

    /// Gives a block back after a read.
    pub fn check_in(&self, block: Checkout) {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if block.has_room() {
            blocks.open.push(block);
        } else {
            blocks.full.push_back(block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    fn fill(memory: &ReadMemory, byte: u8, length: usize) -> Slice {
        let mut block = memory.check_out().expect("a block");
        block.free()[..length].fill(byte);
        let slice = block.take(length);
        memory.check_in(block);
        slice
    }

    #[test]
    fn two_slices_never_overlap() {
        let memory = ReadMemory::default();
        let first = fill(&memory, 1, 100);
        let second = fill(&memory, 2, 100);
        assert!(first.bytes().iter().all(|byte| *byte == 1));
        assert!(second.bytes().iter().all(|byte| *byte == 2));
        assert_eq!(first.position() >> 18, 0);
        assert_eq!(second.position() & 0x3_ffff, 104);
    }

    #[test]
    fn a_block_is_used_again_once_everything_is_taken() {
        let memory = ReadMemory::default();
        drop(fill(&memory, 1, 100));
        assert_eq!(fill(&memory, 2, 100).position(), 0);
    }

    #[test]
    fn there_is_an_end_to_blocks() {
        let memory = ReadMemory::default();
        let mut slices = Vec::new();
        while let Some(mut block) = memory.check_out() {
            slices.push(block.take(READ_SIZE));
            memory.check_in(block);
        }
        assert_eq!(slices.len(), MOST_BLOCKS * (BLOCK_SIZE / READ_SIZE));
        slices.clear();
        assert!(memory.check_out().is_some());
    }

    #[test]
    fn what_was_read_stays_as_it_was_until_it_is_taken() {
        for seed in 0..5 {
            let mut random = Random::new(seed);
            let memory = ReadMemory::default();
            let mut reading = Vec::new();
            let mut slices: Vec<(Slice, u8)> = Vec::new();
            for step in 0..2000_usize {
                match random.below(6) {
                    // As many threads as read at a time.
                    0 | 1 if reading.len() < 4 => reading.extend(memory.check_out()),
                    0..3 if !reading.is_empty() => {
                        let mut block = reading.swap_remove(random.below(reading.len()));
                        let byte = step as u8;
                        // A read that fails, or that fills less than it may, or all of it.
                        let length = [0, 1 + random.below(2000), READ_SIZE][random.below(3)];
                        block.free()[..length].fill(byte);
                        if length > 0 {
                            slices.push((block.take(length), byte));
                        }
                        memory.check_in(block);
                    }
                    _ if !slices.is_empty() => {
                        let (slice, byte) = slices.swap_remove(random.below(slices.len()));
                        assert!(slice.bytes().iter().all(|found| *found == byte), "seed {seed}");
                    }
                    _ => {}
                }
            }
            for (slice, byte) in slices {
                assert!(slice.bytes().iter().all(|found| *found == byte), "seed {seed}");
            }
        }
    }

    #[test]
    fn a_loan_comes_back_unless_it_is_taken() {
        for seed in 0..100 {
            let mut random = Random::new(seed);
            let memory = ReadMemory::default();
            let mut there: Vec<u32> = Vec::new();
            let mut loans: Vec<Loan> = Vec::new();
            let mut next = 0;
            for _ in 0..300 {
                match random.below(4) {
                    0 => {
                        // SAFETY: nothing is written to it in this test.
                        unsafe { memory.lend(next, NonNull::dangling()) };
                        there.push(next);
                        next += 1;
                    }
                    1 => match memory.borrow() {
                        Some(loan) => {
                            there.retain(|index| *index != loan.index);
                            loans.push(loan);
                        }
                        None => assert!(there.is_empty()),
                    },
                    _ if loans.is_empty() => {}
                    2 => _ = loans.swap_remove(random.below(loans.len())).give_back(),
                    _ => {
                        let loan = loans.swap_remove(random.below(loans.len()));
                        there.push(loan.index);
                        drop(loan);
                    }
                }
                assert_eq!(memory.is_scarce(), there.is_empty());
                let mut lent: Vec<u32> =
                    memory.lent.memory.lock().unwrap().iter().map(|loan| loan.index).collect();
                lent.sort_unstable();
                there.sort_unstable();
                assert_eq!(lent, there);
            }
        }
    }

    #[test]
    fn a_fresh_block_is_zeroed() {
        let memory = ReadMemory::default();
        let mut block = memory.check_out().expect("a block");
        assert!(block.free().iter().all(|byte| *byte == 0));
    }
}

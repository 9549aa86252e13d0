//! Read memory: blocks with slices of them, and what JavaScript has lent.

#![no_main]

use std::ptr::NonNull;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use tokio_net_fuzz::bridge::memory::{Checkout, Loan, READ_SIZE, ReadMemory, Slice};

#[derive(Arbitrary, Debug)]
enum Step {
    CheckOut,
    /// A read that fails, or brings nothing.
    CheckIn(u8),
    Read(u8, u16),
    ReadAll(u8),
    Taken(u8),
    Lend,
    Borrow,
    /// A read into what was lent.
    Fill(u8, u16),
    GiveBack(u8),
    DropLoan(u8),
}

/// What was read, and which byte it was made of.
type Seen = (Slice, u8);

fn pick<T>(from: &mut Vec<T>, at: u8) -> Option<T> {
    (!from.is_empty()).then(|| from.swap_remove(usize::from(at) % from.len()))
}

fn check((slice, byte): Seen) {
    assert!(slice.bytes().iter().all(|found| *found == byte));
    assert_eq!(slice.position() >> 18, slice.block().index);
    assert!((slice.position() & 0x3_ffff) as usize + slice.bytes().len() <= slice.block().size());
}

fuzz_target!(|steps: Vec<Step>| {
    // JavaScript's memory, which outlives what it is lent to.
    let mut javascript: Vec<Box<[u8]>> = Vec::new();
    let memory = ReadMemory::default();
    let mut reading: Vec<Checkout> = Vec::new();
    let mut slices: Vec<Seen> = Vec::new();
    let mut loans: Vec<Loan> = Vec::new();
    let mut there = 0;
    for (number, step) in steps.into_iter().take(400).enumerate() {
        let byte = number as u8 | 1;
        match step {
            // As many threads as read at a time.
            Step::CheckOut if reading.len() < 5 => reading.extend(memory.check_out()),
            Step::CheckOut => {}
            Step::CheckIn(at) => {
                if let Some(block) = pick(&mut reading, at) {
                    memory.check_in(block);
                }
            }
            Step::Read(at, _) | Step::ReadAll(at) => {
                let length = match step {
                    Step::Read(_, length) => usize::from(length),
                    _ => READ_SIZE,
                };
                if let Some(mut block) = pick(&mut reading, at) {
                    block.free()[..length].fill(byte);
                    slices.push((block.take(length), byte));
                    memory.check_in(block);
                }
            }
            Step::Taken(at) => {
                if let Some(seen) = pick(&mut slices, at) {
                    check(seen);
                }
            }
            Step::Lend if javascript.len() < 64 => {
                let mut lent = vec![0; READ_SIZE].into_boxed_slice();
                let start = NonNull::from(&mut lent[0]);
                // SAFETY: kept until the end, of that size, and used by nobody else.
                unsafe { memory.lend(javascript.len() as u32, start) };
                javascript.push(lent);
                there += 1;
            }
            Step::Lend => {}
            Step::Borrow => match memory.borrow() {
                Some(loan) => {
                    assert!(loans.iter().all(|other| other.index != loan.index));
                    loans.push(loan);
                    there -= 1;
                }
                None => assert_eq!(there, 0),
            },
            Step::Fill(at, length) => {
                let length = usize::from(length);
                if let Some(mut loan) = pick(&mut loans, at) {
                    // SAFETY: good for writes of READ_SIZE bytes, which is more.
                    unsafe { loan.start().write_bytes(byte, length) };
                    // SAFETY: just filled.
                    let bytes = unsafe { loan.filled(length) };
                    assert!(bytes.len() == length && bytes.iter().all(|found| *found == byte));
                    loans.push(loan);
                }
            }
            Step::GiveBack(at) => {
                if let Some(loan) = pick(&mut loans, at) {
                    loan.give_back();
                }
            }
            Step::DropLoan(at) => {
                if let Some(loan) = pick(&mut loans, at) {
                    drop(loan);
                    there += 1;
                }
            }
        }
        assert_eq!(memory.is_scarce(), there == 0);
    }
    slices.into_iter().for_each(check);
});

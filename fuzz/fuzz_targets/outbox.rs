//! The outbox, whatever JavaScript has left in its header.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tokio_net_fuzz::bridge::outbox::Outbox;

fuzz_target!(|input: (Vec<u32>, usize, usize)| {
    let (mut memory, cut, length) = input;
    let size = (memory.len() * 4).saturating_sub(cut % 8);
    let start = memory.as_mut_ptr().cast::<u8>();
    // SAFETY: `size` bytes of the vector, which is not touched meanwhile.
    let bytes = unsafe { std::slice::from_raw_parts_mut(start, size) };
    // SAFETY: the vector outlives the outbox and is aligned to its integers.
    let Some(outbox) = (unsafe { Outbox::new(bytes) }) else {
        assert!(size < 2048);
        return;
    };
    let mut sum = 0_u64;
    if let Some(bytes) = outbox.single(length) {
        assert_eq!(bytes.len(), length);
        sum += bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    }
    let (mut writes, mut total) = (0, 0);
    outbox.drain(|_, bytes| {
        writes += 1;
        total += bytes.len();
        sum += bytes.iter().map(|byte| u64::from(*byte)).sum::<u64>();
    });
    assert!(writes <= 128 && total < size && sum <= 255 * 2 * size as u64);
    assert_eq!(outbox.count(), 0);
    outbox.drain(|_, _| unreachable!("it is empty"));
});

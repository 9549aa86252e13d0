//! Tickets: each is redeemed once at most, with what it stands for.

#![no_main]

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::os::fd::{FromRawFd, OwnedFd};
use std::time::Duration;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use tokio_net_fuzz::ticket::{Ticket, deposit, redeem};

#[derive(Arbitrary, Debug)]
enum Step {
    /// It waits for minutes at least.
    Deposit(u32, u16, i32),
    /// It may be gone by the time that somebody asks.
    DepositShort(u8, u16, i32),
    Redeem(u8),
    RedeemAny(u32),
}

struct Deposited {
    writer: io::PipeWriter,
    received: Vec<u8>,
    status: i32,
    is_short: bool,
}

fuzz_target!(|steps: Vec<Step>| {
    let mut waiting: BTreeMap<u32, Deposited> = BTreeMap::new();
    for step in steps.into_iter().take(40) {
        match step {
            Step::Deposit(patience, size, status) => {
                add(&mut waiting, patience.max(600_000), size, status, false);
            }
            Step::DepositShort(patience, size, status) => {
                add(&mut waiting, u32::from(patience % 2), size, status, true);
            }
            Step::Redeem(at) => {
                if let Some(number) = waiting.keys().nth(usize::from(at)).copied() {
                    check(number, &mut waiting);
                }
            }
            Step::RedeemAny(number) => check(number, &mut waiting),
        }
    }
    for number in waiting.keys().copied().collect::<Vec<u32>>() {
        check(number, &mut waiting);
    }
});

fn add(
    waiting: &mut BTreeMap<u32, Deposited>,
    patience: u32,
    size: u16,
    status: i32,
    is_short: bool,
) {
    let (reader, writer) = io::pipe().expect("a pipe");
    let received = vec![size as u8; size.into()];
    let deposited = Deposited { writer, received: received.clone(), status, is_short };
    let ticket = Ticket { fd: OwnedFd::from(reader).into(), received, status, path: None };
    let number = deposit(ticket, Duration::from_millis(patience.into())).expect("a number");
    assert!(number.cast_signed() >= 0);
    assert!(waiting.insert(number, deposited).is_none());
}

fn check(number: u32, waiting: &mut BTreeMap<u32, Deposited>) {
    let deposited = waiting.remove(&number);
    let Some(redeemed) = redeem(number) else {
        assert!(deposited.is_none_or(|deposited| deposited.is_short));
        return;
    };
    let mut deposited = deposited.expect("nobody has deposited it");
    assert_eq!(redeemed.status, deposited.status);
    assert_eq!(*redeemed.received, *deposited.received);
    // SAFETY: redeemed, and so nobody else's.
    let mut reader = io::PipeReader::from(unsafe { OwnedFd::from_raw_fd(redeemed.fd) });
    deposited.writer.write_all(b"x").expect("somebody reads");
    drop(deposited.writer);
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).expect("the same pipe");
    assert_eq!(bytes, b"x");
    assert!(redeem(number).is_none());
}

//! Numbers of handles, and what they stand for.

#![no_main]

use std::collections::BTreeSet;

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use tokio_net_fuzz::bridge::table::{Handle, Numbers, Table};

#[derive(Arbitrary, Debug)]
enum Step {
    Take,
    /// So many lives of one place, one after the other.
    Lives(u16),
    GiveBack(u8),
    Look(u32),
    LookForDead(u8),
    Remove(u32),
    Drain,
}

fuzz_target!(|steps: Vec<Step>| {
    let (mut numbers, mut table) = (Numbers::default(), Table::default());
    let mut live: Vec<u32> = Vec::new();
    let mut dead = BTreeSet::new();
    let insert = |table: &mut Table, numbers: &mut Numbers| {
        let number = numbers.take().expect("there are a million");
        assert!(number > 0 && number < 1 << 30);
        table.insert(number, Handle::Closed);
        number
    };
    for step in steps {
        match step {
            Step::Take => {
                let number = insert(&mut table, &mut numbers);
                assert!(!live.contains(&number));
                live.push(number);
            }
            Step::Lives(count) => {
                for _ in 0..count % 2500 {
                    let number = insert(&mut table, &mut numbers);
                    assert!(!live.contains(&number));
                    assert!(table.remove(number).is_some());
                    numbers.give_back(number);
                    dead.insert(number);
                }
            }
            Step::GiveBack(at) if !live.is_empty() => {
                let number = live.swap_remove(usize::from(at) % live.len());
                assert!(table.remove(number).is_some());
                assert!(table.remove(number).is_none());
                numbers.give_back(number);
                dead.insert(number);
            }
            Step::GiveBack(_) => {}
            Step::Look(number) => assert_eq!(table.get(number).is_some(), live.contains(&number)),
            Step::LookForDead(at) => {
                if let Some(number) = dead.iter().nth(usize::from(at)) {
                    assert_eq!(table.get(*number).is_some(), live.contains(number));
                }
            }
            Step::Remove(number) => {
                let known = live.iter().position(|one| *one == number);
                assert_eq!(table.remove(number).is_some(), known.is_some());
                if let Some(at) = known {
                    numbers.give_back(live.swap_remove(at));
                }
            }
            Step::Drain => {
                assert_eq!(table.drain().len(), live.len());
                for number in live.drain(..) {
                    assert!(table.get(number).is_none());
                    numbers.give_back(number);
                }
            }
        }
    }
    assert!(live.iter().all(|number| table.get(*number).is_some()));
});

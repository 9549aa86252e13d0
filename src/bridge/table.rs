//! The handles of one environment: numbers that JavaScript holds, and what they stand for.

use std::sync::Arc;

use super::watch::Watch;
use crate::server::Listener;
use crate::socket::SocketHandle;

/// Bits of a handle's number that say where in the table it is; `lib/bridge.js` knows them too.
const INDEX_BITS: u32 = 20;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;
/// Numbers stay below 2^30, so that they are small integers to V8.
const GENERATION_MASK: u32 = (1 << (30 - INDEX_BITS)) - 1;

/// Gives out numbers, to any thread. A number is an index and a generation, so that one kept too
/// long finds nothing instead of another's handle. 0 is never given out.
#[derive(Default)]
pub struct Numbers {
    /// How many indices were ever given out.
    used: u32,
    /// The numbers that those given back will have next.
    free: Vec<u32>,
}

impl Numbers {
    /// A number, or `None` where a million handles have one.
    pub fn take(&mut self) -> Option<u32> {
        if let Some(number) = self.free.pop() {
            return Some(number);
        }
        if self.used == INDEX_MASK {
            return None;
        }
        self.used += 1;
        Some(self.used)
    }

    /// Takes `number` out of use.
    pub fn give_back(&mut self, number: u32) {
        let generation = ((number >> INDEX_BITS) + 1) & GENERATION_MASK;
        self.free.push((generation << INDEX_BITS) | (number & INDEX_MASK));
    }
}

/// What a number stands for.
pub enum Handle {
    /// One connection.
    Socket(SocketHandle),
    /// One listener, and the wait for it, if it is JavaScript's thread that waits.
    Server(Option<Watch>, Arc<Listener>),
    /// Closed, and waiting for its last event.
    Closed,
}

/// Handles by number; of JavaScript's thread.
#[derive(Default)]
pub struct Table {
    slots: Vec<Option<(u32, Handle)>>,
    /// Where [`Table::next_sockets`] goes on.
    next: usize,
}

impl Table {
    /// Lets `number` stand for `handle`.
    pub fn insert(&mut self, number: u32, handle: Handle) {
        let index = (number & INDEX_MASK) as usize;
        if index >= self.slots.len() {
            self.slots.resize_with(index + 1, || None);
        }
        self.slots[index] = Some((number, handle));
    }

    /// What `number` stands for.
    pub fn get(&mut self, number: u32) -> Option<&mut Handle> {
        match self.slots.get_mut((number & INDEX_MASK) as usize)? {
            Some((owner, handle)) if *owner == number => Some(handle),
            _ => None,
        }
    }

    /// Lets `number` stand for nothing.
    pub fn remove(&mut self, number: u32) -> Option<Handle> {
        self.get(number)?;
        let slot = self.slots[(number & INDEX_MASK) as usize].take();
        slot.map(|(_, handle)| handle)
    }

    /// The sockets.
    pub fn sockets(&self) -> impl Iterator<Item = &SocketHandle> {
        self.slots.iter().flatten().filter_map(|(_, handle)| match handle {
            Handle::Socket(socket) => Some(socket),
            Handle::Server(..) | Handle::Closed => None,
        })
    }

    /// The sockets in the next `count` places, behind the last that was taken from here; at the end of the
    /// table it begins again.
    pub fn next_sockets(&mut self, count: usize) -> impl Iterator<Item = &mut SocketHandle> {
        let Table { slots, next } = self;
        if *next >= slots.len() {
            *next = 0;
        }
        slots[*next..].iter_mut().take(count).inspect(|_| *next += 1).flatten().filter_map(
            |(_, handle)| match handle {
                Handle::Socket(socket) => Some(socket),
                Handle::Server(..) | Handle::Closed => None,
            },
        )
    }

    /// Takes everything out.
    pub fn drain(&mut self) -> Vec<Handle> {
        self.slots.drain(..).flatten().map(|(_, handle)| handle).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Random;

    #[test]
    fn a_number_kept_too_long_finds_nothing() {
        let mut numbers = Numbers::default();
        let mut table = Table::default();
        let first = numbers.take().unwrap();
        table.insert(first, Handle::Closed);
        assert!(table.get(first).is_some());
        assert!(table.remove(first).is_some());
        numbers.give_back(first);
        let second = numbers.take().unwrap();
        table.insert(second, Handle::Closed);
        assert_ne!(first, second);
        assert!(table.get(first).is_none());
        assert!(table.remove(first).is_none());
        assert!(table.get(second).is_some());
    }

    #[test]
    fn numbers_are_small_integers_through_all_generations() {
        let mut numbers = Numbers::default();
        for _ in 0..5000 {
            let number = numbers.take().unwrap();
            assert!(number > 0 && number < 1 << 30);
            numbers.give_back(number);
        }
    }

    #[test]
    fn two_handles_never_share_a_number() {
        let mut numbers = Numbers::default();
        let taken: std::collections::HashSet<u32> =
            (0..1000).filter_map(|_| numbers.take()).collect();
        assert_eq!(taken.len(), 1000);
    }

    #[test]
    fn unknown_numbers_are_nothing() {
        let mut table = Table::default();
        for number in [0, 1, 77, u32::MAX] {
            assert!(table.get(number).is_none());
        }
    }

    #[test]
    fn any_use_of_numbers_finds_what_has_them_and_nothing_else() {
        for seed in 0..10 {
            let mut random = Random::new(seed);
            let (mut numbers, mut table) = (Numbers::default(), Table::default());
            let (mut live, mut dead) = (Vec::new(), Vec::new());
            for _ in 0..2000 {
                if live.is_empty() || random.below(2) == 0 {
                    let number = numbers.take().unwrap();
                    assert!(!live.contains(&number) && number > 0 && number < 1 << 30);
                    table.insert(number, Handle::Closed);
                    live.push(number);
                } else {
                    let number = live.swap_remove(random.below(live.len()));
                    assert!(table.remove(number).is_some());
                    numbers.give_back(number);
                    dead.push(number);
                }
                let unknown = random.next() as u32;
                assert_eq!(table.get(unknown).is_some(), live.contains(&unknown));
                // A generation comes back after a thousand lives of the same place.
                let late = dead.iter().rev().take(20).find(|number| !live.contains(number));
                assert!(late.is_none_or(|number| table.get(*number).is_none()));
            }
            assert_eq!(table.drain().len(), live.len());
        }
    }
}

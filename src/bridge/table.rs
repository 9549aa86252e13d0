//! The handle table of one environment: numbers that JavaScript holds, and what they stand for.

use std::sync::Arc;

use crate::server::Listener;
use crate::socket::SocketHandle;

/// Bits of a handle's number that say where in the table it is; `lib/bridge.js` knows them too.
const INDEX_BITS: u32 = 20;
const INDEX_MASK: u32 = (1 << INDEX_BITS) - 1;
/// Numbers stay below 2^30, so that they are small integers to V8.
const GENERATION_MASK: u32 = (1 << (30 - INDEX_BITS)) - 1;

/// What a number stands for.
pub enum Handle {
    /// One connection.
    Socket(SocketHandle),
    /// One listener.
    Server(Arc<Listener>),
    /// Being set up, or closed and waiting for its last event.
    Vacant,
}

/// Handles by number. A number is an index and a generation, so that a number kept too long
/// finds nothing instead of another's handle. 0 is never given out.
#[derive(Default)]
pub struct Table {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

struct Slot {
    generation: u32,
    handle: Option<Handle>,
}

impl Table {
    /// A number for `handle`, or `None` where the table is full (a million handles).
    pub fn insert(&mut self, handle: Handle) -> Option<u32> {
        if let Some(index) = self.free.pop() {
            let slot = &mut self.slots[index as usize];
            slot.handle = Some(handle);
            return Some((slot.generation << INDEX_BITS) | index);
        }
        if self.slots.is_empty() {
            self.slots.push(Slot {
                generation: 0,
                handle: None,
            });
        }
        let index = u32::try_from(self.slots.len())
            .ok()
            .filter(|index| *index <= INDEX_MASK)?;
        self.slots.push(Slot {
            generation: 0,
            handle: Some(handle),
        });
        Some(index)
    }

    /// What `number` stands for.
    pub fn get(&mut self, number: u32) -> Option<&mut Handle> {
        let slot = self.slots.get_mut((number & INDEX_MASK) as usize)?;
        if slot.generation != number >> INDEX_BITS {
            return None;
        }
        slot.handle.as_mut()
    }

    /// Takes `number` out of use.
    pub fn remove(&mut self, number: u32) -> Option<Handle> {
        self.get(number)?;
        let index = number & INDEX_MASK;
        let slot = &mut self.slots[index as usize];
        slot.generation = (slot.generation + 1) & GENERATION_MASK;
        self.free.push(index);
        slot.handle.take()
    }

    /// Takes everything out.
    pub fn drain(&mut self) -> Vec<Handle> {
        self.free.clear();
        self.slots
            .drain(..)
            .filter_map(|slot| slot.handle)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_kept_too_long_finds_nothing() {
        let mut table = Table::default();
        let first = table.insert(Handle::Vacant).unwrap();
        assert!(first > 0);
        assert!(table.get(first).is_some());
        assert!(table.remove(first).is_some());
        let second = table.insert(Handle::Vacant).unwrap();
        assert_ne!(first, second);
        assert!(table.get(first).is_none());
        assert!(table.remove(first).is_none());
        assert!(table.get(second).is_some());
    }

    #[test]
    fn numbers_are_small_integers_through_all_generations() {
        let mut table = Table::default();
        for _ in 0..5000 {
            let number = table.insert(Handle::Vacant).unwrap();
            assert!(number > 0 && number < 1 << 30);
            table.remove(number);
        }
    }

    #[test]
    fn unknown_numbers_are_nothing() {
        let mut table = Table::default();
        for number in [0, 1, 77, u32::MAX] {
            assert!(table.get(number).is_none());
        }
    }
}

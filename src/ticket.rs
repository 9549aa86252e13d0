//! Connections and listeners on their way from one JavaScript thread to another.
//!
//! What is detached from its environment is kept here under a number, which is all that travels.
//! Whoever redeems it first owns the descriptor. One that nobody redeems in its time is closed: by a
//! thread of its own, which is there only while something waits, since the environment that could
//! see to that may have ended.

use std::collections::BTreeMap;
use std::os::fd::IntoRawFd;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;

use crate::descriptor::Descriptor;
use crate::socket_path::SocketPath;

/// What a number stands for.
pub struct Ticket {
    /// The descriptor.
    pub fd: Descriptor,
    /// What was read of it and not delivered.
    pub received: Vec<u8>,
    /// How reading has ended: 0, or the negative errno that it ended with.
    pub status: i32,
    /// The Unix path that goes with a listener.
    pub path: Option<SocketPath>,
}

/// What JavaScript gets for a number.
#[napi(object)]
pub struct Redeemed {
    /// The descriptor, the caller's from now on.
    pub fd: i32,
    /// What was read of it and not delivered.
    pub received: Buffer,
    /// How reading has ended: 0, or the negative errno that it ended with.
    pub status: i32,
}

struct Waiting {
    deadline: Instant,
    ticket: Ticket,
}

struct Tickets {
    waiting: BTreeMap<u32, Waiting>,
    last: u32,
    /// Whether there is a thread that closes what nobody redeems.
    watched: bool,
}

static TICKETS: Mutex<Tickets> =
    Mutex::new(Tickets { waiting: BTreeMap::new(), last: 0, watched: false });

/// Signalled when a ticket has come that may be the first to expire.
static CHANGED: Condvar = Condvar::new();

fn tickets() -> MutexGuard<'static, Tickets> {
    TICKETS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps `ticket` for as long as `patience`; answers its number.
///
/// # Errors
///
/// `EAGAIN` where there is no thread to be had. The ticket's descriptor is closed then.
pub fn deposit(ticket: Ticket, patience: Duration) -> std::io::Result<u32> {
    let mut tickets = tickets();
    if !tickets.watched {
        thread::Builder::new().name("tokio-net-tickets".into()).spawn(watch)?;
        tickets.watched = true;
    }
    // 31 bits, so that it is never taken for an error.
    let number = (tickets.last + 1) & (u32::MAX >> 1);
    tickets.last = number;
    let waiting = Waiting { deadline: Instant::now() + patience, ticket };
    let replaced = tickets.waiting.insert(number, waiting);
    drop(tickets);
    drop(replaced);
    CHANGED.notify_one();
    Ok(number)
}

/// Closes what has expired, until nothing waits.
fn watch() {
    let mut tickets = tickets();
    loop {
        let now = Instant::now();
        let late =
            |(number, waiting): (&u32, &Waiting)| (waiting.deadline <= now).then_some(*number);
        let numbers: Vec<u32> = tickets.waiting.iter().filter_map(late).collect();
        let expired: Vec<Waiting> =
            numbers.iter().filter_map(|number| tickets.waiting.remove(number)).collect();
        let next = tickets.waiting.values().map(|waiting| waiting.deadline).min();
        let Some(next) = next else {
            tickets.watched = false;
            drop(tickets);
            expired.into_iter().for_each(close);
            return;
        };
        if !expired.is_empty() {
            drop(tickets);
            expired.into_iter().for_each(close);
            tickets = self::tickets();
            continue;
        }
        let waited = CHANGED.wait_timeout(tickets, next - now);
        tickets = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}

fn close(Waiting { ticket, .. }: Waiting) {
    if let Some(path) = ticket.path {
        // Gone already, or not ours to remove any more.
        let _ = path.remove();
    }
}

/// What waits under `number`, for the first who asks; `null` where nothing does (any more).
#[napi(catch_unwind)]
pub fn redeem(number: u32) -> Option<Redeemed> {
    let mut tickets = tickets();
    let waiting = tickets.waiting.remove(&number);
    let is_last = tickets.waiting.is_empty();
    drop(tickets);
    if is_last {
        CHANGED.notify_one();
    }
    let Ticket { fd, received, status, .. } = waiting?.ticket;
    Some(Redeemed { fd: fd.into_raw_fd(), received: received.into(), status })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{ErrorKind, Read, Write};
    use std::os::fd::OwnedFd;

    fn ticket() -> (Ticket, std::io::PipeWriter) {
        let (reader, writer) = std::io::pipe().unwrap();
        let fd = Descriptor::from(OwnedFd::from(reader));
        (Ticket { fd, received: vec![7], status: 0, path: None }, writer)
    }

    #[test]
    fn the_first_who_asks_gets_it() {
        let (ticket, mut writer) = ticket();
        let number = deposit(ticket, Duration::from_secs(60)).unwrap();
        let fd = {
            let waiting = tickets().waiting.remove(&number).unwrap();
            assert!(redeem(number).is_none());
            waiting.ticket.fd
        };
        writer.write_all(b"x").unwrap();
        drop(writer);
        // SAFETY: just taken out, and nobody else's.
        let mut reader = unsafe { std::os::fd::FromRawFd::from_raw_fd(fd.into_raw_fd()) };
        let mut text = String::new();
        std::fs::File::read_to_string(&mut reader, &mut text).unwrap();
        assert_eq!(text, "x");
    }

    #[test]
    fn what_nobody_redeems_is_closed_in_time() {
        let (ticket, mut writer) = ticket();
        let number = deposit(ticket, Duration::from_millis(5)).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        let error = loop {
            match writer.write(b"x") {
                Ok(_) => assert!(Instant::now() < deadline, "it was not closed"),
                Err(error) => break error,
            }
            thread::sleep(Duration::from_millis(1));
        };
        assert_eq!(error.kind(), ErrorKind::BrokenPipe);
        assert!(redeem(number).is_none());
    }
}

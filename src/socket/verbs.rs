//! The verbs that every message or connection needs, as functions on the socket's number.
//!
//! A method of a napi class takes a process-wide lock twice a call; these do not.
//! Each answers a count or a status; a number that stands for nothing is `-EBADF`.

use std::io::{self, IoSlice};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use napi::Env;
use napi::bindgen_prelude::{Array, Result};
use napi_derive::napi;

use super::connection::Connection;
use super::handle::SocketHandle;
use super::pump::Pump;
use super::system::MOST_BUFFERS;
use crate::bridge::{Due, Environment, Event, Handle, Payload};
use crate::descriptor::duplicate_of;
use crate::error::code;
use crate::ticket::{self, Ticket};

const CLOSED: i32 = -libc::EBADF;
const INVALID: i32 = -libc::EINVAL;

/// Calls `verb` with the socket that `number` stands for.
fn with(env: &Env, number: u32, verb: impl FnOnce(&mut SocketHandle) -> i32) -> Result<i32> {
    Ok(Environment::of(env)?.with_socket(number, verb).unwrap_or(CLOSED))
}

/// As [`with`]; where `verb` also answers `true`, leaves the rest to the socket's task.
fn then_wake(
    env: &Env,
    number: u32,
    verb: impl FnOnce(&mut SocketHandle) -> (i32, bool),
) -> Result<i32> {
    let environment = Environment::of(env)?;
    let called = environment.with_socket(number, |socket| {
        let (answer, wake) = verb(socket);
        (answer, wake.then(|| Arc::clone(socket.connection())))
    });
    let Some((answer, wake)) = called else {
        return Ok(CLOSED);
    };
    if let Some(connection) = wake {
        environment.engage(&connection);
    }
    Ok(answer)
}

/// How many bytes were taken; 0 where none can be taken now.
fn taken(result: io::Result<usize>) -> i32 {
    match result {
        // A write of 2 GiB and more is told as what fits; the caller goes on from there.
        Ok(count) => i32::try_from(count).unwrap_or(i32::MAX),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => 0,
        Err(error) => code(&error),
    }
}

/// Writes what the kernel takes of `chunk` at once; returns how many bytes that is.
#[napi(catch_unwind)]
pub fn write(env: Env, number: u32, chunk: &[u8]) -> Result<i32> {
    with(&env, number, |socket| taken(socket.connection().try_write(&[IoSlice::new(chunk)])))
}

/// Writes what the kernel takes of `chunks` at once, in one call; returns how many bytes that is.
#[napi(catch_unwind)]
pub fn write_vectored(env: Env, number: u32, chunks: Array) -> Result<i32> {
    let count = chunks.len().min(MOST_BUFFERS as u32);
    let mut buffers = Vec::with_capacity(count as usize);
    for index in 0..count {
        if let Some(chunk) = chunks.get::<&[u8]>(index)? {
            buffers.push(IoSlice::new(chunk));
        }
    }
    with(&env, number, |socket| taken(socket.connection().try_write(&buffers)))
}

/// Writes what the kernel takes at once of the `length` bytes that are in the outbox behind the
/// gathered ones; returns how many bytes that is.
#[napi(catch_unwind)]
pub fn write_single(env: Env, number: u32, length: u32) -> Result<i32> {
    let environment = Environment::of(&env)?;
    let Some(bytes) = environment.outbox().single(length as usize) else {
        return Ok(INVALID);
    };
    let write =
        |socket: &mut SocketHandle| taken(socket.connection().try_write(&[IoSlice::new(bytes)]));
    Ok(environment.with_socket(number, write).unwrap_or(CLOSED))
}

/// Whether JavaScript's thread has time to send by itself what it would gather else.
#[napi(catch_unwind)]
pub fn has_time(env: Env) -> Result<bool> {
    Ok(Environment::of(&env)?.has_time_for(0))
}

/// Says that the outbox has gathered writes; they go out when the turn is over.
#[napi(catch_unwind)]
pub fn schedule_flush(env: Env) -> Result<()> {
    Environment::of(&env)?.schedule_flush();
    Ok(())
}

/// Copies what fits of `chunk` for the task to write; returns how many bytes that is. 'write' events
/// tell how it goes on.
#[napi(catch_unwind)]
pub fn queue_write(env: Env, number: u32, chunk: &[u8]) -> Result<i32> {
    then_wake(&env, number, |socket| (taken(Ok(socket.connection().queue(chunk))), true))
}

/// Waits for room to write; a 'room' event tells when there is some. `false` where that is the
/// task's work, which [`queue_write`] leaves it to.
#[napi(catch_unwind)]
pub fn await_room(env: Env, number: u32) -> Result<bool> {
    Ok(Environment::of(&env)?.await_room(number))
}

/// Lets events of reading arrive; `-ENOTCONN` where there can be none.
#[napi(catch_unwind)]
pub fn start_reading(env: Env, number: u32) -> Result<i32> {
    let environment = Environment::of(&env)?;
    let started = environment.with_socket(number, |socket| {
        if !socket.connection().is_readable() {
            return Err(-libc::ENOTCONN);
        }
        let task = socket.start_reading() && socket.connection().is_running();
        Ok(task.then(|| Arc::clone(socket.connection())))
    });
    match started.unwrap_or(Err(CLOSED)) {
        Err(status) => return Ok(status),
        Ok(Some(connection)) => environment.engage(&connection),
        Ok(None) => environment.attend(number),
    }
    Ok(0)
}

/// Keeps events of reading back, from now on.
#[napi(catch_unwind)]
pub fn stop_reading(env: Env, number: u32) -> Result<i32> {
    with(&env, number, |socket| {
        socket.stop_reading();
        0
    })
}

/// Whether bytes have come that were not told yet.
#[napi(catch_unwind)]
pub fn has_pending_read(env: Env, number: u32) -> Result<bool> {
    let pending = |socket: &mut SocketHandle| socket.connection().has_pending_read();
    Ok(Environment::of(&env)?.with_socket(number, pending).unwrap_or(false))
}

/// Bits of a piece that say how long it is, as `lib/bridge.js` knows.
const LENGTH_BITS: u32 = 17;

/// The next piece of what a read has brought, where JavaScript goes on to read: how many bytes, and above
/// the 17 bits of that the number by which JavaScript has lent the memory that they are in. 0 where there
/// is none, or it comes as an event.
#[napi(catch_unwind)]
pub fn next_piece(env: Env, number: u32) -> Result<u32> {
    let environment = Environment::of(&env)?;
    Ok(match environment.next_piece(number, SocketHandle::next_lent) {
        Some(Event { number: length, payload: Payload::Lent(loan), .. }) => {
            loan.give_back() << LENGTH_BITS | length.unsigned_abs()
        }
        _ => 0,
    })
}

/// How many bytes a read may bring, and past how many unseen bytes none is made.
#[napi(catch_unwind)]
pub fn set_read_limits(env: Env, number: u32, read_size: u32, high_water_mark: u32) -> Result<i32> {
    with(&env, number, |socket| {
        socket.connection().set_read_limits(read_size, high_water_mark);
        0
    })
}

/// Makes ready for a native pipe out of the socket: a 'halted' event tells when all that was read
/// so far has arrived. Nothing more is read until [`start_pump`] or [`stop_pump`].
#[napi(catch_unwind)]
pub fn halt(env: Env, number: u32) -> Result<i32> {
    then_wake(&env, number, |socket| {
        socket.connection().halt();
        (0, true)
    })
}

/// Lets bytes go from a halted socket to another one without JavaScript; `-EAGAIN` where bytes are
/// still on their way to that.
#[napi(catch_unwind)]
pub fn start_pump(env: Env, number: u32, destination: u32) -> Result<i32> {
    let environment = Environment::of(&env)?;
    let destination =
        environment.with_socket(destination, |socket| Arc::clone(socket.connection()));
    let Some(destination) = destination else { return Ok(CLOSED) };
    environment.engage(&destination);
    then_wake(&env, number, |socket| {
        let started = socket.connection().start_pump(&destination);
        (if started { 0 } else { -libc::EAGAIN }, started)
    })
}

/// Ends a native pipe, or what was made ready for one: the socket's bytes arrive again. Not a byte
/// is moved after this. Returns how many bytes were; all of them count as written.
#[napi(catch_unwind)]
pub fn stop_pump(env: Env, number: u32) -> Result<f64> {
    let environment = Environment::of(&env)?;
    let connection = environment.with_socket(number, |socket| Arc::clone(socket.connection()));
    let Some(connection) = connection else { return Ok(0.0) };
    let stopped = connection.stop_pump();
    environment.engage(&connection);
    let Some((pump, wake)) = stopped else { return Ok(0.0) };
    if wake {
        environment.engage(pump.destination());
    }
    Ok(pump.moved() as f64)
}

/// Bytes that the native pipe out of the socket has moved so far.
#[napi(catch_unwind)]
pub fn pump_moved(env: Env, number: u32) -> Result<f64> {
    Ok(pump(&env, number)?.map_or(0.0, |pump| pump.moved() as f64))
}

/// Milliseconds since the native pipe out of the socket has moved something.
#[napi(catch_unwind)]
pub fn pump_idle(env: Env, number: u32) -> Result<f64> {
    Ok(pump(&env, number)?.map_or(0.0, |pump| pump.idle() as f64))
}

fn pump(env: &Env, number: u32) -> Result<Option<Arc<Pump>>> {
    let pump = |socket: &mut SocketHandle| socket.connection().pump();
    Ok(Environment::of(env)?.with_socket(number, pump).flatten())
}

/// Half-closes after the last byte: the peer will see the end of the stream. A 'shutdown' event
/// tells when that is done.
#[napi(catch_unwind)]
pub fn shutdown(env: Env, number: u32) -> Result<i32> {
    let environment = Environment::of(&env)?;
    let next = environment.with_socket(number, |socket| {
        let connection = Arc::clone(socket.connection());
        socket.shutdown_due = !connection.has_unsent();
        (connection, socket.shutdown_due)
    });
    let Some((connection, is_due)) = next else { return Ok(CLOSED) };
    if !is_due {
        connection.shut_down_after_last();
        environment.engage(&connection);
    } else if connection.is_broken() || !environment.do_soon(Due::Shutdown(number)) {
        connection.shut_down_next();
    }
    Ok(0)
}

/// How long a connection's task may take to let go of it; it takes microseconds.
const PATIENCE: Duration = Duration::from_secs(5);

/// Takes the connection away from this environment, to be redeemed by another one within `patience`
/// milliseconds, with `buffered` and what was read and not delivered. Answers the number of its
/// ticket; `-EAGAIN` where bytes are still on their way out, and nothing has happened then. A 'close'
/// event follows.
#[napi(catch_unwind)]
pub fn detach(env: Env, number: u32, buffered: &[u8], patience: u32) -> Result<i32> {
    let environment = Environment::of(&env)?;
    let found = environment.with_socket(number, |socket| Arc::clone(socket.connection()));
    let Some(connection) = found else { return Ok(CLOSED) };
    if connection.has_unsent() {
        return Ok(-libc::EAGAIN);
    }
    let fd = match duplicate_of(connection.fd()) {
        Ok(fd) => fd,
        Err(error) => return Ok(code(&error)),
    };
    connection.share();
    // The task may be in the middle of a read: what it brings is in the queue once it has ended.
    environment.with_socket(number, |socket| socket.watch = None);
    if let Some(thread) = connection.close() {
        thread.wake_all(&mut vec![Arc::<Connection>::clone(&connection)]);
    }
    let deadline = Instant::now() + PATIENCE;
    while connection.is_running() {
        if Instant::now() > deadline {
            return Ok(-libc::ETIMEDOUT);
        }
        thread::yield_now();
    }
    drop(connection);
    let later = environment.bridge.withdraw(number);
    let slot =
        environment.with_table(|table| Some(std::mem::replace(table.get(number)?, Handle::Closed)));
    let Some(Handle::Socket(mut socket)) = slot else { return Ok(CLOSED) };
    let mut received = buffered.to_vec();
    let (unseen, status) = socket.take_received(later);
    received.extend_from_slice(&unseen);
    let ticket = Ticket { fd, received, status, path: None };
    Ok(match ticket::deposit(ticket, Duration::from_millis(patience.into())) {
        Ok(key) => key.cast_signed(),
        Err(error) => code(&error),
    })
}

/// Says that the descriptor is open elsewhere, too: what was read of it is no reason to reset the connection.
#[napi(catch_unwind)]
pub fn share(env: Env, number: u32) -> Result<i32> {
    with(&env, number, |socket| {
        socket.connection().share();
        0
    })
}

/// Closes; a 'close' event follows once the descriptor is closed.
#[napi(catch_unwind)]
pub fn close(env: Env, number: u32) -> Result<i32> {
    let environment = Environment::of(&env)?;
    let handle = environment.with_table(|table| {
        let slot = table.get(number)?;
        Some(std::mem::replace(slot, Handle::Closed))
    });
    let closed = handle.is_some_and(|handle| environment.close(handle));
    Ok(if closed { 0 } else { CLOSED })
}

/// Closes a handle that has no descriptor; a 'close' event follows for the number that is answered.
#[napi(catch_unwind)]
pub fn close_unopened(env: Env) -> Result<i32> {
    let environment = Environment::of(&env)?;
    let Some(number) = environment.bridge.take_number() else { return Ok(-libc::ENFILE) };
    environment.with_table(|table| table.insert(number, Handle::Closed));
    environment.closed(number);
    Ok(number.cast_signed())
}

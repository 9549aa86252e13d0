//! What JavaScript's thread and the task share of one connection.

use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use atomic_waker::AtomicWaker;
use socket2::SockRef;

use super::driver;
use super::flow::{
    BROKEN, CLOSING, CONNECTING, ENDED, FAILED, Flow, HALTED, HALTING, PUMPING, READING, RECEIVING,
    RETIRING, RUNNING, SHARED, SHUTTING_DOWN,
};
use super::outgoing::Outgoing;
use super::pump::Pump;
use super::system::{self, Medium, Piece};
use crate::bridge::{Bridge, Event, Kind, READ_SIZE};
use crate::descriptor::Descriptor;
use crate::error::{code, from_errno, status};
use crate::place::{self, Place};
use crate::runtime::{IoThread, Wake};

/// Bytes that a read asks for at most.
const MOST_READ: u32 = READ_SIZE as u32;

/// The number of a 'shutdown' event that counts only if the shutdown is still due then.
pub const IF_DUE: i32 = 2;

/// Where a connection comes from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Origin {
    /// A listener accepted it.
    Accepted,
    /// A listener accepted it, and it is read from at once: JavaScript will surely want that.
    Eager,
    /// A connect was asked for; how it has ended is not told yet.
    Connecting,
    /// A descriptor that was open before, and may be a pipe instead of a socket.
    Adopted,
}

/// One connection.
pub struct Connection {
    // Fields are dropped in this order: the descriptor leaves the readiness queue and is closed,
    // and then the notice says so.
    /// Made when it is first needed: most of many connections are idle, and never have a task.
    task: OnceLock<Box<TaskState>>,
    fd: Descriptor,
    notice: Notice,
    medium: Medium,
    flow: Flow,
    /// Bytes that a read asks for.
    read_size: AtomicU32,
    /// Bytes in `TaskState::outgoing` or on their way from there. Only JavaScript's thread adds to it, so
    /// where that reads 0, an inline write overtakes nothing.
    unsent: AtomicUsize,
    /// What reading has ended with.
    failure: AtomicI32,
}

/// What a connection has for its task.
#[derive(Default)]
struct TaskState {
    /// Where the task waits, if there is one; that holds it, too.
    place: Mutex<Option<Arc<Place>>>,
    waker: AtomicWaker,
    outgoing: Mutex<Outgoing>,
    /// The native pipe from here to another connection; that holds the other one.
    pump: Mutex<Option<Arc<Pump>>>,
}

impl Connection {
    /// Gives `fd` a number. Nobody waits for it yet.
    ///
    /// # Errors
    ///
    /// `ENFILE` where all numbers are in use. The descriptor is closed then.
    pub fn register(
        bridge: &Arc<Bridge>,
        fd: Descriptor,
        origin: Origin,
    ) -> io::Result<Arc<Connection>> {
        let medium = Medium::of(fd.as_fd());
        Ok(Arc::new(Connection {
            task: OnceLock::new(),
            fd,
            notice: Notice::new(bridge)?,
            medium,
            flow: Flow::new(match origin {
                Origin::Connecting => CONNECTING,
                Origin::Eager => READING,
                Origin::Accepted | Origin::Adopted => 0,
            }),
            read_size: AtomicU32::new(MOST_READ),
            unsent: AtomicUsize::new(0),
            failure: AtomicI32::new(0),
        }))
    }

    /// Starts the connection's task on an I/O thread; events may arrive from then on.
    ///
    /// # Errors
    ///
    /// As [`Place::of`]. JavaScript is told then, by an 'end'.
    pub fn start(self: &Arc<Self>) -> io::Result<()> {
        match self.prepare() {
            Ok(place) => {
                self.run(place);
                Ok(())
            }
            Err(error) => {
                let status = code(&error);
                self.ended(status);
                self.tell(Kind::End, status);
                Err(error)
            }
        }
    }

    /// Takes a place for the task, which counts as there from now on: nobody else starts one. To be
    /// followed by [`Connection::run`].
    ///
    /// # Errors
    ///
    /// As [`Place::of`].
    pub fn prepare(&self) -> io::Result<Arc<Place>> {
        let place = self.take_place()?;
        self.flow.set(RUNNING);
        Ok(place)
    }

    /// Lets the task run that has its `place`.
    pub fn run(self: &Arc<Self>, place: Arc<Place>) {
        let thread = place.thread();
        thread.runtime().spawn(driver::drive(Arc::clone(self), place));
    }

    fn task_state(&self) -> &TaskState {
        self.task.get_or_init(Box::default)
    }

    /// Where the task waits; `None` where there is no task.
    pub fn place(&self) -> Option<Arc<Place>> {
        lock(&self.task.get()?.place).clone()
    }

    /// The descriptor.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }

    /// The bridge to the connection's environment.
    pub fn bridge(&self) -> &Arc<Bridge> {
        self.notice.bridge()
    }

    /// Tells JavaScript.
    pub fn tell(&self, kind: Kind, number: i32) {
        self.bridge().push(Event::new(self.handle(), kind, number));
    }

    /// Has the writing side shut down next. Nothing may be on its way out. As with built-in net, JavaScript
    /// hears of that before it is told what has come in meanwhile; but not before it is told that a
    /// write has failed.
    pub fn shut_down_next(&self) {
        let event = Event::new(self.handle(), Kind::Shutdown, IF_DUE);
        if self.has(BROKEN) {
            self.bridge().push(event);
        } else {
            self.bridge().push_first(event);
        }
    }

    /// Whether a write has failed.
    pub fn is_broken(&self) -> bool {
        self.has(BROKEN)
    }

    /// The connection's number.
    pub fn handle(&self) -> u32 {
        self.notice.handle()
    }

    // ---- JavaScript's side. Where a verb answers `true`, the task is to be woken.

    /// Writes what the kernel takes at once; nothing where earlier bytes are still on their way.
    ///
    /// # Errors
    ///
    /// As [`system::write`].
    pub fn try_write(&self, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
        if self.has_unsent() {
            return Ok(0);
        }
        let written = match buffers {
            [one] => system::write_one(self.fd(), self.medium, one),
            several => system::write(self.fd(), self.medium, several),
        };
        written.map_err(|error| self.cause_of(error))
    }

    /// Why a write has failed with `error`: the kernel says once what has broken a connection, and that
    /// may have been the answer to a read of the task's, of which JavaScript has not heard yet.
    /// What cannot be written to at all is a broken pipe, as with libuv.
    fn cause_of(&self, error: io::Error) -> io::Error {
        if system::is_only(self.fd(), self.medium, libc::O_RDONLY) {
            return from_errno(libc::EPIPE);
        }
        let failure = self.failure.load(Ordering::SeqCst);
        if error.kind() == io::ErrorKind::BrokenPipe && failure < 0 {
            return io::Error::from_raw_os_error(-failure);
        }
        error
    }

    /// Leaves `bytes` of a write under way to the task, as many as fit; returns how many did.
    pub fn queue(&self, bytes: &[u8]) -> usize {
        let mut outgoing = self.outgoing();
        let count = outgoing.queue(bytes);
        self.unsent.fetch_add(count, Ordering::SeqCst);
        count
    }

    /// Leaves `bytes` that count as written to the task.
    pub fn gather(&self, bytes: &[u8]) {
        let mut outgoing = self.outgoing();
        outgoing.gather(bytes);
        self.unsent.fetch_add(bytes.len(), Ordering::SeqCst);
    }

    /// Whether bytes are still on their way to the kernel.
    pub fn has_unsent(&self) -> bool {
        self.unsent.load(Ordering::SeqCst) != 0
    }

    /// Whether the task is about to send gathered bytes.
    pub fn is_sending(&self) -> bool {
        self.has_unsent() && self.is_running() && self.outgoing().is_moving()
    }

    /// Whether there can be anything to read. The kernel would tell nothing of what cannot be read at all.
    pub fn is_readable(&self) -> bool {
        !system::is_only(self.fd(), self.medium, libc::O_WRONLY)
    }

    /// Lets bytes be read.
    pub fn start_reading(&self) -> bool {
        self.flow.set(READING) & (READING | ENDED) == 0
    }

    /// Keeps the task from reading more.
    pub fn stop_reading(&self) {
        self.flow.stop_reading();
    }

    /// Says how large reads are, and how much may be under way, both in bytes.
    pub fn set_read_limits(&self, read_size: u32, high_water_mark: u32) {
        self.read_size.store(read_size.clamp(1, MOST_READ), Ordering::Relaxed);
        self.flow.set_high_water_mark(high_water_mark);
    }

    /// JavaScript has seen `count` bytes.
    pub fn delivered(&self, count: usize) -> bool {
        self.flow.delivered(count, || self.bridge().memory.is_scarce())
    }

    /// Lets the task shut the writing side down once everything is sent.
    pub fn shut_down_after_last(&self) {
        self.flow.set(SHUTTING_DOWN);
    }

    /// Shuts the writing side down; 0 or a negative errno.
    pub fn shut_down(&self) -> i32 {
        status(SockRef::from(&self.fd()).shutdown(Shutdown::Write))
    }

    /// Whether bytes have come that JavaScript has not seen.
    pub fn has_pending_read(&self) -> bool {
        // In this order: what a task takes from the kernel in between is counted when it is looked for.
        system::has_input(self.fd()) || self.flow.has_undelivered()
    }

    /// Whether both sides have ended, so that what is read last is the end.
    pub fn hangs_up(&self) -> bool {
        system::hangs_up(self.fd())
    }

    /// Keeps the task from reading until a pump starts or [`Connection::stop_pump`] is called; it
    /// tells `Halted` when nothing that it has read will come after that.
    pub fn halt(&self) {
        self.flow.set(HALTED | HALTING);
    }

    /// Lets the task, which has halted, move bytes to `destination`; `false` where bytes are still
    /// on their way there.
    pub fn start_pump(&self, destination: &Arc<Connection>) -> bool {
        if destination.has_unsent() || destination.has(CONNECTING | SHUTTING_DOWN | CLOSING) {
            return false;
        }
        let Some(outlet) = destination.place() else { return false };
        let pump = Pump::new(Arc::clone(destination), outlet);
        *lock(&self.task_state().pump) = Some(Arc::new(pump));
        self.flow.set(PUMPING);
        true
    }

    /// Lets the task read for JavaScript again. Answers the pump, if one was started: it is
    /// stopped, and moves nothing any more. The second is true where its destination's task is to
    /// be woken.
    pub fn stop_pump(&self) -> Option<(Arc<Pump>, bool)> {
        self.end_pump();
        let pump = lock(&self.task.get()?.pump).take()?;
        let wake = pump.stop();
        Some((pump, wake))
    }

    /// The pump that JavaScript has started and not stopped.
    pub fn pump(&self) -> Option<Arc<Pump>> {
        lock(&self.task.get()?.pump).clone()
    }

    /// Asks the task to end and to leave the descriptor to JavaScript's thread, which a 'retired'
    /// event tells. As [`Flow::ask_to_retire`].
    pub fn retire(&self) -> bool {
        self.flow.ask_to_retire()
    }

    /// The task is needed, as [`Flow::recall`].
    pub fn recall(&self) -> bool {
        self.flow.recall()
    }

    /// The 'retired' event has arrived.
    pub fn heard_retired(&self) {
        self.flow.heard_retired();
    }

    /// Whether JavaScript's thread must not read, as [`Flow::is_task_work`].
    pub fn is_task_work(&self) -> bool {
        self.flow.is_task_work()
    }

    /// Ends the task; the descriptor is closed once all have let go of the connection. Answers the
    /// thread on which the task is to be woken for that, if it is.
    pub fn close(&self) -> Option<&'static IoThread> {
        self.flow.set(CLOSING);
        // A pump holds its destination, and there are rings of them.
        self.stop_pump();
        // A task without a place has just been about to retire, and looks by itself.
        let place = if self.recall() { self.place() } else { None };
        place.map(|place| place.thread())
    }

    /// The descriptor is open elsewhere from now on, where it is read on.
    pub fn share(&self) {
        self.flow.set(SHARED);
    }

    /// Closes the descriptor, of which nobody else knows; answers the number, whose 'close' event is left
    /// to the caller.
    pub fn release(self) -> u32 {
        self.notice.leave_to_caller()
    }

    // ---- the task's side

    /// Where the task is woken.
    pub fn task(&self) -> &AtomicWaker {
        &self.task_state().waker
    }

    /// Sends `bytes`, as far as the kernel takes them.
    ///
    /// # Errors
    ///
    /// As [`system::write`].
    pub fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        system::write_one(self.fd(), self.medium, bytes)
    }

    /// Reads into `memory` without waiting.
    ///
    /// # Errors
    ///
    /// As [`system::read`].
    pub fn receive(&self, memory: &mut [u8]) -> io::Result<Piece> {
        system::read(self.fd(), self.medium, memory)
    }

    /// Reads into `places`, one behind the other, without waiting.
    ///
    /// # Errors
    ///
    /// As [`system::read`].
    ///
    /// # Safety
    ///
    /// Each place must be good for writes of its length.
    pub unsafe fn receive_to(&self, places: &mut [libc::iovec]) -> io::Result<Piece> {
        // SAFETY: by the caller's word.
        unsafe { system::read_to(self.fd(), self.medium, places) }
    }

    /// Counts sent bytes out; JavaScript is told where it waits for that.
    pub fn sent(&self, count: usize) {
        let told = self.outgoing().sent(count);
        self.unsent.fetch_sub(count, Ordering::SeqCst);
        if let Some(told) = told {
            // At most what fits into the queue, which fits.
            self.tell(Kind::Write, told as i32);
        }
    }

    /// The kernel takes no more; JavaScript is told where it believes everything written.
    pub fn blocked(&self) {
        if self.outgoing().blocked() {
            self.tell(Kind::Full, 0);
        }
    }

    /// A write has failed: nothing more will be sent.
    pub fn write_failed(&self, error: &io::Error) {
        let mut outgoing = self.outgoing();
        self.unsent.fetch_sub(outgoing.pending(), Ordering::SeqCst);
        outgoing.clear();
        drop(outgoing);
        self.flow.set(BROKEN);
        self.tell(Kind::Write, code(error));
    }

    /// Whether the writing side is to be shut down now.
    pub fn takes_shutdown(&self) -> bool {
        self.has(SHUTTING_DOWN)
            && !self.has_unsent()
            && self.flow.clear(SHUTTING_DOWN) & SHUTTING_DOWN != 0
    }

    /// The queue of outgoing bytes.
    pub fn outgoing(&self) -> MutexGuard<'_, Outgoing> {
        lock(&self.task_state().outgoing)
    }

    /// Bytes that the next read asks for.
    pub fn read_size(&self) -> usize {
        self.read_size.load(Ordering::Relaxed) as usize
    }

    /// Whether the task is to end.
    pub fn is_closing(&self) -> bool {
        self.has(CLOSING)
    }

    /// Whether a connect is under way.
    pub fn is_connecting(&self) -> bool {
        self.has(CONNECTING)
    }

    /// Whether the task is to say now that it has halted.
    pub fn takes_halt(&self) -> bool {
        self.has(HALTING) && self.flow.clear(HALTING) & HALTING != 0
    }

    /// The pump by which the task is to move bytes.
    pub fn running_pump(&self) -> Option<Arc<Pump>> {
        if self.has(PUMPING) { self.pump() } else { None }
    }

    /// The pump has come to its end; the task reads for JavaScript again.
    pub fn end_pump(&self) {
        self.flow.clear(HALTED | HALTING | PUMPING);
    }

    /// Whether JavaScript wants to read.
    pub fn is_reading(&self) -> bool {
        self.has(READING)
    }

    /// Whether JavaScript wants to read, and there may be something.
    pub fn can_be_read(&self) -> bool {
        self.flow.can_be_read()
    }

    /// The task has ended, or is about to.
    pub fn finished(&self) {
        self.flow.clear(RUNNING);
    }

    /// Whether the task is to leave the descriptor to JavaScript's thread, and has nothing to send.
    pub fn may_retire(&self) -> bool {
        self.flow.may_retire() && !self.has_unsent()
    }

    /// Lets go of `place`, the task's; answers it where a pump is there, too.
    pub fn leave(&self, place: Arc<Place>) -> Option<Arc<Place>> {
        let mut slot = lock(&self.task_state().place);
        // The task's share and the slot's.
        if Arc::strong_count(&place) > 2 {
            return Some(place);
        }
        *slot = None;
        None
    }

    /// Takes a place again.
    ///
    /// # Errors
    ///
    /// As [`Place::of`].
    pub fn take_place(&self) -> io::Result<Arc<Place>> {
        let place = Arc::new(Place::of(self.fd(), place::EVERYTHING)?);
        *lock(&self.task_state().place) = Some(Arc::clone(&place));
        Ok(place)
    }

    /// Ends the task, as far as JavaScript's thread is concerned, unless it has called it back.
    pub fn retire_now(&self) -> bool {
        self.flow.retire()
    }

    /// Whether the task was asked to end, and has not been called back.
    pub fn is_retiring(&self) -> bool {
        self.has(RETIRING)
    }

    /// Whether there is a task to wake.
    pub fn is_running(&self) -> bool {
        self.has(RUNNING)
    }

    /// The connect has ended.
    pub fn connected(&self) {
        self.flow.clear(CONNECTING);
    }

    /// Nothing more will be read; with a `status` that is no 0, nor sent.
    pub fn ended(&self, status: i32) {
        self.failure.store(status, Ordering::SeqCst);
        self.flow.set(if status == 0 { ENDED } else { ENDED | FAILED });
    }

    /// Whether the connection is broken.
    pub fn has_failed(&self) -> bool {
        self.has(FAILED)
    }

    /// Whether the task is to read now. Where too much is undelivered, delivery will wake it.
    pub fn wants_read(&self) -> bool {
        self.flow.wants_read(|| self.bridge().memory.is_scarce())
    }

    /// Bytes that may be read beyond one read's.
    pub fn ahead(&self) -> usize {
        self.flow.ahead() as usize
    }

    /// Counts bytes that were read in.
    pub fn undelivered(&self, count: usize) {
        self.flow.undelivered(count);
    }

    /// The task begins to read: bytes may leave the kernel.
    pub fn receiving(&self) {
        self.flow.set(RECEIVING);
    }

    /// What the task has read is counted.
    pub fn received(&self) {
        self.flow.clear(RECEIVING);
    }

    fn has(&self, flag: u32) -> bool {
        self.flow.has(flag)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Connection {
    fn drop(&mut self) {
        // The kernel resets a connection that is closed with bytes unread; it does not know of these.
        if self.flow.leaves_unseen() {
            let _ = system::reset_on_close(self.fd());
        }
    }
}

impl Wake for Connection {
    fn wake(&self) {
        if let Some(task) = self.task.get() {
            task.waker.wake();
        }
    }
}

/// A descriptor's number. When it goes, it says that the descriptor is closed: it is the field
/// after the descriptor in its owner.
pub struct Notice {
    bridge: Arc<Bridge>,
    handle: u32,
    /// Whether somebody else says so.
    is_told: AtomicBool,
}

impl Notice {
    /// Takes a number and counts a descriptor in.
    ///
    /// # Errors
    ///
    /// `ENFILE` where all numbers are in use.
    pub fn new(bridge: &Arc<Bridge>) -> io::Result<Self> {
        let handle = bridge.take_number().ok_or_else(|| from_errno(libc::ENFILE))?;
        bridge.descriptor_opened();
        Ok(Notice { bridge: Arc::clone(bridge), handle, is_told: AtomicBool::new(false) })
    }

    /// Leaves it to the caller to say so, who gets the number.
    pub fn leave_to_caller(&self) -> u32 {
        self.is_told.store(true, Ordering::Relaxed);
        self.handle
    }

    /// The bridge that is told.
    pub fn bridge(&self) -> &Arc<Bridge> {
        &self.bridge
    }

    /// The handle's number.
    pub fn handle(&self) -> u32 {
        self.handle
    }
}

impl Drop for Notice {
    fn drop(&mut self) {
        if !*self.is_told.get_mut() {
            self.bridge.push(Event::new(self.handle, Kind::Close, 0));
        }
        self.bridge.descriptor_closed();
    }
}

/// A connection on its way from its listener to JavaScript; closed where it does not arrive.
pub struct Accepted(Option<Arc<Connection>>);

impl Accepted {
    /// Puts `connection` on its way.
    pub fn new(connection: Arc<Connection>) -> Self {
        Accepted(Some(connection))
    }

    /// Arrives.
    pub fn take(mut self) -> Option<Arc<Connection>> {
        self.0.take()
    }
}

impl Drop for Accepted {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            connection.close();
            connection.wake();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_task_it_takes_little() {
        assert!(size_of::<Connection>() <= 80, "{}", size_of::<Connection>());
    }
}

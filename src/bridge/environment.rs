//! The half of the bridge that lives on the JavaScript thread.

use std::cell::{Cell, OnceCell, RefCell};
use std::ffi::{CStr, c_char, c_void};
use std::io::{self, IoSlice};
use std::mem::ManuallyDrop;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr::{self, NonNull};
use std::rc::Rc;
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use napi::bindgen_prelude::{BufferSlice, Function, JsValue, Uint8Array, Unknown};
use napi::{Env, Error, Result, Status, sys};
use napi_derive::napi;

use super::crowd::Crowd;
use super::event::{Event, Kind, Payload};
use super::event_loop::EventLoop;
use super::memory::{Block, READ_SIZE};
use super::outbox::Outbox;
use super::pace::{Leisure, Pace};
use super::queue::Bridge;
use super::table::{Handle, Table};
use super::uv;
use crate::runtime::{self, IoThread, Wake};
use crate::socket::{Admission, Connection, IF_DUE, SocketHandle};

/// Added to an event's kind where more events wait behind it.
const MORE: u32 = 1 << 8;

/// Added to an event's kind where more pieces of what was read wait behind it, for which JavaScript asks.
pub(super) const AHEAD: u32 = 1 << 9;

/// The name under which the threadsafe function shows in `async_hooks`.
const NAME: &CStr = c"TOKIONET";

/// How long the end of the process waits for what counts as written. It takes microseconds, but for
/// an I/O thread that has to wait for a core.
const EXIT_PATIENCE: Duration = Duration::from_secs(2);

/// So many gathered writes in one turn are left to the I/O threads where this thread has no time for them,
/// also those of sockets that it waits for.
const MANY_WRITES: usize = 16;

/// When a crowd is gone, so many silent sockets are asked to leave beside one that has said something …
const RETIRED_BESIDE: usize = 4;

/// … of so many that are looked at.
const LOOKED_AT: usize = 64;

thread_local! {
    /// The environments of this thread: one, or more where isolated contexts load the addon again.
    /// Never dropped, so that they are still there when the process ends.
    static ENVIRONMENTS: RefCell<ManuallyDrop<Vec<Rc<Environment>>>> =
        const { RefCell::new(ManuallyDrop::new(Vec::new())) };
}

/// exit(3) calls this, on the thread that calls it. The environments that are left are those of
/// `process.exit()`, for which Node runs no cleanup hooks: what was gathered has to reach the kernel
/// all the same. (A destructor of the thread's would not do: musl runs none of the main thread's.)
extern "C" fn on_exit() {
    let _ = catch_unwind(|| {
        ENVIRONMENTS.with_borrow(|all| {
            for environment in all.iter() {
                environment.flush_where(|_| true);
                environment.settle();
            }
        });
    });
}

/// One Node environment (a main thread, a worker thread, an isolated context) that uses the addon.
pub struct Environment {
    /// The bridge that tasks of this environment hold.
    pub bridge: Arc<Bridge>,
    pub(super) raw: sys::napi_env,
    function: Cell<sys::napi_threadsafe_function>,
    /// A reference to the function that is called with each event, and the asynchronous context in
    /// which the event loop calls it.
    pub(super) dispatch: Cell<sys::napi_ref>,
    pub(super) context: Cell<sys::napi_async_context>,
    /// Whether the program survives what an event throws.
    pub(super) survives: Cell<bool>,
    /// Whether what the function throws next has been reported.
    reported: Cell<bool>,
    /// The event loop of this thread; `None` where it is not to wait for anything.
    event_loop: OnceCell<Option<EventLoop>>,
    pub(super) crowd: Crowd,
    pace: Pace,
    leisure: Leisure,
    table: RefCell<Table>,
    outbox: Outbox,
    /// Tasks to wake when the turn is over, with the threads that they run on.
    waiting: RefCell<Vec<(&'static IoThread, Arc<dyn Wake>)>>,
    /// Whether it is events of I/O threads that are being delivered.
    pub(super) is_delivering: Cell<bool>,
    /// Whether the event that ends the turn is on its way.
    flush_scheduled: Cell<bool>,
    /// The blocks of read memory that JavaScript has seen, a bit each.
    known_blocks: Cell<u32>,
    /// Whether JavaScript may be given memory that it did not allocate (not so in Electron).
    external_memory: Cell<bool>,
}

/// Starts the bridge of the calling environment.
///
/// `dispatch(handle, kind, number, bytes)` is called for each event, each time in a callback scope
/// of its own; where more events wait behind it, `MORE` is added to its kind. `memory` is the
/// outbox. Starts no thread.
#[napi(catch_unwind)]
pub fn start(env: Env, dispatch: Function<Unknown, Unknown>, mut memory: Uint8Array) -> Result<()> {
    // SAFETY: nobody else refers to the memory while `start` runs.
    let bytes = unsafe { memory.as_mut() };
    // SAFETY: the memory is kept below for as long as the environment lives, and JavaScript does
    // not run while a verb uses a slice of it.
    let outbox = unsafe { Outbox::new(bytes) }
        .ok_or_else(|| Error::new(Status::InvalidArg, "the outbox is too small"))?;
    // The reference is never given up: the outbox is in use until the environment is gone.
    std::mem::forget(memory);
    let environment = Rc::new(Environment {
        bridge: Arc::new(Bridge::new()),
        raw: env.raw(),
        function: Cell::new(ptr::null_mut()),
        dispatch: Cell::new(ptr::null_mut()),
        context: Cell::new(ptr::null_mut()),
        survives: Cell::new(false),
        reported: Cell::new(false),
        event_loop: OnceCell::new(),
        crowd: Crowd::new(),
        pace: Pace::default(),
        leisure: Leisure::default(),
        table: RefCell::new(Table::default()),
        outbox,
        waiting: RefCell::new(Vec::new()),
        is_delivering: Cell::new(false),
        flush_scheduled: Cell::new(false),
        known_blocks: Cell::new(0),
        external_memory: Cell::new(true),
    });
    environment.connect(dispatch.raw())?;
    ENVIRONMENTS.with_borrow_mut(|all| all.push(environment));
    static EXIT: Once = Once::new();
    EXIT.call_once(|| {
        // SAFETY: the function takes and answers nothing; the addon, in which threads run, stays loaded.
        unsafe { libc::atexit(on_exit) };
    });
    Ok(())
}

/// Keeps the process alive, or lets it end, whatever else the loop waits for.
#[napi(catch_unwind)]
pub fn keep_alive(env: Env, alive: bool) -> Result<()> {
    let environment = Environment::of(&env)?;
    let function = environment.function.get();
    let status = if alive {
        // SAFETY: called on the environment's own thread while the function is not released.
        unsafe { sys::napi_ref_threadsafe_function(env.raw(), function) }
    } else {
        // SAFETY: as above.
        unsafe { sys::napi_unref_threadsafe_function(env.raw(), function) }
    };
    check(status)
}

/// Lends memory of 64 KiB for a large read; a 'chunk' event that names `index` gives it back. Until
/// then nobody may use it, or let go of it.
#[napi(catch_unwind)]
pub fn lend(env: Env, index: u32, mut memory: BufferSlice<'_>) -> Result<()> {
    let environment = Environment::of(&env)?;
    let start = NonNull::new(memory.as_mut_ptr()).filter(|_| memory.len() >= READ_SIZE);
    let Some(start) = start else {
        return Err(Error::new(Status::InvalidArg, "too little to lend"));
    };
    // SAFETY: JavaScript keeps it and stays away from it, and an environment outlives its tasks.
    unsafe { environment.bridge.memory.lend(index, start) };
    Ok(())
}

/// Ends the turn now: gathered writes go out, and tasks are woken.
#[napi(catch_unwind)]
pub fn flush(env: Env) -> Result<()> {
    Environment::of(&env)?.flush();
    Ok(())
}

/// As [`flush`], but what was gathered for the socket `number` goes to the kernel at once, as far
/// as it takes it.
#[napi(catch_unwind)]
pub fn flush_through(env: Env, number: u32) -> Result<()> {
    Environment::of(&env)?.flush_where(|other| other == number);
    Ok(())
}

/// Reports an exception while its asynchronous context is entered: a program that has a listener for it
/// goes on.
#[napi(catch_unwind)]
pub fn report(env: Env, error: Unknown) {
    // SAFETY: the value belongs to the current scope.
    unsafe { sys::napi_fatal_exception(env.raw(), error.raw()) };
}

/// Says whether the program survives what an event throws. If so, Node runs no ticks after such an event:
/// they wait for what comes next. If not, what a tick throws is told with the place where it was thrown.
#[napi(catch_unwind)]
pub fn set_survives(env: Env, survives: bool) -> Result<()> {
    Environment::of(&env)?.survives.set(survives);
    Ok(())
}

/// Says that what the event under way will throw next has been reported.
#[napi(catch_unwind)]
pub fn was_reported(env: Env) -> Result<()> {
    Environment::of(&env)?.reported.set(true);
    Ok(())
}

impl Environment {
    /// The environment that called.
    ///
    /// # Errors
    ///
    /// Where [`start`] was not called first, or the environment has ended.
    pub fn of(env: &Env) -> Result<Rc<Environment>> {
        Environment::of_raw(env.raw())
            .ok_or_else(|| Error::new(Status::Closing, "the bridge is not started"))
    }

    /// The environment of `env`, unless it has ended.
    pub(super) fn of_raw(env: sys::napi_env) -> Option<Rc<Environment>> {
        ENVIRONMENTS
            .with_borrow(|all| all.iter().find(|environment| environment.raw == env).cloned())
    }

    /// Calls `use_table` with the handle table. It must not call into JavaScript.
    pub fn with_table<T>(&self, use_table: impl FnOnce(&mut Table) -> T) -> T {
        use_table(&mut self.table.borrow_mut())
    }

    /// Calls `use_socket` with the socket that `number` stands for, if it does.
    pub fn with_socket<T>(
        &self,
        number: u32,
        use_socket: impl FnOnce(&mut SocketHandle) -> T,
    ) -> Option<T> {
        self.with_table(|table| match table.get(number) {
            Some(Handle::Socket(socket)) => Some(use_socket(socket)),
            _ => None,
        })
    }

    /// The event loop of this thread; `None` where it is not to wait for anything.
    pub(super) fn event_loop(&self) -> Option<&EventLoop> {
        let start = || {
            if Crowd::is_everything() {
                return None;
            }
            // Later there may be no descriptors left for it.
            runtime::prepare();
            EventLoop::of(self)
        };
        self.event_loop.get_or_init(start).as_ref()
    }

    /// Wakes `task` when the turn is over; all that a turn wakes costs one wake of each thread.
    pub fn wake_later(&self, thread: &'static IoThread, task: Arc<dyn Wake>) {
        self.waiting.borrow_mut().push((thread, task));
        self.schedule_flush();
    }

    /// The outbox.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Whether this thread has time to send `count` writes; not where a crowd makes I/O threads work anyway.
    pub fn has_time_for(&self, count: usize) -> bool {
        !self.crowd.is_there() && self.leisure.is_there_for(count)
    }

    /// Ends the turn: with the round of the event loop, or where it is I/O threads' events that are being
    /// delivered, of which there may be many in a round, behind those that wait now.
    pub fn schedule_flush(&self) {
        if !self.is_delivering.get()
            && let Some(event_loop) = self.event_loop()
        {
            event_loop.schedule_flush();
        } else if !self.flush_scheduled.replace(true) {
            self.bridge.push(Event::new(0, Kind::Flush, 0));
        }
    }

    /// Leaves gathered writes to their tasks, and wakes all tasks that wait.
    pub fn flush(&self) {
        self.flush_where(|_| false);
    }

    /// As [`flush`](Self::flush), but what was gathered for the sockets that `at_once` names goes to
    /// the kernel on this thread, as far as it takes it.
    fn flush_where(&self, at_once: impl Fn(u32) -> bool) {
        let mut waiting = self.waiting.take();
        let count = self.outbox.count();
        self.pace.wrote(count);
        let many = count >= MANY_WRITES && !self.has_time_for(count);
        let mut left = Vec::new();
        self.outbox.drain(|number, bytes| {
            let connection = self.with_socket(number, |socket| {
                let connection = socket.connection();
                // A task that was asked to retire is not called back for what goes out as well here.
                let is_left = many || connection.is_running() && !connection.is_retiring();
                let mut sent = 0;
                if at_once(number) || !is_left {
                    match connection.try_write(&[IoSlice::new(bytes)]) {
                        Ok(count) => sent = count,
                        Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                        Err(error) => {
                            // Told now: the kernel says once that a connection was reset.
                            connection.write_failed(&error);
                            return None;
                        }
                    }
                }
                (sent < bytes.len()).then(|| {
                    connection.gather(&bytes[sent..]);
                    Arc::clone(connection)
                })
            });
            left.extend(connection.flatten());
        });
        for connection in left {
            if let Some(thread) = self.summon(&connection) {
                waiting.push((thread, connection));
            }
        }
        let mut tasks = Vec::with_capacity(waiting.len());
        while let Some(&(thread, _)) = waiting.first() {
            let all = std::mem::take(&mut waiting);
            for (other, task) in all {
                if std::ptr::eq(other, thread) {
                    tasks.push(task);
                } else {
                    waiting.push((other, task));
                }
            }
            thread.wake_all(&mut tasks);
        }
    }

    /// Waits until the tasks have sent what was gathered, or cannot.
    fn settle(&self) {
        let deadline = Instant::now() + EXIT_PATIENCE;
        while self
            .with_table(|table| table.sockets().any(|socket| socket.connection().is_sending()))
            && Instant::now() < deadline
        {
            std::thread::sleep(Duration::from_micros(20));
        }
    }

    /// Makes the threadsafe function, and sees to it that the end of the environment ends all.
    fn connect(self: &Rc<Self>, dispatch: sys::napi_value) -> Result<()> {
        let env = self.raw;
        let mut name = ptr::null_mut();
        // SAFETY: `env` is the calling environment; the name is a C string of that length.
        check(unsafe {
            sys::napi_create_string_utf8(env, NAME.as_ptr().cast::<c_char>(), -1, &mut name)
        })?;
        let context = Rc::into_raw(Rc::clone(self)) as *mut c_void;
        let mut function = ptr::null_mut();
        // SAFETY: `dispatch` and `name` are values of this scope. The context is a counted
        // reference that `release_context` gives up once the function is gone.
        let status = unsafe {
            sys::napi_create_threadsafe_function(
                env,
                dispatch,
                // The resource that shows in `async_hooks`.
                dispatch,
                name,
                0,
                1,
                context,
                Some(release_context),
                context,
                Some(on_nudge),
                &mut function,
            )
        };
        if status != sys::Status::napi_ok {
            // SAFETY: no function was made, so nobody else gives this reference up.
            drop(unsafe { Rc::from_raw(context as *const Environment) });
            return check(status);
        }
        self.function.set(function);
        let mut reference = ptr::null_mut();
        // SAFETY: `dispatch` is a function of this scope.
        check(unsafe { sys::napi_create_reference(env, dispatch, 1, &mut reference) })?;
        self.dispatch.set(reference);
        let mut context = ptr::null_mut();
        // SAFETY: as the function's own context above, with the same resource and name.
        check(unsafe { sys::napi_async_init(env, dispatch, name, &mut context) })?;
        self.context.set(context);
        // SAFETY: called on the environment's own thread with its fresh function.
        check(unsafe { sys::napi_unref_threadsafe_function(env, function) })?;
        self.bridge.connect(function);
        // Hooks run last in, first out: this one before the function's own, so that no task
        // calls a function that is gone.
        // SAFETY: the hook takes over a counted reference, which it gives up.
        check(unsafe {
            sys::napi_add_async_cleanup_hook(
                env,
                Some(on_environment_end),
                Rc::into_raw(Rc::clone(self)) as *mut c_void,
                ptr::null_mut(),
            )
        })
    }

    /// Closes every handle of the environment and waits until its tasks have let go of them.
    fn end(&self) {
        self.flush();
        for handle in self.with_table(Table::drain) {
            self.close(handle);
        }
        self.flush();
        self.bridge.disconnect();
        self.bridge.wait_for_descriptors(runtime::is_alive);
    }

    /// Lets go of a handle that was taken out of the table; `false` where that was done before.
    pub fn close(&self, handle: Handle) -> bool {
        match handle {
            Handle::Socket(mut socket) => {
                let watch = socket.watch.take();
                let connection = socket.into_connection();
                if let Some(thread) = connection.close() {
                    self.wake_later(thread, connection);
                    return true;
                }
                match Arc::try_unwrap(connection) {
                    // Without a task, to let go of it here is what closes the descriptor.
                    Ok(connection) => self.release(watch, || connection.release()),
                    // A task that has just retired may be about to let go of it, which closes the
                    // descriptor there. So nobody is to wait for it when this thread has let go.
                    Err(connection) => {
                        drop(watch);
                        drop(connection);
                    }
                }
            }
            Handle::Server(watch, listener) => {
                if let Some(thread) = listener.thread() {
                    listener.close();
                    self.wake_later(thread, listener);
                } else {
                    self.release(watch, || listener.release());
                }
            }
            Handle::Closed => return false,
        }
        true
    }

    /// Takes one event off the queue and calls `dispatch` with it.
    fn deliver(&self, dispatch: sys::napi_value) {
        let Some((event, more)) = self.bridge.pop() else {
            return;
        };
        self.crowd.arrived(more);
        // Ticks, which come after it, count as part of it.
        if !self.is_delivering.replace(true)
            && let Some(event_loop) = self.event_loop()
        {
            event_loop.tell_served();
            self.pace.begins();
        }
        if let Some(event) = self.admit(event) {
            self.pace.delivered();
            self.call(dispatch, event, if more { MORE } else { 0 }, Scope::Around);
        }
    }

    /// All events were delivered that arrived in this round of the event loop.
    pub(super) fn delivered(&self) {
        if self.pace.ended() {
            self.bridge.set_most_deferred(self.pace.most_events());
            self.outbox.set_limit(self.pace.most_writes());
        }
    }

    /// The event as JavaScript gets it, or `None` where nobody waits for it (any more).
    pub(super) fn admit(&self, event: Event) -> Option<Event> {
        match event.kind {
            Kind::Close => {
                let known = self.with_table(|table| table.remove(event.handle));
                self.bridge.give_back_number(event.handle);
                known.map(|_| event)
            }
            Kind::Connection => self.admit_connection(event),
            Kind::Block => Some(event),
            Kind::Flush => {
                self.flush_scheduled.set(false);
                self.flush();
                None
            }
            Kind::Resume => {
                let number = event.handle;
                let admission = self.with_socket(number, SocketHandle::release)?;
                // Once nothing is held any more, what comes next may be waited for.
                self.attend(number);
                self.read_event(admission)
            }
            Kind::Read | Kind::Chunk | Kind::End => {
                self.read_event(self.with_socket(event.handle, |socket| socket.admit(event))?)
            }
            Kind::Retired => {
                self.retired(event.handle);
                if self.crowd.is_gone() {
                    self.retire_silent(1);
                }
                None
            }
            Kind::Connect | Kind::Write | Kind::Full | Kind::Halted | Kind::Room => {
                self.with_socket(event.handle, |_| ()).map(|()| event)
            }
            Kind::Shutdown if event.number == IF_DUE => {
                let status = self.with_socket(event.handle, SocketHandle::shut_down_due)??;
                Some(Event::new(event.handle, Kind::Shutdown, status))
            }
            Kind::Shutdown if event.number > 0 => {
                // Now and not by the verb: JavaScript is told before the peer can have answered.
                let shut_down = |socket: &mut SocketHandle| socket.connection().shut_down();
                let status = self.with_socket(event.handle, shut_down)?;
                Some(Event::new(event.handle, Kind::Shutdown, status))
            }
            Kind::Shutdown => self.with_socket(event.handle, |_| ()).map(|()| event),
        }
    }

    fn read_event(&self, Admission { event, wake }: Admission) -> Option<Event> {
        let mut wake = wake;
        if let Some(Event { handle, kind: Kind::Read | Kind::Chunk, number, .. }) = event
            && self.event_loop().is_some()
        {
            let settle = |socket: &mut SocketHandle| {
                let count = number.unsigned_abs() as usize;
                socket.settle(&self.crowd, count).then(|| Arc::clone(socket.connection()))
            };
            let retired = self.with_socket(handle, settle).flatten();
            if retired.is_some() {
                self.retire_silent(RETIRED_BESIDE);
            }
            wake = wake.or(retired);
        }
        if let Some(connection) = wake {
            self.wake_task(connection);
        }
        event
    }

    /// The crowd is gone: asks the tasks of `count` more sockets to end. Those that say nothing would not
    /// be asked before they do.
    fn retire_silent(&self, count: usize) {
        let retired: Vec<_> = self.with_table(|table| {
            let leaving = |socket: &mut SocketHandle| {
                socket.leave_crowd().then(|| Arc::clone(socket.connection()))
            };
            table.next_sockets(LOOKED_AT).filter_map(leaving).take(count).collect()
        });
        for connection in retired {
            self.wake_task(connection);
        }
    }

    /// Wakes the task of `connection`, if there is one, when the turn is over.
    pub(super) fn wake_task(&self, connection: Arc<Connection>) {
        if let Some(place) = connection.place() {
            self.wake_later(place.thread(), connection);
        }
    }

    /// Takes an accepted connection over; one whose listener was closed is closed, too.
    fn admit_connection(&self, event: Event) -> Option<Event> {
        let announced = self.with_table(|table| match table.get(event.handle) {
            Some(Handle::Server(_, listener)) => {
                let wake = listener.connection_delivered();
                Some(wake.then(|| Arc::clone(listener)))
            }
            _ => None,
        });
        if let Some(listener) = announced?
            && let Some(thread) = listener.thread()
        {
            self.wake_later(thread, listener);
        }
        let Payload::Accepted(accepted) = event.payload else { return Some(event) };
        let connection = accepted.take()?;
        let number = connection.handle();
        let socket = Handle::Socket(SocketHandle::new(connection));
        self.with_table(|table| table.insert(number, socket));
        Some(Event { payload: Payload::None, ..event })
    }

    /// Calls `dispatch` with `event`, and with what waits `behind` it: [`MORE`], [`AHEAD`], or nothing.
    pub(super) fn call(&self, dispatch: sys::napi_value, event: Event, behind: u32, scope: Scope) {
        let Event { handle, mut kind, number, payload } = event;
        // A slice stays outstanding until JavaScript has copied it, that is until after the call.
        let mut _slice = None;
        let bytes = match payload {
            Payload::None | Payload::Accepted(_) => self.undefined(),
            Payload::Owned(memory) => self.copy(&memory),
            Payload::Lent(loan) => self.uint32(loan.give_back()),
            Payload::Pooled(slice) => {
                let bytes = if self.show(dispatch, slice.block()) {
                    self.uint32(slice.position())
                } else {
                    kind = Kind::Chunk;
                    self.copy(slice.bytes())
                };
                _slice = Some(slice);
                bytes
            }
        };
        self.invoke(dispatch, handle, kind as u32 | behind, number, bytes, scope);
    }

    /// Makes sure that JavaScript knows `block`; `false` where it cannot.
    fn show(&self, dispatch: sys::napi_value, block: &Arc<Block>) -> bool {
        if !self.external_memory.get() {
            return false;
        }
        let bit = 1 << block.index;
        if self.known_blocks.get() & bit != 0 {
            return true;
        }
        let owner = Arc::into_raw(Arc::clone(block)) as *mut c_void;
        let mut buffer = ptr::null_mut();
        // SAFETY: the memory is the block's, which `release_block` keeps alive as long as the
        // Buffer; JavaScript reads only ranges that no task writes to.
        let status = unsafe {
            sys::napi_create_external_buffer(
                self.raw,
                block.size(),
                block.start().cast(),
                Some(release_block),
                owner,
                &mut buffer,
            )
        };
        if status != sys::Status::napi_ok {
            // SAFETY: no Buffer was made, so nobody else gives this reference up.
            drop(unsafe { Arc::from_raw(owner as *const Block) });
            self.external_memory.set(false);
            return false;
        }
        self.known_blocks.set(self.known_blocks.get() | bit);
        let index = block.index.cast_signed();
        self.invoke(dispatch, 0, Kind::Block as u32, index, buffer, Scope::Around);
        true
    }

    fn copy(&self, bytes: &[u8]) -> sys::napi_value {
        let mut buffer = ptr::null_mut();
        // SAFETY: Node copies that many bytes from there before it returns. A failure (memory,
        // or an environment that ends) leaves null, which `invoke` answers for.
        unsafe {
            sys::napi_create_buffer_copy(
                self.raw,
                bytes.len(),
                bytes.as_ptr().cast(),
                ptr::null_mut(),
                &mut buffer,
            );
        }
        buffer
    }

    fn undefined(&self) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: called within the scope that Node opened for the nudge.
        unsafe { sys::napi_get_undefined(self.raw, &mut value) };
        value
    }

    fn uint32(&self, number: u32) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: as in `undefined`.
        unsafe { sys::napi_create_uint32(self.raw, number, &mut value) };
        value
    }

    fn int32(&self, number: i32) -> sys::napi_value {
        let mut value = ptr::null_mut();
        // SAFETY: as in `undefined`.
        unsafe { sys::napi_create_int32(self.raw, number, &mut value) };
        value
    }

    /// Calls `dispatch`; what it throws becomes an 'uncaughtException', as with any event.
    fn invoke(
        &self,
        dispatch: sys::napi_value,
        handle: u32,
        kind: u32,
        number: i32,
        bytes: sys::napi_value,
        scope: Scope,
    ) {
        let arguments = [self.uint32(handle), self.uint32(kind), self.int32(number), bytes];
        if arguments.iter().any(|value| value.is_null()) {
            return;
        }
        let count = arguments.len();
        let values = arguments.as_ptr();
        let nothing = ptr::null_mut();
        let status = match scope {
            Scope::Around => {
                let this = self.undefined();
                // SAFETY: all values belong to the current scope; no borrow of the table is held.
                unsafe { sys::napi_call_function(self.raw, this, dispatch, count, values, nothing) }
            }
            Scope::Own => {
                let (env, context) = (self.raw, ptr::null_mut());
                // SAFETY: as above, and no other script is running. The function is an object to call it
                // on; without a context it runs on behalf of nothing, as what the event loop calls.
                unsafe {
                    sys::napi_make_callback(
                        env, context, dispatch, dispatch, count, values, nothing,
                    )
                }
            }
        };
        if status == sys::Status::napi_pending_exception {
            self.report_exception();
        }
    }

    fn report_exception(&self) {
        let mut exception = ptr::null_mut();
        // SAFETY: an exception is pending in this environment.
        let status = unsafe { sys::napi_get_and_clear_last_exception(self.raw, &mut exception) };
        if status == sys::Status::napi_ok && !self.reported.take() {
            // SAFETY: the exception is a value of the current scope.
            unsafe { sys::napi_fatal_exception(self.raw, exception) };
        }
    }
}

/// In which callback scope `dispatch` is called. After it, Node runs ticks, but for one that has thrown.
#[derive(Clone, Copy)]
pub enum Scope {
    /// In the one that is open.
    Around,
    /// In one of its own.
    Own,
}

fn check(status: sys::napi_status) -> Result<()> {
    if status == sys::Status::napi_ok {
        return Ok(());
    }
    Err(Error::new(Status::from(status), "the bridge cannot be started"))
}

/// Node calls this on the JavaScript thread, once for each event that was pushed.
unsafe extern "C" fn on_nudge(
    env: sys::napi_env,
    dispatch: sys::napi_value,
    context: *mut c_void,
    _item: *mut c_void,
) {
    // Both are null where the environment is ending.
    if env.is_null() || dispatch.is_null() {
        return;
    }
    // SAFETY: the context is the reference that `connect` made; it lives as long as the function.
    let environment = unsafe { &*(context as *const Environment) };
    // A panic must not cross into C; the event that met it is lost, the environment lives on.
    let _ = catch_unwind(AssertUnwindSafe(|| environment.deliver(dispatch)));
}

/// Node calls this when the threadsafe function is gone.
unsafe extern "C" fn release_context(
    _env: sys::napi_env,
    context: *mut c_void,
    _hint: *mut c_void,
) {
    // SAFETY: the reference that `connect` made for the function, given up exactly once.
    drop(unsafe { Rc::from_raw(context as *const Environment) });
}

/// Node calls this when the environment ends, on its thread, and waits until the hook is removed.
unsafe extern "C" fn on_environment_end(
    hook: sys::napi_async_cleanup_hook_handle,
    context: *mut c_void,
) {
    // SAFETY: the reference that `connect` made for the hook, given up exactly once.
    let environment = unsafe { Rc::from_raw(context as *const Environment) };
    let _ = catch_unwind(AssertUnwindSafe(|| {
        environment.end();
        ENVIRONMENTS.with_borrow_mut(|all| {
            all.retain(|other| !Rc::ptr_eq(other, &environment));
            // The last one takes the memory with it; the thread would not.
            all.shrink_to_fit();
        });
    }));
    match environment.event_loop.get() {
        // It has to let go of what was closed first.
        Some(Some(event_loop)) => event_loop.close(on_event_loop_closed, hook.cast()),
        Some(None) | None => {
            // SAFETY: the hook that was called.
            unsafe { sys::napi_remove_async_cleanup_hook(hook) };
        }
    }
}

/// The event loop calls this when it has let go of all that an environment had, which ends.
unsafe extern "C" fn on_event_loop_closed(handle: *mut c_void) {
    // SAFETY: libuv calls back with the handle that was closed.
    let hook = unsafe { uv::data_of(handle) };
    // SAFETY: as above.
    unsafe { uv::free(handle) };
    // SAFETY: the hook that waits for this, removed once.
    unsafe { sys::napi_remove_async_cleanup_hook(hook.cast()) };
}

/// V8 calls this when the Buffer over a block is gone.
unsafe extern "C" fn release_block(_env: sys::napi_env, _data: *mut c_void, owner: *mut c_void) {
    // SAFETY: the reference that `show` made for the Buffer, given up exactly once.
    drop(unsafe { Arc::from_raw(owner as *const Block) });
}

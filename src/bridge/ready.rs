//! What JavaScript's thread does with descriptors that it waits for itself: it reads and accepts, and
//! calls `dispatch` at once, for each event in a callback scope of its own.

use std::ffi::{c_int, c_void};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;
use std::sync::Arc;
use std::time::Instant;

use napi::sys;

use super::attempt::Attempt;
use super::crowd::Crowd;
use super::environment::{Environment, Scope};
use super::event::{Event, Kind};
use super::table::Handle;
use super::uv;
use super::watcher::{Due, Ready};
use crate::error;
use crate::runtime::IoThread;
use crate::server::{Listener, Step};
use crate::socket::{Connection, Glance, Origin, SocketHandle};

/// Reads of one socket, or connections of one listener, before others get their turn.
const BURST: usize = 32;

/// How often what is due is looked for after a look for events, as in libuv.
const MOST_ROUNDS: usize = 8;

impl Environment {
    /// Has somebody wait for what comes from the socket `number`, which JavaScript wants to read.
    pub fn attend(&self, number: u32) {
        let failed = self.with_socket(number, |socket| {
            if socket.watched && socket.missed {
                self.ask(socket);
            }
            let failed = socket.needs_watch() && !self.watch(socket);
            failed.then(|| Arc::clone(socket.connection()))
        });
        if let Some(connection) = failed.flatten() {
            self.engage(&connection);
        }
    }

    /// Waits for the socket on this thread, from the next look for events on; `false` where that cannot
    /// be.
    fn watch(&self, socket: &mut SocketHandle) -> bool {
        let connection = socket.connection();
        if connection.is_connecting() {
            let start = || Attempt::start(self, connection.fd(), connection.handle());
            socket.attempt = self.watcher().and_then(|_| start());
            return socket.attempt.is_some();
        }
        socket.missed = false;
        socket.watched = self.ask(socket);
        socket.watched
    }

    /// Has the socket put into the readiness queue, or looked at again, just before the next look for
    /// events, as the event loop does it. What is done until then may make others ready, and comes first:
    /// a half-close is seen by the peer before what waits here is read. `false` where that cannot be.
    fn ask(&self, socket: &mut SocketHandle) -> bool {
        let Some(watcher) = self.watcher() else { return false };
        if self.waits_elsewhere {
            return self.enroll(socket);
        }
        if !std::mem::replace(&mut socket.asked, true) {
            watcher.ask(socket.connection().handle(), before_wait);
        }
        true
    }

    /// Puts the socket into the readiness queue, or has it looked at again; `false` where that cannot be.
    fn enroll(&self, socket: &mut SocketHandle) -> bool {
        if socket.enrolled {
            if std::mem::take(&mut socket.missed) {
                self.look_again_at(socket);
            }
        } else if let Some(watcher) = self.watcher() {
            let connection = socket.connection();
            socket.enrolled = watcher.watch(connection.fd(), connection.handle()).is_ok();
        }
        socket.enrolled
    }

    /// Puts a socket that has just connected into the readiness queue. It has waited in the event loop's, and
    /// comes before whatever becomes ready by what JavaScript is told now.
    fn keep_place(&self, socket: &mut SocketHandle) {
        if !socket.connection().is_task_work() {
            socket.watched = self.enroll(socket);
        }
    }

    /// The event loop is about to look for events: puts into the readiness queue what is to be there.
    fn enroll_asked(&self) {
        let Some(watcher) = self.watcher() else { return };
        let asked = watcher.take_asked();
        for &number in &asked {
            let failed = self.with_socket(number, |socket| {
                socket.asked = false;
                let failed = socket.watched && !self.enroll(socket);
                failed.then(|| Arc::clone(socket.connection()))
            });
            if let Some(connection) = failed.flatten() {
                self.engage(&connection);
            }
        }
        watcher.done_asked(asked);
    }

    /// Waits on this thread for room to write to the socket `number`, which has none now; a 'room'
    /// event tells when there is some. `false` where that is a task's work.
    pub fn await_room(&self, number: u32) -> bool {
        let waits = self.with_socket(number, |socket| {
            let busy = socket.connection().is_task_work() || self.crowd.is_there();
            socket.wants_room = !busy && (socket.watched || self.watch(socket));
            socket.wants_room
        });
        waits.unwrap_or(false)
    }

    /// Has the task of `connection` look at what there is to do; starts it where there is none.
    pub fn engage(&self, connection: &Arc<Connection>) {
        if let Some(thread) = self.summon(connection) {
            self.wake_later(thread, Arc::<Connection>::clone(connection));
        }
    }

    /// Sees to it that `connection` has a task, which will look at what there is to do; answers the
    /// thread on which it is to be woken for that, if it is.
    pub(super) fn summon(&self, connection: &Arc<Connection>) -> Option<&'static IoThread> {
        if connection.recall() {
            // A task without a place has just been about to retire, and looks by itself.
            return connection.place().map(|place| place.thread());
        }
        if connection.has_failed() {
            return None;
        }
        let writes = self.with_socket(connection.handle(), |socket| {
            self.unwatch(socket);
            std::mem::take(&mut socket.wants_room)
        });
        // A failure is told to JavaScript.
        let _ = connection.start();
        if writes == Some(true) {
            // It is the task's work now.
            connection.tell(Kind::Room, 0);
        }
        None
    }

    /// Waits for the socket no more.
    pub fn unwatch(&self, socket: &mut SocketHandle) {
        if let Some(attempt) = socket.attempt.take() {
            attempt.close();
        }
        let is_enrolled = std::mem::take(&mut socket.enrolled);
        if std::mem::take(&mut socket.watched)
            && is_enrolled
            && let Some(watcher) = self.watcher()
        {
            watcher.unwatch(socket.connection().fd());
        }
    }

    /// Accepts connections for `listener`; by a task of its own where this thread cannot wait.
    pub fn attend_listener(&self, listener: &Arc<Listener>) {
        let watched = self.watcher().is_some_and(|watcher| {
            listener
                .with_fd(|fd| watcher.watch(fd, listener.handle()))
                .is_some_and(|done| done.is_ok())
        });
        if !watched && let Err(error) = self.engage_listener(listener) {
            listener.failed(&error);
        }
    }

    /// Leaves accepting to a task; where that cannot be, nothing changes.
    fn engage_listener(&self, listener: &Arc<Listener>) -> io::Result<()> {
        listener.start()?;
        if let Some(watcher) = self.watcher() {
            listener.with_fd(|fd| watcher.unwatch(fd));
        }
        Ok(())
    }

    /// Accepts for `listener` no more on this thread.
    pub fn unwatch_listener(&self, listener: &Listener) {
        if let Some(watcher) = self.watcher()
            && !listener.is_running()
        {
            listener.with_fd(|fd| watcher.unwatch(fd));
        }
    }

    /// Serves everything that is ready.
    fn serve_ready(&self) {
        let Some(watcher) = self.watcher() else { return };
        let ready = watcher.take_ready();
        self.crowd.seen(ready.len());
        for &one in &ready {
            self.serve(one);
        }
        watcher.done(ready);
    }

    fn serve(&self, ready: Ready) {
        let listener = self.with_table(|table| match table.get(ready.handle)? {
            Handle::Server(listener) => Some(Arc::clone(listener)),
            Handle::Socket(_) | Handle::Closed => None,
        });
        match listener {
            Some(listener) => self.serve_listener(&listener),
            None => self.serve_socket(ready),
        }
    }

    fn serve_socket(&self, ready: Ready) {
        let number = ready.handle;
        // What comes while others are served is for the next round, as with built-in net.
        if ready.readable {
            self.serve_reader(ready);
        }
        if self.with_socket(number, |socket| socket.takes_room(ready.writable)) == Some(true) {
            self.tell_now(Event::new(number, Kind::Room, 0));
        }
    }

    /// The connect of the socket `number` has ended.
    pub(super) fn connect_ended(&self, number: u32) {
        let status = self.with_socket(number, |socket| {
            self.unwatch(socket);
            let status = socket.connect_status();
            if status == 0 {
                self.keep_place(socket);
            }
            status
        });
        if let Some(status) = status {
            self.tell_now(Event::new(number, Kind::Connect, status));
            // Where JavaScript has said before that it wants to read.
            self.attend(number);
        }
    }

    fn serve_reader(&self, ready: Ready) {
        let number = ready.handle;
        for _ in 0..BURST {
            let glance = self.with_socket(number, |socket| {
                let glance = socket.glance();
                let is_over = matches!(glance, Glance::Ended(_) | Glance::Unwanted);
                socket.missed |= is_over;
                if is_over && !socket.wants_room {
                    self.unwatch(socket);
                }
                glance
            });
            match glance {
                None | Some(Glance::Nothing | Glance::Unwanted) => return,
                Some(Glance::Ended(status)) => {
                    self.tell_now(Event::new(number, Kind::End, status));
                    return;
                }
                Some(Glance::Read { event, more, took }) => {
                    let told = took.map(|took| (took, Instant::now()));
                    self.tell_now(event);
                    if let Some((read, told)) = told {
                        self.with_socket(number, |socket| socket.worked(read, told.elapsed()));
                    }
                    if self.leave_to_task(number) {
                        return;
                    }
                    let is_over = ready.hung_up && uv::ends_at_once();
                    if !more && !is_over && !ready.urgent {
                        if ready.read_closed {
                            self.with_socket(number, |socket| self.look_again_at(socket));
                        }
                        return;
                    }
                }
            }
        }
        self.with_socket(number, |socket| self.look_again_at(socket));
    }

    /// Has the socket told of once more if it is ready.
    fn look_again_at(&self, socket: &mut SocketHandle) {
        if socket.enrolled
            && let Some(watcher) = self.watcher()
        {
            let connection = socket.connection();
            watcher.look_again(connection.fd(), connection.handle());
        }
    }

    /// Leaves the socket to a task where there is a crowd, or it is about bulk.
    fn leave_to_task(&self, number: u32) -> bool {
        let crowd = self.crowd.is_there();
        let left = self.with_socket(number, |socket| {
            (socket.watched && (crowd || socket.is_bulk())).then(|| Arc::clone(socket.connection()))
        });
        let Some(connection) = left.flatten() else { return false };
        self.engage(&connection);
        true
    }

    fn serve_listener(&self, listener: &Arc<Listener>) {
        let number = listener.handle();
        if listener.is_running() {
            return;
        }
        let single = !self.crowd.is_there() && listener.accepts_singly();
        for _ in 0..BURST {
            let event = match listener.accept() {
                Step::Again => continue,
                Step::Blocked => return,
                Step::Failed => break,
                Step::Connection(fd) => {
                    match Connection::register(&self.bridge, fd.into(), Origin::Accepted) {
                        Ok(connection) => {
                            let peer = connection.handle();
                            let socket = Handle::Socket(SocketHandle::new(connection));
                            self.with_table(|table| table.insert(peer, socket));
                            Event::new(number, Kind::Connection, peer.cast_signed())
                        }
                        Err(error) => Event::new(number, Kind::Connection, error::code(&error)),
                    }
                }
            };
            if single {
                // Who else waits is served before what becomes ready by this one.
                self.look_again_at_listener(listener);
                self.tell_now(event);
                return;
            }
            self.tell_now(event);
        }
        let is_left = self.crowd.is_there() && self.engage_listener(listener).is_ok();
        if !is_left {
            self.look_again_at_listener(listener);
        }
    }

    /// Has the listener told of once more if somebody waits to be accepted.
    fn look_again_at_listener(&self, listener: &Listener) {
        if let Some(watcher) = self.watcher() {
            listener.with_fd(|fd| watcher.look_again(fd, listener.handle()));
        }
    }

    /// Does `one` in this round of the event loop, as built-in net has it; `false` where this thread has no
    /// part in that.
    pub fn do_soon(&self, one: Due) -> bool {
        let Some(watcher) = self.watcher() else { return false };
        watcher.do_soon(one, before_look, after_look);
        true
    }

    /// Does what is due in this round of the event loop; and what became due by that, so many times.
    fn serve_due(&self, times: usize) {
        let Some(watcher) = self.watcher() else { return };
        for _ in 0..times {
            for one in watcher.take_due() {
                let event = match one {
                    Due::Connect(number, status) => self
                        .with_socket(number, |socket| {
                            if status == 0 {
                                self.keep_place(socket);
                            }
                        })
                        .map(|()| Event::new(number, Kind::Connect, status)),
                    Due::Shutdown(number) => self
                        .with_socket(number, SocketHandle::shut_down_due)
                        .flatten()
                        .map(|status| Event::new(number, Kind::Shutdown, status)),
                };
                if let Some(event) = event {
                    self.tell_now(event);
                }
            }
        }
    }

    /// The descriptor of the handle `number` is closed: JavaScript is told when the event loop closes
    /// handles, after this round's immediates, as of core's.
    pub fn closed(&self, number: u32) {
        let closed = Box::into_raw(Box::new(Closed { env: self.raw, number }));
        if Crowd::is_everything() || !uv::call_at_close(self.raw, on_closed, closed.cast()) {
            // SAFETY: it was given to nobody.
            drop(unsafe { Box::from_raw(closed) });
            self.bridge.push(Event::new(number, Kind::Close, 0));
        }
    }

    /// The task of the socket `number` has ended; this thread waits for it now.
    pub fn retired(&self, number: u32) {
        self.with_socket(number, |socket| socket.connection().heard_retired());
        self.attend(number);
    }

    /// Calls `dispatch`, in a callback scope of its own.
    fn tell_now(&self, event: Event) {
        let mut values = ptr::null_mut();
        // SAFETY: called by the event loop, on the environment's own thread.
        let status = unsafe { sys::napi_open_handle_scope(self.raw, &mut values) };
        if status != sys::Status::napi_ok {
            return;
        }
        let mut dispatch = ptr::null_mut();
        // SAFETY: the reference was made when the environment was, and lives as long.
        unsafe { sys::napi_get_reference_value(self.raw, self.dispatch.get(), &mut dispatch) };
        if self.survives.get() {
            self.call(dispatch, event, false, Scope::Own);
        } else {
            let (context, mut scope) = (self.context.get(), ptr::null_mut());
            // SAFETY: no other script is running, and the context lives as long as the environment.
            let status =
                unsafe { sys::napi_open_callback_scope(self.raw, dispatch, context, &mut scope) };
            if status == sys::Status::napi_ok {
                self.call(dispatch, event, false, Scope::Around);
                // SAFETY: the scope that was just opened.
                unsafe { sys::napi_close_callback_scope(self.raw, scope) };
            }
        }
        // SAFETY: the scope that was just opened.
        unsafe { sys::napi_close_handle_scope(self.raw, values) };
    }
}

/// A handle whose descriptor is closed, until JavaScript has been told.
struct Closed {
    env: sys::napi_env,
    number: u32,
}

/// The event loop calls this when it closes handles.
unsafe extern "C" fn on_closed(handle: *mut c_void) {
    // SAFETY: libuv calls back with the handle that was closed.
    let data: *mut Closed = unsafe { uv::data_of(handle) }.cast();
    // SAFETY: made by `closed` for this handle alone, which nobody calls back with again.
    let closed = unsafe { Box::from_raw(data) };
    // SAFETY: as above.
    unsafe { uv::free(handle) };
    // An environment that has ended is not found any more.
    let Some(environment) = Environment::of_raw(closed.env) else { return };
    let _ = catch_unwind(AssertUnwindSafe(|| {
        if let Some(event) = environment.admit(Event::new(closed.number, Kind::Close, 0)) {
            environment.tell_now(event);
        }
    }));
}

/// The event loop calls this where something is due, before it looks for events.
unsafe extern "C" fn before_look(handle: *mut c_void) {
    // SAFETY: by the caller's word.
    unsafe { serve_due(handle, 1) };
}

/// The event loop calls this where something is due, after it has looked for events.
unsafe extern "C" fn after_look(handle: *mut c_void) {
    // SAFETY: by the caller's word.
    unsafe { serve_due(handle, MOST_ROUNDS) };
}

/// The event loop calls this where it is to wait for something new, just before it looks for events.
unsafe extern "C" fn before_wait(handle: *mut c_void) {
    // SAFETY: libuv calls back with the handle that was started.
    let data = unsafe { uv::data_of(handle) };
    // SAFETY: the environment is there as long as its watcher is not closed.
    let environment = unsafe { &*(data as *const Environment) };
    // A panic must not cross into C; what it met is lost, the environment lives on.
    let _ = catch_unwind(AssertUnwindSafe(|| environment.enroll_asked()));
}

/// # Safety
///
/// `handle` must be one that libuv has called back with, and started with an environment.
unsafe fn serve_due(handle: *mut c_void, times: usize) {
    // SAFETY: by the caller's word.
    let data = unsafe { uv::data_of(handle) };
    // SAFETY: the environment is there as long as its watcher is not closed.
    let environment = unsafe { &*(data as *const Environment) };
    // A panic must not cross into C; what it met is lost, the environment lives on.
    let _ = catch_unwind(AssertUnwindSafe(|| environment.serve_due(times)));
}

/// The event loop calls this while something is ready.
pub unsafe extern "C" fn on_ready(handle: *mut c_void, status: c_int, _events: c_int) {
    // SAFETY: libuv calls back with the handle that was started.
    let data = unsafe { uv::data_of(handle) };
    if status != 0 || data.is_null() {
        return;
    }
    // SAFETY: the environment is there as long as its watcher is not closed.
    let environment = unsafe { &*(data as *const Environment) };
    // A panic must not cross into C; what it met is lost, the environment lives on.
    let _ = catch_unwind(AssertUnwindSafe(|| environment.serve_ready()));
}

//! What JavaScript's thread does with descriptors that it waits for itself: it reads and accepts, and
//! calls `dispatch` at once, for each event in a callback scope of its own.

use std::ffi::c_void;
use std::panic::catch_unwind;
use std::ptr;
use std::sync::Arc;
use std::time::Instant;

use napi::sys;

use super::crowd::Crowd;
use super::environment::{AHEAD, Environment, Scope};
use super::event::{Event, Kind};
use super::event_loop::Due;
use super::table::Handle;
use super::uv;
use super::watch::{INPUT, Ready, Watch, tell_closed};
use crate::error;
use crate::runtime::IoThread;
use crate::server::{Listener, Step};
use crate::socket::{Admission, Connection, Glance, Origin, SocketHandle};

/// Reads of one socket, or connections of one listener, before others get their turn.
const BURST: usize = 32;

impl Environment {
    /// Has somebody wait for what comes from the socket `number`, which JavaScript wants to read.
    pub fn attend(&self, number: u32) {
        let failed = self.with_socket(number, |socket| {
            let failed = !socket.is_attended() && !self.watch(socket);
            failed.then(|| Arc::clone(socket.connection()))
        });
        if let Some(connection) = failed.flatten() {
            self.engage(&connection);
        }
    }

    /// Waits on this thread for what the socket waits for, and no more for what it does not; `false`
    /// where that cannot be.
    fn watch(&self, socket: &mut SocketHandle) -> bool {
        let events = socket.awaits();
        if socket.watch.is_none() && events != 0 && self.event_loop().is_some() {
            let connection = socket.connection();
            socket.watch = Watch::new(self, connection.fd(), connection.handle());
        }
        match &mut socket.watch {
            Some(watch) => watch.wait_for(events),
            None => events == 0,
        }
    }

    /// Waits on this thread for room to write to the socket `number`, which has none now; a 'room'
    /// event tells when there is some. `false` where that is a task's work.
    pub fn await_room(&self, number: u32) -> bool {
        let waits = self.with_socket(number, |socket| {
            let busy = socket.connection().is_task_work() || self.crowd.is_there();
            socket.wants_room = !busy;
            socket.wants_room = !busy && self.watch(socket);
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
            socket.watch = None;
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

    /// Accepts connections for `listener`; by a task of its own where this thread cannot wait.
    pub fn attend_listener(&self, listener: &Arc<Listener>) {
        let number = listener.handle();
        let watch = self.event_loop().and_then(|_| {
            let watch = listener.with_fd(|fd| Watch::new(self, fd, number));
            watch.flatten()?.started(INPUT)
        });
        if watch.is_some() {
            self.with_table(|table| {
                table.insert(number, Handle::Server(watch, Arc::clone(listener)))
            });
        } else if let Err(error) = listener.start() {
            listener.failed(&error);
        }
    }

    /// Accepts for the listener `number` no more on this thread.
    pub fn unwatch_listener(&self, number: u32) {
        self.with_table(|table| {
            if let Some(Handle::Server(watch, _)) = table.get(number) {
                *watch = None;
            }
        });
    }

    /// Serves the handle `number`, which is ready.
    pub(super) fn serve(&self, number: u32, ready: Ready) {
        let Some(event_loop) = self.event_loop() else { return };
        event_loop.count_ready();
        let listener = self.with_table(|table| match table.get(number)? {
            Handle::Server(watch, listener) => {
                if ready.is_over
                    && let Some(watch) = watch
                {
                    watch.has_stopped();
                    watch.wait_for(INPUT);
                }
                Some(Arc::clone(listener))
            }
            Handle::Socket(_) | Handle::Closed => None,
        });
        match listener {
            Some(listener) => self.serve_listener(&listener),
            None => self.serve_socket(number, ready),
        }
    }

    /// Everything was served that was ready in this round, of which so many were watched.
    pub(super) fn served(&self, watched: usize) {
        self.is_delivering.set(false);
        self.delivered();
        if watched > 0 {
            self.crowd.seen(watched);
        }
    }

    fn serve_socket(&self, number: u32, ready: Ready) {
        let is_connecting = self.with_socket(number, |socket| {
            if ready.is_over
                && let Some(watch) = &mut socket.watch
            {
                watch.has_stopped();
            }
            socket.connection().is_connecting()
        });
        if is_connecting == Some(true) {
            self.connect_ended(number);
            return;
        }
        // What comes while others are served is for the next round, as with built-in net.
        if ready.readable {
            self.serve_reader(number, ready);
        }
        if self.with_socket(number, |socket| socket.takes_room(ready.writable)) == Some(true) {
            self.tell_now(Event::new(number, Kind::Room, 0));
        }
        self.with_socket(number, |socket| {
            // Else it would be told of in each round.
            if socket.watch.is_some() && (ready.is_over || socket.is_told_in_vain(ready)) {
                self.watch(socket);
            }
        });
    }

    /// The connect of the socket `number` has ended.
    fn connect_ended(&self, number: u32) {
        let status = self.with_socket(number, |socket| {
            socket.connection().connected();
            socket.connect_status()
        });
        if let Some(status) = status {
            self.tell_now(Event::new(number, Kind::Connect, status));
            // Where JavaScript has said before that it wants to read.
            self.attend(number);
        }
    }

    fn serve_reader(&self, number: u32, ready: Ready) {
        let mut left = BURST;
        while left > 0 {
            let glance = self.with_socket(number, SocketHandle::glance);
            match glance {
                None | Some(Glance::Nothing) => return,
                Some(Glance::Ended(status)) => {
                    self.tell_now(Event::new(number, Kind::End, status));
                    return;
                }
                Some(Glance::Read { event, further, more, took }) => {
                    left = left.saturating_sub(1 + further);
                    let told = took.map(|took| (took, Instant::now()));
                    self.tell(event, if further > 0 { AHEAD } else { 0 });
                    if further > 0 {
                        self.tell_further(number);
                    }
                    if let Some((read, told)) = told {
                        self.with_socket(number, |socket| socket.worked(read, told.elapsed()));
                    }
                    if self.leave_to_task(number) {
                        return;
                    }
                    let hangs_up = |socket: &mut SocketHandle| socket.connection().hangs_up();
                    let is_over = || {
                        ready.is_last
                            && uv::ends_at_once()
                            && self.with_socket(number, hangs_up) == Some(true)
                    };
                    if !more && !is_over() {
                        return;
                    }
                }
            }
        }
    }

    /// Tells of the pieces of what the last read has brought for which JavaScript has not asked by itself, as
    /// a callback has thrown, or because it has stopped to read.
    fn tell_further(&self, number: u32) {
        while let Some(event) = self.next_piece(number, SocketHandle::go_on) {
            self.tell(event, AHEAD);
        }
        // Where JavaScript has asked to read meanwhile, what was held was in the way.
        self.attend(number);
    }

    /// The next piece of what the last read has brought, as `take` has it.
    pub fn next_piece(
        &self,
        number: u32,
        take: impl FnOnce(&mut SocketHandle) -> Admission,
    ) -> Option<Event> {
        let Admission { event, wake } = self.with_socket(number, take)?;
        if let Some(connection) = wake {
            self.wake_task(connection);
        }
        event
    }

    /// Leaves the socket to a task where there is a crowd, or it is about bulk.
    fn leave_to_task(&self, number: u32) -> bool {
        let crowd = self.crowd.is_there();
        let left = self.with_socket(number, |socket| {
            (socket.watch.is_some() && (crowd || socket.is_bulk()))
                .then(|| Arc::clone(socket.connection()))
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
        let most = if !self.crowd.is_there() && listener.accepts_singly() { 1 } else { BURST };
        for _ in 0..most {
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
            self.tell_now(event);
        }
        // Where that cannot be, this thread goes on.
        if self.crowd.is_there() && listener.start().is_ok() {
            self.unwatch_listener(number);
        }
    }

    /// Does `one` in this round of the event loop, as built-in net has it; `false` where this thread has no
    /// part in that.
    pub fn do_soon(&self, one: Due) -> bool {
        let Some(event_loop) = self.event_loop() else { return false };
        event_loop.do_soon(one);
        true
    }

    /// Does `one`, which is due.
    pub(super) fn serve_due(&self, one: Due) {
        let event = match one {
            Due::Connect(number, status) => {
                self.with_socket(number, |_| ()).map(|()| Event::new(number, Kind::Connect, status))
            }
            Due::Shutdown(number) => self
                .with_socket(number, SocketHandle::shut_down_due)
                .flatten()
                .map(|status| Event::new(number, Kind::Shutdown, status)),
        };
        if let Some(event) = event {
            self.tell_now(event);
        }
    }

    /// Has `close` close a descriptor, of which nobody else knows and which nobody but `watch` waits for, and
    /// answer its handle's number. JavaScript is told when the event loop closes handles, after this round's
    /// immediates, as of core's.
    pub(super) fn release(&self, watch: Option<Watch>, close: impl FnOnce() -> u32) {
        let told = watch.map(Watch::close_and_tell);
        let number = close();
        if told.is_none() {
            self.closed(number);
        }
    }

    /// The descriptor of the handle `number` is closed: JavaScript is told as by [`Environment::release`].
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
    pub(super) fn tell_now(&self, event: Event) {
        self.tell(event, 0);
    }

    /// As [`Environment::tell_now`], with what waits `behind` the event.
    fn tell(&self, event: Event, behind: u32) {
        self.is_delivering.set(false);
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
            self.call(dispatch, event, behind, Scope::Own);
        } else {
            let (context, mut scope) = (self.context.get(), ptr::null_mut());
            // SAFETY: no other script is running, and the context lives as long as the environment.
            let status =
                unsafe { sys::napi_open_callback_scope(self.raw, dispatch, context, &mut scope) };
            if status == sys::Status::napi_ok {
                self.call(dispatch, event, behind, Scope::Around);
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
    // A panic must not cross into C; what it met is lost, the environment lives on.
    let _ = catch_unwind(|| tell_closed(closed.env, closed.number));
}

//! The system calls of a connection that the standard library does not offer as needed here.

use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use socket2::{Domain, Type};

/// Buffers that one vectored write may have (`IOV_MAX` on Linux and macOS).
pub const MOST_BUFFERS: usize = 1024;

/// Bytes that one call may send: macOS answers `EINVAL` to more than fit an `int`.
const MOST_BYTES: usize = libc::c_int::MAX as usize;

/// Sockets are not waited for whatever their flags say: another process that has the same one, a child
/// as its standard input for one, may have made it blocking. And a peer that is gone is no signal; what
/// macOS has for that is an option of the socket's own, which socket2 sets.
#[cfg(not(any(target_os = "macos", target_os = "ios")))]
const SEND_FLAGS: libc::c_int = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;
#[cfg(any(target_os = "macos", target_os = "ios"))]
const SEND_FLAGS: libc::c_int = libc::MSG_DONTWAIT;

/// What a connection goes over.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Medium {
    /// A socket along which bytes come, and nothing else.
    Socket,
    /// A Unix socket, along which descriptors may come.
    UnixSocket,
    /// A pipe or a terminal.
    File,
}

impl Medium {
    /// What `fd` is. Where the system does not say in one call, a socket counts as one of Unix.
    pub fn of(fd: BorrowedFd<'_>) -> Self {
        let socket = socket2::SockRef::from(&fd);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let domain = socket.domain();
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        let domain = socket.r#type().map(|_| Domain::UNIX);
        match domain {
            Ok(Domain::UNIX) => Medium::UnixSocket,
            Ok(_) => Medium::Socket,
            Err(_) => Medium::File,
        }
    }
}

/// Whether `fd` is open for `mode` only, which is `O_RDONLY` or `O_WRONLY`: each end of a pipe is, and no
/// socket.
pub fn is_only(fd: BorrowedFd<'_>, medium: Medium, mode: libc::c_int) -> bool {
    // SAFETY: F_GETFL takes any number.
    let flags = || unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_GETFL) };
    medium == Medium::File && flags() & libc::O_ACCMODE == mode
}

/// Sends `buffers`, as far as the kernel takes them without waiting. A peer that is gone is
/// `EPIPE`, never a signal (Node ignores SIGPIPE for what is no socket).
///
/// # Errors
///
/// Whatever sendmsg(2) or writev(2) says; `WouldBlock` where nothing can be taken now.
pub fn write(fd: BorrowedFd<'_>, medium: Medium, buffers: &[IoSlice<'_>]) -> io::Result<usize> {
    let buffers = match fitting(buffers) {
        // The first one is too large by itself.
        0 if !buffers.is_empty() => return write_one(fd, medium, &buffers[0]),
        count => &buffers[..count],
    };
    persist(|| {
        if medium != Medium::File {
            return socket2::SockRef::from(&fd).send_vectored_with_flags(buffers, SEND_FLAGS);
        }
        // SAFETY: `IoSlice` has the layout of `iovec`; the slices outlive the call.
        counted(unsafe {
            libc::writev(fd.as_raw_fd(), buffers.as_ptr().cast(), buffers.len() as libc::c_int)
        })
    })
}

/// Sends `bytes` as [`write()`] does, at a little less cost.
///
/// # Errors
///
/// As [`write()`].
pub fn write_one(fd: BorrowedFd<'_>, medium: Medium, bytes: &[u8]) -> io::Result<usize> {
    let bytes = &bytes[..bytes.len().min(MOST_BYTES)];
    persist(|| {
        if medium != Medium::File {
            return socket2::SockRef::from(&fd).send_with_flags(bytes, SEND_FLAGS);
        }
        // SAFETY: the bytes are readable for their length.
        counted(unsafe { libc::write(fd.as_raw_fd(), bytes.as_ptr().cast(), bytes.len()) })
    })
}

/// How many of `buffers` one call may send.
fn fitting(buffers: &[IoSlice<'_>]) -> usize {
    let mut room = MOST_BYTES;
    let fits = |buffer: &&IoSlice<'_>| {
        let left = room.checked_sub(buffer.len());
        room = left.unwrap_or(room);
        left.is_some()
    };
    buffers.iter().take(MOST_BUFFERS).take_while(fits).count()
}

/// What a system call answers that counts bytes.
fn counted(answer: libc::ssize_t) -> io::Result<usize> {
    usize::try_from(answer).map_err(|_| io::Error::last_os_error())
}

/// Makes a system call until it is not for passing reasons that it fails: a signal in between; and
/// macOS answers `EPROTOTYPE` for the moment in which it tears a connection down, then `EPIPE`.
fn persist(mut call: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match call() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error)
                if cfg!(any(target_os = "macos", target_os = "ios"))
                    && error.raw_os_error() == Some(libc::EPROTOTYPE) => {}
            result => return result,
        }
    }
}

/// What one read has brought.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Piece {
    /// How many bytes; 0 at the end of the stream.
    pub count: usize,
    /// Whether the kernel may have more now. It says nothing of that later: whoever waits for news
    /// reads until there is no more.
    pub more: bool,
}

/// Reads into `memory` without waiting.
///
/// # Errors
///
/// Whatever recv(2) or read(2) says; `WouldBlock` where there is nothing now.
pub fn read(fd: BorrowedFd<'_>, medium: Medium, memory: &mut [u8]) -> io::Result<Piece> {
    let place = libc::iovec { iov_base: memory.as_mut_ptr().cast(), iov_len: memory.len() };
    // SAFETY: the memory is writable for its length.
    unsafe { read_to(fd, medium, &mut [place]) }
}

/// Reads into `places`, one behind the other, as [`read`] does.
///
/// # Errors
///
/// As [`read`].
///
/// # Safety
///
/// Each place must be good for writes of its length.
pub unsafe fn read_to(
    fd: BorrowedFd<'_>,
    medium: Medium,
    places: &mut [libc::iovec],
) -> io::Result<Piece> {
    let number = fd.as_raw_fd();
    let mut cut = false;
    let count = persist(|| match (medium, &mut *places) {
        // At less cost than recvmsg(2).
        (Medium::Socket, [place]) => counted(
            // SAFETY: good for writes of that length, by the caller's word.
            unsafe { libc::recv(number, place.iov_base, place.iov_len, libc::MSG_DONTWAIT) },
        ),
        (Medium::File, places) => counted(
            // SAFETY: as above.
            unsafe { libc::readv(number, places.as_ptr(), places.len() as libc::c_int) },
        ),
        (Medium::Socket | Medium::UnixSocket, places) => {
            // SAFETY: a message of null pointers and zeros is an empty one.
            let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
            message.msg_iov = places.as_mut_ptr();
            message.msg_iovlen = places.len() as _;
            let message = &raw mut message;
            // SAFETY: as above.
            let count = counted(unsafe { libc::recvmsg(number, message, libc::MSG_DONTWAIT) })?;
            // Descriptors came along, which nobody wants here. The kernel stops behind the bytes that
            // they came with, whatever else there is.
            // SAFETY: the message is still there.
            cut = unsafe { (*message).msg_flags } & libc::MSG_CTRUNC != 0;
            Ok(count)
        }
    })?;
    let room: usize = places.iter().map(|place| place.iov_len).sum();
    Ok(Piece { count, more: cut || count == room })
}

/// Takes over a descriptor that JavaScript names by number, and makes it non-blocking.
///
/// # Errors
///
/// `EBADF` where the number is no open descriptor; then nothing is taken over.
pub fn adopt(fd: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: fcntl(2) with F_GETFL takes any number and answers EBADF for what is not open.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    if flags < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: as above; F_SETFL changes flags of the open file only.
    if unsafe { libc::fcntl(fd, libc::F_SETFL, flags | libc::O_NONBLOCK) } < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is open, and by the contract of `fd` options it is handed over: its
    // former owner neither uses nor closes it any more.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// A stream socket, non-blocking and closed on exec, in one system call where the system has that.
///
/// # Errors
///
/// Whatever socket(2) says; `EMFILE` where there are no descriptors.
pub fn stream_socket(domain: Domain) -> io::Result<OwnedFd> {
    #[cfg(not(any(target_os = "macos", target_os = "ios")))]
    let socket = socket2::Socket::new(domain, Type::STREAM.nonblocking(), None)?;
    #[cfg(any(target_os = "macos", target_os = "ios"))]
    let socket = socket2::Socket::new(domain, Type::STREAM, None)?;
    #[cfg(any(target_os = "macos", target_os = "ios"))]
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// What a descriptor is, in libuv's words: `TCP`, `PIPE`, `UDP`, `TTY`, `FILE`, `UNKNOWN`.
pub fn kind_of(fd: RawFd) -> &'static str {
    // SAFETY: isatty(3) takes any number.
    if unsafe { libc::isatty(fd) } == 1 {
        return "TTY";
    }
    // SAFETY: a zeroed `stat` is a valid value of plain numbers.
    let mut status: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: `status` is writable; fstat(2) takes any number.
    if unsafe { libc::fstat(fd, &mut status) } != 0 {
        return "UNKNOWN";
    }
    match status.st_mode & libc::S_IFMT {
        libc::S_IFREG | libc::S_IFCHR => "FILE",
        libc::S_IFIFO => "PIPE",
        libc::S_IFSOCK => socket_kind(fd),
        _ => "UNKNOWN",
    }
}

fn socket_kind(fd: RawFd) -> &'static str {
    // SAFETY: fstat(2) has just said that this is an open socket; it is only borrowed here.
    let fd = unsafe { BorrowedFd::borrow_raw(fd) };
    let socket = socket2::SockRef::from(&fd);
    let (Ok(address), Ok(kind)) = (socket.local_addr(), socket.r#type()) else {
        return "UNKNOWN";
    };
    match (i32::from(address.family()), kind) {
        (libc::AF_INET | libc::AF_INET6, socket2::Type::STREAM) => "TCP",
        (libc::AF_INET | libc::AF_INET6, socket2::Type::DGRAM) => "UDP",
        (libc::AF_UNIX, socket2::Type::STREAM) => "PIPE",
        _ => "UNKNOWN",
    }
}

/// The error that a connect ended with, if any.
pub fn connect_status(fd: BorrowedFd<'_>) -> i32 {
    match socket2::SockRef::from(&fd).take_error() {
        Ok(None) => 0,
        Ok(Some(error)) | Err(error) => crate::error::code(&error),
    }
}

/// Whether bytes wait to be read.
pub fn has_input(fd: BorrowedFd<'_>) -> bool {
    let mut count: libc::c_int = 0;
    // SAFETY: FIONREAD writes an `int`, for any descriptor that has it.
    let answer = unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONREAD as _, &raw mut count) };
    answer == 0 && count > 0
}

/// Whether both sides of a connection have ended.
pub fn hangs_up(fd: BorrowedFd<'_>) -> bool {
    let mut asked = libc::pollfd { fd: fd.as_raw_fd(), events: 0, revents: 0 };
    // SAFETY: one entry, which is writable; it does not wait.
    let count = unsafe { libc::poll(&mut asked, 1, 0) };
    count > 0 && asked.revents & libc::POLLHUP != 0
}

/// Lets close(2) send a reset instead of a FIN.
///
/// # Errors
///
/// Whatever setsockopt(2) says, but for the `EINVAL` that POSIX allows for a socket that is shut
/// down already, as macOS has it: there is nothing left to reset.
pub fn reset_on_close(fd: BorrowedFd<'_>) -> io::Result<()> {
    match socket2::SockRef::from(&fd).set_linger(Some(std::time::Duration::ZERO)) {
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => Ok(()),
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn descriptors_are_told_apart() {
        let (stream, _peer) = UnixStream::pair().unwrap();
        assert_eq!(kind_of(stream.as_raw_fd()), "PIPE");
        let tcp = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        assert_eq!(kind_of(tcp.as_raw_fd()), "TCP");
        let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        assert_eq!(kind_of(udp.as_raw_fd()), "UDP");
        let (reader, _writer) = io::pipe().unwrap();
        assert_eq!(kind_of(reader.as_raw_fd()), "PIPE");
        assert_eq!(Medium::of(reader.as_fd()), Medium::File);
        assert_eq!(Medium::of(stream.as_fd()), Medium::UnixSocket);
        if cfg!(any(target_os = "linux", target_os = "android")) {
            assert_eq!(Medium::of(tcp.as_fd()), Medium::Socket);
        }
        assert_eq!(kind_of(-1), "UNKNOWN");
    }

    #[test]
    fn input_is_seen_and_stays() {
        let (stream, peer) = UnixStream::pair().unwrap();
        assert!(!has_input(peer.as_fd()));
        write_one(stream.as_fd(), Medium::UnixSocket, b"x").unwrap();
        assert!(has_input(peer.as_fd()) && has_input(peer.as_fd()));
        drop(stream);
        assert_eq!(read(peer.as_fd(), Medium::UnixSocket, &mut [0; 2]).unwrap().count, 1);
        assert!(!has_input(peer.as_fd()), "the end of the stream is no input");
    }

    #[test]
    fn a_pipe_has_an_end_for_each_direction() {
        let (reader, writer) = io::pipe().unwrap();
        let (stream, _peer) = UnixStream::pair().unwrap();
        let modes =
            |fd| [libc::O_RDONLY, libc::O_WRONLY].map(|mode| is_only(fd, Medium::of(fd), mode));
        assert_eq!(modes(reader.as_fd()), [true, false]);
        assert_eq!(modes(writer.as_fd()), [false, true]);
        assert_eq!(modes(stream.as_fd()), [false, false]);
    }

    #[test]
    fn what_is_not_open_is_not_adopted() {
        assert_eq!(adopt(-1).unwrap_err().raw_os_error(), Some(libc::EBADF));
    }

    #[test]
    fn bytes_arrive_in_order_from_several_buffers() {
        let (stream, peer) = UnixStream::pair().unwrap();
        let buffers = [IoSlice::new(b"one"), IoSlice::new(b""), IoSlice::new(b"two")];
        assert_eq!(write(stream.as_fd(), Medium::Socket, &buffers).unwrap(), 6);
        let mut memory = [0; 16];
        let piece = Piece { count: 6, more: false };
        assert_eq!(read(peer.as_fd(), Medium::UnixSocket, &mut memory).unwrap(), piece);
        assert_eq!(&memory[..6], b"onetwo");
    }

    #[test]
    fn no_call_is_asked_to_send_more_than_it_may() {
        let huge = vec![0; MOST_BYTES + 1];
        let (one, half) = (IoSlice::new(b"x"), IoSlice::new(&huge[..MOST_BYTES / 2 + 1]));
        assert_eq!(fitting(&[]), 0);
        assert_eq!(fitting(&[one; 3]), 3);
        assert_eq!(fitting(&[one; MOST_BUFFERS + 1]), MOST_BUFFERS);
        assert_eq!(fitting(&[half, half, one]), 1);
        assert_eq!(fitting(&[IoSlice::new(&huge)]), 0);
        let (mut reader, writer) = io::pipe().unwrap();
        socket2::SockRef::from(&writer).set_nonblocking(true).unwrap();
        let sent = write(writer.as_fd(), Medium::File, &[IoSlice::new(&huge)]).unwrap();
        let mut received = vec![1; sent];
        io::Read::read_exact(&mut reader, &mut received).unwrap();
        assert!(sent > 0 && received.iter().all(|byte| *byte == 0));
    }

    #[test]
    fn a_signal_in_between_is_no_failure() {
        let mut errors = vec![libc::EAGAIN, libc::EINTR, libc::EINTR];
        let error = persist(|| Err(io::Error::from_raw_os_error(errors.pop().unwrap())));
        assert_eq!(error.unwrap_err().raw_os_error(), Some(libc::EAGAIN));
    }

    #[test]
    fn there_may_be_more_behind_bytes_that_came_with_a_descriptor() {
        use std::io::Write;

        let (mut stream, peer) = UnixStream::pair().unwrap();
        send_with_descriptor(&stream, b"one");
        stream.write_all(b"two").unwrap();
        let mut memory = [0; 16];
        let piece = Piece { count: 3, more: true };
        assert_eq!(read(peer.as_fd(), Medium::UnixSocket, &mut memory).unwrap(), piece);
        let piece = Piece { count: 3, more: false };
        assert_eq!(read(peer.as_fd(), Medium::UnixSocket, &mut memory).unwrap(), piece);
        assert_eq!(&memory[..3], b"two");
    }

    /// Sends `bytes` and a descriptor, which nobody asks for.
    fn send_with_descriptor(stream: &UnixStream, bytes: &[u8]) {
        const LENGTH: u32 = size_of::<RawFd>() as u32;

        let mut place =
            libc::iovec { iov_base: bytes.as_ptr().cast_mut().cast(), iov_len: bytes.len() };
        // Larger than a header with one descriptor, and aligned.
        let mut control = [0_u64; 8];
        // SAFETY: a message of null pointers and zeros is an empty one.
        let mut message: libc::msghdr = unsafe { std::mem::zeroed() };
        message.msg_iov = &raw mut place;
        message.msg_iovlen = 1;
        message.msg_control = control.as_mut_ptr().cast();
        // SAFETY: it only adds up.
        message.msg_controllen = unsafe { libc::CMSG_SPACE(LENGTH) } as _;
        // SAFETY: the message has control memory.
        let header = unsafe { libc::CMSG_FIRSTHDR(&raw const message) };
        // SAFETY: that has room for one header.
        let header = unsafe { &mut *header };
        header.cmsg_level = libc::SOL_SOCKET;
        header.cmsg_type = libc::SCM_RIGHTS;
        // SAFETY: it only adds up.
        header.cmsg_len = unsafe { libc::CMSG_LEN(LENGTH) } as _;
        // SAFETY: a header of the control memory.
        let descriptor = unsafe { libc::CMSG_DATA(header) }.cast::<RawFd>();
        // SAFETY: the control memory has room for the descriptor, too.
        unsafe { descriptor.write_unaligned(stream.as_raw_fd()) };
        // SAFETY: all that the message refers to is above.
        let sent = unsafe { libc::sendmsg(stream.as_raw_fd(), &raw const message, 0) };
        assert_eq!(sent.cast_unsigned(), bytes.len());
    }

    #[test]
    fn a_peer_that_is_gone_is_epipe() {
        let (stream, peer) = UnixStream::pair().unwrap();
        drop(peer);
        let error = write(stream.as_fd(), Medium::Socket, &[IoSlice::new(b"x")]).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(libc::EPIPE));
    }
}

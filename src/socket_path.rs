//! The file of a Unix socket that is ours: to remove when it closes, to open to others.
//!
//! A name says nothing about who owns what is there by now: somebody may have put a socket of his own
//! in its place, the working directory may have changed, a directory may have become a link. So what
//! was bound is remembered by device and inode, its directory too, and nothing else is touched. Who
//! could slip something in between that look and the removal can write to the directory, and could
//! remove the file himself.

use std::ffi::{CString, OsStr};
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{self, Path, PathBuf};

use crate::error::from_errno;

/// Permissions of reading, and of writing, for everybody.
const READABLE: u32 = 0o444;
const WRITABLE: u32 = 0o222;

/// Opens a place in the file system without a right to read there.
#[cfg(target_os = "linux")]
const ONLY_PLACE: libc::c_int = libc::O_PATH;
#[cfg(not(target_os = "linux"))]
const ONLY_PLACE: libc::c_int = libc::O_RDONLY;

/// Which file something is, whatever it is called.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(metadata: &fs::Metadata) -> Self {
        Identity { device: metadata.dev(), inode: metadata.ino() }
    }
}

/// The file of a bound Unix socket.
pub struct SocketPath {
    /// Absolute: the working directory may change.
    directory: PathBuf,
    directory_identity: Identity,
    name: CString,
    identity: Identity,
}

impl SocketPath {
    /// What was just bound at `path`; `None` for an abstract name, and where no socket is there.
    pub fn of(path: &[u8]) -> Option<Self> {
        if path.first().is_none_or(|first| *first == 0) {
            return None;
        }
        let path = path::absolute(Path::new(OsStr::from_bytes(path))).ok()?;
        let metadata = fs::symlink_metadata(&path).ok()?;
        if !metadata.file_type().is_socket() {
            return None;
        }
        let directory = path.parent()?;
        let name = CString::new(path.file_name()?.as_bytes()).ok()?;
        Some(SocketPath {
            directory_identity: Identity::of(&fs::metadata(directory).ok()?),
            directory: directory.to_owned(),
            name,
            identity: Identity::of(&metadata),
        })
    }

    /// Removes the file, if it is still the one that was bound.
    ///
    /// # Errors
    ///
    /// `ENOENT` where it is not; else what open(2), fstatat(2) or unlinkat(2) says.
    pub fn remove(self) -> io::Result<()> {
        let directory = self.open_directory()?;
        if identity_at(directory.as_raw_fd(), &self.name)? != self.identity {
            return Err(from_errno(libc::ENOENT));
        }
        // SAFETY: the descriptor is open and the name NUL-terminated.
        let removed = unsafe { libc::unlinkat(directory.as_raw_fd(), self.name.as_ptr(), 0) };
        if removed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// Opens the socket to everybody: what it allows becomes what is asked for, added to what it
    /// allows already where `adds`.
    ///
    /// # Errors
    ///
    /// `ENOENT` where another file is there by now; else what open(2) or chmod(2) says.
    pub fn allow(&self, readable: bool, writable: bool, adds: bool) -> io::Result<()> {
        let directory = self.open_directory()?;
        let asked = if readable { READABLE } else { 0 } | if writable { WRITABLE } else { 0 };
        self.change_mode(directory.as_raw_fd(), asked, adds)
    }

    /// By a descriptor of the file itself, so that no other can be meant.
    #[cfg(target_os = "linux")]
    fn change_mode(&self, directory: RawFd, asked: u32, adds: bool) -> io::Result<()> {
        use std::os::fd::FromRawFd;
        use std::os::unix::fs::PermissionsExt;

        let flags = libc::O_PATH | libc::O_NOFOLLOW | libc::O_CLOEXEC;
        // SAFETY: the descriptor is open and the name NUL-terminated.
        let fd = unsafe { libc::openat(directory, self.name.as_ptr(), flags) };
        if fd < 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the kernel has just made the descriptor, and nobody else knows it.
        let file = unsafe { File::from_raw_fd(fd) };
        let metadata = file.metadata()?;
        if Identity::of(&metadata) != self.identity {
            return Err(from_errno(libc::ENOENT));
        }
        let mode = asked | if adds { metadata.mode() & 0o7777 } else { 0 };
        let permissions = fs::Permissions::from_mode(mode);
        match fs::set_permissions(format!("/proc/self/fd/{fd}"), permissions.clone()) {
            // Where /proc is not mounted there is only the name.
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => {
                let name = OsStr::from_bytes(self.name.as_bytes());
                fs::set_permissions(self.directory.join(name), permissions)
            }
            other => other,
        }
    }

    /// There is no descriptor of a socket's file: by its name in its directory, not through a link.
    #[cfg(not(target_os = "linux"))]
    fn change_mode(&self, directory: RawFd, asked: u32, adds: bool) -> io::Result<()> {
        let status = status_at(directory, &self.name)?;
        if identity_of(&status) != self.identity {
            return Err(from_errno(libc::ENOENT));
        }
        let kept = if adds { u32::from(status.st_mode) & 0o7777 } else { 0 };
        let mode = (asked | kept) as libc::mode_t;
        let (name, flags) = (self.name.as_ptr(), libc::AT_SYMLINK_NOFOLLOW);
        // SAFETY: the descriptor is open and the name NUL-terminated.
        let changed = unsafe { libc::fchmodat(directory, name, mode, flags) };
        if changed == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
    }

    /// The directory in which the socket was bound, and no other of that name.
    fn open_directory(&self) -> io::Result<File> {
        let directory = OpenOptions::new()
            .read(true)
            .custom_flags(ONLY_PLACE | libc::O_DIRECTORY)
            .open(&self.directory)?;
        if Identity::of(&directory.metadata()?) != self.directory_identity {
            return Err(from_errno(libc::ENOENT));
        }
        Ok(directory)
    }
}

fn status_at(directory: RawFd, name: &CString) -> io::Result<libc::stat> {
    // SAFETY: `stat` is made of integers, for which zero is a value.
    let mut status = unsafe { std::mem::zeroed::<libc::stat>() };
    let flags = libc::AT_SYMLINK_NOFOLLOW;
    // SAFETY: the name is NUL-terminated and the status writable.
    if unsafe { libc::fstatat(directory, name.as_ptr(), &mut status, flags) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(status)
}

#[allow(clippy::unnecessary_cast, reason = "the width of these differs from system to system")]
fn identity_of(status: &libc::stat) -> Identity {
    Identity { device: status.st_dev as u64, inode: status.st_ino as u64 }
}

fn identity_at(directory: RawFd, name: &CString) -> io::Result<Identity> {
    Ok(identity_of(&status_at(directory, name)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;
    use std::sync::atomic::{AtomicU32, Ordering};

    /// A directory that goes with the test.
    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            static COUNT: AtomicU32 = AtomicU32::new(0);
            let number = COUNT.fetch_add(1, Ordering::Relaxed);
            let path = std::env::temp_dir().join(format!("tn-{}-{number}", std::process::id()));
            fs::create_dir(&path).unwrap();
            Folder(path)
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.join(name)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn bound(path: &Path) -> (UnixListener, SocketPath) {
        let listener = UnixListener::bind(path).unwrap();
        (listener, SocketPath::of(path.as_os_str().as_bytes()).unwrap())
    }

    #[test]
    fn what_was_bound_is_removed() {
        let folder = Folder::new();
        let (_listener, path) = bound(&folder.path("s"));
        path.remove().unwrap();
        assert!(!folder.path("s").exists());
    }

    #[test]
    fn what_came_into_its_place_stays() {
        let folder = Folder::new();
        let (_listener, path) = bound(&folder.path("s"));
        fs::rename(folder.path("s"), folder.path("moved")).unwrap();
        fs::write(folder.path("s"), "somebody else's").unwrap();
        assert_eq!(path.remove().unwrap_err().raw_os_error(), Some(libc::ENOENT));
        assert!(folder.path("s").exists());
        assert!(folder.path("moved").exists());
    }

    #[test]
    fn nothing_is_removed_through_a_link_in_the_place_of_the_directory() {
        let folder = Folder::new();
        fs::create_dir(folder.path("own")).unwrap();
        fs::create_dir(folder.path("other")).unwrap();
        let (_listener, path) = bound(&folder.path("own/s"));
        fs::rename(folder.path("own"), folder.path("moved")).unwrap();
        fs::hard_link(folder.path("moved/s"), folder.path("other/s")).unwrap();
        symlink(folder.path("other"), folder.path("own")).unwrap();
        assert!(path.remove().is_err());
        assert!(folder.path("other/s").exists());
    }

    #[test]
    fn modes_are_those_of_the_socket_and_of_nothing_else() {
        let folder = Folder::new();
        let (_listener, path) = bound(&folder.path("s"));
        let mode = |name| fs::metadata(folder.path(name)).unwrap().permissions().mode() & 0o777;
        path.allow(true, false, false).unwrap();
        assert_eq!(mode("s"), 0o444);
        path.allow(false, true, true).unwrap();
        assert_eq!(mode("s"), 0o666);
        fs::write(folder.path("secret"), "").unwrap();
        fs::set_permissions(folder.path("secret"), fs::Permissions::from_mode(0o600)).unwrap();
        fs::remove_file(folder.path("s")).unwrap();
        symlink(folder.path("secret"), folder.path("s")).unwrap();
        assert!(path.allow(true, true, false).is_err());
        assert_eq!(mode("secret"), 0o600);
    }

    #[test]
    fn an_abstract_name_and_a_file_are_none() {
        let folder = Folder::new();
        fs::write(folder.path("file"), "").unwrap();
        assert!(SocketPath::of(b"").is_none());
        assert!(SocketPath::of(b"\0abstract").is_none());
        assert!(SocketPath::of(folder.path("file").as_os_str().as_bytes()).is_none());
        assert!(SocketPath::of(folder.path("absent").as_os_str().as_bytes()).is_none());
    }
}

//! The file of a Unix socket, whatever others do to its directory: no other file is removed or opened.

#![no_main]

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use arbitrary::Arbitrary;
use libfuzzer_sys::fuzz_target;
use tokio_net_fuzz::socket_path::SocketPath;

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Place {
    ThisX,
    ThisY,
    OtherX,
    OtherY,
}

#[derive(Arbitrary, Debug)]
enum Step<'a> {
    Bind(Place),
    File(Place, u8),
    Link(Place, Place),
    HardLink(Place, Place),
    Rename(Place, Place),
    Unlink(Place),
    /// The two directories change places.
    Swap,
    /// A link to the other directory takes the place of this one; or the directory comes back.
    Disguise,
    Leave(bool),
    Remove(u8),
    Allow(u8, bool, bool, bool),
    /// A path of which nothing is known.
    Any(&'a [u8]),
}

/// What is there, by the directory's true name: inode, type and permissions.
type Snapshot = BTreeMap<PathBuf, (u64, u32)>;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("tokio-net-fuzz-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        for name in ["", "this", "other"] {
            fs::create_dir(path.join(name)).expect("a directory");
        }
        Folder(path)
    }

    fn of(&self, place: Place) -> PathBuf {
        self.0.join(match place {
            Place::ThisX => "this/x",
            Place::ThisY => "this/y",
            Place::OtherX => "other/x",
            Place::OtherY => "other/y",
        })
    }

    fn snapshot(&self) -> Snapshot {
        let mut found = Snapshot::new();
        for directory in fs::read_dir(&self.0).expect("a directory").flatten() {
            let metadata = directory.metadata().expect("there");
            found.insert(directory.path(), (metadata.ino(), metadata.mode()));
            if metadata.is_dir() {
                for file in fs::read_dir(directory.path()).expect("a directory").flatten() {
                    let metadata = file.metadata().expect("there");
                    found.insert(file.path(), (metadata.ino(), metadata.mode()));
                }
            }
        }
        found
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fuzz_target!(|steps: Vec<Step<'_>>| {
    let began_in = std::env::current_dir().expect("a directory");
    let folder = Folder::new();
    let at = |place| folder.of(place);
    let (this, other, hidden) =
        (folder.0.join("this"), folder.0.join("other"), folder.0.join("hidden"));
    // The listener keeps the inode from being another file's.
    let mut ours: Vec<(UnixListener, SocketPath, u64)> = Vec::new();
    for step in steps.into_iter().take(60) {
        match step {
            Step::Bind(place) => {
                if let Ok(listener) = UnixListener::bind(at(place)) {
                    let path = SocketPath::of(at(place).as_os_str().as_bytes()).expect("a socket");
                    let inode = fs::symlink_metadata(at(place)).expect("bound").ino();
                    ours.push((listener, path, inode));
                }
            }
            Step::File(place, mode) => {
                if fs::symlink_metadata(at(place)).is_err() {
                    let _ = fs::write(at(place), "somebody's");
                    let mode = fs::Permissions::from_mode(u32::from(mode));
                    let _ = fs::set_permissions(at(place), mode);
                }
            }
            Step::Link(from, to) => drop(symlink(at(from), at(to))),
            Step::HardLink(from, to) => drop(fs::hard_link(at(from), at(to))),
            Step::Rename(from, to) => drop(fs::rename(at(from), at(to))),
            Step::Unlink(place) => drop(fs::remove_file(at(place))),
            Step::Swap => {
                let between = folder.0.join("between");
                let _ = fs::rename(&this, &between);
                let _ = fs::rename(&other, &this);
                let _ = fs::rename(&between, &other);
            }
            Step::Disguise => {
                if hidden.exists() {
                    for place in [&this, &other] {
                        if place.is_symlink() {
                            let _ = fs::remove_file(place);
                            let _ = fs::rename(&hidden, place);
                        }
                    }
                } else {
                    let _ = fs::rename(&this, &hidden);
                    let _ = symlink(&other, &this);
                }
            }
            Step::Leave(inside) => {
                let _ = std::env::set_current_dir(if inside { &this } else { Path::new("/") });
            }
            Step::Remove(index) if !ours.is_empty() => {
                let (_listener, path, inode) = ours.swap_remove(usize::from(index) % ours.len());
                let mut before = folder.snapshot();
                let is_removed = path.remove().is_ok();
                let after = folder.snapshot();
                before.retain(|path, _| !after.contains_key(path));
                assert_eq!(before.len(), usize::from(is_removed));
                assert!(before.values().all(|(gone, _)| *gone == inode), "somebody else's");
            }
            Step::Allow(index, readable, writable, adds) if !ours.is_empty() => {
                let (_, path, inode) = &ours[usize::from(index) % ours.len()];
                let before = folder.snapshot();
                let is_allowed = path.allow(readable, writable, adds).is_ok();
                for (path, (found, mode)) in folder.snapshot() {
                    let (_, old) = before[&path];
                    if found != *inode {
                        assert_eq!(mode, old, "somebody else's");
                    } else if is_allowed {
                        let asked = (0o444 * u32::from(readable)) | (0o222 * u32::from(writable));
                        let kept = if adds { old & 0o7777 } else { 0 };
                        assert_eq!(mode & 0o7777, asked | kept);
                    }
                }
            }
            Step::Remove(_) | Step::Allow(..) => {}
            Step::Any(path) => {
                let known = SocketPath::of(path);
                let named = Path::new(std::ffi::OsStr::from_bytes(path));
                let is_socket =
                    fs::symlink_metadata(named).is_ok_and(|found| found.file_type().is_socket());
                assert!(known.is_none() || is_socket);
            }
        }
    }
    let _ = std::env::set_current_dir(began_in);
});

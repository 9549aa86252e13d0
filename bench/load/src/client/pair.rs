//! Bulk within this process: one thread writes to one end of a connection and reads at the other, by
//! turns.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use super::source::measure;
use super::{closed_early, unblocked, wrong_bytes};
use crate::args::Args;
use crate::pattern::{Pattern, SPAN, start};

/// Moves bytes for `length` by a connection of its own.
fn play(args: &Args, pattern: &Pattern, length: Duration) -> io::Result<(u64, Duration)> {
    let size = args.count("size", 65_536)? as u64;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let mut sender = TcpStream::connect(listener.local_addr()?)?;
    let (mut receiver, peer) = listener.accept()?;
    sender.set_nonblocking(true)?;
    receiver.set_nonblocking(true)?;
    let start = start(peer.port());
    let (mut sent, mut received) = (0, 0);
    let mut buffer = vec![0; SPAN];
    let begin = Instant::now();
    let deadline = begin + length;
    while Instant::now() < deadline {
        while let Some(count) = unblocked(sender.write(pattern.at(start + sent, size)))? {
            sent += count as u64;
        }
        while received < sent {
            // Only what is on its way within the kernel can be missing.
            let Some(count) = unblocked(receiver.read(&mut buffer))? else { continue };
            if count == 0 {
                return Err(closed_early());
            }
            if !pattern.matches(start + received, &buffer[..count]) {
                return Err(wrong_bytes(received));
            }
            received += count as u64;
        }
    }
    Ok((received, begin.elapsed()))
}

/// Runs the scenario and prints MB/s.
pub fn run(args: &Args) -> io::Result<()> {
    measure(args, play)
}

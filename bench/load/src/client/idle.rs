//! Connections that are held open. Driven from stdin: `open N` opens that many more, `echo` has each
//! of them exchange one message, `stop` (or the end of stdin) resets them all.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use super::{STALLED, connect, wrong_bytes};
use crate::args::Args;
use crate::control;
use crate::pattern::{self, Pattern};

fn echo(stream: &mut TcpStream, pattern: &Pattern, size: usize) -> io::Result<()> {
    let start = pattern::start(stream.local_addr()?.port());
    let mut answer = vec![0; size];
    stream.write_all(pattern.at(start, size as u64))?;
    stream.read_exact(&mut answer)?;
    if pattern.matches(start, &answer) { Ok(()) } else { Err(wrong_bytes(0)) }
}

/// Runs the scenario; each command is answered with the number of open connections.
pub fn run(args: &Args) -> io::Result<()> {
    let (port, size) = (args.port()?, args.count("size", 64)?.min(4096));
    let pattern = Pattern::new();
    let mut connections = Vec::new();
    while let Some(line) = control::next_line()? {
        match line.split_once(' ').unwrap_or((&line, "")) {
            ("open", count) => {
                let count: usize = count.parse().map_err(io::Error::other)?;
                for _ in 0..count {
                    let stream = connect(port)?;
                    stream.set_read_timeout(Some(STALLED))?;
                    connections.push(stream);
                }
            }
            ("echo", _) => {
                for stream in &mut connections {
                    echo(stream, &pattern, size)?;
                }
            }
            ("stop", _) => break,
            (other, _) => return Err(io::Error::other(format!("unknown command '{other}'"))),
        }
        control::announce(&format!(r#"{{"event":"held","connections":{}}}"#, connections.len()))?;
    }
    Ok(())
}

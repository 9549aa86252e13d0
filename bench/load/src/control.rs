//! The conversation with the runner: JSON lines out, words in.

use std::io::{self, BufRead, Write};

/// Prints one line and flushes it, for stdout is a pipe.
pub fn announce(json: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{json}")?;
    out.flush()
}

/// The next line from stdin without its newline, or `None` once the runner has gone.
pub fn next_line() -> io::Result<Option<String>> {
    let mut line = String::new();
    match io::stdin().lock().read_line(&mut line)? {
        0 => Ok(None),
        _ => Ok(Some(line.trim_end().to_owned())),
    }
}

/// Says that the warm-up is over and nothing is under way; with `wait`, returns when told `go`, so
/// that the runner can read the server's counters on both sides of exactly the measured run.
pub fn warmed_up(wait: bool) -> io::Result<()> {
    if !wait {
        return Ok(());
    }
    announce(r#"{"event":"warm"}"#)?;
    match next_line()?.as_deref() {
        Some("go") => Ok(()),
        other => Err(io::Error::other(format!("expected 'go' on stdin, got {other:?}"))),
    }
}

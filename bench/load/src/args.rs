//! The command line: words that choose what to do, and `--name value` options.

use std::collections::HashMap;
use std::io;
use std::str::FromStr;
use std::time::Duration;

const OPTIONS: [&str; 7] =
    ["port", "connections", "size", "depth", "seconds", "warmup", "upstream"];

/// A parsed command line.
pub struct Args {
    words: Vec<&'static str>,
    options: HashMap<String, String>,
    wait: bool,
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

impl Args {
    /// Splits the arguments; an option that no command knows is an error.
    pub fn parse(arguments: impl Iterator<Item = String>) -> io::Result<Self> {
        let mut args = Self { words: Vec::new(), options: HashMap::new(), wait: false };
        let mut arguments = arguments;
        while let Some(argument) = arguments.next() {
            match argument.strip_prefix("--") {
                // The words live as long as the process; leaking them lets `words` be matched.
                None => args.words.push(argument.leak()),
                Some("wait") => args.wait = true,
                Some(name) if OPTIONS.contains(&name) => {
                    let value = arguments
                        .next()
                        .ok_or_else(|| invalid(format!("--{name} needs a value")))?;
                    args.options.insert(name.to_owned(), value);
                }
                Some(name) => return Err(invalid(format!("unknown option --{name}"))),
            }
        }
        Ok(args)
    }

    /// The arguments that are not options.
    pub fn words(&self) -> &[&'static str] {
        &self.words
    }

    /// Whether to wait for `go` on stdin between the warm-up and the measured run.
    pub fn wait(&self) -> bool {
        self.wait
    }

    /// The option's value, or `default` where it is not given.
    pub fn number<T: FromStr>(&self, name: &str, default: T) -> io::Result<T> {
        match self.options.get(name) {
            None => Ok(default),
            Some(text) => text.parse().map_err(|_| invalid(format!("--{name} cannot be '{text}'"))),
        }
    }

    /// An option in seconds, which may have a fraction.
    pub fn seconds(&self, name: &str, default: f64) -> io::Result<Duration> {
        let seconds = self.number(name, default)?;
        Duration::try_from_secs_f64(seconds)
            .map_err(|_| invalid(format!("--{name} cannot be {seconds}")))
    }

    /// The server's port, which every client needs.
    pub fn port(&self) -> io::Result<u16> {
        match self.number("port", 0)? {
            0 => Err(invalid("--port is needed".to_owned())),
            port => Ok(port),
        }
    }

    /// An option that counts something and cannot be 0.
    pub fn count(&self, name: &str, default: usize) -> io::Result<usize> {
        match self.number(name, default)? {
            0 => Err(invalid(format!("--{name} cannot be 0"))),
            count => Ok(count),
        }
    }
}

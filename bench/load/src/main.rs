//! The load generator of tokio-net's benchmark.
//!
//! `tokio-net-load client SCENARIO --port N …` drives a server and prints one JSON line with what it
//! measured. `tokio-net-load server MODE` is a plain epoll server: the limit that a server behind
//! JavaScript can be held against. Both are single-threaded and both check every byte they receive.

mod args;
mod client;
mod control;
mod pattern;
mod samples;
mod server;

use std::io;
use std::process::ExitCode;

use args::Args;

const USAGE: &str = "usage:
  tokio-net-load client echo   --port N [--connections N] [--size BYTES] [--depth N] [--seconds S] [--warmup S] [--wait]
  tokio-net-load client sink   --port N [--connections N] [--size BYTES] [--seconds S] [--warmup S] [--wait]
  tokio-net-load client source --port N [--connections N] [--size BYTES] [--seconds S] [--warmup S] [--wait]
  tokio-net-load client churn  --port N [--connections N] [--size BYTES] [--seconds S] [--warmup S] [--wait]
  tokio-net-load client http   --port N [--connections N] [--seconds S] [--warmup S] [--wait]
  tokio-net-load client broadcast --port N [--connections N] [--size BYTES] [--seconds S] [--warmup S] [--wait]
  tokio-net-load client idle   --port N [--size BYTES]
  tokio-net-load client pair   [--size BYTES] [--seconds S] [--warmup S] [--wait]
  tokio-net-load server echo|sink|source|proxy [--size BYTES] [--upstream PORT]";

fn run() -> io::Result<()> {
    let args = Args::parse(std::env::args().skip(1))?;
    match args.words() {
        ["client", "echo"] => client::echo::run(&args),
        ["client", "broadcast"] => client::broadcast::run(&args),
        ["client", "sink"] => client::sink::run(&args),
        ["client", "source"] => client::source::run(&args),
        ["client", "churn"] => client::churn::run(&args),
        ["client", "http"] => client::http::run(&args),
        ["client", "idle"] => client::idle::run(&args),
        ["client", "pair"] => client::pair::run(&args),
        ["server", mode] => server::run(mode, &args),
        _ => Err(io::Error::new(io::ErrorKind::InvalidInput, USAGE)),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tokio-net-load: {error}");
            ExitCode::FAILURE
        }
    }
}

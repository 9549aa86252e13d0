//! The native core of `tokio-net`.

/// Adds two numbers.
#[napi_derive::napi]
pub fn plus(a: u32, b: u32) -> u32 {
    a + b
}

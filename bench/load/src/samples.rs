//! Latencies, kept one by one, so that percentiles are exact.

use std::time::Duration;

/// Every latency of a run in nanoseconds; one of more than four seconds counts as the largest `u32`.
#[derive(Default)]
pub struct Samples {
    nanos: Vec<u32>,
}

impl Samples {
    /// Adds one latency.
    pub fn record(&mut self, latency: Duration) {
        self.nanos.push(u32::try_from(latency.as_nanos()).unwrap_or(u32::MAX));
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.nanos.len()
    }

    /// Forgets all of them and keeps the memory.
    pub fn clear(&mut self) {
        self.nanos.clear();
    }

    /// The latencies, in microseconds, that these shares of the messages do not exceed (nearest rank).
    pub fn percentiles<const N: usize>(&mut self, shares: [f64; N]) -> [f64; N] {
        self.nanos.sort_unstable();
        shares.map(|share| {
            let rank = (share * self.nanos.len() as f64).ceil() as usize;
            let nanos = self.nanos.get(rank.saturating_sub(1)).copied().unwrap_or(0);
            f64::from(nanos) / 1000.0
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let mut samples = Samples::default();
        for micros in (1..=1000).rev() {
            samples.record(Duration::from_micros(micros));
        }
        assert_eq!(samples.percentiles([0.5, 0.99, 0.999, 1.0]), [500.0, 990.0, 999.0, 1000.0]);
    }

    #[test]
    fn a_single_sample_is_every_percentile() {
        let mut samples = Samples::default();
        samples.record(Duration::from_nanos(1500));
        assert_eq!(samples.percentiles([0.001, 0.999]), [1.5, 1.5]);
    }
}

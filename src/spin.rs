//! Looks for work a little longer before an I/O thread goes to sleep.
//!
//! To wake a sleeping core takes longer than most round trips on one machine, so a thread that will
//! be woken within microseconds had better stay awake. That is tried only where there are cores to
//! spare, and goes on only as long as it pays: a spin that brings nothing makes the next ones rarer.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// How long a thread stays awake after the last work.
const LENGTH: Duration = Duration::from_micros(30);

/// A sleep that was at most that long might have been avoided, or has been made cheap: it takes a
/// core longer to fall fast asleep.
const SHORT_SLEEP: Duration = Duration::from_micros(100);

/// Short sleeps to wait for before the next try, after tries that brought nothing: at most.
const MOST_PATIENCE: u32 = 1024;

/// Work up to which a thread counts as waiting for one peer. Where there is more to do, others want
/// the core.
const LITTLE_WORK: u32 = 2;

thread_local! {
    /// That of the calling I/O thread, if it may spin.
    static SPIN: Cell<Option<Spin>> = const { Cell::new(None) };

    /// How often tasks of the thread have had work since this was last asked.
    static WORKED: Cell<u32> = const { Cell::new(0) };
}

#[derive(Clone, Copy)]
struct Spin {
    state: State,
    /// Short sleeps to wait for before the next spin, and how many these were the last time.
    left: u32,
    patience: u32,
}

#[derive(Clone, Copy)]
enum State {
    Working,
    /// Up to then, unless there is work before; and whether there was any yet.
    Spinning(Instant, bool),
    /// Without any more; whether there was any.
    Spun(bool),
    /// Since then; after a spin, whether there was work in that.
    Sleeping(Instant, Option<bool>),
}

impl Spin {
    const fn new() -> Self {
        Spin { state: State::Working, left: 1, patience: 1 }
    }

    /// There is nothing to do after so much work: whether to spin instead of going to sleep.
    fn idle(&mut self, now: Instant, work: u32) -> bool {
        let spun = match self.state {
            State::Spun(paid) => Some(paid),
            State::Spinning(_, paid) => Some(paid),
            State::Working | State::Sleeping(..) => None,
        };
        let spins = self.left == 0 && spun.is_none() && work <= LITTLE_WORK;
        self.state =
            if spins { State::Spinning(now + LENGTH, false) } else { State::Sleeping(now, spun) };
        spins
    }

    /// Whether to go on with a spin in which there was so much work.
    fn goes_on(&mut self, now: Instant, work: u32) -> bool {
        let State::Spinning(until, paid) = self.state else { return false };
        if work > LITTLE_WORK {
            self.state = State::Spun(true);
            return false;
        }
        if work > 0 {
            self.patience = 1;
            self.state = State::Spinning(now + LENGTH, true);
            return true;
        }
        if now >= until {
            self.state = State::Spun(paid);
        }
        now < until
    }

    /// A sleep is over.
    fn awake(&mut self, now: Instant) {
        let State::Sleeping(since, spun) = self.state else { return };
        let is_short = now.duration_since(since) <= SHORT_SLEEP;
        self.state = State::Working;
        match spun {
            Some(paid) if paid || is_short => self.patience = 1,
            Some(_) => {
                self.patience = (self.patience * 2).min(MOST_PATIENCE);
                self.left = self.patience;
            }
            None if is_short => self.left = self.left.saturating_sub(1),
            None => {}
        }
    }
}

/// Lets the calling thread spin.
pub fn enable() {
    SPIN.set(Some(Spin::new()));
}

/// A task of the calling thread had work: more may follow soon.
pub fn worked() {
    WORKED.set(WORKED.get().saturating_add(1));
}

/// The work was bulk, of which there is more than a spin could shorten.
pub fn worked_hard() {
    WORKED.set(WORKED.get().saturating_add(LITTLE_WORK + 1));
}

/// The calling thread is about to sleep: whether to spin first.
pub fn idle() -> bool {
    let work = WORKED.take();
    with(|spin| spin.idle(Instant::now(), work))
}

/// Whether the calling thread spins, and is to go on.
pub fn goes_on() -> bool {
    with(|spin| match spin.state {
        State::Spinning(..) => spin.goes_on(Instant::now(), WORKED.take()),
        State::Working | State::Spun(_) | State::Sleeping(..) => false,
    })
}

/// The calling thread has slept.
pub fn awake() {
    with(|spin| {
        spin.awake(Instant::now());
        false
    });
}

fn with(look: impl FnOnce(&mut Spin) -> bool) -> bool {
    let Some(mut spin) = SPIN.get() else { return false };
    let answer = look(&mut spin);
    SPIN.set(Some(spin));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    const STEP: Duration = Duration::from_micros(10);

    /// Sleeps and wakes again.
    fn sleep(spin: &mut Spin, now: &mut Instant, length: Duration) {
        assert!(!spin.idle(*now, 1));
        *now += length;
        spin.awake(*now);
    }

    #[test]
    fn who_is_woken_soon_spins_the_next_time() {
        let (mut spin, mut now) = (Spin::new(), Instant::now());
        sleep(&mut spin, &mut now, 2 * STEP);
        assert!(spin.idle(now, 1));
        assert!(spin.goes_on(now + STEP, 0));
        assert!(spin.goes_on(now + STEP, 1));
        assert!(spin.goes_on(now + LENGTH, 0), "from the last work on");
        assert!(!spin.goes_on(now + LENGTH + STEP, 0));
        sleep(&mut spin, &mut now, STEP);
        assert!(spin.idle(now, 1), "it paid");
    }

    /// Spins in vain, and is woken after another `length`.
    fn spin_in_vain(spin: &mut Spin, now: &mut Instant, length: Duration) {
        *now += LENGTH;
        assert!(!spin.goes_on(*now, 0));
        assert!(!spin.idle(*now, 1));
        *now += length;
        spin.awake(*now);
    }

    #[test]
    fn spins_that_bring_nothing_become_rare() {
        let (mut spin, mut now) = (Spin::new(), Instant::now());
        let mut spins = 0;
        for _ in 0..10_000 {
            if spin.idle(now, 1) {
                spins += 1;
                spin_in_vain(&mut spin, &mut now, 2 * SHORT_SLEEP);
            } else {
                now += STEP;
                spin.awake(now);
            }
        }
        assert!((5..30).contains(&spins), "{spins}");
    }

    #[test]
    fn a_spin_pays_that_keeps_the_sleep_after_it_short() {
        let (mut spin, mut now) = (Spin::new(), Instant::now());
        sleep(&mut spin, &mut now, STEP);
        for _ in 0..100 {
            assert!(spin.idle(now, 1));
            spin_in_vain(&mut spin, &mut now, STEP);
        }
    }

    #[test]
    fn who_has_much_to_do_does_not_spin() {
        let (mut spin, mut now) = (Spin::new(), Instant::now());
        sleep(&mut spin, &mut now, STEP);
        assert!(!spin.idle(now, LITTLE_WORK + 1));
        spin.awake(now + STEP);
        assert!(spin.idle(now, 1));
        assert!(!spin.goes_on(now + STEP, LITTLE_WORK + 1));
    }

    #[test]
    fn who_sleeps_long_does_not_spin() {
        let (mut spin, mut now) = (Spin::new(), Instant::now());
        for _ in 0..100 {
            sleep(&mut spin, &mut now, 2 * SHORT_SLEEP);
        }
    }
}

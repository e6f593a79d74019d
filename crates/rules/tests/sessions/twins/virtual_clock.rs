//! The clock: virtual time, and the executor that advances it.
//!
//! Every future of a test waits for a time. When all of them wait, the clock jumps to the earliest of these times, so time
//! passes for joined requests as it would for real ones, and no test waits.

use super::Twin;
use futures::executor::block_on;
use rules::error::Error;
use rules::platform::Clock;
use sha2::{Digest, Sha256};
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

/// More rounds than any request needs without waiting.
const MAX_ROUNDS: u32 = 1_000;

pub struct VirtualClock {
    now_ms: Cell<u64>,
    /// The earliest time that a future waits for.
    next_ms: Cell<Option<u64>>,
    /// How many random values were made. The bytes are made from it, so that no two values are equal.
    randoms: Cell<u64>,
    /// Whether the system has no randomness.
    pub has_no_randomness: Cell<bool>,
}

impl VirtualClock {
    pub fn new(now_ms: u64) -> Self {
        Self {
            now_ms: Cell::new(now_ms),
            next_ms: Cell::new(None),
            randoms: Cell::new(0),
            has_no_randomness: Cell::new(false),
        }
    }

    pub fn now_ms(&self) -> u64 {
        self.now_ms.get()
    }

    /// Lets time pass between requests.
    pub fn advance(&self, ms: u64) {
        self.now_ms.set(self.now_ms.get() + ms);
    }

    /// Waits until a time. Also yields once if the time has come, so that joined requests interleave.
    pub async fn until(&self, at_ms: u64) {
        let mut has_yielded = false;
        poll_fn(|cx| {
            if has_yielded && self.now_ms() >= at_ms {
                return Poll::Ready(());
            }
            has_yielded = true;
            let at_ms = at_ms.max(self.now_ms());
            let next = self.next_ms.get().map_or(at_ms, |next| next.min(at_ms));
            self.next_ms.set(Some(next));
            cx.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }

    /// Yields once.
    pub async fn turn(&self) {
        self.until(0).await;
    }

    /// Runs a future to its end. All waiting futures are polled in each round and say again what they wait for.
    ///
    /// Panics if time stands still: a request that polls without waiting would run forever.
    pub fn run<T>(&self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        let mut rounds_at_this_time = 0;
        block_on(poll_fn(|cx| {
            let poll = work.as_mut().poll(cx);
            if poll.is_pending() {
                let next = self.next_ms.take().expect("a future waits for a time");
                rounds_at_this_time += 1;
                if next > self.now_ms() {
                    rounds_at_this_time = 0;
                    self.now_ms.set(next);
                }
                assert!(rounds_at_this_time < MAX_ROUNDS, "time stands still");
                cx.waker().wake_by_ref();
            }
            poll
        }))
    }
}

impl Clock for Twin {
    fn now_ms(&self) -> u64 {
        self.world.clock.now_ms()
    }

    fn random_bytes<const N: usize>(&self) -> Result<[u8; N], Error> {
        let clock = &self.world.clock;
        if clock.has_no_randomness.get() {
            return Err(Error::Internal);
        }
        clock.randoms.set(clock.randoms.get() + 1);
        let seed = clock.randoms.get().to_le_bytes();
        let bytes = Sha256::digest(seed);
        Ok(std::array::from_fn(|at| bytes[at]))
    }

    async fn sleep(&self, ms: u64) {
        let end = self.now_ms() + ms;
        let end = self.leaves_ms().map_or(end, |leaves| leaves.min(end));
        self.world.clock.until(end).await;
        self.sleeps.set(self.sleeps.get() + 1);
    }

    async fn deadline(&self, ms: u64) {
        self.world.clock.until(self.now_ms() + ms).await;
    }
}

#[test]
fn joined_futures_wait_at_the_same_time() {
    let clock = VirtualClock::new(0);
    let wait = async |ms| {
        clock.until(ms).await;
        clock.now_ms()
    };
    let ends = clock.run(async { futures::join!(wait(30), wait(10), wait(20)) });
    assert_eq!((ends, clock.now_ms()), ((30, 10, 20), 30));
}

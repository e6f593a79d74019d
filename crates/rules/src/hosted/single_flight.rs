//! Requests in flight, so that equal ones share a response.
//!
//! Two tabs, or a page that renders in a loop, request the same session several times at once. The first is the leader: it
//! makes the request. The others are followers: they poll for its result. The leader does not wake them, because on Workers
//! a task may only be woken by its own request. A result is dropped once all followers have it.
//!
//! The runtime may tear the leader's request down where it stands. Then its future is neither finished nor dropped, and its entry
//! stays. So an entry has a deadline: after it, a follower or the next request replaces the entry and leads.

use crate::platform::{Client, Clock};
use std::cell::RefCell;
use std::rc::Rc;

/// How often a follower polls at first, in milliseconds. Each poll is about 25 µs of CPU.
const MIN_PAUSE_MS: u64 = 25;
/// How often it polls at last, in milliseconds.
const MAX_PAUSE_MS: u64 = 500;
/// A pause is this part of the time that the follower has waited, so a result is late by an eighth at most.
const PAUSES_IN_WAIT: u64 = 8;

type Shared<T> = Rc<RefCell<Progress<T>>>;

/// The requests in flight: a list, because there are few at once.
#[derive(Debug)]
pub struct SingleFlight<T>(Rc<RefCell<Vec<Entry<T>>>>);

#[derive(Debug)]
struct Entry<T> {
    key: String,
    /// When the leader is given up, in Unix milliseconds.
    deadline_ms: u64,
    progress: Shared<T>,
}

/// How far the leader is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Progress<T> {
    /// Its request is in flight.
    Pending,
    /// It has this result.
    Done(T),
    /// It has none, because its own client disconnected.
    Abandoned,
}

/// What a request that joins has to do.
enum Role<T> {
    /// Make the request.
    Leader(Leader<T>),
    /// Wait for the leader's result.
    Follower(Follower<T>),
}

/// The request that leads. If it is dropped without a result, the call counts as abandoned.
#[derive(Debug)]
pub struct Leader<T> {
    flights: SingleFlight<T>,
    progress: Shared<T>,
}

struct Follower<T> {
    progress: Shared<T>,
    deadline_ms: u64,
}

/// How a call of [`SingleFlight::run`] ended.
#[derive(Debug, PartialEq, Eq)]
pub enum Flight<T> {
    /// This request made it.
    Made(T),
    /// Another request made it.
    Shared(T),
    /// The client disconnected while another request made it.
    Aborted,
}

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        Self(Rc::default())
    }
}

impl<T: Clone> SingleFlight<T> {
    /// Makes a request, or waits for the result of one with the same key for at most `max_ms`. `make` also returns whether it was
    /// aborted because its own client disconnected; then one of the followers makes the request.
    pub async fn run(
        &self,
        key: &str,
        max_ms: u64,
        platform: &(impl Client + Clock),
        make: impl AsyncFn(&Leader<T>) -> (T, bool),
    ) -> Flight<T> {
        loop {
            let joined_ms = platform.now_ms();
            let follower = match self.join(key, max_ms, joined_ms) {
                Role::Leader(leader) => {
                    let (result, is_aborted) = make(&leader).await;
                    if !is_aborted {
                        leader.finish(result.clone());
                    }
                    return Flight::Made(result);
                }
                Role::Follower(follower) => follower,
            };
            loop {
                let now = platform.now_ms();
                match follower.poll() {
                    Progress::Pending if platform.is_gone() => return Flight::Aborted,
                    Progress::Pending if now >= follower.deadline_ms => break,
                    Progress::Pending => {
                        platform.sleep(pause(now.saturating_sub(joined_ms))).await;
                    }
                    Progress::Done(result) => return Flight::Shared(result),
                    Progress::Abandoned => break,
                }
            }
        }
    }

    fn join(&self, key: &str, max_ms: u64, now: u64) -> Role<T> {
        let mut flights = self.0.borrow_mut();
        // All of them: the next request with the key of a leader that was torn down may never come.
        flights.retain(|entry| now < entry.deadline_ms);
        if let Some(entry) = flights.iter().find(|entry| entry.key == key) {
            return Role::Follower(Follower {
                progress: Rc::clone(&entry.progress),
                deadline_ms: entry.deadline_ms,
            });
        }
        let progress = Rc::new(RefCell::new(Progress::Pending));
        flights.push(Entry {
            key: key.to_owned(),
            deadline_ms: now.saturating_add(max_ms),
            progress: Rc::clone(&progress),
        });
        Role::Leader(Leader {
            flights: Self(Rc::clone(&self.0)),
            progress,
        })
    }
}

/// How long a follower that has waited so long waits for its next poll, both in milliseconds.
fn pause(waited_ms: u64) -> u64 {
    (waited_ms / PAUSES_IN_WAIT).clamp(MIN_PAUSE_MS, MAX_PAUSE_MS)
}

impl<T> Leader<T> {
    /// Whether a follower waits for the result.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        // The leader has one reference, its entry another. An entry that was replaced is not in the list.
        let flights = self.flights.0.borrow();
        let is_own = |entry: &&Entry<T>| Rc::ptr_eq(&entry.progress, &self.progress);
        let own = flights.iter().filter(is_own).count();
        Rc::strong_count(&self.progress) > own.saturating_add(1)
    }

    fn finish(self, result: T) {
        *self.progress.borrow_mut() = Progress::Done(result);
    }
}

impl<T> Drop for Leader<T> {
    fn drop(&mut self) {
        let is_other = |entry: &Entry<T>| !Rc::ptr_eq(&entry.progress, &self.progress);
        let mut flights = self.flights.0.borrow_mut();
        flights.retain(is_other);
        drop(flights);
        let mut progress = self.progress.borrow_mut();
        if matches!(*progress, Progress::Pending) {
            *progress = Progress::Abandoned;
        }
    }
}

impl<T: Clone> Follower<T> {
    fn poll(&self) -> Progress<T> {
        self.progress.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_MS: u64 = 30_000;

    fn lead(flights: &SingleFlight<u8>, key: &str, now: u64) -> Leader<u8> {
        match flights.join(key, MAX_MS, now) {
            Role::Leader(lead) => lead,
            Role::Follower(_) => panic!("another request leads"),
        }
    }

    fn follow(flights: &SingleFlight<u8>, key: &str, now: u64) -> Follower<u8> {
        match flights.join(key, MAX_MS, now) {
            Role::Follower(follow) => follow,
            Role::Leader(_) => panic!("no request leads"),
        }
    }

    #[test]
    fn followers_share_the_result_of_the_leader() {
        let flights = SingleFlight::default();
        let first = lead(&flights, "a", 0);
        let second = follow(&flights, "a", 0);
        let other = lead(&flights, "b", 0);
        assert_eq!(second.poll(), Progress::Pending);
        first.finish(1);
        other.finish(2);
        assert_eq!(second.poll(), Progress::Done(1));
    }

    #[test]
    fn a_result_is_not_for_later_requests() {
        let flights = SingleFlight::default();
        lead(&flights, "a", 0).finish(1);
        let next = lead(&flights, "a", 0);
        let second = follow(&flights, "a", 0);
        assert_eq!(second.poll(), Progress::Pending);
        drop(next);
    }

    #[test]
    fn when_the_leader_is_abandoned_a_follower_leads() {
        let flights = SingleFlight::default();
        let first = lead(&flights, "a", 0);
        let second = follow(&flights, "a", 0);
        drop(first);
        assert_eq!(second.poll(), Progress::Abandoned);
        lead(&flights, "a", 0).finish(2);
    }

    #[test]
    fn an_entry_beyond_its_deadline_is_replaced_and_its_leader_does_not_end_the_next() {
        let flights = SingleFlight::default();
        let torn_down = lead(&flights, "a", 0);
        let first = follow(&flights, "a", MAX_MS - 1);
        let next = lead(&flights, "a", MAX_MS);
        let second = follow(&flights, "a", MAX_MS);
        drop(torn_down);
        assert_eq!(first.poll(), Progress::Abandoned);
        assert_eq!(second.poll(), Progress::Pending);
        next.finish(3);
        assert_eq!(second.poll(), Progress::Done(3));
        assert!(flights.0.borrow().is_empty(), "no entry stays");
    }

    #[test]
    fn the_entry_of_a_leader_that_was_torn_down_goes_with_any_later_request() {
        let flights = SingleFlight::default();
        std::mem::forget(lead(&flights, "a", 0));
        let other = lead(&flights, "b", MAX_MS);
        assert_eq!(flights.0.borrow().len(), 1);
        drop(other);
    }

    #[test]
    fn a_leader_knows_whether_a_follower_waits() {
        let flights = SingleFlight::default();
        let first = lead(&flights, "a", 0);
        assert!(!first.is_awaited());
        let second = follow(&flights, "a", 0);
        assert!(first.is_awaited());
        drop(second);
        assert!(!first.is_awaited());
        let replaced = first;
        let next = lead(&flights, "a", MAX_MS);
        assert!(!replaced.is_awaited() && !next.is_awaited());
    }

    #[test]
    fn six_seconds_of_waiting_are_forty_polls_and_a_result_is_late_by_an_eighth_at_most() {
        let (mut waited, mut polls) = (0, 0);
        while waited < 6_000 {
            let next = pause(waited);
            assert!(next <= 25 || next <= waited / 8, "{next} after {waited}");
            waited += next;
            polls += 1;
        }
        assert!(polls <= 40, "{polls}");
    }
}

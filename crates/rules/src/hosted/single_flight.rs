//! Requests in flight, so that equal ones share a response.
//!
//! Two tabs, or a page that renders in a loop, request the same session several times at once. The first is the leader: it
//! makes the request. The others are followers: they poll for its result. The leader does not wake them, because on Workers
//! a task may only be woken by its own request. A result is dropped once all followers have it.

use crate::platform::{Client, Clock};
use std::cell::RefCell;
use std::rc::Rc;

/// How often a follower polls, in milliseconds.
const POLL_INTERVAL_MS: u64 = 25;

type Shared<T> = Rc<RefCell<Progress<T>>>;
type List<T> = Vec<(String, Shared<T>)>;

/// The requests in flight by key: a list, because there are few at once.
#[derive(Debug)]
pub struct SingleFlight<T>(Rc<RefCell<List<T>>>);

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
struct Leader<T> {
    flights: SingleFlight<T>,
    progress: Shared<T>,
}

struct Follower<T>(Shared<T>);

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
    /// Makes a request, or waits for the result of one with the same key. `make` also returns whether it was aborted
    /// because its own client disconnected; then one of the followers makes the request.
    pub async fn run(
        &self,
        key: &str,
        platform: &(impl Client + Clock),
        make: impl AsyncFn() -> (T, bool),
    ) -> Flight<T> {
        loop {
            let follower = match self.join(key) {
                Role::Leader(leader) => {
                    let (result, is_aborted) = make().await;
                    if !is_aborted {
                        leader.finish(result.clone());
                    }
                    return Flight::Made(result);
                }
                Role::Follower(follower) => follower,
            };
            loop {
                match follower.poll() {
                    Progress::Pending if platform.is_gone() => return Flight::Aborted,
                    Progress::Pending => platform.sleep(POLL_INTERVAL_MS).await,
                    Progress::Done(result) => return Flight::Shared(result),
                    Progress::Abandoned => break,
                }
            }
        }
    }

    fn join(&self, key: &str) -> Role<T> {
        let mut flights = self.0.borrow_mut();
        if let Some((_, progress)) = flights.iter().find(|(other, _)| other == key) {
            return Role::Follower(Follower(Rc::clone(progress)));
        }
        let progress = Rc::new(RefCell::new(Progress::Pending));
        flights.push((key.to_owned(), Rc::clone(&progress)));
        Role::Leader(Leader {
            flights: Self(Rc::clone(&self.0)),
            progress,
        })
    }
}

impl<T> Leader<T> {
    fn finish(self, result: T) {
        *self.progress.borrow_mut() = Progress::Done(result);
    }
}

impl<T> Drop for Leader<T> {
    fn drop(&mut self) {
        let is_other = |shared: &Shared<T>| !Rc::ptr_eq(shared, &self.progress);
        let mut flights = self.flights.0.borrow_mut();
        flights.retain(|(_, shared)| is_other(shared));
        drop(flights);
        let mut progress = self.progress.borrow_mut();
        if matches!(*progress, Progress::Pending) {
            *progress = Progress::Abandoned;
        }
    }
}

impl<T: Clone> Follower<T> {
    fn poll(&self) -> Progress<T> {
        self.0.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(flights: &SingleFlight<u8>, key: &str) -> Leader<u8> {
        match flights.join(key) {
            Role::Leader(lead) => lead,
            Role::Follower(_) => panic!("another request leads"),
        }
    }

    fn follow(flights: &SingleFlight<u8>, key: &str) -> Follower<u8> {
        match flights.join(key) {
            Role::Follower(follow) => follow,
            Role::Leader(_) => panic!("no request leads"),
        }
    }

    #[test]
    fn followers_share_the_result_of_the_leader() {
        let flights = SingleFlight::default();
        let first = lead(&flights, "a");
        let second = follow(&flights, "a");
        let other = lead(&flights, "b");
        assert_eq!(second.poll(), Progress::Pending);
        first.finish(1);
        other.finish(2);
        assert_eq!(second.poll(), Progress::Done(1));
    }

    #[test]
    fn a_result_is_not_for_later_requests() {
        let flights = SingleFlight::default();
        lead(&flights, "a").finish(1);
        let next = lead(&flights, "a");
        let second = follow(&flights, "a");
        assert_eq!(second.poll(), Progress::Pending);
        drop(next);
    }

    #[test]
    fn when_the_leader_is_abandoned_a_follower_leads() {
        let flights = SingleFlight::default();
        let first = lead(&flights, "a");
        let second = follow(&flights, "a");
        drop(first);
        assert_eq!(second.poll(), Progress::Abandoned);
        lead(&flights, "a").finish(2);
    }
}

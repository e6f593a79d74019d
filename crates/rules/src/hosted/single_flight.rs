//! Requests that are under way, so that equal ones share an answer.
//!
//! Two tabs, or a page that renders in a loop, ask for the same session several times at once.
//! The first leads: it makes the request. The others follow: they look from time to time
//! whether its answer is there. It does not wake them, because on Workers a task may only be
//! woken by its own request. Nothing is kept of an answer once all who asked have it.

use std::cell::RefCell;
use std::rc::Rc;

/// How often a follower looks, in milliseconds.
pub const POLL_INTERVAL_MS: u64 = 25;

type Shared<T> = Rc<RefCell<Progress<T>>>;
type List<T> = Vec<(String, Shared<T>)>;

/// What is under way, with the question that is asked: a list, because few are under way at once.
pub struct SingleFlight<T>(Rc<RefCell<List<T>>>);

/// How far the leader is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress<T> {
    /// It is still asking.
    Pending,
    /// It has this answer.
    Done(T),
    /// It gave up without one, because its own client went away.
    Abandoned,
}

/// The part that falls to a request.
pub enum Role<T> {
    /// Nobody else asks this: make the request.
    Leader(Leader<T>),
    /// Somebody else does: wait for that answer.
    Follower(Follower<T>),
}

/// The duty to make the request. Dropped without an answer, it is abandoned.
pub struct Leader<T> {
    flights: SingleFlight<T>,
    progress: Shared<T>,
}

/// A place from which to look.
pub struct Follower<T>(Shared<T>);

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        Self(Rc::default())
    }
}

impl<T> SingleFlight<T> {
    /// Joins whoever asks the same, or leads.
    #[must_use]
    pub fn join(&self, question: String) -> Role<T> {
        let mut under_way = self.0.borrow_mut();
        let same = under_way.iter().find(|(other, _)| *other == question);
        if let Some((_, progress)) = same {
            return Role::Follower(Follower(Rc::clone(progress)));
        }
        let progress = Rc::new(RefCell::new(Progress::Pending));
        under_way.push((question, Rc::clone(&progress)));
        Role::Leader(Leader {
            flights: Self(Rc::clone(&self.0)),
            progress,
        })
    }
}

impl<T> Leader<T> {
    /// Hands the answer to those who follow.
    pub fn finish(self, answer: T) {
        *self.progress.borrow_mut() = Progress::Done(answer);
    }
}

impl<T> Drop for Leader<T> {
    fn drop(&mut self) {
        let is_other = |shared: &Shared<T>| !Rc::ptr_eq(shared, &self.progress);
        let mut under_way = self.flights.0.borrow_mut();
        under_way.retain(|(_, shared)| is_other(shared));
        drop(under_way);
        let mut progress = self.progress.borrow_mut();
        if matches!(*progress, Progress::Pending) {
            *progress = Progress::Abandoned;
        }
    }
}

impl<T: Clone> Follower<T> {
    /// How far the leader is now.
    #[must_use]
    pub fn poll(&self) -> Progress<T> {
        self.0.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(flights: &SingleFlight<u8>, question: &str) -> Leader<u8> {
        match flights.join(question.to_owned()) {
            Role::Leader(lead) => lead,
            Role::Follower(_) => panic!("somebody else leads"),
        }
    }

    fn follow(flights: &SingleFlight<u8>, question: &str) -> Follower<u8> {
        match flights.join(question.to_owned()) {
            Role::Follower(follow) => follow,
            Role::Leader(_) => panic!("nobody leads"),
        }
    }

    #[test]
    fn those_who_ask_the_same_share_the_first_one_s_answer() {
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
    fn an_answer_is_not_for_those_who_ask_later() {
        let flights = SingleFlight::default();
        lead(&flights, "a").finish(1);
        let next = lead(&flights, "a");
        let second = follow(&flights, "a");
        assert_eq!(second.poll(), Progress::Pending);
        drop(next);
    }

    #[test]
    fn when_the_leader_gives_up_one_who_followed_leads() {
        let flights = SingleFlight::default();
        let first = lead(&flights, "a");
        let second = follow(&flights, "a");
        drop(first);
        assert_eq!(second.poll(), Progress::Abandoned);
        lead(&flights, "a").finish(2);
    }
}

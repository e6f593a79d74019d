//! Requests that are under way, so that equal ones share an answer.
//!
//! Two tabs, or a page that renders in a loop, ask for the same session several times at once.
//! The first leads: it makes the request. The others follow: they look from time to time
//! whether its answer is there. It does not wake them, because on Workers a task may only be
//! woken by its own request. Nothing is kept of an answer once all who asked have it.

use std::cell::RefCell;
use std::rc::Rc;

/// How often a follower looks, in milliseconds.
pub const LOOK_EVERY_MS: u64 = 25;

type Shared<T> = Rc<RefCell<Progress<T>>>;
type List<T> = Vec<(String, Shared<T>)>;

/// What is under way, with the question that is asked: a list, because few are under way at once.
pub struct Flights<T>(Rc<RefCell<List<T>>>);

/// How far the leader is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress<T> {
    /// It is still asking.
    UnderWay,
    /// It has this answer.
    Landed(T),
    /// It gave up without one, because its own client went away.
    Abandoned,
}

/// The part that falls to a request.
pub enum Part<T> {
    /// Nobody else asks this: make the request.
    Lead(Lead<T>),
    /// Somebody else does: wait for that answer.
    Follow(Follow<T>),
}

/// The duty to make the request. Dropped without an answer, it is abandoned.
pub struct Lead<T> {
    flights: Flights<T>,
    progress: Shared<T>,
}

/// A place from which to look.
pub struct Follow<T>(Shared<T>);

impl<T> Default for Flights<T> {
    fn default() -> Self {
        Self(Rc::default())
    }
}

impl<T> Flights<T> {
    /// Joins whoever asks the same, or leads.
    #[must_use]
    pub fn join(&self, question: String) -> Part<T> {
        let mut under_way = self.0.borrow_mut();
        let same = under_way.iter().find(|(other, _)| *other == question);
        if let Some((_, progress)) = same {
            return Part::Follow(Follow(Rc::clone(progress)));
        }
        let progress = Rc::new(RefCell::new(Progress::UnderWay));
        under_way.push((question, Rc::clone(&progress)));
        Part::Lead(Lead {
            flights: Self(Rc::clone(&self.0)),
            progress,
        })
    }
}

impl<T> Lead<T> {
    /// Hands the answer to those who follow.
    pub fn land(self, answer: T) {
        *self.progress.borrow_mut() = Progress::Landed(answer);
    }
}

impl<T> Drop for Lead<T> {
    fn drop(&mut self) {
        let is_other = |shared: &Shared<T>| !Rc::ptr_eq(shared, &self.progress);
        let mut under_way = self.flights.0.borrow_mut();
        under_way.retain(|(_, shared)| is_other(shared));
        drop(under_way);
        let mut progress = self.progress.borrow_mut();
        if matches!(*progress, Progress::UnderWay) {
            *progress = Progress::Abandoned;
        }
    }
}

impl<T: Clone> Follow<T> {
    /// How far the leader is now.
    #[must_use]
    pub fn look(&self) -> Progress<T> {
        self.0.borrow().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead(flights: &Flights<u8>, question: &str) -> Lead<u8> {
        match flights.join(question.to_owned()) {
            Part::Lead(lead) => lead,
            Part::Follow(_) => panic!("somebody else leads"),
        }
    }

    fn follow(flights: &Flights<u8>, question: &str) -> Follow<u8> {
        match flights.join(question.to_owned()) {
            Part::Follow(follow) => follow,
            Part::Lead(_) => panic!("nobody leads"),
        }
    }

    #[test]
    fn those_who_ask_the_same_share_the_first_one_s_answer() {
        let flights = Flights::default();
        let first = lead(&flights, "a");
        let second = follow(&flights, "a");
        let other = lead(&flights, "b");
        assert_eq!(second.look(), Progress::UnderWay);
        first.land(1);
        other.land(2);
        assert_eq!(second.look(), Progress::Landed(1));
    }

    #[test]
    fn an_answer_is_not_for_those_who_ask_later() {
        let flights = Flights::default();
        lead(&flights, "a").land(1);
        let next = lead(&flights, "a");
        let second = follow(&flights, "a");
        assert_eq!(second.look(), Progress::UnderWay);
        drop(next);
    }

    #[test]
    fn when_the_leader_gives_up_one_who_followed_leads() {
        let flights = Flights::default();
        let first = lead(&flights, "a");
        let second = follow(&flights, "a");
        drop(first);
        assert_eq!(second.look(), Progress::Abandoned);
        lead(&flights, "a").land(2);
    }
}

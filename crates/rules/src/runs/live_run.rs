//! A run that is going on: its frames so far, those who read them, and the wish to stop it.
//!
//! All frames stay in memory until the run ends (an answer of 10,000 words has about 500 KB), so that a client that joins later
//! reads from the first one, and a slow client holds nobody up.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

/// A comment that keeps the connection open. Every reader of event streams ignores it.
const HEARTBEAT: &str = ": \n\n";

/// Why a run is to stop, the weakest reason first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopReason {
    /// Its last client left.
    Left,
    /// The user stopped it.
    Stopped,
    /// Its thread was deleted.
    Deleted,
}

/// A run that is going on.
#[derive(Debug)]
pub struct LiveRun {
    /// Its id.
    pub id: String,
    /// The thread that it answers in.
    pub thread_id: String,
    frames: RefCell<String>,
    /// How much of the frames is stored.
    stored: Cell<usize>,
    /// How much of the frames readers may have.
    announced: Cell<usize>,
    finishes: Cell<bool>,
    readers: Cell<u32>,
    heartbeats: Cell<u32>,
    stop: Cell<Option<StopReason>>,
    has_ended: Cell<bool>,
    /// Those who wait for any change. There are few.
    waiting: RefCell<Vec<Waker>>,
}

impl LiveRun {
    /// A run whose first frames are stored.
    #[must_use]
    pub fn new(id: &str, thread_id: &str, frames: String, finishes: bool) -> Rc<Self> {
        Rc::new(Self {
            id: id.to_owned(),
            thread_id: thread_id.to_owned(),
            stored: Cell::new(frames.len()),
            announced: Cell::new(frames.len()),
            frames: RefCell::new(frames),
            finishes: Cell::new(finishes),
            readers: Cell::new(0),
            heartbeats: Cell::new(0),
            stop: Cell::new(None),
            has_ended: Cell::new(false),
            waiting: RefCell::default(),
        })
    }

    /// Adds frames. Readers get them once they are announced, so that frames can be stored first.
    pub fn append(&self, frames: &str) {
        self.frames.borrow_mut().push_str(frames);
    }

    /// Lets readers have what was added. Whether there was anything.
    pub fn announce(&self) -> bool {
        let length = self.frames.borrow().len();
        let is_new = self.announced.replace(length) < length;
        self.wake();
        is_new
    }

    /// Forgets what was added and not announced: it could not be stored.
    pub fn discard_unannounced(&self) {
        let announced = self.announced.get();
        self.frames.borrow_mut().truncate(announced);
        self.stored.set(self.stored.get().min(announced));
    }

    /// The frames that are not stored yet. They count as stored from now on.
    #[must_use]
    pub fn take_unstored(&self) -> String {
        let frames = self.frames.borrow();
        let unstored = frames
            .get(self.stored.get()..)
            .unwrap_or_default()
            .to_owned();
        self.stored.set(frames.len());
        unstored
    }

    /// Whether there are frames that are not stored.
    #[must_use]
    pub fn has_unstored(&self) -> bool {
        self.stored.get() < self.frames.borrow().len()
    }

    /// Whether it has ended.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.has_ended.get()
    }

    /// Sends a comment to all readers.
    pub fn beat(&self) {
        self.heartbeats.set(self.heartbeats.get().wrapping_add(1));
        self.wake();
    }

    /// Lets the run go on when its client leaves.
    pub fn let_finish(&self) {
        self.finishes.set(true);
    }

    /// Whether the run goes on when its client leaves.
    #[must_use]
    pub fn finishes(&self) -> bool {
        self.finishes.get()
    }

    /// Whether anybody reads it.
    #[must_use]
    pub fn is_read(&self) -> bool {
        self.readers.get() > 0
    }

    /// Asks the run to stop. The strongest reason counts: a page that stops an answer may also leave it, in any order.
    pub fn stop(&self, reason: StopReason) {
        if self.stop.get() < Some(reason) && !self.has_ended.get() {
            self.stop.set(Some(reason));
            self.wake();
        }
    }

    /// Why it is to stop.
    #[must_use]
    pub fn stop_reason(&self) -> Option<StopReason> {
        self.stop.get()
    }

    /// Ends the run. Readers get what is left, then the end.
    pub fn end(&self) {
        self.has_ended.set(true);
        self.wake();
    }

    /// Waits until the run is to stop.
    pub async fn stopped(&self) -> StopReason {
        poll_fn(|cx| match self.stop.get() {
            Some(reason) => Poll::Ready(reason),
            None => self.wait(cx),
        })
        .await
    }

    /// Waits until the run has ended.
    pub async fn ended(&self) {
        poll_fn(|cx| {
            if self.has_ended.get() {
                Poll::Ready(())
            } else {
                self.wait(cx)
            }
        })
        .await;
    }

    /// A reader, from the first frame on.
    #[must_use]
    pub fn read(self: &Rc<Self>) -> Reader {
        self.readers.set(self.readers.get().saturating_add(1));
        Reader {
            run: Rc::clone(self),
            at: 0,
            heartbeats: self.heartbeats.get(),
        }
    }

    fn wait<T>(&self, cx: &Context<'_>) -> Poll<T> {
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.iter().any(|waker| waker.will_wake(cx.waker())) {
            waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// The list is not borrowed while tasks run: they may wait again.
    fn wake(&self) {
        let waiting = self.waiting.take();
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// Reads the frames of a run. The run of a client that leaves stops with its last reader, unless it may finish.
#[derive(Debug)]
pub struct Reader {
    run: Rc<LiveRun>,
    at: usize,
    heartbeats: u32,
}

impl Reader {
    /// The run's id.
    #[must_use]
    pub fn run_id(&self) -> &str {
        &self.run.id
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.run
            .readers
            .set(self.run.readers.get().saturating_sub(1));
        if !self.run.is_read() && !self.run.finishes.get() {
            self.run.stop(StopReason::Left);
        }
    }
}

/// The next frames, up to the last.
impl futures_util::Stream for Reader {
    type Item = String;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<String>> {
        let reader = self.get_mut();
        let frames = reader.run.frames.borrow();
        let announced = reader.run.announced.get();
        let new = frames.get(reader.at..announced).unwrap_or_default();
        if !new.is_empty() {
            reader.at = announced;
            return Poll::Ready(Some(new.to_owned()));
        }
        if reader.run.has_ended.get() {
            return Poll::Ready(None);
        }
        if reader.heartbeats != reader.run.heartbeats.get() {
            reader.heartbeats = reader.run.heartbeats.get();
            return Poll::Ready(Some(HEARTBEAT.to_owned()));
        }
        reader.run.wait(cx)
    }
}

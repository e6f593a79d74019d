//! A session that nobody will use: cancelled at OpenAI, and its reservation released.
//!
//! The daily limits hold for what OpenAI creates, not for what a page receives: a client that disconnects again and again must
//! not leave more sessions at OpenAI than a day allows. So a reservation is released only if OpenAI has no session for it: none
//! was created, or OpenAI confirmed that it is cancelled.

use super::daily_quota::Reservation;
use super::openai_client::{Leftover, cancel_session};
use crate::context::Context;
use crate::platform::Platform;
use crate::settings::SessionSettings;

/// Cancels what OpenAI has of the session, then releases its reservation.
pub async fn clean_up<P: Platform>(
    leftover: Leftover,
    reservation: Option<&Reservation>,
    settings: &SessionSettings,
    ctx: &Context<'_, P>,
) {
    let is_nothing_left = match leftover {
        Leftover::Nothing => true,
        Leftover::Session(id) => {
            ctx.log.set_session_id(&id);
            let (_, result) = cancel_session(settings, &id, ctx.platform).await;
            result.is_ok()
        }
        Leftover::Unknown => false,
    };
    if is_nothing_left {
        if let Some(reservation) = reservation {
            reservation.release(ctx.platform);
        }
    } else {
        ctx.log.set_failure(LEFT.to_owned());
    }
}

/// What the log says if OpenAI may still have the session.
const LEFT: &str = "OpenAI may have a session that nobody uses; it counts against the daily limits";

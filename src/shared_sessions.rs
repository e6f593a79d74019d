//! Shares one session among the requests that ask for the same one at the same time.

use crate::request_context::{LogFields, RequestContext};
use crate::runtime;
use rules::error::{Error, OpenAiError};
use rules::hosted::openai::Session;
use rules::hosted::single_flight::{POLL_INTERVAL_MS, Progress, Role, SingleFlight};

/// What the log says of a request that took part in another's session.
pub const SHARED: &str = "session.shared";

thread_local! {
    static FLIGHTS: SingleFlight<Result<Session, Error>> = SingleFlight::default();
}

/// Makes the session, or takes the one that a request with the same body is getting.
pub async fn share(
    body: &str,
    ctx: &RequestContext,
    log: &mut LogFields,
    make: impl AsyncFn(&mut LogFields) -> Result<Session, Error>,
) -> Result<Session, Error> {
    loop {
        let follow = match FLIGHTS.with(|flights| flights.join(body.to_owned())) {
            Role::Leader(lead) => {
                let made = make(log).await;
                if !is_abandoned(&made) {
                    lead.finish(made.clone());
                }
                return made;
            }
            Role::Follower(follow) => follow,
        };
        let client = ctx.client();
        loop {
            match follow.poll() {
                Progress::Pending if client.aborted() => {
                    return Err(Error::OpenAi(OpenAiError::Abandoned));
                }
                Progress::Pending => runtime::pause(POLL_INTERVAL_MS, &client).await,
                Progress::Done(made) => {
                    log.event = Some(SHARED);
                    return made;
                }
                Progress::Abandoned => break,
            }
        }
    }
}

/// Whether there is no answer because the leader's own client went away.
fn is_abandoned(made: &Result<Session, Error>) -> bool {
    matches!(made, Err(Error::OpenAi(OpenAiError::Abandoned)))
}

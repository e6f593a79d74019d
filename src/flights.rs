//! Shares one session among the requests that ask for the same one at the same time.

use crate::runtime;
use crate::scope::{Scope, Trace};
use broker::cause::{Cause, OpenAiFailure};
use broker::flights::{Flights, LOOK_EVERY_MS, Part, Progress};
use broker::openai::Session;

/// What the log says of a request that took part in another's session.
pub const SHARED: &str = "session.shared";

thread_local! {
    static FLIGHTS: Flights<Result<Session, Cause>> = Flights::default();
}

/// Makes the session, or takes the one that a request with the same body is getting.
pub async fn share(
    body: &str,
    scope: &Scope,
    trace: &mut Trace,
    make: impl AsyncFn(&mut Trace) -> Result<Session, Cause>,
) -> Result<Session, Cause> {
    loop {
        let follow = match FLIGHTS.with(|flights| flights.join(body.to_owned())) {
            Part::Lead(lead) => {
                let made = make(trace).await;
                if !is_abandoned(&made) {
                    lead.land(made.clone());
                }
                return made;
            }
            Part::Follow(follow) => follow,
        };
        let client = scope.client();
        loop {
            match follow.look() {
                Progress::UnderWay if client.aborted() => {
                    return Err(Cause::OpenAi(OpenAiFailure::Abandoned));
                }
                Progress::UnderWay => runtime::pause(LOOK_EVERY_MS, &client).await,
                Progress::Landed(made) => {
                    trace.event = Some(SHARED);
                    return made;
                }
                Progress::Abandoned => break,
            }
        }
    }
}

/// Whether there is no answer because the leader's own client went away.
fn is_abandoned(made: &Result<Session, Cause>) -> bool {
    matches!(made, Err(Cause::OpenAi(OpenAiFailure::Abandoned)))
}

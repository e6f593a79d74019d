//! What a handler gets: the isolate's state, the platform, the request, and the request's fields in the log.

use crate::error::{Error, OpenAiError};
use crate::http::cors::{self, RequestOrigin};
use crate::http::response::Response;
use crate::http::{MAX_BODY_BYTES, max_pieces};
use crate::identity::local_cookie;
use crate::isolate::Isolate;
use crate::log::LogFields;
use crate::platform::{Platform, ReadError};
use crate::rate_limits;
use crate::settings::{SessionSettings, Settings};
use crate::url_origin;

/// One request and everything that serving it needs.
#[derive(Debug)]
pub struct Context<'a, P> {
    /// The isolate's state.
    pub isolate: &'a Isolate,
    /// The platform.
    pub platform: &'a P,
    /// The method, in capitals.
    pub method: String,
    /// The path without the query, as the routes are written.
    pub path: String,
    /// The query, without its question mark.
    pub query: String,
    /// What the `Origin` header says.
    pub origin: RequestOrigin,
    /// Whether the request came over http to this machine, as in development.
    pub is_local: bool,
    /// The id of the response and of its log lines: 32 hexadecimal digits.
    pub request_id: String,
    /// The request's fields in the log.
    pub log: LogFields,
}

impl<'a, P: Platform> Context<'a, P> {
    /// The context of the platform's request.
    #[must_use]
    pub fn new(isolate: &'a Isolate, platform: &'a P) -> Self {
        let url = platform.url();
        let (path, query) = url_origin::path_and_query(&url);
        let origin = platform.header("Origin");
        // The Worker's own origin matters only if the page states its.
        let own = origin.as_ref().and_then(|_| url_origin::of_url(&url));
        let patterns = &isolate.settings.origins;
        let id = platform.random_bytes().map_or(0, u128::from_ne_bytes);
        Self {
            isolate,
            platform,
            method: platform.method(),
            path: url_origin::canonical_path(path).to_owned(),
            query: query.to_owned(),
            origin: cors::classify(origin.as_deref(), &own.unwrap_or_default(), patterns),
            is_local: local_cookie::is_local(&url),
            request_id: format!("{id:032x}"),
            log: LogFields::default(),
        }
    }

    /// The origin that the request was sent to.
    #[must_use]
    pub fn own_origin(&self) -> String {
        url_origin::of_url(&self.platform.url()).unwrap_or_default()
    }

    /// All settings.
    #[must_use]
    pub fn settings(&self) -> &'a Settings {
        &self.isolate.settings
    }

    /// The settings of sessions.
    ///
    /// # Errors
    /// [`Error::NotConfigured`] if any setting is wrong, and [`Error::WrongBackend`] if OpenAI hosts no sessions.
    pub fn session_settings(&self) -> Result<&'a SessionSettings, Error> {
        self.settings().sessions()
    }

    /// The request's body.
    ///
    /// # Errors
    /// [`Error::PayloadTooLarge`] above [`MAX_BODY_BYTES`], [`Error::InvalidRequest`] for a body in too many pieces, and
    /// [`OpenAiError::Aborted`] for a body that ends early: the client broke it off, whether or not the runtime has noticed
    /// yet. That is not counted as a failure.
    pub async fn body(&self) -> Result<Vec<u8>, Error> {
        let too_large = Error::PayloadTooLarge { most: "16 KiB" };
        self.body_up_to(MAX_BODY_BYTES, too_large).await
    }

    /// The request's body, up to so many bytes. `too_large` is the error beyond.
    ///
    /// # Errors
    /// `too_large`, and those of [`Context::body`].
    pub async fn body_up_to(&self, max_bytes: usize, too_large: Error) -> Result<Vec<u8>, Error> {
        let body = self.platform.body(max_bytes).await;
        body.map_err(|error| match error {
            ReadError::TooLarge => too_large,
            ReadError::TooManyPieces => {
                let most = max_pieces(max_bytes);
                Error::invalid("The body", format!("sent in at most {most} pieces"))
            }
            ReadError::Failed(cause) | ReadError::Timeout(cause) => {
                self.log.set_failure(format!("the body broke off: {cause}"));
                OpenAiError::Aborted.into()
            }
        })
    }

    /// Counts the request against a rate limiter, unless `RATE_LIMITS` is off.
    ///
    /// # Errors
    /// Those of [`rate_limits::count`].
    pub async fn rate_limit(&self, limiter: &'static str, key: &str) -> Result<(), Error> {
        if !self.settings().rate_limits {
            return Ok(());
        }
        self.count(limiter, key).await
    }

    /// Counts the request against a rate limiter for its client's address, which is read only then.
    ///
    /// # Errors
    /// Those of [`rate_limits::count`].
    pub async fn rate_limit_client(&self, limiter: &'static str) -> Result<(), Error> {
        if !self.settings().rate_limits {
            return Ok(());
        }
        for key in rate_limits::client_keys(self.platform) {
            self.count(limiter, &key).await?;
        }
        Ok(())
    }

    async fn count(&self, limiter: &'static str, key: &str) -> Result<(), Error> {
        let counted = rate_limits::count(limiter, key, self.platform, &self.log).await;
        counted.inspect_err(|error| {
            if matches!(error, Error::RateLimited { .. }) {
                self.log.set_failure(format!("over the limit of {limiter}"));
            }
        })
    }

    /// The answer to `OPTIONS`.
    #[must_use]
    pub fn options(&self, allow: &'static str) -> Response {
        let mut response = Response::options(allow);
        let asked = self.platform.header("Access-Control-Request-Headers");
        let headers = &mut response.headers;
        if self.origin == RequestOrigin::Disallowed {
            cors::add_refused_preflight(headers, allow, asked.as_deref());
        } else {
            self.origin.add_preflight(headers, allow, asked.as_deref());
        }
        response
    }
}

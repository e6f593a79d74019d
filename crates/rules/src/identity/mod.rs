//! Who sent a request.
//!
//! - [`identify`]: the user of a request, according to the settings.
//! - [`visitor`]: anonymous visitors, by a signed value in a cookie or a header.
//! - [`client_secret`]: what the Worker can tell about a client secret that it issued.
//! - [`token`]: signed-in users, by a JWT. [`jwks`] parses public keys; [`jwks_cache`] fetches and caches them.
//! - [`named_user`]: the user that the owner's own proxy names in the body or the query.
//! - [`owner_keys`]: how users are hashed before they are stored.
//! - [`admin`]: the owner, by `ADMIN_TOKEN`.

pub mod admin;
pub mod client_secret;
pub mod identify;
pub mod jwks;
pub mod jwks_cache;
pub mod local_cookie;
pub mod named_user;
pub mod owner_keys;
pub mod token;
pub mod visitor;

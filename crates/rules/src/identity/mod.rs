//! Who sent a request.
//!
//! - [`identify`]: the user of a request, according to the settings.
//! - [`visitor`]: anonymous visitors, by a signed value in a cookie or a header.
//! - [`token`]: signed-in users, by a JWT. [`jwks`] parses public keys; [`jwks_cache`] fetches and caches them.
//! - [`admin`]: the owner, by `ADMIN_TOKEN`.

pub mod admin;
pub mod identify;
pub mod jwks;
pub mod jwks_cache;
pub mod local_cookie;
pub mod token;
pub mod visitor;

//! Requests and responses as the rules see them: origins and CORS, JSON bodies, queries, headers.

pub mod cors;
pub mod json_object;
pub mod query;
pub mod response;

/// The most that is read of a request's body.
pub const MAX_BODY_BYTES: usize = 16 * 1024;

/// The most pieces in which a stream of up to so many bytes may arrive. Each piece costs about 14 µs of CPU, a byte almost
/// nothing, so 16,000 pieces of one byte would cost 227 ms. Clients send a small body in one or two pieces.
#[must_use]
pub const fn max_pieces(max_bytes: usize) -> usize {
    max_bytes / 64
}

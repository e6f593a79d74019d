//! The request that is being served, and its client.

use super::{Runtime, body};
use rules::platform::{Client, ReadError};

impl Client for Runtime {
    fn method(&self) -> String {
        self.request.method()
    }

    fn url(&self) -> String {
        self.request.url()
    }

    fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).ok().flatten()
    }

    async fn body(&self, max_bytes: usize) -> Result<Vec<u8>, ReadError> {
        let whole = || self.request.array_buffer();
        body::read(max_bytes, &self.headers, || self.request.body(), whole).await
    }

    fn is_gone(&self) -> bool {
        self.signal().aborted()
    }
}

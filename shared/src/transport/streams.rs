//! Streams as the rest of the transport sees them: bytes in order, and bounded messages on top. The driver knows no more of QUIC than this, so that
//! the same frames can later run over TLS/TCP where UDP is blocked (not built).

use std::future::Future;

/// The sending half of a stream.
pub(crate) trait Outlet: Send + 'static {
    /// Hands over all of `bytes`; returns once they are in the transport's own buffer. `None`: the stream is gone.
    fn send(&mut self, bytes: &[u8]) -> impl Future<Output = Option<()>> + Send;

    /// Nothing more will be sent; returns when the peer has all of it or the stream is gone.
    fn end(&mut self) -> impl Future<Output = ()> + Send;
}

/// The receiving half of a stream.
pub(crate) trait Inlet: Send + 'static {
    /// Some more bytes, at most `max`. `None`: the stream has ended or is gone.
    fn receive(&mut self, max: usize) -> impl Future<Output = Option<Vec<u8>>> + Send;
}

impl Outlet for quinn::SendStream {
    async fn send(&mut self, bytes: &[u8]) -> Option<()> {
        self.write_all(bytes).await.ok()
    }

    async fn end(&mut self) {
        if self.finish().is_ok() {
            let _gone_or_read = self.stopped().await;
        }
    }
}

impl Inlet for quinn::RecvStream {
    async fn receive(&mut self, max: usize) -> Option<Vec<u8>> {
        Some(self.read_chunk(max, true).await.ok()??.bytes.to_vec())
    }
}

/// Writes a u32 length and the message.
pub(crate) async fn write_message(outlet: &mut impl Outlet, message: &[u8]) -> Option<()> {
    let length = u32::try_from(message.len()).ok()?;
    outlet.send(&[&length.to_be_bytes(), message].concat()).await
}

/// Reads a u32 length and the message; `None` if it is over `max`, cut short, or the stream is gone.
pub(crate) async fn read_message(inlet: &mut impl Inlet, max: usize) -> Option<Vec<u8>> {
    let mut held = Vec::new();
    loop {
        if let Some((length, message)) = held.split_first_chunk::<4>() {
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            if length > max {
                return None;
            }
            if let Some(message) = message.get(..length) {
                return Some(message.to_vec());
            }
        }
        let room = (4 + max).checked_sub(held.len()).filter(|&room| room > 0)?;
        held.extend(inlet.receive(room).await?);
    }
}

//! The engine: store, documents and ledgers put together.

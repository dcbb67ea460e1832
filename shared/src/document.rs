//! Automerge documents: writing, reading out, conflicts, and admission of bytes from outside. The only room (with `sync`) that knows Automerge.

pub mod view;

//! The county's hub: enrols schools' nodes, accepts their sync sessions, and answers across schools. The engine is `huxue_shared`'s; here is its edge.

pub mod cli;
pub mod county;
pub mod desk;
pub mod recovery;
pub mod register;
pub mod registrar;
pub mod serve;

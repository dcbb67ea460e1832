//! A school's node: keeps the school's replica, dials the county's hub, answers commands. The engine is `huxue_shared`'s; here is its edge.

pub mod cli;
pub mod desk;
pub mod doctor;
pub mod enrolled;
pub mod sealing;
pub mod serve;

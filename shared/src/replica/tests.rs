//! Whole replicas with real databases, joined in memory: what no room can promise alone.

mod batches;
mod convergence;
mod cost;
mod county;
mod disputes;
mod files;
mod forgery;
mod judging;
mod killed;
mod money;
mod refusals;
mod restored;
mod rosters;
mod round_trip;
mod rule_cases;
mod sent_back;
mod signed;
mod taken_back;
mod writing;

//! The store as its users see it: what is kept, in which order it settles, what happens when the disk fails.

#![allow(missing_docs, clippy::unwrap_used, reason = "these are tests, helpers included")]

mod crash;
mod erasing;
mod failing;
mod held;
mod keeping;
mod log_file;
mod migrating;
mod opening;
mod outdated;
mod reacting;
mod reading;
mod searching;
mod support;

//! The whole chat without a socket: the world, sessions, commands, capabilities, rendering.

pub mod durable;
pub mod ids;

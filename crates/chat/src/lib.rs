//! The whole chat without a socket: the world, sessions, commands, capabilities, rendering.

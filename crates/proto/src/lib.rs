//! Codecs without IO: IRC lines and tags, names and casemapping, numerics, limits; WebSocket frames.

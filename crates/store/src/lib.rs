//! What is kept on disk: one SQLite writer with group commit, readers with their own connections.

//! Against servers that are not ours.

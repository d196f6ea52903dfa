//! The httpClient functions.

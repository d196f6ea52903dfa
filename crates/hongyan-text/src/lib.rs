//! Words on their way to a platform: Markdown put into the dialect that the platform reads, and long texts cut into
//! parts that fit.
//!
//! Pure: strings in, strings out. Which dialect and which limit apply is left to `hongyan-channel`.

pub mod grid;
mod html;
pub mod markdown;
pub mod split;
mod table;
mod tree;

pub use split::{Form, TooLong, split, split_measured};

pub use markdown::{Dialect, render};

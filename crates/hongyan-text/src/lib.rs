//! Words on their way to a platform: Markdown put into the dialect that the platform reads, data put into Markdown, and
//! long texts cut into parts that fit.
//!
//! Pure: strings in, strings out. Which dialect and which limit apply is left to `hongyan-channel`.

mod address;
pub mod data;
pub mod grid;
mod html;
pub mod markdown;
mod marks;
mod source;
pub mod split;
mod table_lines;
mod tree;

pub use split::{Form, TooLong, split, split_measured};

pub use markdown::{Dialect, render};

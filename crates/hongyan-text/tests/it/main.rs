//! What goes in and what must come out, construct by construct.

mod dialects;
mod parts;

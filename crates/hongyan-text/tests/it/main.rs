//! What goes in and what must come out, construct by construct.

mod corpus;
mod dialects;
mod parts;

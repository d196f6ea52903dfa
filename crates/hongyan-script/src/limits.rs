//! How much a script may cost before it is stopped.

/// Bounds of a run. Each is checked; reaching one is an error of [`Kind::Limit`](crate::Kind::Limit) that no `catch`
/// of the script catches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest source, in bytes.
    pub source_bytes: usize,
    /// How deep braces, parentheses, brackets and operators before an operand may nest.
    pub nesting: usize,
    /// Statements, operators and calls worked out, long texts and vectors counted by their length.
    pub steps: u64,
    /// Live values of the script together, in bytes, about.
    pub memory_bytes: usize,
    /// How deep the script's functions may call each other.
    pub call_depth: usize,
    /// How deep vectors and dictionaries may hold each other.
    pub value_depth: usize,
    /// What `print` may write in all.
    pub output_bytes: usize,
}

impl Default for Limits {
    /// Enough for every script of the tutorials a thousand times over. An endless loop takes seconds to reach the steps,
    /// one that copies something large in each turn longer: a host that must not wait says so in `interrupted`.
    fn default() -> Self {
        Self {
            source_bytes: 1 << 20,
            nesting: 128,
            steps: 100_000_000,
            memory_bytes: 256 << 20,
            call_depth: 64,
            value_depth: 128,
            output_bytes: 64 << 20,
        }
    }
}

//! The bounds of a run: steps, live memory, depth, output.

use super::{Interpreter, Run};
use crate::diagnostic::{Kind, Problem};
use crate::limits::Limits;
use crate::span::Span;
use crate::value::{Value, memory};

/// How many steps go by between two questions to the host.
const POLL_STEPS: u64 = 4096;
/// How deep the evaluator itself may go: blocks, operators and calls within each other, functions included. Chosen so
/// that the 2 MiB of stack that threads have are enough, in debug builds too.
const EVAL_DEPTH: usize = 400;

/// What has been used.
pub(super) struct Meter {
    steps: u64,
    limit: u64,
    /// When to look at the limit and ask the host.
    check_at: u64,
    /// What was live before the run began.
    baseline: usize,
    memory: usize,
    depth: usize,
    output: usize,
}

impl Meter {
    pub(super) fn new(limits: &Limits, baseline: usize) -> Self {
        Self {
            steps: 0,
            limit: limits.steps,
            check_at: POLL_STEPS.min(limits.steps),
            baseline,
            memory: limits.memory_bytes,
            depth: 0,
            output: 0,
        }
    }

    pub(super) fn steps(&self) -> u64 {
        self.steps
    }
}

impl Interpreter<'_> {
    /// Counts one step.
    #[inline]
    pub(super) fn step(&mut self, span: Span) -> Run<()> {
        self.meter.steps += 1;
        if self.meter.steps >= self.meter.check_at || self.used() > self.meter.memory {
            return self.check(span);
        }
        Ok(())
    }

    /// Counts work on something large by its size in bytes.
    #[inline]
    pub(crate) fn work(&mut self, bytes: u64, span: Span) -> Run<()> {
        self.meter.steps = self.meter.steps.saturating_add(bytes / 64);
        if self.meter.steps >= self.meter.check_at { self.check(span) } else { Ok(()) }
    }

    fn used(&self) -> usize {
        memory::live().saturating_sub(self.meter.baseline)
    }

    #[cold]
    fn check(&mut self, span: Span) -> Run<()> {
        if self.used() > self.meter.memory {
            return self.full(span);
        }
        if self.meter.steps >= self.meter.check_at {
            if self.meter.steps > self.meter.limit {
                let message = format!("the script was stopped after {} steps", self.meter.limit);
                return limit(span, message, "does a loop never end? / 是否有无法结束的循环？");
            }
            if self.host.interrupted() {
                return limit(span, "the script was interrupted", "its time may be over / 可能已到时限");
            }
            self.meter.check_at = self.meter.steps.saturating_add(POLL_STEPS).min(self.meter.limit.saturating_add(1));
        }
        Ok(())
    }

    fn full(&self, span: Span) -> Run<()> {
        let message = format!("the script holds more than {} bytes of values", self.meter.memory);
        limit(span, message, "does a text or a vector grow in a loop? / 是否有不断增长的字符串或向量？")
    }

    /// Makes sure that there is room for so many bytes more.
    pub(crate) fn room(&self, bytes: u64, span: Span) -> Run<()> {
        if bytes.saturating_add(self.used() as u64) > self.meter.memory as u64 { self.full(span) } else { Ok(()) }
    }

    /// How many bytes all values of this thread may take.
    pub(crate) fn ceiling(&self) -> usize {
        self.meter.memory.saturating_add(self.meter.baseline)
    }

    /// Lets a new value in: not too deep, and not too large when its shared parts are written out.
    pub(crate) fn check_value(&mut self, value: Value, span: Span) -> Run<Value> {
        self.sound(&value, span)?;
        Ok(value)
    }

    /// What [`Interpreter::check_value`] asks.
    pub(super) fn sound(&mut self, value: &Value, span: Span) -> Run<()> {
        if value.depth() > self.limits.value_depth {
            let message = format!("a value would nest more than {} deep", self.limits.value_depth);
            return limit(span, message, "keep parts of it in variables of their own / 嵌套过深");
        }
        if value.weight() > self.meter.memory as u64 {
            return self.full(span);
        }
        Ok(())
    }

    /// Goes one deeper for as long as `work` runs.
    #[inline]
    pub(super) fn deeper<T>(&mut self, span: Span, work: impl FnOnce(&mut Self) -> Run<T>) -> Run<T> {
        if self.meter.depth >= EVAL_DEPTH {
            return limit(
                span,
                "functions, blocks and operators are nested too deep",
                "use a loop instead of a function that calls itself / 请用循环代替递归",
            );
        }
        self.meter.depth += 1;
        let result = work(self);
        self.meter.depth -= 1;
        result
    }

    /// Writes a line, if there is room left for it.
    pub(crate) fn print(&mut self, value: &Value, span: Span) -> Run<()> {
        let weight = value.weight();
        self.work(weight, span)?;
        let left = self.limits.output_bytes.saturating_sub(self.meter.output);
        // A scalar's weight says more than its text takes.
        if weight > left as u64 && weight > 2 * memory::VALUE_BYTES as u64 {
            return self.wrote_too_much(span);
        }
        let text = value.to_string();
        self.meter.output += text.len() + 1;
        if self.meter.output > self.limits.output_bytes {
            return self.wrote_too_much(span);
        }
        self.host.print(&text);
        Ok(())
    }

    fn wrote_too_much(&self, span: Span) -> Run<()> {
        let message = format!("the script prints more than {} bytes", self.limits.output_bytes);
        limit(span, message, "print less / 输出过多")
    }
}

/// The error of a bound that was reached.
pub(super) fn limit<T>(span: Span, message: impl Into<String>, hint: &str) -> Run<T> {
    Err(Box::new(Problem::new(Kind::Limit, span, message).hint(hint)))
}

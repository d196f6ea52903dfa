//! What a script says, as a tree: every node knows its bytes in the source.
//!
//! Chains of operators (`a + b - c`), of members and calls (`a.b[0].c()`) and of `else if` are flat lists, not
//! trees of pairs: a script of a hundred thousand of them is as shallow as one of two. How deep the rest can be is
//! bounded by [`Limits::nesting`](crate::Limits). This module has no behaviour beyond a few questions.

use crate::span::Span;
use std::sync::Arc;

/// A whole script.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Program {
    /// In the order of the text.
    pub statements: Vec<Statement>,
}

/// Statements between braces, or a single one where the language allows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// With the braces, if there are any.
    pub span: Span,
    /// In order.
    pub statements: Vec<Statement>,
}

/// One statement.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// Without the `;`.
    pub span: Span,
    /// Which.
    pub kind: StatementKind,
}

/// The kinds of statements.
#[derive(Clone, Debug, PartialEq)]
pub enum StatementKind {
    /// `f(x)`, `print x`: worked out for what it does.
    Expression(Expr),
    /// `x = e`, `x += e`, `d[k] = e`, `d[k] += e`.
    Assign {
        /// What is assigned to.
        target: Target,
        /// The operator before the `=`; `None` for a plain assignment.
        operator: Option<BinaryOperator>,
        /// The right side.
        value: Expr,
    },
    /// `assert c`, `assert label, c`.
    Assert {
        /// What the assertion is called.
        label: Option<Expr>,
        /// What must hold.
        condition: Expr,
    },
    /// `def f(a, b=1) { … }`. At the top level only.
    Define(Arc<Function>),
    /// `if … else if … else …`.
    If {
        /// Conditions and their blocks, the first that holds wins.
        arms: Vec<(Expr, Block)>,
        /// The last `else`.
        otherwise: Option<Block>,
    },
    /// `for(x in …) …`.
    For {
        /// The loop's variable.
        variable: Name,
        /// What is walked: a vector, or `a:b` for a to b-1.
        iterable: Expr,
        /// What is done each time.
        body: Block,
    },
    /// `do … while(c)`.
    DoWhile {
        /// What is done at least once.
        body: Block,
        /// Whether to do it again.
        condition: Expr,
    },
    /// `try … catch(ex) …`.
    Try {
        /// What may fail.
        body: Block,
        /// The variable that is given the error.
        variable: Name,
        /// What is done then.
        handler: Block,
    },
    /// `throw e`.
    Throw(Expr),
    /// `return`, `return e`; at the top level it ends the script.
    Return(Option<Expr>),
    /// `break`. Inside a loop only.
    Break,
    /// `continue`. Inside a loop only.
    Continue,
    /// `use module`: its functions may be called by their bare names.
    Use(Name),
    /// `@testing: case="name"`: names the assertions that follow.
    Testing(Option<Arc<str>>),
}

/// A name where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    /// As written.
    pub text: Arc<str>,
    /// Its bytes.
    pub span: Span,
}

/// The left side of an assignment: a variable, or an element of it (`d[k]`, `d[k][j]`).
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    /// The variable.
    pub name: Name,
    /// The indices after it, outermost first; empty for the variable itself.
    pub indices: Vec<Expr>,
    /// All of it.
    pub span: Span,
}

/// A function of the script.
#[derive(Clone, Debug, PartialEq)]
pub struct Function {
    /// What it is called by.
    pub name: Name,
    /// In order.
    pub parameters: Vec<Parameter>,
    /// What it does; `def f(x): e` is a block of `return e`.
    pub body: Block,
}

/// A parameter of a function.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// What it is called inside.
    pub name: Name,
    /// Whether `mutable` stands before it: changes reach the caller's variable.
    pub mutable: bool,
    /// What it is when it is left out.
    pub default: Option<Expr>,
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// With the parentheses around it, if there are any.
    pub span: Span,
    /// Which.
    pub kind: ExprKind,
}

/// The kinds of expressions.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// A number, a string, `true`, `NULL`.
    Literal(Literal),
    /// `[a, b]`, `1 2 3`, `'a''b'`, `` `a`b ``.
    Vector {
        /// The elements.
        items: Vec<Expr>,
        /// How it is written.
        form: VectorForm,
    },
    /// `(a, b)`.
    Tuple(Vec<Expr>),
    /// A variable, or a type's name as an argument of `dict`.
    Name(Arc<str>),
    /// `-x`, `!x`.
    Unary {
        /// Which.
        operator: UnaryOperator,
        /// Its operand.
        operand: Box<Expr>,
    },
    /// `a + b - c`: operators of one rank, from left to right.
    Chain {
        /// The leftmost operand.
        first: Box<Expr>,
        /// The operators, each with the operand on its right; at least one.
        rest: Vec<Link>,
    },
    /// `a:b`, the pair of a `for` (a to b-1) or of a slice.
    Pair(Box<Expr>, Box<Expr>),
    /// `a..b`, the vector of whole numbers from a to b.
    Sequence(Box<Expr>, Box<Expr>),
    /// `c ? x : y`.
    Choice {
        /// The condition.
        condition: Box<Expr>,
        /// When it holds.
        yes: Box<Expr>,
        /// When not.
        no: Box<Expr>,
    },
    /// `a.b[0].c(x)`: steps from left to right.
    Path {
        /// What the steps start from.
        base: Box<Expr>,
        /// At least one.
        steps: Vec<Step>,
    },
    /// `f(x)`, `module::f(x)`, `f x`.
    Call {
        /// What is called.
        callee: Callee,
        /// With what.
        arguments: Vec<Argument>,
        /// How it is written.
        form: CallForm,
    },
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `NULL`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A number with a fraction or an exponent.
    Double(f64),
    /// A string in quotes, its escapes read.
    Text(Arc<str>),
    /// A backtick symbol, without the backtick.
    Symbol(Arc<str>),
}

/// How a vector is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VectorForm {
    /// `[a, b]`.
    Brackets,
    /// `1 2 3`, `'a''b'`, `` `a`b ``.
    Juxtaposed,
}

/// An operator of a chain with the operand on its right.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    /// Which.
    pub operator: BinaryOperator,
    /// The operator's own bytes.
    pub operator_span: Span,
    /// On its right.
    pub operand: Expr,
}

/// A step of a path.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// From the dot or the bracket on.
    pub span: Span,
    /// Which.
    pub kind: StepKind,
}

/// The kinds of steps.
#[derive(Clone, Debug, PartialEq)]
pub enum StepKind {
    /// `.name`.
    Member(Name),
    /// `[i]`.
    Index(Box<Expr>),
    /// `.f(x)`: `f` of what stands before, and `x`.
    Method(Name, Vec<Argument>),
}

/// What a call calls.
#[derive(Clone, Debug, PartialEq)]
pub struct Callee {
    /// The `module` of `module::f`.
    pub module: Option<Name>,
    /// The function; a mutating one with its mark, `append!`.
    pub name: Name,
}

/// How a call is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallForm {
    /// `f(x)`.
    Parentheses,
    /// `f x`.
    Prefix,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// The `name` of `name=value`.
    pub name: Option<Name>,
    /// `None` where it is skipped, as the second of `f(a,,c)`.
    pub value: Option<Expr>,
    /// All of it; empty where it is skipped.
    pub span: Span,
}

/// Operators before an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnaryOperator {
    /// `-`.
    Negate,
    /// `!`, `not`.
    Not,
}

/// Operators between operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinaryOperator {
    /// `||`, `or`.
    Or,
    /// `&&`, `and`.
    And,
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
    /// `in`.
    In,
    /// `+`.
    Add,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`: of whole numbers the whole number below.
    Divide,
    /// `\`: the ratio, always with a fraction.
    Ratio,
    /// `%`.
    Remainder,
}

impl BinaryOperator {
    /// As it is written.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Or => "||",
            Self::And => "&&",
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessEqual => "<=",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::In => "in",
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Ratio => "\\",
            Self::Remainder => "%",
        }
    }
}

impl Expr {
    /// The text of a string or symbol; `None` for everything else.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Literal(Literal::Text(text) | Literal::Symbol(text)) => Some(text),
            _ => None,
        }
    }

    /// The name, of a plain variable.
    #[must_use]
    pub fn as_name(&self) -> Option<&str> {
        match &self.kind {
            ExprKind::Name(name) => Some(name),
            _ => None,
        }
    }
}

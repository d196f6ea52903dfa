//! The way through a script: statement by statement, with what is known of each variable.

use super::{Finding, Findings, Surroundings, endpoint::Operation, rule, value::KnownValue};
use crate::{
    ast::{Block, Function, Program, Statement, StatementKind},
    span::{Source, Span},
};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// What is known of a variable.
#[derive(Clone, Debug)]
pub(super) struct Variable {
    pub(super) value: KnownValue,
    /// Whether it was worked out, and not written down.
    pub(super) derived: bool,
}

/// The checker on its way.
pub(super) struct Walk<'a> {
    pub(super) source: &'a Source,
    pub(super) findings: Findings,
    pub(super) functions: HashMap<Arc<str>, Arc<Function>>,
    pub(super) variables: HashMap<Arc<str>, Variable>,
    /// Variables of the script itself, which its functions do not see.
    pub(super) globals: HashSet<Arc<str>>,
    /// How many loops are around, and whether this is the body of a function.
    pub(super) loops: u32,
    pub(super) in_function: bool,
    /// Literals that were looked through as JSON.
    pub(super) judged: HashSet<Span>,
    /// Chats that are made here, whose ids neither the script gives nor anything has read yet: one of each operation.
    pub(super) chats_made: Vec<(&'static Operation, Span)>,
    /// Something is sent in a loop here, and tokens are asked for in loops here.
    pub(super) sends_in_loop: Option<Span>,
    pub(super) tokens_in_loops: Vec<Span>,
    /// Variables whose values were used.
    pub(super) used: HashSet<Arc<str>>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(source: &'a Source, program: &Program, surroundings: &Surroundings<'_>) -> Self {
        let mut functions = HashMap::new();
        for statement in &program.statements {
            if let StatementKind::Define(function) = &statement.kind {
                functions.insert(Arc::clone(&function.name.text), Arc::clone(function));
            }
        }
        let mut globals = HashSet::new();
        assigned(&program.statements, &mut globals);
        let given = |name: &String| (name.as_str().into(), Variable { value: KnownValue::Nothing, derived: false });
        Self {
            source,
            findings: Findings::default(),
            functions,
            variables: surroundings.defined.iter().map(given).collect(),
            globals,
            loops: 0,
            in_function: false,
            judged: HashSet::new(),
            chats_made: Vec::new(),
            sends_in_loop: None,
            tokens_in_loops: Vec::new(),
            used: HashSet::new(),
        }
    }

    pub(super) fn run(mut self, program: &Program) -> Vec<Finding> {
        self.statements(&program.statements);
        // A text that was put together and never handed on is looked through as well: somebody will copy it.
        let used = std::mem::take(&mut self.used);
        let left: Vec<KnownValue> = (self.variables.iter())
            .filter(|(name, _)| !used.contains(*name))
            .map(|(_, variable)| variable.value.clone())
            .collect();
        for value in left {
            self.judge_json(&value, false);
        }
        // Asking again and again until the platform is not busy is another thing.
        for at in std::mem::take(&mut self.tokens_in_loops).into_iter().filter(|_| self.sends_in_loop.is_some()) {
            self.findings.add(
                &rule::TOKEN_IN_LOOP,
                at,
                "a token is good for two hours, and who asks for one too often is shut out",
                "令牌两小时内有效，频繁获取会被拦截",
                "fetch it before the loop, and again only when errcode is 40014 or 42001: see token-recipe.dos",
            );
        }
        for (_, at) in std::mem::take(&mut self.chats_made) {
            self.findings.add(
                &rule::CHATID_UNREAD,
                at,
                "the chat that this makes can only be written to by its id, which is in the answer",
                "往新建的群里发消息要用应答里的 chatid，这里没有读取",
                "CHATID=body.chatid",
            );
        }
        let text = self.source.text();
        if let Some(at) = self.sends_in_loop.filter(|_| !text.contains("40014") && !text.contains("42001")) {
            self.findings.add(
                &rule::NO_RENEWAL,
                at,
                "a token lives two hours, or less: a loop that goes on must fetch another when errcode is 40014 or 42001",
                "令牌最多有效两小时：循环发送时，errcode 为 40014 或 42001 就要重新获取",
                "see the recipe token-recipe.dos",
            );
        }
        self.findings.list
    }

    fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Expression(value) | StatementKind::Throw(value) => drop(self.expr(value)),
            StatementKind::Assign { target, operator, value } => self.assign(target, *operator, value),
            StatementKind::Assert { label, condition } => {
                if let Some(label) = label {
                    self.expr(label);
                }
                self.expr(condition);
            }
            StatementKind::Define(function) => self.function(function),
            StatementKind::If { arms, otherwise } => {
                for (condition, block) in arms {
                    self.expr(condition);
                    self.branch(block);
                }
                if let Some(block) = otherwise {
                    self.branch(block);
                }
                arms.iter().for_each(|(_, block)| self.forget(block));
                otherwise.iter().for_each(|block| self.forget(block));
            }
            StatementKind::For { variable, iterable, body } => {
                self.expr(iterable);
                self.spelling(variable);
                self.forget(body);
                self.put(&variable.text, KnownValue::Nothing, true);
                self.repeated(|walk| walk.branch(body));
                self.forget(body);
            }
            StatementKind::DoWhile { body, condition } => {
                self.forget_known(body);
                self.repeated(|walk| {
                    walk.statements(&body.statements);
                    walk.expr(condition);
                });
                self.forget(body);
            }
            StatementKind::Try { body, variable, handler } => {
                self.branch(body);
                self.forget(body);
                let kept = self.variables.clone();
                self.put(&variable.text, KnownValue::Nothing, true);
                self.statements(&handler.statements);
                self.variables = kept;
                self.forget(handler);
            }
            StatementKind::Return(value) => {
                if let Some(value) = value {
                    self.expr(value);
                }
            }
            StatementKind::Break | StatementKind::Continue | StatementKind::Use(_) | StatementKind::Testing(_) => {}
        }
    }

    fn repeated(&mut self, walk: impl FnOnce(&mut Self)) {
        self.loops += 1;
        walk(self);
        self.loops -= 1;
    }

    /// A block that may not be done: what it changes is not known afterwards.
    fn branch(&mut self, block: &Block) {
        let kept = self.variables.clone();
        self.statements(&block.statements);
        self.variables = kept;
    }

    /// What a block assigns has a value, and which is not known.
    fn forget(&mut self, block: &Block) {
        let mut names = HashSet::new();
        assigned(&block.statements, &mut names);
        for name in names {
            self.put(&name, KnownValue::Nothing, true);
        }
    }

    /// The same, of those only that have a value already.
    fn forget_known(&mut self, block: &Block) {
        let mut names = HashSet::new();
        assigned(&block.statements, &mut names);
        for name in names {
            if self.variables.contains_key(&name) {
                self.put(&name, KnownValue::Nothing, true);
            }
        }
    }

    pub(super) fn put(&mut self, name: &Arc<str>, value: KnownValue, derived: bool) {
        self.variables.insert(Arc::clone(name), Variable { value, derived });
    }

    fn function(&mut self, function: &Function) {
        let kept = std::mem::take(&mut self.variables);
        let loops = std::mem::take(&mut self.loops);
        self.in_function = true;
        self.spelling(&function.name);
        for parameter in &function.parameters {
            self.spelling(&parameter.name);
            if let Some(default) = &parameter.default {
                self.expr(default);
            }
            self.put(&parameter.name.text, KnownValue::Nothing, true);
        }
        self.statements(&function.body.statements);
        self.in_function = false;
        self.loops = loops;
        self.variables = kept;
    }
}

/// The variables that statements assign, functions' own left out.
fn assigned(statements: &[Statement], names: &mut HashSet<Arc<str>>) {
    let mut blocks: Vec<&[Statement]> = vec![statements];
    while let Some(statements) = blocks.pop() {
        for statement in statements {
            match &statement.kind {
                StatementKind::Assign { target, .. } => {
                    names.insert(Arc::clone(&target.name.text));
                }
                StatementKind::If { arms, otherwise } => {
                    blocks.extend(arms.iter().map(|(_, block)| &*block.statements));
                    blocks.extend(otherwise.iter().map(|block| &*block.statements));
                }
                StatementKind::For { variable, body, .. } => {
                    names.insert(Arc::clone(&variable.text));
                    blocks.push(&body.statements);
                }
                StatementKind::DoWhile { body, .. } => blocks.push(&body.statements),
                StatementKind::Try { body, handler, variable } => {
                    names.insert(Arc::clone(&variable.text));
                    blocks.extend([&*body.statements, &*handler.statements]);
                }
                _ => {}
            }
        }
    }
}

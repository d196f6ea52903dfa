//! The way through a script: statement by statement, with what is known of each variable.

use super::{
    Finding, Findings, Surroundings, call,
    endpoint::Operation,
    field, json, literal, name,
    placeholder::{is_placeholder, names_a_secret},
    rule,
    value::{Known, Piece},
};
use crate::{
    ast::{
        Argument, BinaryOperator, Block, Callee, Expr, ExprKind, Function, Literal, Name, Program, Statement,
        StatementKind, Step, StepKind, Target,
    },
    span::{Source, Span},
};
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

/// What is known of a variable.
#[derive(Clone, Debug)]
struct Variable {
    value: Known,
    /// Whether it was worked out, and not written down.
    derived: bool,
}

/// The checker on its way.
pub(super) struct Walk<'a> {
    pub(super) source: &'a Source,
    pub(super) findings: Findings,
    functions: HashMap<Arc<str>, Arc<Function>>,
    variables: HashMap<Arc<str>, Variable>,
    /// Variables of the script itself, which its functions do not see.
    globals: HashSet<Arc<str>>,
    /// How many loops are around, and whether this is the body of a function.
    pub(super) loops: u32,
    in_function: bool,
    /// Literals that were looked through as JSON.
    judged: HashSet<Span>,
    /// Chats that are made here, whose ids neither the script gives nor anything has read yet: one of each operation.
    pub(super) chats_made: Vec<(&'static Operation, Span)>,
    /// Something is sent in a loop here.
    pub(super) sends_in_loop: Option<Span>,
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
        let given = |name: &String| (name.as_str().into(), Variable { value: Known::Nothing, derived: false });
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
        }
    }

    pub(super) fn run(mut self, program: &Program) -> Vec<Finding> {
        self.statements(&program.statements);
        // A text that was put together and never handed on is looked through as well: somebody will copy it.
        let left: Vec<Known> = self.variables.values().map(|variable| variable.value.clone()).collect();
        for value in left {
            self.judge_json(&value);
        }
        for (_, at) in std::mem::take(&mut self.chats_made) {
            self.findings.add(
                &rule::CHATID_UNREAD,
                at,
                "the chat that this makes can only be written to by its id, which is in the answer",
                "往新建的群里发消息要用应答里的 chatid,这里没有读取",
                "CHATID=body.chatid",
            );
        }
        let text = self.source.text();
        if let Some(at) = self.sends_in_loop.filter(|_| !text.contains("40014") && !text.contains("42001")) {
            self.findings.add(
                &rule::NO_RENEWAL,
                at,
                "a token lives two hours, or less: a loop that goes on must fetch another when errcode is 40014 or 42001",
                "令牌最多有效两小时:循环发送时,errcode 为 40014 或 42001 就要重新获取",
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
                self.put(&variable.text, Known::Nothing, true);
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
                self.put(&variable.text, Known::Nothing, true);
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
            self.put(&name, Known::Nothing, true);
        }
    }

    /// The same, of those only that have a value already.
    fn forget_known(&mut self, block: &Block) {
        let mut names = HashSet::new();
        assigned(&block.statements, &mut names);
        for name in names {
            if self.variables.contains_key(&name) {
                self.put(&name, Known::Nothing, true);
            }
        }
    }

    fn put(&mut self, name: &Arc<str>, value: Known, derived: bool) {
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
            self.put(&parameter.name.text, Known::Nothing, true);
        }
        self.statements(&function.body.statements);
        self.in_function = false;
        self.loops = loops;
        self.variables = kept;
    }

    /// A name that is given a value.
    fn spelling(&mut self, name: &Name) {
        if let Some(meant) = name::meant(&name.text) {
            self.findings.add(
                &rule::MISSPELT_NAME,
                name.span,
                format!("{} has a small L where a capital I was meant", name.text),
                format!("{} 中的小写字母 l 应为大写字母 I", name.text),
                meant,
            );
        }
    }

    fn assign(&mut self, target: &Target, operator: Option<BinaryOperator>, value: &Expr) {
        let known = self.expr(value);
        if target.indices.is_empty() {
            self.spelling(&target.name);
        }
        let name = &target.name.text;
        self.secret(target, value);
        let before = self.variables.get(name).cloned();
        if operator.is_some() && before.is_none() {
            self.undefined(name, target.name.span);
        }
        let derived = value.as_text().is_none();
        if target.indices.is_empty() {
            let overwritten = before.as_ref().is_some_and(|before| before.derived);
            if let Some(text) = value.as_text().filter(|text| overwritten && !text.is_empty() && is_placeholder(text)) {
                self.findings.add(
                    &rule::PLACEHOLDER_OVERWRITES,
                    target.span.to(value.span),
                    format!("{name} has its value already, and {text} takes its place"),
                    format!("{name} 已经有值,这里又被 {text} 覆盖"),
                    format!("leave this line out, or run with --keep {name}"),
                );
            }
            let known = match (operator, before) {
                (None, _) => known,
                (Some(BinaryOperator::Add), Some(before)) => before.value.join(&known),
                _ => Known::Nothing,
            };
            // What took the value's place is no value: the next placeholder is as wrong as this one.
            let placeholder = overwritten && value.as_text().is_some_and(is_placeholder);
            self.put(name, known, derived || operator.is_some() || placeholder);
            return;
        }
        for index in &target.indices {
            self.expr(index);
        }
        let Some(before) = before else {
            self.undefined(name, target.name.span);
            return;
        };
        let key = target.indices.first().filter(|_| target.indices.len() == 1 && operator.is_none());
        let key = key.map(|key| self.expr(key)).and_then(|key| key.whole_text());
        let value = match (before.value, key) {
            (Known::Dict { mut entries, whole }, Some(key)) => {
                entries.insert(key, known);
                Known::Dict { entries, whole }
            }
            (Known::Dict { entries, .. }, None) => Known::Dict { entries, whole: false },
            (other, _) => other,
        };
        self.put(name, value, true);
    }

    /// A secret that is written down where a variable or a key is named after one.
    fn secret(&mut self, target: &Target, value: &Expr) {
        let Some(text) = value.as_text() else { return };
        let named = match target.indices.last() {
            Some(key) => key.as_text(),
            None => Some(&*target.name.text),
        };
        let plain =
            text.len() >= 4 && !text.contains(char::is_whitespace) && !text.contains("://") && !text.contains('=');
        if let Some(named) = named.filter(|named| names_a_secret(named) && plain && !is_placeholder(text)) {
            literal::secret(value.span, named, &mut self.findings);
        }
    }

    /// What an expression is, as far as that can be said.
    pub(super) fn expr(&mut self, expr: &Expr) -> Known {
        match &expr.kind {
            ExprKind::Literal(Literal::Text(text) | Literal::Symbol(text)) => {
                literal::check(text, expr.span, self.source.text(), &mut self.findings);
                Known::literal(text, expr.span)
            }
            ExprKind::Literal(Literal::Int(_) | Literal::Double(_) | Literal::Bool(_)) => Known::Number,
            ExprKind::Literal(Literal::Null) => Known::Nothing,
            ExprKind::Vector { items, .. } | ExprKind::Tuple(items) => {
                items.iter().for_each(|item| drop(self.expr(item)));
                Known::Nothing
            }
            ExprKind::Name(name) => self.variable(name, expr.span),
            ExprKind::Unary { operand, .. } => {
                self.expr(operand);
                Known::Number
            }
            ExprKind::Chain { first, rest } => {
                let mut known = self.expr(first);
                for link in rest {
                    let right = self.expr(&link.operand);
                    known = match link.operator {
                        BinaryOperator::Add => known.join(&right),
                        BinaryOperator::Subtract | BinaryOperator::Multiply | BinaryOperator::Divide
                            if known == Known::Number && right == Known::Number =>
                        {
                            Known::Number
                        }
                        _ => Known::Nothing,
                    };
                }
                known
            }
            ExprKind::Pair(a, b) | ExprKind::Sequence(a, b) => {
                self.expr(a);
                self.expr(b);
                Known::Nothing
            }
            ExprKind::Choice { condition, yes, no } => {
                self.expr(condition);
                let (yes, no) = (self.expr(yes), self.expr(no));
                if yes == no { yes } else { Known::Nothing }
            }
            ExprKind::Path { base, steps } => {
                let mut known = self.expr(base);
                for step in steps {
                    known = self.step(known, step);
                }
                known
            }
            ExprKind::Call { callee, arguments, .. } => self.call(callee, arguments, expr.span),
        }
    }

    fn variable(&mut self, name: &Arc<str>, at: Span) -> Known {
        if let Some(variable) = self.variables.get(name) {
            return variable.value.clone();
        }
        if !self.functions.contains_key(name) && !call::is_function(name) {
            self.undefined(name, at);
        }
        Known::Nothing
    }

    fn undefined(&mut self, name: &Arc<str>, at: Span) {
        if self.in_function && self.globals.contains(name) {
            self.findings.add(
                &rule::UNDEFINED_VARIABLE,
                at,
                format!("{name} is a variable of the script: its functions do not see it"),
                format!("{name} 是函数之外的变量,函数内看不见"),
                format!("hand it in as an argument: def f(…, {name})"),
            );
            return;
        }
        let near = name::nearest(name, self.variables.keys().map(|name| &**name)).map(str::to_owned);
        self.findings.add(
            &rule::UNDEFINED_VARIABLE,
            at,
            format!("{name} has no value here"),
            format!("{name} 在这里还没有值"),
            near.unwrap_or_else(|| format!("assign {name} first, or run with --define {name}=VALUE")),
        );
    }

    fn step(&mut self, known: Known, step: &Step) -> Known {
        match &step.kind {
            StepKind::Member(name) => self.member(known, &name.text, name.span),
            StepKind::Index(index) => {
                let key = self.expr(index);
                if let Known::Body(Some(operation)) = known
                    && key == Known::Number
                {
                    field::indexed(operation, step.span, &mut self.findings);
                    return Known::Nothing;
                }
                match key.whole_text() {
                    Some(key) => self.member(known, &key, index.span),
                    None => Known::Nothing,
                }
            }
            StepKind::Method(name, arguments) => {
                let values: Vec<Known> = arguments.iter().map(|argument| self.argument(argument)).collect();
                match (known, &*name.text) {
                    (Known::Code(operation), "eval") => Known::Body(operation),
                    (known @ Known::Text(_), "string") => known,
                    (known, _) => {
                        let _ = (known, values);
                        self.known_function(None, name);
                        Known::Nothing
                    }
                }
            }
        }
    }

    fn member(&mut self, known: Known, field: &str, at: Span) -> Known {
        match known {
            Known::Reply(operation) if field == "text" => Known::ReplyText(operation),
            Known::Body(operation) => {
                // The wrong field is a finding of its own.
                if matches!(field, "chatid" | "openConversationId" | "access_token") {
                    self.chats_made.retain(|(made, _)| operation.is_some_and(|operation| operation != *made));
                }
                field::check(operation, field, at, &mut self.findings);
                Known::Field
            }
            Known::Dict { mut entries, .. } => entries.remove(field).unwrap_or(Known::Nothing),
            _ => {
                if matches!(field, "chatid" | "openConversationId") {
                    self.chats_made.clear();
                }
                Known::Nothing
            }
        }
    }

    /// An argument's value; nothing where it is skipped.
    pub(super) fn argument(&mut self, argument: &Argument) -> Known {
        argument.value.as_ref().map_or(Known::Nothing, |value| self.expr(value))
    }

    fn call(&mut self, callee: &Callee, arguments: &[Argument], at: Span) -> Known {
        let name = &*callee.name.text;
        if callee.module.is_none()
            && let Some(function) = self.functions.get(name).cloned()
        {
            return self.own_function(&function, callee, arguments, at);
        }
        if call::is_http_client(callee) {
            return call::http_client(self, callee, arguments, at);
        }
        if name == "dict" {
            // Types are names that no variable has.
            let types = arguments
                .iter()
                .all(|a| a.value.as_ref().is_some_and(|value| value.as_name().is_some_and(call::is_type)));
            if types {
                return Known::Dict { entries: BTreeMap::new(), whole: true };
            }
        }
        let types = |a: &Argument| a.value.as_ref().and_then(Expr::as_name).is_some_and(call::is_type);
        let values: Vec<Known> =
            arguments.iter().map(|a| if types(a) { Known::Nothing } else { self.argument(a) }).collect();
        self.known_function(callee.module.as_ref(), &callee.name);
        match (name, values.first()) {
            ("string", Some(text @ Known::Text(_))) => text.clone(),
            ("string", Some(Known::Number)) => Known::Text(vec![Piece::Hole { number: true }]),
            ("string", Some(_)) => Known::Text(vec![Piece::Hole { number: false }]),
            ("parseExpr" | "parseJson" | "fromStdJson" | "fromJson", Some(value)) => {
                let operation = match value {
                    Known::ReplyText(operation) => *operation,
                    _ => None,
                };
                if name == "parseExpr" { Known::Code(operation) } else { Known::Body(operation) }
            }
            ("int" | "long" | "double" | "size" | "strlen" | "now", _) => Known::Number,
            _ => Known::Nothing,
        }
    }

    fn own_function(&mut self, function: &Function, callee: &Callee, arguments: &[Argument], at: Span) -> Known {
        let needed = function.parameters.iter().filter(|parameter| parameter.default.is_none()).count();
        let (least, most) = (needed, function.parameters.len());
        if arguments.len() < least || arguments.len() > most {
            let names: Vec<&str> = function.parameters.iter().map(|parameter| &*parameter.name.text).collect();
            call::wrong_count(
                self,
                at,
                arguments.len(),
                (least, most),
                &format!("{}({})", callee.name.text, names.join(", ")),
            );
        }
        for argument in arguments {
            let value = self.argument(argument);
            self.judge_json(&value);
            // A dictionary may come back with other keys.
            if let Some(name) = argument.value.as_ref().and_then(Expr::as_name)
                && let Some(variable) = self.variables.get_mut(name)
                && let Known::Dict { whole, entries } = &mut variable.value
            {
                *whole = false;
                entries.clear();
            }
        }
        Known::Nothing
    }

    fn known_function(&mut self, module: Option<&Name>, name: &Name) {
        if module.is_none() && (self.functions.contains_key(&name.text) || call::is_function(&name.text)) {
            return;
        }
        call::unknown(self, module, name);
    }

    /// Names of the script's own functions, to find the one that was meant.
    pub(super) fn own_names(&self) -> impl Iterator<Item = &str> {
        self.functions.keys().map(|name| &**name)
    }

    /// Looks through a text that sets out to be JSON, once.
    pub(super) fn judge_json(&mut self, value: &Known) {
        let (Known::Text(pieces), Some(text)) = (value, value.render()) else { return };
        let literals = pieces.iter().filter_map(|piece| match piece {
            Piece::Literal { at, .. } => Some(*at),
            Piece::Hole { .. } => None,
        });
        let fresh = literals.fold(false, |fresh, at| self.judged.insert(at) || fresh);
        if fresh && json::begins(&text) {
            json::check(pieces, self.source.text(), &mut self.findings);
        }
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

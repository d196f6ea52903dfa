//! What the database has and `hongyan run` has not: said clearly, before anything is run.

use super::Parser;
use crate::ast::{Statement, StatementKind};
use crate::diagnostic::{Kind, Problem};
use crate::span::Span;
use crate::token::Token;

/// What is said after the name of what was asked for.
const PURPOSE: &str = "hongyan run is for scripts that call HTTP interfaces and send messages and mail; \
                       keep this part in the database / hongyan run 只运行调用 HTTP 接口和发送消息、邮件的脚本，这一部分请留在数据库中";

/// The database's functions that work on what is not here, and what that is.
const FUNCTIONS: &[(&[&str], &str)] = &[
    (
        &[
            "table",
            "loadTable",
            "createTable",
            "createPartitionedTable",
            "database",
            "saveTable",
            "loadText",
            "ploadText",
            "loadTextEx",
            "saveText",
            "dropTable",
            "dropDatabase",
            "existsTable",
            "existsDatabase",
            "tableInsert",
            "select",
            "mvccTable",
            "indexedTable",
            "keyedTable",
            "cachedTable",
            "undef",
            "matrix",
            "lj",
            "ej",
            "aj",
            "wj",
            "sql",
            "sqlCol",
        ],
        "tables and databases",
    ),
    (
        &[
            "streamTable",
            "keyedStreamTable",
            "subscribeTable",
            "unsubscribeTable",
            "enableTableShareAndPersistence",
            "enableTablePersistence",
            "haStreamTable",
            "getStreamingStat",
            "createReactiveStateEngine",
            "dropStreamTable",
            "createTimeSeriesEngine",
            "createTimeSeriesAggregator",
            "createAnomalyDetectionEngine",
            "createCrossSectionalEngine",
        ],
        "streaming",
    ),
    (
        &[
            "submitJob",
            "submitJobEx",
            "scheduleJob",
            "deleteScheduledJob",
            "cancelJob",
            "getRecentJobs",
            "getJobReturn",
        ],
        "jobs of the database's scheduler",
    ),
    (
        &["ploop", "peach", "loop", "each", "mr", "imr", "rpc", "remoteRun", "pnodeRun", "xdb", "runScript", "run"],
        "distributed or higher-order calls",
    ),
    (
        &["login", "logout", "addFunctionView", "shell", "system", "file", "readFile", "writeLog", "share"],
        "the database's server",
    ),
    (&["eval"], "evaluation of code: `parseExpr(text).eval()` reads JSON, and nothing is ever evaluated"),
];

impl Parser<'_> {
    /// Says that something is not in this language.
    pub(super) fn refuse(&self, span: Span, asked: &str, what: &str) -> Box<Problem> {
        let message = format!("{asked} is not run here: hongyan has no {what}");
        Box::new(Problem::new(Kind::Refused, span, message).hint(PURPOSE))
    }

    /// SQL and other statements that begin with a word of their own.
    pub(super) fn refused(&self) -> Option<Box<Problem>> {
        let (word, next) = (self.here(), self.after(1));
        let apart = !next.newline && next.token != Token::End;
        let text = self.slice(word.span);
        if word.token == Token::Hash {
            return Some(self.refuse(word.span, "`#include`", "other files to include"));
        }
        if word.token == Token::While {
            return Some(Box::new(
                Problem::new(Kind::Refused, word.span, "there is no `while` loop in this language")
                    .expected("`do { … } while(condition)` or `for(x in …)`")
                    .hint("write `do { … } while(condition)`, with an `if` before it where it may not run at all / 请用 do-while"),
            ));
        }
        if word.token != Token::Name {
            return None;
        }
        let operand = apart && (next.token.is_word() && next.token != Token::In || next.token == Token::Star);
        Some(match text {
            "select" | "exec" | "delete" if operand && !matches!(next.token, Token::And | Token::Or) => {
                self.refuse(word.span, &format!("the SQL statement `{text}`"), "tables and no SQL")
            }
            "update" | "insert" | "create" | "drop" | "alter" | "truncate" if apart && next.token == Token::Name => {
                self.refuse(word.span, &format!("the SQL statement `{text}`"), "tables and no SQL")
            }
            "share" if apart && next.token == Token::Name => {
                self.refuse(word.span, "`share`", "tables and no variables that sessions share")
            }
            "timer"
                if apart && matches!(next.token, Token::ParenOpen | Token::Int | Token::BraceOpen | Token::Name) =>
            {
                self.refuse(word.span, "`timer`", "timing of statements")
            }
            "go" if self.statement_ends_after() => {
                self.refuse(word.span, "`go`", "batches: the whole script is read at once; leave `go` out;")
            }
            "module" | "import" if apart && next.token == Token::Name => {
                self.refuse(word.span, &format!("`{text}`"), "modules of scripts")
            }
            "class" if apart && next.token == Token::Name => self.refuse(word.span, "`class`", "classes"),
            "const" if apart && next.token == Token::Name => Box::new(
                Problem::new(Kind::Refused, word.span, "there is no `const` here").expected("an assignment without it"),
            ),
            _ => return None,
        })
    }

    /// Whether the word here is a whole statement.
    fn statement_ends_after(&self) -> bool {
        let next = self.after(1);
        let first = self.at == 0
            || self.here().newline
            || matches!(self.lexemes[self.at - 1].token, Token::Semicolon | Token::BraceOpen | Token::BraceClose);
        first && (next.newline || matches!(next.token, Token::Semicolon | Token::BraceClose | Token::End))
    }

    /// What follows a whole statement on its line, where it is known.
    pub(super) fn refused_after(&self, statement: &Statement) -> Option<Box<Problem>> {
        let next = self.here();
        let StatementKind::Expression(_) = statement.kind else { return None };
        (next.token == Token::Comma).then(|| {
            Box::new(
                Problem::new(Kind::Parse, next.span, "`,` is not expected here")
                    .expected("`;` or the end of the line")
                    .hint("one variable is assigned at a time; a vector stands in [ ] / 一次只能给一个变量赋值"),
            )
        })
    }

    /// Refuses calls of the database's functions that are not here, unless the script has its own of that name.
    pub(super) fn refuse_calls(&mut self) {
        let calls = std::mem::take(&mut self.calls);
        for name in calls {
            let known = FUNCTIONS.iter().find(|(names, _)| names.contains(&&*name.text));
            if let Some((_, what)) = known.filter(|_| !self.defined.contains(&name.text)) {
                // `.eval()` is of parseExpr; only a call of it by name is refused.
                let method = name.span.start() > 0 && self.text.as_bytes()[name.span.start() - 1] == b'.';
                if !(method && &*name.text == "eval") {
                    let problem = self.refuse(name.span, &format!("`{}`", name.text), what);
                    self.problems.push(*problem);
                }
            }
        }
    }
}

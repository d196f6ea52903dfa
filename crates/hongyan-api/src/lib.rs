//! The gateway's own REST interface as data: one table of routes, the bodies, the problems.
//!
//! The gateway mounts [`ROUTES`], [`openapi()`] and [`docs`] describe them, the command line's client reads the same
//! types. Carrying out a call is left to `hongyan-gateway`.
//!
//! ```
//! use hongyan_api::{Operation, ROUTES};
//! let post = ROUTES.iter().find(|route| route.operation == Operation::SendMessage).unwrap();
//! assert_eq!(post.path, "/v1/messages");
//! ```

mod body;
pub mod docs;
mod facade;
mod openapi;
mod operation;
mod problem;
mod request;
mod route;
mod routes;

pub use body::{
    AccountCheck, AccountError, AccountList, AccountRow, Advice, BatchItem, BatchResult, CallbackPage, CancelReport,
    ChatChanged, ChatList, ChatOrder, ChatPage, ChatReaders, DeliveryRecall, DeliveryStub, DepartmentList, FileList,
    LastErrorRow, Live, MessageAccepted, MessageBatch, MessagePage, PersonList, PlanReport, PlannedCall, PlannedCost,
    RateRow, ReachRow, ReaderReport, Ready, RecallReport, RecipientList, RecipientRow, RestRow, RetryReport,
};
pub use facade::{FACADE, FacadeKind, FacadeParam, FacadeRoute, OWNER_NOT_A_MEMBER};
pub use openapi::openapi;
pub use operation::Operation;
pub use problem::{CONTENT_TYPE, Code, Problem};
pub use route::{
    Answer, DEFAULT_PAGE, LONGEST_WAIT, MAX_BATCH, MAX_MEMBERS, MAX_PAGE, Method, Param, ParamKind, Route, Status,
};
pub use routes::ROUTES;

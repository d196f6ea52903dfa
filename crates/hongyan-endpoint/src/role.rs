//! What an operation is to a message, and what its caller must hold: what readers ask instead of its name.

use crate::Effect;

/// What an operation is to a message. Texts name the field of the request that holds the id of the send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Gives the access token of an application, for its id and secret.
    Login(Pair),
    /// Gives another credential: a vendor's, a person's, a ticket.
    Grant,
    /// Sends a message.
    Send(Reach),
    /// Tells how far a send is.
    Progress(&'static str),
    /// Tells what became of a send, recipient by recipient.
    Result(&'static str),
    /// Lists who has read a message.
    Readers(Reach, &'static str),
    /// Takes a send back.
    Recall(Reach, &'static str),
    /// Uploads a file that messages show.
    Upload,
    /// Reads anything else.
    Read,
    /// Changes anything else.
    Manage,
}

impl Role {
    /// The role of an operation that declares none.
    #[must_use]
    pub const fn of(effect: Effect) -> Self {
        if matches!(effect, Effect::Read) { Self::Read } else { Self::Manage }
    }

    /// The field of the request that holds the id of the send that the operation is about.
    #[must_use]
    pub const fn id_field(self) -> Option<&'static str> {
        match self {
            Self::Progress(field) | Self::Result(field) | Self::Readers(_, field) | Self::Recall(_, field) => {
                Some(field)
            }
            _ => None,
        }
    }

    /// Whether the operation tells of a message that was sent.
    #[must_use]
    pub const fn tells_of_send(self) -> bool {
        matches!(self, Self::Progress(_) | Self::Result(_) | Self::Readers(..))
    }
}

/// Whom a send reaches, and in whose name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// People, from the application.
    People,
    /// A group chat, from the application.
    Chat,
    /// People, from the application's robot.
    RobotToPeople,
    /// A group chat, from the application's robot.
    RobotToChat,
    /// The group in which the robot of a webhook lives.
    Webhook,
    /// The conversation from which somebody wrote to a robot.
    Session,
}

/// How a login carries the application's id and secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair {
    /// In the query.
    Query,
    /// As members of the body.
    Body,
    /// As an OAuth client, with the company in the path.
    Client,
}

/// What a caller must hold beside a token in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// Nothing that is published.
    Token,
    /// A permission that the administrator grants to the application: the platform's name for it.
    Permission(&'static str),
    /// The application's own token: the contacts' secret does not serve.
    Application,
    /// With the contacts' secret, the right to read members and departments in full.
    Details,
    /// The token of a vendor's suite, and no other.
    Suite,
    /// A person's own token, or the application's.
    Person,
}

//! Replies that say no more than that it is done, each in the platform's own word.

use hongyan_endpoint::lenient;
use serde::{Deserialize, Serialize};

macro_rules! done {
    ($($(#[doc = $doc:literal])+ $name:ident, $word:literal;)*) => {$(
        $(#[doc = $doc])+
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $name {
            /// For humans; never to be matched on.
            #[serde(default, deserialize_with = "lenient::text")]
            pub errmsg: String,
        }

        impl Default for $name {
            fn default() -> Self {
                Self { errmsg: $word.into() }
            }
        }
    )*};
}

done! {
    /// It exists now.
    Created, "created";
    /// It is changed.
    Updated, "updated";
    /// It is gone.
    Deleted, "deleted";
    /// It is done.
    Done, "ok";
}

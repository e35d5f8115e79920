//! The possible values of some fields, for the description of the API, so that programs generated from it know them
//! all.

use std::borrow::Cow;

use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::feed::Client;
use crate::rota;

/// A schema `$name` of these words, for `#[schema(value_type = …)]`. There are no values of the type.
macro_rules! words {
    ($name:ident, $about:literal, $words:expr) => {
        #[doc = $about]
        pub(super) enum $name {}

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                let words = ObjectBuilder::new().schema_type(Type::String).enum_values(Some($words));
                RefOr::T(Schema::Object(words.description(Some($about)).build()))
            }
        }

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }
    };
}

words!(Role, "A role of a week.", rota::Role::ALL.map(rota::Role::as_str));
words!(ShiftKind, "Why somebody holds a role.", rota::ShiftKind::ALL.map(rota::ShiftKind::as_str));
words!(RowStatus, "How an absence is settled.", rota::RowStatus::ALL.map(rota::RowStatus::as_str));
words!(OccasionKind, "What an occasion is.", ["holiday", "time-off"]);
words!(
    ClientKind,
    "A kind of calendar client, as far as its requests show.",
    Client::ALL.map(Client::as_str)
);

//! What pages share: the layout around them, their query, and how people, times and statuses are shown.

pub(super) mod agreement;
pub(super) mod assets;
pub(super) mod bad_query;
pub(super) mod clock;
pub(super) mod document;
pub(super) mod failure;
pub(super) mod feed_name;
pub(super) mod grid;
pub(super) mod holiday_names;
pub(super) mod layout;
pub(super) mod not_found;
pub(super) mod occasion;
pub(super) mod on_call;
pub(super) mod people;
pub(super) mod problems;
pub(super) mod query;
pub(super) mod reminder;
pub(super) mod status;
pub(super) mod strip;
pub(super) mod team_page;
pub(super) mod zone_field;

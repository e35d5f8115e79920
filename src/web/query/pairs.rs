//! The parameters of a query, decoded.

use actix_web::web::Query;

/// How much of a value an error message repeats: enough to recognise it.
const SHOWN_CHARACTERS: usize = 60;

/// Names and values in the order of the query, decoded as browsers encode forms.
#[derive(Debug)]
pub(in crate::web) struct Pairs(Vec<(String, String)>);

/// A parameter that is given twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0} is given twice")]
pub(in crate::web) struct Twice(pub(in crate::web) &'static str);

impl Pairs {
    /// Those of the part of an address after `?`.
    pub(in crate::web) fn decode(query: &str) -> Pairs {
        let pairs = Query::<Vec<(String, String)>>::from_query(query);
        Pairs(pairs.map(Query::into_inner).unwrap_or_default())
    }

    /// The names, each as often as it is given.
    pub(in crate::web) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The value of `name`; `None` where it is not given.
    pub(in crate::web) fn value(&self, name: &'static str) -> Result<Option<&str>, Twice> {
        let mut values = self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value.as_str());
        let first = values.next();
        if values.next().is_some() { Err(Twice(name)) } else { Ok(first) }
    }
}

/// Enough of what somebody typed to recognise it.
pub(in crate::web) fn shortened(text: &str) -> String {
    text.chars().take(SHOWN_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_as_forms_send_them_and_each_may_be_given_once() {
        let pairs = Pairs::decode("zone=America%2FNew_York&x=a+b%26&y=&z=1&z=1");
        assert_eq!(pairs.value("zone"), Ok(Some("America/New_York")));
        assert_eq!(pairs.value("x"), Ok(Some("a b&")));
        assert_eq!(pairs.value("y"), Ok(Some("")));
        assert_eq!(pairs.value("none"), Ok(None));
        assert_eq!(pairs.value("z"), Err(Twice("z")));
        assert_eq!(pairs.names().collect::<Vec<_>>(), ["zone", "x", "y", "z", "z"]);
    }
}

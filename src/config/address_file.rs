//! Files whose only line is an address: secrets that are mounted, or that version control ignores.

use std::path::Path;

use super::files::{self, FileFault};
use crate::fetch::{Address, AddressError};
use crate::toml_reader::Problem;

/// The ending of such files.
pub(super) const EXTENSION: &str = "url";

/// The code of every problem with an address.
const INVALID: &str = "invalid-address";

/// Why a file gave no address.
#[derive(Debug)]
pub(super) enum AddressFault {
    File(FileFault),
    /// It does not have exactly one line.
    Lines(usize),
    Address(AddressError),
}

/// The address in the file at `path`.
pub(super) fn read(path: &Path) -> Result<Address, AddressFault> {
    let text = files::read_text(path).map_err(AddressFault::File)?;
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    match lines[..] {
        [only] => Address::parse(only).map_err(AddressFault::Address),
        _ => Err(AddressFault::Lines(lines.len())),
    }
}

/// The problem of a text that is not an address.
pub(super) fn invalid(error: AddressError) -> Problem {
    let help = "copy the secret address in iCal format from the calendar program";
    Problem::error(INVALID, format!("this address cannot be used: {error}")).help(help)
}

impl AddressFault {
    pub(super) fn problem(&self) -> Problem {
        match self {
            AddressFault::File(fault) => {
                Problem::error(fault.code(), format!("the file with the address cannot be used: {fault}"))
            }
            AddressFault::Lines(count) => {
                let message = format!("expected one line, found {count}");
                Problem::error(INVALID, message).help("put only the address in the file")
            }
            AddressFault::Address(error) => {
                let problem = invalid(*error);
                Problem {
                    message: problem.message.replace("this address", "the address in the file"),
                    ..problem
                }
            }
        }
    }
}

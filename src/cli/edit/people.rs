//! Finds a person by an id, a name, or a part of a name that only one person has.

use crate::cli::output::Usage;
use crate::rota::{EngineerIdx, Team};
use crate::toml_reader::nearest;

/// The engineer of `team` called `typed`.
///
/// # Errors
///
/// If nobody is, or more than one.
pub(crate) fn find(team: &Team, typed: &str) -> Result<EngineerIdx, Usage> {
    let plain = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let wanted = plain(typed);
    let all = || team.indices().map(|index| (index, team.engineer(index)));
    let by_id = all().find(|(_, engineer)| engineer.id.as_str() == wanted);
    if let Some((index, _)) = by_id {
        return Ok(index);
    }
    let whole: Vec<_> = all().filter(|(_, engineer)| plain(&engineer.name) == wanted).collect();
    let has_word = |name: &str| plain(name).split(' ').any(|word| word == wanted);
    let part: Vec<_> = all().filter(|(_, engineer)| has_word(&engineer.name)).collect();
    for found in [whole, part] {
        match found[..] {
            [] => {}
            [(index, _)] => return Ok(index),
            _ => {
                let ids: Vec<&str> = found.iter().map(|(_, engineer)| engineer.id.as_str()).collect();
                return Err(Usage(format!("`{typed}` may be {}: write the id", ids.join(" or "))));
            }
        }
    }
    let names = team.engineers.iter().flat_map(|engineer| [engineer.id.as_str(), engineer.name.as_str()]);
    let help = nearest(&wanted, names).unwrap_or_else(|| {
        let known = all().map(|(_, engineer)| format!("{} ({})", engineer.id, engineer.name));
        format!("engineers of this team: {}", known.collect::<Vec<_>>().join(", "))
    });
    Err(Usage::with_help(format_args!("nobody in {} is called `{typed}`", team.id), help))
}

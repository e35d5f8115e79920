//! Text that is safe to put into a feed, and how iCalendar writes it.

/// `text` as one line that cannot break or reorder what stands around it.
///
/// Runs of whitespace, line breaks and tabs among it, are one space; none at either end. Control characters and
/// U+FEFF go. Right-to-left letters and joiners stay; what embeds, overrides or isolates a direction goes, so that
/// a name cannot reorder the line it stands in.
pub fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.trim().chars() {
        if character.is_whitespace() {
            if !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_dropped(character) {
            out.push(character);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn is_dropped(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{FEFF}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}' | '\u{FFF9}'..='\u{FFFB}'
        )
}

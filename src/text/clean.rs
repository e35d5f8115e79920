//! Text from outside as one line that is safe to show.

/// `text` as one line that cannot break or reorder the text around it.
///
/// Runs of whitespace, including line breaks and tabs, become one space, and are removed at both ends. Control
/// characters and U+FEFF are removed. Right-to-left letters and joiners are kept; characters that embed, override or
/// isolate a direction are removed, so that a name cannot reorder its line.
pub fn clean(text: &str) -> String {
    if is_clean_ascii(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for character in text.trim().chars() {
        if character.is_whitespace() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_dropped(character) {
            out.push(character);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Whether `text` is one clean line of ASCII, as nearly every name is: that is seen faster than made.
fn is_clean_ascii(text: &str) -> bool {
    let is_separated = |pair: &[u8]| pair != b"  ";
    text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && text.as_bytes().windows(2).all(is_separated)
}

/// `text` as [`clean`] leaves it, or `otherwise` if nothing is left.
pub fn clean_or(text: &str, otherwise: &str) -> String {
    let text = clean(text);
    if text.is_empty() { otherwise.to_owned() } else { text }
}

/// `text` with a capital letter.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

/// A clean name for the middle of a sentence: a right-to-left name is isolated (Unicode Bidirectional Algorithm, FSI
/// and PDI), so that it does not reorder the words after it.
pub fn isolated(name: &str) -> String {
    let is_right_to_left = |character: char| {
        matches!(character, '\u{590}'..='\u{8FF}' | '\u{200F}' | '\u{FB1D}'..='\u{FDFF}' | '\u{FE70}'..='\u{FEFE}'
            | '\u{10800}'..='\u{10FFF}' | '\u{1E800}'..='\u{1EFFF}')
    };
    match name.chars().any(is_right_to_left) {
        true => format!("\u{2068}{name}\u{2069}"),
        false => name.to_owned(),
    }
}

fn is_dropped(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{FEFF}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{206F}' | '\u{FFF9}'..='\u{FFFB}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_from_right_to_left_are_isolated() {
        for name in ["Ada", "李小龍", "Zoë Åström-Nuñez"] {
            assert_eq!(isolated(name), name);
        }
        assert_eq!(isolated("مهندس A"), "\u{2068}مهندس A\u{2069}");
        assert_eq!(isolated("\u{5D0}"), "\u{2068}\u{5D0}\u{2069}");
    }

    #[test]
    fn a_text_becomes_one_line_that_breaks_and_reorders_nothing() {
        for (text, expected) in [
            ("Ada", "Ada"),
            ("  two\r\n lines\t", "two lines"),
            ("\u{7} bell \u{1b}[2J", "bell [2J"),
            ("\u{FEFF}bom\u{0}\u{85}x", "bom x"),
            ("a\u{202E}txt.exe\u{2066}", "atxt.exe"),
            ("مهندس 👩‍🚒", "مهندس 👩‍🚒"),
            ("a, b; c\\ \"d\"", "a, b; c\\ \"d\""),
            ("Ada  Lovelace ", "Ada Lovelace"),
            ("Ada\u{7f}", "Ada"),
            ("\r\n\u{1}", ""),
        ] {
            assert_eq!(clean(text), expected, "{text:?}");
            assert_eq!(clean(&clean(text)), clean(text), "clean once, clean for good");
        }
    }
}

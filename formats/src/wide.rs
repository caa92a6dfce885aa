//! Figures and signs as wide as Han characters, which a phone or an input method writes where usual ones are meant.

/// The text with them in their usual width (Unicode block "Halfwidth and Fullwidth Forms": U+FF01 to U+FF5E are U+0021 to
/// U+007E).
pub fn narrow(text: &str) -> String {
    let one = |letter: char| match letter {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(letter as u32 - 0xfee0).unwrap_or(letter),
        _ => letter,
    };
    text.chars().map(one).collect()
}

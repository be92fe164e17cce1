//! The bodies of generateContent. Google reads every field in two spellings (`inlineData`, `inline_data`), and so do we.

pub(crate) mod answer;
pub(crate) mod request;

/// `imageConfig` as `image_config`.
pub(crate) fn snake(name: &str) -> String {
    let mut spelled = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            spelled.push('_');
        }
        spelled.push(letter.to_ascii_lowercase());
    }
    spelled
}

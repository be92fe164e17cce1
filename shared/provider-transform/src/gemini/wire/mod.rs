//! The bodies of generateContent. Google reads every field in two spellings (`inlineData`, `inline_data`), and so do we.

pub(crate) mod answer;
pub(crate) mod request;

//! Rate limits: who is limited to what, how many tokens a call may need, what the answer's headers say.

/// The tokens that a token limit counts: `general_settings.token_rate_limit_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TokenKind {
    /// Prompt and completion.
    #[default]
    Total,
    /// The prompt.
    Input,
    /// The completion.
    Output,
}

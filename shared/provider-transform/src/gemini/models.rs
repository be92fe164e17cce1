//! What a model's name says of its generation.

/// Major and minor version of a Gemini model, for example `(2, 5)`; `None` for names without one.
pub(super) fn version(model: &str) -> Option<(u32, u32)> {
    let (_, rest) = model.split_once("gemini-")?;
    let number = rest.split('-').next()?;
    let (major, minor) = number.split_once('.').unwrap_or((number, "0"));
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// Whether it is Gemini 3 or newer: thinking has levels, calls have ids, signatures are checked ("Gemini 3").
pub(super) fn is_third(model: &str) -> bool {
    version(model).is_some_and(|it| it >= (3, 0))
}

/// Whether answers can be asked for in JSON Schema (`responseJsonSchema`) and not only in Google's `Schema`.
pub(super) fn takes_json_schema(model: &str) -> bool {
    version(model).is_some_and(|it| it >= (2, 0))
}

/// Whether the model is of this size: `pro`, `flash`, `flash-lite`.
pub(super) fn is_sized(model: &str, size: &str) -> bool {
    model.contains(&format!("-{size}"))
}

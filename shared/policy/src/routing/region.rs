//! Where a deployment is, as far as its configuration says.

use serde_json::Value;

use crate::config::Deployment;

/// The continent of a deployment, `eu` or `us`: as `region_name` says, else by the region of its cloud. `None` when
/// neither tells, or for another continent.
#[must_use]
pub fn region(deployment: &Deployment) -> Option<&'static str> {
    let text = |name: &str| deployment.params.get(name).and_then(Value::as_str);
    let named = text("region_name").or_else(|| text("aws_region_name")).or_else(|| text("vertex_location"))?;
    let is_in = |start: &str| named.get(..start.len()).is_some_and(|it| it.eq_ignore_ascii_case(start));
    if is_in("eu") {
        Some("eu")
    } else if is_in("us") {
        Some("us")
    } else {
        None
    }
}

//! The address of Anthropic's own API.

use crate::Cx;

use crate::provider::claude::{Address, Delivery};

/// The deployment's base may end before `/v1`, in it, or be the whole address.
pub(super) fn find(cx: &Cx<'_>, delivery: Delivery) -> Address {
    let base = ["api_base", "base_url"].into_iter().find_map(|it| cx.params.get(it)?.as_str());
    let base = base.filter(|it| !it.is_empty()).unwrap_or(cx.provider.base_url).trim_end_matches('/');
    let url = if base.ends_with("/messages") {
        base.to_owned()
    } else if base.ends_with("/v1") {
        format!("{base}/messages")
    } else {
        format!("{base}/v1/messages")
    };
    let url = if delivery == Delivery::Count { format!("{url}/count_tokens") } else { url };
    Ok((url, cx.provider.auth.clone()))
}

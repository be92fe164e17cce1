//! What a provider's built-in tools cost: web search, maps, file search, code interpreter.

use provider_transform::Usage;
use rust_decimal::Decimal;

use crate::money::Usd;
use crate::prices::{self, Price, Unit};

use super::{Call, charge_known};

/// OpenAI and Azure, "Built-in tools": file search costs 2.50 dollars for a thousand calls.
const FILE_SEARCH_CALL: Decimal = Decimal::from_parts(25, 0, 0, false, 4);

/// Cost of the tools, and whether some of it is unknown.
pub(super) fn cost(price: &Price, usage: &Usage, call: &Call<'_>) -> (Usd, bool) {
    let tools = &call.tools;
    let charges = [
        (search_rate(price, call), searches(price, usage)),
        (price.standard(Unit::MapsQuery), tools.maps_queries),
        (file_search_rate(price), tools.file_search_calls),
        (code_interpreter_rate(price), tools.code_interpreter_sessions),
    ];
    let total = charges.iter().map(|(rate, count)| charge_known(*rate, Decimal::from(*count))).sum();
    (total, charges.iter().any(|(rate, count)| rate.is_none() && *count > 0))
}

fn search_rate(price: &Price, call: &Call<'_>) -> Option<Decimal> {
    let unit = match call.tools.search_context_size {
        Some("low") => Unit::SearchLow,
        Some("high") => Unit::SearchHigh,
        _ => Unit::SearchMedium,
    };
    price.standard(unit).or_else(|| price.standard(Unit::SearchMedium))
}

/// Searches to pay for: some providers bill every search, some a call that searched, Perplexity its answer.
fn searches(price: &Price, usage: &Usage) -> u64 {
    match price.provider() {
        "perplexity" => 0,
        "anthropic" | "vertex_ai-anthropic_models" | "groq" | "meta" => usage.web_search_requests,
        _ if price.search_per_query() => usage.web_search_requests,
        _ => usage.web_search_requests.min(1),
    }
}

fn file_search_rate(price: &Price) -> Option<Decimal> {
    let default = matches!(price.provider(), "openai" | "azure").then_some(FILE_SEARCH_CALL);
    price.standard(Unit::FileSearchCall).or(default)
}

fn code_interpreter_rate(price: &Price) -> Option<Decimal> {
    let own = price.standard(Unit::CodeInterpreterSession);
    own.or_else(|| prices::find(price.provider(), "container")?.price()?.standard(Unit::CodeInterpreterSession))
}

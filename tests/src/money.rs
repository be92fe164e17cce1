//! Amounts to their last digit, out of JSON.

use rust_decimal::Decimal;
use serde_json::Value;

use crate::Result;

/// The exact amount in a JSON number or text.
pub fn decimal(value: &Value) -> Result<Decimal> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        other => return Err(format!("{other} is no amount").into()),
    };
    let parsed = if text.contains(['e', 'E']) { Decimal::from_scientific(&text)? } else { text.parse()? };
    Ok(parsed.normalize())
}

/// The amount as a JSON number.
pub fn number(amount: Decimal) -> Result<Value> {
    Ok(serde_json::from_str(&amount.normalize().to_string())?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_every_spelling_of_a_number() {
        for value in [json!(8.75e-5), json!("0.0000875"), json!("0.00008750")] {
            assert_eq!(decimal(&value).unwrap().to_string(), "0.0000875", "{value}");
        }
        assert!(decimal(&json!(null)).is_err());
    }
}

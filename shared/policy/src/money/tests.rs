use rust_decimal::Decimal;

use super::Usd;

fn usd(text: &str) -> Usd {
    text.parse().unwrap()
}

#[test]
fn reads_and_writes_every_digit() {
    for (text, want) in [
        ("0", "0"),
        ("0.00081", "0.00081"),
        ("1.50", "1.5"),
        ("-3", "-3"),
        ("2.5e-7", "0.00000025"),
        ("1E3", "1000"),
        ("123456.123456789012345678", "123456.123456789012345678"),
    ] {
        assert_eq!(usd(text).to_string(), want);
        assert_eq!(serde_json::to_string(&usd(text)).unwrap(), want);
        assert_eq!(serde_json::from_str::<Usd>(text).unwrap(), usd(text));
        assert_eq!(serde_json::from_str::<Usd>(&format!("\"{text}\"")).unwrap(), usd(text));
    }
}

#[test]
fn reads_a_parsed_value() {
    let value = serde_json::json!({"spend": 0.25, "max": "10"});
    assert_eq!(serde_json::from_value::<Usd>(value["spend"].clone()).unwrap(), usd("0.25"));
    assert_eq!(serde_json::from_value::<Usd>(value["max"].clone()).unwrap(), usd("10"));
}

#[test]
fn refuses_what_is_not_a_number() {
    for text in ["", "abc", "NaN", "1.2.3", "$1"] {
        assert!(text.parse::<Usd>().is_err(), "{text}");
    }
    assert!(serde_json::from_str::<Usd>("true").is_err());
    assert!(serde_json::from_str::<Usd>("null").is_err());
}

#[test]
fn adds_without_drift() {
    let total: Usd = std::iter::repeat_n(usd("0.1"), 1000).sum();
    assert_eq!(total, usd("100"));
    assert_eq!(usd("0.3") - usd("0.1"), usd("0.2"));
    assert!(usd("0.1") < usd("0.11"));
}

#[test]
fn rounds_half_to_even_at_18_places() {
    assert_eq!(usd("0.0000000000000000005").rounded(), usd("0"));
    assert_eq!(usd("0.0000000000000000015").rounded(), usd("0.000000000000000002"));
    assert_eq!(usd("0.0000000000000000025").rounded(), usd("0.000000000000000002"));
}

#[test]
fn never_overflows() {
    let most = Usd::from_decimal(Decimal::MAX);
    assert_eq!(most + most, most);
    assert_eq!(-most - most, -most);
}

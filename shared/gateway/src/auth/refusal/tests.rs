use super::*;

#[test]
fn masks_all_but_the_ends_of_a_long_text() {
    for (text, shown) in [
        ("", "****"),
        ("secret", "****"),
        ("123456789012345", "****"),
        ("1234567890123456", "1234****3456"),
        ("ähnlich-wie-ein-schlüssel-é", "ähnl****el-é"),
    ] {
        assert_eq!(masked(text), shown, "{text}");
    }
}

#[test]
fn an_unknown_key_is_not_repeated() {
    let secret = "sk-0123456789abcdef";
    let error = unknown_key(secret, &Key::hash(secret));
    assert_eq!((error.status.as_u16(), error.kind), (401, "token_not_found_in_db"));
    assert!(!error.message.contains("0123456789"), "{}", error.message);
    assert!(error.message.contains(&Key::hash(secret)), "{}", error.message);
}

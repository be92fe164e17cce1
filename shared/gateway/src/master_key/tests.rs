use super::*;

#[test]
fn weak_keys() {
    for (key, weak) in [
        ("sk-1234", true),
        ("sk-12345678", true),
        ("sk-master-key", true),
        ("changeme", true),
        ("", true),
        ("sk-abcd", true),
        ("sk-abcde", false),
        ("sk-7c1f0a9be24d4d6f", false),
    ] {
        assert_eq!(MasterKey::is_weak(&Secret::new(key.to_owned())), weak, "{key}");
    }
}

#[test]
fn compares_the_whole_hash() {
    let key = MasterKey::new(&Secret::new("sk-7c1f0a9be24d4d6f".to_owned()));
    let hash = Key::hash("sk-7c1f0a9be24d4d6f");
    assert!(key.is(&hash));
    assert!(!key.is(&Key::hash("sk-7c1f0a9be24d4d6g")));
    assert!(!key.is("sk-7c1f0a9be24d4d6f"));
    assert!(!key.is(""));
    assert!(!key.is(hash.get(..63).unwrap()));
    assert!(!key.is(&format!("{hash}0")));
}

#[test]
fn does_not_show_itself() {
    let key = MasterKey::new(&Secret::new("sk-7c1f0a9be24d4d6f".to_owned()));
    assert!(!format!("{key:?}").contains("7c1f0a9be24d4d6f"));
}

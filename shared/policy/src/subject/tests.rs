use super::ModelNames;

#[test]
fn the_name_that_says_most_is_picked() {
    let check = |requested, group, names: &[&'static str], expected: Option<&str>| {
        let model = ModelNames { requested, group, provider: Some("openai") };
        assert_eq!(model.pick(names.iter().copied()), expected, "{requested} {group} {names:?}");
    };
    check("fast", "gpt-4o", &["gpt-4o", "fast"], Some("fast"));
    check("fast", "gpt-4o", &["gpt-4o", "*"], Some("gpt-4o"));
    check("openai/gpt-4o", "openai/gpt-4o", &["gpt-4o"], Some("gpt-4o"));
    check("gpt-4o", "gpt-4o", &["openai/gpt-4o"], None);
    check("gpt-4o", "gpt-4o", &["*", "openai/*", "openai/gpt-*", "azure/*"], Some("openai/gpt-*"));
    check("gpt-4o", "gpt-4o", &["gpt-*", "o3"], Some("gpt-*"));
    check("gpt-4o", "gpt-4o", &["o3", "azure/*"], None);
    check("gpt-4o", "gpt-4o", &[], None);
}

use super::*;

fn check(models: &[&str], address: &str, key: KeySource, data_dir: Option<&str>, parts: &[&str]) {
    let models: Vec<String> = models.iter().map(|it| (*it).to_owned()).collect();
    let text = text(&models, address.parse().unwrap(), key, data_dir.map(Path::new));
    for part in parts {
        assert!(text.contains(part), "{part:?} in\n{text}");
    }
}

#[test]
fn the_line_to_paste_names_a_model_that_exists() {
    let hello = r#"-d '{"model":"demo","messages":[{"role":"user","content":"Hello"}]}'"#;
    check(&["openai/*", "demo"], "127.0.0.1:4000", KeySource::Default, None, &[hello, "sk-1234", "in memory"]);
    check(&["it's"], "127.0.0.1:4000", KeySource::Default, None, &[r#""model":"it'\''s""#]);
}

#[test]
fn a_key_that_somebody_set_is_not_shown() {
    let expected =
        ["from LITELLM_MASTER_KEY", "Bearer $LITELLM_MASTER_KEY", "curl http://127.0.0.1:80/", "kept in /data"];
    check(&[], "0.0.0.0:80", KeySource::Environment, Some("/data"), &expected);
}

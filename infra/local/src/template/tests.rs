use super::*;

fn template() -> Template {
    Template::parse(TEMPLATE).unwrap()
}

#[test]
fn every_function_has_a_trigger() {
    for function in template().functions {
        let kinds = [!function.routes.is_empty(), !function.sources.is_empty(), !function.schedules.is_empty()];
        assert_eq!(kinds.iter().filter(|it| **it).count(), 1, "{} has one kind of trigger", function.name);
    }
}

#[test]
fn every_function_is_a_crate_of_the_same_name() {
    for function in template().functions {
        let words = function.name.strip_suffix("Function").unwrap();
        let kebab: String = words
            .char_indices()
            .map(|(at, it)| {
                let dash = if at > 0 && it.is_uppercase() { "-" } else { "" };
                format!("{dash}{}", it.to_lowercase())
            })
            .collect();
        let manifest = format!("{}/../../functions/{kebab}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
        assert!(std::path::Path::new(&manifest).exists(), "{} has no {manifest}", function.name);
    }
}

#[test]
fn streaming_routes_are_allowed_as_long_as_their_function() {
    let template = template();
    let chat = template.functions.iter().find(|it| it.name == "ChatCompletionsFunction").unwrap();
    assert_eq!(chat.timeout, Duration::from_secs(900));
    let route = Route { method: Method::POST, path: "/v1/chat/completions".to_owned(), streams: true };
    assert!(chat.routes.contains(&route));
}

#[test]
fn the_spend_queue_outlives_its_consumer_and_has_dead_letters() {
    let template = template();
    let writer = template.functions.iter().find(|it| it.name == "SpendWriterFunction").unwrap();
    let source = &writer.sources[0];
    let queue = template.queues.iter().find(|it| it.name == source.queue).unwrap();
    assert!(queue.visibility >= writer.timeout * 6);
    let redrive = queue.redrive.as_ref().unwrap();
    assert!(template.queues.iter().any(|it| it.name == redrive.queue));
    assert!(source.batch_size <= 10 || source.window >= Duration::from_secs(1));
}

#[test]
fn tables_and_queues_reach_the_functions_by_name() {
    let template = template();
    let named: Vec<&str> = template.environment.iter().map(|(_, value)| value.as_str()).collect();
    for table in &template.tables {
        assert!(named.contains(&table.name.as_str()), "{}", table.name);
        assert_eq!(table.ttl.as_deref(), Some("ttl"));
        assert_eq!(table.create["TableName"], table.name.as_str());
    }
    assert!(template.environment.contains(&("SPEND_QUEUE_URL".to_owned(), "SpendQueue".to_owned())));
}

#[test]
fn rates() {
    for (expression, seconds) in [
        ("rate(1 minute)", Some(60)),
        ("rate(10 minutes)", Some(600)),
        ("rate(2 hours)", Some(7200)),
        ("rate(1 day)", Some(86_400)),
        ("rate(0 minutes)", None),
        ("rate(5 weeks)", None),
        ("cron(0 0 * * ? *)", None),
    ] {
        assert_eq!(rate(expression), seconds.map(Duration::from_secs), "{expression}");
    }
}

#[test]
fn a_method_left_open_is_refused() {
    let open = TEMPLATE.replacen("Method: POST", "Method: ANY", 1);
    assert!(matches!(Template::parse(&open), Err(TemplateError::Unsupported { what: "Method", .. })));
}

use policy::routing::{FailureClass, Origin};

use super::*;

fn failure(retry_after: Option<f64>) -> Failure {
    Failure { class: FailureClass::RateLimit, status: 429, origin: Origin::Provider, retry_after }
}

fn deployment(id: &str) -> Deployment {
    Deployment { id: id.to_owned(), ..Deployment::default() }
}

#[test]
fn a_deployment_rests_alone_and_for_a_while() {
    let (cooldowns, rules) = (Cooldowns::default(), Rules::default());
    cooldowns.called("a");
    assert!(!cooldowns.rests("a"));
    cooldowns.failed(&rules, &deployment("a"), &failure(Some(0.05)), 1);
    assert!(cooldowns.rests("a"));
    assert!(cooldowns.rest_left("a").unwrap() <= Duration::from_millis(50));
    assert!(!cooldowns.rests("b"));
    std::thread::sleep(Duration::from_millis(60));
    assert!(!cooldowns.rests("a"));
    assert_eq!(cooldowns.rest_left("a"), None);
}

#[test]
fn the_last_one_awake_stays_awake() {
    let cooldowns = Cooldowns::default();
    cooldowns.failed(&Rules::default(), &deployment("a"), &failure(None), 0);
    assert!(!cooldowns.rests("a"));
}

#[test]
fn failures_are_counted_against_calls() {
    let (cooldowns, rules) = (Cooldowns::default(), Rules::default());
    let broken = Failure { class: FailureClass::InternalServer, status: 500, ..failure(None) };
    for _ in 0..4 {
        cooldowns.called("a");
        cooldowns.failed(&rules, &deployment("a"), &broken, 1);
        assert!(!cooldowns.rests("a"));
    }
    cooldowns.called("a");
    cooldowns.failed(&rules, &deployment("a"), &broken, 1);
    assert!(cooldowns.rests("a"));
    // Half of the calls is not most of them.
    for number in 0..10 {
        cooldowns.called("b");
        if number % 2 == 1 {
            cooldowns.failed(&rules, &deployment("b"), &broken, 1);
        }
    }
    assert!(!cooldowns.rests("b"));
}

#[test]
fn a_new_minute_counts_anew() {
    let mut record = Record::new();
    (record.calls, record.failures) = (9, 9);
    record.turn_minute();
    assert_eq!((record.calls, record.failures), (9, 9));
    if let Some(earlier) = Instant::now().checked_sub(MINUTE) {
        record.minute = earlier;
        record.turn_minute();
        assert_eq!((record.calls, record.failures), (0, 0));
    }
}

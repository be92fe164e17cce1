use super::*;

fn known(spend: &str) -> Known {
    Known::new(Key::default(), spend.parse().unwrap())
}

#[test]
fn remembers_until_the_time_is_over() {
    let cache = KeyCache::new(0.05);
    assert!(cache.get("a").is_none());
    cache.put("a", known("1"));
    assert!(cache.get("a").is_some());
    assert!(cache.get("b").is_none());
    std::thread::sleep(Duration::from_millis(60));
    assert!(cache.get("a").is_none());
}

#[test]
fn forgets_on_request_and_takes_the_newest() {
    let cache = KeyCache::new(60.0);
    cache.put("a", known("1"));
    cache.put("a", known("2"));
    assert_eq!(cache.get("a").unwrap().spend(), "2".parse().unwrap());
    cache.forget("a");
    assert!(cache.get("a").is_none());
}

#[test]
fn times_that_make_no_sense_remember_nothing() {
    for seconds in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let cache = KeyCache::new(seconds);
        cache.put("a", known("1"));
        assert!(cache.get("a").is_none(), "{seconds}");
    }
}

#[test]
fn never_holds_more_than_its_most() {
    let cache = KeyCache::new(60.0);
    for number in 0..=MOST {
        cache.put(&number.to_string(), known("0"));
    }
    assert!(cache.entries.lock().unwrap().len() <= MOST);
    assert!(cache.get(&MOST.to_string()).is_some());
}

#[test]
fn spend_grows_for_everyone_who_holds_the_key() {
    let cache = KeyCache::new(60.0);
    let held = cache.put("a", known("0.1"));
    cache.get("a").unwrap().add_spend("0.2".parse().unwrap());
    assert_eq!(held.spend(), "0.3".parse().unwrap());
}

use super::*;

#[test]
fn remembers_until_the_time_is_over() {
    let memory = Memory::new(0.05);
    assert!(memory.get("a").is_none());
    memory.put("a", 1);
    assert!(memory.get("a").is_some());
    assert!(memory.get("b").is_none());
    std::thread::sleep(Duration::from_millis(60));
    assert!(memory.get("a").is_none());
}

#[test]
fn forgets_on_request_and_takes_the_newest() {
    let memory = Memory::new(60.0);
    memory.put("a", 1);
    memory.put("a", 2);
    memory.put("b", 3);
    assert_eq!(*memory.get("a").unwrap(), 2);
    memory.forget("a");
    assert!(memory.get("a").is_none());
    memory.forget_all();
    assert!(memory.get("b").is_none());
}

#[test]
fn times_that_make_no_sense_remember_nothing() {
    for seconds in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let memory = Memory::new(seconds);
        memory.put("a", 1);
        assert!(memory.get("a").is_none(), "{seconds}");
    }
}

#[test]
fn never_holds_more_than_its_most() {
    let memory = Memory::new(60.0);
    for number in 0..=MOST {
        memory.put(&number.to_string(), number);
    }
    assert!(memory.entries.lock().unwrap().len() <= MOST);
    assert!(memory.get(&MOST.to_string()).is_some());
}

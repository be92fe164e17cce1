//! Recorded costs: every row of `data/cost.jsonl`, compared to the last digit that a float carries.

#[cfg(test)]
mod row;

#[test]
fn recorded_costs() {
    let rows: Vec<serde_json::Value> =
        include_str!("data/cost.jsonl").lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let comparable: Vec<_> = rows.iter().filter(|row| row["quirk"] != true).collect();
    let wrong: Vec<String> = comparable.iter().filter_map(|row| row::check(row).err()).collect();
    assert!(wrong.is_empty(), "{} of {} rows differ:\n{}", wrong.len(), comparable.len(), wrong.join("\n"));
    assert!(comparable.len() > 1000, "only {} rows", comparable.len());
}

/// What the recorded cost leaves out must not look free.
#[test]
fn rows_recorded_as_free_by_mistake_are_marked() {
    for line in include_str!("data/cost.jsonl").lines() {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let breakdown = row::breakdown(&row).unwrap();
        let listed_free = row::price(&row).unwrap().is_free();
        if row["quirk"] == true {
            assert!(breakdown.unpriced || !breakdown.total.is_zero() || listed_free, "{}", row["id"]);
        } else {
            assert!(!breakdown.unpriced, "{}", row["id"]);
        }
    }
}

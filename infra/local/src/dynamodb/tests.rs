use super::*;
use crate::testing::{Folder, template};

fn run<T: serde::de::DeserializeOwned>(body: Value) -> T {
    T::deserialize(body).unwrap()
}

#[test]
fn a_file_of_an_earlier_version_gains_the_indexes_it_lacks() {
    let folder = Folder::new();
    let path = folder.path().join("tables.db");
    let now = template().tables;
    let mut before = template().tables;
    let table = before.iter_mut().find(|it| it.name == "EntitiesTable").unwrap();
    let indexes = table.create["GlobalSecondaryIndexes"].as_array_mut().unwrap();
    indexes.retain(|it| it["IndexName"] == "by_owner");
    table.create["AttributeDefinitions"] =
        json!(["pk", "sk", "owner", "created"].map(|name| { json!({"AttributeName": name, "AttributeType": "S"}) }));

    let database = open(Some(&path), &before).unwrap();
    let item = json!({"pk": {"S": "KEY#1"}, "sk": {"S": "KEY"}, "kind": {"S": "KEY"}, "created": {"S": "2026"}});
    database.put_item(run(json!({"TableName": "EntitiesTable", "Item": item}))).unwrap();
    drop(database);

    let database = open(Some(&path), &now).unwrap();
    let query = json!({
        "TableName": "EntitiesTable",
        "IndexName": "by_kind",
        "KeyConditionExpression": "kind = :kind",
        "ExpressionAttributeValues": {":kind": {"S": "KEY"}},
    });
    assert_eq!(database.query(run(query)).unwrap().count, 1);
    let described = database.describe_table(run(json!({"TableName": "EntitiesTable"}))).unwrap().table;
    assert_eq!(described.global_secondary_indexes.unwrap().len(), 3);
}

use crate::testing::{Folder, aws, dynamodb};
use aws_sdk_dynamodb::types::AttributeValue;

#[tokio::test]
async fn the_tables_of_the_template_are_there_and_keep_their_items() {
    let folder = Folder::new();
    {
        let aws = aws(Some(&folder));
        let client = dynamodb(&aws);
        let tables = client.list_tables().send().await.unwrap();
        assert_eq!(tables.table_names(), ["CacheTable", "CountersTable", "EntitiesTable", "SpendTable"]);
        let ttl = client.describe_time_to_live().table_name("SpendTable").send().await.unwrap();
        assert_eq!(ttl.time_to_live_description().unwrap().attribute_name(), Some("ttl"));
        let item = client.put_item().table_name("EntitiesTable");
        let item = item.item("pk", AttributeValue::S("KEY#1".into())).item("sk", AttributeValue::S("KEY".into()));
        let item = item.item("owner", AttributeValue::S("USER#1".into()));
        item.item("created", AttributeValue::S("2026".into())).send().await.unwrap();
    }
    let aws = aws(Some(&folder));
    let query = dynamodb(&aws).query().table_name("EntitiesTable").index_name("by_owner");
    let query = query.key_condition_expression("#o = :o").expression_attribute_names("#o", "owner");
    let found = query.expression_attribute_values(":o", AttributeValue::S("USER#1".into())).send().await.unwrap();
    assert_eq!(found.count(), 1);
}

//! A store of its own for each test: the real client libraries against an embedded DynamoDB over its wire protocol, and
//! a queue that keeps what it gets.
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

mod meter;

use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

pub use self::meter::Load;
use self::meter::Meter;
#[cfg(test)]
use crate::attributes::Item;
use crate::{Names, Store};

/// A store, and what it does to the outside.
#[derive(Debug)]
pub struct Local {
    /// The store.
    pub store: Store,
    meter: Meter,
    endpoint: String,
    sent: Arc<Mutex<Vec<String>>>,
}

/// An index of keys: its name, partition key and sort key.
type Index = (&'static str, &'static str, &'static str);

/// The tables as the template makes them.
const TABLES: [(&str, &[Index]); 4] = [
    ("entities", &[("by_owner", "owner", "created"), ("by_kind", "kind", "created"), ("by_due", "due", "due_at")]),
    ("counters", &[("by_due", "due", "pk")]),
    (
        "spend",
        &[
            ("by_entity", "entity", "started"),
            ("by_user", "row_user", "started"),
            ("by_team", "row_team", "started"),
            ("by_end_user", "row_end_user", "started"),
            ("by_session", "row_session", "started"),
            ("by_request", "request_id", "started"),
            ("by_day", "day", "started"),
        ],
    ),
    ("cache", &[]),
];

/// A new store with empty tables.
pub async fn local() -> Local {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let dynamo = format!("http://{}", listener.local_addr().unwrap());
    let database = dynoxide::Database::memory().unwrap();
    detach(dynoxide::server::serve_on(listener, database));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let queue = format!("http://{}", listener.local_addr().unwrap());
    let sent = Arc::new(Mutex::new(Vec::new()));
    detach(serve_queue(listener, Arc::clone(&sent)));

    let names = Names {
        entities: "entities".to_owned(),
        counters: "counters".to_owned(),
        spend: "spend".to_owned(),
        cache: "cache".to_owned(),
        spend_queue_url: format!("{queue}/000000000000/spend"),
    };
    let meter = Meter::default();
    let mut store = Store::new(&config(&queue), names);
    let counted = aws_sdk_dynamodb::config::Builder::from(&config(&dynamo)).interceptor(meter.clone());
    // A busy machine is not an outage.
    store.patience = Duration::from_secs(60);
    store.dynamo = aws_sdk_dynamodb::Client::from_conf(counted.build());
    for (name, indexes) in TABLES {
        create(&store.dynamo, name, indexes).await;
    }
    meter.take();
    Local { store, meter, endpoint: dynamo, sent }
}

impl Local {
    /// DynamoDB calls since this was last asked.
    pub fn calls(&self) -> usize {
        self.load().requests
    }

    /// What was asked of DynamoDB since this was last asked.
    pub fn load(&self) -> Load {
        self.meter.take()
    }

    /// Where DynamoDB's protocol is spoken.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// What the queue got.
    pub fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap().clone()
    }

    /// Everything in a table; not counted as a call.
    #[cfg(test)]
    pub(crate) async fn items(&self, table: &str) -> Vec<Item> {
        let found = self.store.dynamo.scan().table_name(table).send().await.unwrap();
        self.meter.forgive();
        found.items.unwrap_or_default()
    }
}

/// Lets something run beside the test.
#[expect(clippy::disallowed_methods, reason = "a test has no invocation to outlive")]
pub(crate) fn detach<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
    tokio::spawn(task)
}

/// A configuration that leads to `endpoint`.
pub fn config(endpoint: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(10)))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

async fn create(dynamo: &aws_sdk_dynamodb::Client, name: &str, indexes: &[Index]) {
    let mut attributes = vec!["pk", "sk"];
    let mut request = dynamo.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (index, partition, sort) in indexes {
        attributes.extend([partition, sort]);
        let index = GlobalSecondaryIndex::builder()
            .index_name(*index)
            .set_key_schema(Some(schema(partition, sort)))
            .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build());
        request = request.global_secondary_indexes(index.build().unwrap());
    }
    attributes.sort_unstable();
    attributes.dedup();
    let definitions = attributes.into_iter().map(|name| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap()
    });
    let request =
        request.set_key_schema(Some(schema("pk", "sk"))).set_attribute_definitions(Some(definitions.collect()));
    request.send().await.unwrap();
}

fn schema(partition: &str, sort: &str) -> Vec<KeySchemaElement> {
    [(partition, KeyType::Hash), (sort, KeyType::Range)]
        .into_iter()
        .map(|(name, kind)| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap())
        .collect()
}

async fn serve_queue(listener: TcpListener, sent: Arc<Mutex<Vec<String>>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        detach(serve_connection(stream, Arc::clone(&sent)));
    }
}

/// Answers every `SendMessage` and `SendMessageBatch`.
async fn serve_connection(mut stream: TcpStream, sent: Arc<Mutex<Vec<String>>>) {
    let mut buffer = Vec::new();
    loop {
        let mut chunk = [0; 4096];
        let Ok(read @ 1..) = stream.read(&mut chunk).await else { return };
        buffer.extend_from_slice(&chunk[..read]);
        let Some(end) = buffer.windows(4).position(|bytes| bytes == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().trim();
        let total = end + 4 + length.parse::<usize>().unwrap();
        if buffer.len() < total {
            continue;
        }
        let body: serde_json::Value = serde_json::from_slice(&buffer[end + 4..total]).unwrap();
        assert!(head.contains("x-amz-target: amazonsqs.sendmessage"), "{head}");
        let text = |message: &serde_json::Value| message["MessageBody"].as_str().unwrap().to_owned();
        let answer = match body["Entries"].as_array() {
            None => {
                sent.lock().unwrap().push(text(&body));
                r#"{"MessageId":"1"}"#.to_owned()
            }
            Some(entries) => {
                sent.lock().unwrap().extend(entries.iter().map(text));
                let taken = entries
                    .iter()
                    .map(|it| serde_json::json!({"Id": it["Id"], "MessageId": "1", "MD5OfMessageBody": "of the body"}));
                serde_json::json!({"Successful": taken.collect::<Vec<_>>(), "Failed": []}).to_string()
            }
        };
        buffer.drain(..total);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: ";
        stream.write_all(format!("{head}{}\r\n\r\n{answer}", answer.len()).as_bytes()).await.unwrap();
    }
}

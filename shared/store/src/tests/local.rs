//! A store of its own for each test.

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use aws_config::SdkConfig;
use aws_sdk_dynamodb::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_dynamodb::config::{
    BehaviorVersion, ConfigBag, Credentials, Intercept, Region, RuntimeComponents, SharedCredentialsProvider,
};
use aws_sdk_dynamodb::error::BoxError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::attributes::Item;
use crate::{Names, Store};

/// A store, and what it does to the outside.
pub(super) struct Local {
    pub(super) store: Store,
    calls: Arc<AtomicUsize>,
    sent: Arc<Mutex<Vec<String>>>,
}

/// An index: its name, partition key, sort key, and whether it holds keys only.
type Index = (&'static str, &'static str, &'static str, bool);

/// The tables as the template makes them.
const TABLES: [(&str, &[Index]); 4] = [
    (
        "entities",
        &[
            ("by_owner", "owner", "created", false),
            ("by_kind", "kind", "created", false),
            ("by_due", "due", "due_at", false),
        ],
    ),
    ("counters", &[("by_due", "due", "pk", true)]),
    (
        "spend",
        &[
            ("by_entity", "entity", "started", true),
            ("by_request", "request_id", "started", true),
            ("by_day", "day", "started", true),
        ],
    ),
    ("cache", &[]),
];

pub(super) async fn local() -> Local {
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
    let calls = Arc::new(AtomicUsize::new(0));
    let mut store = Store::new(&config(&queue), names);
    let counted = aws_sdk_dynamodb::config::Builder::from(&config(&dynamo))
        .retry_config(crate::retries())
        .timeout_config(crate::timeouts())
        .interceptor(Counter(Arc::clone(&calls)));
    store.dynamo = aws_sdk_dynamodb::Client::from_conf(counted.build());
    for (name, indexes) in TABLES {
        create(&store.dynamo, name, indexes).await;
    }
    calls.store(0, Ordering::SeqCst);
    Local { store, calls, sent }
}

impl Local {
    /// DynamoDB calls since this was last asked.
    pub(super) fn calls(&self) -> usize {
        self.calls.swap(0, Ordering::SeqCst)
    }

    /// What the queue got.
    pub(super) fn sent(&self) -> Vec<String> {
        self.sent.lock().unwrap().clone()
    }

    pub(super) async fn items(&self, table: &str) -> Vec<Item> {
        let found = self.store.dynamo.scan().table_name(table).send().await.unwrap();
        self.calls.fetch_sub(1, Ordering::SeqCst);
        found.items.unwrap_or_default()
    }
}

/// Lets something run beside the test.
#[expect(clippy::disallowed_methods, reason = "a test has no invocation to outlive")]
pub(super) fn detach<T: Send + 'static>(task: impl Future<Output = T> + Send + 'static) -> tokio::task::JoinHandle<T> {
    tokio::spawn(task)
}

pub(super) fn config(endpoint: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test")))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .build()
}

async fn create(dynamo: &aws_sdk_dynamodb::Client, name: &str, indexes: &[Index]) {
    let mut attributes = vec!["pk", "sk"];
    let mut request = dynamo.create_table().table_name(name).billing_mode(BillingMode::PayPerRequest);
    for (index, partition, sort, keys_only) in indexes {
        attributes.extend([partition, sort]);
        let kind = if *keys_only { ProjectionType::KeysOnly } else { ProjectionType::All };
        let index = GlobalSecondaryIndex::builder()
            .index_name(*index)
            .set_key_schema(Some(schema(partition, sort)))
            .projection(Projection::builder().projection_type(kind).build());
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

#[derive(Debug)]
struct Counter(Arc<AtomicUsize>);

impl Intercept for Counter {
    fn name(&self) -> &'static str {
        "counter"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

async fn serve_queue(listener: TcpListener, sent: Arc<Mutex<Vec<String>>>) {
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        detach(serve_connection(stream, Arc::clone(&sent)));
    }
}

/// Answers every `SendMessage`.
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
        sent.lock().unwrap().push(body["MessageBody"].as_str().unwrap().to_owned());
        buffer.drain(..total);
        let answer = r#"{"MessageId":"1"}"#;
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\ncontent-length: ";
        stream.write_all(format!("{head}{}\r\n\r\n{answer}", answer.len()).as_bytes()).await.unwrap();
    }
}

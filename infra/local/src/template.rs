//! What `template.yaml` says about functions, routes, tables, queues and schedules. Deploys nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use http::Method;
use serde::Deserialize;
use serde_json::Value;

/// The template that this server was built with.
pub const TEMPLATE: &str = include_str!("../../../template.yaml");

/// Everything of the template that runs on one machine.
#[derive(Debug)]
pub struct Template {
    /// Functions by the order of their names.
    pub functions: Vec<Function>,
    /// Tables by the order of their names.
    pub tables: Vec<Table>,
    /// Queues by the order of their names.
    pub queues: Vec<Queue>,
    /// Environment variables of every function whose value is a reference to a resource, with that resource's name.
    pub environment: Vec<(String, String)>,
}

/// One function and what calls it.
#[derive(Debug)]
pub struct Function {
    /// The resource's name.
    pub name: String,
    /// How long one invocation may take.
    pub timeout: Duration,
    /// What it answers.
    pub routes: Vec<Route>,
    /// Queues that it consumes.
    pub sources: Vec<Source>,
    /// How often each of its schedules fires.
    pub schedules: Vec<Duration>,
}

/// One route of a function.
#[derive(Debug, PartialEq, Eq)]
pub struct Route {
    /// The HTTP method.
    pub method: Method,
    /// The path template, such as `/key/{key}/regenerate`.
    pub path: String,
    /// Whether its answers may stream.
    pub streams: bool,
}

/// A queue that feeds a function.
#[derive(Debug, Clone)]
pub struct Source {
    /// The queue's resource name.
    pub queue: String,
    /// Most messages in one invocation.
    pub batch_size: usize,
    /// Longest wait for a batch to fill.
    pub window: Duration,
    /// Most invocations at a time.
    pub concurrency: usize,
}

/// One table.
#[derive(Debug)]
pub struct Table {
    /// The resource's name, which is the table's name here.
    pub name: String,
    /// DynamoDB's `CreateTable` request.
    pub create: Value,
    /// The attribute that says when an item expires.
    pub ttl: Option<String>,
}

/// One queue.
#[derive(Debug, Clone)]
pub struct Queue {
    /// The resource's name, which is the queue's name here.
    pub name: String,
    /// How long a received message stays hidden.
    pub visibility: Duration,
    /// How long a message is kept.
    pub retention: Duration,
    /// Where messages go that were received too often.
    pub redrive: Option<Redrive>,
}

/// When a message counts as undeliverable, and where it goes then.
#[derive(Debug, Clone)]
pub struct Redrive {
    /// The dead-letter queue's name.
    pub queue: String,
    /// Receipts after which a message is moved.
    pub max_receives: u32,
}

/// Why the template cannot be run here.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// Not YAML, or not the shape of a template.
    #[error("reading template.yaml")]
    Yaml(#[from] serde_saphyr::Error),
    /// A resource's properties are not what this server understands.
    #[error("reading the properties of {resource} in template.yaml")]
    Properties {
        /// The resource's name.
        resource: String,
        /// What is wrong.
        #[source]
        source: serde_json::Error,
    },
    /// Something is written in a way that this server does not understand.
    #[error("{what} of {resource} in template.yaml is not understood: {value}")]
    Unsupported {
        /// The resource's name.
        resource: String,
        /// Which of its properties.
        what: &'static str,
        /// As written.
        value: String,
    },
}

impl Template {
    /// Reads a template. Intrinsic functions are read as their argument: `!Ref Queue` as `Queue`.
    ///
    /// # Errors
    /// When it is not a template or uses something that cannot be run here.
    pub fn parse(yaml: &str) -> Result<Self, TemplateError> {
        let document: Document = serde_saphyr::from_str(yaml)?;
        let mut template =
            Self { functions: Vec::new(), tables: Vec::new(), queues: Vec::new(), environment: Vec::new() };
        for (name, resource) in &document.resources {
            match resource.kind.as_str() {
                "AWS::Serverless::Function" => {
                    template.functions.push(function(name, resource, document.globals.function.timeout)?);
                }
                "AWS::DynamoDB::Table" => template.tables.push(table(name, resource)?),
                "AWS::SQS::Queue" => template.queues.push(queue(name, resource)?),
                _ => {}
            }
        }
        let variables = document.globals.function.environment.variables;
        template.environment = variables
            .into_iter()
            .filter_map(|(name, value)| Some((name, value.as_str()?.to_owned())))
            .filter(|(_, value)| {
                template.tables.iter().any(|it| it.name == *value) || template.queues.iter().any(|it| it.name == *value)
            })
            .collect();
        Ok(template)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Document {
    globals: Globals,
    resources: BTreeMap<String, Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Globals {
    function: FunctionDefaults,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FunctionDefaults {
    timeout: u64,
    environment: Environment,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Environment {
    variables: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    #[serde(rename = "Type")]
    kind: String,
    #[serde(default)]
    properties: Value,
}

impl Resource {
    fn read<T: serde::de::DeserializeOwned>(&self, name: &str) -> Result<T, TemplateError> {
        T::deserialize(&self.properties)
            .map_err(|source| TemplateError::Properties { resource: name.to_owned(), source })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FunctionProperties {
    timeout: Option<u64>,
    #[serde(default)]
    events: BTreeMap<String, Event>,
}

#[derive(Deserialize)]
#[serde(tag = "Type", content = "Properties")]
enum Event {
    Api {
        #[serde(rename = "Path")]
        path: String,
        #[serde(rename = "Method")]
        method: String,
        #[serde(rename = "ResponseTransferMode")]
        mode: Option<String>,
    },
    #[serde(rename = "SQS", rename_all = "PascalCase")]
    Sqs {
        queue: String,
        batch_size: Option<usize>,
        maximum_batching_window_in_seconds: Option<u64>,
        scaling_config: Option<ScalingConfig>,
    },
    #[serde(rename_all = "PascalCase")]
    ScheduleV2 { schedule_expression: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ScalingConfig {
    maximum_concurrency: usize,
}

fn function(name: &str, resource: &Resource, default_timeout: u64) -> Result<Function, TemplateError> {
    let properties: FunctionProperties = resource.read(name)?;
    let unsupported =
        |what, value: &str| TemplateError::Unsupported { resource: name.to_owned(), what, value: value.to_owned() };
    let mut function = Function {
        name: name.to_owned(),
        timeout: Duration::from_secs(properties.timeout.unwrap_or(default_timeout)),
        routes: Vec::new(),
        sources: Vec::new(),
        schedules: Vec::new(),
    };
    for event in properties.events.into_values() {
        match event {
            Event::Api { path, method, mode } => {
                let upper = method.to_ascii_uppercase();
                let method = match upper.as_str() {
                    // The template lists methods one by one; emulators refuse ANY.
                    "ANY" => return Err(unsupported("Method", &method)),
                    known => Method::from_bytes(known.as_bytes()).map_err(|_| unsupported("Method", &method))?,
                };
                let streams = mode.is_some_and(|it| it == "RESPONSE_STREAM");
                function.routes.push(Route { method, path, streams });
            }
            Event::Sqs { queue, batch_size, maximum_batching_window_in_seconds, scaling_config } => {
                function.sources.push(Source {
                    queue: resource_of(&queue).to_owned(),
                    // Lambda's own defaults.
                    batch_size: batch_size.unwrap_or(10),
                    window: Duration::from_secs(maximum_batching_window_in_seconds.unwrap_or(0)),
                    concurrency: scaling_config.map_or(5, |it| it.maximum_concurrency),
                });
            }
            Event::ScheduleV2 { schedule_expression } => {
                let every = rate(&schedule_expression)
                    .ok_or_else(|| unsupported("ScheduleExpression", &schedule_expression))?;
                function.schedules.push(every);
            }
        }
    }
    Ok(function)
}

/// The period of `rate(10 minutes)`; `None` for anything else.
fn rate(expression: &str) -> Option<Duration> {
    let (count, unit) = expression.strip_prefix("rate(")?.strip_suffix(')')?.split_once(' ')?;
    let seconds = match unit.trim_end_matches('s') {
        "minute" => 60,
        "hour" => 60 * 60,
        "day" => 24 * 60 * 60,
        _ => return None,
    };
    count.parse().ok().filter(|count| *count > 0).map(|count: u64| Duration::from_secs(count * seconds))
}

fn table(name: &str, resource: &Resource) -> Result<Table, TemplateError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Properties {
        time_to_live_specification: Option<TimeToLive>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct TimeToLive {
        attribute_name: String,
    }
    let properties: Properties = resource.read(name)?;
    // CloudFormation and CreateTable spell these alike.
    let same = ["AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode"];
    let mut create: serde_json::Map<String, Value> =
        same.iter().filter_map(|it| Some(((*it).to_owned(), resource.properties.get(it)?.clone()))).collect();
    create.insert("TableName".to_owned(), name.into());
    Ok(Table {
        name: name.to_owned(),
        create: create.into(),
        ttl: properties.time_to_live_specification.map(|it| it.attribute_name),
    })
}

fn queue(name: &str, resource: &Resource) -> Result<Queue, TemplateError> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Properties {
        visibility_timeout: Option<u64>,
        message_retention_period: Option<u64>,
        redrive_policy: Option<RedrivePolicy>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct RedrivePolicy {
        dead_letter_target_arn: String,
        max_receive_count: u32,
    }
    let properties: Properties = resource.read(name)?;
    Ok(Queue {
        name: name.to_owned(),
        // SQS's own defaults.
        visibility: Duration::from_secs(properties.visibility_timeout.unwrap_or(30)),
        retention: Duration::from_secs(properties.message_retention_period.unwrap_or(345_600)),
        redrive: properties.redrive_policy.map(|it| Redrive {
            queue: resource_of(&it.dead_letter_target_arn).to_owned(),
            max_receives: it.max_receive_count,
        }),
    })
}

/// The resource that `!GetAtt Queue.Arn` names.
fn resource_of(attribute: &str) -> &str {
    attribute.split_once('.').map_or(attribute, |(name, _)| name)
}

#[cfg(test)]
mod tests;

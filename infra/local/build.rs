//! Joins each function of the template to its crate's `handle`.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write;
use std::path::Path;

use serde::Deserialize;

const TEMPLATE: &str = "../../template.yaml";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Template {
    resources: BTreeMap<String, Resource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Resource {
    #[serde(rename = "Type")]
    kind: String,
    metadata: Option<Metadata>,
    #[serde(default)]
    properties: Properties,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    build_properties: BuildProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct BuildProperties {
    binary: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase")]
struct Properties {
    #[serde(default)]
    events: BTreeMap<String, Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    #[serde(rename = "Type")]
    kind: String,
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed={TEMPLATE}");
    let template: Template = serde_saphyr::from_str(&std::fs::read_to_string(TEMPLATE)?)?;
    let mut table = "static FUNCTIONS: &[(&str, Handler)] = &[\n".to_owned();
    for (name, resource) in template.resources {
        if resource.kind != "AWS::Serverless::Function" {
            continue;
        }
        let metadata = resource.metadata.ok_or_else(|| format!("{name} has no Metadata"))?;
        let library = metadata.build_properties.binary.replace('-', "_");
        let variant = variant(&name, &resource.properties)?;
        writeln!(table, "    ({name:?}, Handler::{variant}(|app, input| Box::pin({library}::handle(app, input)))),")?;
    }
    table.push_str("];\n");
    // Cargo sets it for every build script.
    #[expect(clippy::disallowed_methods, reason = "how cargo tells a build script where to write")]
    let folder = std::env::var_os("OUT_DIR").ok_or("OUT_DIR is not set")?;
    std::fs::write(Path::new(&folder).join("functions.rs"), table)?;
    Ok(())
}

/// Which kind of handler a function has, by what triggers it.
fn variant(name: &str, properties: &Properties) -> Result<&'static str, Box<dyn Error>> {
    let mut kinds: Vec<&str> = properties.events.values().map(|it| it.kind.as_str()).collect();
    kinds.dedup();
    match kinds.as_slice() {
        ["Api"] => Ok("Http"),
        ["SQS"] => Ok("Queue"),
        ["ScheduleV2"] => Ok("Schedule"),
        other => Err(format!("{name} must have events of one kind, which this server knows: {other:?}").into()),
    }
}

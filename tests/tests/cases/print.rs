//! JSON as a person would write it: on one line what fits on one.

use serde_json::Value;

const WIDTH: usize = 118;

pub(crate) fn print(value: &Value) -> String {
    let mut out = String::new();
    write(value, 0, 0, &mut out);
    out.push('\n');
    out
}

/// Writes a value; `taken` characters of its line are written already.
fn write(value: &Value, indent: usize, taken: usize, out: &mut String) {
    let line = one_line(value);
    let open = match value {
        Value::Array(items) if !items.is_empty() => true,
        Value::Object(fields) if !fields.is_empty() => true,
        _ => false,
    };
    if !open || (indent > 0 && taken + line.chars().count() <= WIDTH) {
        out.push_str(&line);
        return;
    }
    let inner = indent + 1;
    let brackets = if value.is_array() { ["[", "]"] } else { ["{", "}"] };
    let entries: Vec<(String, &Value)> = match value {
        Value::Array(items) => items.iter().map(|it| (String::new(), it)).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, it)| (format!("{}: ", Value::from(name.as_str())), it)).collect()
        }
        _ => Vec::new(),
    };
    out.push_str(brackets[0]);
    for (at, (name, value)) in entries.iter().enumerate() {
        out.push_str(if at == 0 { "\n" } else { ",\n" });
        let margin = "  ".repeat(inner);
        out.push_str(&margin);
        out.push_str(name);
        write(value, inner, margin.len() + name.chars().count() + 1, out);
    }
    out.push('\n');
    out.push_str(&"  ".repeat(indent));
    out.push_str(brackets[1]);
}

fn one_line(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(one_line).collect::<Vec<_>>().join(", ")),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, it)| format!("{}: {}", Value::from(name.as_str()), one_line(it)));
            format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

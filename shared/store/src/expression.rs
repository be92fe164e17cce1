//! Builds the expressions of one write, with placeholders for every name and value.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure, Update};

use crate::attributes::Item;

/// What to change in an item, and under which condition.
#[derive(Clone, Debug, Default)]
pub(crate) struct Expression {
    names: Vec<String>,
    values: Vec<AttributeValue>,
    set: Vec<String>,
    add: Vec<String>,
    remove: Vec<String>,
    conditions: Vec<String>,
}

impl Expression {
    /// The placeholder of an attribute; the same one for the same name.
    pub(crate) fn name(&mut self, attribute: &str) -> String {
        let index = self.names.iter().position(|known| known == attribute).unwrap_or_else(|| {
            self.names.push(attribute.to_owned());
            self.names.len() - 1
        });
        format!("#n{index}")
    }

    /// A placeholder that stands for the value.
    pub(crate) fn value(&mut self, value: AttributeValue) -> String {
        self.values.push(value);
        format!(":v{}", self.values.len() - 1)
    }

    /// Adds `path = operand` to what is set.
    pub(crate) fn set(&mut self, assignment: String) {
        self.set.push(assignment);
    }

    /// Sets an attribute to a value.
    pub(crate) fn assign(&mut self, attribute: &str, value: AttributeValue) {
        let assignment = format!("{} = {}", self.name(attribute), self.value(value));
        self.set.push(assignment);
    }

    /// Adds to a number, which begins at zero.
    pub(crate) fn add(&mut self, attribute: &str, amount: AttributeValue) {
        let addition = format!("{} {}", self.name(attribute), self.value(amount));
        self.add.push(addition);
    }

    /// Removes an attribute.
    pub(crate) fn remove(&mut self, attribute: &str) {
        let name = self.name(attribute);
        self.remove.push(name);
    }

    /// Adds a condition; all must hold.
    pub(crate) fn require(&mut self, condition: String) {
        self.conditions.push(condition);
    }

    pub(crate) fn update(&self) -> String {
        [("SET", &self.set), ("ADD", &self.add), ("REMOVE", &self.remove)]
            .iter()
            .filter(|(_, clauses)| !clauses.is_empty())
            .map(|(verb, clauses)| format!("{verb} {}", clauses.join(", ")))
            .collect::<Vec<_>>()
            .join(" ")
    }

    pub(crate) fn condition(&self) -> Option<String> {
        (!self.conditions.is_empty()).then(|| self.conditions.join(" AND "))
    }

    pub(crate) fn names(&self) -> Option<HashMap<String, String>> {
        let names = self.names.iter().enumerate().map(|(index, name)| (format!("#n{index}"), name.clone()));
        (!self.names.is_empty()).then(|| names.collect())
    }

    pub(crate) fn values(&self) -> Option<Item> {
        let values = self.values.iter().enumerate().map(|(index, value)| (format!(":v{index}"), value.clone()));
        (!self.values.is_empty()).then(|| values.collect())
    }

    /// The write as one action of a transaction; a failed condition shows the item.
    pub(crate) fn action(&self, table: &str, key: Item) -> Result<Update, BuildError> {
        Update::builder()
            .table_name(table)
            .set_key(Some(key))
            .update_expression(self.update())
            .set_condition_expression(self.condition())
            .set_expression_attribute_names(self.names())
            .set_expression_attribute_values(self.values())
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .build()
    }
}

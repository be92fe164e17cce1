//! Keeps state in DynamoDB and SQS; the only crate that knows an attribute name. Decides nothing.

//! Joins handlers to Lambda: application, identity, errors, replies, tracing. Holds no rule of policy or translation.

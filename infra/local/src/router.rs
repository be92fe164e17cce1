//! Finds the route of a path as API Gateway does: the most literal template wins.

use std::collections::HashMap;

use http::Method;
use percent_encoding::percent_decode_str;

/// Path templates with a target for each method.
#[derive(Debug)]
pub struct Router<T> {
    root: Node<T>,
}

/// What a router says about a method and path.
#[derive(Debug, PartialEq, Eq)]
pub enum Found<'a, T> {
    /// A route, with its path parameters percent-decoded.
    Route(&'a T, Vec<(String, String)>),
    /// The path exists, but with other methods.
    WrongMethod(Vec<Method>),
    /// No template matches the path.
    Nothing,
}

#[derive(Debug)]
struct Node<T> {
    literal: HashMap<String, Node<T>>,
    parameter: Option<Box<Node<T>>>,
    greedy: Option<Box<Node<T>>>,
    routes: Vec<Route<T>>,
}

#[derive(Debug)]
struct Route<T> {
    method: Method,
    // Routes that share a node may name its parameters differently.
    parameters: Vec<String>,
    target: T,
}

impl<T> Default for Node<T> {
    fn default() -> Self {
        Self { literal: HashMap::new(), parameter: None, greedy: None, routes: Vec::new() }
    }
}

impl<T> Default for Router<T> {
    fn default() -> Self {
        Self { root: Node::default() }
    }
}

impl<T> Router<T> {
    /// Adds a route such as `/key/{key}/regenerate` or `/models/{id+}`.
    pub fn add(&mut self, method: Method, path: &str, target: T) {
        let mut node = &mut self.root;
        let mut parameters = Vec::new();
        for segment in segments(path) {
            node = match segment.strip_prefix('{').and_then(|it| it.strip_suffix('}')) {
                Some(name) => match name.strip_suffix('+') {
                    Some(name) => {
                        parameters.push(name.to_owned());
                        node.greedy.get_or_insert_default()
                    }
                    None => {
                        parameters.push(name.to_owned());
                        node.parameter.get_or_insert_default()
                    }
                },
                None => node.literal.entry(segment.to_owned()).or_default(),
            };
        }
        node.routes.push(Route { method, parameters, target });
    }

    /// Finds the route of a path as the client wrote it, without the query.
    pub fn find(&self, method: &Method, path: &str) -> Found<'_, T> {
        let segments: Vec<&str> = segments(path).collect();
        let mut values = Vec::new();
        let Some(node) = self.root.find(&segments, &mut values) else { return Found::Nothing };
        let Some(route) = node.routes.iter().find(|it| it.method == *method) else {
            return Found::WrongMethod(node.routes.iter().map(|it| it.method.clone()).collect());
        };
        let values = values.iter().map(|it| percent_decode_str(it).decode_utf8_lossy().into_owned());
        Found::Route(&route.target, route.parameters.iter().cloned().zip(values).collect())
    }
}

impl<T> Node<T> {
    fn find(&self, path: &[&str], values: &mut Vec<String>) -> Option<&Self> {
        let Some((first, rest)) = path.split_first() else {
            return (!self.routes.is_empty()).then_some(self);
        };
        if let Some(found) = self.literal.get(*first).and_then(|it| it.find(rest, values)) {
            return Some(found);
        }
        if let Some(node) = self.parameter.as_ref().filter(|_| !first.is_empty()) {
            values.push((*first).to_owned());
            if let Some(found) = node.find(rest, values) {
                return Some(found);
            }
            values.pop();
        }
        let greedy = self.greedy.as_ref()?;
        values.push(path.join("/"));
        Some(greedy)
    }
}

/// The segments of a path; a slash at its end means nothing.
fn segments(path: &str) -> impl Iterator<Item = &str> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let path = path.strip_suffix('/').unwrap_or(path);
    path.split('/').filter(move |_| !path.is_empty())
}

#[cfg(test)]
mod tests;

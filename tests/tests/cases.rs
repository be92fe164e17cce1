//! Functions as a whole: the real handlers in process, over the embedded tables and queue, with a provider on loopback.
//! What is called and what must come of it stands in `tests/cases`.

#[cfg(test)]
mod cases {
    mod agree;
    mod bodies;
    mod case;
    #[path = "../../../shared/provider-transform/tests/conformance/compare.rs"]
    mod compare;
    mod escalation;
    mod house;
    mod log;
    mod masks;
    mod observed;
    mod print;
    mod recorded;
    mod roles;
    mod walk;
}

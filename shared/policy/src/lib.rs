//! Decides: keys, budgets, limits, routing, prices. Values in, decisions out; does no IO and reads no clock.
#![warn(missing_docs)]

pub mod access;
pub mod access_group;
pub mod answer;
pub mod budget;
pub mod budget_row;
pub mod config;
pub mod cost;
pub mod customer;
pub mod duration;
pub mod entity;
mod form;
pub mod jwt;
pub mod key;
pub mod limits;
pub mod member;
pub mod money;
pub mod organization;
pub mod page;
pub mod prices;
pub mod project;
pub mod request;
pub mod routing;
pub mod skill;
pub mod spend;
pub mod subject;
pub mod tag;
pub mod team;
pub mod user;
pub mod within;

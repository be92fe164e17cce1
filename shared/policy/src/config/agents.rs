//! `agent_list`, or `agents`: the programs that call models by themselves, and how fast they may.

use serde_json::Value;

use super::ConfigError;
use super::read::{Lookup, Setting, mapping, resolve, wrong_type};
use super::settings::settings;

settings! {
    /// A program that calls models by itself.
    pub struct Agent {
        /// Its id; the name where the configuration gives none.
        agent_id: String = String::new(),
        /// Its name.
        agent_name: String = String::new(),
        /// Tokens a window of all its calls.
        tpm_limit: Option<u64> = None,
        /// Requests a window of all its calls.
        rpm_limit: Option<u64> = None,
        /// Tokens a window of each of its sessions.
        session_tpm_limit: Option<u64> = None,
        /// Requests a window of each of its sessions.
        session_rpm_limit: Option<u64> = None,
    }
}

/// Reads the list at `path`, after `known`.
///
/// # Errors
/// [`ConfigError`] for a wrong type, an agent without a name, and two of one id.
pub(super) fn read_list(
    list: &Value,
    path: &str,
    known: &mut Vec<Agent>,
    env: Lookup<'_>,
    ignored: &mut Vec<String>,
) -> Result<(), ConfigError> {
    if list.is_null() {
        return Ok(());
    }
    for (index, entry) in list.as_array().ok_or_else(|| wrong_type(path, "a list", list))?.iter().enumerate() {
        let at = format!("{path}[{index}]");
        let mut agent = Agent::read(entry, &at, env, ignored)?;
        if agent.agent_id.is_empty() {
            agent.agent_id.clone_from(&agent.agent_name);
        }
        if agent.agent_id.is_empty() {
            return Err(ConfigError::Missing { path: format!("{at}.agent_name") });
        }
        if known.iter().any(|it| it.agent_id == agent.agent_id) {
            let reason = format!("there is another agent with the id {:?}", agent.agent_id);
            return Err(ConfigError::Invalid { path: at, reason });
        }
        known.push(agent);
    }
    Ok(())
}

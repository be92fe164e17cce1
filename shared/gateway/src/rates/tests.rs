use policy::config::Config;

use super::Rates;
use crate::Environment;

#[test]
fn variables() {
    let check = |window: &str, reservation: &str, failures: &str, expected: (u32, bool, u32)| {
        let env = Environment::isolated()
            .with("LITELLM_RATE_LIMIT_WINDOW_SIZE", window)
            .with("LITELLM_TPM_TOKEN_RESERVATION_ENABLED", reservation)
            .with("DYNAMIC_RATE_LIMIT_ERROR_THRESHOLD_PER_MINUTE", failures);
        let Rates { window, reserves_tokens, few_failures } = Rates::new(&Config::default(), &env);
        assert_eq!((window, reserves_tokens, few_failures), expected);
    };
    check("", "", "", (60, true, 1));
    check("10", "False", "0", (10, false, 0));
    check(" 3600 ", "true", "5", (3600, true, 5));
    check("0", "no", "-1", (60, true, 1));
    check("-1", "0", "many", (60, true, 1));
    check("1.5", "TRUE", "", (60, true, 1));
}

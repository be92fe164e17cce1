use policy::config::Config;

use super::Rates;
use crate::Environment;

#[test]
fn variables() {
    let check = |window: &str, reservation: &str, expected: (u32, bool)| {
        let env = Environment::isolated()
            .with("LITELLM_RATE_LIMIT_WINDOW_SIZE", window)
            .with("LITELLM_TPM_TOKEN_RESERVATION_ENABLED", reservation);
        let Rates { window, reserves_tokens } = Rates::new(&Config::default(), &env);
        assert_eq!((window, reserves_tokens), expected);
    };
    check("", "", (60, true));
    check("10", "False", (10, false));
    check(" 3600 ", "true", (3600, true));
    check("0", "no", (60, true));
    check("-1", "0", (60, true));
    check("1.5", "TRUE", (60, true));
}

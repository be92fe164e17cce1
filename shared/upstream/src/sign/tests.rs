use std::time::Duration;

use super::*;

/// "get-vanilla" of AWS's Signature Version 4 test suite.
#[test]
fn signs_as_the_test_suite_does() {
    let keys = AwsKeys::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", None, None, "test");
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160);
    let asked = Asked { method: "GET", url: "https://example.amazonaws.com/", headers: &[], body: b"" };
    let signed = sign(&keys, "service", "us-east-1", &asked, at).unwrap();
    let signed: Vec<_> = signed.iter().map(|(name, value)| (*name, value.expose())).collect();
    assert_eq!(
        signed,
        [
            ("x-amz-date", "20150830T123600Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
                 SignedHeaders=host;x-amz-date, \
                 Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
            ),
        ]
    );
}

#[test]
fn what_is_no_url_is_not_signed() {
    let keys = AwsKeys::new("AKIDEXAMPLE", "secret", None, None, "test");
    let asked = Asked { method: "GET", url: "no url", headers: &[], body: b"" };
    assert!(sign(&keys, "service", "us-east-1", &asked, SystemTime::UNIX_EPOCH).is_none());
}

use super::*;

#[test]
fn a_region_in_the_model_is_seen() {
    for (model, names) in [
        ("bedrock/us-east-1/anthropic.claude-v2", true),
        ("bedrock/us-gov-west-1/anthropic.claude-v2", true),
        ("bedrock/arn:aws:bedrock:eu-west-1:1:inference-profile/x", true),
        ("bedrock/us.anthropic.claude-sonnet-4-5-20250929-v1:0", false),
        ("bedrock/converse/anthropic.claude-3-5-sonnet-20240620-v1:0", false),
        ("bedrock/mistral.mixtral-8x7b-instruct-v0:1", false),
    ] {
        assert_eq!(names_region(model), names, "{model}");
    }
}

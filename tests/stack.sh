# The deployed stack on an AWS emulator that enforces the functions' IAM roles; sourced by tests/deploy and tests/sam-local.
# Needs what tests/build left. Gives AWS_ENDPOINT_URL, STANDIN_URL, STACK, architecture, and a scratch folder $work.

root=$PWD work=$(mktemp -d) pids=()
stop_stack() {
  [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null || true
  wait
  rm -rf "$work"
}
trap stop_stack EXIT

case $(uname -m) in aarch64 | arm64) architecture=arm64 ;; *) architecture=x86_64 ;; esac

wait_for() {  # wait_for SECONDS COMMAND…
  local ends=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$ends" ] || { echo "not within time: $*"; return 1; }
    sleep 0.2
  done
}

start_standin() {  # start_standin HOST
  local target
  cargo build -q --locked -p tests --bin standin
  target=$(cargo metadata --no-deps --format-version 1 | python3 -c 'import json, sys; print(json.load(sys.stdin)["target_directory"])')
  "$target/debug/standin" --listen "$1:0" >"$work/standin.url" & pids+=($!)
  wait_for 10 test -s "$work/standin.url"
  export STANDIN_URL
  STANDIN_URL=$(cat "$work/standin.url")
}

start_emulator() {  # start_emulator HOST
  local port
  port=$(python3 -c 'import socket, sys; s = socket.socket(); s.bind((sys.argv[1], 0)); print(s.getsockname()[1])' "$1")
  export AWS_ENDPOINT_URL=http://$1:$port AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1
  # The functions inherit the emulator's environment: give it nothing that the test machine happens to have set.
  env -i PATH="$PATH" HOME="$work" TMPDIR="$work" STATE_DIR="$work/state" BIND_HOST="$1" GATEWAY_PORT="$port" MINISTACK_HOST="$1" \
    DOCKER_HOST=unix:///nonexistent IOT_MTLS_ENABLED=0 AUTH=true AWS_ENDPOINT_URL="$AWS_ENDPOINT_URL" \
    .venv/bin/ministack >"$work/emulator.log" 2>&1 & pids+=($!)
  wait_for 60 curl -sf "$AWS_ENDPOINT_URL/_ministack/health"
}

# The stack gets a secret of its operator's. One that it generates cannot be read here: the emulator resolves a reference
# to it to its name, so that the functions' policies do not match.
make_secret() {
  .venv/bin/python - <<'P'
import json, os, secrets
import boto3
standin = os.environ["STANDIN_URL"]
values = {
    "LITELLM_MASTER_KEY": f"sk-{secrets.token_hex(24)}",
    "STANDIN_KEY": "sk-standin",
    "STANDIN_URL": standin,
    "STANDIN_URL_V1": f"{standin}/v1",
}
print(boto3.client("secretsmanager").create_secret(Name="sluice", SecretString=json.dumps(values))["ARN"])
P
}

deploy() {
  local secret
  secret=$(make_secret)
  export SAM_CLI_TELEMETRY=0 STACK=sluice CONFIG_FOLDER=$work/opt
  cp -r .aws-sam/build "$work/build"
  mkdir "$work/build/ConfigLayer"
  cp tests/deployed/config.yaml "$work/build/ConfigLayer/"
  # The emulator knows neither streamed integrations nor layers of a custom runtime: routes answer buffered, and the
  # layer is unpacked into CONFIG_FOLDER by tests/deployed. A shorter schedule, so that it fires while someone waits.
  sed -e '/ResponseTransferMode:/d' -e "s#/opt/config.yaml#$CONFIG_FOLDER/config.yaml#" -e 's#rate(10 minutes)#rate(1 minute)#' \
    -e 's#ContentUri: .*#ContentUri: ConfigLayer#' \
    .aws-sam/build/template.yaml >"$work/build/template.yaml"
  (cd "$work" && "$root/.venv-tools/bin/sam" deploy -t build/template.yaml --stack-name "$STACK" --resolve-s3 --region us-east-1 \
    --no-confirm-changeset --no-progressbar --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND \
    --parameter-overrides "Architecture=$architecture" Buffered=true DeletionProtection=false "SecretsArn=$secret" "AwsEndpointUrl=$AWS_ENDPOINT_URL")
  echo "ok - sam deploy"
}

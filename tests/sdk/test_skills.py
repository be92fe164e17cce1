"""Skills through Anthropic's SDK: kept by the gateway, given to any provider's model."""

import io
import zipfile

import anthropic
import pytest

from gateway import call

INSTRUCTIONS = b"---\nname: haiku\ndescription: Use it to write a haiku\n---\nThree lines.\n"
DATA = bytes(range(256)) * 100


def archive():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("haiku/SKILL.md", INSTRUCTIONS)
        files.writestr("haiku/data.bin", DATA)
    return packed.getvalue()


def test_from_upload_to_use(gateway, claude_client, key, stand_in):
    skills = claude_client.skills
    files = [("haiku/SKILL.md", INSTRUCTIONS, "text/markdown"), ("haiku/run.py", b"print(5)", "text/x-python")]
    made = skills.create(display_name="Haiku", files=files)
    assert made.id.startswith("litellm_skill_")
    assert (made.type, made.display_name) == ("skill", "Haiku")
    second = skills.versions.create(made.id, files=[("haiku.zip", archive(), "application/zip")])
    assert [it.id for it in skills.versions.list(made.id)] == [second.id, made.latest_version_id]
    assert [it.id for it in skills.list()] == [made.id]

    # Bytes that are no text come back as they were sent.
    reply = call("GET", f"{gateway.url}/v1/skills/{made.id}/archive", None, {"x-api-key": key})
    assert zipfile.ZipFile(io.BytesIO(reply.body)).read("haiku/data.bin") == DATA

    answer = claude_client.beta.messages.create(
        model="claude",
        max_tokens=8,
        messages=[{"role": "user", "content": "hi"}],
        container={"skills": [{"type": "custom", "skill_id": made.id, "version": "latest"}]},
        betas=["skills-2025-10-02"],
    )
    [sent] = stand_in.calls()
    names = [tool["name"] for tool in sent["request"]["tools"]]
    assert names == [made.id.replace("-", "_"), "litellm_code_execution"]
    assert "Three lines." in sent["request"]["system"]
    assert answer.content[0].name in names

    assert skills.delete(made.id).type == "skill_deleted"
    with pytest.raises(anthropic.NotFoundError):
        skills.retrieve(made.id)

"""Files in content blocks: whatever its form, a block ends as a file of the session and a line of text."""

import base64
from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.messages.content import (
    create_audio_block,
    create_file_block,
    create_image_block,
    create_plaintext_block,
)

from graphs.kit.artifacts import SessionArtifacts
from graphs.kit.attachments import has_attachments, take_attachments
from tests.support.kit_environment import forget_settings

CSV = b"x,y\n1,2\n3,4\n"
PNG = b"\x89PNG\r\n\x1a\n picture"
CSV_64 = base64.b64encode(CSV).decode()
PNG_64 = base64.b64encode(PNG).decode()

CSV_BLOCKS: dict[str, Any] = {
    "langchain v1": create_file_block(base64=CSV_64, mime_type="text/csv", filename="a.csv"),
    "langchain v0": {
        "type": "file",
        "source_type": "base64",
        "data": CSV_64,
        "mime_type": "text/csv",
        "filename": "a.csv",
    },
    # the two forms of agent-chat-ui's src/lib/multimodal-utils.ts
    "agent-chat-ui": {
        "type": "file",
        "source_type": "base64",
        "data": CSV_64,
        "mime_type": "text/csv",
        "metadata": {"filename": "a.csv"},
    },
    "agent-chat-ui v1": {
        "type": "file",
        "mimeType": "text/csv",
        "data": CSV_64,
        "metadata": {"filename": "a.csv"},
    },
    "openai chat": {
        "type": "file",
        "file": {"filename": "a.csv", "file_data": f"data:text/csv;base64,{CSV_64}"},
    },
    "openai responses": {
        "type": "input_file",
        "filename": "a.csv",
        "file_data": f"data:text/csv;base64,{CSV_64}",
    },
    "anthropic": {
        "type": "document",
        "title": "a.csv",
        "source": {"type": "base64", "media_type": "text/csv", "data": CSV_64},
    },
    "anthropic text": {
        "type": "document",
        "title": "a.csv",
        "source": {"type": "text", "media_type": "text/plain", "data": CSV.decode()},
    },
    "google": {"type": "media", "mime_type": "text/csv", "data": CSV_64, "name": "a.csv"},
    "langchain v1 text": create_plaintext_block(CSV.decode(), title="a.csv"),
    "langchain v0 text": {
        "type": "file",
        "source_type": "text",
        "text": CSV.decode(),
        "mime_type": "text/csv",
        "metadata": {"name": "a.csv"},
    },
    "data url": {"type": "file", "url": f"data:text/csv;charset=utf-8;base64,{CSV_64}", "name": "a.csv"},
    "percent-encoded data url": {"type": "file", "url": "data:text/csv,x,y%0A1,2%0A3,4%0A", "name": "a.csv"},
    "base64 in lines": {
        "type": "file",
        "base64": base64.encodebytes(CSV * 20).decode(),
        "mime_type": "text/csv",
        "filename": "a.csv",
    },
    "name without its ending": {"type": "file", "base64": CSV_64, "mime_type": "text/csv", "name": "a"},
}

PNG_BLOCKS: dict[str, Any] = {
    "langchain v1": create_image_block(base64=PNG_64, mime_type="image/png"),
    "langchain v0": {"type": "image", "source_type": "base64", "data": PNG_64, "mime_type": "image/png"},
    "openai chat": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG_64}"}},
    "openai chat, short": {"type": "image_url", "image_url": f"data:image/png;base64,{PNG_64}"},
    "openai responses": {"type": "input_image", "image_url": f"data:image/png;base64,{PNG_64}"},
    "anthropic": {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": PNG_64},
    },
    "agent-chat-ui": {
        "type": "image",
        "mimeType": "image/png",
        "data": PNG_64,
        "metadata": {"name": "attachment.png"},
    },
    "no use of the metadata": {
        "type": "image",
        "mimeType": "image/png",
        "data": PNG_64,
        "metadata": "holiday",
    },
}


@pytest.mark.parametrize("form", CSV_BLOCKS)
def test_file_block_becomes_a_file_and_a_line(artifacts: SessionArtifacts, form: str) -> None:
    content: list[Any] = [{"type": "text", "text": "Profile it."}, CSV_BLOCKS[form]]

    assert has_attachments(content)
    taken = take_attachments(content, artifacts)

    assert taken == [
        {"type": "text", "text": "Profile it."},
        {"type": "text", "text": "\n[attached: a.csv]"},
    ]
    assert artifacts.read("a.csv") == (CSV * 20 if form == "base64 in lines" else CSV)
    assert not has_attachments(taken)


@pytest.mark.parametrize("form", PNG_BLOCKS)
def test_picture_without_a_name_gets_one(artifacts: SessionArtifacts, form: str) -> None:
    taken = take_attachments([PNG_BLOCKS[form]], artifacts)

    assert taken == [{"type": "text", "text": "\n[attached: attachment.png]"}]
    assert artifacts.read("attachment.png") == PNG


def test_message_reads_as_text_afterwards(artifacts: SessionArtifacts) -> None:
    content = take_attachments(["Look at", CSV_BLOCKS["langchain v1"], PNG_BLOCKS["anthropic"]], artifacts)

    assert HumanMessage(content).text == "Look at\n[attached: a.csv]\n[attached: attachment.png]"


def test_same_file_twice_is_one_file(artifacts: SessionArtifacts) -> None:
    for _ in range(2):
        take_attachments([CSV_BLOCKS["langchain v1"]], artifacts)

    assert artifacts.sizes() == {"a.csv": len(CSV)}


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ({"type": "file", "base64": "!?", "filename": "a.csv"}, "'a.csv' is not valid base64"),
        ({"type": "file", "base64": "eA", "filename": "a.csv"}, "'a.csv' is not valid base64"),
        ({"type": "file", "base64": "día==", "filename": "a.csv"}, "'a.csv' is not valid base64"),
        ({"type": "image", "data": "*", "mime_type": "image/png"}, "'image/png' is not valid base64"),
        (
            {"type": "file", "base64": CSV_64, "filename": "run.exe"},
            "'run.exe' can't be used: it must end in",
        ),
        ({"type": "file", "base64": CSV_64, "filename": "a.png"}, "'a.png' is not what its name says"),
        ({"type": "file", "base64": "", "filename": "a.csv"}, "'a.csv' is empty"),
        ({"type": "file", "file": {"file_id": "file-1", "filename": "a.csv"}}, "'a.csv' is empty"),
        (
            {"type": "file", "base64": CSV_64},
            "'unknown' without a file name can't be taken: attach it with a name that ends in one of .3mf,",
        ),
        (
            dict(create_audio_block(base64=CSV_64, mime_type="audio/wav")),
            "type 'audio/wav' without a file name can't be taken",
        ),
        (
            {"type": "input_audio", "input_audio": {"data": CSV_64, "format": "wav"}},
            "type 'unknown' without a file name can't be taken",
        ),
        (
            {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}},
            "'https://example.org/a.png' is a link, and links are not followed: attach the file",
        ),
        (
            {"type": "file", "source_type": "url", "url": "file:///etc/passwd", "filename": "passwd.txt"},
            "'passwd.txt' is a link, and links are not followed",
        ),
    ],
)
def test_file_that_can_not_be_taken_says_why(
    artifacts: SessionArtifacts, block: dict[str, Any], reason: str
) -> None:
    content = [{"type": "text", "text": "Hello"}, block]

    assert has_attachments(content)
    text, line = take_attachments(content, artifacts)

    assert text == {"type": "text", "text": "Hello"}
    assert isinstance(line, dict)
    assert line["type"] == "text"
    assert line["text"].startswith("\n[not taken: ")
    assert reason in line["text"]
    assert artifacts.sizes() == {}


def test_file_over_the_limit_is_not_taken(
    artifacts: SessionArtifacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ARTIFACTS_MAX_BYTES", "5")
    forget_settings()

    (line,) = take_attachments([CSV_BLOCKS["langchain v1"]], artifacts)

    assert isinstance(line, dict)
    assert "'a.csv' is larger than the limit of 5 bytes" in line["text"]


@pytest.mark.parametrize(
    "content",
    [
        "data:text/csv;base64,eA==",
        "",
        None,
        17,
        [],
        ["plain", {"type": "text", "text": "data:text/csv;base64,eA=="}],
        [{"type": "text", "text": "x", "metadata": {"filename": "a.csv"}}],
        [{"type": "reasoning", "reasoning": "…"}],
        [{"type": "redacted_thinking", "data": CSV_64}],
        [{"type": "tool_use", "id": "1", "name": "t", "input": {"data": CSV_64}}],
        [{"type": ["file"], "data": CSV_64}],
        [{"data": CSV_64}],
        [None, 3],
    ],
)
def test_what_is_no_attachment(content: object) -> None:
    assert not has_attachments(content)


def test_other_blocks_stay_as_they_are(artifacts: SessionArtifacts) -> None:
    thinking = {"type": "redacted_thinking", "data": CSV_64}

    taken = take_attachments(["a", thinking, CSV_BLOCKS["google"]], artifacts)

    assert taken[:2] == ["a", thinking]
    assert AIMessage(taken[:2]).content == ["a", thinking]

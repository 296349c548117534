"""The first step of every turn: what the person handed over becomes files of the session."""

import asyncio
from typing import Any

from langchain_core.messages import HumanMessage
from langchain_core.runnables import RunnableConfig

from graphs.kit.artifacts import SessionArtifacts, session_artifacts
from graphs.kit.attachments import has_attachments, take_attachments
from graphs.kit.columns import with_columns
from graphs.kit.errors import InputError
from graphs.kit.state import Artifact, State
from graphs.kit.tables.pasted import find_tables

PASTED_TABLE_NAME = "pasted-table.csv"


async def intake(state: State, config: RunnableConfig) -> dict[str, Any]:
    """Return the changes: attachments and pasted tables stored, new files of the session known.

    Raises:
        InputError: there is no message of a person to answer.
    """
    thread_id = str(config.get("configurable", {}).get("thread_id", ""))
    return await asyncio.to_thread(_take_in, state, thread_id)


def _take_in(state: State, thread_id: str) -> dict[str, Any]:
    message = _last_human_message(state)
    artifacts = session_artifacts(thread_id)
    changes: dict[str, Any] = {}
    blocks = _blocks(message)
    taken = list(take_attachments(blocks, artifacts)) if has_attachments(blocks) else blocks
    taken = [*taken, *_keep_tables(message.text, artifacts)]
    if taken != blocks:
        changes["messages"] = [message.model_copy(update={"content": taken})]
    changes["artifacts"] = _new_artifacts(state.get("artifacts", {}), artifacts)
    return changes


def _keep_tables(text: str, artifacts: SessionArtifacts) -> list[dict[str, Any]]:
    """Store the tables that the text holds; return a block of text for each that can't be taken."""
    refusals = []
    for table in find_tables(text):
        try:
            artifacts.save(PASTED_TABLE_NAME, table.csv())
        except InputError as error:
            refusals.append({"type": "text", "text": f"\n[not taken: {error}]"})
    return refusals


def _last_human_message(state: State) -> HumanMessage:
    messages = state.get("messages", [])
    if not messages or not isinstance(messages[-1], HumanMessage):
        raise InputError("There is no message to answer: send messages=[{'role': 'user', 'content': '…'}].")
    return messages[-1]


def _blocks(message: HumanMessage) -> list[str | dict[str, Any]]:
    return [message.content] if isinstance(message.content, str) else message.content


def _new_artifacts(known: dict[str, Artifact], artifacts: SessionArtifacts) -> dict[str, Artifact | None]:
    """Return references of the files that came since the last turn, and None for those that are gone."""
    names = artifacts.sizes()
    changes: dict[str, Artifact | None] = {name: None for name in known if name not in names}
    for name in names:
        if name not in known:
            changes[name] = with_columns(artifacts.reference(name), artifacts)
    return changes

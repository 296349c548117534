"""Several callers, or one who repeats itself, resume a session of the real server."""

import asyncio

from langgraph_sdk.client import LangGraphClient

from graphs.client import (
    APPROVE,
    Session,
    SessionStatus,
    restore_session,
    resume_session,
    upload_files,
)
from tests.support.tasks import TASKS, AgentTask

TASK = next(task for task in TASKS if len(task.files) > 1)


async def ask_to_delete_two(client: LangGraphClient, task: AgentTask) -> Session:
    """Return a session that asks about the first file, and will then ask about the second."""
    thread_id = (await client.threads.create(graph_id=task.agent))["thread_id"]
    await upload_files(client, thread_id, task.files[:2])
    text = "\n".join(f"Delete {path.name}." for path in task.files[:2])
    await client.runs.wait(thread_id, task.agent, input={"messages": [{"role": "user", "content": text}]})
    session = await restore_session(thread_id, client=client)
    assert asks_about(session) == [task.files[0].name]
    return session


def asks_about(session: Session) -> list[str]:
    return [
        action["args"]["file"]
        for interrupt in session.interrupts
        for action in interrupt["value"]["action_requests"]
    ]


async def files_left(client: LangGraphClient, thread_id: str) -> list[str]:
    return [file["name"] for file in (await client.http.get(f"/files/{thread_id}"))["files"]]


async def a_second_run_starts(client: LangGraphClient, thread_id: str) -> None:
    async with asyncio.timeout(30):
        while True:
            if len(await client.runs.list(thread_id)) > 1:
                return
            await asyncio.sleep(0.02)


async def test_two_approvals_at_once_answer_one_question(client: LangGraphClient) -> None:
    session = await ask_to_delete_two(client, TASK)
    question, second = session.interrupts[0]["id"], TASK.files[1].name
    both = await asyncio.gather(
        *(
            resume_session(session.thread_id, answer=APPROVE, interrupt_id=question, client=client)
            for _ in range(2)
        )
    )
    for each in both:
        assert each.status is SessionStatus.WAITING, each
        assert asks_about(each) == [second]
    assert await files_left(client, session.thread_id) == [second]


async def test_calling_again_after_a_lost_connection_answers_nothing_more(client: LangGraphClient) -> None:
    session = await ask_to_delete_two(client, TASK)
    thread_id, question, second = session.thread_id, session.interrupts[0]["id"], TASK.files[1].name

    async def resume() -> Session:
        return await resume_session(thread_id, answer=APPROVE, interrupt_id=question, client=client)

    lost = asyncio.create_task(resume())
    await a_second_run_starts(client, thread_id)
    lost.cancel()
    await asyncio.wait([lost])

    for _ in range(2):
        again = await resume()
        assert again.status is SessionStatus.WAITING, again
        assert asks_about(again) == [second]
        assert again.interrupts[0]["id"] != question
        assert f"question {question} is not open any more" in again.reason
    assert await files_left(client, thread_id) == [second]


async def test_an_answer_that_comes_too_late_leaves_the_next_question_open(client: LangGraphClient) -> None:
    """As when another caller is faster between this caller's look and its run."""
    session = await ask_to_delete_two(client, TASK)
    thread_id, question, second = session.thread_id, session.interrupts[0]["id"], TASK.files[1].name
    for _ in range(2):
        await client.runs.wait(thread_id, TASK.agent, command={"resume": {question: APPROVE}})
    still = await restore_session(thread_id, client=client)
    assert still.status is SessionStatus.WAITING
    assert asks_about(still) == [second]
    assert await files_left(client, thread_id) == [second]
    done = await resume_session(thread_id, answer=APPROVE, client=client)
    assert done.status is SessionStatus.IDLE
    for _ in range(2):
        await client.runs.wait(thread_id, TASK.agent, command={"resume": {question: APPROVE}})
    assert (await restore_session(thread_id, client=client)).values == done.values


async def test_a_running_session_is_joined(client: LangGraphClient) -> None:
    thread_id = (await client.threads.create(graph_id=TASK.agent))["thread_id"]
    await upload_files(client, thread_id, TASK.files)
    message = {"role": "user", "content": TASK.text}
    run = await client.runs.create(thread_id, TASK.agent, input={"messages": [message]})
    running = await restore_session(thread_id, client=client)
    assert running.status is SessionStatus.RUNNING
    assert running.run_id == run["run_id"]
    ended = await resume_session(thread_id, client=client)
    assert ended.status is SessionStatus.IDLE
    assert ended.run_id == run["run_id"]

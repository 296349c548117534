"""What a caller imports: sessions restored and resumed, files handed over, turns followed.

`graphs.client.blocking` has the same session calls for programs without asyncio.
"""

from graphs.client.conversation import Step, last_answer, stream_turn
from graphs.client.files import download_file, upload_files
from graphs.client.restore import list_sessions, restore_session
from graphs.client.resume import APPROVE, REJECT, resume_session
from graphs.client.session import Session, SessionStatus, SessionSummary

__all__ = [
    "APPROVE",
    "REJECT",
    "Session",
    "SessionStatus",
    "SessionSummary",
    "Step",
    "download_file",
    "last_answer",
    "list_sessions",
    "restore_session",
    "resume_session",
    "stream_turn",
    "upload_files",
]

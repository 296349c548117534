"""Whether the encryption keys that there are can read what is stored, asked when the server starts."""

from typing import LiteralString

from graphs.persistence.database import Database
from graphs.persistence.encryption import KeyRing

# Both ends of each primary key, so that it takes no time however much there is. Thread ids are random, so
# these are rows of any age.
_CIPHERS: LiteralString = """
SELECT DISTINCT cipher FROM (
    (SELECT split_part(type, '+', 2) AS cipher FROM checkpoint_blobs
     ORDER BY thread_id, checkpoint_ns, channel, version LIMIT 50)
    UNION ALL
    (SELECT split_part(type, '+', 2) FROM checkpoint_blobs
     ORDER BY thread_id DESC, checkpoint_ns DESC, channel DESC, version DESC LIMIT 50)
    UNION ALL
    (SELECT value #>> '{__holdfast_encrypted__,0}' FROM store ORDER BY prefix, key LIMIT 50)
    UNION ALL
    (SELECT value #>> '{__holdfast_encrypted__,0}' FROM store ORDER BY prefix DESC, key DESC LIMIT 50)
) AS found
WHERE cipher <> ''
"""


async def check_keys(database: Database, keys: KeyRing) -> None:
    """Return if a hundred of the stored values, and as many of the store's, need no key that is missing.

    Raises:
        DecryptionError: they do; the message names the setting, the key by its id, and the remedy.
    """

    async def fetch() -> list[str]:
        async with database.cursor() as cur:
            await cur.execute(_CIPHERS)
            return [row["cipher"] for row in await cur.fetchall()]

    for cipher in await database.run(fetch, name="start"):
        keys.check(cipher)

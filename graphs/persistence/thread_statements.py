"""The statements that copy a thread, and that take runs out of its history."""

# One statement, hence one snapshot: a run that writes meanwhile is copied up to one moment or not at all.
COPY_THREAD = """
WITH blobs AS (
    INSERT INTO checkpoint_blobs (thread_id, checkpoint_ns, channel, version, type, blob)
    SELECT %(target)s::text, checkpoint_ns, channel, version, type, blob
    FROM checkpoint_blobs WHERE thread_id = %(source)s
    ON CONFLICT DO NOTHING
), writes AS (
    INSERT INTO checkpoint_writes
        (thread_id, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob)
    SELECT %(target)s::text, checkpoint_ns, checkpoint_id, task_id, task_path, idx, channel, type, blob
    FROM checkpoint_writes WHERE thread_id = %(source)s
    ON CONFLICT DO NOTHING
)
INSERT INTO checkpoints
    (thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint, metadata)
SELECT %(target)s::text, checkpoint_ns, checkpoint_id, parent_checkpoint_id, type, checkpoint,
    CASE WHEN metadata ? 'thread_id'
        THEN jsonb_set(metadata, '{thread_id}', to_jsonb(%(target)s::text)) ELSE metadata END
FROM checkpoints WHERE thread_id = %(source)s
ON CONFLICT DO NOTHING
"""

# Two deletions side by side could each leave a checkpoint to a parent that the other one deletes.
LOCK_DELETIONS = "SELECT pg_advisory_xact_lock(7525352681032216179)"  # "holdruns"

# Blobs stay: a run that began on one of these checkpoints meanwhile may refer to them. They go with the
# thread. A checkpoint whose parent goes gets the nearest ancestor that stays, so that a history is one chain
# still. All parts of the statement see the tables as they were before it.
DELETE_FOR_RUNS = """
WITH RECURSIVE gone AS (
    DELETE FROM checkpoints WHERE metadata ->> 'run_id' = ANY(%(run_ids)s)
    RETURNING thread_id, checkpoint_ns, checkpoint_id, parent_checkpoint_id
), writes AS (
    DELETE FROM checkpoint_writes w USING gone
    WHERE w.thread_id = gone.thread_id AND w.checkpoint_ns = gone.checkpoint_ns
    AND w.checkpoint_id = gone.checkpoint_id
), orphans AS (
    SELECT c.thread_id, c.checkpoint_ns, c.checkpoint_id, gone.parent_checkpoint_id AS ancestor_id
    FROM gone JOIN checkpoints c ON c.thread_id = gone.thread_id AND c.checkpoint_ns = gone.checkpoint_ns
        AND c.parent_checkpoint_id = gone.checkpoint_id
    WHERE (c.metadata ->> 'run_id' = ANY(%(run_ids)s)) IS NOT TRUE
    UNION ALL
    SELECT o.thread_id, o.checkpoint_ns, o.checkpoint_id, a.parent_checkpoint_id
    FROM orphans o JOIN checkpoints a ON a.thread_id = o.thread_id AND a.checkpoint_ns = o.checkpoint_ns
        AND a.checkpoint_id = o.ancestor_id
    WHERE a.metadata ->> 'run_id' = ANY(%(run_ids)s)
)
UPDATE checkpoints c SET parent_checkpoint_id = o.ancestor_id FROM orphans o
WHERE c.thread_id = o.thread_id AND c.checkpoint_ns = o.checkpoint_ns AND c.checkpoint_id = o.checkpoint_id
AND NOT EXISTS (
    SELECT 1 FROM checkpoints a WHERE a.thread_id = o.thread_id AND a.checkpoint_ns = o.checkpoint_ns
    AND a.checkpoint_id = o.ancestor_id AND a.metadata ->> 'run_id' = ANY(%(run_ids)s)
)
"""

# The sum of `holdfast sizing` (graphs/client/sizing.py), so that a plan can refuse what would not fit.
# tests/infra/test_connections.py holds the two against each other.
locals {
  event_loops = var.isolated_loops ? 1 + var.jobs : 1
  pool_size   = floor(var.budget / local.event_loops)
  per_process = local.event_loops * max(1, local.pool_size) + var.server_pool
  total       = var.processes * local.per_process
}

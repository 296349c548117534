output "pool_size" {
  description = "Connections of one pool of Holdfast; 0 if the budget is below one for each event loop."
  value       = local.pool_size
}

output "per_process" {
  description = "Connections of one process at most."
  value       = local.per_process
}

output "total" {
  description = "Connections of all processes at most."
  value       = local.total
}

output "max_connections_needed" {
  description = "What PostgreSQL's max_connections has to be for all of them."
  value       = local.total + var.reserved + var.others
}

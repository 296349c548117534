output "replication_group_id" {
  description = "Name of the replication group."
  value       = aws_elasticache_replication_group.this.id
}

output "arn" {
  description = "The replication group, for IAM."
  value       = aws_elasticache_replication_group.this.arn
}

output "user_arn" {
  description = "The user that tasks log in as, for IAM."
  value       = aws_elasticache_user.this.arn
}

output "uri" {
  description = "REDIS_URI: user and primary, with TLS and without a password."
  value       = "rediss://${aws_elasticache_user.this.user_name}@${aws_elasticache_replication_group.this.primary_endpoint_address}:6379/0"
}

output "node_ids" {
  description = "Names of the nodes, for alarms."
  value       = [for number in range(var.nodes) : format("%s-%03d", var.name, number + 1)]
}

output "url" {
  description = "Where people and clients reach the server."
  value       = module.edge.url
}

output "load_balancer_dns_name" {
  description = "What your own record of domain_name has to point to, if zone_id is null."
  value       = module.edge.dns_name
}

output "repository_url" {
  description = "Where to push the image."
  value       = aws_ecr_repository.this.repository_url
}

output "application_secret_arns" {
  description = "Secrets that wait for their values from you."
  value       = { for name, secret in aws_secretsmanager_secret.application : name => secret.arn }
}

output "cluster_name" {
  description = "The ECS cluster."
  value       = aws_ecs_cluster.this.name
}

output "service_names" {
  description = "Services of ECS, once there is an image."
  value       = { for name, service in module.service : name => service.service_name }
}

output "database_host" {
  description = "Where tasks reach PostgreSQL."
  value       = module.postgres.host
}

output "artifacts_bucket" {
  description = "Bucket of the files."
  value       = aws_s3_bucket.artifacts.id
}

output "connections" {
  description = "Connections that all tasks of a rolling update may open, and what max_connections has to be for them."
  value = {
    total                  = module.connections.total
    max_connections_needed = module.connections.max_connections_needed
    max_connections        = var.database.max_connections
  }
}

output "nat_addresses" {
  description = "Public addresses that the tasks are seen with."
  value       = module.network.nat_addresses
}

output "dashboard" {
  description = "The dashboard in CloudWatch."
  value       = module.observability.dashboard_name
}

output "alarm_topic_arn" {
  description = "Where alarms go."
  value       = module.observability.alarm_topic_arn
}

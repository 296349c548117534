output "identifier" {
  description = "Name of the instance."
  value       = aws_db_instance.this.identifier
}

output "host" {
  description = "Where clients connect: the proxy if there is one, else the instance."
  value       = var.proxy == null ? aws_db_instance.this.address : aws_db_proxy.this[0].endpoint
}

output "port" {
  description = "Port of PostgreSQL."
  value       = aws_db_instance.this.port
}

output "database_name" {
  description = "Database of Holdfast's sessions."
  value       = aws_db_instance.this.db_name
}

output "resource_id" {
  description = "What IAM policies for rds-db:connect name the instance by."
  value       = aws_db_instance.this.resource_id
}

output "max_connections" {
  description = "PostgreSQL's max_connections."
  value       = var.max_connections
}

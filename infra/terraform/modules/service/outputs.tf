output "service_name" {
  description = "Name of the service."
  value       = aws_ecs_service.this.name
}

output "task_definition_arn" {
  description = "The task definition with its revision, for a rollback by hand."
  value       = aws_ecs_task_definition.this.arn
}

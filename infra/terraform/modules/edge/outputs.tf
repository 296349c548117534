output "target_group_arn" {
  description = "Where the API tasks register, once a listener leads there: ECS refuses a target group without one."
  value       = aws_lb_target_group.api.arn

  depends_on = [aws_lb_listener.https]
}

output "target_group_suffix" {
  description = "The target group in CloudWatch's dimensions."
  value       = aws_lb_target_group.api.arn_suffix
}

output "load_balancer_suffix" {
  description = "The load balancer in CloudWatch's dimensions."
  value       = aws_lb.this.arn_suffix
}

output "load_balancer_arn" {
  description = "The load balancer."
  value       = aws_lb.this.arn
}

output "dns_name" {
  description = "The load balancer's own name, for a record that is made elsewhere."
  value       = aws_lb.this.dns_name
}

output "url" {
  description = "Where people and clients reach the server."
  value       = "https://${coalesce(var.domain_name, aws_lb.this.dns_name)}"
}
